"""How far a feed was read: a version, and when which version was the last one.

Nobody promises that a lower version cannot appear after a higher one was served: numbers may be drawn
before their rows are visible. So the next read goes back to the version that was the latest some minutes
before the last read, which is why the cursor remembers instants beside versions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from sync.domain.clock import utc

_MARKS_MAX = 64


class _Cursor(msgspec.Struct):
    v: int
    at: int
    marks: list[tuple[int, int]]  # epoch seconds and the version that was the latest then, ascending
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """A feed read up to `version`, the last time at `at_s` (epoch seconds; 0 never)."""

    version: int = 0
    at_s: int = 0
    marks: tuple[tuple[int, int], ...] = ()
    ended: bool = False  # whether the first reading came to its end

    @classmethod
    def of(cls, cursor: str | None) -> "Reach":
        """What a stored cursor says. Raises ValueError for one that is not ours."""
        if cursor is None:
            return cls()
        try:
            found = msgspec.json.decode(cursor, type=_Cursor)
        except msgspec.DecodeError:
            raise ValueError("the stored cursor is not one of this feed") from None
        return cls(found.v, found.at, tuple(found.marks), found.ended)

    def cursor(self) -> str:
        """The text to store."""
        return msgspec.json.encode(_Cursor(self.version, self.at_s, list(self.marks), self.ended)).decode()

    def start(self, overlap: timedelta) -> int:
        """The version to read on from: the latest one as it was `overlap` before the last read."""
        before_s = self.at_s - int(overlap.total_seconds())
        return max((version for at_s, version in self.marks if at_s <= before_s), default=0)

    def moved(
        self, version: int | None, told: Iterable[str | None], now_at: datetime, keep: timedelta
    ) -> "Reach":
        """After a page up to `version`; without one it was the empty page at the end.

        What is read now was the latest now. Only the first reading, of rows long past, goes by the times the
        rows name themselves (`told`), lest all of it be read again; these may be older than the truth.
        """
        now_s = int(now_at.timestamp())
        if version is None and self.ended and self.start(keep) == self.version:
            return self  # nothing new for so long that the next read begins where this one did
        latest = self.marks[-1][0] if self.marks else 0
        by_rows = [] if self.ended or version is None else _seconds(told)
        at_s = min(now_s, max([latest, *by_rows])) if by_rows else now_s
        reached = max(self.version, version or 0)
        marks = [*self.marks, (max(at_s, latest), reached)]
        return Reach(
            reached, now_s, _thinned(marks, now_s - int(keep.total_seconds())), self.ended or version is None
        )


def _seconds(told: Iterable[str | None]) -> list[int]:
    found = []
    for text in told:
        try:
            found.append(int(utc(text or "").astimezone(UTC).timestamp()))
        except ValueError:
            continue  # whoever reads the row will say so
    return found


def _thinned(marks: list[tuple[int, int]], before_s: int) -> tuple[tuple[int, int], ...]:
    """The marks still needed: the latest one before `before_s`, and those after it, not too many."""
    old = [mark for mark in marks if mark[0] <= before_s]
    kept = [*old[-1:], *(mark for mark in marks if mark[0] > before_s)]
    while len(kept) > _MARKS_MAX:
        kept = [kept[0], *kept[1:-1:2], kept[-1]]
    return tuple(kept)
