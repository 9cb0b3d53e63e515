"""The truth of one Sitoo account and the script that makes it trade.

Integer ids, but GUIDs for users and registers; money is Decimal or text, gross; instants are aware. What a
script does at an instant the clock has not reached yet happens when the clock gets there.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any, Unpack
from zoneinfo import ZoneInfo

from fakes.kit.agenda import Agenda
from fakes.kit.clock import Clock
from fakes.kit.ids import Ids
from fakes.sitoo import dump as dumping
from fakes.sitoo import goods, script
from fakes.sitoo.actions import ACTIONS, MAY_BE_GONE
from fakes.sitoo.bulk import Bulk
from fakes.sitoo.documents import Documents, Key
from fakes.sitoo.events import Events
from fakes.sitoo.lines import Lines
from fakes.sitoo.orders import Orders
from fakes.sitoo.records import (
    BOOKING,
    NOBODY,
    PARKED,
    Contact,
    Face,
    GiftCard,
    LineIn,
    Order,
    Register,
    Subscription,
)
from fakes.sitoo.schemas import (
    CATEGORIES,
    MANUFACTURERS,
    PRODUCT_GROUPS,
    REASON_CODES,
    SALES_TAXES,
    SHIPMENTS,
    SITES,
    STORES,
    USERS,
    VOUCHERS,
    WAREHOUSES,
)
from fakes.sitoo.schemas_goods import PRODUCTS
from fakes.sitoo.schemas_lists import (
    PRICE_LIST_ITEMS,
    PRICE_LISTS,
    SALES_TAX_GROUPS,
    WAREHOUSE_BATCH_ITEMS,
    WAREHOUSE_BATCHES,
    WAREHOUSE_ITEMS,
)
from fakes.sitoo.script import Payment, Sale
from fakes.sitoo.stock import Stock
from fakes.sitoo.switches import Switches
from fakes.sitoo.wire import Amount, cents, guid_text, seconds_of
from fakes.sitoo.zreports import ZReport, figures

DOCUMENTS = {
    "sites": SITES,
    "stores": STORES,
    "warehouses": WAREHOUSES,
    "users": USERS,
    "categories": CATEGORIES,
    "productgroups": PRODUCT_GROUPS,
    "manufacturers": MANUFACTURERS,
    "reasoncodes": REASON_CODES,
    "salestaxes": SALES_TAXES,
    "vouchers": VOUCHERS,
    "shipments": SHIPMENTS,
    "products": PRODUCTS,
    "pricelists": PRICE_LISTS,
    "pricelistitems": PRICE_LIST_ITEMS,
    "salestaxgroups": SALES_TAX_GROUPS,
    "warehousebatches": WAREHOUSE_BATCHES,
    "warehousebatchitems": WAREHOUSE_BATCH_ITEMS,
    "warehouseitems": WAREHOUSE_ITEMS,
}


class State:
    """One account. Not thread-safe by itself: the fake answers one request at a time."""

    def __init__(
        self, clock: Clock, switches: Switches, seed: int, *, account_id: str, currency: str, site_id: int
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.account_id = account_id
        self.currency = currency
        self.site_id = site_id
        self.company = "Fake Retail AB"
        self.ids = Ids(seed)
        self.events = Events(clock, switches, account_id, self.ids)
        self.docs = {name: Documents(schema) for name, schema in DOCUMENTS.items()}
        self.stores, self.warehouses = self.docs["stores"], self.docs["warehouses"]
        self.users, self.products = self.docs["users"], self.docs["products"]
        self.version = 0
        """Grows with every change and is never put back, so that nothing derived outlives its truth."""
        self.reset()

    def reset(self) -> None:
        """As freshly built: one site, two VAT groups, nobody, nothing sold, no event subscriptions."""
        self.version += 1
        self.ids.reset()
        self.events.clear()
        for documents in self.docs.values():
            documents.clear()
        self.agenda = Agenda()
        self.orders, self.lines, self.stock = Orders(), Lines(), Stock()
        self.undelivered: set[int] = set()
        self.returned: dict[int, tuple[int, int, int, int]] = {}
        self.registers: list[Register] = []
        self.register_numbers: dict[str, int] = {}
        self.zones: dict[int, str] = {}
        self.reports: dict[int, list[ZReport]] = {}
        self.faces: list[Face] = [Face(0, "", "")]
        self.face_of: dict[int, int] = {}
        self.face_texts: dict[int, tuple[str, str]] = {}
        self.images: dict[int, list[dict[str, Any]]] = {}
        self.email_users: dict[str, Key] = {}
        self.crm: dict[str, dict[str, str]] = {}
        self.contacts: dict[Contact, Contact] = {NOBODY: NOBODY}
        self.gift_cards: dict[str, GiftCard] = {}
        goods.furnish(self)

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def settle(self) -> None:
        """Let everything happen that is due by the clock, and queue the events of it."""
        for at, action, args in self.agenda.pop_due(self.now()):
            # Over HTTP somebody may have deleted whom or what this was about.
            with suppress(*((KeyError, ValueError) if action in MAY_BE_GONE else ())):
                ACTIONS[action](self, at, *args)
            self.version += 1
        self.events.flush()

    def when(self, at: int, action: str, *args: Any) -> None:
        """Do it now, or put it on the agenda when its instant is still to come."""
        self.version += 1
        if at <= self.now():
            ACTIONS[action](self, at, *args)
        else:
            self.agenda.add(at, action, *args)

    def dump(self) -> dict[str, Any]:
        """The whole truth as a JSON object."""
        return dumping.dump(self)

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the truth by a dumped one. Raises ValueError or KeyError when it is not one."""
        dumping.load(self, dumped)

    # Places

    def add_store(
        self,
        name: str,
        *,
        external_id: str,
        time_zone: str,
        currency: str | None = None,
        country: str = "se",
        registers: int = 1,
    ) -> int:
        """A store with a warehouse and registers; its zone is the one its tills write on receipts."""
        ZoneInfo(time_zone)
        row = {"name": name, "externalid": external_id, "countryid": country.lower()}
        store_id = int(self.stores.add(row))
        money = currency or self.currency
        self.warehouses.add({"name": name, "storeid": store_id, "currencycode": money})
        self.zones[store_id] = time_zone
        for _ in range(registers):
            self.add_register(store_id)
        return store_id

    def add_register(self, store_id: int) -> str:
        """One more till in a store."""
        warehouse_id = self.warehouse_of(store_id)
        number = len(self.registers) + 1
        register_id = guid_text(self.ids.hexadecimal(32))
        key = f"SII{int(self.account_id):010d}{number:03d}"
        money = self.warehouses.value(warehouse_id, "currencycode") or self.currency
        self.registers.append(Register(number, register_id, key, store_id, warehouse_id, money))
        self.register_numbers[register_id] = number
        self.version += 1
        return register_id

    def registers_of(self, store_id: int) -> list[str]:
        """The ids of a store's tills."""
        return [one.id for one in self.registers if one.store_id == store_id]

    def warehouse_of(self, store_id: int) -> int:
        """The store's first warehouse. Raises KeyError."""
        for key in self.warehouses:
            if self.warehouses.value(key, "storeid") == store_id:
                return int(key)
        raise KeyError(f"there is no store {store_id}")

    def store_of(self, register: Register) -> Mapping[str, Any]:
        """The till's store as it is served; empty once the store was deleted."""
        return self.stores.whole(register.store_id) if register.store_id in self.stores.rows else {}

    def register(self, register_id: str) -> Register:
        """The till. Raises KeyError."""
        if register_id not in self.register_numbers:
            raise KeyError(f"there is no register {register_id}")
        return self.registers[self.register_numbers[register_id] - 1]

    # Goods and people; the rules are in goods.py

    def add_category(self, title: str, parent_id: int | None = None) -> int:
        return goods.add_category(self, title, parent_id)

    def add_manufacturer(self, name: str) -> int:
        """A brand."""
        return int(self.docs["manufacturers"].add({"name": name}))

    def add_vat_group(self, name: str, percent: Amount, kind: int = 10) -> int:
        """A product group, which is also the VAT rate: kind 10 product, 20 service, 30 gift card."""
        return goods.add_vat_group(self, name, percent, kind)

    def add_product(self, title: str, *, sku: str, price: Amount, **more: Unpack[goods.ProductIn]) -> int:
        """An article; `price` is gross."""
        return goods.add_product(self, title, sku, price, more)

    def add_variants(
        self, parent_id: int, variants: Sequence[tuple[str, str, Mapping[str, str]]]
    ) -> list[int]:
        """Variants of an article: (title, sku, {"Color": "Red"}); the article itself becomes the first."""
        return goods.add_variants(self, parent_id, variants)

    def add_user(
        self, first: str, last: str, *, email: str, at: datetime, **more: Unpack[goods.UserIn]
    ) -> str:
        """A person. Raises ValueError for an e-mail address that somebody has already."""
        return goods.add_user(self, {"namefirst": first, "namelast": last, "email": email}, at, more)

    def add_staff(self, first: str, last: str, *, email: str, at: datetime) -> str:
        """Somebody who sells: a user with the role that the switch says; give it as `staff_id`."""
        return self.add_user(first, last, email=email, at=at, role=self.switches.staff_role)

    def edit_user(self, user_id: str, at: datetime, **wire_fields: Any) -> None:
        """Change wire fields of a user; datemodified moves. Raises KeyError."""
        self.users.value(user_id, "email")
        self.when(seconds_of(at), "edit_user", user_id, wire_fields)

    def delete_user(self, user_id: str, at: datetime) -> None:
        """Forget a user; orders keep what they say."""
        self.when(seconds_of(at), "delete_user", user_id)

    def interned(self, contact: Contact) -> Contact:
        """One object for equal contacts."""
        return self.contacts.setdefault(contact, contact)

    # Trading; the rules are in script.py and trade.py

    def sell(self, register_id: str, at: datetime, lines: Sequence[LineIn], **options: Unpack[Sale]) -> int:
        """Ring up a sale. A later `visible_at` is an offline till's upload: orderdate stays `at`."""
        return self._did(script.ring_up(self, self.register(register_id), at, lines, options))

    def refund(
        self,
        order_id: int,
        at: datetime,
        lines: Mapping[int, int] | None = None,
        *,
        register_id: str | None = None,
        linked: bool = True,
        reason: str = "",
        **options: Unpack[Sale],
    ) -> int:
        """Take goods back ({orderitemid: pieces}; None: all that is left): a new order of negative rows."""
        order = self.sale(order_id)
        register = self._till(order, register_id)
        back = script.Back(order, lines, linked=linked, reason=reason)
        return self._did(script.refund(self, register, at, back, options))

    def exchange(
        self,
        order_id: int,
        at: datetime,
        returned: Mapping[int, int],
        bought: Sequence[LineIn],
        *,
        netted_pair: bool = False,
        visible_at: datetime | None = None,
    ) -> tuple[int, ...]:
        """One order of both signs; or a refund and a purchase netted by virtual payments."""
        order = self.sale(order_id)
        register = self._till(order, None)
        if not netted_pair:
            both = script.Back(order, returned, bought)
            return (self._did(script.refund(self, register, at, both, {"visible_at": visible_at})),)
        back = script.refund(self, register, at, script.Back(order, returned), {"visible_at": visible_at})
        purchase = script.ring_up(self, register, at, bought, {"visible_at": visible_at})
        purchase.contact = order.contact
        script.net_off(back, purchase)
        return self._did(back), self._did(purchase)

    def book(self, register_id: str, at: datetime, lines: Sequence[LineIn], **options: Unpack[Sale]) -> int:
        """A booking: order type 100, open; `deposit` and `reserved_until` as wanted."""
        options["kind"] = BOOKING
        return self._did(script.book(self, self.register(register_id), at, lines, options))

    def park(self, register_id: str, at: datetime, lines: Sequence[LineIn], **options: Unpack[Sale]) -> int:
        """A parked receipt: order type 110, open."""
        options["kind"] = PARKED
        return self._did(script.book(self, self.register(register_id), at, lines, options))

    def close(
        self,
        order_id: int,
        at: datetime,
        *,
        register_id: str | None = None,
        lines: Sequence[LineIn] | None = None,
        **options: Unpack[Sale],
    ) -> int:
        """Turn a booking or parked order into a sale (`pos-sourceorderid`); gives the sale's id."""
        source = self.sale(order_id)
        register = self._till(source, register_id)
        assert register is not None
        return self._did(script.close(self, source, register, at, options, lines=lines))

    def webshop_order(self, at: datetime, lines: Sequence[LineIn], **options: Unpack[Sale]) -> int:
        """An order without a register, open and reserved unless said otherwise."""
        return self._did(script.webshop(self, at, lines, options))

    def cancel(self, order_id: int, at: datetime) -> None:
        """State cancelled, and the payment too unless it was taken."""
        self.when(seconds_of(at), "change", order_id, script.cancel_changes(self.sale(order_id)))

    def pay(self, order_id: int, at: datetime, payment: Payment = "Card") -> None:
        """An open order is paid and closed."""
        self.when(seconds_of(at), "change", order_id, script.paid_changes(self.sale(order_id), payment))

    def edit(self, order_id: int, at: datetime, **wire_fields: Any) -> None:
        """Change wire fields of an order (additionaldata is merged)."""
        self.sale(order_id)
        self.when(seconds_of(at), "change", order_id, wire_fields)

    def log(self, order_id: int, at: datetime, log_type: int) -> None:
        """A log entry: 900 ready for pickup, 910 pickup rejected."""
        self.when(seconds_of(at), "log", order_id, log_type)

    def email_receipt(self, order_id: int, at: datetime) -> None:
        """The receipt was mailed: an event and nothing else."""
        self.when(seconds_of(at), "email_receipt", order_id)

    def deliver(
        self,
        order_id: int,
        at: datetime,
        warehouse_id: int | None = None,
        items: Mapping[int, int] | None = None,
    ) -> None:
        """Send goods ({orderitemid: quantity}; None: all) from a warehouse."""
        order = self.sale(order_id)
        span = range(order.stop - order.first)
        wanted = {item: self.lines.quantity[order.first + item] for item in span} if items is None else items
        warehouse = warehouse_id or order.warehouse or int(next(iter(self.warehouses), 0))
        self.when(seconds_of(at), "deliver", order_id, warehouse, [list(pair) for pair in wanted.items()])

    def hide_order(self, order_id: int) -> None:
        """The order stays in its till's Z-report and never reaches the back end: no list, no event."""
        order = self.sale(order_id)
        order.hidden = True
        self.orders.unshow(order)
        self.version += 1

    # Tills

    def open_register(self, register_id: str, at: datetime) -> None:
        """The till's day begins; else it begins when the last one ended, or with its first sale."""
        self.register(register_id).opened_at = seconds_of(at)

    def close_register(self, register_id: str, at: datetime) -> int:
        """A Z-report over sales of [opened, `at`) by orderdate; made when the clock gets there."""
        register = self.register(register_id)
        register.closings += 1
        self.when(seconds_of(at), "close_register", register.number, register.closings)
        return register.closings

    def close_store(self, store_id: int, at: datetime) -> list[int]:
        """Close every till of a store; a store Z-report is announced."""
        made = [self.close_register(register_id, at) for register_id in self.registers_of(store_id)]
        self.when(seconds_of(at), "store_closed", store_id)
        return made

    def close_every_night(self, first: date, last: date, at: time = time(22, 0)) -> int:
        """Close every till on every date at the same local time of its store; gives how many."""
        count = 0
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for register in self.registers:
                zone = ZoneInfo(self.zones.get(register.store_id, "UTC"))
                self.close_register(register.id, datetime.combine(day, at, zone))
                count += 1
        return count

    def zreport(self, register_id: str, zreport_id: int) -> dict[str, Any]:
        """The report as it is served. Raises KeyError."""
        for report in self.reports.get(self.register(register_id).number, ()):
            if report.number == zreport_id:
                return figures(self, report)
        raise KeyError(f"register {register_id} has no Z-report {zreport_id}")

    def freeze_reports(self, order: Order) -> None:
        """Spell out the reports that counted an order, before it changes: a Z-report never does."""
        place = self.orders.places[order.id]
        for report in self.reports.get(order.register, ()):
            if report.frozen is None and place in report.places:
                report.frozen = figures(self, report)

    # Gift cards, events, bulk, looking at the truth

    def add_gift_card(self, number: str, amount: Amount, *, at: datetime, pin: str = "") -> str:
        """A gift card with money on it."""
        goods.open_gift_card(self, number, seconds_of(at), cents(amount), pin=pin)
        return number

    def use_gift_card(self, number: str, amount: Amount, at: datetime) -> None:
        """Take money from a gift card. Raises ValueError when there is not enough."""
        goods.use_gift_card(self, self.gift_cards[number], -cents(amount), seconds_of(at))

    def subscribe(
        self, base_url: str, *, username: str = "", password: str = "", event_types: Sequence[str] = ()
    ) -> None:
        """Send events from now on to `base_url`/events."""
        self.events.subscriptions.append(Subscription(base_url, username, password, tuple(event_types or ())))

    def bulk(self) -> Bulk:
        """The quick way to load a hundred thousand orders."""
        return Bulk(self)

    def sales_count(self) -> int:
        """All orders ever made, arrived or not."""
        return len(self.orders)

    def sale(self, order_id: int) -> Order:
        """The order's record; money in it is hundredths. Raises KeyError."""
        return self.orders.by_id(order_id)

    def lines_of(self, order_id: int) -> list[int]:
        """The order's item ids, from 0."""
        order = self.sale(order_id)
        return list(range(order.stop - order.first))

    def receipt_id(self, order: Order) -> str:
        """What is printed on the receipt: the register's key and its running number."""
        return f"{self.registers[order.register - 1].key}{order.receipt}"

    def zone_of(self, order: Order) -> str:
        """The zone of the till's store, "" without one."""
        return self.zones.get(self.registers[order.register - 1].store_id, "") if order.register else ""

    def _till(self, order: Order, register_id: str | None) -> Register | None:
        if register_id is not None:
            return self.register(register_id)
        return self.registers[order.register - 1] if order.register else None

    def _did(self, order: Order) -> int:
        self.version += 1
        return order.id
