"""The events, in columns: a year of a chain's sales has to fit beside everything else.

An event's id is a one-to-one scrambling of its row number, so ids cost no memory and need no index. Money is
a double, as in Klaviyo's JSON; the shortest decimal that reads back as the same double is what was sent.
"""

import heapq
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from fakes.kit.ids import BASE62, mix, unmix
from fakes.klaviyo.timeindex import ROW_MASK, TimeIndex, key_of

DELETED, HAS_UNIQUE_ID, BACKFILL = 1, 2, 4
NO_VALUE = math.nan
_ID_LENGTH = 11
# Two letters at a time: ids are written a thousand a page.
_PAIRS = [first + second for first in BASE62 for second in BASE62]
_PAIR_BASE = len(_PAIRS)
_DIGITS = {letter: place for place, letter in enumerate(BASE62)}


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as it is kept; ``at`` in whole epoch seconds, ``value`` in major units, None if absent."""

    id: str
    metric_id: str
    metric_name: str
    profile_id: str
    email: str | None
    unique_id: str
    at: int
    value: Decimal | None
    currency: str | None
    backfill: bool
    raw_properties: bytes

    def properties(self) -> dict[str, Any]:
        """The custom properties, without ``$event_id`` and ``$value``."""
        decoded: dict[str, Any] = msgspec.json.decode(self.raw_properties)
        return decoded


class EventStore:
    """Columns of events, their de-duplication keys and time indexes. Metrics and profiles are ordinals."""

    def __init__(self, seed: int) -> None:
        self._salt = mix(seed)
        self.at: array[int] = array("q")
        self.value: array[float] = array("d")
        self.metric: array[int] = array("H")
        self.profile: array[int] = array("I")
        self.currency: array[int] = array("B")
        self.flags: array[int] = array("B")
        self.unique: list[str] = []
        self.properties: list[bytes] = []
        self.indexes: list[TimeIndex] = []
        self._keys: list[dict[str, int | tuple[int, ...]]] = []
        self._hidden: list[tuple[float, int, int]] = []
        self._by_profile: dict[int, array[int]] = {}
        self._by_profile_upto = 0

    def __len__(self) -> int:
        return len(self.at)

    def add_metric(self) -> None:
        """Make room for one more metric; its ordinal is the number of metrics so far."""
        self.indexes.append(TimeIndex())
        self._keys.append({})

    def id_of(self, row: int) -> str:
        """The event id of a row."""
        value, letters = mix(row ^ self._salt), ""
        for _ in range(_ID_LENGTH // 2):
            value, pair = divmod(value, _PAIR_BASE)
            letters = _PAIRS[pair] + letters
        return BASE62[value] + letters

    def row_of(self, event_id: str) -> int | None:
        """The row of an event id; None if there is no such event (any more)."""
        row = self.decoded(event_id)
        if row is None or row >= len(self.at) or self.flags[row] & DELETED:
            return None
        return row

    def decoded(self, event_id: str) -> int | None:
        """The row number an id stands for, whether or not the row exists; None if it is no id of ours."""
        value = 0
        for letter in event_id:
            if letter not in _DIGITS:
                return None
            value = value * 62 + _DIGITS[letter]
        if len(event_id) != _ID_LENGTH or value >> 64:
            return None
        return unmix(value) ^ self._salt

    def known(self, metric: int, profile: int, unique_id: str) -> int | None:
        """The row that holds this de-duplication key, if any."""
        held = self._keys[metric].get(unique_id)
        if held is None:
            return None
        rows = (held,) if isinstance(held, int) else held
        return next((row for row in rows if self.profile[row] == profile), None)

    def append(
        self,
        *,
        metric: int,
        profile: int,
        unique_id: str,
        at: int,
        value: float,
        currency: int,
        flags: int,
        properties: bytes,
    ) -> int:
        """Store one event, not yet in its time index; returns its row. Does not look for duplicates."""
        row = len(self.at)
        self.at.append(at)
        self.value.append(value)
        self.metric.append(metric)
        self.profile.append(profile)
        self.currency.append(currency)
        self.flags.append(flags)
        self.unique.append(unique_id)
        self.properties.append(properties)
        keys = self._keys[metric]
        held = keys.setdefault(unique_id, row)
        if held != row:
            keys[unique_id] = (held, row) if isinstance(held, int) else (*held, row)
        return row

    def show(self, first: int, end: int) -> None:
        """Put rows ``first`` to ``end`` (exclusive) into their time indexes: from now on they can be read."""
        indexes, metric, at, flags = self.indexes, self.metric, self.at, self.flags
        for row in range(first, end):
            if not flags[row] & DELETED:
                indexes[metric[row]].add(key_of(at[row], row))

    def hide(self, first: int, end: int, until_s: float) -> None:
        """Keep rows unreadable until ``until_s`` (epoch seconds)."""
        heapq.heappush(self._hidden, (until_s, first, end))

    def settle(self, now_s: float) -> list[int]:
        """Show everything whose time has come; returns the first row of each shown range."""
        shown = []
        while self._hidden and self._hidden[0][0] <= now_s:
            _, first, end = heapq.heappop(self._hidden)
            self.show(first, end)
            shown.append(first)
        return shown

    def hidden_until(self, row: int) -> float | None:
        """When a row becomes readable, in epoch seconds; None if it already is."""
        return next((until for until, first, end in self._hidden if first <= row < end), None)

    def delete(self, row: int) -> None:
        """Forget a row and its key: the same event may be sent again."""
        self.indexes[self.metric[row]].remove(key_of(self.at[row], row))
        self.flags[row] |= DELETED
        self.properties[row] = b"{}"
        keys = self._keys[self.metric[row]]
        held = keys.get(self.unique[row])
        left = tuple(r for r in held if r != row) if isinstance(held, tuple) else ()
        if left:
            keys[self.unique[row]] = left
        elif held is not None and (isinstance(held, tuple) or held == row):
            del keys[self.unique[row]]

    def reassign(self, source: int, target: int, *, collapse: bool) -> None:
        """Give every row of one profile to another; ``collapse`` deletes those whose key it already has."""
        theirs, ours = self.rows_of_profile(source), self.rows_of_profile(target)
        for row in theirs:
            held = self.known(self.metric[row], target, self.unique[row])
            if collapse and held is not None and not self.flags[row] & DELETED:
                self.delete(row)
            self.profile[row] = target
        self._by_profile[target] = array("I", sorted([*ours, *theirs]))
        self._by_profile.pop(source, None)

    def move(self, row: int, at: int) -> None:
        """Give a row another time; its key stays."""
        index = self.indexes[self.metric[row]]
        index.remove(key_of(self.at[row], row))
        self.at[row] = at
        if self.hidden_until(row) is None:
            index.add(key_of(at, row))

    def rows_with(self, metric: int, unique_id: str) -> tuple[int, ...]:
        """Every row of a metric with this unique_id, on whatever profile."""
        held = self._keys[metric].get(unique_id, ())
        return (held,) if isinstance(held, int) else held

    def rows_of_profile(self, profile: int) -> "array[int]":
        """Every row of a profile in storage order, hidden and deleted ones included."""
        for row in range(self._by_profile_upto, len(self.at)):
            self._by_profile.setdefault(self.profile[row], array("I")).append(row)
        self._by_profile_upto = len(self.at)
        return self._by_profile.get(profile, array("I"))

    def live_rows(self) -> Iterator[int]:
        """Every row that was not deleted."""
        return (row for row in range(len(self.at)) if not self.flags[row] & DELETED)

    def is_readable(self, row: int) -> bool:
        """Neither deleted nor hidden."""
        return not self.flags[row] & DELETED and self.hidden_until(row) is None

    def range_of_metrics(self, metrics: list[int], low: int, high: int, descending: bool) -> Iterator[int]:
        """Rows of some metrics with ``low <= key < high``, in time order."""
        if descending:
            merged = heapq.merge(*(self.indexes[m].descending(low, high) for m in metrics), reverse=True)
        else:
            merged = heapq.merge(*(self.indexes[m].ascending(low, high) for m in metrics))
        return (key & ROW_MASK for key in merged)
