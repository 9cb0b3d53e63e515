"""Finding what a path names, or refusing in Klaviyo's words."""

from collections.abc import Mapping
from typing import TypeVar

from fakes.klaviyo.account import ImportJob, Metric, ProfileList
from fakes.klaviyo.errors import not_found
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.records import MAPPED, CustomMetric, MappedMetric
from fakes.klaviyo.state import State

T = TypeVar("T")


def the(kind: str, held: Mapping[str, T], own_id: str) -> T:
    """What is kept under an id. Raises Refusal (404)."""
    if own_id not in held:
        raise not_found(kind, own_id)
    return held[own_id]


def the_profile(state: State, own_id: str) -> Profile:
    """A profile that exists."""
    return the("profile", state.profiles.by_id, own_id)


def the_list(state: State, own_id: str) -> ProfileList:
    """A list that exists."""
    return the("list", state.lists, own_id)


def the_import(state: State, own_id: str) -> ImportJob:
    """A bulk profile import that exists."""
    return the("profile-bulk-import-job", state.jobs, own_id)


def the_metric(state: State, own_id: str) -> Metric:
    """A metric that a reader can see."""
    found = state.metric_by_id.get(own_id)
    if found is None or not (found.visible or len(state.events.indexes[found.ordinal])):
        raise not_found("metric", own_id)
    return found


def the_custom_metric(state: State, own_id: str) -> CustomMetric:
    """A custom metric that exists."""
    return the("custom-metric", state.extras.custom_metrics, own_id)


def the_mapped_metric(state: State, own_id: str) -> MappedMetric:
    """One of the fixed meanings; they exist from the start."""
    if own_id not in MAPPED:
        raise not_found("mapped-metric", own_id)
    held = state.extras.mapped_metrics.get(own_id)
    return held or MappedMetric(own_id, state.account.created)


def the_event_row(state: State, own_id: str) -> int:
    """The row of an event that can be read."""
    row = state.events.row_of(own_id)
    if row is None or not state.events.is_readable(row):
        raise not_found("event", own_id)
    return row
