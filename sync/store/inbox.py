"""What vendors told us by webhook: one row per sale, however often and in whatever order it was told.

A delivery is stored here before it is answered, and is gone from here only when the sale was read and what
became of it was sent. Only ids are kept, never a payload. All functions work inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from sync.store.bulk import insert_new, run, run_many
from sync.store.rows import InboxCountRow, InboxDeliveryRow, InboxRow, InboxState

KEPT = timedelta(days=7)  # handled entries; the vendors' own retries end after two days
_WAITING, _DONE, _GIVEN_UP = int(InboxState.WAITING), int(InboxState.DONE), int(InboxState.GIVEN_UP)
_COLUMNS = (
    "account", "subject_id", "version", "mark", "state", "attempts", "received_ms", "due_ms", "handled_ms",
    "reason",
)  # fmt: skip
_LATELY = 1_000  # handled entries that the waits are told of


class Arrival(NamedTuple):
    """A delivery says that this sale is worth a look. `key` names the delivery, the same in a repetition."""

    sale_id: str
    version: int  # of the sale when the vendor told; 0 when it does not say
    key: str


class Entry(NamedTuple):
    """A sale to be read."""

    sale_id: str
    version: int
    mark: int
    attempts: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some arrivals."""

    queued_count: int = 0
    repeated_count: int = 0  # deliveries seen before
    stale_count: int = 0  # about a version that has been read since, or a newer one


@dataclass(frozen=True, slots=True)
class InboxStatus:
    """Where an account's inbox stands."""

    waiting_count: int
    given_up_count: int
    oldest_ms: int | None  # when the oldest of those that wait came
    counts: Mapping[str, int]  # deliveries by kind
    last_s: int | None  # when the last one came that was genuine
    waits_ms: tuple[int, ...]  # from arrival to done, of the latest ones, ascending


def receive(connection: Connection, account: int, arrivals: Sequence[Arrival], now_ms: int) -> Taken:
    """Store these. A repetition, and a delivery overtaken by a newer one, ask for nothing."""
    queued, repeated, stale = 0, 0, 0
    for arrival in arrivals:
        if not _first_time(connection, account, arrival.key, now_ms):
            repeated += 1
        elif _queue(connection, account, arrival, now_ms):
            queued += 1
        else:
            stale += 1
    return Taken(queued, repeated, stale)


def due(connection: Connection, account: int, now_ms: int, count_max: int) -> list[Entry]:
    """What is to be read now, the longest waiting first."""
    sql = (
        "SELECT subject_id, version, mark, attempts, received_ms FROM inbox "
        "WHERE account = ? AND state = 10 AND due_ms <= ? ORDER BY due_ms, subject_id LIMIT ?"
    )
    return [Entry(*row) for row in run(connection, sql, (account, now_ms, count_max))]


def next_due_ms(connection: Connection, account: int) -> int | None:
    """When the next one is due; None when nothing waits."""
    sql = "SELECT min(due_ms) FROM inbox WHERE account = ? AND state = 10"
    found = run(connection, sql, (account,)).scalar()
    return None if found is None else int(found)


def done(connection: Connection, account: int, entries: Sequence[Entry], now_ms: int) -> None:
    """These were read and sent. One that was told of again meanwhile goes on waiting."""
    run_many(
        connection,
        f"UPDATE inbox SET state = {_DONE}, handled_ms = ?, reason = '' "  # noqa: S608 - a constant of ours
        "WHERE account = ? AND subject_id = ? AND mark = ?",
        [(now_ms, account, one.sale_id, one.mark) for one in entries],
    )


def put_off(connection: Connection, account: int, entries: Sequence[tuple[Entry, int]], reason: str) -> None:
    """Try these again, each at its own instant in milliseconds."""
    run_many(
        connection,
        "UPDATE inbox SET attempts = ?, due_ms = ?, reason = ? "
        "WHERE account = ? AND subject_id = ? AND mark = ?",
        [(one.attempts + 1, at_ms, reason, account, one.sale_id, one.mark) for one, at_ms in entries],
    )


def give_up(connection: Connection, account: int, entries: Sequence[Entry], reason: str, now_ms: int) -> None:
    """These are not tried again; whoever calls keeps a dead letter of each."""
    run_many(
        connection,
        f"UPDATE inbox SET state = {_GIVEN_UP}, handled_ms = ?, reason = ? "  # noqa: S608 - a constant of ours
        "WHERE account = ? AND subject_id = ? AND mark = ?",
        [(now_ms, reason, account, one.sale_id, one.mark) for one in entries],
    )


