"""Profiles: create, read, update, and the upsert."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, g, request
from msgspec import Struct

from fakes.klaviyo import shapes
from fakes.klaviyo.answers import base_url, collection, page_of, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.errors import (
    duplicate_profile,
    invalid,
    not_found,
    nothing_included,
    too_large,
    unknown_field,
)
from fakes.klaviyo.filters import Clause
from fakes.klaviyo.profiles import WRITABLE, IdentifierTaken, Profile, UnknownProfile, patch_properties
from fakes.klaviyo.query import Accepted, Query, parse_query
from fakes.klaviyo.state import State
from fakes.klaviyo.values import Bad

PROFILE_BYTES_MAX = 100 * 1024
NO_ANONYMOUS_ID_SINCE = "2026-01-15"
_LISTED = ("equals", "any")
_BOUNDS = ("greater-than", "less-than")
_ADDITIONAL = {"profile": ("subscriptions", "predictive_analytics")}
_ACCEPTED = Accepted(
    filters={
        "id": _LISTED,
        "email": _LISTED,
        "phone_number": _LISTED,
        "external_id": _LISTED,
        "created": _BOUNDS,
        "updated": _BOUNDS,
    },
    sorts=("id", "created", "updated", "email"),
    size=(20, 100),
    includes=("push-tokens", "lists", "segments", "conversation"),
    fields={"profile": shapes.PROFILE_FIELDS, "list": shapes.LIST_FIELDS},
    additional=_ADDITIONAL,
)


class ProfileResource(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: dict[str, Any]
    id: str | None = None
    meta: dict[str, Any] | None = None


class ProfileBody(Struct, forbid_unknown_fields=True):
    data: ProfileResource


_BODY = msgspec.json.Decoder(ProfileBody)


def add_profile_routes(api: Blueprint, state: State) -> None:
    """The profile endpoints."""
    _add_reads(api, state)
    _add_writes(api, state)


def _add_reads(api: Blueprint, state: State) -> None:
    @api.get("/api/profiles")
    def get_profiles() -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        page, following = page_of(_matching(state, query), query.cursor, query.size)
        return collection([shown(state, person, query) for person in page], following)

    @api.get("/api/profiles/<id>")
    def get_profile(id: str) -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        return single(shown(state, _existing(state, id), query))


def _add_writes(api: Blueprint, state: State) -> None:
    @api.post("/api/profiles")
    def create_profile() -> Response:
        _, clean, phone_ignored = _read(state)
        holders = state.profiles.holders(clean)
        if holders:
            raise duplicate_profile(holders[0].id)
        person = state.profiles.create(state.clock.now())
        state.profiles.change(person, clean, state.clock.now())
        return _written(state, person, 201, phone_ignored)

    @api.patch("/api/profiles/<id>")
    def update_profile(id: str) -> Response:
        person = _existing(state, id)
        resource, clean, phone_ignored = _read(state, partial_phone=False)
        if resource.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        try:
            state.profiles.change(person, clean, state.clock.now())
        except IdentifierTaken as taken:
            raise duplicate_profile(taken.owner.id) from None
        patch_properties(person.properties, (resource.meta or {}).get("patch_properties") or {})
        return _written(state, person, 200, phone_ignored)

    @api.post("/api/profile-import")
    def create_or_update_profile() -> Response:
        resource, clean, phone_ignored = _read(state)
        patch = (resource.meta or {}).get("patch_properties")
        try:
            person, created = state.profiles.upsert(clean, resource.id, patch, state.clock.now())
        except UnknownProfile:
            raise not_found("profile", str(resource.id)) from None
        except IdentifierTaken as taken:
            # With an id in the body, a taken e-mail was seen to answer 404 instead of 409.
            raise (
                not_found("profile", resource.id) if resource.id else duplicate_profile(taken.owner.id)
            ) from None
        return _written(state, person, 201 if created else 200, phone_ignored)


def shown(state: State, person: Profile, query: Query) -> dict[str, Any]:
    """A profile as a query wants to see it."""
    wanted = query.additional.get("profile", ())
    last_event_at = state.last_event_at(person)
    resource = shapes.profile(person, base_url(), last_event_at, subscriptions="subscriptions" in wanted)
    if "predictive_analytics" in wanted:
        resource["attributes"]["predictive_analytics"] = None
    return shapes.sparse(resource, query.fields.get("profile"))


def _read(state: State, *, partial_phone: bool = True) -> tuple[ProfileResource, dict[str, Any], bool]:
    """The resource in the body, its cleaned attributes, and whether a bad phone was ignored."""
    body = request.get_data(cache=False)
    if len(body) > PROFILE_BYTES_MAX:
        raise too_large()
    resource = decode(_BODY, body, "profile").data
    for name in resource.attributes:
        if name not in WRITABLE or (name == "anonymous_id" and g.served.at_least(NO_ANONYMOUS_ID_SINCE)):
            raise unknown_field(name, "profile", f"/data/attributes/{name}")
    if not resource.id and not any(v not in (None, "", {}) for v in resource.attributes.values()):
        raise nothing_included()
    try:
        clean, ignored = state.profiles.cleaned(resource.attributes, partial_phone=partial_phone)
    except Bad as bad:
        raise invalid(bad.detail, f"/data/attributes/{bad.member}") from None
    if not resource.id and not any(
        clean.get(n) for n in ("email", "phone_number", "external_id", "anonymous_id")
    ):
        raise invalid("At least one profile identifier is required.", "/data/attributes")
    return resource, clean, ignored


def _written(state: State, person: Profile, status: int, phone_ignored: bool) -> Response:
    response = single(shapes.profile(person, base_url(), state.last_event_at(person)), status)
    if phone_ignored:
        response.headers["X-Klaviyo-Partial-Failure"] = "phone_number"
    return response


def _existing(state: State, profile_id: str) -> Profile:
    person = state.profiles.by_id.get(profile_id)
    if person is None:
        raise not_found("profile", profile_id)
    return person


def _matching(state: State, query: Query) -> Sequence[Profile]:
    """The profiles a query wants, in its order; without one, in order of creation."""
    found: Sequence[Profile] = state.profiles.all
    for clause in query.clauses:
        found = list(_kept(state, found, clause))
    if query.sort:
        name = query.sort.removeprefix("-")
        found = sorted(found, key=lambda p: (_sort_key(p, name), p.id), reverse=query.sort.startswith("-"))
    return found


def _kept(state: State, found: Iterable[Profile], clause: Clause) -> Iterable[Profile]:
    if clause.field in ("created", "updated"):
        at = clause.instant()
        later = clause.operator == "greater-than"
        return [p for p in found if _is_beyond(p, clause.field, at, later=later)]
    wanted = clause.texts()
    if clause.field == "email" and state.switches.email_lowercased:
        wanted = tuple(text.lower() for text in wanted)
    if clause.field == "id":
        holders = [state.profiles.by_id.get(text) for text in wanted]
    else:
        holders = [state.profiles.owner(clause.field, text) for text in wanted]
    ordinals = {person.ordinal for person in holders if person is not None}
    if found is state.profiles.all:
        return [state.profiles.all[ordinal] for ordinal in sorted(ordinals)]
    return [p for p in found if p.ordinal in ordinals]


def _is_beyond(person: Profile, name: str, at: Any, *, later: bool) -> bool:
    value = person.created if name == "created" else person.updated
    return bool(value > at if later else value < at)


def _sort_key(person: Profile, name: str) -> Any:
    if name == "email":
        return person.attributes.get("email") or ""
    return person.id if name == "id" else person.created if name == "created" else person.updated
