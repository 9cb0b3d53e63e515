"""Reports by hand: as little as a history needs."""

from dataclasses import replace
from datetime import UTC, date, datetime

from monitor.report_data import (
    EXIT_CODES,
    Cause,
    DayStatus,
    Finding,
    FindingKind,
    KindTotal,
    Limit,
    Report,
    ReportDay,
    ReportWindow,
    Severity,
    SideTotals,
    VerdictCode,
)

AS_OF = datetime(2026, 4, 9, 10, tzinfo=UTC)
FIRST, LAST = date(2026, 4, 6), date(2026, 4, 8)
BLOCKED = Limit("could_not_read", "a side could not be read", "run it again", blocks=True)


def finding(
    name: str = "1", day: date | None = FIRST, kind: FindingKind = FindingKind.MISSING, minor: int = 450
) -> Finding:
    """A finding whose key is its kind and `name`."""
    return Finding(
        key=f"{kind.value}-{name}", kind=kind, severity=Severity.ERROR, account="main", shop="1",
        shop_name="Main Street", business_day=day, zone="America/New_York", metric="Placed Order",
        currency="USD", title=f"Placed Order of sale {name} is not in Klaviyo", expected={"sale": name},
        observed={}, differing=(), difference_minor=minor, cause=Cause("unknown", "not known", False),
        remedy="send it", command=f"tillproof sync resend main --sale {name}", sale_id=name,
    )  # fmt: skip


def report(
    *findings: Finding, first: date = FIRST, last: date = LAST, settling: date | None = None
) -> Report:
    """A report of the account `main` with these findings, listed in full."""
    kinds: dict[str, KindTotal] = {}
    for one in findings:
        was = kinds.get(one.kind.value, KindTotal(0, 0, {"USD": 0}))
        total = was.total_minor + abs(one.difference_minor)
        kinds[one.kind.value] = KindTotal(was.count + 1, total, {"USD": total})
    code = VerdictCode.DRIFT if findings else VerdictCode.AGREES
    days = [date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1)]
    return Report(
        format=1, verdict=code, exit_code=EXIT_CODES[code], sentence="A verdict.", next_step="A step.",
        as_of=AS_OF, settle_s=7200,
        window=ReportWindow(first, last, AS_OF, AS_OF, ("America/New_York",)),
        accounts=(),
        sides=(SideTotals("main", 10, 8, 1, 0, len(findings), {"USD": 450 * len(findings)}, 10, 8, 0),),
        totals=(), shops=(), exclusions=(), zones=(), limits=(), accounting=(),
        days=tuple(_day(one, findings, settling == one) for one in days),
        findings_by_kind=kinds, findings=tuple(findings),
    )  # fmt: skip


def blocked(told: Report) -> Report:
    """The same, of which something could not be read."""
    return replace(told, limits=(BLOCKED,))


def _day(day: date, findings: tuple[Finding, ...], settling: bool) -> ReportDay:
    count = sum(1 for one in findings if one.business_day == day)
    status = DayStatus.DRIFT if count else DayStatus.SETTLING if settling else DayStatus.AGREES
    return ReportDay(
        "main", day, "America/New_York", status, 4, 4, 3, 1, int(settling), count, 3, count,
        {"USD": 450 * count} if count else {},
    )  # fmt: skip
