"""Following the hints: the worker reads the sales that wait in the inbox and has them sent.

An entry leaves the inbox only when its sale was read and what became of it was sent. Trouble puts it off,
ever longer, and after `UPSTREAM_PATIENCE` it becomes a dead letter. Nothing is lost by that: the poller reads
every sale in any case, and a letter is answered as soon as anybody reads its sale.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from sync.domain.clock import Clock
from sync.domain.errors import SetAside
from sync.engine.runs import Outcome, Result, Runs, hooks_lock
from sync.hooks.counts import Counts
from sync.hooks.pace import Pace
from sync.sources.fields import WrongSettings
from sync.sources.notices import Hint
from sync.store import inbox, letters
from sync.store.database import Store
from sync.store.errors import AccountBusy, StoreTrouble
from sync.store.inbox import Entry
from sync.store.secrets import WrongKey

ENTRIES_MAX = 100  # followed at a time
BUSY_AGAIN_MS = 250  # while a poll works on the account
FIRST_MS, LONGEST_MS = 1_000, 900_000
UPSTREAM_PATIENCE = timedelta(hours=48)  # as long as the vendors themselves try
ABSENT_PATIENCE = timedelta(hours=1)  # for a sale that cannot be found
REST_MAX_S = 60.0
REOPEN_AFTER_S = 900.0  # shops, tills and names of articles are learnt anew so often
PRUNE_EVERY_S = 3600.0
FLUSH_EVERY_S = 5.0
_WELL = frozenset({Outcome.DONE, Outcome.SET_ASIDE})
_log = logging.getLogger(__name__)

Tell = Callable[[Result], None]


class Followed(Protocol):
    """What the worker needs of the program."""

    @property
    def store(self) -> Store:
        """The database."""
        ...

    def attempt(self, name: str, mode: str, do: Callable[[Runs], Result]) -> Result:
        """Do it with the account's ends open."""
        ...

    def forget(self, name: str) -> None:
        """Open the account's ends anew next time."""
        ...


