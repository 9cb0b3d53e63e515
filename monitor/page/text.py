"""How counts, amounts, days and instants are written for people: in English, in any locale."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from monitor import words
from monitor.report_data import ReportWindow
from sync.domain.money import major_text

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NBSP = "\N{NO-BREAK SPACE}"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# Control characters, lone surrogates and the marks that reorder text: no name needs them, and they can make
# a page show something else than it says, or fail to be written at all.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def showable(text: str) -> str:
    """The text with every character that must not reach a page replaced by the replacement character."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text) if _UNSHOWABLE.search(text) else text


def count(number: int) -> str:
    """`1204` as `1,204`, with a true minus sign."""
    return f"{number:,}".replace("-", MINUS)


def counted(number: int, one: str, many: str) -> str:
    """`1 sale`, `2 sales`."""
    return f"{count(number)} {one if number == 1 else many}"


def amount(minor: int, currency: str) -> str:
    """`21240` USD as `212.40`: for a column whose head names the currency."""
    whole, dot, decimals = major_text(abs(minor), currency).partition(".")
    sign = MINUS if minor < 0 else ""
    return f"{sign}{int(whole):,}{dot}{decimals}"


def money(minor: int, currency: str) -> str:
    """`21240` USD as `$212.40`, CHF as `212.40 CHF`: as the sentences of the report write it."""
    return words.money(minor, currency).replace("-", MINUS).replace(" ", NBSP)


def moneys(by_currency: Mapping[str, int]) -> str:
    """All amounts that are not zero, by currency; "" when there is none."""
    return ", ".join(money(minor, currency) for currency, minor in sorted(by_currency.items()) if minor)


def month(day: date) -> str:
    """`March 2017`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def full_day(day: date) -> str:
    """`Tue 7 March 2017`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {month(day)}"


def instant(at: datetime) -> str:
    """`2017-03-09 06:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M}{NBSP}UTC"


def days(window: ReportWindow) -> str:
    """`1 to 7 March 2017`, with as much of the first date as is needed to tell it."""
    first, last = window.first_day, window.last_day
    if first == last:
        return full_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last.day} {month(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} to {last.day} {month(last)}"
    return f"{first.day} {month(first)} to {last.day} {month(last)}"


def zones(window: ReportWindow) -> str:
    """Whose days these are: the one zone, or how many there are."""
    if not window.zones:
        return "days whose zone no shop named"
    if len(window.zones) == 1:
        return f"days in {window.zones[0]}"
    return f"days in each shop's own zone ({len(window.zones)} zones)"


def span(seconds: int) -> str:
    """`7200` as `2 hours`; the largest unit that fits exactly, else minutes rounded up."""
    for size, one, many in ((86_400, "day", "days"), (3_600, "hour", "hours")):
        if seconds and seconds % size == 0:
            return counted(seconds // size, one, many)
    return counted(-(-seconds // 60), "minute", "minutes")
