"""Request bodies put together from stored bytes, so that a retry repeats them to the byte.

Nothing here parses or builds JSON trees: a body is its frame around the payloads as they were kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

EVENTS_MAX = 1_000  # in one bulk request, over all profiles
BODY_BYTES_MAX = 4_999_000  # of the 5 MB a request may have
_ENTRY_BYTES = 160  # at most, around the events of one profile
_EVENT_BYTES = 32  # at most, around one event

_SINGLE = b'{"data":{"type":"event","attributes":{%b,"profile":{"data":%b}}}}'
_BULK = b'{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":[%b]}}}}'
_ENTRY = (
    b'{"type":"event-bulk-create","attributes":{"backfill":%b,"profile":{"data":%b},'
    b'"events":{"data":[{"type":"event","attributes":{%b}}]}}}'
)
_BACKFILL, _UNIQUE_ID = b'"backfill":', b'"unique_id":'
_NEXT_EVENT = b'}},{"type":"event","attributes":{'


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event of the outbox: its row, and `profile` and `event` as `payload.build` made them."""

    outbox_id: int
    profile: bytes
    event: bytes
    size: int = 0  # bytes, for a caller that fills its batches by size; bodies are measured anew


def single(event: Outgoing) -> bytes:
    """The body of a Create Event request."""
    return _SINGLE % (event.event, event.profile)


def bulk(groups: Sequence[Sequence[Outgoing]]) -> bytes:
    """The body of a Bulk Create Events request, one entry per group of `grouped`."""
    return _BULK % b",".join(
        [
            _ENTRY
            % (_backfill(group[0].event), group[0].profile, _NEXT_EVENT.join([one.event for one in group]))
            for group in groups
        ]
    )


def grouped(events: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Consecutive events of one profile (and of one kind of delivery) together, in the given order."""
    groups: list[list[Outgoing]] = []
    profile, backfill = b"", b""
    for event in events:
        own = _backfill(event.event)
        if event.profile != profile or own != backfill:
            groups.append([])
            profile, backfill = event.profile, own
        groups[-1].append(event)
    return groups


def batches(events: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """The events cut into bulk requests as full as allowed, in order.

    No request carries the same profile, metric and unique id twice, for Klaviyo would refuse all of it;
    a repetition waits for the next request, after all others.
    """
    waiting = events
    while waiting:
        again: list[Outgoing] = []
        batch: list[Outgoing] = []
        keys: set[tuple[bytes, bytes]] = set()
        size = 0
        for event in waiting:
            key = _key(event)
            if key in keys:
                again.append(event)
                continue
            more = len(event.event) + len(event.profile) + _ENTRY_BYTES + _EVENT_BYTES
            if batch and (len(batch) == EVENTS_MAX or size + more > BODY_BYTES_MAX):
                yield batch
                batch, keys, size = [], set(), 0
            batch.append(event)
            keys.add(key)
            size += more
        yield batch
        waiting = again


def _backfill(event: bytes) -> bytes:
    # Quotes inside a JSON string are escaped, so the last one can only be the member of that name.
    at = event.rindex(_BACKFILL) + len(_BACKFILL)
    return event[at : event.index(b",", at)]


def _key(event: Outgoing) -> tuple[bytes, bytes]:
    """What Klaviyo tells events apart by: the profile, and the end of the payload with id and metric."""
    return event.profile, event.event[event.event.rindex(_UNIQUE_ID) :]
