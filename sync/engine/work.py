"""One account's bounded piece of work: read, judge, commit, deliver. Resumable at any point.

Reading and delivery are interleaved, so memory stays flat and the waits on both rate limits overlap.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.domain.clock import Clock, Window
from sync.domain.facts import AccountFacts
from sync.domain.presets import Preset
from sync.engine.ahead import read_ahead, sending_aside
from sync.engine.checkpoints import Checkpoint
from sync.engine.deliver import Courier, Inline, Sender
from sync.engine.feeds import Feeds
from sync.engine.ingest import Ingest
from sync.engine.tally import Tally
from sync.http.errors import ApiTrouble, Reconnect
from sync.klaviyo.consent import ConsentWriter
from sync.klaviyo.known import KnownProfiles
from sync.klaviyo.profiles import ProfileWriter
from sync.klaviyo.write import EventWriter
from sync.sources.notices import Hint
from sync.sources.protocol import Page, Source
from sync.store import accounts
from sync.store.database import Store

HISTORY, BACKFILL = "history/", "backfill/"  # cursors of a reading from the beginning that is under way
SLICE = timedelta(days=7)  # of a window, done or not done as a whole
_SLICES_MAX = 200
_PROFILES = "klaviyo/profiles"  # the cursor of profiles made in Klaviyo
_PROFILES_OVERLAP = timedelta(hours=1)  # a profile may be found some time after it was made

Progress = Callable[[Page, Tally], None]


@dataclass(frozen=True, slots=True)
class Ends:
    """One account with both its ends, as a run needs it."""

    name: str
    number: int
    preset: Preset
    rules: bytes
    facts: AccountFacts
    source: Source
    events: EventWriter
    profiles: ProfileWriter
    list_id: str | None = None
    welcome: bool = False
    known: KnownProfiles | None = None  # asked where a profile may stand in for consent
    wishes: ConsentWriter | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What every run of a program shares."""

    store: Store
    clock: Clock
    checkpoint: Checkpoint
    threads: bool  # read ahead and send aside; never with a virtual clock


def no_progress(_page: Page, _tally: Tally) -> None:
    """Tell nobody."""


