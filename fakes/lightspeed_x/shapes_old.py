"""The shapes of API 0.9: names like `register_sale_…`, some numbers as text, "" where newer ones say null."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import goods, money, naming, shapes_flat
from fakes.lightspeed_x.records import Customer, Line, Payment, Sale
from fakes.lightspeed_x.wire import five_text, plain

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_TIMES = ("created_at", "updated_at", "deleted_at", "seen_at", "email_verified_at", "register_open_time")
_CONTACT = (
    "first_name",
    "last_name",
    "company_name",
    "phone",
    "mobile",
    "fax",
    "email",
    "twitter",
    "website",
)
_ADDRESS = ("address_1", "address_2", "suburb", "city", "postcode", "state", "country_id")


def row(
    state: "State", name: str, shape: Callable[["State", Any], dict[str, Any]], one: Any
) -> dict[str, Any]:
    """Any other resource: the 2.0 row with the old instants and without nulls."""
    if name == "customers":
        return customer(state, one)
    shown = shape(state, one)
    times = {key: plain(getattr(one, key, one.updated_at)) for key in _TIMES if shown.get(key)}
    return {key: "" if value is None else value for key, value in {**shown, **times}.items()}


def customer(state: "State", one: Customer) -> dict[str, Any]:
    """A customer, as in a list of its own and inside a sale."""
    group = state.customer_groups.rows[one.group_ids[0] if one.group_ids else state.group_id]
    return {
        "id": one.id,
        "name": f"{one.text('first_name')} {one.text('last_name')}".strip(),
        "customer_code": one.code,
        "customer_group_id": group.id,
        "customer_group_name": group.data["name"],
        "updated_at": plain(one.updated_at),
        "deleted_at": plain(one.deleted_at) or "",
        "balance": f"{one.balance:.3f}",
        "year_to_date": five_text(one.year_to_date),
        "points": str(int(one.loyalty_balance)),
        **{f"custom_field_{n}": one.text(f"custom_field_{n}") for n in range(1, 5)},
        "contact": contact(one),
    }


def contact(one: Customer) -> dict[str, str]:
    """What is known of a person, nested; an empty object when nothing is."""
    named = {name: one.text(name) for name in _CONTACT}
    address = {
        f"{kind}_{name.replace('address_', 'address')}": one.text(f"{kind}_{name}")
        for kind in ("physical", "postal")
        for name in _ADDRESS
    }
    return {**named, **address} if any((*named.values(), *address.values())) else {}


def sale(state: "State", one: Sale) -> dict[str, Any]:
    """One sale as GET /api/register_sales shows it."""
    net, tax, paid = money.net_total(one), money.tax_total(one), money.paid_total(one)
    buyer = state.customers.rows.get(one.customer_id or "")
    seller = state.users.rows.get(one.user_id)
    return {
        "id": one.id,
        "register_id": one.register_id,
        "market_id": "1",
        "customer_id": one.customer_id or "",
        "customer_name": "" if buyer is None else customer(state, buyer)["name"],
        "customer": {} if buyer is None else customer(state, buyer),
        "user_id": one.user_id,
        "user_name": "" if seller is None else seller.data["username"],
        "sale_date": plain(one.at),
        "created_at": plain(one.created_at),
        "updated_at": plain(one.updated_at),
        "deleted_at": plain(one.deleted_at) or "",
        "total_price": net,
        "total_tax": tax,
        "tax_name": goods.rate_of(state, state.tax_id)["name"],
        "note": one.note,
        "status": shapes_flat.status(one),
        "short_code": naming.short_code(one.id),
        "invoice_number": one.invoice,
        "source": one.source,
        "source_id": one.source_id or "",
        "return_for": one.return_for or "",
        "version": one.version,
        "register_sale_attributes": list(one.attributes),
        "register_sale_products": _lines(state, one),
        "totals": {
            "total_tax": tax,
            "total_price": net,
            "total_payment": paid,
            "total_to_pay": Decimal(0) if one.state == "voided" else net + tax - paid,
        },
        "register_sale_payments": [
            _payment(state, one, number, each) for number, each in enumerate(one.payments, 1)
        ],
    }


def _lines(state: "State", one: Sale) -> list[dict[str, Any]]:
    word = shapes_flat.line_status(one)
    return [_line(state, one, number, line, word) for number, line in enumerate(one.lines, 1)]


def _line(state: "State", sale: Sale, number: int, line: Line, word: str) -> dict[str, Any]:
    product = state.products.rows[line.product_id].data
    return {
        "id": line.rare.id or naming.part_id(sale.id, number),
        "product_id": line.product_id,
        "register_id": sale.register_id,
        "sequence": str(number - 1),
        "handle": product["handle"],
        "sku": product["sku"],
        "name": product["name"],
        "quantity": line.quantity,
        "price": line.price,
        "price_set": int(line.rare.price_set),
        "discount": line.discount,
        "loyalty_value": line.loyalty,
        "tax": line.tax,
        "tax_id": line.tax_id,
        "tax_rate": goods.rate_of(state, line.tax_id)["rate"],
        "tax_total": line.tax * line.quantity,
        "price_total": line.price * line.quantity,
        "display_retail_price_tax_inclusive": "0" if state.options.tax_exclusive else "1",
        "note": line.rare.note or "",
        "status": word,
    }


def _payment(state: "State", sale: Sale, number: int, one: Payment) -> dict[str, Any]:
    kind = state.payment_types.rows[one.type_id].data
    return {
        "id": one.id or naming.part_id(sale.id, 1_000 + number),
        "payment_type_id": str(kind["type_id"]),
        "register_id": "",
        "retailer_payment_type_id": one.type_id,
        "name": kind["name"],
        "payment_date": plain(sale.at if one.at is None else one.at),
        "amount": one.amount,
    }
