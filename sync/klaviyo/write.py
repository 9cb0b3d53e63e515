"""Sending events: in bulk where there are several, singly where one must be quick.

A 202 means queued, not stored: only a read can confirm. Klaviyo keeps the first event per profile, metric
and unique id, so resending the same bytes is always safe. It refuses a whole bulk request for one bad
entry, so a refused request is taken apart until the bad entry is alone and the rest is through.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync.http.client import Response
from sync.http.errors import Refused
from sync.klaviyo import bodies
from sync.klaviyo.bodies import Outgoing
from sync.klaviyo.client import KlaviyoClient
from sync.klaviyo.errors import Complaint, EntriesRefused
from sync.klaviyo.limits import EVENT_BULK_CREATE, EVENT_CREATE

__all__ = ["EventWriter", "Outgoing", "Refusal", "Sent"]

OUR_FAULT = frozenset({400, 409, 413, 422})  # statuses that may be the fault of one entry
_BULK_REFUSALS_MAX = 24  # of one request, before the rest goes singly
_ENTRY = re.compile(r"/events-bulk-create/data/(\d+)(?:/attributes/events/data/(\d+))?(.*)")
_OF_THE_PROFILE = re.compile(r"/(?:profile|email|phone_number|external_id)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that Klaviyo will not take: a stable code and its words, e-mail addresses masked."""

    outbox_id: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Every row of a batch is in one of the two lists."""

    accepted: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    phones_ignored_count: int = 0  # answers that said a phone number was ignored


class EventWriter:
    """Delivers batches of stored payloads."""

    def __init__(self, client: KlaviyoClient, *, single_max: int = 3) -> None:
        """Up to `single_max` events go through Create Event, more through Bulk Create Events."""
        self._client = client
        self._single_max = single_max
        self._phones_ignored_count = 0

    def send(self, batch: Sequence[Outgoing]) -> Sent:
        """Send every event of the batch and tell, for each, whether Klaviyo queued or refused it.

        Batches of 1,000 fill a request. Raises ApiTrouble for what is no single event's fault; then
        some of the batch may have been queued, and all of it is to be sent again with the same bytes.
        """
        sent = Sent()
        self._phones_ignored_count = 0
        for part in bodies.batches(batch):
            self._deliver(part, sent)
        return Sent(sent.accepted, sent.refused, self._phones_ignored_count)

    def _deliver(self, part: list[Outgoing], sent: Sent) -> None:
        waiting, refusals = [part], 0
        while waiting:
            part = waiting.pop()
            if len(part) <= max(1, self._single_max) or refusals == _BULK_REFUSALS_MAX:
                self._singly(part, sent)
                continue
            groups = bodies.grouped(part)
            try:
                self._post("api/event-bulk-create-jobs", bodies.bulk(groups), EVENT_BULK_CREATE)
            except Refused as trouble:
                if trouble.status not in OUR_FAULT:
                    raise
                refusals += 1
                waiting.extend(_taken_apart(part, groups, trouble, sent))
            else:
                sent.accepted.extend(event.outbox_id for event in part)

    def _singly(self, part: Sequence[Outgoing], sent: Sent) -> None:
        for event in part:
            try:
                self._post("api/events", bodies.single(event), EVENT_CREATE)
            except Refused as trouble:
                if trouble.status not in OUR_FAULT:
                    raise
                sent.refused.append(refusal(event.outbox_id, trouble))
            else:
                sent.accepted.append(event.outbox_id)

    def _post(self, path: str, body: bytes, bucket: str) -> None:
        self._phones_ignored_count += phone_ignored(self._client.post(path, body, bucket))


def phone_ignored(response: Response) -> bool:
    """Whether Klaviyo took the request but dropped a phone number it found invalid."""
    return "phone_number" in response.headers.get("x-klaviyo-partial-failure", "")


def refusal(row_id: int, trouble: Refused) -> Refusal:
    """A refused request as the refusal of its one row."""
    return Refusal(
        row_id, trouble.code or f"status_{trouble.status}", _words(trouble.detail, trouble.pointer)
    )


def _words(detail: str, pointer: str) -> str:
    said = detail or "refused without a reason"
    return f"{said} (at {pointer})" if pointer else said


def _taken_apart(
    part: list[Outgoing], groups: list[list[Outgoing]], trouble: Refused, sent: Sent
) -> list[list[Outgoing]]:
    """Set aside what the complaints name for certain; what is left comes back as smaller batches."""
    guilty: dict[int, Complaint] = {}
    suspects: set[int] = set()
    for complaint in trouble.complaints if isinstance(trouble, EntriesRefused) else ():
        named, certain = _named(groups, complaint)
        if certain:
            guilty.update({event.outbox_id: complaint for event in named})
        else:
            suspects.update(event.outbox_id for event in named)
    sent.refused.extend(
        Refusal(
            outbox_id,
            complaint.code or f"status_{trouble.status}",
            _words(complaint.detail, complaint.pointer),
        )
        for outbox_id, complaint in guilty.items()
    )
    left = [event for event in part if event.outbox_id not in guilty]
    apart = [event for event in left if event.outbox_id in suspects]
    if not guilty and len(apart) in (0, len(part)):
        return _halves(part)
    return [some for some in (apart, [event for event in left if event.outbox_id not in suspects]) if some]


def _named(groups: list[list[Outgoing]], complaint: Complaint) -> tuple[Iterable[Outgoing], bool]:
    """The events a pointer names, and whether it is certain that the fault is in each of them."""
    found = _ENTRY.search(complaint.pointer)
    if found is None or int(found[1]) >= len(groups):
        return (), False
    group = groups[int(found[1])]
    if found[2] is not None:
        return group[int(found[2]) :][:1], True
    return group, len(group) == 1 or _OF_THE_PROFILE.search(found[3]) is not None


def _halves(part: list[Outgoing]) -> list[list[Outgoing]]:
    middle = len(part) // 2
    return [part[middle:], part[:middle]]  # the first half is taken from the end, so it goes first
