"""Emptying the outbox: each message until its route took it, with growing pauses, and never in silence.

At least once: a message is marked as sent after its route took it, so a crash between the two sends it again,
under the same reference. Two processes take turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from monitor.alerting.courier import Courier, Delivery, Parcel
from monitor.alerting.desk import ALERTS
from monitor.alerting.words import gathered
from monitor.settings import RouteSettings
from sync.store.bulk import chunks
from sync.store.database import Store
from sync.store.errors import AccountBusy

LOCK = "monitor-alerts"
AT_ONCE_MAX = 200
PAUSES_S = (60, 300, 900, 3_600, 3_600, 4 * 3_600, 4 * 3_600, 8 * 3_600, 24 * 3_600)
ATTEMPTS_MAX = len(PAUSES_S) + 1  # about two days
_LEVELS = {"recovered": "success", "new": "warning", "worse": "warning"}


@dataclass(frozen=True, slots=True)
class Emptied:
    """What one emptying came to, in messages."""

    sent_count: int = 0
    failed_count: int = 0  # given up for good
    later_count: int = 0  # tried in vain, to be tried again


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows that leave as one message."""

    route: str
    rows: tuple[Row[Any], ...]


def deliver_due(
    store: Store, routes: Mapping[str, RouteSettings], courier: Courier, now_at: datetime
) -> Emptied:
    """Send what is due. Another process that is at it already is left to it. Raises StoreTrouble."""
    now_s = int(now_at.timestamp())
    try:
        with store.holding(LOCK):
            batches = _due(store, now_s)
            if not batches:
                return Emptied()
            known = {number: batch for number, batch in enumerate(batches) if batch.route in routes}
            parcels = [_parcel(number, batch, routes[batch.route]) for number, batch in known.items()]
            results = {delivery.number: delivery for delivery in courier.send(parcels)}
            return _note(store, batches, results, now_s)
    except AccountBusy:
        return Emptied()


def _due(store: Store, now_s: int) -> list[_Batch]:
    c = ALERTS.c
    query = (
        select(ALERTS)
        .where(c.state == "waiting", c.due_s <= now_s)
        .order_by(c.due_s, c.id)
        .limit(AT_ONCE_MAX)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    singly = [_Batch(row.route, (row,)) for row in rows if not row.gather]
    together: dict[str, list[Row[Any]]] = {}
    for row in rows:
        if row.gather:
            together.setdefault(row.route, []).append(row)
    return singly + [_Batch(route, tuple(some)) for route, some in together.items()]


def _parcel(number: int, batch: _Batch, route: RouteSettings) -> Parcel:
    title, body = gathered([(row.title, row.body) for row in batch.rows])
    grave = any(row.severity == "critical" and row.transition != "recovered" for row in batch.rows)
    levels = {_LEVELS.get(row.transition, "info") for row in batch.rows}
    level = "failure" if grave else "warning" if "warning" in levels else min(levels)
    reference = batch.rows[0].id
    return Parcel(
        number, route.url, title, f"{body}\nReference: alert {reference}", level, route.allow_private
    )


def _note(store: Store, batches: Sequence[_Batch], results: Mapping[int, Delivery], now_s: int) -> Emptied:
    sent: list[int] = []
    failed = later = 0
    c = ALERTS.c
    with store.writing() as connection:
        for number, batch in enumerate(batches):
            result = results.get(number, Delivery(number, ok=False, why="the settings know no such route"))
            if result.ok:
                sent += [row.id for row in batch.rows]
                continue
            for row in batch.rows:
                attempts = row.attempt_count + 1
                given_up = attempts >= ATTEMPTS_MAX
                failed, later = failed + given_up, later + (not given_up)
                values = {"attempt_count": attempts, "trouble": result.why}
                values |= {"state": "failed"} if given_up else {"due_s": now_s + PAUSES_S[attempts - 1]}
                connection.execute(ALERTS.update().where(c.id == row.id).values(**values))
        for some in chunks(sent):
            connection.execute(
                ALERTS.update()
                .where(c.id.in_(some))
                .values(state="sent", sent_s=now_s, attempt_count=c.attempt_count + 1, trouble="")
            )
    return Emptied(len(sent), failed, later)


def try_routes(
    routes: Mapping[str, RouteSettings], names: Sequence[str], courier: Courier
) -> dict[str, Delivery]:
    """Send one harmless message to each of these routes now; what became of each."""
    body = (
        "This is only a test: this route works.\n"
        "From now on tillproof tells here what did not reach Klaviyo, and when it is mended."
    )
    parcels = [
        Parcel(number, routes[name].url, "tillproof: test", body, "info", routes[name].allow_private)
        for number, name in enumerate(names)
    ]
    return {names[delivery.number]: delivery for delivery in courier.send(parcels)}
