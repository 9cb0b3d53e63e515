"""Accounts, their cursors, their sealed credentials and the records of their runs."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select
from sqlmodel import Session, col

from sync.store.bulk import run, upsert
from sync.store.rows import AccountRow, CredentialRow, CursorRow, RunRow
from sync.store.secrets import KeyRing


def number_of(connection: Connection, name: str, source: str) -> int:
    """The number of the account, which gets a row when it has none. Call it inside a writing transaction."""
    found = find(connection, name)
    if found is not None:
        return found
    with Session(connection) as session:
        row = AccountRow(name=name, source=source)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def find(connection: Connection, name: str) -> int | None:
    """The number of the account, None when the database has not heard of it."""
    return connection.execute(select(col(AccountRow.id)).where(col(AccountRow.name) == name)).scalar()


def facts(connection: Connection, account: int) -> AccountRow:
    """The account's row, detached."""
    with Session(connection, expire_on_commit=False) as session:
        row = session.get_one(AccountRow, account)
        session.expunge(row)
        return row


def change(connection: Connection, account: int, **values: object) -> None:
    """Set columns of the account's row."""
    table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    connection.execute(table.update().where(table.c.id == account).values(**values))


def cursor(connection: Connection, account: int, feed: str) -> str | None:
    """How far the feed was read; None when it never was."""
    row = run(
        connection, "SELECT cursor FROM cursors WHERE account = ? AND feed = ?", (account, feed)
    ).first()
    return None if row is None else str(row[0])


def set_cursor(connection: Connection, account: int, feed: str, value: str) -> None:
    """Remember how far the feed was read."""
    upsert(connection, CursorRow.__table__, ("account", "feed"), ("cursor",), [(account, feed, value)])  # type: ignore[attr-defined]  # SQLModel adds it


def forget_cursor(connection: Connection, account: int, feed: str) -> None:
    """Forget it: the next reading starts at the beginning."""
    run(connection, "DELETE FROM cursors WHERE account = ? AND feed = ?", (account, feed))


def secrets(connection: Connection, account: int, ring: KeyRing) -> dict[str, str]:
    """The account's credentials, opened. Raises WrongKey."""
    query = select(CredentialRow.field, CredentialRow.key_id, CredentialRow.sealed).where(  # type: ignore[call-overload]  # SQLModel types columns as values
        col(CredentialRow.account) == account
    )
    return {
        field: ring.open(key_id, bytes(sealed), _place(account, field))
        for field, key_id, sealed in connection.execute(query)
    }


def keep_secrets(
    connection: Connection, account: int, ring: KeyRing, values: Mapping[str, str], now_at: datetime
) -> None:
    """Seal and keep these fields, leaving the account's others alone."""
    table = CredentialRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    for field, secret in values.items():
        key_id, sealed = ring.seal(secret, _place(account, field))
        connection.execute(delete(table).where(table.c.account == account, table.c.field == field))
        connection.execute(
            table.insert().values(
                account=account, field=field, key_id=key_id, sealed=sealed, updated_at=now_at
            )
        )


def reseal(connection: Connection, ring: KeyRing, now_at: datetime) -> int:
    """Seal every credential of every account with the current key; the number changed."""
    query = select(col(CredentialRow.account)).where(col(CredentialRow.key_id) != ring.current_id).distinct()
    accounts = [int(row[0]) for row in connection.execute(query)]
    for account in accounts:
        keep_secrets(connection, account, ring, secrets(connection, account, ring), now_at)
    return len(accounts)


def start_run(connection: Connection, account: int, mode: str, now_at: datetime) -> int:
    """Open the record of a run; one left open by a crash is closed as such."""
    table = RunRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    left_open = (table.c.account == account) & (table.c.ended_at.is_(None))
    connection.execute(table.update().where(left_open).values(ended_at=now_at, outcome="interrupted"))
    with Session(connection) as session:
        row = RunRow(account=account, mode=mode, started_at=now_at)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


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
    table = RunRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    connection.execute(
        table.update().where(table.c.id == run_id).values(
            ended_at=now_at, outcome=outcome, detail=detail, counts=msgspec.json.encode(counts).decode()
        )
    )  # fmt: skip


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
