"""Events: taking them in, singly and in bulk, and reading them back."""

from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, request

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.klaviyo import shapes, shapes_rest
from fakes.klaviyo.answers import ONLY_PAGE, Cursors, Json, accepted, base_url, chosen, page_links
from fakes.klaviyo.errors import MEDIA_TYPE
from fakes.klaviyo.eventfilter import Wanted, matching_rows, wanted
from fakes.klaviyo.intake import Intake
from fakes.klaviyo.lookup import the_event_row
from fakes.klaviyo.processing import process
from fakes.klaviyo.query import Query, asked
from fakes.klaviyo.revisions import Served
from fakes.klaviyo.state import State

PAGE_SIZE_SINCE = "2026-01-15"


def add_event_routes(api: Blueprint, state: State, faults: Faults) -> None:
    """Taking events in and reading them back."""
    _add_writes(api, state, faults)
    _add_reads(api, state, faults)


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
        query = asked(state.switches)
        wants = wanted(state, query, state.switches.default_event_sort)
        size = query.size if _served().at_least(PAGE_SIZE_SINCE) else 200
        rows = list(islice(matching_rows(state, wants), size + 1))
        page, cursors = _turned(state, wants, rows[:size], more=len(rows) > size, first=query.cursor is None)
        if faults.take("reorder", request):
            page.reverse()
        return _page(state, query, page, cursors)

    @api.get("/api/events/<id>")
    def get_event(id: str) -> Response:
        query = asked(state.switches)
        return _page(state, query, [the_event_row(state, id)], ONLY_PAGE, one=True)


def _served() -> Served:
    served: Served = g.served
    return served


def _turned(
    state: State, wants: Wanted, rows: list[int], *, more: bool, first: bool
) -> tuple[list[int], Cursors]:
    """The page in its order, and its neighbours; a page read backwards comes in reverse."""
    page = rows[::-1] if wants.backwards else rows
    if not page:
        return page, ONLY_PAGE
    after = _cursor(state, page[-1], forward=True) if more or wants.backwards else None
    before = _cursor(state, page[0], forward=False) if (more if wants.backwards else not first) else None
    return page, Cursors(after, before)


def _cursor(state: State, row: int, *, forward: bool) -> list[Any]:
    return [state.events.at[row], state.events.id_of(row), forward]


def _page(state: State, query: Query, rows: list[int], cursors: Cursors, *, one: bool = False) -> Response:
    """A page of events, put together as text: msgspec would have to decode the stored properties first."""
    write = shapes.event_writer(state, base_url(), query.fields.get("event"))
    events = ",".join([write(row) for row in rows])
    included = _included(state, query, rows)
    links = {"self": request.url} if one else page_links(cursors)
    body = f'{{"data":{events if one else "[" + events + "]"}'
    if included:
        body += f',"included":{shapes.text(included)}'
    body += f',"links":{shapes.text(links)}}}'
    return Response(body.encode(), content_type=MEDIA_TYPE)


def _included(state: State, query: Query, rows: list[int]) -> list[Json]:
    base = base_url()
    found: list[Json] = []
    if "metric" in query.include:
        with_key = state.switches.integration_key
        ordinals = dict.fromkeys(state.events.metric[row] for row in rows)
        found += [shapes.metric(state.metrics[one], base, with_key=with_key) for one in ordinals]
    if "profile" in query.include:
        for ordinal in dict.fromkeys(state.events.profile[row] for row in rows):
            person = state.profiles.all[ordinal]
            if not person.deleted:
                found.append(shapes.profile(person, base, state.last_event_at(person)))
    if "attributions" in query.include and state.extras.attributions:
        for row in rows:
            held = state.extras.attributions.get(state.events.id_of(row), ())
            found += [shapes_rest.attribution(one, base) for one in held]
    return chosen(found, query)
