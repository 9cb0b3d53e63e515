"""Where an order happened: shops, and the ways from an order to its shop. Sitoo's shops have no zone.

An order carries no shop. What it carries is tried in this order: the shop's external id written on the
receipt, the warehouse the goods left, the register. The first two were true when the receipt was printed; a
register may have moved to another shop since.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sync.domain.facts import AccountFacts, Shop
from sync.http.errors import NotThere
from sync.sources.sitoo import wire
from sync.sources.sitoo.client import UPSTREAM, SitooClient
from sync.sources.sitoo.settings import Settings

WEBSHOP = "webshop"  # the shop of orders without a register, a warehouse or a shop

_STORES = wire.rows_decoder("shop", wire.Store, "storeid")
_WAREHOUSES = wire.rows_decoder("warehouse", wire.Warehouse, "warehouseid")
_REGISTERS = wire.rows_decoder("register", wire.Register, "registerid")


@dataclass(frozen=True, slots=True)
class Places:
    """The account's shops and what leads to them. Ids are text, registers are GUIDs in braces."""

    facts: AccountFacts
    by_external_id: Mapping[str, str] = field(default_factory=dict)
    by_warehouse: Mapping[int, str] = field(default_factory=dict)
    by_register: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)  # by register
    usual_zone: str = ""  # for orders of no known shop
    register_keys: Mapping[str, str] = field(default_factory=dict)  # what is printed on receipts, by register

    @property
    def registers(self) -> frozenset[str]:
        """Every register there is."""
        return frozenset(self.currencies)

    @property
    def usual_country(self) -> str:
        """The country of most shops; empty when none names it."""
        countries = Counter(shop.country for shop in self.facts.shops.values() if shop.country)
        return max(sorted(countries), key=countries.__getitem__, default="")

    def shop_id(self, row: wire.Order, extra: Mapping[str, str]) -> str:
        """The order's shop; a name made of what is known where it leads to none."""
        register = wire.guid(row.registerid)
        found = (
            self.by_external_id.get(extra.get("store-externalid", ""))
            or self.by_warehouse.get(row.warehouseid or 0)
            or self.by_register.get(register)
        )
        if found:
            return found
        if row.warehouseid:
            return f"warehouse-{row.warehouseid}"
        return f"register-{register.strip('{}')}" if register else WEBSHOP

    def knows(self, row: wire.Order) -> bool:
        """Whether its register is one of those read; a new one may have been set up since."""
        return not row.registerid or wire.guid(row.registerid) in self.currencies

    def country(self, shop_id: str) -> str:
        """The country that phone numbers of this shop's customers are read by; empty when unknown."""
        shop = self.facts.shops.get(shop_id)
        return shop.country if shop else ""


def read(client: SitooClient, settings: Settings) -> Places:
    """Read shops, warehouses and registers. Raises NotThere when no currency can be found."""
    stores = client.rows("stores.json", _STORES, wire.Store.__struct_fields__)
    warehouses = client.rows("warehouses.json", _WAREHOUSES, wire.Warehouse.__struct_fields__)
    registers = client.rows("cashregisters.json", _REGISTERS)
    by_warehouse = {each.warehouseid: str(each.storeid) for each in warehouses if each.storeid}
    money = {each.warehouseid: each.currencycode for each in warehouses}
    currencies = {
        wire.guid(each.registerid): (each.currencycode or money.get(each.warehouseid or 0) or "").upper()
        for each in registers
    }
    shops = {str(each.storeid): _shop(each, settings) for each in stores}
    known = Counter(code for code in currencies.values() if code)
    currency = settings.currency.upper() or max(sorted(known), key=known.__getitem__, default="")
    if not currency:
        raise NotThere(
            UPSTREAM, "no register tells its currency; write `currency` into the account's [sitoo] section"
        )
    return Places(
        AccountFacts(client.account_id, f"Sitoo {client.account_id}", currency, shops),
        {each.externalid: str(each.storeid) for each in stores if each.externalid},
        by_warehouse,
        {
            wire.guid(each.registerid): shop
            for each in registers
            if (shop := by_warehouse.get(each.warehouseid or 0))
        },
        currencies,
        settings.zone,
        {wire.guid(each.registerid): each.registerkey or "" for each in registers},
    )


def with_zones(places: Places, seen: Mapping[str, str], usual: str) -> Places:
    """The same places; shops without a zone in the settings get the one on their receipts, or `usual`."""
    shops = {
        shop_id: shop if shop.zone else replace(shop, zone=seen.get(shop_id, usual))
        for shop_id, shop in places.facts.shops.items()
    }
    facts = replace(places.facts, shops=shops)
    return replace(places, facts=facts, usual_zone=places.usual_zone or usual)


def _shop(row: wire.Store, settings: Settings) -> Shop:
    zone = settings.zones.get(row.externalid or "") or settings.zones.get(str(row.storeid)) or settings.zone
    country = (row.countryid or settings.country).upper()
    return Shop(str(row.storeid), row.name or f"Shop {row.storeid}", zone, country)
