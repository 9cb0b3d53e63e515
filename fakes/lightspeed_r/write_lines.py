"""Sale lines written over HTTP: on an open sale, or on none (a layaway, a special order)."""

from typing import TYPE_CHECKING, Any

import msgspec

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields, pricing, shapes, stock, trade
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.lines import Loose
from fakes.lightspeed_r.records import Returned, Sale
from fakes.lightspeed_r.shapes import LINE
from fakes.lightspeed_r.wire import SCALE, decimal_text, flag, fraction_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_WORDS = """
unitQuantity unitPrice normalUnitPrice discountAmount discountPercent discountID avgCost fifoCost
tax isLayaway isWorkorder isSpecialOrder lineType taxClassID customerID employeeID itemID itemCode
noteID Note note parentSaleLineID shopID saleID itemFeeID saleLineID taxCategoryID
requireFullReservation createTime sortorder
"""
WRITABLE = frozenset(_WORDS.split())
RELATIONS = ("TaxClass", "Discount", "Item", "TaxCategory", "SaleAccounts", "InventorySales", "ItemFee")
_KEPT = ("normalUnitPrice", "avgCost", "fifoCost", "employeeID", "itemFeeID", "taxClassID", "customerID")
_KINDS = ("isLayaway", "isWorkorder", "isSpecialOrder")
_MAX = 10**17


def check(state: "State", body: Body) -> None:
    """Raises `Refused` for fields a line has not."""
    strict = state.switches.unknown_write_field == "error"
    fields.check_known(body, WRITABLE, (*LINE.keys, *RELATIONS), "SaleLine", strict=strict)


def write(state: "State", sale: Sale | Loose, body: Body, line_id: int | None = None) -> int:
    """Make a line of a sale (or reservation), or change one; the sale's sums are the caller's to renew."""
    check(state, body)
    parent = fields.row_id("parentSaleLineID", body.get("parentSaleLineID"))
    if line_id is None and parent:
        returned = _take_back(state, sale, parent, body)
        if returned is not None:
            return returned
    asked = {**_present(state, sale, line_id), **body} if line_id is not None else dict(body)
    _one_discount(asked, body)
    item_id = _item(state, asked)
    price = _price(state, asked, item_id, parent)
    quantity = fields.whole("unitQuantity", asked.get("unitQuantity"))
    if abs(price * quantity) > _MAX:
        raise Refused(400, "unitPrice times unitQuantity is too much.")
    lines = state.lines
    if line_id is None:
        line_id = lines.append(sale.id, item_id, quantity, price, 0, 0, 0)
        state.lines_shown.add(line_id, line_id)
    lines.item_id[line_id], lines.quantity[line_id], lines.price[line_id] = item_id, quantity, price
    _discounted_and_taxed(state, sale, line_id, asked)
    _told(state, line_id, asked)
    if parent:
        lines.parent_id[line_id] = parent
    return line_id


def remove(state: "State", line_id: int) -> None:
    """Take a line out for good; what it gave back is out again."""
    lines = state.lines
    parent = lines.parent_id.pop(line_id, 0)
    if parent in state.returned:
        before = state.returned[parent]
        before.quantity += lines.quantity[line_id]
        before.subtotal += lines.subtotal[line_id]
        before.discount += lines.discount[line_id]
        before.tax += lines.tax[line_id]
    lines.gone.add(line_id)
    state.lines_shown.remove(line_id, line_id)
    for rare in (
        lines.more,
        lines.note,
        lines.edited,
        lines.tax2,
        lines.discount_id,
        lines.loose,
        lines.line_type,
    ):
        rare.pop(line_id, None)


def _present(state: "State", sale: Sale | Loose, line_id: int) -> dict[str, Any]:
    """The line as it is, in the words of a body."""
    text = shapes.line_text(state, line_id, sale, ("", ""), frozenset())
    shown: dict[str, Any] = msgspec.json.decode(text)
    shown["note"] = state.lines.note.get(line_id, "")
    return shown


def _one_discount(asked: dict[str, Any], body: Body) -> None:
    """An amount, a percentage or a named discount: what is written last replaces the others."""
    told = [key for key in ("discountAmount", "discountPercent") if fields.amount(key, body.get(key))]
    if len(told) > 1:
        raise Refused(400, "A line has a discount amount or a discount percentage, not both.")
    named = fields.row_id("discountID", body.get("discountID"))
    if told or named:
        for key in (
            {"discountAmount", "discountPercent", "discountID"}
            - set(told)
            - ({"discountID"} if named else set())
        ):
            asked[key] = "0"


def _item(state: "State", asked: dict[str, Any]) -> int:
    code = fields.text("itemCode", asked.get("itemCode"))
    item_id = fields.row_id("itemID", asked.get("itemID"))
    if code:
        item_id = _by_code(state, code)
    if item_id and item_id not in state.items.rows:
        raise Refused(
            state.switches.validation_status, f"Object of type 'Item' not found with primary ID '{item_id}'."
        )
    return item_id


