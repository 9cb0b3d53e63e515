"""When events were first seen in Klaviyo, and when they were looked for in vain, kept between looks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import BigInteger, Connection, Index, Table, delete, select
from sqlmodel import Field, SQLModel

from sync.store.bulk import upsert
from sync.store.database import Store

_AT_ONCE = 400  # identifiers in one query


class MonitorSightingRow(SQLModel, table=True):
    """One event on its way to being visible. Instants are whole seconds since 1970, UTC; 0: never."""

    __tablename__ = "monitor_sightings"
    __table_args__ = (Index("ix_monitor_sightings_sent", "sent_s"), {"sqlite_with_rowid": False})
    account: str = Field(primary_key=True)  # its name in the settings
    event_id: str = Field(primary_key=True)
    shop: str = ""
    happened_s: int = Field(sa_type=BigInteger)
    sent_s: int = Field(sa_type=BigInteger)
    missed_s: int = Field(default=0, sa_type=BigInteger)  # the last look that did not find it
    seen_s: int = Field(default=0, sa_type=BigInteger)  # the first look that did


SIGHTINGS: Table = MonitorSightingRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_KEYS = ("account", "event_id")
_VALUES = ("shop", "happened_s", "sent_s", "missed_s", "seen_s")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of one event."""

    event_id: str
    shop: str
    happened_s: int
    sent_s: int
    missed_s: int = 0
    seen_s: int = 0


class Sightings(Protocol):
    """When the events of one account were first seen; `KeptSightings` is the real one."""

    def seen(self, since_s: int) -> Iterator[tuple[str, int]]:
        """Event id and first sight of the sales from `since_s` on."""
        ...


class KeptSightings:
    """The sightings of one account in the database."""

    def __init__(self, store: Store, account: str) -> None:
        """`account` is its name in the settings."""
        self._store, self._account = store, account

    def seen(self, since_s: int) -> Iterator[tuple[str, int]]:
        """Event id and first sight of the sales from `since_s` on."""
        c = SIGHTINGS.c
        query = select(c.event_id, c.seen_s).where(
            c.account == self._account, c.happened_s >= since_s, c.seen_s > 0
        )
        with self._store.reading() as connection:
            for event_id, seen_s in connection.execute(query):
                yield event_id, int(seen_s)

    def known(self, event_ids: Sequence[str]) -> Mapping[str, Sighting]:
        """What is known of these events."""
        c = SIGHTINGS.c
        columns = (c.event_id, c.shop, c.happened_s, c.sent_s, c.missed_s, c.seen_s)
        with self._store.reading() as connection:
            return {
                row[0]: Sighting(*row)
                for at in range(0, len(event_ids), _AT_ONCE)
                for row in connection.execute(
                    select(*columns).where(
                        c.account == self._account, c.event_id.in_(event_ids[at : at + _AT_ONCE])
                    )
                )
            }

    def keep(self, connection: Connection, found: Iterable[Sighting]) -> None:
        """Remember them, in the caller's transaction."""
        rows = [
            (self._account, one.event_id, one.shop, one.happened_s, one.sent_s, one.missed_s, one.seen_s)
            for one in found
        ]
        upsert(connection, SIGHTINGS, _KEYS, _VALUES, rows)


def forget(connection: Connection, before_s: int) -> None:
    """Let go of what was sent before."""
    connection.execute(delete(SIGHTINGS).where(SIGHTINGS.c.sent_s < before_s))
