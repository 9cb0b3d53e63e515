"""Sorted indexes over (value, id): appended to cheaply, sorted when asked, walked from any position."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

_ID_BITS = 32
_ID_MASK = (1 << _ID_BITS) - 1


def pack(value: int, row_id: int) -> int:
    return value << _ID_BITS | row_id


class Index:
    """Row ids in the order of (value, id); eight bytes a row. Values are integers from 0 to 2^32 - 1."""

    __slots__ = ("_keys", "_sorted")

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._keys = array("Q", sorted(pack(value, row_id) for value, row_id in pairs))
        self._sorted = True

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, value: int, row_id: int) -> None:
        key = pack(value, row_id)
        if self._keys and key < self._keys[-1]:
            self._sorted = False
        self._keys.append(key)

    def remove(self, value: int, row_id: int) -> None:
        """Take the row out; it must be there."""
        keys = self.keys()
        position = bisect_left(keys, pack(value, row_id))
        assert keys[position] == pack(value, row_id)
        del keys[position]

    def keys(self) -> "array[int]":
        if not self._sorted:
            self._keys = array("Q", sorted(self._keys))
            self._sorted = True
        return self._keys

    def id_at(self, position: int) -> int:
        return self.keys()[position] & _ID_MASK

    def before(self, value: int, row_id: int = 0) -> int:
        """How many rows lie strictly before (value, row id)."""
        return bisect_left(self.keys(), pack(max(value, 0), row_id))

    def through(self, value: int, row_id: int = _ID_MASK) -> int:
        """How many rows lie before or at (value, row id)."""
        return bisect_right(self.keys(), pack(value, row_id)) if value >= 0 else 0

    def ids(self, start: int, stop: int) -> list[int]:
        return [key & _ID_MASK for key in self.keys()[start:stop]]


class TextIndex:
    """The same walk for a value that is text (names, descriptions), for the smaller tables."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        self._pairs = sorted(pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def id_at(self, position: int) -> int:
        return self._pairs[position][1]

    def before(self, value: str, row_id: int = 0) -> int:
        return bisect_left(self._pairs, (value, row_id))

    def through(self, value: str, row_id: int = _ID_MASK) -> int:
        return bisect_right(self._pairs, (value, row_id))