def _by_code(state: "State", code: str) -> int:
    """An item by its id, UPC or EAN."""
    more = state.extras["Item"]
    found = next((n for n, told in more.items() if code in (told.get("upc"), told.get("ean"))), 0)
    if not found and code.isascii() and code.isdigit() and int(code) in state.items.rows:
        found = int(code)
    if not found:
        raise Refused(state.switches.validation_status, "No item has this itemCode.")
    return found


def _price(state: "State", asked: dict[str, Any], item_id: int, parent: int) -> int:
    if asked.get("unitPrice") not in (None, ""):
        return fields.amount("unitPrice", asked["unitPrice"])
    if parent in state.lines:
        return state.lines.price[parent]
    return state.items.rows[item_id].price if item_id else 0


def _discounted_and_taxed(state: "State", sale: Sale | Loose, line_id: int, asked: dict[str, Any]) -> None:
    lines, item_id = state.lines, state.lines.item_id[line_id]
    named = fields.row_id("discountID", asked.get("discountID"))
    percent = fields.fraction("discountPercent", asked.get("discountPercent"))
    off = fields.amount("discountAmount", asked.get("discountAmount"))
    discount = state.discounts.rows.get(named)
    if named and discount is None:
        raise Refused(state.switches.validation_status, "There is no such discount.")
    if discount is not None:
        percent, off = fields.fraction("discountPercent", discount.percent), discount.amount
        lines.discount_id[line_id] = named
    else:
        lines.discount_id.pop(line_id, None)
    rates = _rates(state, sale, item_id, asked)
    sums = pricing.reckon(
        lines.price[line_id], lines.quantity[line_id], percent=percent, off=off, rates=rates
    )
    lines.subtotal[line_id], lines.discount[line_id], lines.tax[line_id] = (
        sums.subtotal,
        sums.discount,
        sums.tax,
    )
    more = lines.more.setdefault(line_id, {})
    lines.set_tax2(line_id, sums.tax2)
    more["tax"] = flag(bool(rates.first or rates.second))
    more["tax1Rate"] = decimal_text(int(rates.first * SCALE))
    more["tax2Rate"] = decimal_text(int(rates.second * SCALE))
    more["discountPercent"] = fraction_text(percent)
    more["discountAmount"] = "0" if percent else decimal_text(abs(off))


def _rates(state: "State", sale: Sale | Loose, item_id: int, asked: dict[str, Any]) -> pricing.Rates:
    """What the sale's tax category asks of this item; nothing for a line that is not taxed."""
    item = state.extras["Item"].get(item_id, {})
    taxed = asked.get("tax", item.get("tax", "true" if item_id else "false"))
    category = int(state.extras["Sale"].get(sale.id, {}).get("taxCategoryID", "0")) if sale.id else 0
    # What is asked for counts even where a line of before had no category to be taxed by.
    if not category or not fields.flag("tax", taxed):
        return pricing.Rates()
    class_id = fields.row_id("taxClassID", asked.get("taxClassID") or item.get("taxClassID", "1"))
    return pricing.rates_of(state, category, class_id)


def _told(state: "State", line_id: int, asked: dict[str, Any]) -> None:
    """Everything a line only carries."""
    lines, more = state.lines, state.lines.more.setdefault(line_id, {})
    item = state.extras["Item"].get(lines.item_id[line_id], {})
    for key in ("avgCost", "fifoCost"):
        more.setdefault(key, item.get("defaultCost", "0"))
    if "taxClassID" in item:
        more.setdefault("taxClassID", item["taxClassID"])
    for key in _KEPT:
        if key in asked:
            more[key] = decimal_text(fields.amount(key, asked[key]))
    for key in _KINDS:
        if key in asked:
            more[key] = flag(fields.flag(key, asked[key]))
    if "lineType" in asked:
        lines.line_type[line_id] = fields.text("lineType", asked["lineType"])
    note = asked.get("Note", asked.get("note"))
    if note is not None:
        said = note.get("note") if isinstance(note, dict) else note
        lines.note[line_id] = fields.text("note", said)
        if not lines.note[line_id]:
            del lines.note[line_id]
    now = state.now()
    created = lines.edited.get(line_id, (now, now))[0]
    lines.edited[line_id] = (created, now)


def _take_back(state: "State", sale: Sale | Loose, parent: int, body: Body) -> int | None:
    """A returned line as it was sold; None (but counted) where the body prices it itself."""
    original = state.sales.rows.get(state.lines.sale_id[parent]) if parent in state.lines else None
    if original is None:
        raise Refused(state.switches.validation_status, "parentSaleLineID is not a line of a sale.")
    quantity = -fields.whole("unitQuantity", body.get("unitQuantity"))
    if not 0 < quantity <= left(state, parent):
        raise Refused(
            state.switches.validation_status, "A refund cannot exceed the quantity of the original line."
        )
    if any(
        body.get(key) not in (None, "")
        for key in ("unitPrice", "discountAmount", "discountPercent", "discountID")
    ):
        state.returned.setdefault(parent, Returned()).quantity += quantity
        return None
    line_id = trade.return_line(state, original, sale.id, parent, quantity)
    state.lines_shown.add(line_id, line_id)
    lines = state.lines
    kept = {
        key: told for key, told in lines.more.get(parent, {}).items() if key not in ("calcTax2", "customerID")
    }
    kept = {key: told for key, told in kept.items() if key not in _KINDS}
    lines.more.setdefault(line_id, {}).update(kept)
    _told(state, line_id, {key: body[key] for key in ("employeeID", "Note", "note") if key in body})
    return line_id


