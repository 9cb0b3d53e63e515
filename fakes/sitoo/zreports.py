"""Z-reports: what a till adds up from opening to closing, from the same truth as the orders.

A report keeps which sales it counted; its figures are spelled out when somebody reads it. A sale that
never reaches the back end is counted all the same: the till knows.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakes.sitoo.records import GIFT_CARD, GOODS, SERVICE, Order, Register
from fakes.sitoo.wire import cents, money_text, percent_number

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_PLACE_BITS = 32
_PLACE_MASK = (1 << _PLACE_BITS) - 1
DRAWER_FLOAT = 100_000  # cash a till starts with


@dataclass(slots=True)
class ZReport:
    """One closing of one register, over sales of [opened, created)."""

    number: int
    register: int
    opened: int
    created: int
    added: int
    places: "array[int]"
    practices: "array[int]"
    grand_sales: int
    grand_refunds: int
    cash_in: int
    cash_sales: int
    frozen: dict[str, Any] | None = None


@dataclass(slots=True)
class Side:
    """Sales or refunds of a report, as positive amounts in hundredths."""

    receipts: int = 0
    items: int = 0
    gross: int = 0
    net: int = 0
    tax: int = 0


def make_report(state: "State", register: Register, number: int, at: int) -> ZReport:
    """Close the register: count the sales before `at` that no report has counted yet."""
    rows = state.orders.rows
    taken, practices = _take(register.unreported, at), _take(register.practices, at)
    first = rows[taken[0]].date if taken else at
    opened = register.opened_at if register.opened_at is not None else register.closed_at
    counted = [rows[place] for place in taken]
    gross = [_sides(state, order) for order in counted]
    register.grand_sales += sum(sold for sold, _ in gross)
    register.grand_refunds += sum(back for _, back in gross)
    cash = sum(_cash_of(order) for order in counted)
    report = ZReport(
        number=number,
        register=register.number,
        opened=min(first, at) if opened is None else opened,
        created=at,
        added=at,
        places=array("I", taken),
        practices=array("I", practices),
        grand_sales=register.grand_sales,
        grand_refunds=register.grand_refunds,
        cash_in=register.cash or DRAWER_FLOAT,
        cash_sales=cash,
    )
    register.cash = report.cash_in + cash
    register.closed_at, register.opened_at = at, None
    return report


def waiting(order: Order, place: int) -> int:
    """How a sale waits for its report: in the order of dates."""
    return max(order.date, 0) << _PLACE_BITS | place


def _take(keys: list[int], at: int) -> list[int]:
    """Take out the places of what was sold before an instant."""
    keys.sort()
    stop = bisect_left(keys, max(at, 0) << _PLACE_BITS)
    taken = [key & _PLACE_MASK for key in keys[:stop]]
    del keys[:stop]
    return taken


def figures(state: "State", report: ZReport) -> dict[str, Any]:
    """The report as it is served."""
    if report.frozen is not None:
        return dict(report.frozen)
    counted = [state.orders.rows[place] for place in report.places]
    sales, refunds = _Sum(), _Sum()
    for order in counted:
        _count(state, order, sales, refunds)
    practice = [state.orders.rows[place] for place in report.practices]
    round_off = sum(order.round_off for order in counted)
    return {
        **_head(state, report),
        **_side("sales", sales),
        **_not_delivered(state, counted),
        **_side("refund", refunds),
        "moneyroundoff": money_text(round_off),
        "salestaxessales": sales.taxes(),
        "salestaxesrefund": refunds.taxes(),
        **_summary(sales.side, refunds.side, round_off),
        "paymentssales": sales.paid(),
        "paymentsrefund": refunds.paid(),
        "discountssales": sales.discounted(),
        "discountsrefund": refunds.discounted(),
        **_cash(report),
        "moneydiscount": money_text(sales.discount),
        "numsalestypeproduct": sales.kinds[GOODS],
        "numsalestypeservice": sales.kinds[SERVICE],
        "numsalestypegiftcard": sales.kinds[GIFT_CARD],
        "numreceipts": len(counted),
        "numopendrawer": sum(1 for order in counted if _cash_of(order)),
        "numpractice": len(practice),
        "moneypractice": money_text(sum(order.total for order in practice)),
        "moneygrandtotalsales": money_text(report.grand_sales),
        "moneygrandtotalrefund": money_text(report.grand_refunds),
        "moneygrandtotalnet": money_text(report.grand_sales - report.grand_refunds),
    }


class _Sum:
    """One side of a report with its break-downs."""

    def __init__(self) -> None:
        self.side = Side()
        self.vat: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self.groups: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self.tax_rates: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self.payments: dict[str, int] = defaultdict(int)
        self.vouchers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.kinds: dict[int, int] = defaultdict(int)
        self.discount = 0

    def paid(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "moneytotal": money_text(amount), "subpayments": []}
            for name, amount in sorted(self.payments.items())
        ]

    def taxes(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "Sales Tax",
                "code": None,
                "decimaltaxvalue": f"{rate // 1000}.{rate % 1000:03d}",
                "moneytotal": money_text(net),
                "moneytax": money_text(tax),
            }
            for rate, (net, tax) in sorted(self.tax_rates.items())
        ]

    def discounted(self) -> list[dict[str, Any]]:
        return [
            {
                "vouchercode": code,
                "moneytotal": money_text(gross),
                "moneytotalnet": money_text(net),
                "moneytotalvat": money_text(gross - net),
            }
            for code, (gross, net) in sorted(self.vouchers.items())
        ]


def _count(state: "State", order: Order, sales: _Sum, refunds: _Sum) -> None:
    seen = set()
    for place in range(order.first, order.stop):
        into = refunds if state.lines.quantity[place] < 0 else sales
        _count_row(state, place, into)
        seen.add(id(into))
    for one in (sales, refunds):
        one.side.receipts += id(one) in seen
    for name, amount in payments_of(order):
        (refunds if amount < 0 else sales).payments[name] += abs(amount)


def _count_row(state: "State", place: int, into: _Sum) -> None:
    lines = state.lines
    net, vat, rate = abs(lines.net[place]), abs(lines.vat[place]), lines.rate[place]
    pieces, face = abs(lines.quantity[place]), state.faces[lines.face[place]]
    odd = lines.odd.get(place)
    into.side.items += pieces
    into.side.net += net
    into.side.gross += net + vat
    into.kinds[face.kind] += pieces
    _add(into.vat[rate], net + vat, net)
    _add(into.groups[face.group or "Common Goods", rate], pieces, net + vat, net)
    if odd is not None and odd.tax_rate:
        into.side.tax += abs(odd.tax)
        _add(into.tax_rates[odd.tax_rate], net, abs(odd.tax))
    if lines.discount[place]:
        code = (odd.voucher_code if odd else "") or "discount-manual"
        gross = lines.discount[place]
        whole = 100_000
        _add(into.vouchers[code], gross, round(gross * whole / (whole + rate)))
        into.discount += gross


def _add(totals: list[int], *amounts: int) -> None:
    for place, amount in enumerate(amounts):
        totals[place] += amount


def _sides(state: "State", order: Order) -> tuple[int, int]:
    """Gross of what was sold and of what came back, both positive."""
    lines, span = state.lines, range(order.first, order.stop)
    amounts = [(lines.quantity[place] < 0, abs(lines.net[place] + lines.vat[place])) for place in span]
    return sum(a for back, a in amounts if not back), sum(a for back, a in amounts if back)


def payments_of(order: Order) -> Iterable[tuple[str, int]]:
    """Name and amount of each payment; netted (virtual) ones are no money and not counted."""
    listed = order.fields.get("payments")
    if listed is None:
        return [(order.payment, order.total)] if order.payment and order.total else []
    return [
        (one["name"], cents(one["moneyamount"]))
        for one in listed
        if one.get("additionaldata", {}).get("virtual-payment") != "true"
    ]


def _cash_of(order: Order) -> int:
    return sum(amount for name, amount in payments_of(order) if name == "Cash")


def _head(state: "State", report: ZReport) -> dict[str, Any]:
    register = state.registers[report.register - 1]
    store = state.store_of(register)
    return {
        "zreportid": report.number,
        "registerid": register.id,
        "manufacturerid": f"SITOO{register.id.strip('{}').replace('-', '')}",
        "registerkey": register.key,
        "registernumber": register.number,
        "datecreated": report.created,
        "dateopened": report.opened if state.switches.z_report_opened == "set" else None,
        "eshopid": state.site_id,
        "store_id": store.get("externalid") or "",
        "store_name": store.get("name", ""),
        "company": state.company,
        "companyid": "556677-8899",
        "address": store.get("address", ""),
        "address2": "",
        "address3": f"{store.get('zip', '')} {store.get('city', '')}".strip(),
        "currencycode": register.currency,
        "staff": "Staff",
        "staffuserid": None,
        "comment": "",
    }


def _side(name: str, total: _Sum) -> dict[str, Any]:
    side = total.side
    # The wire says moneysalestotal and numsalesitems, moneyrefundtotal and numrefunditems.
    return {
        f"money{name}total": money_text(side.gross),
        f"money{name}totalnet": money_text(side.net),
        f"num{name}": side.receipts,
        f"num{name}items": side.items,
        f"vatgroups{name}": [
            {
                "vatvalue": percent_number(rate),
                "moneytotal": money_text(gross),
                "moneytotalnet": money_text(net),
                "moneytotalvat": money_text(gross - net),
            }
            for rate, (gross, net) in sorted(total.vat.items())
        ],
        f"productgroups{name}": [
            {
                "name": group,
                "vatvalue": percent_number(rate),
                "numtotal": pieces,
                "moneytotal": money_text(gross),
                "moneytotalnet": money_text(net),
                "moneytotalvat": money_text(gross - net),
            }
            for (group, rate), (pieces, gross, net) in sorted(total.groups.items())
        ],
    }


def _not_delivered(state: "State", counted: list[Order]) -> dict[str, Any]:
    """Sales paid at the till whose goods were not handed out there."""
    left = [order for order in counted if state.orders.places[order.id] in state.undelivered]
    quantity = state.lines.quantity
    return {
        "moneysalesnotdeliveredtotal": money_text(sum(order.net + order.vat for order in left)),
        "moneysalesnotdeliveredtotalnet": money_text(sum(order.net for order in left)),
        "numsalesnotdelivered": len(left),
        "numsalesnotdelivereditems": sum(sum(quantity[order.first : order.stop]) for order in left),
    }


def _summary(sales: Side, refunds: Side, round_off: int) -> dict[str, str]:
    subtotal, tax = sales.gross - refunds.gross, sales.tax - refunds.tax
    return {
        "moneysummarysales": money_text(sales.gross),
        "moneysummaryrefund": money_text(refunds.gross),
        "moneysummarysubtotal": money_text(subtotal),
        "moneysummarysalestax": money_text(tax),
        "moneysummaryroundoff": money_text(round_off),
        "moneysummarytotal": money_text(subtotal + tax + round_off),
    }


def _cash(report: ZReport) -> dict[str, str]:
    """The drawer; nobody takes money to the bank here, and nobody miscounts."""
    expected = report.cash_in + report.cash_sales
    return {
        "moneycash_in": money_text(report.cash_in),
        "moneycash_salesrefunds": money_text(report.cash_sales),
        "moneycash_petty": "0.00",
        "moneycash_bank": "0.00",
        "moneycash_expected": money_text(expected),
        "moneycash_counted": money_text(expected),
        "moneycash_diff": "0.00",
        "moneycash_bankfinal": "0.00",
        "moneycash_out": money_text(expected),
    }
