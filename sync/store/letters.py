"""Dead letters: what could not be handled, with its reason, until it is retried or dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from sync.domain.errors import SetAside
from sync.store import ledger
from sync.store.bulk import chunks, run
from sync.store.rows import DeadLetterRow

_T = DeadLetterRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it


REFUSED = "refused_"  # how the reason of whatever Klaviyo refused begins


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `sale_id` is the sale to read again, empty when there is none."""

    number: int
    subject: str
    subject_id: str
    reason: str
    detail: str
    sale_id: str
    seen_count: int
    first_at: datetime
    last_at: datetime


def add(connection: Connection, account: int, items: Iterable[tuple[SetAside, str]], now_at: datetime) -> int:
    """Keep these, each with the sale it belongs to; one met before is counted again. The number new."""
    new_count = 0
    for item, sale_id in items:
        same = (
            (_T.c.account == account) & (_T.c.subject == item.subject)
            & (_T.c.subject_id == item.subject_id) & (_T.c.reason == item.reason)
        )  # fmt: skip
        again = connection.execute(
            update(_T).where(same).values(
                seen_count=_T.c.seen_count + 1, last_at=now_at, detail=item.detail, sale_id=sale_id
            )
        )  # fmt: skip
        if again.rowcount:
            continue
        new_count += 1
        connection.execute(
            _T.insert().values(
                account=account, subject=item.subject, subject_id=item.subject_id, reason=item.reason,
                detail=item.detail, sale_id=sale_id, seen_count=1, first_at=now_at, last_at=now_at,
            )
        )  # fmt: skip
    return new_count


def listed(
    connection: Connection, account: int, numbers: Sequence[int] | None = None, limit: int | None = None
) -> list[Letter]:
    """The account's dead letters, oldest first; all of them, or those with these numbers."""
    query = select(
        _T.c.id, _T.c.subject, _T.c.subject_id, _T.c.reason, _T.c.detail, _T.c.sale_id, _T.c.seen_count,
        _T.c.first_at, _T.c.last_at,
    ).where(_T.c.account == account).order_by(_T.c.id)  # fmt: skip
    if numbers is not None:
        query = query.where(_T.c.id.in_(numbers))
    return [Letter(*row) for row in connection.execute(query.limit(limit))]


def counts(connection: Connection, account: int) -> dict[str, int]:
    """How many letters there are, by reason."""
    query = select(_T.c.reason, func.count()).where(_T.c.account == account).group_by(_T.c.reason)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def settle(
    connection: Connection, account: int, subject: str, subject_ids: Iterable[str], *, only_read: bool = False
) -> int:
    """Remove the letters of things that were handled after all; the number removed.

    `only_read`: they were read well, which answers no refusal of Klaviyo's.
    """
    removed = 0
    for chunk in chunks(subject_ids):
        same = (_T.c.account == account) & (_T.c.subject == subject) & _T.c.subject_id.in_(chunk)
        if only_read:
            same &= ~_T.c.reason.startswith(REFUSED)
        gone = connection.execute(delete(_T).where(same))
        removed += gone.rowcount
    return removed


def exist(connection: Connection, account: int) -> bool:
    """Whether the account has any."""
    # Asked at every page: in plain SQL, which costs a fraction.
    sql = "SELECT 1 FROM dead_letters WHERE account = ? LIMIT 1"
    return run(connection, sql, (account,)).first() is not None


def drop(connection: Connection, account: int, numbers: Sequence[int] | None, now_s: int) -> int:
    """Give letters up, all or those with these numbers: their events are withdrawn. The number dropped."""
    chosen = listed(connection, account, numbers)
    events = [letter.subject_id for letter in chosen if letter.subject == "event"]
    ledger.withdraw(connection, list(ledger.ids_of(connection, account, events).values()), now_s)
    remove(connection, [letter.number for letter in chosen])
    return len(chosen)


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove letters by number."""
    for chunk in chunks(numbers):
        connection.execute(delete(_T).where(_T.c.id.in_(chunk)))