class Work:
    """The parts of one run. Make one per run, inside `Store.holding`."""

    def __init__(self, ends: Ends, means: Means, tally: Tally, sender: Sender, progress: Progress) -> None:
        """`tally` is filled as the work goes on, `progress` is told after every page."""
        self._ends = ends
        self._means = means
        self._tally = tally
        self._progress = progress
        self._feeds = Feeds(means.store, ends.number, ends.source, ends.known)
        self._trouble: ApiTrouble | None = None
        self.ingest = Ingest(
            means.store, ends.number, preset=ends.preset, shops=ends.facts.shops, clock=means.clock,
            checkpoint=means.checkpoint, tally=tally, rules=ends.rules,
        )  # fmt: skip
        self.courier = Courier(
            means.store, ends.number, ends.events, ends.profiles, clock=means.clock,
            checkpoint=means.checkpoint, tally=tally, sender=sender, list_id=ends.list_id,
            welcome=ends.welcome, wishes=ends.wishes, ordered=ends.preset.ordered,
            hold_s=ends.preset.hold_s,
        )  # fmt: skip

    def changes(self, feeds: tuple[str, ...] | None = None) -> None:
        """Everything that changed since the last time, from all feeds or from these."""
        self.courier.resume()
        if feeds is None:
            self._attempt(self._meet_new_profiles)
        for feed in feeds or self._feeds.names:
            self._attempt(lambda: self._since_last(feed))  # noqa: B023 - called at once
        self._deliver()

    def history(self) -> None:
        """Everything from the beginning, whatever was read before; goes on where an earlier one stopped."""
        self.courier.resume()
        for feed in self._feeds.names:
            self._attempt(lambda: self._from_start(feed))  # noqa: B023 - called at once
        self._deliver()
        if self._trouble is None:
            self._end_of_history()

    def window(self, window: Window) -> None:
        """Every sale and shipment of a window, in slices; goes on where an earlier one stopped."""
        self.courier.resume()
        name = f"{BACKFILL}{window.start_at:%Y%m%dT%H%M%S}/{window.end_at:%Y%m%dT%H%M%S}"
        done_text = self._cursor(name)
        step = max(SLICE, (window.end_at - window.start_at) / _SLICES_MAX)
        for part in window.sliced(step):
            if done_text is not None and part.end_at.isoformat() <= done_text:
                continue
            self._take(self._feeds.window(part), None, history=True)
            self._set_cursor(name, part.end_at.isoformat())
        self._deliver()
        self._forget(name)

    def sales(self, sale_ids: list[str]) -> None:
        """These sales once more, even if they did not change."""
        self.courier.resume()
        self._take(self._feeds.sales(sale_ids), None, force=True)
        self._deliver()

    def hinted(self, hints: Sequence[Hint], found: set[str]) -> None:
        """Sales that a vendor told us of: read at once and sent before anything else.

        `found` gets the numbers of those that exist. Profiles and wishes are left to `greet`, for importing
        profiles takes its time. Where order counts, whatever else came in is read first.
        """
        self.courier.resume()
        if self._ends.preset.ordered and self._cursor("sales") is not None:
            self._attempt(lambda: self._since_last("sales", found))
        missing = [hint for hint in hints if hint.sale_id not in found]
        self._attempt(lambda: self._take(_noted(self._feeds.hinted(missing), found), None))
        self.courier.settle()
        self.courier.everything()
        if self._trouble is not None:
            raise self._trouble

    def greet(self) -> None:
        """Profiles and what people said about marketing, as far as they wait."""
        self.courier.tell_people()
        self.courier.tell_wishes()

    def again(self, sale_ids: list[str]) -> None:
        """Send whatever these sales became once more, and what they should have become for the first time.

        For the same profiles under the same ids: Klaviyo keeps what it already has.
        """
        self.courier.resume()
        for page in self._feeds.sales(sale_ids):
            self.ingest.page(page, None, history=True, force=True)
            self.ingest.again(page)
            self._progress(page, self._tally)
        self.courier.resume()
        self._deliver()

    def _meet_new_profiles(self) -> None:
        """Look again at what was left out for want of a profile that Klaviyo has had made since."""
        known = self._ends.known
        if known is None:
            return
        known.forget()  # a profile may have been deleted since; a server runs for months
        now_at, cursor = self._means.clock.now(), self._cursor(_PROFILES)
        if cursor is not None:
            emails = list(known.made_since(datetime.fromisoformat(cursor) - _PROFILES_OVERLAP))
            self._take(self._feeds.newly_known(emails), None)
        self._set_cursor(_PROFILES, now_at.isoformat())

    def _since_last(self, feed: str, found: set[str] | None = None) -> None:
        store, account = self._means.store, self._ends.number
        with store.reading() as connection:
            reached = accounts.cursors(connection, account, (feed, HISTORY + feed))
        cursor = reached.get(feed)
        history = cursor is None or HISTORY + feed in reached
        if cursor is None:
            with store.writing() as connection:
                # Somebody may be half way through a backfill: go on from there.
                cursor = accounts.cursor(connection, account, BACKFILL + feed)
                accounts.set_cursor(connection, account, HISTORY + feed, "reading")
        pages = self._feeds.feed(feed, cursor)
        self._take(pages if found is None else _noted(pages, found), feed, history=history)
        if history:
            self._forget(HISTORY + feed)

    def _from_start(self, feed: str) -> None:
        name = BACKFILL + feed
        self._take(self._feeds.feed(feed, self._cursor(name)), name, history=True)

    def _end_of_history(self) -> None:
        store, account = self._means.store, self._ends.number
        with store.writing() as connection:
            for feed in self._feeds.names:
                reached = accounts.cursor(connection, account, BACKFILL + feed)
                if reached is not None and accounts.cursor(connection, account, feed) is None:
                    accounts.set_cursor(connection, account, feed, reached)
                accounts.forget_cursor(connection, account, BACKFILL + feed)
                accounts.forget_cursor(connection, account, HISTORY + feed)

    def _take(
        self, pages: Iterator[Page], cursor_name: str | None, *, history: bool = False, force: bool = False
    ) -> None:
        for page in read_ahead(pages) if self._means.threads else pages:
            added = self.ingest.page(page, cursor_name, history=history, force=force)
            self._progress(page, self._tally)
            self.courier.expect(added)
            self.courier.full_batches()

    def _attempt(self, read: Callable[[], None]) -> None:
        """Read a feed. Trouble at the till's end stops neither the other feeds nor the delivery."""
        if isinstance(self._trouble, Reconnect):
            return
        try:
            read()
        except ApiTrouble as trouble:
            if trouble.upstream == "klaviyo":
                raise
            self._trouble = self._trouble or trouble

    def _deliver(self) -> None:
        """Profiles, then events: what keeps profiles back, such as a list that is gone, keeps no event."""
        self.courier.settle()
        try:
            self.courier.tell_people()
            self.courier.tell_wishes()
        except Reconnect:
            raise
        except ApiTrouble as trouble:
            self._trouble = self._trouble or trouble
        self.courier.everything()
        if self._trouble is not None:
            raise self._trouble

    def _cursor(self, name: str) -> str | None:
        with self._means.store.reading() as connection:
            return accounts.cursor(connection, self._ends.number, name)

    def _set_cursor(self, name: str, value: str) -> None:
        with self._means.store.writing() as connection:
            accounts.set_cursor(connection, self._ends.number, name, value)

    def _forget(self, name: str) -> None:
        with self._means.store.writing() as connection:
            accounts.forget_cursor(connection, self._ends.number, name)


def _noted(pages: Iterator[Page], found: set[str]) -> Iterator[Page]:
    """The same pages; `found` gets the numbers of their sales, also of those that could not be read."""
    for page in pages:
        found.update(sale.sale_id for sale in page.sales)
        found.update(item.subject_id for item in page.set_aside if item.subject == "sale")
        yield page


def sender_for(means: Means) -> AbstractContextManager[Sender]:
    """Where requests to Klaviyo are made."""
    return sending_aside() if means.threads else _Here()


class _Here:
    def __enter__(self) -> Sender:
        return Inline()

    def __exit__(self, *_: object) -> None:
        return None
