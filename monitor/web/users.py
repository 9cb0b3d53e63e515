"""Who may sign in: names, roles and argon2 hashes in the database."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, Table, delete, select

from monitor.web.rows import WebSessionRow, WebUserRow
from sync.settings import WrongSettings
from sync.store.database import Store

USERS: Table = WebUserRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_SESSIONS: Table = WebSessionRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
PASSWORD_MIN = 12
PASSWORD_MAX = 1_000  # hashing time grows with it


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"  # look at everything
    OPERATOR = "operator"  # and sync, retry, repair, connect


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in."""

    name: str
    role: Role
    accounts: frozenset[str]  # may see these only; empty: all
    created_s: int

    @property
    def acts(self) -> bool:
        """Whether this person may change anything."""
        return self.role is Role.OPERATOR

    def sees(self, account: str) -> bool:
        """Whether this person may know of the account."""
        return not self.accounts or account in self.accounts


class Users:
    """The people of one installation."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None) -> None:
        """`hasher` replaces argon2's own costs."""
        self._store = store
        self._hasher = hasher or PasswordHasher()
        # What a name that nobody has is checked against, so that both answers take the same time.
        self._nobody = self._hasher.hash("nobody has this password")
        self._hashing = threading.BoundedSemaphore(2)

    def add(self, name: str, role: Role, password: str, accounts: Sequence[str], now_s: int) -> User:
        """A new person. Raises WrongSettings for a name that is taken or a password that is too weak."""
        if not _NAME.match(name):
            raise WrongSettings("a name has up to 40 letters, digits, dots, dashes and underscores")
        values = {
            "name": name, "role": role.value, "password": self._hashed(name, password),
            "accounts": " ".join(sorted(accounts)), "created_s": now_s,
        }  # fmt: skip
        with self._store.writing() as connection:  # one writer at a time: nobody takes the name in between
            if self.find(connection, name) is not None:
                raise WrongSettings(
                    f"there is a user {name} already; `tillproof monitor users list` shows all"
                )
            connection.execute(USERS.insert().values(**values))
        return User(name, role, frozenset(accounts), now_s)

    def change_password(self, name: str, password: str) -> None:
        """Another password, which ends every sign-in of that person. Raises WrongSettings."""
        self._change(name, password=self._hashed(name, password))

    def change_role(self, name: str, role: Role) -> None:
        """Another role, which ends every sign-in of that person. Raises WrongSettings."""
        self._change(name, role=role.value)

    def remove(self, name: str) -> None:
        """Nobody signs in by that name any more, and who is signed in is out. Raises WrongSettings."""
        with self._store.writing() as connection:
            _sign_out(connection, name)
            if not connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount:
                raise _unknown(name)

    def every(self) -> list[User]:
        """All of them, by name."""
        with self._store.reading() as connection:
            return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]

    def find(self, connection: Connection, name: str) -> User | None:
        """The person of that name."""
        row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
        return None if row is None else _user(row)

    def verified(self, name: str, password: str) -> User | None:
        """The person, when the password is theirs. Takes as long for names that nobody has."""
        with self._store.reading() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name[:80])).first()
        try:
            with self._hashing:  # each takes 64 MB; a flood of tries must not take all memory
                self._hasher.verify(row.password if row else self._nobody, password[:PASSWORD_MAX])
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        if self._hasher.check_needs_rehash(row.password):
            with self._store.writing() as connection:
                changed = USERS.update().where(USERS.c.name == name)
                connection.execute(changed.values(password=self._hasher.hash(password)))
        return _user(row)

    def _hashed(self, name: str, password: str) -> str:
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX or len(set(password)) < 5:
            raise WrongSettings(
                f"the password is too weak: take {PASSWORD_MIN} characters or more, such as plain words"
            )
        if name.lower() in password.lower() and len(password) < 2 * PASSWORD_MIN:
            raise WrongSettings("the password holds the name; take another one")
        return self._hasher.hash(password)

    def _change(self, name: str, **values: str) -> None:
        with self._store.writing() as connection:
            _sign_out(connection, name)
            if not connection.execute(USERS.update().where(USERS.c.name == name).values(**values)).rowcount:
                raise _unknown(name)


def _sign_out(connection: Connection, name: str) -> None:
    connection.execute(delete(_SESSIONS).where(_SESSIONS.c.who == name))


def _unknown(name: str) -> WrongSettings:
    return WrongSettings(f"there is no user {name}; `tillproof monitor users list` shows all")


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.name, Role(row.role), frozenset(row.accounts.split()), row.created_s)
