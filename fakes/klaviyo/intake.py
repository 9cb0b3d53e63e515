"""Events as they come in: the single and the bulk body, decoded, checked and made ready to be stored.

Nothing is stored here, so a refused request leaves no trace. What a revision does not know yet is refused in
the same words as what never existed.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from fakes.klaviyo.bodies import BULK, SINGLE, EntryAttributes, EventAttributes, ProfileData
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.errors import invalid, nothing_included
from fakes.klaviyo.profiles import WRITABLE, Profiles
from fakes.klaviyo.revisions import Served
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.values import (
    METRIC_NAME_MAX,
    UNIQUE_ID_MAX,
    Bad,
    checked_patch,
    instant,
    packed_properties,
)

EVENTS_MAX = 1_000
PROFILE_BYTES_MAX = 95 * 1024
BACKFILL_SINCE = "2026-04-15"
DATA_META_SINCE = "2026-10-15"
BULK_POINTER = "/data/attributes/events-bulk-create/data"
SINGLE_POINTER = "/data/attributes"
_CURRENCY = re.compile(r"[A-Z]{3}")


class ReadyEvent(Struct, gc=False):
    """One event that may be stored: ``at`` in epoch seconds, ``properties`` packed."""

    metric: str
    unique_id: str | None
    at: int
    value: float | None
    currency: str | None
    backfill: bool
    properties: bytes


@dataclass(slots=True)
class Ready:
    """One profile with its events, checked."""

    profile_id: str | None
    attributes: dict[str, Any]
    """Cleaned; identifiers and whatever else the sender knows of the person."""
    only_kx: bool
    patch: dict[str, Any] | None
    events: list[ReadyEvent]


class Intake:
    """Reads event bodies for one request's revision and instant."""

    def __init__(self, profiles: Profiles, switches: Switches, served: Served, now: datetime) -> None:
        self._profiles = profiles
        self._switches = switches
        self._served = served
        self._now_s = int(now.timestamp())
        self._latest = now + timedelta(days=365)
        self._scratch = bytearray(1024)
        self.phone_ignored = False

    def single(self, body: bytes) -> Ready:
        """One event of one profile. Raises Refusal."""
        attributes = decode(SINGLE, body, "event").data.attributes
        try:
            ready = self._profile(attributes.profile.data, partial_phone=True, bulk=False)
            ready.events.append(self._event(attributes, None))
        except Bad as bad:
            raise invalid(bad.detail, f"{SINGLE_POINTER}/{bad.member}") from None
        return ready

    def bulk(self, body: bytes) -> list[Ready]:
        """Every profile entry with its events, all or nothing. Raises Refusal for the first wrong entry."""
        entries = decode(BULK, body, "event-bulk-create").data.attributes.events_bulk_create.data
        if sum(len(entry.attributes.events.data) for entry in entries) > EVENTS_MAX:
            raise invalid(f"At most {EVENTS_MAX} events are allowed per request.", BULK_POINTER)
        ready = []
        for number, entry in enumerate(entries):
            try:
                ready.append(self._entry(entry.attributes))
            except Bad as bad:
                raise invalid("Invalid input", f"{BULK_POINTER}/{number}/attributes/{bad.member}") from None
        self._refuse_repeats(ready)
        return ready

    def _entry(self, attributes: EntryAttributes) -> Ready:
        self._check_backfill(attributes.backfill, "event-bulk-create")
        partial = self._switches.phone_partial_in_bulk
        ready = self._profile(attributes.profile.data, partial_phone=partial, bulk=True)
        backfill = attributes.backfill is True
        for number, event in enumerate(attributes.events.data):
            try:
                ready.events.append(self._event(event.attributes, backfill))
            except Bad as bad:
                raise Bad(bad.detail, f"events/data/{number}/attributes/{bad.member}") from None
        return ready

    def _event(self, event: EventAttributes, entry_backfill: bool | None) -> ReadyEvent:
        named = event.metric.data.attributes
        if named is UNSET or named.name is UNSET or not named.name:
            raise nothing_included()
        if len(named.name) > METRIC_NAME_MAX:
            raise Bad("Metric name must be shorter than 128 characters", "metric/data/attributes/name")
        unique_id = event.unique_id
        if unique_id is not None and not 0 < len(unique_id) <= UNIQUE_ID_MAX:
            raise Bad("unique_id must have 1 to 255 characters", "unique_id")
        currency = event.value_currency
        if currency is not None and not _CURRENCY.fullmatch(currency):
            raise Bad("Invalid currency code", "value_currency")
        if unique_id is not None:
            # On read the name shows the unique_id; without one, a property of this name stays what it was.
            event.properties.pop("$event_id", None)
        if event.value:
            event.properties.pop("$value", None)
        return ReadyEvent(
            metric=named.name,
            unique_id=unique_id,
            at=self._now_s if event.time is None else instant(event.time, self._latest),
            value=event.value,
            currency=currency,
            backfill=self._is_backfill(event.backfill, entry_backfill),
            properties=packed_properties(event.properties, self._scratch),
        )

    def _profile(self, data: ProfileData, *, partial_phone: bool, bulk: bool) -> Ready:
        attributes = data.attributes if data.attributes is not UNSET else {}
        meta = data.meta
        if "meta" in attributes or meta is not None:
            meta = self._meta(attributes, meta, bulk)
            attributes = {name: value for name, value in attributes.items() if name != "meta"}
        for name in attributes.keys() - WRITABLE:
            raise _unknown(name, "profile", f"profile/data/attributes/{name}")
        if len(attributes) > 1 and len(msgspec.json.encode(attributes)) > PROFILE_BYTES_MAX:
            raise Bad("The profile must not exceed 95 KB", "profile")
        if not data.id and not any(attributes.get(name) not in (None, "") for name in _IDENTIFYING):
            raise Bad("At least one profile identifier is required", "profile")
        clean, ignored = self._profiles.cleaned(attributes, partial_phone=partial_phone)
        self.phone_ignored |= ignored
        only_kx = bool(attributes.get("_kx")) and not data.id and not _names_somebody(clean)
        patch = checked_patch(meta) if meta else None
        return Ready(data.id, clean, only_kx, patch, [])

    def _meta(
        self, attributes: dict[str, Any], meta: dict[str, Any] | None, bulk: bool
    ) -> dict[str, Any] | None:
        """The meta from where this revision keeps it; in the other place it is an unknown member."""
        in_data = bulk or self._served.at_least(DATA_META_SINCE)
        if in_data and "meta" in attributes:
            raise _unknown("meta", "profile", "profile/data/attributes/meta")
        if not in_data and meta is not None:
            raise _unknown("meta", "profile", "profile/data/meta")
        return meta if in_data else attributes["meta"]

    def _is_backfill(self, event: bool | UnsetType | None, entry: bool | None) -> bool:
        self._check_backfill(event, "event")
        if entry is None or self._switches.backfill_levels == "event":
            return event is True
        return entry if self._switches.backfill_levels == "entry" else entry or event is True

    def _check_backfill(self, value: bool | UnsetType | None, resource: str) -> None:
        if value is not UNSET and not self._served.at_least(BACKFILL_SINCE):
            raise _unknown("backfill", resource, "backfill")

    def _refuse_repeats(self, ready: list[Ready]) -> None:
        if self._switches.repeat_in_request != "refuse":
            return
        seen = set()
        for number, entry in enumerate(ready):
            person = entry.profile_id or next(
                (entry.attributes[name] for name in _IDENTIFYING if entry.attributes.get(name)), ""
            )
            for event in entry.events:
                key = (person, event.metric, event.unique_id)
                if event.unique_id is not None and key in seen:
                    pointer = f"{BULK_POINTER}/{number}/attributes/events/data"
                    raise invalid(
                        "Invalid input", f"{pointer}/{entry.events.index(event)}/attributes/unique_id"
                    )
                seen.add(key)


_IDENTIFYING = ("email", "phone_number", "external_id", "anonymous_id", "_kx")


def _unknown(name: str, resource: str, member: str) -> Bad:
    return Bad(f"'{name}' is not a valid field for the resource '{resource}'.", member)


def _names_somebody(clean: dict[str, Any]) -> bool:
    return any(clean.get(name) is not None for name in _IDENTIFYING)
