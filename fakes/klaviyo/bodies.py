"""The shapes of event bodies: what Klaviyo's events endpoints take; unknown members are refused."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from fakes.klaviyo.document import Document


class MetricAttributes(Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    service: str | None = None


class MetricData(Struct, forbid_unknown_fields=True):
    type: Literal["metric"]
    attributes: MetricAttributes | UnsetType = UNSET
    id: str | None = None


class ProfileData(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: dict[str, Any] | UnsetType = UNSET
    id: str | None = None
    meta: dict[str, Any] | None = None


class EventAttributes(Struct, forbid_unknown_fields=True):
    properties: dict[str, Any]
    metric: Document[MetricData]
    time: str | None = None
    value: float | None = None
    value_currency: str | None = None
    unique_id: str | None = None
    backfill: bool | UnsetType | None = UNSET


class SingleAttributes(EventAttributes, forbid_unknown_fields=True, kw_only=True):
    profile: Document[ProfileData]


class SingleData(Struct, forbid_unknown_fields=True):
    type: Literal["event"]
    attributes: SingleAttributes


class BulkEvent(Struct, forbid_unknown_fields=True):
    type: Literal["event"]
    attributes: EventAttributes


class EntryAttributes(Struct, forbid_unknown_fields=True):
    profile: Document[ProfileData]
    events: Document[list[BulkEvent]]
    backfill: bool | UnsetType | None = UNSET


class Entry(Struct, forbid_unknown_fields=True):
    type: Literal["event-bulk-create"]
    attributes: EntryAttributes


class BulkAttributes(Struct, forbid_unknown_fields=True, rename={"events_bulk_create": "events-bulk-create"}):
    events_bulk_create: Document[list[Entry]]


class BulkData(Struct, forbid_unknown_fields=True):
    type: Literal["event-bulk-create-job"]
    attributes: BulkAttributes


SINGLE = msgspec.json.Decoder(Document[SingleData])
BULK = msgspec.json.Decoder(Document[BulkData])
