"""Where an account stands, in counts."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from sync.store import accounts, letters
from sync.store.bulk import run
from sync.store.rows import EventState

_HAS_TOKENS = "account = ? AND field = 'access_token'"  # an attempt to sign in leaves fields of its own


@dataclass(frozen=True, slots=True)
class Status:
    """One account. Ages and money are left to the monitor; this is about the sync's own work."""

    account: str
    connected: bool
    trouble: str  # what a person must do; empty: nothing
    sales_count: int
    sent_count: int
    waiting_count: int  # events planned and not yet sent
    sending_count: int  # of those, claimed by a run that is under way or was interrupted
    withdrawn_count: int
    refused_count: int  # events held back for a person
    profiles_count: int
    profiles_waiting_count: int
    dead_letters: dict[str, int]  # by reason
    last_run_mode: str
    last_run_at: datetime | None
    last_run_outcome: str
    last_run_counts: dict[str, int]


def status(connection: Connection, account: int, *, signs_in: bool = True) -> Status:
    """Count. Costs one pass over an index of the ledger.

    An account that `signs_in` is connected once it has tokens; any other by its settings alone.
    """
    row = accounts.facts(connection, account)
    last = accounts.last_run(connection, account)
    withdrawn = _count(connection, "events", f"account = ? AND state = {int(EventState.WITHDRAWN)}", account)
    refused = _count(connection, "events", f"account = ? AND state = {int(EventState.DEAD)}", account)
    waiting = _count(connection, "outbox", "account = ? AND batch = 0", account)
    sending = _count(connection, "outbox", "account = ? AND batch > 0", account)
    every = _count(connection, "events", "account = ?", account)
    return Status(
        account=row.name,
        connected=not signs_in or bool(_count(connection, "credentials", _HAS_TOKENS, account)),
        trouble=row.trouble,
        sales_count=_count(connection, "sales", "account = ?", account),
        sent_count=every - withdrawn - refused - waiting - sending,
        waiting_count=waiting + sending,
        sending_count=sending,
        withdrawn_count=withdrawn,
        refused_count=refused,
        profiles_count=_count(connection, "profiles", "account = ?", account),
        profiles_waiting_count=_count(connection, "profiles", "account = ? AND waiting = 1", account),
        dead_letters=letters.counts(connection, account),
        last_run_mode=last.mode if last else "",
        last_run_at=last.started_at if last else None,
        last_run_outcome=last.outcome if last else "never",
        last_run_counts=msgspec.json.decode(last.counts) if last else {},
    )


def _count(connection: Connection, table: str, where: str, account: int) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - both are written above
    return int(run(connection, sql, (account,)).scalar_one())
