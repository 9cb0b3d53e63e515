"""What every source offers: pages of facts, by cursor for the sync and by window for the monitor.

The sync reads feeds by cursor; the monitor reads the same POS by time window, so that a mistake in a
cursor cannot hide from it. A record that cannot be read is set aside on its page, never dropped.
"""

import secrets
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import httpx

from sync.domain.clock import Clock, Window
from sync.domain.errors import SetAside
from sync.domain.facts import AccountFacts, Customer, Product, Sale, Shipment
from sync.http.retry import RetryPolicy
from sync.http.tokens import Tokens, TokenVault, pkce


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the cursor that stands behind them. Committing both together loses nothing."""

    feed: str
    cursor: str | None  # None on a page read by window or by id: nothing to remember
    sales: tuple[Sale, ...] = ()
    shipments: tuple[tuple[Shipment, Sale], ...] = ()
    customers: tuple[Customer, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    row_count: int = 0  # rows the POS sent for this page, read or set aside
    behind_count: int | None = None  # rows still to come where the POS can tell, for progress
    notes: tuple[SetAside, ...] = ()  # what was read all the same, but a person may want to know of
    behind_s: float | None = None  # the least time its rate limit asks for them, where it has told its rate


class ProductShelf(Protocol):
    """Where a source keeps what it learnt of articles, so that a sale does not ask for them again."""

    def get(self, item_ids: Iterable[str]) -> Mapping[str, Product]:
        """The known products among `item_ids`."""
        ...

    def put(self, products: Sequence[Product]) -> None:
        """Keep these products, replacing older knowledge."""
        ...


class Source(Protocol):
    """One POS account being read."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the feeds that `read` knows, in the order a run reads them."""
        ...

    def account(self) -> AccountFacts:
        """Who this account is, its currency and its shops with their zones."""
        ...

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        """Pages of records changed since `cursor`, oldest first; None starts at the beginning."""
        ...

    def read_window(self, window: Window) -> Iterator[Page]:
        """Pages of every sale and shipment whose own time lies in `window`, whatever a cursor says."""
        ...

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        """These sales and their shipments as they are now, whatever a cursor says."""
        ...


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What a till counted by itself between its opening and its closing: a witness beside its receipts.

    Money is gross, above zero for refunds too, in minor units of `currency`. `opened_at` is None where the
    POS does not say when counting began: it did when the register's report before this one was made.
    """

    report_id: str
    register_id: str
    shop_id: str
    currency: str
    opened_at: datetime | None
    closed_at: datetime
    sales_count: int
    sales_minor: int
    refunds_count: int
    refunds_minor: int
    receipts_count: int | None = None
    practice_count: int = 0
    practice_minor: int = 0
    rounding_minor: int = 0  # of cash, not in the amounts above
    register_name: str = ""  # what people call the register, where the POS says


@runtime_checkable
class HasControlTotals(Protocol):
    """A source whose tills keep control totals."""

    def control_totals(self, window: Window) -> Sequence[ControlTotal]:
        """The totals of every interval that was closed in `window`, by register and time."""
        ...


@runtime_checkable
class HasPeople(Protocol):
    """A source that can say whose an e-mail address is."""

    def read_people(self, emails: Sequence[str]) -> Page:
        """Every customer with one of these addresses, in the form that is sent."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """What an account of any POS is opened with."""

    account: str  # its name in the settings, for messages
    vault: Callable[[], TokenVault]  # opened only by those that keep tokens; raises WrongKey
    clock: Clock
    transport: httpx.BaseTransport | None = None  # mounts a fake
    tls: ssl.SSLContext | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    share: float = 1.0  # of the POS's rate limit
    live: bool = False  # read in the cheap way that suits reading all day
    products: ProductShelf | None = None

    def lacks(self, pos: str, secret_field: str, words: str) -> str:
        """What to say when a secret is missing: where to put it."""
        variable = f"TILLPROOF_{self.account}_{pos}_{secret_field}".upper().replace("-", "_")
        return (
            f"accounts.{self.account}.{pos}: there is no {words}; put it into {variable}, "
            f"or into a file named by {secret_field}_file"
        )


@dataclass(frozen=True, slots=True)
class Till:
    """An account opened for reading."""

    source: Source
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one attempt to sign in: what must come back, and what proves that we began it."""

    state: str
    verifier: str = field(repr=False)
    challenge: str

    @classmethod
    def begun(cls) -> "Attempt":
        """A new one."""
        return cls(secrets.token_urlsafe(16), *pkce())


class SignIn(Protocol):
    """A person grants us access: they open `url`, and what comes back is exchanged for tokens."""

    @property
    def url(self) -> str:
        """Where the person goes."""
        ...

    def tokens(self, code: str, answer: Mapping[str, str]) -> Tokens:
        """The tokens for a code; `answer` is everything else that the redirect told. Raises ApiTrouble."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class PointOfSale(Protocol):
    """A POS's `pos.py`: what the rest of the program knows of it."""

    def open(self, link: Link, settings: Any) -> Till:
        """An account as a source. Raises WrongSettings, and ApiTrouble."""
        ...

    def sign_in(self, link: Link, settings: Any, attempt: Attempt) -> SignIn | None:
        """A sign-in by a person; None where the settings hold all that is needed."""
        ...
