"""Lists and who is on them."""

from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import shapes
from fakes.klaviyo.account import ProfileList
from fakes.klaviyo.answers import base_url, chosen, collection, no_content, one, page_of
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document, ProfileId
from fakes.klaviyo.errors import invalid, not_found, nothing_included
from fakes.klaviyo.lookup import the_list
from fakes.klaviyo.profilefilter import COMPARE
from fakes.klaviyo.profileviews import shown
from fakes.klaviyo.query import Query, asked
from fakes.klaviyo.state import State

MEMBERS_MAX = 1_000
NAME_LENGTH_MAX = 255


class ListAttributes(Struct, forbid_unknown_fields=True):
    name: str
    opt_in_process: Literal["single_opt_in", "double_opt_in"] | None = None


class ListResource(Struct, forbid_unknown_fields=True):
    type: Literal["list"]
    attributes: ListAttributes


class ListChanges(Struct, forbid_unknown_fields=True):
    name: str | None = None
    opt_in_process: Literal["single_opt_in", "double_opt_in"] | None = None


class ChangedList(Struct, forbid_unknown_fields=True):
    type: Literal["list"]
    id: str
    attributes: ListChanges


_LIST_BODY = msgspec.json.Decoder(Document[ListResource])
_CHANGED_BODY = msgspec.json.Decoder(Document[ChangedList])
_MEMBERS_BODY = msgspec.json.Decoder(Document[list[ProfileId]])


def add_list_routes(api: Blueprint, state: State) -> None:
    """The list endpoints."""
    _add_reads(api, state)
    _add_writes(api, state)
    _add_members(api, state)


def _add_reads(api: Blueprint, state: State) -> None:
    @api.get("/api/lists")
    def get_lists() -> Response:
        query = asked(state.switches)
        page, cursors = page_of(_matching(state, query), query)
        return collection(chosen([shapes.profile_list(one, base_url()) for one in page], query), cursors)

    @api.get("/api/lists/<id>")
    def get_list(id: str) -> Response:
        query = asked(state.switches)
        with_count = query.adds("list", "profile_count")
        resource = shapes.profile_list(the_list(state, id), base_url(), with_count=with_count)
        return one(resource, query)


def _add_writes(api: Blueprint, state: State) -> None:
    @api.post("/api/lists")
    def create_list() -> Response:
        attributes = decode(_LIST_BODY, request.get_data(cache=False), "list").data.attributes
        made = state.add_list(_name(attributes.name), attributes.opt_in_process)
        return one(shapes.profile_list(made, base_url()), asked(state.switches), 201)

    @api.patch("/api/lists/<id>")
    def update_list(id: str) -> Response:
        made = the_list(state, id)
        changed = decode(_CHANGED_BODY, request.get_data(cache=False), "list").data
        if changed.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        if changed.attributes == ListChanges():
            raise nothing_included()
        made.name = made.name if changed.attributes.name is None else _name(changed.attributes.name)
        made.opt_in_process = changed.attributes.opt_in_process or made.opt_in_process
        made.updated = state.clock.now()
        return one(shapes.profile_list(made, base_url()), asked(state.switches))

    @api.delete("/api/lists/<id>")
    def delete_list(id: str) -> Response:
        the_list(state, id)
        del state.lists[id]
        return no_content()


def _add_members(api: Blueprint, state: State) -> None:
    @api.get("/api/lists/<id>/profiles")
    def get_members(id: str) -> Response:
        query, made = asked(state.switches), the_list(state, id)
        page, cursors = page_of(_members(state, made, query), query)
        return collection(chosen([_member(state, made, i, query) for i in page], query), cursors)

    @api.get("/api/lists/<id>/relationships/profiles")
    def get_member_ids(id: str) -> Response:
        query = asked(state.switches)
        page, cursors = page_of(_members(state, the_list(state, id), query), query)
        return collection([{"type": "profile", "id": i} for i in page], cursors)

    @api.post("/api/lists/<id>/relationships/profiles")
    def add_members(id: str) -> Response:
        made = the_list(state, id)
        for profile_id in _asked_members(state):
            if profile_id not in made.members:
                made.members[profile_id] = state.clock.now()
                # Flows are only counted.
                state.counts["flows.list"] += int(state.switches.list_add_fires_flows)
        return no_content()

    @api.delete("/api/lists/<id>/relationships/profiles")
    def remove_members(id: str) -> Response:
        made = the_list(state, id)
        for profile_id in _asked_members(state):
            made.members.pop(profile_id, None)
        return no_content()


def _name(name: str) -> str:
    if not name.strip():
        raise invalid("This field may not be blank.", "/data/attributes/name")
    if len(name) > NAME_LENGTH_MAX:
        raise invalid(f"At most {NAME_LENGTH_MAX} characters are allowed.", "/data/attributes/name")
    return name


def _asked_members(state: State) -> list[str]:
    body = decode(_MEMBERS_BODY, request.get_data(cache=False), "profile")
    if not body.data:
        raise nothing_included()
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
    name, descending = query.sorted_by("id")
    return sorted(found, key=lambda one: (getattr(one, name), one.id), reverse=descending)


def _members(state: State, made: ProfileList, query: Query) -> list[str]:
    _, descending = query.sorted_by("")
    found = sorted(made.members, key=lambda i: (made.members[i], i), reverse=descending)
    for clause in query.clauses:
        if clause.field == "joined_group_at":
            at, compare = clause.instant(), COMPARE[clause.operator]
            found = [i for i in found if compare(made.members[i], at)]
        else:
            ids = _ids_of(state, clause.field, clause.texts())
            found = [i for i in found if i in ids]
    return found


def _ids_of(state: State, name: str, wanted: tuple[str, ...]) -> set[str]:
    if name == "push_token":
        tokens = ((p.id, token["token"]) for p in state.profiles.by_id.values() for token in p.push_tokens)
        return {profile_id for profile_id, token in tokens if token in wanted}
    if name == "_kx":
        # The fake never gave an exchange token to anybody's browser.
        return set()
    if name == "email" and state.switches.email_lowercased:
        wanted = tuple(text.lower() for text in wanted)
    holders = (state.profiles.owner(name, text) for text in wanted)
    return {person.id for person in holders if person is not None}


def _member(state: State, made: ProfileList, profile_id: str, query: Query) -> dict[str, Any]:
    resource = shown(state, state.profiles.by_id[profile_id], query)
    resource["attributes"]["joined_group_at"] = shapes.seconds(made.members[profile_id])
    return resource
