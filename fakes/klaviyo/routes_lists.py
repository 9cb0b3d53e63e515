"""Lists and who is on them."""

from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import shapes
from fakes.klaviyo.account import ProfileList
from fakes.klaviyo.answers import base_url, collection, no_content, page_of, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.errors import invalid, not_found
from fakes.klaviyo.filters import RANGE
from fakes.klaviyo.query import Accepted, Query, parse_query
from fakes.klaviyo.routes_profiles import shown
from fakes.klaviyo.state import State

MEMBERS_MAX = 1_000
_LISTS = Accepted(
    filters={
        "name": ("equals", "any"),
        "id": ("equals", "any"),
        "created": ("greater-than",),
        "updated": ("greater-than",),
    },
    sorts=("id", "name", "created", "updated"),
    size=(10, 10),
    includes=("tags", "flow-triggers"),
    fields={"list": shapes.LIST_FIELDS},
    additional={"list": ("profile_count",)},
)
_MEMBERS = Accepted(
    filters={"email": ("equals", "any"), "phone_number": ("equals", "any"), "joined_group_at": RANGE},
    sorts=("joined_group_at",),
    size=(20, 100),
    fields={"profile": shapes.PROFILE_FIELDS},
    additional={"profile": ("subscriptions", "predictive_analytics")},
)


class ListAttributes(Struct, forbid_unknown_fields=True):
    name: str
    opt_in_process: Literal["single_opt_in", "double_opt_in"] | None = None


class ListResource(Struct, forbid_unknown_fields=True):
    type: Literal["list"]
    attributes: ListAttributes


class ListBody(Struct, forbid_unknown_fields=True):
    data: ListResource


class ProfileId(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    id: str


class MembersBody(Struct, forbid_unknown_fields=True):
    data: list[ProfileId]


_LIST_BODY = msgspec.json.Decoder(ListBody)
_MEMBERS_BODY = msgspec.json.Decoder(MembersBody)


def add_list_routes(api: Blueprint, state: State) -> None:
    """The list endpoints."""
    _add_lists(api, state)
    _add_members(api, state)


def _add_lists(api: Blueprint, state: State) -> None:
    @api.get("/api/lists")
    def get_lists() -> Response:
        query = parse_query(request.args, _LISTS, unknown=state.switches.unknown_parameters)
        page, following = page_of(_matching(state, query), query.cursor, query.size)
        made = [shapes.sparse(shapes.profile_list(one, base_url()), query.fields.get("list")) for one in page]
        return collection(made, following)

    @api.post("/api/lists")
    def create_list() -> Response:
        attributes = decode(_LIST_BODY, request.get_data(cache=False), "list").data.attributes
        if not attributes.name:
            raise invalid("This field may not be blank.", "/data/attributes/name")
        made = state.add_list(attributes.name, attributes.opt_in_process)
        return single(shapes.profile_list(made, base_url()), 201)

    @api.get("/api/lists/<id>")
    def get_list(id: str) -> Response:
        query = parse_query(request.args, _LISTS, unknown=state.switches.unknown_parameters)
        with_count = "profile_count" in query.additional.get("list", ())
        resource = shapes.profile_list(existing_list(state, id), base_url(), with_count=with_count)
        return single(shapes.sparse(resource, query.fields.get("list")))


def _add_members(api: Blueprint, state: State) -> None:
    @api.get("/api/lists/<id>/profiles")
    def get_members(id: str) -> Response:
        query = parse_query(request.args, _MEMBERS, unknown=state.switches.unknown_parameters)
        made = existing_list(state, id)
        page, following = page_of(_members(state, made, query), query.cursor, query.size)
        return collection([_member(state, made, profile_id, query) for profile_id in page], following)

    @api.post("/api/lists/<id>/relationships/profiles")
    def add_members(id: str) -> Response:
        made = existing_list(state, id)
        for profile_id in _asked_members(state):
            join_list(state, made, profile_id, fires_flows=state.switches.list_add_fires_flows)
        return no_content()

    @api.delete("/api/lists/<id>/relationships/profiles")
    def remove_members(id: str) -> Response:
        made = existing_list(state, id)
        for profile_id in _asked_members(state):
            made.members.pop(profile_id, None)
        return no_content()


def existing_list(state: State, list_id: str) -> ProfileList:
    """The list with this id. Raises Refusal (404)."""
    if list_id not in state.lists:
        raise not_found("list", list_id)
    return state.lists[list_id]


def join_list(state: State, made: ProfileList, profile_id: str, *, fires_flows: bool) -> None:
    """Put a profile on a list; somebody new may start the list's flows, which are only counted."""
    if profile_id not in made.members:
        made.members[profile_id] = state.clock.now()
        state.counts["flows.list"] += int(fires_flows)


def _asked_members(state: State) -> list[str]:
    body = decode(_MEMBERS_BODY, request.get_data(cache=False), "profile")
    if len(body.data) > MEMBERS_MAX:
        raise invalid(f"At most {MEMBERS_MAX} profiles are allowed.", "/data")
    for item in body.data:
        if item.id not in state.profiles.by_id:
            raise not_found("profile", item.id)
    return [item.id for item in body.data]


def _matching(state: State, query: Query) -> list[ProfileList]:
    found = list(state.lists.values())
    for clause in query.clauses:
        if clause.field in ("created", "updated"):
            at = clause.instant()
            found = [one for one in found if getattr(one, clause.field) > at]
        else:
            wanted = clause.texts()
            found = [one for one in found if getattr(one, clause.field) in wanted]
    name = (query.sort or "id").removeprefix("-")
    return sorted(found, key=lambda one: getattr(one, name), reverse=(query.sort or "").startswith("-"))


def _members(state: State, made: ProfileList, query: Query) -> list[str]:
    found = sorted(made.members, key=lambda i: (made.members[i], i), reverse=query.sort == "-joined_group_at")
    for clause in query.clauses:
        if clause.field == "joined_group_at":
            at = clause.instant()
            found = [i for i in found if _COMPARISONS[clause.operator](made.members[i], at)]
        else:
            wanted = [state.profiles.owner(clause.field, text) for text in clause.texts()]
            ids = {person.id for person in wanted if person is not None}
            found = [i for i in found if i in ids]
    return found


def _member(state: State, made: ProfileList, profile_id: str, query: Query) -> dict[str, Any]:
    resource = shown(state, state.profiles.by_id[profile_id], query)
    if "profile" not in query.fields or "joined_group_at" in query.fields["profile"]:
        resource["attributes"]["joined_group_at"] = shapes.seconds(made.members[profile_id])
    return resource


_COMPARISONS = {
    "greater-than": lambda a, b: a > b,
    "greater-or-equal": lambda a, b: a >= b,
    "less-than": lambda a, b: a < b,
    "less-or-equal": lambda a, b: a <= b,
}
