"""Wire JSON of sales, their lines and payments: the hot path, so texts are made from compiled templates.

Keys and their order follow the recorded sale of December 2024 (see FIDELITY.md); constants are what that
merchant's rows held and this fake does not model (costs, tips, item fees).
"""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from fakes.lightspeed_r import rare
from fakes.lightspeed_r.lines import Loose
from fakes.lightspeed_r.records import Payment, Sale
from fakes.lightspeed_r.shapes_goods import discount_text, item_text, payment_type_text
from fakes.lightspeed_r.shapes_people import nested_customer_text, ship_to_text
from fakes.lightspeed_r.wire import Shape, child, decimal_text, flag, object_of, overlaid, safe, time_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

SALE = Shape(
    """
    saleID=%s timeStamp=%s discountPercent=0 completed=%s archived=%s voided=%s enablePromotions=true
    isTaxInclusive=false tipEnabled=false createTime=%s UPDATE=%s completeTime=%s referenceNumber=%s
    referenceNumberSource=%s tax1Rate=%s tax2Rate=0 change=0 receiptPreference=printed
    displayableSubtotal=%s ticketNumber=22%010d calcDiscount=%s calcTotal=%s calcSubtotal=%s
    calcTaxable=%s calcNonTaxable=%s calcAvgCost=0 calcFIFOCost=0 calcTax1=%s calcTax2=0 calcPayments=%s
    calcTips=0 calcItemFees=0 total=%s totalDue=%s displayableTotal=%s balance=%s customerID=%s
    discountID=0 employeeID=1 quoteID=0 registerID=%s shipToID=%s shopID=%s taxCategoryID=0
    tipEmployeeID=0 taxTotal=%s
    """
)
SALE_BY_KEY = {key: SALE.template.replace("UPDATE", key) for key in ("updateTime", "updatetime")}

LINE = Shape(
    """
    saleLineID=%s createTime=%s timeStamp=%s unitQuantity=%s unitPrice=%s normalUnitPrice=0
    discountAmount=%s discountPercent=%s avgCost=0 fifoCost=0 tax=%s tax1Rate=%s tax2Rate=0
    isLayaway=false isWorkorder=false isSpecialOrder=false displayableSubtotal=%s
    displayableUnitPrice=%s lineType=%s calcLineDiscount=%s calcTransactionDiscount=0 calcTotal=%s
    calcSubtotal=%s calcTax1=%s calcTax2=0 taxClassID=1 customerID=0 discountID=%s employeeID=1
    itemID=%s noteID=%s parentSaleLineID=%s shopID=%s saleID=%s itemFeeID=0
    """
)

PAYMENT = Shape(
    """
    salePaymentID=%s amount=%s tipAmount=0 createTime=%s archived=%s remoteReference= paymentID=
    saleID=%s paymentTypeID=%s ccChargeID=0 refPaymentID=%s registerID=%s employeeID=1 creditAccountID=0
    """
)

NOTE = Shape("noteID=%s note=%s isPublic=false timeStamp=%s")
TAX_CLASS = '"TaxClass":{"taxClassID":"1","name":"Item","classType":"item"}'

CREDIT_CARD = 3
# Paid from, or into, a credit account or a gift card: not due at the till.
ON_ACCOUNT = (4, 5)


def sale_text(state: "State", sale: Sale, loaded: AbstractSet[str]) -> str:
    """One sale with the relations asked for; completeTime is left away while it is not completed."""
    total = sale.total
    paid, not_due, tax = 0, 0, decimal_text(sale.tax)
    for payment in sale.payments:
        if not payment.archived:
            paid += payment.amount
            if payment.type_id in ON_ACCOUNT or (payment.type_id == CREDIT_CARD and payment.amount < 0):
                not_due += payment.amount
    subtotal, total_text = decimal_text(sale.subtotal), decimal_text(total)
    due = decimal_text(total + sale.deposit) if sale.deposit else total_text
    opened = SALE_BY_KEY[state.switches.update_time_key] % (
        sale.id,
        time_text(sale.stamp_at),
        flag(sale.completed),
        flag(sale.archived),
        flag(sale.voided),
        time_text(sale.create_at),
        time_text(sale.update_at),
        time_text(sale.complete_at) if sale.complete_at else "",
        safe(sale.reference) if sale.reference else "",
        safe(sale.reference_source) if sale.reference_source else "",
        decimal_text(sale.tax_rate),
        subtotal,
        sale.id,
        decimal_text(sale.discount),
        total_text,
        subtotal,
        decimal_text(sale.taxable),
        decimal_text(sale.subtotal - sale.discount - sale.taxable),
        tax,
        decimal_text(paid),
        total_text,
        decimal_text(total - not_due) if not_due else total_text,
        due,
        decimal_text(total - paid),
        sale.customer_id,
        sale.register_id,
        sale.ship_to_id,
        sale.shop_id,
        tax,
    )
    if not sale.complete_at:
        opened = opened.replace('"completeTime":"",', "", 1)
    more = state.extras["Sale"]
    if sale.id in more:
        opened = overlaid(opened, more[sale.id])
    return object_of(opened, *_relations(state, sale, loaded)) if loaded else opened + "}"


