"""Bulk profile import jobs: start one, watch it, read what failed."""

from datetime import timedelta
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import shapes
from fakes.klaviyo.account import ImportJob
from fakes.klaviyo.answers import base_url, collection, page_of, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.errors import invalid, not_found
from fakes.klaviyo.imports import run_due_imports
from fakes.klaviyo.query import Accepted, parse_query
from fakes.klaviyo.routes_profiles import shown
from fakes.klaviyo.state import State

PROFILES_MAX = 10_000
PROFILE_BYTES_MAX = 100 * 1024
_PAGED = Accepted(
    filters={"status": ("equals", "any")},
    sorts=("created_at",),
    size=(20, 100),
    includes=("lists",),
    fields={"profile": shapes.PROFILE_FIELDS},
)


class Profiles(Struct, forbid_unknown_fields=True):
    data: list[dict[str, Any]]


class Attributes(Struct, forbid_unknown_fields=True):
    profiles: Profiles


class ListId(Struct, forbid_unknown_fields=True):
    type: Literal["list"]
    id: str


class Lists(Struct, forbid_unknown_fields=True):
    data: list[ListId]


class Relationships(Struct, forbid_unknown_fields=True):
    lists: Lists | None = None


class JobResource(Struct, forbid_unknown_fields=True):
    type: Literal["profile-bulk-import-job"]
    attributes: Attributes
    relationships: Relationships | None = None


class JobBody(Struct, forbid_unknown_fields=True):
    data: JobResource


_BODY = msgspec.json.Decoder(JobBody)


def add_import_routes(api: Blueprint, state: State) -> None:
    """The import endpoints."""
    name = "/api/profile-bulk-import-jobs"

    @api.post(name)
    def start_import() -> Response:
        job = _new_job(state, decode(_BODY, request.get_data(cache=False), "profile-bulk-import-job").data)
        answer = single(shapes.import_job(job, base_url(), state.clock.now()), 202)
        run_due_imports(state)
        return answer

    @api.get(name)
    def get_imports() -> Response:
        query = parse_query(request.args, _PAGED, unknown=state.switches.unknown_parameters)
        jobs = sorted(state.jobs.values(), key=lambda job: job.created, reverse=query.sort == "-created_at")
        made = [shapes.import_job(job, base_url(), state.clock.now()) for job in jobs]
        for clause in query.clauses:
            made = [job for job in made if job["attributes"]["status"] in clause.texts()]
        page, following = page_of(made, query.cursor, query.size)
        return collection(page, following)

    @api.get(f"{name}/<id>")
    def get_import(id: str) -> Response:
        job = _existing(state, id)
        return single(shapes.import_job(job, base_url(), state.clock.now()))

    @api.get(f"{name}/<id>/import-errors")
    def get_import_errors(id: str) -> Response:
        query = parse_query(request.args, _PAGED, unknown=state.switches.unknown_parameters)
        page, following = page_of(_existing(state, id).errors, query.cursor, query.size)
        return collection(page, following)

    @api.get(f"{name}/<id>/profiles")
    def get_imported_profiles(id: str) -> Response:
        query = parse_query(request.args, _PAGED, unknown=state.switches.unknown_parameters)
        page, following = page_of(_existing(state, id).profile_ids, query.cursor, query.size)
        return collection([shown(state, state.profiles.by_id[i], query) for i in page], following)


def _new_job(state: State, resource: JobResource) -> ImportJob:
    payloads = resource.attributes.profiles.data
    if not 0 < len(payloads) <= PROFILES_MAX:
        raise invalid(f"Between 1 and {PROFILES_MAX} profiles are allowed.", "/data/attributes/profiles/data")
    for number, payload in enumerate(payloads):
        if len(msgspec.json.encode(payload)) > PROFILE_BYTES_MAX:
            raise invalid("A profile must not exceed 100 KB.", f"/data/attributes/profiles/data/{number}")
    lists = resource.relationships.lists if resource.relationships else None
    list_ids = [item.id for item in lists.data] if lists else []
    for list_id in list_ids:
        if list_id not in state.lists:
            raise not_found("list", list_id)
    now = state.clock.now()
    job = ImportJob(
        id=state.ids.ulid(now),
        created=now,
        due=now + timedelta(seconds=state.switches.import_job_s),
        list_ids=list_ids,
        payloads=payloads,
    )
    state.jobs[job.id] = job
    return job


def _existing(state: State, job_id: str) -> ImportJob:
    if job_id not in state.jobs:
        raise not_found("profile-bulk-import-job", job_id)
    return state.jobs[job_id]
