"""The whole state as one JSON object, and back."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.klaviyo.account import Account, ImportJob, Metric, ProfileList
from fakes.klaviyo.eventstore import BACKFILL, DELETED, HAS_UNIQUE_ID, NO_VALUE
from fakes.klaviyo.jobs import unfinished
from fakes.klaviyo.profiles import KEYED, Profile
from fakes.klaviyo.records import Extras
from fakes.klaviyo.values import compact

if TYPE_CHECKING:
    from fakes.klaviyo.state import State


_GAP_MAX = 10_000_000


def dump(state: "State") -> dict[str, Any]:
    """Everything, with event ids that a later load gives back."""
    return {
        "ids": state.ids.dump(),
        "counts": dict(state.counts),
        "account": asdict(state.account),
        "metrics": [asdict(metric) for metric in state.metrics],
        "profiles": [asdict(profile) for profile in state.profiles.all],
        "lists": [asdict(made) for made in state.lists.values()],
        "import_jobs": [asdict(job) for job in state.jobs.values()],
        "extras": asdict(state.extras),
        "outbox": {hook: [list(one) for one in waiting] for hook, waiting in state.outbox.items()},
        "push": state.push.dump(),
        "shown_at": [list(one) for one in state.shown_at],
        "events": [_event(state, row) for row in state.events.live_rows()],
        "event_rows": len(state.events),
    }


def load(state: "State", dumped: Mapping[str, Any]) -> None:
    """Replace the state. Raises KeyError or ValueError for something that is no dump."""
    parts = {
        key: dumped[key]
        for key in ("ids", "account", "metrics", "profiles", "lists", "import_jobs", "events")
    }
    state.reset()
    state.account = msgspec.convert(parts["account"], Account)
    for raw in parts["metrics"]:
        _load_metric(state, msgspec.convert(raw, Metric))
    for raw in parts["profiles"]:
        _load_profile(state, msgspec.convert(raw, Profile))
    state.lists = {raw["id"]: msgspec.convert(raw, ProfileList) for raw in parts["lists"]}
    state.jobs = {raw["id"]: msgspec.convert(raw, ImportJob) for raw in parts["import_jobs"]}
    ordinals = {person.id: person.ordinal for person in state.profiles.all}
    for raw in parts["events"]:
        _load_event(state, raw, ordinals)
    _fill_gap(state, int(dumped.get("event_rows", 0)))
    _load_rest(state, dumped)
    state.ids.load(parts["ids"])
    state.counts = Counter(dumped.get("counts", {}))


def _event(state: "State", row: int) -> dict[str, Any]:
    events = state.events
    value = events.value[row]
    until = events.hidden_until(row)
    return {
        "id": events.id_of(row),
        "metric_id": state.metrics[events.metric[row]].id,
        "profile_id": state.profiles.all[events.profile[row]].id,
        "unique_id": events.unique[row],
        "has_unique_id": bool(events.flags[row] & HAS_UNIQUE_ID),
        "backfill": bool(events.flags[row] & BACKFILL),
        "at": events.at[row],
        "value": None if math.isnan(value) else value,
        "currency": state.currencies[events.currency[row]],
        "properties": msgspec.Raw(events.properties[row]),
        "readable_at": until,
    }


def _load_rest(state: "State", dumped: Mapping[str, Any]) -> None:
    """What a dump of an earlier version may not have."""
    state.extras = msgspec.convert(dumped.get("extras", {}), Extras)
    state.undone = unfinished(state)
    state.outbox = msgspec.convert(dumped.get("outbox", {}), dict[str, list[tuple[str, int]]])
    state.shown_at = msgspec.convert(dumped.get("shown_at", []), list[tuple[float, int, int]])
    if "push" in dumped:
        state.push.load(dumped["push"])


def _load_metric(state: "State", raw: Metric) -> None:
    raw.ordinal = len(state.metrics)
    state.keep_metric(raw)


def _load_profile(state: "State", profile: Profile) -> None:
    profile.ordinal = len(state.profiles.all)
    state.profiles.all.append(profile)
    if profile.deleted:
        return
    state.profiles.by_id[profile.id] = profile
    for name in KEYED:
        if name in profile.attributes:
            state.profiles.by[name][profile.attributes[name]] = profile


def _load_event(state: "State", raw: Mapping[str, Any], ordinals: Mapping[str, int]) -> None:
    row = state.events.decoded(raw["id"])
    if row is None or row < len(state.events):
        raise ValueError(f"event ids must come from a dump of a fake with the same seed: {raw['id']}")
    _fill_gap(state, row)
    metric = state.metric_by_id[raw["metric_id"]]
    state.events.append(
        metric=metric.ordinal,
        profile=ordinals[raw["profile_id"]],
        unique_id=raw["unique_id"],
        at=int(raw["at"]),
        value=NO_VALUE if raw["value"] is None else float(raw["value"]),
        currency=state.currency_number(raw["currency"]),
        flags=(HAS_UNIQUE_ID if raw["has_unique_id"] else 0) | (BACKFILL if raw["backfill"] else 0),
        properties=compact(raw["properties"], bytearray()),
    )
    if raw.get("readable_at") is None:
        state.events.show(row, row + 1)
    else:
        state.events.hide(row, row + 1, float(raw["readable_at"]))


def _fill_gap(state: "State", upto: int) -> None:
    """Stand-ins for deleted rows: an event's id is its row number in disguise."""
    if upto - len(state.events) > _GAP_MAX:
        raise ValueError("event ids must come from a dump of a fake with the same seed")
    while len(state.events) < upto:
        if not state.metrics:
            state.add_metric("deleted")
        row = state.events.append(
            metric=0, profile=0, unique_id=f"\0deleted {len(state.events)}", at=0, value=NO_VALUE, currency=0,
            flags=DELETED, properties=b"{}",
        )  # fmt: skip
        state.events.delete(row)
