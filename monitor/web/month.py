"""Days as months of weeks, Monday first; None where the month has no day or none is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from monitor.history_records import DayNow
from monitor.page import text
from monitor.web.present import DAYS


@dataclass(frozen=True, slots=True)
class Cell:
    """One judged day, ready to be shown."""

    on: date
    status: str
    word: str  # for the eye, beside the shape
    words: str  # the whole of it as one sentence


@dataclass(frozen=True, slots=True)
class Month:
    """One month."""

    first: date
    title: str
    weeks: tuple[tuple[Cell | int | None, ...], ...]  # a number: a day that nobody judged


def months(days: Sequence[DayNow]) -> list[Month]:
    """Every month that holds one of the days, oldest first."""
    found = groupby(
        sorted(days, key=lambda day: day.business_on), key=lambda day: day.business_on.replace(day=1)
    )
    return [month(first, {day.business_on: day for day in some}) for first, some in found]


def month(first: date, days: Mapping[date, DayNow]) -> Month:
    """One whole month."""
    return Month(first, text.month(first), tuple(_weeks(first, days)))


def cell(day: DayNow) -> Cell:
    """One day."""
    found = day.finding_count
    word = text.counted(found, "finding", "findings") if found else DAYS.get(day.status, day.status)
    return Cell(day.business_on, day.status, word, _sentence(day))


def _weeks(first: date, days: Mapping[date, DayNow]) -> Iterator[tuple[Cell | int | None, ...]]:
    after = (first + timedelta(days=32)).replace(day=1)
    monday = first - timedelta(days=first.weekday())
    while monday < after:
        week = [monday + timedelta(days=i) for i in range(7)]
        yield tuple(
            (cell(days[one]) if one in days else one.day) if first <= one < after else None for one in week
        )
        monday += timedelta(days=7)


def _sentence(day: DayNow) -> str:
    parts = [
        f"{text.full_day(day.business_on)} ({day.zone or 'each shop’s own zone'}): {DAYS.get(day.status, '')}"
    ]
    if day.status != "empty":
        due = day.delivered_count + day.missing_count
        parts.append(text.counted(day.sales_count, "sale", "sales"))
        parts.append(f"{text.count(day.delivered_count)} of {text.count(due)} due events in Klaviyo")
    if day.finding_count:
        parts.append(text.counted(day.finding_count, "finding", "findings"))
    if worth := text.moneys(day.difference_minor):
        parts.append(worth)
    return ", ".join(parts)
