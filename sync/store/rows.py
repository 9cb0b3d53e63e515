"""The tables. Rows are for reading and small writes; bulk paths use the same tables through Core.

`account` is the number of the account's row. Hot tables keep instants as whole seconds since 1970, UTC
(`_s`), because a year is 1.6 million of them; the others keep aware datetimes (`_at`).

    accounts ─┬─ credentials   sealed, one row a field
              ├─ cursors       how far each feed was read
              ├─ shops, products
              ├─ sales         fingerprint and verdict of every sale read
              ├─ events        the ledger: one row per event ever planned, kept for good
              │    └─ outbox   what still has to be sent, to the byte; gone once sent
              ├─ profiles      the current customer behind each e-mail address
              ├─ wishes        what people said at the till about marketing
              ├─ inbox         what vendors told us by webhook: which sale to read
              │    └─ inbox_deliveries, inbox_counts   deliveries seen, and how many of each kind
              ├─ dead_letters  what could not be handled, with its reason
              └─ runs
"""

from datetime import datetime
from enum import IntEnum

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

# SQLite makes only INTEGER the row's own number; PostgreSQL needs eight bytes.
_BIG = BigInteger().with_variant(Integer, "sqlite")


class EventState(IntEnum):
    """Where an event stands. An event in the outbox with a batch number is being sent.

    All values need the same number of bytes, so that changing one never moves a row.
    """

    PLANNED = 10
    SENT = 20
    WITHDRAWN = 30  # planned, and no longer wanted before it was sent
    DEAD = 40  # refused; its payload waits in the outbox for a person


class AccountRow(SQLModel, table=True):
    """One configured account and what is known of both of its ends."""

    __tablename__ = "accounts"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    source: str
    pos_account_id: str = ""
    currency: str = ""
    klaviyo_id: str = ""
    klaviyo_zone: str = ""
    connected_at: datetime | None = None
    trouble: str = ""  # what a person must do before it can go on; empty: nothing


class CredentialRow(SQLModel, table=True):
    """One secret of an account, sealed with AES-GCM under the key named by `key_id`."""

    __tablename__ = "credentials"
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    field: str = Field(primary_key=True)
    key_id: str
    sealed: bytes
    updated_at: datetime


class CursorRow(SQLModel, table=True):
    """How far one feed was read, in the source's own words."""

    __tablename__ = "cursors"
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    feed: str = Field(primary_key=True)
    cursor: str = Field(sa_column=Column(Text, nullable=False))


class ShopRow(SQLModel, table=True):
    """A shop of the account."""

    __tablename__ = "shops"
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    shop_id: str = Field(primary_key=True)
    name: str
    zone: str
    country: str = ""


class ProductRow(SQLModel, table=True):
    """What is known of an article, so that a sale does not ask for it again."""

    __tablename__ = "products"
    __table_args__ = ({"sqlite_with_rowid": False},)
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    item_id: str = Field(primary_key=True)
    name: str
    sku: str = ""
    category: str = ""
    brand: str = ""
    image_url: str = ""


class SaleRow(SQLModel, table=True):
    """A sale as last read: the fingerprint of its facts and what became of it."""

    __tablename__ = "sales"
    __table_args__ = (
        Index("ix_sales_waiting", "account", "customer_id", sqlite_where=text("person_missing = 1"),
              postgresql_where=text("person_missing = 1")),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    sale_id: str = Field(primary_key=True)
    fingerprint: bytes
    state: str
    shop_id: str
    customer_id: str = ""
    completed_s: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    total_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    verdict: str = ""  # reasons per kind of event, such as `placed=no_email`; empty: all of it is sent
    person_missing: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))


