"""Outlets, registers, users and everything that can be sold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import money
from fakes.lightspeed_x.records import ZERO, Row
from fakes.lightspeed_x.tables import Table

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_SYMBOLS = {"USD": "$", "CAD": "$", "AUD": "$", "NZD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class ProductIn:
    """A product as a script or a request asks for it; `price` is the shelf price."""

    name: str
    sku: str
    price: Decimal
    category_id: str | None = None
    brand_id: str | None = None
    image_url: str | None = None
    tag_ids: tuple[str, ...] = ()
    parent_id: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    cost: Decimal = ZERO
    active: bool = True
    description: str = ""
    supplier_id: str | None = None
    kind: str = "standard"
    handle: str = ""


def symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, currency)


def outlet(state: "State", name: str, zone: str, currency: str, country: str) -> str:
    """An outlet without a register; the shelf prices of all follow the account's tax setting."""
    data = {"name": name, "time_zone": zone, "currency": currency, "physical_country_id": country}
    return _new(state, state.outlets, data)


def register(state: "State", outlet_id: str, name: str) -> str:
    if state.outlets.find(outlet_id) is None:
        raise KeyError(f"there is no outlet {outlet_id}")
    data = {
        "name": name,
        "outlet_id": outlet_id,
        "invoice_prefix": "",
        "invoice_suffix": "",
        "invoice_sequence": 1,
        "register_open_sequence_id": state.new_id(),
    }
    register_id = _new(state, state.registers, data)
    state.registers_of.setdefault(outlet_id, register_id)
    return register_id


def user(state: "State", name: str, account_type: str = "cashier") -> str:
    username = name.lower().replace(" ", ".")
    data = {"username": username, "display_name": name, "account_type": account_type}
    return _new(state, state.users, data)


def named(state: "State", table: Table[Row], name: str) -> str:
    """A brand, tag or supplier; the same name again is the same row."""
    key = (table.name, name)
    if key not in state.names:
        state.names[key] = _new(state, table, {"name": name})
    return state.names[key]


def group(state: "State", name: str) -> str:
    """A customer group by its name."""
    known = state.names.get(("customer_groups", name))
    if known is None:
        code = f"{name.replace(' ', '')}-{len(state.customer_groups):04d}"
        known = _new(state, state.customer_groups, {"name": name, "group_id": code})
        state.names["customer_groups", name] = known
    return known


def tax(state: "State", name: str, rate: Decimal) -> str:
    """A tax of one rate, which has an id of its own."""
    rate_row = {"id": state.new_id(), "name": name, "rate": rate}
    return _new(state, state.taxes, {"name": name, "rates": [rate_row], "default": not len(state.taxes)})


def rate_of(state: "State", tax_id: str) -> Mapping[str, Any]:
    """The tax's rate: {id, name, rate}. An unknown tax has the default's."""
    row = state.taxes.rows.get(tax_id) or state.taxes.rows[state.tax_id]
    rate: Mapping[str, Any] = row.data["rates"][0]
    return rate


def category(state: "State", path: tuple[str, ...]) -> str:
    """The category at the end of a path of names."""
    if not path:
        raise ValueError("a category has a name")
    key = ("product_categories", "\0".join(path))
    if key not in state.names:
        parent = category(state, path[:-1]) if path[1:] else None
        if parent is not None:
            state.product_categories.rows[parent].data["leaf"] = False
        data = {"name": path[-1], "parent_id": parent, "leaf": True}
        state.names[key] = _new(state, state.product_categories, data)
    return state.names[key]


def category_path(state: "State", category_id: str) -> list[dict[str, str]]:
    """From the root down: [{id, name}]."""
    path: list[dict[str, str]] = []
    row = state.product_categories.rows.get(category_id)
    while row is not None:
        path.insert(0, {"id": row.id, "name": row.data["name"]})
        row = state.product_categories.rows.get(row.data["parent_id"] or "")
    return path


def promotion(state: "State", name: str, percent: Decimal, promo_code: str) -> str:
    data = {"name": name, "percent": percent, "promo_code": promo_code}
    state.names["promotions", name] = promotion_id = _new(state, state.promotions, data)
    return promotion_id


def channel(state: "State", store_url: str, register_id: str, channel_type: str) -> str:
    data = {
        "store_url": store_url,
        "register_id": register_id,
        "channel_type": channel_type,
        "payment_type_id": state.names["payment_types", "Credit Card"],
    }
    return _new(state, state.channels, data)


def ui_webhook(state: "State", kind: str, url: str) -> str:
    return _new(state, state.webhooks, {"type": kind, "url": url, "active": True, "signed": False})


def product(state: "State", asked: ProductIn) -> str:
    """A product row of its own; a variant takes over its parent's name, handle and family."""
    rate = Decimal(rate_of(state, state.tax_id)["rate"])
    net, tax_amount = money.split_tax(asked.price, rate, inclusive=not state.options.tax_exclusive)
    parent = state.products.find(asked.parent_id) if asked.parent_id else None
    name = parent.data["name"] if parent else asked.name
    data = {
        "name": name,
        "handle": parent.data["handle"] if parent else asked.handle or asked.name.lower().replace(" ", ""),
        "family_id": parent.data["family_id"] if parent else state.new_id(),
        "variant_parent_id": parent.id if parent else None,
        "variant_options": [
            {"id": named_option(state, key), "name": key, "value": value}
            for key, value in asked.options.items()
        ],
        "variant_name": " / ".join([name, *asked.options.values()]),
        "sku": asked.sku,
        "price_excluding_tax": net,
        "price_including_tax": net + tax_amount,
        "supply_price": asked.cost,
        "active": asked.active,
        "description": asked.description,
        "image_url": asked.image_url,
        "brand_id": asked.brand_id,
        "product_type_id": asked.category_id,
        "supplier_id": asked.supplier_id,
        "tag_ids": list(asked.tag_ids),
        "kind": asked.kind,
        "has_variants": False,
    }
    product_id = _new(state, state.products, data)
    if parent is not None and not parent.data["has_variants"]:
        parent.data["has_variants"] = True
        state.changed(state.products, parent, state.now())
    return product_id


def named_option(state: "State", name: str) -> str:
    """The id of a variant attribute such as Size."""
    return state.names.setdefault(("variant_attributes", name), "") or _option(state, name)


def _option(state: "State", name: str) -> str:
    state.names["variant_attributes", name] = made = state.new_id()
    return made


def _new(state: "State", table: Table[Row], data: dict[str, Any]) -> str:
    now = state.now()
    return state.add(table, Row(state.new_id(), data, now, now), now).id


def _edit_product(state: "State", at: int, product_id: str, fields: Mapping[str, Any]) -> None:
    row = state.products.rows[product_id]
    row.data.update(fields)
    if "price_excluding_tax" in fields:
        rate = Decimal(rate_of(state, state.tax_id)["rate"])
        net = money.amount(fields["price_excluding_tax"])
        row.data["price_excluding_tax"] = net
        row.data["price_including_tax"] = net + money.five(net * rate)
    state.changed(state.products, row, at)


def _delete_row(state: "State", at: int, table: str, row_id: str) -> None:
    """It leaves the default lists; `deleted=true` and the sales feed still show it."""
    rows: Table[Any] = getattr(state, table)
    row = rows.rows[row_id]
    row.deleted_at = at
    state.changed(rows, row, at)


ACTIONS: Mapping[str, Callable[..., None]] = {"edit_product": _edit_product, "delete_row": _delete_row}
