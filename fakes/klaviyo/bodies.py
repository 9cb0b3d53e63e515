"""The shapes of event bodies: what Klaviyo's events endpoints take; unknown members are refused."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType


class MetricAttributes(Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    service: str | None = None


class MetricData(Struct, forbid_unknown_fields=True):
    type: Literal["metric"]
    attributes: MetricAttributes | UnsetType = UNSET
    id: str | None = None


class MetricRef(Struct, forbid_unknown_fields=True):
    data: MetricData


class ProfileData(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: dict[str, Any] | UnsetType = UNSET
    id: str | None = None
    meta: dict[str, Any] | None = None


class ProfileRef(Struct, forbid_unknown_fields=True):
    data: ProfileData


class EventAttributes(Struct, forbid_unknown_fields=True):
    properties: dict[str, Any]
    metric: MetricRef
    time: str | None = None
    value: float | None = None
    value_currency: str | None = None
    unique_id: str | None = None
    backfill: bool | UnsetType | None = UNSET


class SingleAttributes(EventAttributes, forbid_unknown_fields=True, kw_only=True):
    profile: ProfileRef


class SingleData(Struct, forbid_unknown_fields=True):
    type: Literal["event"]
    attributes: SingleAttributes


class SingleBody(Struct, forbid_unknown_fields=True):
    data: SingleData


class BulkEvent(Struct, forbid_unknown_fields=True):
    type: Literal["event"]
    attributes: EventAttributes


class BulkEvents(Struct, forbid_unknown_fields=True):
    data: list[BulkEvent]


class EntryAttributes(Struct, forbid_unknown_fields=True):
    profile: ProfileRef
    events: BulkEvents
    backfill: bool | UnsetType | None = UNSET


class Entry(Struct, forbid_unknown_fields=True):
    type: Literal["event-bulk-create"]
    attributes: EntryAttributes


class Entries(Struct, forbid_unknown_fields=True):
    data: list[Entry]


class BulkAttributes(Struct, forbid_unknown_fields=True, rename={"events_bulk_create": "events-bulk-create"}):
    events_bulk_create: Entries


class BulkData(Struct, forbid_unknown_fields=True):
    type: Literal["event-bulk-create-job"]
    attributes: BulkAttributes


class BulkBody(Struct, forbid_unknown_fields=True):
    data: BulkData


SINGLE = msgspec.json.Decoder(SingleBody)
BULK = msgspec.json.Decoder(BulkBody)
