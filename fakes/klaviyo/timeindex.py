"""A metric's events in time order: packed 64-bit keys, sorted only when somebody reads.

A key is ``at << 31 | row``: whole epoch seconds, then the row number as the tie-break.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator

ROW_BITS = 31
ROW_MASK = (1 << ROW_BITS) - 1
_INSERT_ONE_BY_ONE_MAX = 64


def key_of(at: int, row: int) -> int:
    """The key of one event."""
    return at << ROW_BITS | row


class TimeIndex:
    """Keys of one metric; adding is O(1), reading sorts what was added since."""

    __slots__ = ("_keys", "_pending")

    def __init__(self) -> None:
        self._keys: array[int] = array("Q")
        self._pending: array[int] = array("Q")

    def __len__(self) -> int:
        return len(self._keys) + len(self._pending)

    def add(self, key: int) -> None:
        """Add one key; the caller never adds a key twice."""
        self._pending.append(key)

    def remove(self, key: int) -> None:
        """Take one key out, if it is there."""
        keys = self.sorted()
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            del keys[place]

    def sorted(self) -> "array[int]":
        """All keys, ascending. Not to be changed by the caller."""
        if self._pending:
            self._merge(sorted(self._pending))
            self._pending = array("Q")
        return self._keys

    def ascending(self, low: int, high: int) -> Iterator[int]:
        """Keys with ``low <= key < high``, oldest first."""
        keys = self.sorted()
        for place in range(bisect_left(keys, low), bisect_left(keys, high)):
            yield keys[place]

    def descending(self, low: int, high: int) -> Iterator[int]:
        """The same, newest first."""
        keys = self.sorted()
        for place in range(bisect_left(keys, high) - 1, bisect_left(keys, low) - 1, -1):
            yield keys[place]

    def _merge(self, fresh: list[int]) -> None:
        if not self._keys or fresh[0] >= self._keys[-1]:
            self._keys.extend(fresh)
        elif len(fresh) <= _INSERT_ONE_BY_ONE_MAX:
            for key in fresh:
                insort(self._keys, key)
        else:
            # Two sorted runs: Python's sort recognises and merges them.
            self._keys = array("Q", sorted([*self._keys, *fresh]))
