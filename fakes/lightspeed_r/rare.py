"""What few sales have: notes, a second tax, a quote, gift cards, reserved goods; kept off the hot path."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from fakes.lightspeed_r import links, stock
from fakes.lightspeed_r.lines import Loose
from fakes.lightspeed_r.records import Payment, Sale
from fakes.lightspeed_r.relations import RELATIONS
from fakes.lightspeed_r.wire import SCALE, decimal_text, encoded, time_text, to_cents

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

EVERYTHING = frozenset(RELATIONS["Sale"])
"""What `load_relations=all` asks of a sale."""


def sale_notes(sale: Sale) -> str:
    """`SaleNotes`: at most one of each kind."""
    stamp, notes = time_text(sale.update_at), {}
    for kind, text, note_id in (
        ("InternalNote", sale.note, 2 * sale.id),
        ("PrintedNote", sale.printed_note, 2 * sale.id + 1),
    ):
        if text:
            notes[kind] = {"noteID": str(note_id), "note": text, "timeStamp": stamp}
    return f',"SaleNotes":{encoded(notes)}'


def linked(state: "State", entity: str, row_id: int, loaded: AbstractSet[str]) -> str:
    """The rows a sale points at beside the usual ones, as a fragment."""
    fields: dict[str, Any] = dict(state.extras[entity].get(row_id, {}))
    known = set(fields)
    links.attach(state, entity, row_id, fields, loaded)
    return "".join(f',"{name}":{encoded(fields[name])}' for name in fields if name not in known)


def unasked(state: "State", sale: Sale) -> str:
    """What comes with `all` without having a name of its own: tax totals and the tips on offer."""
    text = f',"MetaData":{encoded({"tipOption1": "10", "tipOption2": "15", "tipOption3": "20"})}'
    if not sale.tax:
        return text
    lines, total = state.lines, 0
    taxed = [line_id for line_id in sale.line_ids if lines.tax[line_id]]
    base = sum(lines.subtotal[line_id] - lines.discount[line_id] for line_id in taxed)
    total = sum(lines.tax[line_id] for line_id in taxed)
    tax = {
        "id": "1",
        "name": "Item",
        "taxable": decimal_text(to_cents(base)),
        "rate": decimal_text(round(total * 100 * 10_000 / base) * SCALE // 10_000 if base else 0),
        "amount": decimal_text(to_cents(total)),
        "taxname": "Tax",
        "subtotal": decimal_text(to_cents(base)),
    }
    return f',"TaxClassTotals":{encoded({"Tax": tax})}{text}'


def edited_times(times: tuple[int, int], sale: Sale | Loose) -> tuple[str, str]:
    """createTime and timeStamp of a line with times of its own; completing the sale stamps its lines."""
    created, stamped = times
    return time_text(created), time_text(max(stamped, sale.complete_at))


def inventory_sales(state: "State", line_id: int, stamped: str) -> str:
    """What the line took, or holds back, from the one lot that a counted item has here."""
    item_id, quantity = state.lines.item_id[line_id], state.lines.quantity[line_id]
    if not stock.is_tracked(state, item_id):
        return ""
    row = {
        "inventorySaleID": str(line_id),
        "quantity": str(quantity),
        "createTime": stamped,
        "inventoryID": str(item_id),
    }
    return f',"InventorySales":{encoded({"InventorySale": row})}'


def payment_relations(
    state: "State", payment: Payment, more: Mapping[str, str], loaded: AbstractSet[str]
) -> str:
    """Card charge and signature, and the account a payment went to or came from."""
    text = linked(state, "SalePayment", payment.id, loaded)
    account_id = more.get("creditAccountID", "0")
    if "SaleAccounts" in loaded and account_id != "0":
        account = {
            "saleAccountID": str(payment.id),
            "creditAccountID": account_id,
            "salePaymentID": str(payment.id),
            "saleLineID": str(_paid_in_by(state, payment)),
        }
        text += f',"SaleAccounts":{encoded({"SaleAccount": account})}'
    return text


def _paid_in_by(state: "State", payment: Payment) -> int:
    """The line that sold the credit (it has no item); 0 for a payment from an account."""
    sale = state.sales.rows[payment.sale_id]
    lines = (line_id for line_id in sale.line_ids if not state.lines.item_id[line_id])
    return next(lines, 0) if payment.amount < 0 else 0
