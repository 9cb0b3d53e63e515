"""What a life needs of a till: to do a step at it, and to tell its truth as plain receipts."""

import random
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, cast

from scenarios.harness.merchant import ACCOUNT
from scenarios.simulation.receipts import House, Receipt
from scenarios.simulation.story import Step
from sync.app import App

HOOKS_URL = f"https://hooks.test/hooks/{ACCOUNT}"
TILLS = ("lightspeed_r", "lightspeed_x", "sitoo")
# Who shops here. The third has no address, the fourth one that Klaviyo swallows.
PEOPLE = (
    ("Ann", "Lee", "ann.lee@northwind.dev"),
    ("Bob", "Ray", "Bob.Ray@Northwind.dev"),
    ("Cleo", "Fox", ""),
    ("Dan", "Poe", "dan@example.com"),
)
# What somebody types into the field for the address; the number is the step's.
ADDRESSES = (
    "new{n}@harbourmail.dev", "", "Kim{n}@Harbourmail.dev", "not an address", "jo{n}@northwind.dev",
    "x{n}@test.com",
)  # fmt: skip
# Whose address it is, by place: mostly one of those who had none that is of use.
WHOSE = (2, 0, 3, 2, 1, 2)


class Hand(Protocol):
    """The hand at one till of one life, and the eye on its truth."""

    house: House
    metrics: Mapping[str, str]  # what the kinds of event are called in Klaviyo
    currency: str

    def do(self, step: Step, now: datetime) -> str:
        """Do one step at the till, now; what was done, for the trace. Nothing where it makes no sense."""
        ...

    def receipts(self) -> Sequence[Receipt]:
        """Every receipt that the till shows now."""
        ...

    def people(self) -> Mapping[str, str]:
        """Everybody's address as it is typed now, by their number."""
        ...

    def may_send(self, person: str, known: Set[str]) -> bool:
        """Whether this person's sales may be sent now; `known` are the addresses that Klaviyo has."""
        ...


@dataclass(frozen=True, slots=True)
class TillKit:
    """How the lives at one till are set up."""

    account: Mapping[str, Any]  # settings beside the usual ones
    build: Mapping[str, Any]  # of the fake
    # Where a refresh token is good for one answer, and that answer is lost, the connection is: a person must
    # then connect again. No life goes through that: `breakable` leaves the sign-in out, `spared` is its path.
    breakable: str = "*"
    spared: str = ""
    hand: Any = None  # made of (state, zone, now): a Hand
    listen: Callable[[App, Any], None] | None = None  # has the till tell us, given our program and its truth

    def open(self, state: Any, zone: str, now: datetime) -> Hand:
        """A shop in this zone, its goods and its first customers."""
        return cast("Hand", self.hand(state, zone, now))


def kit_of(till: str) -> TillKit:
    """The kit of a till by its name. Raises ValueError for one there is not."""
    if till not in TILLS:
        raise ValueError(f"there is no till {till}; there is {', '.join(TILLS)}")
    return cast("TillKit", import_module(f"scenarios.simulation.hand_{till}").KIT)


@dataclass(frozen=True, slots=True)
class Basket:
    """One line as it is rung up: amounts of the whole line in minor units."""

    item: int
    count: int
    price_minor: int  # of one
    off_minor: int  # of one
    tax_minor: int  # of one


def basket(step: Step, items: int, *, taxed: bool = True) -> list[Basket]:
    """One to three lines made up from the step. Now and then everything is given away."""
    chance = random.Random(step.seed)
    free = chance.random() < 0.06
    lines = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        price = chance.choice((1999, 2990, 115, 820, 1005, chance.randrange(1, 20_000)))
        off = price if free else chance.choice((0, 0, 0, price // 10, price // 3))
        tax = chance.choice((0, 0, (price - off) // 12)) if taxed else 0
        lines.append(Basket(chance.randrange(items), chance.choice((1, 1, 1, 2, 3)), price, off, tax))
    return lines


def rush(step: Step, now: datetime) -> list[tuple[datetime, str]]:
    """So many sales that lists take several pages: when each is rung up, and the price of its one article."""
    count = 101 + step.seed % 7
    return [
        (now - timedelta(seconds=count - number), major(100 + (step.seed + number * 37) % 4000))
        for number in range(count)
    ]


def uploaded_late(step: Step, now: datetime) -> tuple[datetime, datetime]:
    """When a sale was rung up at a till that was offline, and when the vendor shows it."""
    return now - timedelta(minutes=step.pick * 7), now + timedelta(minutes=step.also % 3)


def major(minor: int) -> str:
    """Minor units of a currency with two decimals as a decimal text."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def address(step: Step) -> str:
    """What somebody types as their address."""
    return ADDRESSES[step.also % len(ADDRESSES)].format(n=step.seed)
