"""Accounts, their cursors, their sealed credentials and the records of their runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec
from sqlalchemy import Connection, Table, Update, bindparam, select
from sqlmodel import Session, col

from sync.store.bulk import marks, run, upsert
from sync.store.rows import AccountRow, CredentialRow, CursorRow, RunRow
from sync.store.secrets import KeyRing

_ACCOUNTS: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_CREDENTIALS: Table = CredentialRow.__table__  # type: ignore[attr-defined]  # as above
_RUNS: Table = RunRow.__table__  # type: ignore[attr-defined]  # as above
# Made once: putting a statement together takes longer than carrying it out.
_FIND = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.name == bindparam("name"))
_ADD = _ACCOUNTS.insert().returning(_ACCOUNTS.c.id)
_HELD = select(_CREDENTIALS.c.field, _CREDENTIALS.c.key_id, _CREDENTIALS.c.sealed).where(
    _CREDENTIALS.c.account == bindparam("account")
)
_DROP = _CREDENTIALS.delete().where(
    _CREDENTIALS.c.account == bindparam("of_account"), _CREDENTIALS.c.field == bindparam("of_field")
)
_KEEP = _CREDENTIALS.insert()
_INTERRUPTED = (
    _RUNS.update()
    .where((_RUNS.c.account == bindparam("of_account")) & (_RUNS.c.ended_at.is_(None)))
    .values(ended_at=bindparam("now_at"), outcome="interrupted")
)
_START = _RUNS.insert().returning(_RUNS.c.id)
_END = (
    _RUNS.update()
    .where(_RUNS.c.id == bindparam("run_id"))
    .values({name: bindparam(name) for name in ("ended_at", "outcome", "detail", "counts")})
)


def number_of(connection: Connection, name: str, source: str) -> int:
    """The number of the account, which gets a row when it has none. Call it inside a writing transaction."""
    found = find(connection, name)
    if found is not None:
        return found
    row = AccountRow(name=name, source=source)
    return int(connection.execute(_ADD, row.model_dump(exclude={"id"})).scalar_one())


def find(connection: Connection, name: str) -> int | None:
    """The number of the account, None when the database has not heard of it."""
    return connection.execute(_FIND, {"name": name}).scalar()


def facts(connection: Connection, account: int) -> AccountRow:
    """The account's row, detached."""
    with Session(connection, expire_on_commit=False) as session:
        row = session.get_one(AccountRow, account)
        session.expunge(row)
        return row


def change(connection: Connection, account: int, **values: object) -> None:
    """Set columns of the account's row."""
    connection.execute(_changing(tuple(values)), {"of_account": account, **values})


@cache
def _changing(names: Sequence[str]) -> Update:
    values: dict[str, object] = {name: bindparam(name) for name in names}
    return _ACCOUNTS.update().where(_ACCOUNTS.c.id == bindparam("of_account")).values(values)


def cursor(connection: Connection, account: int, feed: str) -> str | None:
    """How far the feed was read; None when it never was."""
    row = run(
        connection, "SELECT cursor FROM cursors WHERE account = ? AND feed = ?", (account, feed)
    ).first()
    return None if row is None else str(row[0])


def cursors(connection: Connection, account: int, feeds: Sequence[str]) -> dict[str, str]:
    """How far each of these feeds was read, by name, without those that never were."""
    sql = f"SELECT feed, cursor FROM cursors WHERE account = ? AND feed IN ({marks(len(feeds))})"  # noqa: S608 - only marks vary
    return {str(row[0]): str(row[1]) for row in run(connection, sql, (account, *feeds))}


def set_cursor(connection: Connection, account: int, feed: str, value: str) -> None:
    """Remember how far the feed was read."""
    upsert(connection, CursorRow.__table__, ("account", "feed"), ("cursor",), [(account, feed, value)])  # type: ignore[attr-defined]  # SQLModel adds it


def forget_cursor(connection: Connection, account: int, feed: str) -> None:
    """Forget it: the next reading starts at the beginning."""
    run(connection, "DELETE FROM cursors WHERE account = ? AND feed = ?", (account, feed))


def secrets(connection: Connection, account: int, ring: KeyRing) -> dict[str, str]:
    """The account's credentials, opened. Raises WrongKey."""
    return {
        field: ring.open(key_id, bytes(sealed), _place(account, field))
        for field, key_id, sealed in connection.execute(_HELD, {"account": account})
    }


def keep_secrets(
    connection: Connection, account: int, ring: KeyRing, values: Mapping[str, str], now_at: datetime
) -> None:
    """Seal and keep these fields, leaving the account's others alone."""
    rows = []
    for field, secret in values.items():
        key_id, sealed = ring.seal(secret, _place(account, field))
        rows.append(
            {"account": account, "field": field, "key_id": key_id, "sealed": sealed, "updated_at": now_at}
        )
    if rows:
        connection.execute(_DROP, [{"of_account": account, "of_field": row["field"]} for row in rows])
        connection.execute(_KEEP, rows)


def reseal(connection: Connection, ring: KeyRing, now_at: datetime) -> int:
    """Seal every credential of every account with the current key; the number changed."""
    query = select(col(CredentialRow.account)).where(col(CredentialRow.key_id) != ring.current_id).distinct()
    accounts = [int(row[0]) for row in connection.execute(query)]
    for account in accounts:
        keep_secrets(connection, account, ring, secrets(connection, account, ring), now_at)
    return len(accounts)


def start_run(connection: Connection, account: int, mode: str, now_at: datetime) -> int:
    """Open the record of a run; one left open by a crash is closed as such."""
    connection.execute(_INTERRUPTED, {"of_account": account, "now_at": now_at})
    row = RunRow(account=account, mode=mode, started_at=now_at)
    return int(connection.execute(_START, row.model_dump(exclude={"id"})).scalar_one())


def end_run(
    connection: Connection,
    run_id: int,
    *,
    outcome: str,
    detail: str,
    counts: Mapping[str, int],
    now_at: datetime,
) -> None:
    """Close the record of a run."""
    told = msgspec.json.encode(counts).decode()
    connection.execute(
        _END, {"run_id": run_id, "ended_at": now_at, "outcome": outcome, "detail": detail, "counts": told}
    )


def last_run(connection: Connection, account: int) -> RunRow | None:
    """The latest run of the account, detached."""
    with Session(connection, expire_on_commit=False) as session:
        query = select(RunRow).where(col(RunRow.account) == account).order_by(col(RunRow.id).desc()).limit(1)
        row = session.execute(query).scalar()
        if row is not None:
            session.expunge(row)
        return row


def _place(account: int, field: str) -> str:
    return f"{account}:{field}"
