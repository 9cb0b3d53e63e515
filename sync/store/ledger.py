"""The ledger of events and its outbox: planned -> sent, or withdrawn, or dead.

An event is claimed, with a batch number that is committed, before it is sent. From then on its profile
and its bytes never change: after a crash the batch is sent again as it was, and Klaviyo keeps the first.
All functions work inside the caller's transaction. Instants are whole seconds since 1970.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from sync.store.bulk import chunks, insert_new, marks, run, run_many
from sync.store.rows import EventRow, EventState, OutboxRow

_PLANNED, _SENT = int(EventState.PLANNED), int(EventState.SENT)
_WITHDRAWN, _DEAD = int(EventState.WITHDRAWN), int(EventState.DEAD)
_SPARE = 32
_EVENT_COLUMNS = (
    "id", "account", "kind", "event_id", "sale_id", "email", "happened_s", "value_minor", "currency",
    "digest", "state", "changed_s",
)  # fmt: skip
_OUTBOX_COLUMNS = ("id", "account", "happened_s", "batch", "profile", "payload")


class Draft(NamedTuple):
    """An event ready to be planned: what it is, and the very bytes to be sent."""

    kind: str
    event_id: str
    sale_id: str
    email: str
    happened_s: int
    value_minor: int
    currency: str
    profile: bytes
    payload: bytes


class Known(NamedTuple):
    """What the ledger holds of an event."""

    id: int
    kind: str
    event_id: str
    sale_id: str
    email: str
    state: int
    digest: bytes
    batch: int | None  # of its outbox row; None when it has none

    @property
    def frozen(self) -> bool:
        """Whether it was sent, or may have been: its profile and bytes are settled."""
        return self.state == EventState.SENT or (self.batch is not None and self.batch > 0)


class Waiting(NamedTuple):
    """One event of a claimed batch, in the order of sending."""

    id: int
    happened_s: int
    profile: bytes
    payload: bytes
    event_id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Events claimed together; sending them again sends the same."""

    number: int
    events: tuple[Waiting, ...]


def digest(profile: bytes, payload: bytes) -> bytes:
    """The 16 bytes by which the ledger remembers what was sent."""
    return hashlib.blake2b(profile + payload, digest_size=16).digest()


def known_of(connection: Connection, account: int, sale_ids: Iterable[str]) -> list[Known]:
    """Every event these sales ever caused."""
    found: list[Known] = []
    for chunk in chunks(sale_ids):
        sql = (
            "SELECT e.id, e.kind, e.event_id, e.sale_id, e.email, e.state, e.digest, o.batch "  # noqa: S608 - only marks vary
            "FROM events e LEFT JOIN outbox o ON o.id = e.id "
            f"WHERE e.account = ? AND e.sale_id IN ({marks(len(chunk))}) ORDER BY e.id"
        )
        found.extend(Known(*row) for row in run(connection, sql, (account, *chunk)))
    return found


def plan(connection: Connection, account: int, drafts: Sequence[Draft], now_s: int) -> int:
    """Add the events whose identity is new and put them in the outbox; the number added.

    One that the ledger already knows stays exactly as it is, unless it was withdrawn: then it is planned
    anew. (Two receipts can stand for one event: a full refund that was voided and rung up again.)
    """
    if not drafts:
        return 0
    ids = _take_ids(connection, len(drafts))
    events = [
        (id_, account, d.kind, d.event_id, d.sale_id, d.email, d.happened_s, d.value_minor, d.currency,
         digest(d.profile, d.payload), _PLANNED, now_s)
        for id_, d in zip(ids, drafts, strict=True)
    ]  # fmt: skip
    added = insert_new(connection, EventRow.__table__, _EVENT_COLUMNS, events)  # type: ignore[attr-defined]  # SQLModel adds it
    outbox = [
        (id_, account, d.happened_s, 0, d.profile, d.payload)
        for id_, d in zip(ids, drafts, strict=True)
    ]  # fmt: skip
    if added < len(drafts):
        fresh = _present(connection, account, ids)
        outbox = [row for row in outbox if row[0] in fresh]
        left = [draft for id_, draft in zip(ids, drafts, strict=True) if id_ not in fresh]
        added += _revive(connection, account, left, now_s)
    insert_new(connection, OutboxRow.__table__, _OUTBOX_COLUMNS, outbox)  # type: ignore[attr-defined]  # as above
    return added


def _revive(connection: Connection, account: int, drafts: Sequence[Draft], now_s: int) -> int:
    sql = "SELECT id FROM events WHERE account = ? AND kind = ? AND event_id = ? AND state = ?"
    changes = []
    for draft in drafts:
        row = run(connection, sql, (account, draft.kind, draft.event_id, _WITHDRAWN)).first()
        if row is not None:
            changes.append((int(row[0]), draft))
            run(connection, "UPDATE events SET sale_id = ? WHERE id = ?", (draft.sale_id, row[0]))
    replace(connection, account, changes, now_s)
    return len(changes)


