"""The calendar of days: months of weeks, one cell per local date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from monitor.charts import SCALE, share
from monitor.page import text, words
from monitor.report_data import DayStatus, Report, ReportDay

CELLS_MAX = 1_200  # three years of one account


@dataclass(frozen=True, slots=True)
class Cell:
    """One day: its number, its state in shape and words, and how high its sales stand."""

    number: int
    status: DayStatus
    words: str  # the whole of it as one sentence, for the tooltip and for those who listen
    mark: str  # how many findings, or ""
    top: int  # where the bar of the day's sales begins, 0 at the top to `SCALE` at the foot
    height: int
    anchor: str  # the id of the day's first finding, or ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of one account, whole weeks from Monday; None where the window or the month has no day."""

    account: str
    title: str
    weeks: tuple[tuple[Cell | None, ...], ...]


def day_anchor(account: int, day: date) -> str:
    """The id on the page of the first finding of a day of the account at this place in the report."""
    return f"day-{account}-{day.isoformat()}"


def months(report: Report, anchors: frozenset[str]) -> tuple[Month, ...]:
    """Every month that has a day in the report, account by account. At most `CELLS_MAX` days, latest kept."""
    place = {account.name: i for i, account in enumerate(report.accounts)}
    ordered = sorted(report.days, key=lambda day: (place.get(day.account, -1), day.business_day))[-CELLS_MAX:]
    highest = max((day.sales_count for day in ordered), default=0)
    cells = {(day.account, day.business_day): _cell(day, highest, place, anchors) for day in ordered}
    by_month = groupby(ordered, key=lambda day: (day.account, day.business_day.replace(day=1)))
    return tuple(
        Month(account, text.month(first), tuple(_weeks(account, list(days), cells)))
        for (account, first), days in by_month
    )


def _weeks(
    account: str, days: Sequence[ReportDay], cells: dict[tuple[str, date], Cell]
) -> Iterator[tuple[Cell | None, ...]]:
    """The weeks that hold at least one of the days, all of one month."""
    first, last = days[0].business_day, days[-1].business_day
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        week = [monday + timedelta(days=i) for i in range(7)]
        yield tuple(cells.get((account, day)) if day.month == first.month else None for day in week)
        monday += timedelta(days=7)


def _cell(day: ReportDay, highest: int, place: dict[str, int], anchors: frozenset[str]) -> Cell:
    height = share(day.sales_count, highest)
    anchor = day_anchor(place.get(day.account, -1), day.business_day)
    return Cell(
        number=day.business_day.day,
        status=day.status,
        words=_sentence(day),
        mark=text.count(day.finding_count) if day.finding_count else "",
        top=SCALE - height,
        height=height,
        anchor=anchor if anchor in anchors else "",
    )


def _sentence(day: ReportDay) -> str:
    zone = day.zone or "each shop's own zone"
    parts = [f"{text.full_day(day.business_day)} ({zone}): {words.DAYS[day.status]}"]
    if day.status is not DayStatus.EMPTY:
        parts.append(text.counted(day.sales_count, "sale", "sales"))
        parts.append(f"{text.count(day.events_count)} of {text.count(_due(day))} due events in Klaviyo")
    if day.finding_count:
        parts.append(text.counted(day.finding_count, "finding", "findings"))
    if worth := text.moneys(day.difference_minor):
        parts.append(worth)
    return ", ".join(parts)


def _due(day: ReportDay) -> int:
    return day.delivered_count + day.missing_count
