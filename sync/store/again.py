"""Sending once more what was sent before, because the monitor did not find it in Klaviyo.

The rows go straight into claimed batches: profile and id stay what they were, and a crash in between leaves
batches that the next run sends as they are.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from sync.store.bulk import run, run_many
from sync.store.ledger import Draft, digest
from sync.store.rows import EventState

_BATCH_MAX = 500  # well inside Klaviyo's 1,000 events and 5 MB a request


def claim_again(connection: Connection, account: int, drafts: Sequence[tuple[int, Draft]], now_s: int) -> int:
    """Put sent events (by their rows' numbers) into batches of their own; the number of events.

    One that is in the outbox already is left alone.
    """
    number, count = _last_batch(connection, account), 0
    for batch in _batches(sorted(drafts, key=lambda one: (one[1].happened_s, one[0]))):
        number += 1
        rows = [(id_, account, d.happened_s, number, d.profile, d.payload) for id_, d in batch]
        run_many(
            connection,
            "INSERT INTO outbox (id, account, happened_s, batch, profile, payload) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            rows,
        )
        run_many(
            connection,
            "UPDATE events SET digest = ?, changed_s = ? WHERE id = ? AND state = ?",
            [(digest(d.profile, d.payload), now_s, id_, int(EventState.SENT)) for id_, d in batch],
        )
        count += len(rows)
    return count


def _last_batch(connection: Connection, account: int) -> int:
    sql = "SELECT coalesce(max(batch), 0) FROM outbox WHERE account = ? AND batch > 0"
    return int(run(connection, sql, (account,)).scalar_one())


def _batches(drafts: Sequence[tuple[int, Draft]]) -> Iterator[list[tuple[int, Draft]]]:
    """In order, cut where a batch is full or would hold an id twice: a sale and its refund may share one."""
    batch: list[tuple[int, Draft]] = []
    used: set[str] = set()
    for one in drafts:
        if batch and (len(batch) == _BATCH_MAX or one[1].event_id in used):
            yield batch
            batch, used = [], set()
        batch.append(one)
        used.add(one[1].event_id)
    if batch:
        yield batch
