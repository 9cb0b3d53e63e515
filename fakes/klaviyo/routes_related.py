"""What belongs to what: ``…/{name}`` with whole resources, ``…/relationships/{name}`` with ids only."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response

from fakes.klaviyo import shapes, shapes_rest
from fakes.klaviyo.answers import Json, base_url, chosen, collection, ids_of, page_of, single
from fakes.klaviyo.lookup import (
    the_custom_metric,
    the_event_row,
    the_import,
    the_list,
    the_mapped_metric,
    the_metric,
    the_profile,
)
from fakes.klaviyo.profileviews import lists_of, segments_of, shown, tokens_of
from fakes.klaviyo.query import asked
from fakes.klaviyo.state import State

Find = Callable[[str], Sequence[Json]]
FindOne = Callable[[str], Json | None]


def add_related_routes(api: Blueprint, state: State) -> None:
    """Every relationship that the fake serves."""
    _add_events(api, state)
    _add_profiles(api, state)
    _add_lists_and_jobs(api, state)
    _add_metrics(api, state)


def _add_events(api: Blueprint, state: State) -> None:
    def metric(own_id: str) -> Json:
        made = state.metrics[state.events.metric[the_event_row(state, own_id)]]
        return shapes.metric(made, base_url(), with_key=state.switches.integration_key)

    def profile(own_id: str) -> Json | None:
        person = state.profiles.all[state.events.profile[the_event_row(state, own_id)]]
        return None if person.deleted else shown(state, person, asked(state.switches))

    _one(api, state, "events", "metric", metric)
    _one(api, state, "events", "profile", profile)


def _add_profiles(api: Blueprint, state: State) -> None:
    def lists(own_id: str) -> list[Json]:
        return lists_of(state, the_profile(state, own_id), base_url())

    def segments(own_id: str) -> list[Json]:
        return segments_of(state, the_profile(state, own_id), base_url())

    def tokens(own_id: str) -> list[Json]:
        return tokens_of(the_profile(state, own_id), base_url())

    def conversation(own_id: str) -> None:
        the_profile(state, own_id)

    def conversations(own_id: str) -> list[Json]:
        the_profile(state, own_id)
        return []

    _many(api, state, "profiles", "lists", lists)
    _many(api, state, "profiles", "segments", segments)
    _many(api, state, "profiles", "push-tokens", tokens)
    _one(api, state, "profiles", "conversation", conversation)
    _many(api, state, "profiles", "conversations", conversations)


def _add_lists_and_jobs(api: Blueprint, state: State) -> None:
    def none_of_list(own_id: str) -> list[Json]:
        the_list(state, own_id)
        return []

    def lists_of_job(own_id: str) -> list[Json]:
        held = [state.lists[i] for i in the_import(state, own_id).list_ids if i in state.lists]
        return [shapes.profile_list(one, base_url()) for one in held]

    def profiles_of_job(own_id: str) -> list[Json]:
        held = (state.profiles.by_id.get(i) for i in the_import(state, own_id).profile_ids)
        query = asked(state.switches)
        return [shown(state, person, query) for person in held if person is not None]

    _many(api, state, "lists", "tags", none_of_list)
    _many(api, state, "lists", "flow-triggers", none_of_list)
    _many(api, state, "profile-bulk-import-jobs", "lists", lists_of_job)
    _many(api, state, "profile-bulk-import-jobs", "profiles", profiles_of_job)


def _add_metrics(api: Blueprint, state: State) -> None:
    def shape(metric_id: str) -> Json:
        made = the_metric(state, metric_id)
        return shapes.metric(made, base_url(), with_key=state.switches.integration_key)

    def none_of_metric(own_id: str) -> list[Json]:
        the_metric(state, own_id)
        return []

    def metrics(own_id: str) -> list[Json]:
        held = the_custom_metric(state, own_id)
        return [shape(i) for i in shapes_rest.metric_ids_of(held.definition)]

    def mapped(own_id: str) -> Json | None:
        held = the_mapped_metric(state, own_id).metric_id
        return shape(held) if held else None

    def mapped_custom(own_id: str) -> Json | None:
        held = the_mapped_metric(state, own_id).custom_metric_id
        return shapes_rest.custom_metric(the_custom_metric(state, held), base_url()) if held else None

    _many(api, state, "metrics", "flow-triggers", none_of_metric)
    _many(api, state, "custom-metrics", "metrics", metrics)
    _one(api, state, "mapped-metrics", "metric", mapped)
    _one(api, state, "mapped-metrics", "custom-metric", mapped_custom)


def _many(api: Blueprint, state: State, owner: str, name: str, find: Find) -> None:
    def whole(id: str) -> Response:
        query = asked(state.switches)
        page, cursors = page_of(find(id), query)
        return collection(chosen(page, query), cursors)

    def only_ids(id: str) -> Response:
        query = asked(state.switches)
        page, cursors = page_of(find(id), query)
        return collection(ids_of(page), cursors)

    _add(api, owner, name, whole, only_ids)


def _one(api: Blueprint, state: State, owner: str, name: str, find: FindOne) -> None:
    def whole(id: str) -> Response:
        query = asked(state.switches)
        found = find(id)
        return single(None if found is None else chosen([found], query)[0])

    def only_id(id: str) -> Response:
        asked(state.switches)
        found = find(id)
        return single(None if found is None else ids_of([found])[0])

    _add(api, owner, name, whole, only_id)


def _add(
    api: Blueprint, owner: str, name: str, whole: Callable[[str], Response], ids: Callable[[str], Response]
) -> None:
    api.add_url_rule(f"/api/{owner}/<id>/{name}", f"{owner}/{name}", whole)
    api.add_url_rule(f"/api/{owner}/<id>/relationships/{name}", f"{owner}/ids/{name}", ids)
