"""The two shapes a sale is written in: nested (date versions) and flat (0.9's register_sales)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking, money
from fakes.lightspeed_x.records import PLAIN, ZERO, Adjustment, Charge, Line, Payment, Promotion, Rare
from fakes.lightspeed_x.shapes_flat import STATES

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

Body = Mapping[str, Any]


def nested(state: "State", body: Body, now: int) -> dict[str, Any]:
    """The fields of a Sale that a date version's body sets. Raises Refused."""
    user = asking.known(state.users, asking.text(body, "source.author_id", required=True), "source.author_id")
    fields: dict[str, Any] = {
        "user_id": user,
        "state": asking.text(body, "state", required=True),
        "attributes": tuple(asking.words(body, "attributes") or ()),
        "register_id": _register(state, asking.text(body, "source.register_id"), "source.register_id"),
        "source": asking.text(body, "source.type"),
        "source_id": asking.text(body, "source.id"),
        "return_for": asking.known(
            state.sales, asking.text(body, "return.original_sale_id"), "return.original_sale_id"
        ),
        "invoice": asking.text(body, "_metadata.invoice.number") or asking.text(body, "invoice_number"),
    }
    _shared(state, fields, body, "date", now)
    lines, payments = asking.rows(body, "line_items"), asking.rows(body, "payments")
    if lines is not None:
        fields["lines"] = tuple(_nested_line(state, one) for one in lines)
    if payments is not None:
        fields["payments"] = tuple(_nested_payment(state, one, now) for one in payments)
    fields["adjustments"] = _adjustments(asking.rows(body, "adjustments"))
    fields["charges"] = _charges(asking.rows(body, "ecom_custom_charges"))
    return {name: value for name, value in fields.items() if value is not None}


def flat(state: "State", body: Body, now: int) -> dict[str, Any]:
    """The fields of a Sale that a register_sale sets. Raises Refused."""
    word = asking.text(body, "status", required=True) or ""
    if word not in STATES:
        raise Refused(400, f"status {word} is unknown")
    kept, attributes = STATES[word]
    fields: dict[str, Any] = {
        "user_id": asking.known(state.users, asking.text(body, "user_id"), "user_id"),
        "state": kept,
        "attributes": tuple(asking.words(body, "register_sale_attributes") or attributes),
        "register_id": _register(state, asking.text(body, "register_id"), "register_id"),
        "source": asking.text(body, "source"),
        "source_id": asking.text(body, "source_id"),
        "return_for": asking.known(state.sales, asking.text(body, "return_for") or None, "return_for"),
        "invoice": asking.text(body, "invoice_number"),
    }
    _shared(state, fields, body, "sale_date", now)
    lines = asking.rows(body, "register_sale_products")
    payments = asking.rows(body, "register_sale_payments")
    if lines is not None:
        fields["lines"] = tuple(_flat_line(state, one) for one in lines)
    if payments is not None:
        fields["payments"] = tuple(_flat_payment(state, one, now) for one in payments)
    return {name: value for name, value in fields.items() if value is not None}


def _shared(state: "State", fields: dict[str, Any], body: Body, when: str, now: int) -> None:
    customer = asking.text(body, "customer_id") or None
    fields["customer_id"] = asking.known(state.customers, customer, "customer_id")
    fields["note"] = asking.text(body, "note")
    if asking.text(body, when):
        fields["at"] = asking.instant(body, when, now)


def _register(state: "State", register_id: str | None, path: str) -> str | None:
    return asking.known(state.registers, register_id or None, path)


