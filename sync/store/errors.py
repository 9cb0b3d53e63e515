"""Troubles of the database, in words that say what to do. Nothing is lost by any of them.

StoreTrouble
├── StoreBusy       another process holds it; try again
└── AccountBusy     another run works on this account
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class StoreTrouble(Exception):
    """The database cannot be used as it is; the message says what to do."""


class StoreBusy(StoreTrouble):
    """Another process kept the database locked for longer than we wait."""


class AccountBusy(StoreTrouble):
    """Another run is working on this account right now."""


_SAFE = "Nothing is lost: what was not committed is read again by the next run."
_WORDS: tuple[tuple[str, str], ...] = (
    ("readonly", "the database is read-only; give this user write permission on the file and its folder"),
    ("read-only", "the database is read-only; use a role and a server that may write"),
    ("unable to open", "the database file cannot be opened; check that its folder exists and is writable"),
    ("disk is full", "the disk is full; make room and run it again"),
    ("disk i/o", "the disk reports an error; check the disk, and that the file is not on a network share"),
    ("not a database", "the file is no tillproof database; check [store] url in the settings"),
    ("malformed", "the database file is damaged; restore it from a backup"),
    ("password authentication", "the database refused the password; check [store] url in the settings"),
    ("does not exist", "the database or a table in it does not exist; check [store] url in the settings"),
    ("connection", "the database server cannot be reached; check that it runs and [store] url"),
)


@contextmanager
def in_plain_words(where: str) -> Iterator[None]:
    """Turn the driver's errors into `StoreTrouble`; `where` names the database without its password."""
    try:
        yield
    except DBAPIError as problem:
        raise _named(str(problem.orig), where) from None
    except sqlite3.Error as problem:
        raise _named(str(problem), where) from None
    except SQLAlchemyError as problem:
        raise StoreTrouble(f"{where}: {type(problem).__name__}. {_SAFE}") from None


def _named(text: str, where: str) -> StoreTrouble:
    lower = text.lower()
    if "locked" in lower or "deadlock" in lower or "lock timeout" in lower:
        return StoreBusy(f"{where}: another process holds the database; let it finish and try again. {_SAFE}")
    for mark, words in _WORDS:
        if mark in lower:
            return StoreTrouble(f"{where}: {words}. {_SAFE}")
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return StoreTrouble(f"{where}: {first}. {_SAFE}")