def replace(connection: Connection, account: int, changes: Sequence[tuple[int, Draft]], now_s: int) -> None:
    """Give events that were never sent new bytes, and let them wait to be sent (again)."""
    run_many(
        connection,
        "UPDATE events SET email = ?, happened_s = ?, value_minor = ?, currency = ?, digest = ?, state = ?, "
        "changed_s = ? WHERE id = ? AND account = ?",
        [(d.email, d.happened_s, d.value_minor, d.currency, digest(d.profile, d.payload),
          _PLANNED, now_s, id_, account)
         for id_, d in changes],
    )  # fmt: skip
    run_many(connection, "DELETE FROM outbox WHERE id = ?", [(id_,) for id_, _ in changes])
    rows = [(id_, account, d.happened_s, 0, d.profile, d.payload) for id_, d in changes]
    insert_new(connection, OutboxRow.__table__, _OUTBOX_COLUMNS, rows)  # type: ignore[attr-defined]  # as above


def withdraw(connection: Connection, ids: Sequence[int], now_s: int) -> None:
    """Take back events that were never sent."""
    run_many(connection, "DELETE FROM outbox WHERE id = ?", [(id_,) for id_ in ids])
    run_many(
        connection,
        "UPDATE events SET state = ?, changed_s = ? WHERE id = ?",
        [(_WITHDRAWN, now_s, id_) for id_ in ids],
    )


def claim(
    connection: Connection,
    account: int,
    count_max: int,
    bytes_max: int,
    *,
    in_order: bool = False,
    until_s: int | None = None,
) -> Batch | None:
    """Freeze the oldest waiting events as one batch of at most `count_max` events and `bytes_max` bytes.

    No id appears twice in it: a sale and the refund of all of it share theirs. The second one waits, and
    so does whatever the same profile did after it, so that each profile's events stay in order. With
    `in_order` an event waits too while an earlier one of its profile is refused, until a person has decided
    about that one. `until_s` leaves alone what happened, or would happen by a till's wrong clock, later.
    """
    young = "" if until_s is None else f" AND o.happened_s <= {until_s}"
    behind = _NOT_BEHIND if in_order and _anything_refused(connection, account) else ""
    sql = f"{_WAITING} WHERE o.account = ? AND o.batch = 0{young}{behind} ORDER BY o.happened_s, o.id LIMIT ?"
    # A few more than fit, so that those that have to wait leave no empty places.
    offered = [Waiting(*row) for row in run(connection, sql, (account, count_max + _SPARE))]
    if not offered:
        return None
    taken, passed = _fitting(offered, count_max, bytes_max)
    number = int(run(connection, _NEXT_BATCH, (account,)).scalar_one())
    if behind:
        changes = [(number, waiting.id) for waiting in taken]
        run_many(connection, "UPDATE outbox SET batch = ? WHERE id = ? AND batch = 0", changes)
        return Batch(number, tuple(taken))
    last = taken[-1]
    run(
        connection,
        "UPDATE outbox SET batch = ? WHERE account = ? AND batch = 0 AND (happened_s, id) <= (?, ?)",
        (number, account, last.happened_s, last.id),
    )
    run_many(connection, "UPDATE outbox SET batch = 0 WHERE id = ?", [(id_,) for id_ in passed])
    return Batch(number, tuple(taken))


_WAITING = (
    "SELECT o.id, o.happened_s, o.profile, o.payload, e.event_id FROM outbox o JOIN events e ON e.id = o.id"
)
_NOT_BEHIND = (
    " AND NOT EXISTS (SELECT 1 FROM events d JOIN outbox b ON b.id = d.id "
    "WHERE d.account = o.account AND d.state > 20 AND d.state = 40 "  # refused; the first part is the index's
    "AND b.profile = o.profile "
    "AND (b.happened_s, b.id) < (o.happened_s, o.id))"
)
_NEXT_BATCH = "SELECT coalesce(max(batch), 0) + 1 FROM outbox WHERE account = ? AND batch > 0"


def _anything_refused(connection: Connection, account: int) -> bool:
    sql = "SELECT 1 FROM events WHERE account = ? AND state > 20 AND state = ? LIMIT 1"
    return run(connection, sql, (account, _DEAD)).first() is not None


def claimed(connection: Connection, account: int) -> list[int]:
    """The batches that were claimed and not marked: a run ended in between."""
    sql = "SELECT DISTINCT batch FROM outbox WHERE account = ? AND batch > 0 ORDER BY batch"
    return [int(row[0]) for row in run(connection, sql, (account,))]


