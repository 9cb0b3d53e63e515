"""Two profiles into one, and forgetting somebody: both are queued, carried out later."""

from datetime import timedelta
from typing import Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo.answers import accepted, base_url, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document, ProfileId
from fakes.klaviyo.errors import invalid
from fakes.klaviyo.jobs import run_due
from fakes.klaviyo.lookup import the_profile
from fakes.klaviyo.records import DeletionJob, MergeJob
from fakes.klaviyo.state import State
from fakes.klaviyo.values import Bad


class MergeRelationships(Struct, forbid_unknown_fields=True):
    profiles: Document[list[ProfileId]]


class MergeData(Struct, forbid_unknown_fields=True):
    type: Literal["profile-merge"]
    id: str
    relationships: MergeRelationships


class Identifiers(Struct, forbid_unknown_fields=True):
    email: str | None = None
    phone_number: str | None = None


class Person(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    id: str | None = None
    attributes: Identifiers | None = None


class DeletionAttributes(Struct, forbid_unknown_fields=True):
    profile: Document[Person]


class DeletionData(Struct, forbid_unknown_fields=True):
    type: Literal["data-privacy-deletion-job"]
    attributes: DeletionAttributes


_MERGE = msgspec.json.Decoder(Document[MergeData])
_DELETION = msgspec.json.Decoder(Document[DeletionData])


def add_privacy_routes(api: Blueprint, state: State) -> None:
    """Merge, and deletion for privacy."""

    @api.post("/api/profile-merge")
    def merge_profiles() -> Response:
        wanted = decode(_MERGE, request.get_data(cache=False), "profile-merge").data
        into = the_profile(state, wanted.id)
        if len(wanted.relationships.profiles.data) != 1:
            raise invalid("Exactly one source profile is required.", "/data/relationships/profiles/data")
        source = the_profile(state, wanted.relationships.profiles.data[0].id)
        if source is into:
            raise invalid("A profile cannot be merged into itself.", "/data/relationships/profiles/data/0/id")
        due = state.clock.now() + timedelta(seconds=state.switches.merge_job_s)
        job = MergeJob(source.id, into.id, due)
        state.extras.merges.append(job)
        state.undone.append(job)
        run_due(state)
        own = {"self": f"{base_url()}/api/profiles/{into.id}/"}
        return single({"type": "profile", "id": into.id, "links": own}, 201)

    @api.post("/api/data-privacy-deletion-jobs")
    def request_deletion() -> Response:
        body = decode(_DELETION, request.get_data(cache=False), "data-privacy-deletion-job")
        found = _matching(state, body.data.attributes.profile.data)
        due = state.clock.now() + timedelta(seconds=state.switches.deletion_job_s)
        job = DeletionJob(found, due)
        state.extras.deletions.append(job)
        state.undone.append(job)
        run_due(state)
        return accepted()


def _matching(state: State, person: Person) -> list[str]:
    """The profiles that the one identifier names; nobody is fine. Raises Refusal for none or several."""
    named = person.attributes or Identifiers()
    given = {"email": named.email, "phone_number": named.phone_number}
    given = {name: value for name, value in given.items() if value is not None}
    if len(given) + (person.id is not None) != 1:
        raise invalid("Exactly one profile identifier is required.", "/data/attributes/profile/data")
    if person.id is not None:
        return [person.id] if person.id in state.profiles.by_id else []
    try:
        clean, _ = state.profiles.cleaned(given, partial_phone=False)
    except Bad as bad:
        pointer = f"/data/attributes/profile/data/attributes/{bad.member}"
        raise invalid(bad.detail, pointer) from None
    return [holder.id for holder in state.profiles.holders(clean)]
