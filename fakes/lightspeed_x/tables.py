"""The truth as tables with a change feed each."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

_COMPACT_AT = 4_096


class Versioned(Protocol):
    """Anything with an id and a version; version 0 is not in any feed yet."""

    id: str
    version: int


R = TypeVar("R", bound=Versioned)


class Feed:
    """Row ids in the order of their versions. A row that changes leaves its place and joins the tail."""

    __slots__ = ("_dead", "_ids", "_versions")

    def __init__(self) -> None:
        self._versions = array("q")
        self._ids: list[str | None] = []
        self._dead = 0

    def __len__(self) -> int:
        return len(self._ids) - self._dead

    def put(self, version: int, row_id: str) -> None:
        """At the tail; in the middle when the version was drawn earlier than it is committed."""
        if not self._versions or version > self._versions[-1]:
            self._versions.append(version)
            self._ids.append(row_id)
            return
        position = bisect_left(self._versions, version)
        self._versions.insert(position, version)
        self._ids.insert(position, row_id)

    def drop(self, version: int) -> None:
        """Take the row with this version out, if there is one."""
        position = bisect_left(self._versions, version)
        if position < len(self._versions) and self._versions[position] == version and self._ids[position]:
            self._ids[position] = None
            self._dead += 1
            if self._dead > _COMPACT_AT and self._dead * 2 > len(self._ids):
                self._compact()

    def walk(self, after: int) -> Iterator[str]:
        """Row ids with a version above `after`, ascending."""
        for position in range(bisect_right(self._versions, after), len(self._ids)):
            row_id = self._ids[position]
            if row_id is not None:
                yield row_id

    def _compact(self) -> None:
        pairs = zip(self._versions, self._ids, strict=True)
        kept = [(version, row_id) for version, row_id in pairs if row_id is not None]
        self._versions = array("q", [version for version, _ in kept])
        self._ids = [row_id for _, row_id in kept]
        self._dead = 0


class Table(Generic[R]):
    """Rows of one resource by id, in the order they were made, and their feed."""

    __slots__ = ("feed", "name", "rows")

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, R] = {}
        self.feed = Feed()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows.values())

    def find(self, row_id: str) -> R | None:
        """The row, unless there is none or it is not committed yet."""
        row = self.rows.get(row_id)
        return row if row is not None and row.version else None

    def page(
        self, after: int, before: int | None, count: int, wanted: Callable[[R], bool], *, through: bool
    ) -> list[R]:
        """At most `count` wanted rows above `after` and below `before` (or up to it, with `through`)."""
        found: list[R] = []
        for row_id in self.feed.walk(after):
            row = self.rows[row_id]
            if len(found) == count or _beyond(row.version, before, through=through):
                break
            if wanted(row):
                found.append(row)
        return found


def _beyond(version: int, before: int | None, *, through: bool) -> bool:
    if before is None:
        return False
    return version > before if through else version >= before
