"""Bulk profile import jobs: start one, watch it, read what failed."""

from datetime import timedelta
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import shapes
from fakes.klaviyo.account import ImportJob
from fakes.klaviyo.answers import base_url, chosen, collection, one, page_of
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document, ListId
from fakes.klaviyo.errors import invalid, unknown_field
from fakes.klaviyo.jobs import run_due
from fakes.klaviyo.lookup import the_import, the_list
from fakes.klaviyo.query import asked
from fakes.klaviyo.state import State

PROFILES_MAX = 10_000
PROFILE_BYTES_MAX = 100 * 1024
_ENTRY = ("type", "id", "attributes", "meta")


class Attributes(Struct, forbid_unknown_fields=True):
    profiles: Document[list[dict[str, Any]]]


class Relationships(Struct, forbid_unknown_fields=True):
    lists: Document[list[ListId]] | None = None


class JobResource(Struct, forbid_unknown_fields=True):
    type: Literal["profile-bulk-import-job"]
    attributes: Attributes
    relationships: Relationships | None = None


_BODY = msgspec.json.Decoder(Document[JobResource])


def add_import_routes(api: Blueprint, state: State) -> None:
    """The import endpoints."""
    name = "/api/profile-bulk-import-jobs"

    @api.post(name)
    def start_import() -> Response:
        job = _new_job(state, decode(_BODY, request.get_data(cache=False), "profile-bulk-import-job").data)
        answer = one(shapes.import_job(job, base_url(), state.clock.now()), asked(state.switches), 202)
        run_due(state)
        return answer

    @api.get(name)
    def get_imports() -> Response:
        query = asked(state.switches)
        _, descending = query.sorted_by("created_at")
        jobs = sorted(state.jobs.values(), key=lambda job: (job.created, job.id), reverse=descending)
        made = [shapes.import_job(job, base_url(), state.clock.now()) for job in jobs]
        for clause in query.clauses:
            made = [job for job in made if job["attributes"]["status"] in clause.texts()]
        page, cursors = page_of(made, query)
        return collection(chosen(page, query), cursors)

    @api.get(f"{name}/<id>")
    def get_import(id: str) -> Response:
        query, job = asked(state.switches), the_import(state, id)
        held = [state.lists[i] for i in job.list_ids if i in state.lists] if query.include else []
        beside = chosen([shapes.profile_list(one, base_url()) for one in held], query)
        resource = shapes.import_job(job, base_url(), state.clock.now())
        return one(resource, query, 200, beside)

    @api.get(f"{name}/<id>/import-errors")
    def get_import_errors(id: str) -> Response:
        query = asked(state.switches)
        page, cursors = page_of(the_import(state, id).errors, query)
        return collection(chosen(page, query), cursors)


def _new_job(state: State, resource: JobResource) -> ImportJob:
    payloads = resource.attributes.profiles.data
    if not 0 < len(payloads) <= PROFILES_MAX:
        raise invalid(f"Between 1 and {PROFILES_MAX} profiles are allowed.", "/data/attributes/profiles/data")
    for number, payload in enumerate(payloads):
        _check_entry(payload, f"/data/attributes/profiles/data/{number}")
    lists = resource.relationships.lists if resource.relationships else None
    list_ids = [item.id for item in lists.data] if lists else []
    for list_id in list_ids:
        the_list(state, list_id)
    now = state.clock.now()
    job = ImportJob(
        id=state.ids.ulid(now),
        created=now,
        due=now + timedelta(seconds=state.switches.import_job_s),
        list_ids=list_ids,
        payloads=payloads,
    )
    state.jobs[job.id] = job
    state.undone.append(job)
    return job


def _check_entry(payload: dict[str, Any], pointer: str) -> None:
    """What is wrong with an entry's shape refuses the request; a bad value only fails the entry."""
    if payload.get("type") != "profile" or not isinstance(payload.get("attributes"), dict):
        raise invalid("Invalid input", pointer)
    for name in payload:
        if name not in _ENTRY:
            raise unknown_field(name, "profile", f"{pointer}/{name}")
    for name, kind in (("id", str), ("meta", dict)):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            raise invalid("Invalid input", f"{pointer}/{name}")
    if len(msgspec.json.encode(payload)) > PROFILE_BYTES_MAX:
        raise invalid("A profile must not exceed 100 KB.", pointer)
