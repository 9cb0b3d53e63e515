"""The nested sale of the date versions (2026-01 and on)."""

from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import goods, money, naming, shapes_flat
from fakes.lightspeed_x.records import Line, Payment, Sale
from fakes.lightspeed_x.wire import iso

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State


def sale(state: "State", row: Sale) -> dict[str, Any]:
    """One sale as GET /api/2026-07/sales shows it."""
    net, tax = money.net_total(row), money.tax_total(row)
    shown: dict[str, Any] = {
        "id": row.id,
        "state": row.state,
        "attributes": list(row.attributes),
        "date": iso(row.at),
        "customer_id": row.customer_id,
        "invoice_number": row.invoice,
        "receipt_number": row.invoice,
        "short_code": naming.short_code(row.id),
        "note": row.note,
        "source": {
            "type": row.source,
            "id": row.source_id,
            "outlet_id": state.registers.rows[row.register_id].data["outlet_id"],
            "register_id": row.register_id,
            "author": {"id": row.user_id},
        },
        "return": {
            "is_return": row.return_for is not None,
            "original_sale_id": row.return_for,
            "return_sale_ids": list(row.return_ids),
        },
        "totals": {
            "price": net,
            "price_incl_tax": net + tax,
            "tax": tax,
            "loyalty": money.loyalty_total(row),
            "surcharge": sum((one.total for one in row.adjustments if one.kind == "SURCHARGE"), start=0),
        },
        "taxes": [{"id": rate, "tax": total} for rate, total in shapes_flat.taxes(state, row).items()],
        "line_items": _lines(state, row),
        "payments": [_payment(state, row, number, one) for number, one in enumerate(row.payments, 1)],
        "adjustments": [
            {"adjustment_type": kind, "name": name, "total": total, "tax_components": []}
            for kind, name, total in row.adjustments
        ],
        "ecom_custom_charges": [shapes_flat.charge(one) for one in row.charges],
        "external_applications": [],
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "deleted_at": iso(row.deleted_at),
        "_metadata": {
            "version": row.version,
            "complete_open_sequence_id": shapes_flat.open_sequence(state, row),
            "has_unsynced_on_account_payments": None,
            "xero_reference": None,
        },
    }
    if state.switches.dated_status:
        shown["status"] = shapes_flat.status(row)
    if state.switches.dated_top_version:
        shown["version"] = row.version
    return shown


def _lines(state: "State", row: Sale) -> list[dict[str, Any]]:
    word = shapes_flat.line_status(row)
    return [_line(state, row, number, one, word) for number, one in enumerate(row.lines, 1)]


def _line(state: "State", sale: Sale, number: int, line: Line, word: str) -> dict[str, Any]:
    count, rare = line.quantity, line.rare
    rate_id = goods.rate_of(state, line.tax_id)["id"]
    return {
        "id": rare.id or naming.part_id(sale.id, number),
        "product": {"id": line.product_id},
        "quantity": count,
        "note": rare.note,
        "status": word,
        "salesperson_id": rare.salesperson_id,
        "gift_card_number": rare.gift_card_number,
        "pricing": {
            "price": line.price,
            "total": line.price * count,
            "discount": line.discount,
            "discount_total": line.discount * count,
            "cost": line.cost,
            "cost_total": line.cost * count,
            "loyalty_amount": line.loyalty,
            "loyalty_amount_total": line.loyalty * count,
        },
        "tax": {"id": line.tax_id, "amount": line.tax, "total": line.tax * count},
        "return": {"is_return": rare.is_return, "reason": rare.return_reason},
        "source": {"register_id": sale.register_id},
        "promotions": [shapes_flat.promotion(state, one) for one in rare.promotions],
        "customizations": [],
        "surcharges": [{"value": rare.surcharge, "tax_components": []}] if rare.surcharge else [],
        "_metadata": {
            "sequence": number - 1,
            "is_price_override": rare.price_set,
            "tax_components": [{"rate_id": rate_id, "total_tax": line.tax * count}],
        },
    }


def _payment(state: "State", sale: Sale, number: int, one: Payment) -> dict[str, Any]:
    kind = state.payment_types.rows[one.type_id].data
    register = state.registers.rows[sale.register_id].data
    return {
        "id": one.id or naming.part_id(sale.id, 1_000 + number),
        "amount": money.five(one.amount),
        "date": iso(sale.at if one.at is None else one.at),
        "type": {"config_id": one.type_id, "id": str(kind["type_id"]), "name": kind["name"]},
        "source": {
            "id": one.source_id,
            "outlet_id": register["outlet_id"],
            "register_id": sale.register_id,
        },
        "surcharge": None,
        "billing_address_id": None,
        "external_applications": [],
        "external_attributes": [dict(each) for each in one.attributes],
        "deleted_at": iso(one.deleted_at),
        "_metadata": {"register_open_sequence_id": register["register_open_sequence_id"]},
    }
