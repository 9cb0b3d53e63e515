"""The dead man's alert: somebody must notice when nobody reconciles any more, or when a source falls silent.

Run it by something else than the monitor itself (cron, a systemd timer): a dead program tells nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, select

from monitor.alerting.decide import Group
from monitor.alerting.desk import Desk, Occasion
from monitor.alerting.incidents import Scope
from monitor.history import ACCOUNTS
from monitor.report_data import Severity
from sync.store.database import Store
from sync.store.rows import AccountRow, RunRow

_SYNCED: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_SYNC_RUNS: Table = RunRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_WELL = ("done", "done_with_dead_letters")  # how a run of the sync ends that did its work


@dataclass(frozen=True, slots=True)
class Silence:
    """Something that has not been heard of for too long."""

    account: str
    kind: str  # monitor_silent or source_silent
    last_s: int  # when it was last heard of; 0: never
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is normal, in seconds; None: it is not watched."""

    monitor_s: int | None
    source_s: int | None

    def kinds(self) -> list[str]:
        """The kinds of silence that are watched."""
        watched = (("monitor_silent", self.monitor_s), ("source_silent", self.source_s))
        return [kind for kind, patience_s in watched if patience_s is not None]


def check(
    store: Store, desk: Desk, accounts: Sequence[str], patience: Patience, now_at: datetime
) -> list[Silence]:
    """Find what is silent and put alerts about what changed into the outbox. Raises StoreTrouble."""
    found: list[Silence] = []
    with store.writing() as connection:
        for account in accounts:
            silent = {
                one.kind: one for one in silences(connection, account, patience, int(now_at.timestamp()))
            }
            # What is not watched here is told by whoever watches it.
            for kind in patience.kinds():
                _tell(connection, desk, Watched(account, kind, now_at), silent.get(kind))
            found += silent.values()
    return found


def silences(connection: Connection, account: str, patience: Patience, now_s: int) -> Iterable[Silence]:
    """What of one account is silent."""
    if patience.monitor_s is not None:
        last_s = (
            connection.execute(select(ACCOUNTS.c.last_ended_s).where(ACCOUNTS.c.account == account)).scalar()
            or 0
        )
        if now_s - last_s > patience.monitor_s:
            words = f"No reconciliation of {account} {_since(last_s, now_s)}."
            remedy = "Look whether `tillproof monitor run` is running on its machine, and start it again."
            yield Silence(account, "monitor_silent", last_s, words, remedy)
    if patience.source_s is not None:
        last_s = _synced_s(connection, account)
        if now_s - last_s > patience.source_s:
            words = f"No good sync of {account} {_since(last_s, now_s)}."
            remedy = f"Run `tillproof sync status {account}`: it says what the sync is waiting for."
            yield Silence(account, "source_silent", last_s, words, remedy)


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing that is watched, at one instant."""

    account: str
    kind: str
    now_at: datetime


def _tell(connection: Connection, desk: Desk, what: Watched, silent: Silence | None) -> None:
    scope = Scope(what.account, f"watch:{what.kind}")
    groups = [Group(scope.key(what.kind), what.kind, Severity.CRITICAL.value, 1, {})] if silent else []
    sentence = silent.words if silent else f"{what.account} is heard of again."
    occasion = Occasion(what.account, 0, what.now_at, sentence, silent.remedy if silent else "")
    desk.tell(connection, scope, groups, occasion)


def _synced_s(connection: Connection, account: str) -> int:
    runs, accounts = _SYNC_RUNS.c, _SYNCED.c
    number = select(accounts.id).where(accounts.name == account).scalar_subquery()
    well = select(runs.ended_at).where(runs.account == number, runs.outcome.in_(_WELL))
    at = connection.execute(well.order_by(runs.id.desc()).limit(1)).scalar()
    if at is None:
        return 0
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _since(last_s: int, now_s: int) -> str:
    if not last_s:
        return "so far"
    hours = (now_s - last_s) // 3_600
    at = datetime.fromtimestamp(last_s, UTC).isoformat(" ", "minutes")
    return f"for {hours:,} hours, since {at}"
