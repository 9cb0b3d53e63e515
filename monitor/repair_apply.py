"""Carrying out a repair: send, reconcile again, and show that it is closed. Twice sends nothing more."""

import csv
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from monitor import history_read
from monitor.door import Sync
from monitor.history import RUNS
from monitor.history_findings import FINDINGS
from monitor.history_read import REPAIRS
from monitor.history_records import FindingRecord, RunRecord
from monitor.nightly import REPAIR, Nights
from monitor.repair import RepairPlan, Unlisted, plan
from sync.domain.clock import Clock
from sync.settings import WrongSettings
from sync.store.bulk import chunks
from sync.store.database import Store

# Klaviyo takes events in now and shows them later; how long is not promised.
PAUSES_S = (0.0, 15.0, 30.0, 60.0, 120.0, 240.0)
_AT_ONCE_MAX = 500
_FINDINGS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Closure:
    """What a repair came to."""

    state: str  # nothing (there was nothing to send), closed, still_open, failed
    plan: RepairPlan
    sent_count: int  # sales
    closing_run: int  # the reconciliation afterwards; 0: none
    closed_count: int  # findings that are no longer there
    left_count: int  # findings that sending ought to have closed and did not
    words: str

    @property
    def exit_code(self) -> int:
        """0 nothing is left to send, 1 something is, 2 it could not be sent or judged."""
        return {"nothing": 0, "closed": 0, "still_open": 1}.get(self.state, 2)

    def as_json(self) -> dict[str, Any]:
        """For machines and for the record."""
        return asdict(self)


def plan_of(connection: Connection, run: int) -> RepairPlan:
    """The plan for what a run found and what is still open. Raises WrongSettings without such a run."""
    found = history_read.run(connection, run)
    if found is None:
        raise WrongSettings(f"there is no run {run}; `tillproof monitor history` lists them")
    return plan(found, _open(connection, found), _unlisted(connection, found))


