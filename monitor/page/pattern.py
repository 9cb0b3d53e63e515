"""Where differences gather: the shops that have most of them, with their days as a strip.

A column of marks is a day on which something broke for everybody; a full row is one shop set up
wrongly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from monitor.page import text
from monitor.report_data import AccountingRow, Report

STRIPS_MAX = 12
DAYS_NAMED_MAX = 5

Amiss = tuple[str, str, date]  # account, shop and a day on which its two sides differ


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive days of a strip, in days from its left edge."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Strip:
    """One shop's days with differences."""

    name: str
    runs: tuple[Run, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """The strips over one common span of days; `left` shops more have differences, too."""

    day_count: int
    first: str
    last: str
    strips: tuple[Strip, ...]
    left: int


def pattern(report: Report, amiss: Iterable[Amiss] | None = None) -> Pattern:
    """The shops with most days that differ, at most `STRIPS_MAX` of them.

    `amiss` names those days where the report does not hold its accounting.
    """
    names = {(shop.account, shop.shop): shop.shop_name or f"Shop {shop.shop}" for shop in report.shops}
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for account, shop, day in _amiss(report) if amiss is None else amiss:
        days[account, shop].add(day)
    order = sorted(days, key=lambda shop: (-len(days[shop]), names.get(shop, shop[1]), shop))
    first, last = report.window.first_day, report.window.last_day
    span = (last - first).days + 1
    return Pattern(
        day_count=span,
        first=text.full_day(first),
        last=text.full_day(last),
        strips=tuple(
            _strip(names.get(shop, shop[1]), days[shop], first, span) for shop in order[:STRIPS_MAX]
        ),
        left=max(0, len(order) - STRIPS_MAX),
    )


def _amiss(report: Report) -> Iterator[Amiss]:
    for row in report.accounting:
        if row.shop and row.business_day is not None and _differs(row):
            yield row.account, row.shop, row.business_day


def _differs(row: AccountingRow) -> bool:
    return bool(
        row.missing_count
        or row.orphaned_count
        or row.duplicate_count
        or row.mismatch_count
        or row.gone_count
        or row.remainder_count
        or row.remainder_minor
    )


def _strip(name: str, days: Iterable[date], first: date, span: int) -> Strip:
    ordered = sorted(days)
    named = ", ".join(f"{day.day} {text.month(day)}" for day in ordered[:DAYS_NAMED_MAX])
    more = len(ordered) - DAYS_NAMED_MAX
    return Strip(
        name=name,
        runs=tuple(_runs([(day - first).days for day in ordered])),
        words=f"{len(ordered)} of {text.counted(span, 'day', 'days')}: {named}"
        + (f" and {text.counted(more, 'more', 'more')}" if more > 0 else ""),
    )


def _runs(offsets: list[int]) -> Iterable[Run]:
    """Ascending offsets joined where they follow one another."""
    starts = [offsets[0], *(after for before, after in pairwise(offsets) if after != before + 1)]
    ends = [*(before for before, after in pairwise(offsets) if after != before + 1), offsets[-1]]
    return (Run(start, end - start + 1) for start, end in zip(starts, ends, strict=True))
