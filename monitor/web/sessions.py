"""Sign-ins: a random secret in the signed cookie, its hash in the database, and an end to both.

Because the database knows every sign-in, signing out, a new password and a removed person end it at once,
and a stolen copy of the cookie with it.
"""

import hashlib
import secrets

from sqlalchemy import Connection, Table, delete, select

from monitor.web.rows import WebSessionRow
from sync.store.database import Store

SESSIONS: Table = WebSessionRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
IDLE_S = 2 * 3600  # without a request
LIFE_S = 12 * 3600  # however busy
_SEEN_EVERY_S = 60  # written no more often than this


class Sessions:
    """The sign-ins of one installation."""

    def __init__(self, store: Store) -> None:
        """Kept in this database."""
        self._store = store

    def begin(self, name: str, now_s: int) -> str:
        """A new sign-in; its secret. Those that are over are forgotten on the way."""
        secret = secrets.token_urlsafe(32)
        values = {"digest": _digest(secret), "who": name, "created_s": now_s, "seen_s": now_s}
        with self._store.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.seen_s < now_s - IDLE_S))
            connection.execute(SESSIONS.insert().values(**values))
        return secret

    def who(self, connection: Connection, secret: str, now_s: int) -> tuple[str, bool] | None:
        """Whose sign-in it is, and whether `touch` is due; None when it is over or never was."""
        query = select(SESSIONS).where(SESSIONS.c.digest == _digest(secret))
        row = connection.execute(query).first()
        if row is None or now_s - row.seen_s > IDLE_S or now_s - row.created_s > LIFE_S:
            return None
        return row.who, now_s - row.seen_s > _SEEN_EVERY_S

    def touch(self, secret: str, now_s: int) -> None:
        """It is still in use."""
        mine = SESSIONS.c.digest == _digest(secret)
        with self._store.writing() as connection:
            connection.execute(SESSIONS.update().where(mine).values(seen_s=now_s))

    def end(self, secret: str) -> None:
        """Sign out."""
        with self._store.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == _digest(secret)))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
