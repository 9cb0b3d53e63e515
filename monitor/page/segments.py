"""What was left out in each shop, how long sales took, who wants mail, and the books cut other ways."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.page import text, words
from monitor.report_data import Report, ReportSegment, ReportSkipped

SKIPPED_MAX = 200
SEGMENTS_MAX = 300
_CUTS = {"register": "Register", "channel": "Channel", "zone": "Time zone"}  # shops have a table of their own
_PERSONAL = frozenset({"no_customer", "no_email", "unusable_email", "no_consent"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """One reason in one shop."""

    account: str
    shop: str
    reason: str
    count: str
    share: str  # of the shop's receipts
    worth: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One register, channel or zone: its own terms over all metrics of whole sales."""

    account: str
    cut: str
    name: str
    pos: str
    delivered: str
    excluded: str
    missing: str
    findings: str
    amiss: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """How long sales took, in words."""

    account: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Consent:
    """How many people are in one state on both sides."""

    account: str
    words: str
    count: str
    amiss: bool


def skipped(report: Report) -> tuple[Skipped, ...]:
    """Receipts that nobody could be credited with, dearest first: what anonymous sales cost."""
    mine = [row for row in report.skipped if row.reason in _PERSONAL and row.sales_count]
    mine.sort(key=lambda row: (-row.sales_minor, row.account, row.shop, row.reason))
    return tuple(map(_skipped, mine[:SKIPPED_MAX]))


def anonymous(report: Report) -> str:
    """What all of them come to, as a sentence; "" when there are none."""
    money: dict[str, int] = defaultdict(int)
    count = 0
    for row in report.skipped:
        if row.reason in _PERSONAL:
            money[row.currency] += row.sales_minor
            count += row.sales_count
    if not count:
        return ""
    worth = text.moneys(money)
    return f"{text.counted(count, 'receipt', 'receipts')} worth {worth or '0'} could be credited to nobody."


def segments(report: Report) -> tuple[Segment, ...]:
    """Registers, channels and zones, those with findings first; a cut with a single value says nothing."""
    grouped: dict[tuple[str, str, str], list[ReportSegment]] = defaultdict(list)
    for row in report.segments:
        if row.by in _CUTS:
            grouped[row.account, row.by, row.value].append(row)
    values: dict[tuple[str, str], int] = defaultdict(int)
    for account, by, _ in grouped:
        values[account, by] += 1
    made = [_segment(*key, rows) for key, rows in grouped.items() if values[key[0], key[1]] > 1]
    made.sort(key=lambda one: (one.account, one.cut, not one.amiss, one.name))
    return tuple(made[:SEGMENTS_MAX])


def lags(report: Report) -> tuple[Lag, ...]:
    """One sentence per account."""
    return tuple(
        Lag(
            one.account,
            f"Of {text.counted(one.sample_count, 'sale', 'sales')}, half reached Klaviyo within "
            f"{duration(one.p50_s)}, nine of ten within {duration(one.p90_s)}, 99 of 100 within "
            f"{duration(one.p99_s)}; the slowest took {duration(one.max_s)}.",
        )
        for one in report.lags
        if one.leg == "till_to_sent" and not one.shop
    )


def consent(report: Report) -> tuple[Consent, ...]:
    """People by what they told the till and Klaviyo."""
    return tuple(
        Consent(one.account, words.sentence(one.words), text.count(one.people_count), one.finding)
        for one in report.consent
    )


def duration(seconds: int) -> str:
    """A span for people, in its largest unit with one more digit: `42 seconds`, `9.5 minutes`, `1 hour`."""
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            amount = f"{seconds / size:.1f}".removesuffix(".0")
            return f"{amount} {name[:-1] if amount == '1' else name}"
    return text.counted(seconds, "second", "seconds")


def _skipped(row: ReportSkipped) -> Skipped:
    share = f"{100 * row.sales_count / row.of_sales_count:.1f} %" if row.of_sales_count else text.DASH
    return Skipped(
        row.account,
        row.shop_name or f"Shop {row.shop}",
        words.sentence(row.words),
        text.count(row.sales_count),
        share,
        text.money(row.sales_minor, row.currency),
    )


def _segment(account: str, by: str, value: str, rows: Sequence[ReportSegment]) -> Segment:
    found = sum(row.finding_count for row in rows)
    return Segment(
        account,
        _CUTS[by],
        value or "not said",
        text.count(sum(row.pos_count for row in rows)),
        text.count(sum(row.delivered_count for row in rows)),
        text.count(sum(row.excluded_count for row in rows)),
        text.count(sum(row.missing_count for row in rows)),
        text.count(found),
        found > 0,
    )
