"""Opening the database: SQLite in WAL mode or PostgreSQL, migrated, with one way to read and one to write.

Writers begin at once (`BEGIN IMMEDIATE`): SQLite's default begins late and upgrades, which is how
"database is locked" appears in spite of a time-out.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from sync.store.errors import AccountBusy, StoreTrouble, in_plain_words
from sync.store.migrate import migrate

BUSY_WAIT_MS = 10_000
_CACHE_KIB = 32_768
_PAGE_BYTES = 16_384  # payloads are some hundred bytes: larger pages, fewer writes
_CHECKPOINT_PAGES = 2_000  # a log of 32 MB before it is folded into the file


class Store:
    """The opened database. Close it, or use it as a context manager."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Use `open_store`; `where` names the database in messages, without its password."""
        self.engine = engine
        self.where = where
        self._is_sqlite = engine.dialect.name == "sqlite"

    def __enter__(self) -> "Store":
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state. Raises StoreTrouble."""
        with in_plain_words(self.where), self.engine.connect() as connection:
            if self._is_sqlite:
                _driver_of(connection).execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or not at all. Raises StoreTrouble.

        A process that is killed loses nothing that was committed. A `durable` commit also survives a
        power failure at that very moment: for credentials, which nobody could send again.
        """
        with in_plain_words(self.where), self.engine.connect() as connection:
            if not self._is_sqlite:
                with connection.begin():
                    yield connection
                return
            driver = _driver_of(connection)
            with _synchronous(driver, "FULL") if durable else nullcontext():
                driver.execute("BEGIN IMMEDIATE")
                with connection.begin():
                    yield connection

    @contextmanager
    def holding(self, name: str, *, wait: bool = False) -> Iterator[None]:
        """Nobody else works on what `name` stands for meanwhile.

        Without `wait` it raises AccountBusy at once when somebody does. The lock dies with its process, so
        a killed run holds nobody up.
        """
        url = self.engine.url
        if url.get_backend_name() == "sqlite":
            with _file_lock(_file_of(url), name, wait):
                yield
        else:
            with self.engine.connect() as connection, _server_lock(connection, name, wait):
                yield

    def tidy(self) -> None:
        """Fold SQLite's write-ahead log into the file; worth doing at the end of a long run."""
        if self._is_sqlite:
            with in_plain_words(self.where), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database at `url` (`sqlite:///file.db` or `postgresql://…`) and bring its tables up to date.

    Raises StoreTrouble, saying what to do, when that is impossible.
    """
    parsed = _understood(url)
    where = parsed.render_as_string(hide_password=True)
    path = _file_of(parsed)
    if path is not None and not create and not path.exists():
        raise StoreTrouble(f"{where}: there is no database yet; run `tillproof sync once` first.")
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
    store = Store(engine, where)
    try:
        with in_plain_words(where):
            migrate(engine, store.writing)
    except BaseException:
        store.close()
        raise
    return store


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreTrouble("[store] url is not a database address, such as sqlite:///tillproof.db") from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite")
    raise StoreTrouble(f"[store] url: {parsed.get_backend_name()} is not supported; use sqlite or postgresql")


def _file_of(url: URL) -> Path | None:
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name.removeprefix("file:"))


def _sqlite(url: URL) -> Engine:
    # The connection used last is used first: its page cache is the one still warm.
    pooling: dict[str, Any] = {"poolclass": StaticPool} if _file_of(url) is None else {"pool_use_lifo": True}
    wait_ms = _busy_wait_ms(url)
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": wait_ms / 1000}, **pooling
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # `reading` and `writing` begin: in 3 µs instead of an event's 40
        for pragma in (
            f"busy_timeout={wait_ms}", f"page_size={_PAGE_BYTES}", "journal_mode=WAL",
            "synchronous=NORMAL", f"wal_autocheckpoint={_CHECKPOINT_PAGES}", "foreign_keys=ON",
            f"cache_size=-{_CACHE_KIB}", "temp_store=MEMORY",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _busy_wait_ms(url: URL) -> int:
    """How long to wait for whoever holds the database: `?timeout=` of the address, in seconds."""
    try:
        return int(float(str(url.query.get("timeout", BUSY_WAIT_MS / 1000))) * 1000)
    except (ValueError, OverflowError):
        raise StoreTrouble("[store] url: timeout is no number of seconds") from None


def _postgresql(url: URL) -> Engine:
    # Positional parameters, as SQLite has them: bulk statements then take the same tuples on both.
    return create_engine(url, paramstyle="format", pool_pre_ping=True)


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


@contextmanager
def _synchronous(driver: Any, level: str) -> Iterator[None]:
    """SQLite's care for power failures, which can only be changed outside a transaction."""
    driver.execute(f"PRAGMA synchronous={level}")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def _file_lock(path: Path | None, name: str, wait: bool) -> Iterator[None]:
    if path is None:
        yield
        return
    try:
        lock = os.open(f"{path}.{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        raise StoreTrouble(
            f"the folder {path.parent} is not writable; give this user write permission. Nothing is lost."
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(name) from None
        yield
    finally:
        os.close(lock)


@contextmanager
def _server_lock(connection: Connection, name: str, wait: bool) -> Iterator[None]:
    key = {"key": zlib.crc32(f"tillproof {name}".encode())}
    if wait:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
    elif not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one():
        raise _busy(name)
    connection.commit()
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
        connection.commit()


def _busy(name: str) -> AccountBusy:
    return AccountBusy(f"another run is working on {name}; let it finish, then try again")