def left(state: "State", line_id: int) -> int:
    """How much of a sold line has not come back."""
    return state.lines.quantity[line_id] - state.returned.get(line_id, Returned()).quantity


# Reservations


def reserve(state: "State", body: Body) -> int:
    """A layaway or special order: a line of saleID 0 that belongs to a customer. Raises `Refused`."""
    check(state, body)
    customer = fields.row_id("customerID", body.get("customerID"))
    kind = next((key for key in _KINDS if fields.flag(key, body.get(key))), "")
    if customer not in state.customers.rows or not kind or kind == "isWorkorder":
        raise Refused(
            state.switches.validation_status,
            "A sale line without a sale needs a customerID and isLayaway or isSpecialOrder.",
        )
    shop = fields.row_id("shopID", body.get("shopID"))
    if shop not in state.shops.rows:
        raise Refused(state.switches.validation_status, "shopID is required.")
    wanted, item = fields.whole("unitQuantity", body.get("unitQuantity")), _item(state, dict(body))
    full = fields.flag("requireFullReservation", body.get("requireFullReservation"))
    if full and kind == "isLayaway" and stock.on_hand(state, item, shop) < wanted:
        raise Refused(
            state.switches.validation_status, "There is not enough inventory for a full reservation."
        )
    loose = Loose(shop, state.now(), state.now())
    line_id = write(state, loose, body)
    state.lines.loose[line_id] = loose
    if kind == "isLayaway":
        stock.reserve(state, shop, item, wanted, "onLayaway")
    else:
        order = {"unitQuantity": str(wanted), "customerID": str(customer), "shopID": str(shop)}
        state.add("SpecialOrder", saleLineID=str(line_id), **order)
    return line_id


def change_reservation(state: "State", line_id: int, body: Body) -> None:
    """Change a reservation that is in no sale yet."""
    loose, before = state.lines.loose[line_id], state.lines.quantity[line_id]
    write(state, loose, body, line_id)
    if "shopID" in body and fields.row_id("shopID", body["shopID"]) in state.shops.rows:
        loose.shop_id = fields.row_id("shopID", body["shopID"])
    loose.complete_at = state.now()
    more = state.lines.more[line_id]
    if more.get("isLayaway") == "true":
        by = state.lines.quantity[line_id] - before
        stock.reserve(state, loose.shop_id, state.lines.item_id[line_id], by, "onLayaway")


def let_go(state: "State", line_id: int) -> None:
    """What a reservation held back is free again; its special order is gone."""
    more, loose = state.lines.more.get(line_id, {}), state.lines.loose[line_id]
    if more.get("isLayaway") == "true":
        quantity = state.lines.quantity[line_id]
        stock.reserve(state, loose.shop_id, state.lines.item_id[line_id], -quantity, "onLayaway")
    for row_id in list(state.pointing("SpecialOrder", "saleLineID", line_id)):
        state.docs["SpecialOrder"].remove(row_id)
    state.version += 1


def put_into(state: "State", line_id: int, sale: Sale) -> None:
    """Attach a reservation to a sale of the same customer. Raises `Refused` for another's."""
    lines = state.lines
    if line_id not in lines.loose:
        raise Refused(state.switches.validation_status, f"The sale line '{line_id}' cannot be attached.")
    if int(lines.more[line_id].get("customerID", "0")) != sale.customer_id:
        raise Refused(state.switches.validation_status, "A reservation goes on a sale of the same customer.")
    del lines.loose[line_id]
    lines.sale_id[line_id] = sale.id
    sale.line_ids = [*sale.line_ids, line_id]
    write(state, sale, {}, line_id)


def fulfilled(state: "State", sale: Sale) -> None:
    """What was held back for a completed sale's lines is let go, for it is sold now."""
    for line_id in sale.line_ids:
        more = state.lines.more.get(line_id, {})
        if more.get("isLayaway") == "true":
            quantity = state.lines.quantity[line_id]
            stock.reserve(state, sale.shop_id, state.lines.item_id[line_id], -quantity, "onLayaway")
        if more.get("isSpecialOrder") == "true":
            for row_id in state.pointing("SpecialOrder", "saleLineID", line_id):
                row = state.docs["SpecialOrder"].rows[row_id]
                row.fields |= {"completed": "true", "status": "Completed"}
                state.docs["SpecialOrder"].move(row, "timeStamp", "stamp_at", state.now())
