"""Events: taking them in, singly and in bulk, and reading them back."""

from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, request

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.klaviyo import shapes
from fakes.klaviyo.answers import accepted, base_url, page_links, single
from fakes.klaviyo.errors import MEDIA_TYPE, not_found
from fakes.klaviyo.eventfilter import FILTERS, Wanted, matching_rows, wanted
from fakes.klaviyo.intake import Intake
from fakes.klaviyo.processing import process
from fakes.klaviyo.query import Accepted, Query, parse_query
from fakes.klaviyo.revisions import Served
from fakes.klaviyo.state import State

PAGE_SIZE_SINCE = "2026-01-15"
HAS_METRIC_SINCE = "2026-07-15"
_ACCEPTED = Accepted(
    filters=FILTERS,
    sorts=("datetime", "timestamp"),
    size=(200, 1_000),
    includes=("attributions", "metric", "profile"),
    fields={
        "event": (*shapes.EVENT_FIELDS, "id"),
        "metric": shapes.METRIC_FIELDS,
        "profile": shapes.PROFILE_FIELDS,
        "attribution": ("id",),
    },
)


def add_event_routes(api: Blueprint, state: State, faults: Faults) -> None:
    """The five event endpoints and their relationships."""
    _add_writes(api, state, faults)
    _add_reads(api, state, faults)
    _add_relations(api, state)


def _add_writes(api: Blueprint, state: State, faults: Faults) -> None:
    @api.post("/api/events")
    def create_event() -> Response:
        intake = Intake(state.profiles, state.switches, g.served, state.clock.now())
        ready = intake.single(request.get_data(cache=False))
        process(state, [ready], faults, request)
        request.environ[NOTE_KEY].counts["events"] = 1
        response = accepted()
        if intake.phone_ignored:
            response.headers["X-Klaviyo-Partial-Failure"] = "phone_number"
        return response

    @api.post("/api/event-bulk-create-jobs")
    def bulk_create_events() -> Response:
        intake = Intake(state.profiles, state.switches, g.served, state.clock.now())
        ready = intake.bulk(request.get_data(cache=False))
        process(state, ready, faults, request)
        request.environ[NOTE_KEY].counts["events"] = sum(len(entry.events) for entry in ready)
        return accepted()


def _add_reads(api: Blueprint, state: State, faults: Faults) -> None:
    @api.get("/api/events")
    def get_events() -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        asked = wanted(state, query, state.switches.default_event_sort)
        size = query.size if _served().at_least(PAGE_SIZE_SINCE) else 200
        rows = list(islice(matching_rows(state, asked), size + 1))
        page, more = rows[:size], len(rows) > size
        following = _cursor(state, page[-1], asked) if more else None
        if faults.take("reorder", request):
            page.reverse()
        return _page(state, query, page, following)

    @api.get("/api/events/<id>")
    def get_event(id: str) -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        return _page(state, query, [_readable(state, id)], None, one=True)


def _add_relations(api: Blueprint, state: State) -> None:
    @api.get("/api/events/<id>/metric")
    def metric_of_event(id: str) -> Response:
        made = state.metrics[state.events.metric[_readable(state, id)]]
        return single(shapes.metric(made, base_url(), with_key=state.switches.integration_key))

    @api.get("/api/events/<id>/profile")
    def profile_of_event(id: str) -> Response:
        person = state.profiles.all[state.events.profile[_readable(state, id)]]
        return single(shapes.profile(person, base_url(), state.last_event_at(person)))

    @api.get("/api/events/<id>/relationships/metric")
    def metric_id_of_event(id: str) -> Response:
        return single({"type": "metric", "id": state.metrics[state.events.metric[_readable(state, id)]].id})

    @api.get("/api/events/<id>/relationships/profile")
    def profile_id_of_event(id: str) -> Response:
        return single(
            {"type": "profile", "id": state.profiles.all[state.events.profile[_readable(state, id)]].id}
        )


def _served() -> Served:
    served: Served = g.served
    return served


def _readable(state: State, event_id: str) -> int:
    row = state.events.row_of(event_id)
    if row is None or not state.events.is_readable(row):
        raise not_found("event", event_id)
    return row


def _cursor(state: State, last_row: int, asked: Wanted) -> list[Any]:
    return [state.events.at[last_row], state.events.id_of(last_row), not asked.descending]


def _page(
    state: State, query: Query, rows: list[int], following: list[Any] | None, *, one: bool = False
) -> Response:
    """A page of events, put together as text: msgspec would have to decode the stored properties first."""
    write = shapes.event_writer(state, base_url(), query.fields.get("event"))
    events = ",".join([write(row) for row in rows])
    included = _included(state, query, rows)
    links = {"self": request.url} if one else page_links(following)
    body = f'{{"data":{events if one else "[" + events + "]"}'
    if included:
        body += f',"included":{shapes.text(included)}'
    body += f',"links":{shapes.text(links)}}}'
    return Response(body.encode(), content_type=MEDIA_TYPE)


def _included(state: State, query: Query, rows: list[int]) -> list[dict[str, Any]]:
    base, found = base_url(), []
    if "metric" in query.include:
        with_key = state.switches.integration_key
        for ordinal in dict.fromkeys(state.events.metric[row] for row in rows):
            resource = shapes.metric(state.metrics[ordinal], base, with_key=with_key)
            found.append(shapes.sparse(resource, query.fields.get("metric")))
    if "profile" in query.include:
        for ordinal in dict.fromkeys(state.events.profile[row] for row in rows):
            person = state.profiles.all[ordinal]
            resource = shapes.profile(person, base, state.last_event_at(person))
            found.append(shapes.sparse(resource, query.fields.get("profile")))
    return found