class Follower:
    """Follows the hints of all accounts, in one thread."""

    def __init__(
        self, app: Followed, accounts: Mapping[str, int], clock: Clock, counts: Counts, tell: Tell
    ) -> None:
        """`accounts` are those with webhooks, by name; `tell` hears of every run that did anything."""
        self._app = app
        self._store = app.store
        self._accounts = accounts
        self._clock = clock
        self._counts = counts
        self._tell = tell
        self._paces = {name: Pace(clock) for name in accounts}
        self._resting: dict[str, tuple[float, int]] = {}  # until when, after how many failures in a row
        self._opened_at: dict[str, float] = {}
        self._flushed_at = self._pruned_at = clock.monotonic()

    def step(self) -> int:
        """Follow whatever is due now; how many sales were taken up."""
        count = 0
        for name in self._accounts:
            with suppress(StoreTrouble):
                count += self._follow_due(name)
        self._housekeeping()
        return count

    def next_s(self) -> float:
        """How long until something that waits already is due; at most a second."""
        now_ms = self._now_ms()
        found = [1.0]
        for name, number in self._accounts.items():
            with suppress(StoreTrouble), self._store.reading() as connection:
                due_ms = inbox.next_due_ms(connection, number)
            rest_s = self._resting.get(name, (0.0, 0))[0] - self._clock.monotonic()
            if due_ms is not None:
                found.append(max((due_ms - now_ms) / 1000, rest_s, 0.0))
        return min(found)

    def flush(self) -> None:
        """Write the counts of deliveries."""
        taken = self._counts.take()
        if not taken:
            return
        rows: dict[tuple[int, str], int] = {}
        for (name, kind), count in taken.items():
            key = self._accounts.get(name, 0), kind
            rows[key] = rows.get(key, 0) + count
        try:
            with self._store.writing() as connection:
                inbox.count(connection, rows, self._now_ms() // 1000)
        except StoreTrouble:
            for (name, kind), count in taken.items():
                self._counts.add(name, kind, count)

    def _follow_due(self, name: str) -> int:
        if self._resting.get(name, (0.0, 0))[0] > self._clock.monotonic():
            return 0
        number = self._accounts[name]
        entries = self._due(number)
        if not entries:
            return 0
        while self._paces[name].waited(len(entries)):
            entries = self._due(number)
        try:
            with self._store.holding(hooks_lock(name)):
                self._follow(name, entries)
        except AccountBusy:
            # A poll is at work, and may be reading these very sales: wait for it, however long it takes.
            self._resting[name] = (self._clock.monotonic() + BUSY_AGAIN_MS / 1000, self._failures(name))
            return 0
        return len(entries)

    def _due(self, number: int) -> list[Entry]:
        with self._store.reading() as connection:
            return inbox.due(connection, number, self._now_ms(), ENTRIES_MAX)

    def _follow(self, name: str, entries: Sequence[Entry]) -> None:
        found: set[str] = set()
        hints = [Hint(one.sale_id, one.version) for one in entries]
        single_max = self._paces[name].begun()
        self._reopen_if_old(name)
        try:
            result = self._app.attempt(name, "hooks", lambda runs: runs.hinted(hints, found, single_max))
        except StoreTrouble:
            raise
        except (WrongSettings, WrongKey):
            self._failed(name, entries, Outcome.UNUSABLE.value, alone=False)
            return
        except Exception as problem:  # noqa: BLE001 - one sale's surprise must not stop the others; it is kept
            self._failed(name, entries, f"surprise ({type(problem).__name__})", alone=True)
            return
        self._paces[name].sent(result.tally.sent_count, single_max)
        if result.outcome in _WELL:
            self._resting.pop(name, None)
            self._settle(name, entries, found)
        else:
            self._failed(name, entries, result.outcome.value, alone=result.outcome is Outcome.REFUSED)
        self._tell(result)

    def _settle(self, name: str, entries: Sequence[Entry], found: set[str]) -> None:
        """Those that were found are done; the others may become visible yet."""
        account, now_ms = self._accounts[name], self._now_ms()
        with self._store.writing() as connection:
            inbox.done(connection, account, [one for one in entries if one.sale_id in found], now_ms)
        absent = [one for one in entries if one.sale_id not in found]
        if absent:
            self._put_off(name, absent, "not_found", ABSENT_PATIENCE)

    def _failed(self, name: str, entries: Sequence[Entry], reason: str, *, alone: bool) -> None:
        """`alone`: one of several may be what is refused, so each is tried by itself first."""
        if alone and len(entries) > 1:
            for one in entries:
                self._follow(name, [one])
            return
        failures = self._failures(name) + 1
        rest_s = min(REST_MAX_S, 2.0 ** (failures - 1))
        if not alone:
            self._resting[name] = (self._clock.monotonic() + rest_s, failures)
        self._put_off(name, entries, reason, UPSTREAM_PATIENCE)

    def _put_off(self, name: str, entries: Sequence[Entry], reason: str, patience: timedelta) -> None:
        account, now_ms = self._accounts[name], self._now_ms()
        before_ms = now_ms - int(patience.total_seconds() * 1000)
        gone = [one for one in entries if one.received_ms <= before_ms]
        kept = [(one, now_ms + _backoff_ms(one)) for one in entries if one.received_ms > before_ms]
        with self._store.writing() as connection:
            inbox.put_off(connection, account, kept, reason)
            if gone:
                inbox.give_up(connection, account, gone, reason, now_ms)
                told = [(_letter(one, reason), one.sale_id) for one in gone]
                letters.add(connection, account, told, self._clock.now())

    def _failures(self, name: str) -> int:
        return self._resting.get(name, (0.0, 0))[1]

    def _reopen_if_old(self, name: str) -> None:
        now = self._clock.monotonic()
        if now - self._opened_at.setdefault(name, now) > REOPEN_AFTER_S:
            self._app.forget(name)
            self._opened_at[name] = now

    def _housekeeping(self) -> None:
        now = self._clock.monotonic()
        if now - self._flushed_at >= FLUSH_EVERY_S:
            self._flushed_at = now
            self.flush()
        if now - self._pruned_at >= PRUNE_EVERY_S:
            self._pruned_at = now
            with suppress(StoreTrouble), self._store.writing() as connection:
                inbox.prune(connection, self._now_ms())

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _backoff_ms(one: Entry) -> int:
    return min(LONGEST_MS, FIRST_MS << min(one.attempts, 20))


def _letter(one: Entry, reason: str) -> SetAside:
    words = (
        "a webhook told of this sale, but the till has none of this number"
        if reason == "not_found"
        else f"a webhook told of this sale, but it could not be carried for two days ({reason})"
    )
    return SetAside(
        "sale", one.sale_id, f"webhook_{reason.partition(' ')[0]}",
        f"{words}; the next run that reads the sale answers this by itself",
    )  # fmt: skip
