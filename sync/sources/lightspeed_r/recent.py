"""What was read lately *and kept*, so that an overlap is not read in detail again and again. Bounded.

The source cannot see whether a page was committed. The cursor tells: every page has a cursor of its own,
and the next read of a feed starts at the last one that was stored. Pages behind that cursor were kept;
pages after it were not, and their records count as never seen.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from sync.domain.errors import SetAside

Key = tuple[str, ...]  # kind, id, and whatever changes when the record does
_Name = tuple[str, str]


class Recent:
    """The latest kept state of each record, and the set-aside records already told of."""

    def __init__(self, records_max: int = 20_000) -> None:
        """At most `records_max` records are remembered; the oldest are forgotten first."""
        self._records_max = records_max
        self._seen: dict[_Name, int] = {}
        self._told: dict[SetAside, None] = {}
        self._offered: dict[str, deque[_Offer]] = {}

    def is_new(self, key: Key) -> bool:
        """Whether the record was not kept in exactly this state."""
        return self._seen.get((key[0], key[1])) != hash(key)

    def untold(self, aside: Sequence[SetAside]) -> tuple[SetAside, ...]:
        """Those that have not been told of yet."""
        return tuple(each for each in dict.fromkeys(aside) if each not in self._told)

    def offer(self, feed: str, cursor: str, keys: Iterable[Key], aside: Iterable[SetAside]) -> None:
        """A page goes out with this cursor; whether it is kept is not known yet."""
        offers = self._offered.setdefault(feed, deque())
        offers.append(_Offer(cursor, [((key[0], key[1]), hash(key)) for key in keys], tuple(aside)))
        while len(offers) > 1 and sum(len(offer.states) for offer in offers) > self._records_max:
            offers.popleft()

    def settle(self, feed: str, cursor: str | None) -> None:
        """The feed is read on from `cursor`: what was offered up to it was kept, the rest was not."""
        offers = self._offered.pop(feed, deque())
        if not any(offer.cursor == cursor for offer in offers):
            return
        for offer in offers:
            self._keep(offer)
            if offer.cursor == cursor:
                return

    def _keep(self, offer: "_Offer") -> None:
        for name, state in offer.states:
            self._seen.pop(name, None)
            self._seen[name] = state
        self._told.update(dict.fromkeys(offer.aside))
        while len(self._seen) > self._records_max:
            del self._seen[next(iter(self._seen))]
        while len(self._told) > self._records_max:
            del self._told[next(iter(self._told))]


class _Offer:
    __slots__ = ("aside", "cursor", "states")

    def __init__(self, cursor: str, states: list[tuple[_Name, int]], aside: tuple[SetAside, ...]) -> None:
        self.cursor = cursor
        self.states = states
        self.aside = aside
