"""Feeds that the credentials do not open: told once, asked again every hour, for the right may be granted."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sync.domain.clock import Clock
from sync.domain.errors import SetAside
from sync.http.errors import NotPermitted, Refused
from sync.sources.protocol import Page

ASKED_AGAIN = timedelta(hours=1)


class ClosedFeeds:
    """Remembers for one account which feeds are closed, since when, and what was said of them."""

    def __init__(self, clock: Clock) -> None:
        """All are open until one is found closed."""
        self._clock = clock
        self._since: dict[str, datetime] = {}
        self._told: dict[str, SetAside] = {}
        self._read: set[str] = set()

    def __contains__(self, feed: str) -> bool:
        """Whether asking for it now would be in vain."""
        # The machine's clock may have been set back meanwhile.
        since = self._since.get(feed)
        return since is not None and timedelta(0) <= self._clock.now() - since < ASKED_AGAIN

    def close(self, feed: str, aside: SetAside) -> tuple[SetAside, ...]:
        """It was refused just now; what to set aside: nothing if the same was said before."""
        self._since[feed] = self._clock.now()
        self._read.discard(feed)
        if self._told.get(feed) == aside:
            return ()
        self._told[feed] = aside
        return (aside,)

    def read(
        self,
        feed: str,
        cursor: str | None,
        pages: Iterable[Page],
        told: Callable[[str, NotPermitted | Refused], SetAside],
    ) -> Iterator[Page]:
        """The pages of a feed that is not open to everybody; when it is refused, one page of what is `told`.

        Nothing if the same was said before.
        """
        try:
            yield from self.watched(feed, cursor, pages)
        except (NotPermitted, Refused) as trouble:
            if aside := self.close(feed, told(feed, trouble)):
                yield Page(feed, cursor, set_aside=aside)

    def watched(self, feed: str, cursor: str | None, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages of a feed. Read through for the first time, or since it was closed, it has at least one.

        That page answers the letter that says the feed is closed, which an earlier process may have written.
        """
        silent = True
        for page in pages:
            silent = False
            yield page
        if feed not in self._read:
            self._read.add(feed)
            self._since.pop(feed, None)
            self._told.pop(feed, None)
            if silent:
                yield Page(feed, cursor)
