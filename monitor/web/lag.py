"""How long sales take from the till to Klaviyo, out of what the sync sent last. Kept for a minute.

A pass over the latest rows of the ledger, whatever their accounts: it costs the same with one account and
with a thousand. History that was imported says nothing about lag and is left out by its age.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, func, select

from sync.store.rows import AccountRow, EventRow, EventState

_EVENTS: Table = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_ACCOUNTS: Table = AccountRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
LATEST = 20_000
OLDEST_S = 3 * 86_400  # a sale sent later than this was history
KEPT_S = 60
QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Lags:
    """Percentiles in seconds, of all accounts and of each."""

    sample_count: int = 0
    overall: Mapping[float, int] = field(default_factory=dict)
    p90_by_account: Mapping[str, int] = field(default_factory=dict)


class LagKeeper:
    """The lags of one dashboard."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lags, self._at_s = Lags(), -KEPT_S

    def now(self, connection: Connection, now_s: int) -> Lags:
        """The lags, at most a minute old."""
        if now_s - self._at_s >= KEPT_S:
            self._lags, self._at_s = read(connection), now_s
        return self._lags


def read(connection: Connection) -> Lags:
    """The percentiles of what was sent last."""
    e = _EVENTS.c
    last = connection.execute(select(func.max(e.id))).scalar() or 0
    query = select(e.account, e.changed_s - e.happened_s).where(
        e.id > last - LATEST, e.state == int(EventState.SENT), e.kind == "placed",
        e.changed_s - e.happened_s <= OLDEST_S,
    )  # fmt: skip
    by_number: dict[int, list[int]] = defaultdict(list)
    for number, seconds in connection.execute(query):
        by_number[number].append(max(0, int(seconds)))
    if not by_number:
        return Lags()
    named = connection.execute(select(_ACCOUNTS.c.id, _ACCOUNTS.c.name))
    names: dict[int, str] = {row.id: row.name for row in named}
    every = sorted(one for some in by_number.values() for one in some)
    return Lags(
        len(every),
        {part: _quantile(every, part) for part in QUANTILES},
        {
            names[number]: _quantile(sorted(some), 0.9)
            for number, some in by_number.items()
            if number in names
        },
    )


def _quantile(ordered: Sequence[int], part: float) -> int:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
