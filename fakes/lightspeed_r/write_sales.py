"""Sales written over HTTP: made, changed, completed, voided, archived. Refunds are in refunds.py."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields, pricing, stock, trade, write_lines, write_payments, write_people
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.records import Sale
from fakes.lightspeed_r.relations import RELATIONS
from fakes.lightspeed_r.shapes import SALE
from fakes.lightspeed_r.undo import Undo
from fakes.lightspeed_r.wire import flag

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_IDS = ("employeeID", "tipEmployeeID", "taxCategoryID", "quoteID", "discountID")
WRITABLE = frozenset(
    (
        *_IDS, "discountPercent", "receiptPreference", "enablePromotions", "tipEnabled", "shopID",
        "registerID", "customerID", "completed", "completeTime", "archived", "voided", "referenceNumber",
        "ticketNumber", "referenceNumberSource", "Customer", "SaleLines", "SalePayments", "SaleNotes",
        "ShipTo",
    )
)  # fmt: skip
_AFTERWARDS = frozenset(
    ("customerID", "Customer", "SaleNotes", "voided", "archived", "referenceNumber", "referenceNumberSource",
     "receiptPreference", "employeeID", "completeTime", "completed", "ShipTo", "tipEmployeeID")
)  # fmt: skip


def create(state: "State", body: Body) -> int:
    """A new sale, completed at once if it says so and its payments come to the total. Raises `Refused`."""
    _check(state, body)
    shop, register = _place(state, body)
    now, sale_id = state.now(), state.sales.next_id()
    undo = Undo(state, None, _line_ids(body))
    sale = Sale(
        sale_id, shop, register, 0, now, 0, now, now, now,
        subtotal=0, discount=0, tax=0, taxable=0, tax_rate=0, completed=False, line_ids=[],
    )  # fmt: skip
    state.extras["Sale"][sale_id] = {
        "enablePromotions": flag(fields.flag("enablePromotions", body.get("enablePromotions"))),
        "taxCategoryID": state.extras["Shop"].get(shop, {}).get("taxCategoryID", "0"),
    }
    # Held until all of it is accepted: a refused sale never was.
    state.sales.hold(sale)
    try:
        _write(state, sale, body)
    except Refused:
        undo.back()
        del state.extras["Sale"][sale_id], state.sales.rows[sale_id]
        state.sales.held.discard(sale_id)
        raise
    state.sales.show(sale)
    return sale_id


def update(state: "State", sale_id: int, body: Body) -> None:
    """Change a sale; a completed one only in what may change afterwards. Raises `Refused`."""
    _check(state, body)
    sale = state.sales.rows[sale_id]
    undo = Undo(state, sale, _line_ids(body))
    state.extras["Sale"].setdefault(sale_id, {})
    try:
        if sale.completed:
            _afterwards(state, sale, body)
        else:
            _write(state, sale, body)
    except Refused:
        undo.back()
        raise
    if not sale.complete_at:
        state.sales.move(sale, "timeStamp", "stamp_at", state.now())
    trade.touch(state, sale, max(state.now(), sale.update_at))


def archive(state: "State", sale_id: int) -> None:
    """DELETE archives an open sale. Raises `Refused` for a completed one."""
    sale = state.sales.rows[sale_id]
    if sale.completed:
        raise Refused(400, "A completed sale cannot be archived.")
    sale.archived = True
    state.sales.move(sale, "timeStamp", "stamp_at", state.now())
    trade.touch(state, sale, max(state.now(), sale.update_at))


def open_sale(state: "State", sale_id: int) -> Sale:
    """A sale whose lines may change. Raises `Refused` for one that is gone, completed or archived."""
    sale = state.sales.find(sale_id)
    if sale is None:
        raise Refused(404, f"Object of type 'Sale' not found with primary ID '{sale_id}'.")
    if sale.completed or sale.archived:
        raise Refused(400, "The sale is completed or archived; its lines cannot change.")
    return sale


def finish(state: "State", sale: Sale, complete_at: int | None) -> None:
    """Complete the sale: payments must come to the total, overpaid cash is change. Raises `Refused`."""
    write_payments.settle(state, sale)
    at = state.now() if complete_at is None else complete_at
    stamp = at if state.switches.late_upload_stamp == "complete" else state.now()
    sale.completed = True
    state.sales.move(sale, "completeTime", "complete_at", at)
    state.sales.move(sale, "timeStamp", "stamp_at", stamp)
    pricing.costs_of(state, sale)
    write_lines.fulfilled(state, sale)
    trade.book_credit(state, sale)
    if state.tracked:
        stock.sell(state, sale.shop_id, sale.line_ids)


def _check(state: "State", body: Body) -> None:
    strict = state.switches.unknown_write_field == "error"
    read_only = (
        *SALE.keys,
        "updateTime",
        "updatetime",
        "taxTotal",
        "Shop",
        "TaxClassTotals",
        "MetaData",
        *RELATIONS["Sale"],
    )
    fields.check_known(body, WRITABLE, read_only, "Sale", strict=strict)


def _place(state: "State", body: Body) -> tuple[int, int]:
    """The shop and register; a register alone tells its shop. Raises `Refused` without a shop."""
    register = existing(state, "registerID", body, state.registers.rows)
    shop = existing(state, "shopID", body, state.shops.rows)
    if not shop and register:
        shop = state.registers.rows[register].shop_id
    if not shop:
        raise Refused(state.switches.validation_status, "shopID is required.")
    return shop, register or trade.register_of(state, shop, None)


def existing(state: "State", name: str, body: Body, rows: Collection[int]) -> int:
    """The id a body gives, 0 for none. Raises `Refused` for a row that does not exist."""
    found = fields.row_id(name, body.get(name))
    if found and found not in rows:
        raise Refused(state.switches.validation_status, f"{name} '{found}' does not exist.")
    return found


def _line_ids(body: Body) -> list[int]:
    """Every line a body names, so that it can be put back."""
    rows = fields.rows("SaleLines", body.get("SaleLines"), "SaleLine")
    keys = ("saleLineID", "parentSaleLineID")
    return [fields.row_id(key, row.get(key)) for row in rows for key in keys]


def _write(state: "State", sale: Sale, body: Body) -> None:
    at = _complete_time(state, body)
    more = state.extras["Sale"][sale.id]
    if "enablePromotions" in body and "enablePromotions" not in more:
        raise Refused(400, "enablePromotions can only be set on creation.")
    for name in _IDS:
        if name in body:
            more[name] = str(fields.row_id(name, body[name]))
    if "tipEnabled" in body:
        more["tipEnabled"] = flag(fields.flag("tipEnabled", body["tipEnabled"]))
    existing(state, "taxCategoryID", body, state.docs["TaxCategory"].rows)
    existing(state, "employeeID", body, state.employees.rows)
    _about(state, sale, body)
    for row in fields.rows("SaleLines", body.get("SaleLines"), "SaleLine"):
        _line(state, sale, row)
    pricing.total_up(state, sale)
    for row in fields.rows("SalePayments", body.get("SalePayments"), "SalePayment"):
        write_payments.write(state, sale, row)
    if fields.flag("completed", body.get("completed")):
        finish(state, sale, at)
    if fields.flag("voided", body.get("voided")):
        raise Refused(400, "Only a completed sale can be voided.")
    if "archived" in body:
        sale.archived = fields.flag("archived", body["archived"])


def _line(state: "State", sale: Sale, row: Body) -> None:
    line_id = fields.row_id("saleLineID", row.get("saleLineID"))
    if line_id and line_id in sale.line_ids:
        write_lines.write(state, sale, row, line_id)
    elif line_id:
        write_lines.put_into(state, line_id, sale)
    else:
        sale.line_ids = [*sale.line_ids, write_lines.write(state, sale, row)]


def _about(state: "State", sale: Sale, body: Body) -> None:
    """Who bought, and what is noted; this may change at any time."""
    if "customerID" in body:
        sale.customer_id = existing(state, "customerID", body, state.customers.rows)
    person = body.get("Customer")
    if isinstance(person, dict) and person:
        sale.customer_id = write_people.nested(state, sale.customer_id, person)
    if "referenceNumber" in body:
        sale.reference = fields.text("referenceNumber", body["referenceNumber"])
    if "referenceNumberSource" in body:
        sale.reference_source = fields.text("referenceNumberSource", body["referenceNumberSource"])
    more = state.extras["Sale"][sale.id]
    if "receiptPreference" in body:
        more["receiptPreference"] = fields.text("receiptPreference", body["receiptPreference"])
    if "employeeID" in body:
        more["employeeID"] = str(existing(state, "employeeID", body, state.employees.rows))
    notes = body.get("SaleNotes")
    if isinstance(notes, dict):
        for key, attribute in (("InternalNote", "note"), ("PrintedNote", "printed_note")):
            if isinstance(notes.get(key), dict):
                setattr(sale, attribute, fields.text("note", notes[key].get("note")))
    if body.get("ShipTo"):
        _ship_to(state, sale)


def _ship_to(state: "State", sale: Sale) -> None:
    if not state.switches.ship_to_writable:
        raise Refused(400, "ShipTo is read-only.")
    if not sale.ship_to_id:
        trade.add_ship_to(state, sale)
        if sale.id in state.sales.held:
            state.ship_tos.show(state.ship_tos.rows[sale.ship_to_id])


def _afterwards(state: "State", sale: Sale, body: Body) -> None:
    """What may still be changed of a completed sale; anything else must be as it was."""
    late = sorted(set(body) & WRITABLE - _AFTERWARDS)
    told = state.record("Sale", sale.id) or {}
    for name in late:
        if isinstance(body[name], dict | list) or fields.text(name, body[name]) != told.get(name):
            raise Refused(400, f"{name} of a completed sale cannot change.")
    if "completed" in body and not fields.flag("completed", body["completed"]):
        raise Refused(400, "A completed sale cannot be opened again.")
    if fields.flag("archived", body.get("archived")):
        raise Refused(400, "A completed sale cannot be archived.")
    at = _complete_time(state, body)
    _about(state, sale, body)
    if at is not None and at != sale.complete_at:
        state.sales.move(sale, "completeTime", "complete_at", at)
    if fields.flag("voided", body.get("voided")) and not sale.voided:
        trade.void(state, state.now(), sale.id, "")


def _complete_time(state: "State", body: Body) -> int | None:
    """When it was completed, if that is told: the past will do, the future not. Raises `Refused`."""
    if body.get("completeTime") in (None, ""):
        return None
    at = fields.instant("completeTime", body["completeTime"])
    if at > state.now():
        raise Refused(400, "completeTime cannot be in the future.")
    return at
