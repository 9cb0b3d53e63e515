"""Plain words for figures: money with its currency, counts with their noun, instants with their zone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sync.domain.clock import zone
from sync.domain.money import major_text

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_PLURALS = {"is": "are", "has": "have", "was": "were", "carries": "carry", "lies": "lie"}


def money(minor: int, currency: str) -> str:
    """An amount for people: 21240 USD is `$212.40`, 500 CHF is `5.00 CHF`, below zero with a minus."""
    whole, dot, part = major_text(abs(minor), currency).partition(".")
    text = f"{int(whole):,}{dot}{part}"
    sign = SIGNS.get(currency)
    told = f"{sign}{text}" if sign else f"{text} {currency}".strip()
    return f"-{told}" if minor < 0 else told


def quantity(thousandths: int) -> str:
    """A quantity for people: 2000 is `2`, 1250 is `1.25`."""
    text = f"{thousandths / 1000:,.3f}"
    return text.rstrip("0").rstrip(".")


def money_of(by_currency: Mapping[str, int]) -> str:
    """Amounts in several currencies, one after the other: `$212.40 and €10.00`."""
    return " and ".join(money(minor, currency) for currency, minor in sorted(by_currency.items()))


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 sale`, `1,204 sales`, `2 days`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural(noun)}"


def plural(noun: str) -> str:
    """The noun for several: `sale` is `sales`, `currency` is `currencies`, `is` is `are`."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def verb(count: int, word: str) -> str:
    """The verb that fits a count: 1 `is`, 2 `are`."""
    return word if count == 1 else plural(word)


def local_time(epoch_s: int, zone_name: str) -> str:
    """An instant on a shop's wall clock with its offset: `2026-11-21 14:03:11 -05:00`."""
    return datetime.fromtimestamp(epoch_s, UTC).astimezone(zone(zone_name)).isoformat(" ", "seconds")


def day_words(day: date) -> str:
    """A day with its weekday: `Sat 2026-11-21`."""
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day.weekday()]} {day.isoformat()}"


def sentence(text: str) -> str:
    """The text with a full stop, where another sentence follows."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
