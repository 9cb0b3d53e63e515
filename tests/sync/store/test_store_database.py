"""Opening, migrating and locking the database, on both kinds."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from monitor import history_rows, lag_seen
from monitor.web import rows as web_rows
from sync.store import migrate, rows
from sync.store.database import Store, open_store
from sync.store.errors import AccountBusy, StoreBusy, StoreTrouble


def test_a_new_database_gets_exactly_the_tables_that_the_rows_describe(store: Store) -> None:
    named = (rows.EventRow, history_rows.MonitorRunRow, web_rows.WebUserRow, lag_seen.MonitorSightingRow)
    assert tuple(one.__tablename__ for one in named) == (
        "events",
        "monitor_runs",
        "web_users",
        "monitor_sightings",
    )
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_opening_it_again_changes_nothing(store: Store, url: str) -> None:
    with open_store(url) as again, again.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM accounts")).scalar() == 0


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [migrate.HEAD]


def test_a_database_of_a_newer_program_is_refused_with_the_remedy(store: Store, url: str) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTrouble, match="newer tillproof; update this one"):
        open_store(url)


def test_a_failed_transaction_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(StoreTrouble), store.writing() as connection:
        connection.execute(text(f"{_ACCOUNT}, ('main', 'x', '', '', '', '', '')"))
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM accounts")).scalar() == 0


def test_one_account_is_worked_on_by_one_run_at_a_time(store: Store, url: str) -> None:
    with open_store(url) as other, store.holding("main"):
        with pytest.raises(AccountBusy), other.holding("main"):
            pass
        with other.holding("second"):
            pass
    with store.holding("main"):
        pass


def test_sqlite_is_opened_as_measured(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store, store.reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert told == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 10_000, "foreign_keys": 1}


def test_a_durable_commit_waits_for_the_disk_and_the_next_one_does_not(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        with store.writing(durable=True) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        with store.writing() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1


def test_a_locked_database_says_so_and_that_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_store(f"sqlite:///{path}") as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")  # the pool hands the same one out again
        with pytest.raises(StoreBusy, match=r"another process holds .* Nothing is lost"), store.writing():
            pass
        other.execute("ROLLBACK")
        other.close()
        with store.writing() as connection:
            connection.execute(text(_ACCOUNT))


def test_a_read_only_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(f"sqlite:///{path}").close()
    with (
        open_store(f"sqlite:///file:{path}?mode=ro&uri=true") as store,
        pytest.raises(StoreTrouble, match="read-only; give this user write permission"),
        store.writing() as connection,
    ):
        connection.execute(text(_ACCOUNT))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not a database address"),
        ("mysql://x/y", "mysql is not supported"),
        ("sqlite:////no/such/folder/a.db", "cannot be opened; check that its folder exists"),
        ("postgresql://nobody:secret@/x?host=/no/such/folder", "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_to_check(url: str, words: str) -> None:
    with pytest.raises(StoreTrouble, match=words) as told:
        open_store(url)
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is a shopping list, and quite a long one" * 100)
    with pytest.raises(StoreTrouble, match="no tillproof database"):
        open_store(f"sqlite:///{path}")


_ACCOUNT = (
    "INSERT INTO accounts (name, source, pos_account_id, currency, klaviyo_id, klaviyo_zone, trouble) "
    "VALUES ('main', 'lightspeed_r', '', '', '', '', '')"
)
