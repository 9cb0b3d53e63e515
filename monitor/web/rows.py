"""The dashboard's own tables: who may sign in, who is signed in, and who tried in vain.

    web_users      one row a person; a password only as its argon2 hash
    web_sessions   one row a sign-in; the cookie's secret only as its SHA-256
    web_failures   wrong passwords of the last minutes, counted

Instants are whole seconds since 1970, UTC (`_s`).
"""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class WebUserRow(SQLModel, table=True):
    """One person who may sign in."""

    __tablename__ = "web_users"
    name: str = Field(primary_key=True)
    role: str  # viewer, operator
    password: str = Field(sa_type=Text)  # argon2id, with its salt and cost
    accounts: str = Field(default="", sa_type=Text)  # names with a blank between them; empty: all
    created_s: int = Field(sa_type=BigInteger)


class WebSessionRow(SQLModel, table=True):
    """One sign-in."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index("ix_web_sessions_who", "who"), Index("ix_web_sessions_seen", "seen_s"))
    digest: str = Field(primary_key=True)
    who: str
    created_s: int = Field(sa_type=BigInteger)
    seen_s: int = Field(sa_type=BigInteger)


class WebFailureRow(SQLModel, table=True):
    """Wrong passwords: `what` is a hash of whom or whence."""

    __tablename__ = "web_failures"
    what: str = Field(primary_key=True)
    count: int = 0
    since_s: int = Field(sa_type=BigInteger)
