"""The modes: each is one run with a record, a result in plain words and an exit code.

A run never raises for trouble that a person or time can mend: the result says what happened and what to do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum

from sync.domain.clock import Window
from sync.domain.facts import Shop
from sync.engine.feeds import Feeds, distinct
from sync.engine.ingest import Ingest
from sync.engine.tally import Tally
from sync.engine.work import Ends, Means, Progress, Work, no_progress, sender_for
from sync.http.errors import ApiTrouble, NotPermitted, Reconnect, TryLater, Unintelligible
from sync.sources.notices import Hint
from sync.store import accounts, ledger, letters, people
from sync.store.letters import Letter

_FEEDS = {"customers": "customer", "shipments": "shipment", "sales": "sale"}  # whence each subject comes
_READ_ANYWAY = frozenset({"feed", "product", "discount"})  # read again without being asked


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    SET_ASIDE = "done_with_dead_letters"
    TRY_LATER = "try_later"
    RECONNECT = "reconnect"
    REFUSED = "refused"
    UNUSABLE = "unusable"


EXIT_CODES: Mapping[Outcome, int] = {
    Outcome.DONE: 0,
    Outcome.SET_ASIDE: 1,
    Outcome.UNUSABLE: 2,
    Outcome.TRY_LATER: 3,
    Outcome.RECONNECT: 4,
    Outcome.REFUSED: 5,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did. `detail` says what went wrong and what to do, empty when nothing did."""

    account: str
    mode: str
    outcome: Outcome
    detail: str
    tally: Tally
    elapsed_s: float

    @property
    def exit_code(self) -> int:
        """The process's exit code for it."""
        return EXIT_CODES[self.outcome]