class Repairer:
    """Repairs what one run found."""

    def __init__(self, nights: Nights, store: Store, clock: Clock, open_sync: Callable[[], Sync]) -> None:
        """`open_sync` opens the sync's program, which is closed again after use."""
        self._nights, self._store, self._clock = nights, store, clock
        self._open_sync = open_sync

    def apply(self, run: int, *, wait_s: float = sum(PAUSES_S)) -> Closure:
        """Send what the plan says, reconcile until it shows or `wait_s` are over. Raises AccountBusy."""
        with self._store.reading() as connection:
            planned = plan_of(connection, run)
        if planned.empty:
            return Closure("nothing", planned, 0, 0, 0, 0, "There is nothing to send.")
        with self._store.holding(f"monitor-repair-{planned.account}"):
            fresh = self._not_sent_lately(planned)
            number = self._begin(planned)
            trouble = self._send(planned.account, fresh)
            if trouble:
                return self._end(number, Closure("failed", planned, 0, 0, 0, len(planned.keys), trouble))
            return self._end(number, self._close(planned, len(fresh), wait_s))

    def _send(self, account: str, sale_ids: Sequence[str]) -> str:
        """Send; the trouble in words, empty when there was none."""
        with closing(self._open_sync()) as sync:
            for some in chunks(sale_ids, _AT_ONCE_MAX):
                result = sync.resend(account, some)
                if result.outcome not in ("done", "done_with_dead_letters"):
                    return f"The sync could not send: {result.detail or result.outcome}"
        return ""

    def _close(self, planned: RepairPlan, sent_count: int, wait_s: float) -> Closure:
        first, last = date.fromisoformat(planned.first_on), date.fromisoformat(planned.last_on)
        waited = 0.0
        for pause_s in PAUSES_S:
            if waited + pause_s > wait_s:
                break
            self._clock.sleep(pause_s)
            waited += pause_s
            ran = self._nights.one(planned.account, first, last, REPAIR)
            left = self._left(planned)
            if not left or ran.verdict == "could_not_judge":
                break
        self._nights.send_alerts()
        closed = len(planned.keys) - left
        if ran.verdict == "could_not_judge":
            state, words = "failed", f"Sent, but it could not be judged afterwards: {ran.sentence}"
        elif left:
            state, words = "still_open", f"Sent; {left:,} not to be seen in Klaviyo yet. Run it again later."
        else:
            state, words = "closed", f"Closed: {ran.sentence}"
        return Closure(state, planned, sent_count, ran.run, closed, left, words)

    def _left(self, planned: RepairPlan) -> int:
        count = 0
        c = FINDINGS.c
        with self._store.reading() as connection:
            for some in chunks(planned.keys):
                query = select(c.id).where(c.account == planned.account, c.key.in_(some), c.recovered_s == 0)
                count += len(connection.execute(query).all())
        return count

    def _not_sent_lately(self, planned: RepairPlan) -> list[str]:
        """What no repair has sent in the last hour: Klaviyo may still be taking that in."""
        since_s = int(self._clock.now().timestamp()) - 3_600
        with self._store.reading() as connection:
            earlier = history_read.repairs(connection, planned.account)
        sent = {
            sale
            for one in earlier
            if one.started_s > since_s and one.state in ("closed", "still_open")
            for sale in one.plan.get("sale_ids", ())
        }
        return [sale for sale in planned.sale_ids if sale not in sent]

    def _begin(self, planned: RepairPlan) -> int:
        now_s = int(self._clock.now().timestamp())
        values = {"run": planned.run, "account": planned.account, "state": "sending", "started_s": now_s}
        values |= {"ended_s": 0, "sent_count": 0, "closing_run": 0, "result": "{}", "plan": _text(planned)}
        with self._store.writing() as connection:
            inserted = connection.execute(REPAIRS.insert().values(**values)).inserted_primary_key
        assert inserted is not None
        return int(inserted[0])

    def _end(self, number: int, closure: Closure) -> Closure:
        values = {
            "state": closure.state,
            "ended_s": int(self._clock.now().timestamp()),
            "sent_count": closure.sent_count,
            "closing_run": closure.closing_run,
            "result": _text(closure),
        }
        with self._store.writing() as connection:
            connection.execute(REPAIRS.update().where(REPAIRS.c.id == number).values(**values))
        return closure


def _open(connection: Connection, run: RunRecord) -> list[FindingRecord]:
    """What is open now of the days the run looked at."""
    c = FINDINGS.c
    query = (
        select(FINDINGS)
        .where(
            c.account == run.account,
            c.recovered_s == 0,
            c.business_on.is_(None) | c.business_on.between(run.first_on, run.last_on),
        )
        .order_by(c.id)
        .limit(_FINDINGS_MAX)
    )
    return [history_read.finding_of(row) for row in connection.execute(query)]


def _unlisted(connection: Connection, run: RunRecord) -> list[Unlisted]:
    """What the latest run over these days found beyond what its report lists; none when it listed all."""
    c = RUNS.c
    query = select(c.folder, c.finding_count).where(
        c.account == run.account, c.state == "done", c.first_on <= run.first_on, c.last_on >= run.last_on
    )
    last = connection.execute(query.add_columns(c.id).order_by(c.id.desc()).limit(1)).first()
    if last is None or not last.folder or last.finding_count <= _listed(connection, run.account, last.id):
        return []
    try:
        with (Path(last.folder) / "drift.csv").open(encoding="utf-8", newline="") as file:
            return [
                Unlisted(
                    row["key"], row["kind"], row["metric"], row["currency"], row["sale_id"],
                    int(row["difference_minor"]),
                )
                for row in islice(csv.DictReader(file), _FINDINGS_MAX)
            ]  # fmt: skip
    except (OSError, KeyError, ValueError):
        return []  # let go of by now; what history lists is repaired all the same


def _listed(connection: Connection, account: str, run: int) -> int:
    c = FINDINGS.c
    query = select(func.count()).where(c.account == account, c.recovered_s == 0, c.last_run == run)
    return connection.execute(query).scalar_one()


def _text(what: Any) -> str:
    return msgspec.json.encode(what).decode()