class EventRow(SQLModel, table=True):
    """The ledger: what was decided for one event, and what was sent for whom."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ux_events_identity", "account", "kind", "event_id", unique=True),
        Index("ix_events_sale", "account", "sale_id"),
        Index("ix_events_open", "account", "state", sqlite_where=text("state > 20"),
              postgresql_where=text("state > 20")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(_BIG, primary_key=True))
    account: int = Field(foreign_key="accounts.id")
    kind: str
    event_id: str
    sale_id: str
    email: str  # the profile it belongs to, frozen once sending begins
    happened_s: int = Field(sa_column=Column(BigInteger, nullable=False))
    value_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    digest: bytes  # of the bytes that are or were to be sent
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    changed_s: int = Field(sa_column=Column(BigInteger, nullable=False))  # when it entered its state


class OutboxRow(SQLModel, table=True):
    """One event on its way out; `batch` is set, and committed, before it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "account", "happened_s", "id",
              sqlite_where=text("batch = 0"), postgresql_where=text("batch = 0")),
        Index("ix_outbox_batch", "account", "batch",
              sqlite_where=text("batch > 0"), postgresql_where=text("batch > 0")),
    )  # fmt: skip
    id: int = Field(sa_column=Column(_BIG, primary_key=True, autoincrement=False))
    account: int
    happened_s: int = Field(sa_column=Column(BigInteger, nullable=False))
    batch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # 0 waiting, -1 held back
    profile: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ProfileRow(SQLModel, table=True):
    """The current customer behind an e-mail address, and what Klaviyo was last told of them."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index("ix_profiles_waiting", "account", sqlite_where=text("waiting = 1"),
              postgresql_where=text("waiting = 1")),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    email: str = Field(primary_key=True)
    customer_id: str
    attributes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    digest: bytes
    sent_digest: bytes = b""
    waiting: int = Field(sa_column=Column(SmallInteger, nullable=False))  # 1 to be sent, 0 done, 2 refused
    listed: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))  # 1 once put on the list
    is_new: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))  # came after the history


class WishRow(SQLModel, table=True):
    """What somebody last said at the till about marketing. Klaviyo is told once each time it changes."""

    __tablename__ = "wishes"
    __table_args__ = (
        Index("ix_wishes_waiting", "account", sqlite_where=text("waiting = 1"),
              postgresql_where=text("waiting = 1")),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    email: str = Field(primary_key=True)
    wish: str  # `opted_out`, `consented` or `unknown`
    waiting: int = Field(sa_column=Column(SmallInteger, nullable=False))
    changed_s: int = Field(sa_column=Column(BigInteger, nullable=False))


class InboxState(IntEnum):
    """Where a notice stands."""

    WAITING = 10
    DONE = 20
    GIVEN_UP = 40


class InboxRow(SQLModel, table=True):
    """A sale that a vendor told us to look at, once however often it was told. No payload is kept."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_waiting", "account", "due_ms", sqlite_where=text("state = 10"),
              postgresql_where=text("state = 10")),
        Index("ix_inbox_handled", "account", "handled_ms", sqlite_where=text("state > 10"),
              postgresql_where=text("state > 10")),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    subject_id: str = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))  # the highest one told; 0: none was
    mark: int  # rises with every delivery that asks for another look
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    attempts: int
    received_ms: int = Field(sa_column=Column(BigInteger, nullable=False))  # the first one still unanswered
    due_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    handled_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    reason: str  # why it is tried again, or was given up


class InboxDeliveryRow(SQLModel, table=True):
    """A delivery that was taken, so that its repetition is recognised."""

    __tablename__ = "inbox_deliveries"
    __table_args__ = (Index("ix_inbox_deliveries_seen", "seen_s"), {"sqlite_with_rowid": False})
    account: int = Field(primary_key=True, foreign_key="accounts.id")
    key: str = Field(primary_key=True)
    seen_s: int = Field(sa_column=Column(BigInteger, nullable=False))


class InboxCountRow(SQLModel, table=True):
    """How many deliveries of a kind an account had; account 0 is nobody's."""

    __tablename__ = "inbox_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)
    account: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_s: int = Field(sa_column=Column(BigInteger, nullable=False))


class DeadLetterRow(SQLModel, table=True):
    """One thing that could not be handled, why, and how often it was met."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("ux_dead_letters", "account", "subject", "subject_id", "reason", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    account: int = Field(foreign_key="accounts.id")
    subject: str
    subject_id: str
    reason: str
    detail: str
    sale_id: str = ""
    seen_count: int = 1
    first_at: datetime
    last_at: datetime


class RunRow(SQLModel, table=True):
    """One bounded piece of work and how it ended."""

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_account", "account", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    account: int = Field(foreign_key="accounts.id")
    mode: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = "running"
    detail: str = ""
    counts: str = Field(default="{}", sa_column=Column(Text, nullable=False))
