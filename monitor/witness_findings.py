"""A till's own total that differs from what the POS shows, as a finding: which register, which interval."""

from datetime import datetime

from monitor.findings import stable_key
from monitor.report_data import Cause, ControlSide, Finding, FindingKind, ReportControl, Severity
from monitor.words import counted, money
from sync.domain.clock import zone

_OFFLINE = (
    "Look at the register's own list of receipts for this interval. A till that was offline may still upload "
    "them: the next sync sends them then, and this finding goes away. If it was online, ask the POS's "
    "support where the receipt went."
)
_UNKNOWN = (
    "Look for receipts of this interval that were rung up for practice, entered in the back office or moved "
    "from another register. If they are no sales, have the till mark them."
)


def control_finding(one: ReportControl) -> Finding:
    """The finding of an interval whose till and POS differ. The amount is what the POS lacks."""
    if one.till is None or one.closed_at is None:
        raise ValueError("an open interval differs from nothing")
    kind = FindingKind.CONTROL_TOTAL
    span = _span(one)
    expected, observed = _facts(one, one.till), _facts(one, one.pos)
    more = one.till_rest_minor < 0 or (one.till_rest_minor == 0 and one.till_rest_count < 0)
    return Finding(
        key=stable_key(kind, one.account, one.register, one.report_id),
        kind=kind,
        severity=Severity.ERROR,
        account=one.account,
        shop=one.shop,
        shop_name=one.shop_name,
        business_day=one.business_day,
        zone=one.zone,
        metric="",
        currency=one.currency,
        title=f"Register {one.register_name} counted {_apart(one)} the POS shows from {span}",
        expected=expected,
        observed=observed,
        differing=tuple(name for name in ("sales", "refunds") if expected[name] != observed[name]),
        difference_minor=-one.till_rest_minor,
        cause=_cause(one, span, more=more),
        remedy=_OFFLINE if more else _UNKNOWN,
        command="",
        register=one.register,
    )


def _cause(one: ReportControl, span: str, *, more: bool) -> Cause:
    words = (
        "the till counted receipts that the POS does not show, so neither side of the comparison has them"
        if more
        else "the POS shows receipts that the till did not count"
    )
    known = "; ".join(f"{term.words}: {money(term.net_minor, one.currency)}" for term in one.till_to_pos)
    proof = (
        f"Report {one.report_id} of the register counted {_sums(one.till, one)} from {span}; the POS shows "
        f"{_sums(one.pos, one)} of it"
    )
    told = f", explained are {known}" if known else ""
    return Cause(
        "counted_not_shown" if more else "shown_not_counted",
        words,
        True,
        f"{proof}{told}. {money(abs(one.till_rest_minor), one.currency)} are left.",
    )


def _apart(one: ReportControl) -> str:
    count, minor = -one.till_rest_count, -one.till_rest_minor
    way = "more than" if minor > 0 or (minor == 0 and count > 0) else "less than"
    receipts = f"{counted(abs(count), 'receipt')} and " if count else ""
    return f"{receipts}{money(abs(minor), one.currency)} {way}"


def _facts(one: ReportControl, side: ControlSide) -> dict[str, str]:
    return {
        "register": one.register_name,
        "interval": _span(one),
        "sales": f"{side.sales_count:,}, {money(side.sales_minor, one.currency)}",
        "refunds": f"{side.refunds_count:,}, {money(side.refunds_minor, one.currency)}",
    }


def _sums(side: ControlSide | None, one: ReportControl) -> str:
    if side is None:
        return "nothing"
    sales, refunds = counted(side.sales_count, "sale"), counted(side.refunds_count, "refund")
    return (
        f"{sales} worth {money(side.sales_minor, one.currency)} and {refunds} worth "
        f"{money(side.refunds_minor, one.currency)}"
    )


def span_words(opened_at: datetime, closed_at: datetime | None, zone_name: str) -> str:
    """An interval on the shop's wall clock: `2026-03-02 09:00 to 20:00 (Europe/Stockholm)`."""
    first = opened_at.astimezone(zone(zone_name))
    if closed_at is None:
        return f"{first:%Y-%m-%d %H:%M} on ({zone_name})"
    last = closed_at.astimezone(zone(zone_name))
    shown = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {shown} ({zone_name})"


def _span(one: ReportControl) -> str:
    return span_words(one.opened_at, one.closed_at, one.zone)
