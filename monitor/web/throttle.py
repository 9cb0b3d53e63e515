"""Slowing down whoever guesses passwords: by person and place, by place, and by person."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import Table, delete, select

from monitor.web.rows import WebFailureRow
from sync.store.database import Store

FAILURES: Table = WebFailureRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
SPAN_S = 15 * 60
# How many wrong passwords in SPAN_S. A person who is guessed at from many places can be kept out by that, so
# that bound is wide; behind a proxy everybody comes from one place, so that one is, too.
PAIR_MAX, PLACE_MAX, PERSON_MAX = 5, 60, 50


class Throttle:
    """Tries, remembered in the database: a restart forgives nothing."""

    def __init__(self, store: Store) -> None:
        """Kept in this database."""
        self._store = store

    def wait_s(self, name: str, place: str, now_s: int) -> int:
        """Count a try; how long to wait instead of it, 0 when it may be made.

        It counts as wrong until `succeeded`, so that tries at the same moment cannot slip through together.
        """
        limits, c = _limits(name, place), FAILURES.c
        with self._store.writing() as connection:
            connection.execute(delete(FAILURES).where(c.since_s <= now_s - SPAN_S))
            rows = connection.execute(select(FAILURES).where(c.what.in_(limits))).all()
            counts: list[tuple[str, int, int]] = [tuple(row) for row in rows]
            waits = [since_s + SPAN_S - now_s for what, count, since_s in counts if count >= limits[what]]
            if waits:
                return max(waits)
            for what in limits:
                more = FAILURES.update().where(c.what == what).values(count=c.count + 1)
                if not connection.execute(more).rowcount:
                    connection.execute(FAILURES.insert().values(what=what, count=1, since_s=now_s))
        return 0

    def succeeded(self, name: str, place: str) -> None:
        """The last try was right: forgive this person at this place, and take the try back elsewhere."""
        pair, *others = _limits(name, place)
        c = FAILURES.c
        with self._store.writing() as connection:
            connection.execute(delete(FAILURES).where(c.what == pair))
            connection.execute(
                FAILURES.update().where(c.what.in_(others), c.count > 0).values(count=c.count - 1)
            )


def _limits(name: str, place: str) -> Mapping[str, int]:
    return {
        _hash("pair", name.lower(), place): PAIR_MAX,
        _hash("place", place): PLACE_MAX,
        _hash("person", name.lower()): PERSON_MAX,
    }


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
