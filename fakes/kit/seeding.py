"""What every ``POST /_fake/seed`` asks for, read strictly, and what the made-up shops have in common."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

_OPEN_S = 10 * 3600
_MOST = {"shops": 1_000, "customers": 1_000_000, "sales": 1_000_000, "days": 3_660, "seed": 1 << 63}
_LEAST = {"shops": 1, "days": 1}
NUMBERS = tuple(_MOST)
"""What every fake may be asked for; those without tills take them and make what they have."""


@dataclass(frozen=True, slots=True)
class History:
    """How much of everything; ``rng`` is seeded by what was asked."""

    shops: int
    customers: int
    sales: int
    days: int
    rng: random.Random

    def moments(self, now: datetime) -> Iterator[datetime]:
        """When the sales are made: whole seconds in time order over the last days, none in the last hours."""
        start = now - timedelta(days=self.days)
        drawn = sorted(self.rng.uniform(0, self.days * 86_400 - _OPEN_S) for _ in range(self.sales))
        for seconds in drawn:
            yield (start + timedelta(seconds=seconds)).replace(microsecond=0)

    def first_customer_at(self, now: datetime) -> datetime:
        """A day before the first sale."""
        return now - timedelta(days=self.days + 1)


def run(
    asked: Mapping[str, Any],
    *,
    receipts: Callable[..., Any],
    made_up: Callable[[History], Mapping[str, int]],
) -> dict[str, Any]:
    """Fill a till with real receipts where they are asked for, else with made-up ones; returns what it holds.

    ``receipts`` is the till's own ``receipts.load``; ``made_up`` returns how many articles it made, under the
    till's name for them. Raises ValueError for numbers that make no sense.
    """
    if (wanted := receipts_wanted(asked)) is not None:
        loaded: dict[str, Any] = receipts(**wanted).as_json()
        return loaded
    history = read(asked, also=("receipts",))
    made = made_up(history)
    return {
        "shops": history.shops,
        "customers": history.customers,
        **made,
        "sales": history.sales,
        "days": history.days,
    }


def read(asked: Mapping[str, Any], also: Iterable[str] = ()) -> History:
    """What was asked for, with its defaults. Raises ValueError that says which number is wrong and why.

    ``also`` names what a fake takes beside the numbers.
    """
    check_names(asked, (*_MOST, *also))
    defaults = {"shops": 2, "customers": 20, "sales": 100, "days": 7, "seed": 1}
    shops, customers, sales, days, seed = (number(asked, name, default) for name, default in defaults.items())
    return History(shops, customers, sales, days, random.Random(seed))


def check_names(asked: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises ValueError for a name that means nothing here."""
    names = list(known)
    for name in asked:
        if name not in names:
            raise ValueError(f"{name[:60]!r} means nothing here; known are: {', '.join(sorted(names))}")


def number(asked: Mapping[str, Any], name: str, default: int) -> int:
    """One of the numbers. Raises ValueError for what is no whole number or out of range."""
    value = asked.get(name, default)
    least, most = _LEAST.get(name, 0), _MOST[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name!r} is a whole number from {least} to {most}, not {str(value)[:60]!r}")
    return value


def receipts_wanted(asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The keyword arguments of a fake's ``receipts.load`` when ``"receipts": true`` is asked for, else None.

    Raises ValueError for anything beside them.
    """
    wanted = asked.get("receipts", False)
    if not isinstance(wanted, bool):
        raise ValueError("'receipts' is true or false")
    if not wanted:
        return None
    check_names(asked, ("receipts", "seed", "days", "start"))
    return {"seed": number(asked, "seed", 1), "days": number(asked, "days", 7), "start": _start(asked)}


def _start(asked: Mapping[str, Any]) -> date | None:
    value = asked.get("start")
    try:
        return None if value is None else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("'start' is a date such as '2017-03-08'") from None
