"""The one place where the monitor reads the sync's own books: to explain what it found, never to find it.

What the ledger, the dead letters and the journal of runs say of a difference turns a guess into a proof, or
shows how long sales took. Nothing here decides whether there is a difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, func, select

from monitor.details import Detail
from monitor.report_data import Cause, Finding, FindingKind
from monitor.words import money
from sync.domain.planning import Kind
from sync.store.database import Store
from sync.store.rows import AccountRow, DeadLetterRow, EventRow, EventState, RunRow, SaleRow

_ENDED_WELL = ("done", "done_with_dead_letters")
_LATEST_ROWS = (
    100_000  # so many rows of the ledger, whatever their accounts, are looked through for the newest
)
_AT_ONCE = 400  # identifiers in one query
_LOST = (FindingKind.MISSING, FindingKind.LOST_REFUND)

_EVENTS = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_LETTERS = DeadLetterRow.__table__  # type: ignore[attr-defined]  # the same
_RUNS = RunRow.__table__  # type: ignore[attr-defined]  # the same
_ACCOUNTS = AccountRow.__table__  # type: ignore[attr-defined]  # the same
_SALES = SaleRow.__table__  # type: ignore[attr-defined]  # the same


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one event."""

    state: EventState
    changed_at: datetime  # when it entered its state
    value_minor: int
    email: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter about a sale."""

    reason: str
    first_at: datetime


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A sale's Placed Order that was sent, or waits to be."""

    event_id: str
    shop: str
    happened_s: int
    changed_s: int  # when it was sent, or began to wait
    sent: bool


class Journal(Protocol):
    """The sync's books of one account; `LedgerJournal` reads the real ones."""

    def entries(self, event_ids: Sequence[str]) -> Mapping[tuple[str, str], Entry]:
        """What is known of these events, by kind and event id."""
        ...

    def letters(self, sale_ids: Sequence[str]) -> Mapping[str, Letter]:
        """The dead letters about these sales."""
        ...

    def read_sales(self, sale_ids: Sequence[str]) -> set[str]:
        """Which of these sales the sync has ever read."""
        ...

    def last_run_at(self) -> datetime | None:
        """When a run of the sync last ended."""
        ...

    def connected_at(self) -> datetime | None:
        """When the account was connected: sales from before it were sent as history."""
        ...

    def finished_s(self, first_s: int, last_s: int) -> list[int]:
        """When runs of the sync ended well in a span, in order, in epoch seconds."""
        ...

    def sent(self, first_s: int, last_s: int) -> Iterator[tuple[str, int, int]]:
        """Event id, time of the sale and time of sending of every Placed Order sent for sales of a window."""
        ...

    def latest(self, count_max: int) -> Sequence[OnItsWay]:
        """The newest Placed Orders that were sent or wait to be, in the order they were planned."""
        ...


