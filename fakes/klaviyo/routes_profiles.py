"""Profiles: create, read, update, and the upsert."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, g, request
from msgspec import Struct

from fakes.klaviyo.answers import chosen, collection, page_of, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document
from fakes.klaviyo.errors import (
    duplicate_profile,
    invalid,
    not_found,
    nothing_included,
    too_large,
    unknown_field,
)
from fakes.klaviyo.lookup import the_profile
from fakes.klaviyo.profilefilter import matching
from fakes.klaviyo.profiles import WRITABLE, IdentifierTaken, Profile, UnknownProfile, patch_properties
from fakes.klaviyo.profileviews import included, shown
from fakes.klaviyo.query import asked
from fakes.klaviyo.state import State
from fakes.klaviyo.values import Bad, checked_patch

PROFILE_BYTES_MAX = 100 * 1024
NO_ANONYMOUS_ID_SINCE = "2026-01-15"


class ProfileResource(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: dict[str, Any]
    id: str | None = None
    meta: dict[str, Any] | None = None


_BODY = msgspec.json.Decoder(Document[ProfileResource])


def add_profile_routes(api: Blueprint, state: State) -> None:
    """The profile endpoints."""
    _add_reads(api, state)
    _add_writes(api, state)


def _add_reads(api: Blueprint, state: State) -> None:
    @api.get("/api/profiles")
    def get_profiles() -> Response:
        query = asked(state.switches)
        page, cursors = page_of(matching(state, query), query)
        resources = chosen([shown(state, person, query) for person in page], query)
        return collection(resources, cursors, included(state, page, query))

    @api.get("/api/profiles/<id>")
    def get_profile(id: str) -> Response:
        return _answer(state, the_profile(state, id))


def _add_writes(api: Blueprint, state: State) -> None:
    @api.post("/api/profiles")
    def create_profile() -> Response:
        resource, clean, phone_ignored = _read(state)
        for name in ("id", "meta"):
            if getattr(resource, name) is not None:
                raise unknown_field(name, "profile", f"/data/{name}")
        holders = state.profiles.holders(clean)
        if holders:
            raise duplicate_profile(holders[0].id)
        person = state.profiles.create(state.clock.now())
        state.profiles.change(person, clean, state.clock.now())
        return _answer(state, person, 201, phone_ignored=phone_ignored)

    @api.patch("/api/profiles/<id>")
    def update_profile(id: str) -> Response:
        person = the_profile(state, id)
        resource, clean, phone_ignored = _read(state, partial_phone=False)
        if resource.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        patch = _patch(resource)
        try:
            state.profiles.change(person, clean, state.clock.now())
        except IdentifierTaken as taken:
            raise duplicate_profile(taken.owner.id) from None
        patch_properties(person.properties, patch)
        return _answer(state, person, phone_ignored=phone_ignored)

    @api.post("/api/profile-import")
    def create_or_update_profile() -> Response:
        resource, clean, phone_ignored = _read(state)
        patch = _patch(resource)
        try:
            person, created = state.profiles.upsert(clean, resource.id, patch, state.clock.now())
        except UnknownProfile:
            raise not_found("profile", str(resource.id)) from None
        except IdentifierTaken as taken:
            # With an id in the body, a taken e-mail was seen to answer 404 instead of 409.
            raise (
                not_found("profile", resource.id) if resource.id else duplicate_profile(taken.owner.id)
            ) from None
        return _answer(state, person, 201 if created else 200, phone_ignored=phone_ignored)


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
    if not resource.id and not any(_names_somebody(clean)):
        raise invalid("At least one profile identifier is required.", "/data/attributes")
    return resource, clean, ignored


def _names_somebody(clean: dict[str, Any]) -> Iterable[Any]:
    return (clean.get(name) for name in ("email", "phone_number", "external_id", "anonymous_id"))


def _patch(resource: ProfileResource) -> dict[str, Any]:
    try:
        return checked_patch(resource.meta)
    except Bad as bad:
        raise invalid(bad.detail, f"/data/{bad.member}") from None


def _answer(state: State, person: Profile, status: int = 200, *, phone_ignored: bool = False) -> Response:
    query = asked(state.switches)
    resource = chosen([shown(state, person, query)], query)[0]
    response = single(resource, status, included(state, [person], query))
    if phone_ignored:
        response.headers["X-Klaviyo-Partial-Failure"] = "phone_number"
    return response
