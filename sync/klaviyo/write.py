"""Sending events: in bulk where there are several, singly where one must be quick.

A 202 means queued, not stored: only a read can confirm. Klaviyo keeps the first event per profile, metric
and unique id, so resending the same bytes is always safe. It refuses a whole bulk request for one bad
entry, so a refused request is taken apart (`refusals`).
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.http.errors import Refused
from sync.klaviyo import bodies
from sync.klaviyo.bodies import Outgoing
from sync.klaviyo.client import KlaviyoClient
from sync.klaviyo.limits import EVENT_BULK_CREATE, EVENT_CREATE
from sync.klaviyo.profiles import ProfileOut, ProfilesSent, ProfileWriter
from sync.klaviyo.refusals import Refusal, apart, blames_a_row, complaints_of, phone_ignored, refusal

__all__ = ["EventWriter", "Outgoing", "ProfileOut", "ProfileWriter", "ProfilesSent", "Refusal", "Sent"]

_BULK_REFUSALS_MAX = 24  # of one request and its parts, before the rest goes singly
_ENTRY = re.compile(r"/events-bulk-create/data/(\d+)(?:/attributes/events/data/(\d+))?")


@dataclass(frozen=True, slots=True)
class Sent:
    """Every row of a batch is in one of the three lists."""

    accepted: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    phones_ignored_count: int = 0  # answers that said a phone number was ignored
    untried: list[int] = field(default_factory=list)  # after too many refusals; no single answer of their own


class EventWriter:
    """Delivers batches of stored payloads."""

    def __init__(self, client: KlaviyoClient, *, single_max: int = 3) -> None:
        """Up to `single_max` events go through Create Event, more through Bulk Create Events."""
        self._client = client
        self._single_max = max(1, single_max)

    def singly(self, single_max: int) -> "EventWriter":
        """The same, sending up to `single_max` events one by one."""
        return EventWriter(self._client, single_max=single_max)

    def send(
        self, batch: Sequence[Outgoing], *, refusals_max: int | None = None, in_order: bool = False
    ) -> Sent:
        """Send every event of the batch and tell, for each, whether Klaviyo queued or refused it.

        Batches of 1,000 fill a request. After `refusals_max` refusals without any acceptance the rest is
        left untried; the last event asked about is then the newest, lest old trouble hide it. With `in_order`
        no event goes before an earlier one of its profile, and those behind a refused one are left untried.
        Raises ApiTrouble for what is no single event's fault; then some of the batch may have been queued,
        and all of it is to be sent again with the same bytes.
        """
        run = _Delivery(self._client, self._single_max, refusals_max, in_order)
        for part in bodies.batches(batch):
            run.deliver(part)
        return Sent(run.accepted, run.refused, run.phones_ignored_count, run.untried)


class _Delivery:
    """One call of `send`: what became of each event so far."""

    def __init__(
        self, client: KlaviyoClient, single_max: int, refusals_max: int | None, in_order: bool
    ) -> None:
        self._in_order = in_order
        self._blocked: set[bytes] = set()  # profiles of which an event was refused
        self.accepted: list[int] = []
        self.refused: list[Refusal] = []
        self.untried: list[int] = []
        self.phones_ignored_count = 0
        self._client = client
        self._single_max = single_max
        self._refusals_max = refusals_max

    def deliver(self, part: list[Outgoing]) -> None:
        waiting, refusals = [part], 0
        while waiting:
            part = self._unblocked(waiting.pop())
            if self._refusals_left() == 0 or len(part) <= self._single_max or refusals == _BULK_REFUSALS_MAX:
                self._singly(part)
                continue
            groups = bodies.grouped(part)
            try:
                self._post("api/event-bulk-create-jobs", bodies.bulk(groups), EVENT_BULK_CREATE)
            except Refused as trouble:
                if not blames_a_row(trouble):
                    raise
                refusals += 1
                accused = _accused(groups, trouble)
                if self._in_order:
                    accused = _with_followers(part, accused)
                waiting.extend(reversed(apart(part, accused)))
            else:
                self.accepted.extend([event.outbox_id for event in part])

    def _singly(self, part: Sequence[Outgoing]) -> None:
        waiting = deque(part)
        while waiting and (left := self._refusals_left()) != 0:
            event = self._taken(waiting, last=left == 1)
            if event.profile in self._blocked:
                self.untried.append(event.outbox_id)
                continue
            try:
                self._post("api/events", bodies.single(event), EVENT_CREATE)
            except Refused as trouble:
                if not blames_a_row(trouble):
                    raise
                self.refused.append(refusal(event.outbox_id, trouble))
                if self._in_order:
                    self._blocked.add(event.profile)
            else:
                self.accepted.append(event.outbox_id)
        self.untried.extend(event.outbox_id for event in waiting)

    def _unblocked(self, part: list[Outgoing]) -> list[Outgoing]:
        """The part without what has to wait behind a refused event."""
        if not self._blocked:
            return part
        self.untried.extend(event.outbox_id for event in part if event.profile in self._blocked)
        return [event for event in part if event.profile not in self._blocked]

    def _taken(self, waiting: "deque[Outgoing]", *, last: bool) -> Outgoing:
        """The next event to ask about: the oldest, or for the last question the newest that is free to go."""
        if not last:
            return waiting.popleft()
        if not self._in_order:
            return waiting.pop()
        first: dict[bytes, int] = {}
        for at, event in enumerate(waiting):
            first.setdefault(event.profile, at)
        at = max((at for profile, at in first.items() if profile not in self._blocked), default=0)
        found = waiting[at]
        del waiting[at]
        return found

    def _refusals_left(self) -> int | None:
        """How many more may be refused before it is not worth going on; None for any number."""
        if self._refusals_max is None or self.accepted:
            return None
        return max(0, self._refusals_max - len(self.refused))

    def _post(self, path: str, body: bytes, bucket: str) -> None:
        self.phones_ignored_count += phone_ignored(self._client.post(path, body, bucket))


def _with_followers(part: list[Outgoing], accused: set[int]) -> set[int]:
    """The accused events and whatever their profiles did after them."""
    profiles: set[bytes] = set()
    found = set()
    for at, event in enumerate(part):
        if at in accused or event.profile in profiles:
            profiles.add(event.profile)
            found.add(at)
    return found


def _accused(groups: list[list[Outgoing]], trouble: Refused) -> set[int]:
    """The positions of the events that the complaints point to: one event, or all of an entry."""
    positions: set[int] = set()
    for complaint in complaints_of(trouble):
        found = _ENTRY.search(complaint.pointer)
        if found is None or int(found[1]) >= len(groups):
            continue
        entry = int(found[1])
        first = sum(len(group) for group in groups[:entry])
        whole = range(first, first + len(groups[entry]))
        positions.update(whole if found[2] is None else whole[int(found[2]) :][:1])
    return positions