class LedgerJournal:
    """The books of one account in the sync's database."""

    def __init__(self, store: Store, account: int) -> None:
        """`account` is the number of the account's row."""
        self._store = store
        self._account = account

    def entries(self, event_ids: Sequence[str]) -> dict[tuple[str, str], Entry]:
        """What is known of these events, by kind and event id."""
        columns = (_EVENTS.c.kind, _EVENTS.c.event_id, _EVENTS.c.state, _EVENTS.c.changed_s)
        query = select(*columns, _EVENTS.c.value_minor, _EVENTS.c.email)
        kinds = [kind.value for kind in Kind]  # leads the index
        with self._store.reading() as connection:
            return {
                (kind, event_id): Entry(EventState(state), _at(changed_s), int(minor), email)
                for ids in _lots(event_ids)
                for kind, event_id, state, changed_s, minor, email in connection.execute(
                    query.where(
                        _EVENTS.c.account == self._account,
                        _EVENTS.c.kind.in_(kinds),
                        _EVENTS.c.event_id.in_(ids),
                    )
                )
            }

    def letters(self, sale_ids: Sequence[str]) -> dict[str, Letter]:
        """The dead letters about these sales."""
        query = select(_LETTERS.c.sale_id, _LETTERS.c.reason, _LETTERS.c.first_at).where(
            _LETTERS.c.account == self._account, _LETTERS.c.sale_id != ""
        )
        wanted = set(sale_ids)
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(_LETTERS.c.id)).all()
        return {sale_id: Letter(reason, first_at) for sale_id, reason, first_at in rows if sale_id in wanted}

    def read_sales(self, sale_ids: Sequence[str]) -> set[str]:
        """Which of these sales the sync has ever read."""
        with self._store.reading() as connection:
            return {
                sale_id
                for ids in _lots(sale_ids)
                for (sale_id,) in connection.execute(
                    select(_SALES.c.sale_id).where(
                        _SALES.c.account == self._account, _SALES.c.sale_id.in_(ids)
                    )
                )
            }

    def last_run_at(self) -> datetime | None:
        """When a run of the sync last ended."""
        with self._store.reading() as connection:
            return _last_run(connection, self._account)

    def connected_at(self) -> datetime | None:
        """When the account was connected: sales from before it were sent as history."""
        query = select(_ACCOUNTS.c.connected_at).where(_ACCOUNTS.c.id == self._account)
        # Where nobody has to sign in, the account is connected by its first run.
        first = select(func.min(_RUNS.c.started_at)).where(_RUNS.c.account == self._account)
        with self._store.reading() as connection:
            found: datetime | None = connection.execute(query).scalar() or connection.execute(first).scalar()
        return found

    def finished_s(self, first_s: int, last_s: int) -> list[int]:
        """When runs of the sync ended well in a span, in order, in epoch seconds."""
        query = select(_RUNS.c.ended_at).where(
            _RUNS.c.account == self._account,
            _RUNS.c.outcome.in_(_ENDED_WELL),
            _RUNS.c.ended_at >= _at(first_s),
            _RUNS.c.ended_at <= _at(last_s),
        )
        with self._store.reading() as connection:
            return sorted(int(at.timestamp()) for (at,) in connection.execute(query))

    def sent(self, first_s: int, last_s: int) -> Iterator[tuple[str, int, int]]:
        """Event id, time of the sale and time of sending of every Placed Order sent for sales of a window."""
        query = select(_EVENTS.c.event_id, _EVENTS.c.happened_s, _EVENTS.c.changed_s).where(
            _EVENTS.c.account == self._account,
            _EVENTS.c.kind == Kind.PLACED.value,
            _EVENTS.c.state == int(EventState.SENT),
            _EVENTS.c.happened_s >= first_s,
            _EVENTS.c.happened_s < last_s,
        )
        with self._store.reading() as connection:
            for event_id, happened_s, changed_s in connection.execute(query):
                yield event_id, int(happened_s), int(changed_s)

    def latest(self, count_max: int) -> list[OnItsWay]:
        """The newest Placed Orders that were sent or wait to be, in the order they were planned."""
        c, sale = _EVENTS.c, _SALES.c
        joined = _EVENTS.outerjoin(_SALES, (sale.account == c.account) & (sale.sale_id == c.sale_id))
        with self._store.reading() as connection:
            newest = connection.execute(select(func.max(c.id))).scalar()
            query = (
                select(c.event_id, sale.shop_id, c.happened_s, c.changed_s, c.state)
                .select_from(joined)
                .where(
                    c.account == self._account,
                    c.id > (newest or 0) - _LATEST_ROWS,
                    c.kind == Kind.PLACED.value,
                    c.state.in_((int(EventState.SENT), int(EventState.PLANNED))),
                )
                .order_by(c.id.desc())
                .limit(count_max)
            )
            rows = connection.execute(query).all()
        return [
            OnItsWay(event_id, shop or "", int(at), int(changed), state == int(EventState.SENT))
            for event_id, shop, at, changed, state in reversed(rows)
        ]