def _nested_line(state: "State", one: Body) -> Line:
    product = asking.known(state.products, asking.text(one, "product.id", required=True), "product.id")
    promotions = tuple(
        Promotion(
            asking.text(each, "name") or "",
            asking.number(each, "amount", ZERO),
            asking.text(each, "promo_code") or "",
            asking.text(each, "id") or "",
        )
        for each in asking.rows(one, "promotions") or ()
    )
    surcharges = asking.rows(one, "surcharges") or ()
    rare = Rare(
        asking.text(one, "note"),
        asking.text(one, "gift_card_number"),
        promotions,
        asking.text(one, "salesperson_id"),
        asking.flag(one, "return.is_return"),
        asking.text(one, "return.reason"),
        asking.flag(one, "_metadata.is_price_override"),
        asking.chosen_id(one, "id"),
        surcharge=sum((asking.number(each, "value", ZERO) for each in surcharges), ZERO),
    )
    return _line(
        product or "",
        asking.number(one, "quantity"),
        price=asking.number(one, "pricing.price"),
        discount=asking.number(one, "pricing.discount", ZERO),
        tax=asking.number(one, "tax.amount"),
        tax_id=asking.known(state.taxes, asking.text(one, "tax.id", required=True), "tax.id") or "",
        cost=asking.number(one, "pricing.cost", ZERO),
        loyalty=asking.number(one, "pricing.loyalty_amount", ZERO),
        rare=rare,
    )


def _flat_line(state: "State", one: Body) -> Line:
    product = asking.known(state.products, asking.text(one, "product_id", required=True), "product_id")
    rare = Rare(
        asking.text(one, "note") or None,
        is_return=asking.flag(one, "is_return") or asking.number(one, "quantity") < 0,
        price_set=asking.flag(one, "price_set"),
        id=asking.chosen_id(one, "id"),
    )
    if product == state.discount_product_id:
        rare = rare._replace(is_return=False)
    return _line(
        product or "",
        asking.number(one, "quantity"),
        price=asking.number(one, "price"),
        discount=asking.number(one, "discount", ZERO),
        tax=asking.number(one, "tax", ZERO),
        tax_id=asking.known(state.taxes, asking.text(one, "tax_id") or None, "tax_id") or state.tax_id,
        cost=asking.number(one, "cost", ZERO),
        loyalty=asking.number(one, "loyalty_value", ZERO),
        rare=rare,
    )


def _line(
    product: str,
    quantity: Decimal,
    *,
    price: Decimal,
    discount: Decimal,
    tax: Decimal,
    tax_id: str,
    cost: Decimal,
    loyalty: Decimal,
    rare: Rare,
) -> Line:
    """Rounded to five decimals, as everything on a line is."""
    price, discount, tax = money.five(price), money.five(discount), money.five(tax)
    quantity = quantity if quantity == quantity.to_integral_value() else money.five(quantity)
    return Line(
        product, quantity, price, discount, tax, tax_id, money.five(cost), money.five(loyalty),
        PLAIN if rare == PLAIN else rare,
    )  # fmt: skip


def _nested_payment(state: "State", one: Body, now: int) -> Payment:
    kind = asking.text(one, "type.config_id", required=True)
    return Payment(
        asking.known(state.payment_types, kind, "type.config_id") or "",
        asking.number(one, "amount"),
        asking.instant(one, "date", now),
        asking.chosen_id(one, "id"),
        None,
        tuple(dict(each) for each in asking.rows(one, "external_attributes") or ()),
        asking.text(one, "source.id"),
    )


def _flat_payment(state: "State", one: Body, now: int) -> Payment:
    kind = asking.text(one, "retailer_payment_type_id", required=True)
    return Payment(
        asking.known(state.payment_types, kind, "retailer_payment_type_id") or "",
        asking.number(one, "amount"),
        asking.instant(one, "payment_date", now),
        asking.chosen_id(one, "id"),
    )


def _adjustments(found: list[Body] | None) -> tuple[Adjustment, ...] | None:
    if found is None:
        return None
    return tuple(
        Adjustment(
            asking.text(one, "adjustment_type", required=True) or "",
            asking.text(one, "name") or "",
            asking.number(one, "total"),
        )
        for one in found
    )


def _charges(found: list[Body] | None) -> tuple[Charge, ...] | None:
    if found is None:
        return None
    return tuple(
        Charge(
            asking.text(one, "name") or "",
            asking.number(one, "total"),
            asking.number(one, "total_tax", ZERO),
            asking.text(one, "source_id") or "",
        )
        for one in found
    )