def prune(connection: Connection, now_ms: int) -> int:
    """Forget what was handled longer ago than `KEPT`; the number of entries forgotten."""
    before_ms = now_ms - int(KEPT.total_seconds() * 1000)
    run(connection, "DELETE FROM inbox_deliveries WHERE seen_s < ?", (before_ms // 1000,))
    gone = run(connection, "DELETE FROM inbox WHERE state > 10 AND handled_ms < ?", (before_ms,))
    return int(gone.rowcount)


def count(connection: Connection, counts: Mapping[tuple[int, str], int], now_s: int) -> None:
    """Add to the counts of deliveries by account and kind; account 0 is nobody's."""
    rows = [(account, kind, 0, now_s) for account, kind in counts]
    insert_new(connection, InboxCountRow.__table__, ("account", "kind", "count", "last_s"), rows)  # type: ignore[attr-defined]  # SQLModel adds it
    run_many(
        connection,
        "UPDATE inbox_counts SET count = count + ?, last_s = ? WHERE account = ? AND kind = ?",
        [(more, now_s, account, kind) for (account, kind), more in sorted(counts.items())],
    )


def counted(connection: Connection, account: int) -> dict[str, tuple[int, int]]:
    """How many deliveries of each kind the account had, and when the last one came."""
    sql = "SELECT kind, count, last_s FROM inbox_counts WHERE account = ? ORDER BY kind"
    return {row[0]: (int(row[1]), int(row[2])) for row in run(connection, sql, (account,))}


def status(connection: Connection, account: int) -> InboxStatus:
    """Count, and look at the latest waits."""
    waiting, oldest_ms = run(
        connection,
        "SELECT count(*), min(received_ms) FROM inbox WHERE account = ? AND state = 10",
        (account,),
    ).one()
    given_up = run(
        connection, f"SELECT count(*) FROM inbox WHERE account = ? AND state = {_GIVEN_UP}", (account,)  # noqa: S608 - a constant of ours
    ).scalar_one()  # fmt: skip
    lately = run(
        connection,
        f"SELECT handled_ms - received_ms FROM inbox WHERE account = ? AND state > 10 AND state = {_DONE} "  # noqa: S608 - as above
        "ORDER BY handled_ms DESC LIMIT ?",
        (account, _LATELY),
    )
    waits = sorted(int(row[0]) for row in lately)
    counts = counted(connection, account)
    genuine = [last_s for kind, (_, last_s) in counts.items() if kind == "taken"]
    return InboxStatus(
        int(waiting), int(given_up), None if oldest_ms is None else int(oldest_ms),
        {kind: number for kind, (number, _) in counts.items()}, max(genuine, default=None), tuple(waits),
    )  # fmt: skip


def _first_time(connection: Connection, account: int, key: str, now_ms: int) -> bool:
    row = (account, key, now_ms // 1000)
    columns = ("account", "key", "seen_s")
    return insert_new(connection, InboxDeliveryRow.__table__, columns, [row]) == 1  # type: ignore[attr-defined]  # as above


def _queue(connection: Connection, account: int, arrival: Arrival, now_ms: int) -> bool:
    """Let the sale wait to be read; False when a newer version of it was told or read before."""
    fresh = (account, arrival.sale_id, arrival.version, 1, _WAITING, 0, now_ms, now_ms, 0, "")
    if insert_new(connection, InboxRow.__table__, _COLUMNS, [fresh]):  # type: ignore[attr-defined]  # as above
        return True
    # Whoever else takes deliveries waits here until this one is stored.
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    sql = f"SELECT version, state FROM inbox WHERE account = ? AND subject_id = ?{lock}"  # noqa: S608 - two fixed choices
    version, state = run(connection, sql, (account, arrival.sale_id)).one()
    if arrival.version and arrival.version <= version and state != _GIVEN_UP:
        return False
    again = "received_ms = ?, " if state != _WAITING else ""
    run(
        connection,
        f"UPDATE inbox SET {again}version = ?, mark = mark + 1, state = {_WAITING}, attempts = 0, due_ms = ? "  # noqa: S608 - as above
        "WHERE account = ? AND subject_id = ?",
        (*([now_ms] if again else []), max(arrival.version, version), now_ms, account, arrival.sale_id),
    )
    return True