class Runs:
    """The modes of one account."""

    def __init__(self, ends: Ends, means: Means, progress: Progress = no_progress) -> None:
        """`progress` is told after every page."""
        self._ends = ends
        self._means = means
        self._progress = progress

    @property
    def shops(self) -> Sequence[Shop]:
        """The account's shops."""
        return tuple(self._ends.facts.shops.values())

    def once(self) -> Result:
        """Read what changed since the last run and deliver it."""
        return self._run("once", lambda work: work.changes())

    def live(self) -> Result:
        """Only the feed of new sales: what a till needs between two full runs."""
        return self._run("live", lambda work: work.changes(("sales",)), recorded=False)

    def hinted(self, hints: Sequence[Hint], found: set[str], single_max: int) -> Result:
        """Only the sales that a vendor told us of; `found` gets the numbers of those that exist.

        Up to `single_max` events go one by one. Call it inside `Store.holding(hooks_lock(…))`.
        """
        runs = Runs(replace(self._ends, events=self._ends.events.singly(single_max)), self._means)
        return runs._run("hooks", lambda work: work.hinted(hints, found), recorded=False, held=True)

    def greet(self) -> Result:
        """Only profiles and what people said about marketing; it may go on beside any other run."""
        return self._run("greet", lambda work: work.greet(), recorded=False, held=True)

    def backfill(self, window: Window | None = None) -> Result:
        """Read all history, or a window of it, from the beginning or from where an earlier one stopped."""
        if window is None:
            return self._run("backfill", lambda work: work.history())
        return self._run("backfill", lambda work: work.window(window))

    def preview(self, window: Window | None = None) -> Result:
        """What would be sent and what left out, and why. Writes nothing and sends nothing.

        Without a window it looks at what the next `once` would read.
        """
        started_s = self._means.clock.monotonic()
        tally, seen = Tally(), set[object]()
        feeds = Feeds(self._means.store, self._ends.number, self._ends.source, self._ends.known)
        ingest = self._ingest(tally)
        for feed in ("window",) if window else feeds.names:
            pages = feeds.window(window) if window else feeds.feed(feed, self._cursor(feed))
            for page in distinct(pages, seen):
                ingest.look(page)
                self._progress(page, tally)
        elapsed_s = self._means.clock.monotonic() - started_s
        return Result(self._ends.name, "preview", Outcome.DONE, "", tally, elapsed_s)

    def resend(self, sale_ids: Sequence[str]) -> Result:
        """Send what these sales became once more, for when the monitor misses it in Klaviyo."""
        return self._run("resend", lambda work: work.again(list(dict.fromkeys(sale_ids))))

    def retry(self, numbers: Sequence[int] | None = None) -> Result:
        """Try dead letters again: send refused events and profiles once more, read the rest anew."""
        with self._means.store.reading() as connection:
            chosen = letters.listed(connection, self._ends.number, numbers)
        return self._run("retry", lambda work: self._retry(work, chosen))

    def _retry(self, work: Work, chosen: Sequence[Letter]) -> None:
        """Sales are read anew by their numbers, whatever else by its whole feed; nothing is forgotten first.

        What Klaviyo refused is read anew too, for it may have been mended at the till, and offered again.
        """
        account, now_s = self._ends.number, int(self._means.clock.now().timestamp())
        with self._means.store.writing() as connection:
            events = [letter.subject_id for letter in chosen if letter.subject == "event"]
            refused = ledger.ids_of(connection, account, events)
            ledger.release(connection, list(refused.values()), now_s)
            customers = [letter.subject_id for letter in chosen if letter.subject == "customer"]
            people.release(connection, account, customers)
            again = [one for one in chosen if one.reason.startswith(letters.REFUSED)]
            for feed, subject in _FEEDS.items():
                unread = [
                    one for one in chosen if one.subject == subject and not one.sale_id and one not in again
                ]
                if unread:  # these have no reading by number: the whole feed is read once more
                    accounts.forget_cursor(connection, account, feed)
                again += unread
            again += [one for one in chosen if one.subject in _READ_ANYWAY]
            letters.remove(connection, [letter.number for letter in again])
        work.sales(sorted({one.sale_id for one in chosen if one.sale_id}))
        work.changes()

    def _run(
        self, mode: str, do: Callable[[Work], None], *, recorded: bool = True, held: bool = False
    ) -> Result:
        means, ends = self._means, self._ends
        started_s, tally = means.clock.monotonic(), Tally()
        with nullcontext() if held else self._alone():
            run_id = self._start(mode) if recorded else None
            outcome, detail = Outcome.REFUSED, "the run was interrupted"
            try:
                with sender_for(means) as sender:
                    do(Work(ends, means, tally, sender, self._progress))
                outcome, detail = (Outcome.SET_ASIDE if tally.set_aside_count else Outcome.DONE), ""
            except ApiTrouble as trouble:
                outcome, detail = named(trouble), str(trouble)
            finally:
                if run_id is not None:
                    self._end(run_id, outcome, detail, tally)
            means.checkpoint("run ended")
        return Result(ends.name, mode, outcome, detail, tally, means.clock.monotonic() - started_s)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other run works on the account; one that webhooks asked for is short, and waited for."""
        store, name = self._means.store, self._ends.name
        with store.holding(name), store.holding(hooks_lock(name), wait=True):
            yield

    def _start(self, mode: str) -> int:
        with self._means.store.writing() as connection:
            return accounts.start_run(connection, self._ends.number, mode, self._means.clock.now())

    def _end(self, run_id: int, outcome: Outcome, detail: str, tally: Tally) -> None:
        account, now_at = self._ends.number, self._means.clock.now()
        with self._means.store.writing() as connection:
            accounts.end_run(
                connection, run_id, outcome=outcome.value, detail=detail, counts=tally.counts(), now_at=now_at
            )
            accounts.change(connection, account, trouble=detail if outcome is Outcome.RECONNECT else "")

    def _ingest(self, tally: Tally) -> Ingest:
        ends, means = self._ends, self._means
        return Ingest(
            means.store, ends.number, preset=ends.preset, shops=ends.facts.shops, clock=means.clock,
            checkpoint=means.checkpoint, tally=tally, rules=ends.rules,
        )  # fmt: skip

    def _cursor(self, feed: str) -> str | None:
        with self._means.store.reading() as connection:
            return accounts.cursor(connection, self._ends.number, feed)


def hooks_lock(name: str) -> str:
    """What is held while an account's webhooks are followed, by these or by any other run."""
    return f"{name}.hooks"


def named(trouble: ApiTrouble) -> Outcome:
    """What an upstream's trouble means for a run."""
    if isinstance(trouble, Reconnect | NotPermitted):
        return Outcome.RECONNECT
    return Outcome.TRY_LATER if isinstance(trouble, TryLater | Unintelligible) else Outcome.REFUSED
