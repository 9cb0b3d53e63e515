"""Defects planted in the Klaviyo fake in known numbers, each remembered: what must be found, no more."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fakes.klaviyo.eventstore import StoredEvent
from fakes.klaviyo.state import State as KlaviyoState
from fakes.klaviyo.state import instant_of

SOMEBODY_ELSE = "somebody.else@marlowfernpost.com"
_DAY = timedelta(days=1)
ABOVE_EVERY_SALE = 900_000_000  # sale numbers that no till has reached

# The kinds, and in which metric each is planted how often.
DEFECTS: tuple[tuple[str, str, int], ...] = (
    ("missing", "Placed Order", 4),
    ("missing", "Ordered Product", 2),
    ("missing", "Refunded Order", 1),
    ("orphaned", "Placed Order", 3),
    ("duplicate", "Placed Order", 3),
    ("duplicate", "Ordered Product", 1),
    ("amount_mismatch", "Placed Order", 3),
    ("amount_mismatch", "Refunded Order", 1),
    ("day_shift", "Placed Order", 3),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """One defect. `event_key` is the `unique_id` it can be recognised by on both sides."""

    kind: str
    metric: str
    event_key: str
    sale_id: str
    difference_minor: int  # money it stands for: the amount, or how far the amount is off, with its sign
    words: str


class Saboteur:
    """Plants defects in one account's Klaviyo, never two on the same sale."""

    def __init__(
        self, klaviyo: KlaviyoState, till: Any, *, seed: int, order_metric: str = "Placed Order"
    ) -> None:
        """`till` is the truth of the fake of any till."""
        self._klaviyo = klaviyo
        self._till = till
        self._order_metric = order_metric
        self._rng = random.Random(f"{seed}/sabotage")
        self._touched: set[str] = set()
        self._events: dict[
            str, list[StoredEvent]
        ] = {}  # of a metric, as they were before anything was spoiled

    def plant(self, defects: Iterable[tuple[str, str, int]] = DEFECTS) -> list[Planted]:
        """Plant them all. Raises ValueError when there are too few events to spoil."""
        planted = []
        for kind, metric, wanted in defects:
            # Nothing is moved into the future.
            before = self._klaviyo.clock.now() - (_DAY if kind == "day_shift" else timedelta())
            victims = self._victims(metric, int(before.timestamp()))
            for _ in range(wanted):
                try:
                    victim = next(victims)
                except StopIteration:
                    raise ValueError(f"there are not enough {metric} events to plant {kind}") from None
                planted.append(_PLANT[kind](self, victim))
        return planted

    def missing(self, event: StoredEvent) -> Planted:
        """Klaviyo loses it."""
        self._klaviyo.delete_event(event.id)
        kind = "lost_refund" if event.metric_name == "Refunded Order" else "missing"
        return self._planted(kind, event, _minor(event), "taken out of Klaviyo")

    def orphaned(self, like: StoredEvent) -> Planted:
        """An event of a sale that the till has never heard of."""
        number = str(ABOVE_EVERY_SALE + len(self._touched))
        key = f"{like.unique_id.rpartition(':')[0]}:{number}"
        properties = {**like.properties(), "OrderId": number}
        assert like.email is not None
        self._touched.add(number)
        self._klaviyo.add_event(
            like.metric_name, like.email, key, instant_of(like.at), like.value, properties, like.currency
        )
        words = "put into Klaviyo without a sale"
        return Planted("orphaned", like.metric_name, key, number, _minor(like), words)

    def duplicate(self, event: StoredEvent) -> Planted:
        """The same event a second time, on another profile, which Klaviyo's own rule lets through."""
        self._klaviyo.copy_event(event.id, email=SOMEBODY_ELSE)
        return self._planted("duplicate", event, _minor(event), "copied to another profile")

    def amount_mismatch(self, event: StoredEvent) -> Planted:
        """Another amount than the till's, by one cent or more."""
        off = self._rng.choice((1, 99, 250, 1000))
        value = event.value or Decimal(0)
        self._klaviyo.set_value(event.id, value + Decimal(off) / 100)
        return self._planted("amount_mismatch", event, off, f"made {off} minor units larger")

    def day_shift(self, event: StoredEvent) -> Planted:
        """The right event, a day late."""
        self._klaviyo.set_time(event.id, instant_of(event.at) + _DAY)
        return self._planted("day_shift", event, _minor(event), "moved to the next day")

    def _planted(self, kind: str, event: StoredEvent, difference_minor: int, words: str) -> Planted:
        return Planted(kind, event.metric_name, event.unique_id, _sale_of(event), difference_minor, words)

    def _victims(self, metric: str, before: int) -> Iterator[StoredEvent]:
        """Events up to an instant in seeded order, each of a sale that is still whole and worth something."""
        placed = self._order_metric if metric == "Ordered Product" else metric
        if placed not in self._events:
            self._events[placed] = self._klaviyo.find_events(placed)
        events = self._events[placed]
        for place in self._rng.sample(range(len(events)), len(events)):
            event = events[place]
            sale = _sale_of(event)
            # A voided sale is left alone: without its Placed Order nothing would be wrong with it.
            if event.at > before or sale in self._touched or not event.value or _voided(self._till, sale):
                continue
            found = self._product_of(event) if metric == "Ordered Product" else event
            if found is not None:
                self._touched.add(sale)
                yield found

    def _product_of(self, placed: StoredEvent) -> StoredEvent | None:
        for line in self._till.lines_of(_key(self._till, _sale_of(placed))):
            for event in self._klaviyo.find_events("Ordered Product", f"{placed.unique_id}:line:{line}"):
                if event.value:
                    return event
        return None


def _voided(till: Any, sale_id: str) -> bool:
    sale = till.sale(_key(till, sale_id))
    return bool(getattr(sale, "voided", False)) or getattr(sale, "state", "") == "voided"


def _key(till: Any, sale_id: str) -> Any:
    """A sale's id as the till's truth has it: Sitoo's are numbers."""
    return int(sale_id) if type(till).__module__.startswith("fakes.sitoo") else sale_id


def _sale_of(event: StoredEvent) -> str:
    """The sale an event is about, as `source:account:sale[:…]` says it."""
    return event.unique_id.split(":")[2]


def _minor(event: StoredEvent) -> int:
    return int((event.value or Decimal(0)) * 100)


_PLANT = {
    "missing": Saboteur.missing,
    "orphaned": Saboteur.orphaned,
    "duplicate": Saboteur.duplicate,
    "amount_mismatch": Saboteur.amount_mismatch,
    "day_shift": Saboteur.day_shift,
}