def explained(
    found: Sequence[tuple[Detail, Finding]], journal: Journal, kinds: Mapping[str, str]
) -> list[Finding]:
    """The findings with the causes that the sync's books prove; `kinds` are the kinds by metric."""
    findings = [finding for _, finding in found]
    entries = journal.entries(sorted({one.event_key for one in findings if one.event_key}))
    lost = sorted({one.sale_id for one in findings if one.kind in _LOST and one.sale_id})
    books = _Books(journal.letters(lost), journal.read_sales(lost), journal.last_run_at() if lost else None)
    return [
        _explained(detail, finding, entries.get((kinds.get(finding.metric, ""), finding.event_key)), books)
        for detail, finding in found
    ]


@dataclass(frozen=True, slots=True)
class _Books:
    letters: Mapping[str, Letter]
    read: set[str]
    last_run_at: datetime | None


def _explained(detail: Detail, finding: Finding, entry: Entry | None, books: _Books) -> Finding:
    if finding.kind in _LOST and finding.cause.code == "not_in_klaviyo":
        return replace(finding, cause=_lost(finding.sale_id, entry, books) or finding.cause)
    if entry is None or entry.state is not EventState.SENT:
        return finding
    if finding.kind is FindingKind.AMOUNT_MISMATCH and not finding.cause.proven:
        return replace(finding, cause=_amount(detail, entry) or finding.cause)
    if finding.kind is FindingKind.ORPHANED and finding.cause.code.startswith(("excluded_", "refund_voided")):
        proof = f"{finding.cause.proof} The sync sent it on {_told(entry.changed_at)}."
        return replace(finding, cause=replace(finding.cause, proof=proof))
    return finding


def _lost(sale_id: str, entry: Entry | None, books: _Books) -> Cause | None:
    letter = books.letters.get(sale_id)
    if letter is not None:
        words = f"it lies among the dead letters: {letter.reason.replace('_', ' ')}"
        return Cause("dead_letter", words, True, f"The sync set it aside on {_told(letter.first_at)}.")
    if entry is not None:
        return _STATES[entry.state](entry)
    if sale_id in books.read:
        return None
    last = books.last_run_at
    run = f"A run of the sync last ended on {_told(last)}" if last else "No run of the sync has ended yet"
    return Cause(
        "never_read", "the sync has never read this sale", True, f"{run}; it does not know the sale."
    )


def _amount(detail: Detail, entry: Entry) -> Cause | None:
    sent = f"The sync sent {money(entry.value_minor, detail.currency)} on {_told(entry.changed_at)}"
    if entry.value_minor == detail.value_minor:
        words = "the receipt was changed in the POS after it had been sent"
        now = money(detail.total_minor or 0, detail.currency)
        return Cause("edited_after_sending", words, True, f"{sent}; the POS now says {now}.")
    if entry.value_minor == detail.total_minor:
        return Cause("changed_in_klaviyo", "Klaviyo holds another amount than was sent", True, f"{sent}.")
    return None


_STATES = {
    EventState.SENT: lambda entry: Cause(
        "accepted_and_dropped",
        "Klaviyo accepted it and does not hold it",
        True,
        f"The sync's books say that Klaviyo took it on {_told(entry.changed_at)}.",
    ),
    EventState.PLANNED: lambda entry: Cause(
        "not_sent_yet",
        "it is still waiting to be sent",
        True,
        f"It has been waiting since {_told(entry.changed_at)}.",
    ),
    EventState.WITHDRAWN: lambda entry: Cause(
        "withdrawn",
        "the sync withdrew it before it was sent, and the rule now says otherwise",
        True,
        f"It was withdrawn on {_told(entry.changed_at)}.",
    ),
    EventState.DEAD: lambda entry: Cause(
        "refused", "Klaviyo refused it", True, f"It was refused on {_told(entry.changed_at)}."
    ),
}


def _last_run(connection: Connection, account: int) -> datetime | None:
    query = (
        select(_RUNS.c.ended_at)
        .where(_RUNS.c.account == account, _RUNS.c.ended_at.is_not(None))
        .order_by(_RUNS.c.id.desc())
        .limit(1)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _lots(ids: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]


def _at(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(int(epoch_s), UTC)


def _told(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
