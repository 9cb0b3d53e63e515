"""How long sales took, leg by leg and shop by shop, as a table."""

from dataclasses import dataclass

from monitor.lag_legs import LEGS, WORDS
from monitor.page import text, words
from monitor.page.segments import duration
from monitor.report_data import Report, ReportLag

ROWS_MAX = 200


@dataclass(frozen=True, slots=True)
class LagRow:
    """One leg of the way over one shop, or over all."""

    account: str
    shop: str
    leg: str
    count: str
    half: str
    ninety: str
    ninety_nine: str
    slowest: str


def lag_rows(report: Report) -> tuple[LagRow, ...]:
    """Nothing where the one sentence about the whole says it all."""
    if len(report.lags) <= len({one.account for one in report.lags}):
        return ()
    order = list(LEGS)
    rows = sorted(report.lags, key=lambda one: (one.account, one.shop, order.index(one.leg)))
    return tuple(map(_row, rows[:ROWS_MAX]))


def _row(one: ReportLag) -> LagRow:
    return LagRow(
        one.account,
        (one.shop_name or f"Shop {one.shop}") if one.shop else "All shops",
        words.sentence(WORDS[one.leg]),
        text.count(one.sample_count),
        duration(one.p50_s),
        duration(one.p90_s),
        duration(one.p99_s),
        duration(one.max_s),
    )
