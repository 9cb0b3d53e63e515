"""Suppressing in bulk and lifting it again: jobs, with their progress."""

from datetime import timedelta
from typing import Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo.answers import base_url, chosen, collection, one, page_of
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document, ListId
from fakes.klaviyo.errors import invalid
from fakes.klaviyo.identity import is_email
from fakes.klaviyo.jobs import run_due
from fakes.klaviyo.lookup import the, the_list
from fakes.klaviyo.query import asked
from fakes.klaviyo.records import SuppressionJob
from fakes.klaviyo.shapes_rest import suppression_job
from fakes.klaviyo.state import State

EMAILS_MAX = 100
PAGE_SIZE = 100
PEOPLE = "/data/attributes/profiles/data"


class Email(Struct, forbid_unknown_fields=True):
    email: str


class Person(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: Email


class Attributes(Struct, forbid_unknown_fields=True):
    profiles: Document[list[Person]] | None = None


class SegmentId(Struct, forbid_unknown_fields=True):
    type: Literal["segment"]
    id: str


class Relationships(Struct, forbid_unknown_fields=True):
    list: Document[ListId] | None = None
    segment: Document[SegmentId] | None = None


class Job(Struct, forbid_unknown_fields=True):
    type: Literal["profile-suppression-bulk-create-job", "profile-suppression-bulk-delete-job"]
    attributes: Attributes
    relationships: Relationships | None = None


_BODY = msgspec.json.Decoder(Document[Job])


def add_suppression_routes(api: Blueprint, state: State) -> None:
    """The endpoints of both kinds of job."""
    _add(api, state, "profile-suppression-bulk-create-job", lifts=False)
    _add(api, state, "profile-suppression-bulk-delete-job", lifts=True)


def _add(api: Blueprint, state: State, kind: str, *, lifts: bool) -> None:
    def start() -> Response:
        job = _new_job(state, kind, lifts=lifts)
        shown = suppression_job(job, base_url())
        run_due(state)
        return one(shown, asked(state.switches), 202)

    def get_all() -> Response:
        query = asked(state.switches)
        _, descending = query.sorted_by("created")
        jobs = [job for job in state.extras.suppression_jobs.values() if job.lifts is lifts]
        for clause in query.clauses:
            wanted = clause.text()
            jobs = [job for job in jobs if _field(job, clause.field) == wanted]
        jobs.sort(key=lambda job: (job.created, job.id), reverse=descending)
        page, cursors = page_of(jobs, query, PAGE_SIZE)
        return collection(chosen([suppression_job(job, base_url()) for job in page], query), cursors)

    def get_one(id: str) -> Response:
        query = asked(state.switches)
        held = {job.id: job for job in state.extras.suppression_jobs.values() if job.lifts is lifts}
        return one(suppression_job(the(kind, held, id), base_url()), query)

    api.add_url_rule(f"/api/{kind}s", f"{kind} start", start, methods=["POST"])
    api.add_url_rule(f"/api/{kind}s", f"{kind} all", get_all)
    api.add_url_rule(f"/api/{kind}s/<id>", f"{kind} one", get_one)


def _new_job(state: State, kind: str, *, lifts: bool) -> SuppressionJob:
    asked_job = decode(_BODY, request.get_data(cache=False), kind).data
    if asked_job.type != kind:
        raise invalid("Invalid input", "/data/type")
    emails = _emails(state, asked_job.attributes.profiles)
    held = asked_job.relationships or Relationships()
    list_id = held.list.data.id if held.list else None
    segment_id = held.segment.data.id if held.segment else None
    if sum(one is not None for one in (emails, list_id, segment_id)) != 1:
        raise invalid("Exactly one of profiles, list and segment is required.", "/data")
    total = len(emails or ())
    if list_id:
        total = len(the_list(state, list_id).members)
    if segment_id:
        total = len(the("segment", state.extras.segments, segment_id).members)
    now = state.clock.now()
    due = now + timedelta(seconds=state.switches.suppression_job_s)
    job = SuppressionJob(state.ids.ulid(now), lifts, now, due, emails, list_id, segment_id, total)
    state.extras.suppression_jobs[job.id] = job
    state.undone.append(job)
    return job


def _emails(state: State, people: Document[list[Person]] | None) -> list[str] | None:
    if people is None:
        return None
    if not 0 < len(people.data) <= EMAILS_MAX:
        raise invalid(f"Between 1 and {EMAILS_MAX} profiles are allowed.", PEOPLE)
    for number, person in enumerate(people.data):
        if not is_email(person.attributes.email):
            raise invalid("Invalid email address", f"{PEOPLE}/{number}/attributes/email")
    emails = (person.attributes.email for person in people.data)
    return [email.lower() if state.switches.email_lowercased else email for email in emails]


def _field(job: SuppressionJob, name: str) -> str | None:
    if name == "status":
        return "complete" if job.done else "processing"
    return job.list_id if name == "list_id" else job.segment_id