def load(connection: Connection, account: int, number: int) -> Batch:
    """A claimed batch as it was claimed."""
    sql = f"{_WAITING} WHERE o.account = ? AND o.batch = ? ORDER BY o.happened_s, o.id"
    return Batch(number, tuple(Waiting(*row) for row in run(connection, sql, (account, number))))


def mark_sent(connection: Connection, account: int, number: int, now_s: int) -> int:
    """Everything still in the batch was accepted; the number of events. Their bytes are forgotten."""
    run(
        connection,
        "UPDATE events SET state = ?, changed_s = ? WHERE id IN "
        "(SELECT id FROM outbox WHERE account = ? AND batch = ?)",
        (_SENT, now_s, account, number),
    )
    gone = run(connection, "DELETE FROM outbox WHERE account = ? AND batch = ?", (account, number))
    return int(gone.rowcount)


def unclaim(connection: Connection, ids: Sequence[int]) -> None:
    """Let claimed events wait as if they had never been claimed. Only for what cannot have arrived."""
    run_many(connection, "UPDATE outbox SET batch = 0 WHERE id = ? AND batch > 0", [(id_,) for id_ in ids])


def sales_of(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The sales that caused these events."""
    found: dict[int, str] = {}
    for chunk in chunks(ids):
        sql = f"SELECT id, sale_id FROM events WHERE id IN ({marks(len(chunk))})"  # noqa: S608 - only marks vary
        found.update({int(row[0]): row[1] for row in run(connection, sql, tuple(chunk))})
    return found


def hold_back(connection: Connection, ids: Sequence[int], now_s: int) -> None:
    """These were refused: keep their bytes for a person to decide about."""
    run_many(connection, "UPDATE outbox SET batch = -1 WHERE id = ?", [(id_,) for id_ in ids])
    run_many(
        connection,
        "UPDATE events SET state = ?, changed_s = ? WHERE id = ?",
        [(_DEAD, now_s, id_) for id_ in ids],
    )


def release(connection: Connection, ids: Sequence[int], now_s: int) -> None:
    """Let held back events wait to be sent again, with the same bytes."""
    run_many(connection, "UPDATE outbox SET batch = 0 WHERE id = ? AND batch = -1", [(id_,) for id_ in ids])
    run_many(
        connection,
        "UPDATE events SET state = ?, changed_s = ? WHERE id = ? AND state = ?",
        [(_PLANNED, now_s, id_, _DEAD) for id_ in ids],
    )


def waiting_count(connection: Connection, account: int) -> int:
    """How many events wait to be sent."""
    sql = "SELECT count(*) FROM outbox WHERE account = ? AND batch = 0"
    return int(run(connection, sql, (account,)).scalar_one())


def ids_of(connection: Connection, account: int, event_ids: Sequence[str]) -> dict[str, int]:
    """The numbers of the refused events with these ids."""
    found: dict[str, int] = {}
    for chunk in chunks(event_ids):
        sql = (
            "SELECT event_id, id FROM events "  # noqa: S608 - only marks vary
            f"WHERE account = ? AND state = ? AND event_id IN ({marks(len(chunk))})"
        )
        found.update({row[0]: int(row[1]) for row in run(connection, sql, (account, _DEAD, *chunk))})
    return found


def _fitting(offered: Sequence[Waiting], count_max: int, bytes_max: int) -> tuple[list[Waiting], list[int]]:
    taken: list[Waiting] = []
    passed: list[int] = []
    used: set[str] = set()
    held: set[bytes] = set()
    size = 0
    for waiting in offered:
        if waiting.event_id in used or (held and waiting.profile in held):
            held.add(waiting.profile)
            passed.append(waiting.id)
            continue
        size += len(waiting.profile) + len(waiting.payload)
        if len(taken) == count_max or (taken and size > bytes_max):
            break
        used.add(waiting.event_id)
        taken.append(waiting)
    return taken, passed


def _take_ids(connection: Connection, count: int) -> list[int]:
    if connection.dialect.name == "sqlite":  # one writer at a time: nobody else can take the same ones
        first = int(run(connection, "SELECT coalesce(max(id), 0) + 1 FROM events").scalar_one())
        return list(range(first, first + count))
    sql = "SELECT nextval('events_id_seq') FROM generate_series(1, ?)"
    return [int(row[0]) for row in run(connection, sql, (count,))]


def _present(connection: Connection, account: int, ids: Sequence[int]) -> set[int]:
    sql = "SELECT id FROM events WHERE id BETWEEN ? AND ? AND account = ?"
    wanted = set(ids)
    return {int(row[0]) for row in run(connection, sql, (min(ids), max(ids), account))} & wanted
