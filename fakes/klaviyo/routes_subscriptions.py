"""Consent: subscribing and unsubscribing in bulk. Malformed entries refuse the whole request."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import consent
from fakes.klaviyo.account import ProfileList
from fakes.klaviyo.answers import accepted
from fakes.klaviyo.consent import CHANNELS, Change
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document, ListId
from fakes.klaviyo.errors import Refusal, invalid, unknown_field
from fakes.klaviyo.lookup import the_list
from fakes.klaviyo.state import State
from fakes.klaviyo.values import Bad

SUBSCRIBE_MAX = 1_000
UNSUBSCRIBE_MAX = 100
PUSH_MEMBERS = ("tokens", "anonymous_id")
POINTER = "/data/attributes/profiles/data"


class PushToken(Struct, forbid_unknown_fields=True, omit_defaults=True):
    token: str
    platform: Literal["android", "ios"]
    vendor: Literal["apns", "fcm"]
    enablement_status: (
        Literal["AUTHORIZED", "DENIED", "NOT_DETERMINED", "PROVISIONAL", "UNAUTHORIZED"] | None
    ) = None
    background: Literal["AVAILABLE", "DENIED", "RESTRICTED"] | None = None
    device_metadata: dict[str, Any] | None = None


class PersonAttributes(Struct, forbid_unknown_fields=True):
    subscriptions: dict[str, dict[str, Any]]
    email: str | None = None
    phone_number: str | None = None
    age_gated_date_of_birth: str | None = None


class Person(Struct, forbid_unknown_fields=True):
    type: Literal["profile"]
    attributes: PersonAttributes
    id: str | None = None


class Attributes(Struct, forbid_unknown_fields=True):
    profiles: Document[list[Person]]
    custom_source: str | None = None
    historical_import: bool | None = None


class Relationships(Struct, forbid_unknown_fields=True):
    list: Document[ListId] | None = None


class Job(Struct, forbid_unknown_fields=True):
    type: Literal["profile-subscription-bulk-create-job", "profile-subscription-bulk-delete-job"]
    attributes: Attributes
    relationships: Relationships | None = None


_BODY = msgspec.json.Decoder(Document[Job])


def add_subscription_routes(api: Blueprint, state: State) -> None:
    """The two consent endpoints."""

    @api.post("/api/profile-subscription-bulk-create-jobs")
    def subscribe() -> Response:
        job = _read("profile-subscription-bulk-create-job", SUBSCRIBE_MAX)
        phone_ignored = _carry_out(state, job, "SUBSCRIBED")
        response = accepted()
        if phone_ignored:
            response.headers["X-Klaviyo-Partial-Failure"] = "phone_number"
        return response

    @api.post("/api/profile-subscription-bulk-delete-jobs")
    def unsubscribe() -> Response:
        job = _read("profile-subscription-bulk-delete-job", UNSUBSCRIBE_MAX)
        for name in ("historical_import", "custom_source"):
            if getattr(job.attributes, name) is not None:
                raise unknown_field(name, job.type, f"/data/attributes/{name}")
        _carry_out(state, job, "UNSUBSCRIBED")
        return accepted()


def _read(kind: str, people_max: int) -> Job:
    job = decode(_BODY, request.get_data(cache=False), kind).data
    if job.type != kind:
        raise invalid("Invalid input", "/data/type")
    if not 0 < len(job.attributes.profiles.data) <= people_max:
        raise invalid(f"Between 1 and {people_max} profiles are allowed.", POINTER)
    return job


def _carry_out(state: State, job: Job, wanted: str) -> bool:
    """Check everybody, then change everybody; whether a bad phone was ignored."""
    made: ProfileList | None = None
    if job.relationships and job.relationships.list:
        made = the_list(state, job.relationships.list.data.id)
    historical = bool(job.attributes.historical_import)
    changes, phone_ignored = [], False
    for number, person in enumerate(job.attributes.profiles.data):
        change, ignored = _checked(state, person, wanted, historical, f"{POINTER}/{number}/attributes")
        phone_ignored |= ignored
        changes.append(change)
    for change in changes:
        if wanted == "SUBSCRIBED":
            consent.subscribe(state, change, made, job.attributes.custom_source, historical=historical)
        else:
            consent.unsubscribe(state, change, made)
    return phone_ignored


def _checked(
    state: State, person: Person, wanted: str, historical: bool, pointer: str
) -> tuple[Change, bool]:
    attributes = person.attributes
    identifiers = {"email": attributes.email, "phone_number": attributes.phone_number}
    try:
        clean, ignored = state.profiles.cleaned(
            {name: value for name, value in identifiers.items() if value is not None}, partial_phone=True
        )
    except Bad as bad:
        raise invalid(bad.detail, f"{pointer}/{bad.member}") from None
    if not clean and not (person.id and person.id in state.profiles.by_id):
        raise invalid("At least one profile identifier is required.", pointer)
    channels = {}
    for channel, kind, said in _said(attributes.subscriptions, pointer):
        if said.get("consent") != wanted:
            raise invalid("Invalid input", f"{pointer}/subscriptions/{channel}/{kind}/consent")
        _check_said(said, kind, f"{pointer}/subscriptions/{channel}/{kind}")
        channels[f"{channel}.{kind}"] = _consented_at(state, channel, said, historical, pointer)
    _check_sms(state, clean, channels, ignored, pointer)
    tokens = _push_tokens(state, attributes.subscriptions.get("push") or {}, f"{pointer}/subscriptions/push")
    return Change(person.id, clean, channels, tokens), ignored


def _said(subscriptions: dict[str, dict[str, Any]], pointer: str) -> list[tuple[str, str, dict[str, Any]]]:
    if not subscriptions:
        raise invalid("The field 'subscriptions' is required.", f"{pointer}/subscriptions")
    said = []
    for channel, kinds in subscriptions.items():
        if channel not in CHANNELS:
            raise unknown_field(channel, "subscriptions", f"{pointer}/subscriptions/{channel}")
        for kind, value in kinds.items():
            if channel == "push" and kind in PUSH_MEMBERS:
                continue
            if kind not in CHANNELS[channel]:
                raise unknown_field(kind, channel, f"{pointer}/subscriptions/{channel}/{kind}")
            if value is None:
                continue
            if not isinstance(value, dict):
                raise invalid("Invalid input", f"{pointer}/subscriptions/{channel}/{kind}")
            said.append((channel, kind, value))
    if not said:
        raise invalid("The field 'subscriptions' is required.", f"{pointer}/subscriptions")
    return said


def _check_said(said: dict[str, Any], kind: str, pointer: str) -> None:
    for name in said:
        if name not in ("consent", "consented_at"):
            raise unknown_field(name, kind, f"{pointer}/{name}")


def _push_tokens(state: State, push: dict[str, Any], pointer: str) -> tuple[dict[str, Any], ...]:
    """The tokens that come along, as they are kept on the profile."""
    try:
        given = msgspec.convert(push.get("tokens") or [], list[PushToken])
    except msgspec.ValidationError:
        raise invalid("Invalid input", f"{pointer}/tokens") from None
    created = state.clock.now().isoformat(timespec="seconds")
    return tuple(msgspec.to_builtins(token) | {"id": state.ids.uuid(), "created": created} for token in given)


def _consented_at(
    state: State, channel: str, said: dict[str, Any], historical: bool, pointer: str
) -> datetime:
    given = said.get("consented_at")
    if not historical:
        if given is not None:
            raise invalid("consented_at is only allowed with historical_import.", f"{pointer}/subscriptions")
        return state.clock.now()
    try:
        at = datetime.fromisoformat(given or "")
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        is_past = at <= state.clock.now()
    except (TypeError, ValueError, OverflowError):
        raise _bad_consented_at(channel, pointer) from None
    if not is_past:
        raise _bad_consented_at(channel, pointer)
    return at


def _bad_consented_at(channel: str, pointer: str) -> Refusal:
    detail = f"Historical {channel} subscription does not have a valid consented_at timestamp"
    return invalid(detail, f"{pointer}/subscriptions")


def _check_sms(
    state: State, clean: dict[str, Any], channels: dict[str, datetime], phone_ignored: bool, pointer: str
) -> None:
    wants_sms = any(channel.startswith("sms.") for channel in channels)
    if wants_sms and not clean.get("phone_number") and not phone_ignored:
        detail = "'phone_number' must not be empty when the sms channel is included in 'subscriptions'."
        raise invalid(detail, f"{pointer}/phone_number")
    if not state.switches.sms_configured and clean.get("phone_number") and not clean.get("email"):
        detail = "SMS configuration is required to subscribe phone number only profiles."
        raise invalid(detail, pointer)