def _relations(state: "State", sale: Sale, loaded: AbstractSet[str]) -> list[str]:
    parts: list[str] = []
    if "Customer" in loaded and sale.customer_id:
        customer = state.customers.rows.get(sale.customer_id)
        if customer is not None:
            contact = "Customer.Contact" in loaded
            parts.append(f',"Customer":{nested_customer_text(customer, contact=contact)}')
    if "ShipTo" in loaded and sale.ship_to_id:
        ship_to = state.ship_tos.rows[sale.ship_to_id]
        parts.append(f',"ShipTo":{ship_to_text(state, ship_to, contact="ShipTo.Contact" in loaded)}')
    if "SaleNotes" in loaded and (sale.note or sale.printed_note):
        parts.append(rare.sale_notes(sale))
    if sale.id in state.extras["Sale"]:
        parts.append(rare.linked(state, "Sale", sale.id, loaded))
    if "SaleLines" in loaded:
        parts.append(child("SaleLines", "SaleLine", _sale_line_texts(state, sale, loaded)))
    if "SalePayments" in loaded and sale.payments:
        below = {name for name in PAYMENT_RELATIONS if f"SalePayments.{name}" in loaded}
        texts = [payment_text(state, payment, below) for payment in sale.payments]
        parts.append(child("SalePayments", "SalePayment", texts))
    if loaded >= rare.EVERYTHING:
        parts.append(rare.unasked(state, sale))
    return parts


def _sale_line_texts(state: "State", sale: Sale, loaded: AbstractSet[str]) -> list[str]:
    times = line_times(sale)
    extra = {name for name in LINE_RELATIONS if f"SaleLines.{name}" in loaded}
    return [line_text(state, line_id, sale, times, extra) for line_id in sale.line_ids]


def line_times(sale: Sale | Loose) -> tuple[str, str]:
    """createTime and timeStamp of a sale's lines: later edits of the sale do not move them."""
    return time_text(sale.create_at), time_text(sale.complete_at or sale.create_at)


def line_text(
    state: "State", line_id: int, sale: Sale | Loose, times: tuple[str, str], extra: AbstractSet[str]
) -> str:
    """One line. Tax, discount and total are of the whole line, unrounded as R-Series keeps them."""
    lines = state.lines
    if lines.edited and line_id in lines.edited:
        times = rare.edited_times(lines.edited[line_id], sale)
    subtotal, discount, tax = lines.subtotal[line_id], lines.discount[line_id], lines.tax[line_id]
    net = subtotal - discount
    price = decimal_text(lines.price[line_id])
    discount_text_, net_text = decimal_text(discount), decimal_text(net)
    note = lines.note.get(line_id, "") if lines.note else ""
    discount_id = lines.discount_id.get(line_id, 0)
    # Either an amount or a percentage, never both.
    percent = state.discounts.rows[discount_id].percent if discount_id else "0"
    opened = LINE.template % (
        line_id,
        *times,
        lines.quantity[line_id],
        price,
        "0" if percent != "0" else discount_text_,
        percent,
        "true" if tax else "false",
        decimal_text(lines.tax_rate(line_id)) if tax else "0",
        net_text,
        price,
        lines.line_type.get(line_id, "") if lines.line_type else "",
        discount_text_,
        decimal_text(net + tax) if tax else net_text,
        decimal_text(subtotal),
        decimal_text(tax - lines.tax2.get(line_id, 0)) if tax else "0",
        discount_id,
        lines.item_id[line_id],
        line_id if note else 0,
        lines.parent_id.get(line_id, 0) if lines.parent_id else 0,
        sale.shop_id,
        sale.id,
    )
    if lines.more and line_id in lines.more:
        opened = overlaid(opened, lines.more[line_id])
    return opened + _line_relations(state, line_id, times[1], extra) + "}" if extra else opened + "}"


LINE_RELATIONS = ("Discount", "TaxClass", "Note", "Item", "InventorySales")
PAYMENT_RELATIONS = ("PaymentType", "CCCharge", "SaleAccounts", "Signatures")


def _line_relations(state: "State", line_id: int, stamped: str, extra: AbstractSet[str]) -> str:
    lines, text = state.lines, ""
    if "TaxClass" in extra:
        text += "," + TAX_CLASS
    discount = state.discounts.rows.get(lines.discount_id.get(line_id, 0)) if "Discount" in extra else None
    if discount is not None:
        text += f',"Discount":{discount_text(discount)}'
    item = state.items.rows.get(lines.item_id[line_id]) if "Item" in extra else None
    if item is not None:
        text += f',"Item":{item_text(state, item, frozenset(), nested=True)}'
    if "InventorySales" in extra and state.tracked:
        text += rare.inventory_sales(state, line_id, stamped)
    if "Note" in extra and line_id in lines.note:
        text += f',"Note":{NOTE.open((line_id, safe(lines.note[line_id]), stamped))}}}'
    return text


def payment_text(state: "State", payment: Payment, loaded: AbstractSet[str]) -> str:
    """One payment with the relations asked for."""
    opened = PAYMENT.template % (
        payment.id,
        decimal_text(payment.amount),
        time_text(payment.create_at),
        "true" if payment.archived else "false",
        payment.sale_id,
        payment.type_id,
        payment.ref_payment_id,
        payment.register_id,
    )
    more = state.extras["SalePayment"]
    if payment.id in more:
        opened = overlaid(opened, more[payment.id])
        opened += rare.payment_relations(state, payment, more[payment.id], loaded)
    if "PaymentType" not in loaded:
        return opened + "}"
    return f'{opened},"PaymentType":{payment_type_text(state, state.payment_types.rows[payment.type_id])}}}'
