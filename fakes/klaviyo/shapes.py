"""Wire JSON: what Klaviyo's resources look like. Shapes of events are built as text, thousands a page."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from fakes.kit.ids import mix
from fakes.klaviyo.account import INTEGRATIONS, ImportJob, Metric, ProfileList
from fakes.klaviyo.eventstore import HAS_UNIQUE_ID
from fakes.klaviyo.profiles import LOCATION, TEXTS, Profile
from fakes.klaviyo.records import Attribution
from fakes.klaviyo.state import State

EVENT_FIELDS = ("datetime", "event_properties", "timestamp", "uuid")
WEEK = timedelta(days=7)
_UUID_EPOCH_S = 12_219_292_800
Json = dict[str, Any]


def event_writer(state: State, base: str, fields: Sequence[str] | None) -> Callable[[int], str]:
    """A function that writes the event of a row as JSON text, with the chosen attributes."""
    chosen = EVENT_FIELDS if fields is None else [f.split(".", 1)[0] for f in fields]
    parts = [_PARTS[name] for name in EVENT_FIELDS if name in chosen]
    events, metrics, profiles = state.events, state.metrics, state.profiles.all
    root, credited = f"{base}/api/events/", state.extras.attributions

    def write(row: int) -> str:
        event_id = events.id_of(row)
        own = f"{root}{event_id}/"
        attributes = ",".join([part(state, row) for part in parts])
        profile = f'{{"type":"profile","id":"{profiles[events.profile[row]].id}"}}'
        metric = f'{{"type":"metric","id":"{metrics[events.metric[row]].id}"}}'
        return (
            f'{{"type":"event","id":"{event_id}","attributes":{{{attributes}}},"relationships":{{'
            f'"profile":{{"data":{profile},{_pair(own, "profile")}}},'
            f'"metric":{{"data":{metric},{_pair(own, "metric")}}},'
            f'"attributions":{{"data":{_credits(credited, event_id)},{_pair(own, "attributions")}}}}},'
            f'"links":{{"self":"{own}"}}}}'
        )

    return write


def metric(made: Metric, base: str, *, with_key: bool) -> Json:
    """A metric resource."""
    integration: Json = dict(INTEGRATIONS[made.integration])
    if with_key:
        integration["key"] = made.integration.lower()
    return {
        "type": "metric",
        "id": made.id,
        "attributes": {
            "name": made.name,
            "created": seconds(made.created),
            "updated": seconds(made.updated),
            "integration": integration,
        },
        "relationships": {"flow-triggers": related(base, "metrics", made.id, "flow-triggers")},
        "links": {"self": f"{base}/api/metrics/{made.id}/"},
    }


def profile(person: Profile, base: str, last_event_at: int | None, *, subscriptions: bool = False) -> Json:
    """A profile resource: every attribute present, null where unknown."""
    known = person.attributes
    attributes: Json = {
        "email": known.get("email"),
        "phone_number": known.get("phone_number"),
        "external_id": known.get("external_id"),
        **{name: known.get(name) for name in TEXTS},
        "created": micros(person.created),
        "updated": micros(person.updated),
        "last_event_date": None
        if last_event_at is None
        else seconds(datetime.fromtimestamp(last_event_at, UTC)),
        "location": {name: person.location.get(name) for name in LOCATION},
        "properties": person.properties,
    }
    if subscriptions:
        attributes["subscriptions"] = subscriptions_of(person)
    return {
        "type": "profile",
        "id": person.id,
        "attributes": attributes,
        "relationships": {
            name: related(base, "profiles", person.id, name)
            for name in ("lists", "segments", "push-tokens", "conversation")
        },
        "links": {"self": f"{base}/api/profiles/{person.id}/"},
    }


def subscriptions_of(person: Profile) -> Json:
    """What ``additional-fields[profile]=subscriptions`` adds; only suppression bars an e-mail."""
    email = _consent(person, "email.marketing", "can_receive_email_marketing", not person.suppressions)
    email |= {
        "custom_method_detail": person.consent.get("email.marketing", {}).get("custom_method_detail"),
        "double_optin": person.consent.get("email.marketing", {}).get("double_optin"),
        "suppression": person.suppressions,
        "list_suppressions": person.list_suppressions,
    }

    def is_subscribed(channel: str) -> bool:
        return person.consent.get(channel, {}).get("consent") == "SUBSCRIBED"

    push = person.consent.get("push.marketing", {})
    tracking = {
        kind: _plain_consent(person, f"email.{kind}")
        for kind in ("open_tracking", "click_tracking")
        if f"email.{kind}" in person.consent
    }
    return {
        "email": {"marketing": email} | tracking,
        "sms": {
            kind: _consent(person, f"sms.{kind}", f"can_receive_sms_{kind}", is_subscribed(f"sms.{kind}"))
            for kind in ("marketing", "transactional")
        },
        "mobile_push": {
            "marketing": {
                "can_receive_push_marketing": is_subscribed("push.marketing") and bool(person.push_tokens),
                "consent": push.get("consent", "NEVER_SUBSCRIBED"),
                "consent_timestamp": push.get("consent_timestamp"),
            }
        },
        "whatsapp": {
            kind: _plain_consent(person, f"whatsapp.{kind}")
            | {"phone_number": person.attributes.get("phone_number")}
            for kind in ("marketing", "transactional", "conversational")
        },
    }


def profile_list(made: ProfileList, base: str, *, with_count: bool = False) -> Json:
    """A list resource."""
    attributes: Json = {
        "name": made.name,
        "created": seconds(made.created),
        "updated": seconds(made.updated),
        "opt_in_process": made.opt_in_process,
    }
    if with_count:
        attributes["profile_count"] = len(made.members)
    return {
        "type": "list",
        "id": made.id,
        "attributes": attributes,
        "relationships": {
            name: related(base, "lists", made.id, name) for name in ("profiles", "tags", "flow-triggers")
        },
        "links": {"self": f"{base}/api/lists/{made.id}/"},
    }


def import_job(job: ImportJob, base: str, now: datetime) -> Json:
    """A bulk import job with its progress as of ``now``."""
    started = job.done or now > job.created
    status = "complete" if job.done else "processing" if started else "queued"
    name = "profile-bulk-import-jobs"
    own = f"{base}/api/{name}/{job.id}/"
    return {
        "type": "profile-bulk-import-job",
        "id": job.id,
        "attributes": {
            "status": status,
            "created_at": micros(job.created),
            "total_count": len(job.payloads),
            "completed_count": len(job.profile_ids),
            "failed_count": len(job.errors),
            "completed_at": micros(job.due) if job.done else None,
            "expires_at": micros(job.created + WEEK),
            "started_at": micros(job.created) if started else None,
        },
        "relationships": {
            "lists": {
                "data": [{"type": "list", "id": i} for i in job.list_ids],
                **related(base, name, job.id, "lists"),
            },
            "profiles": related(base, name, job.id, "profiles"),
            "import-errors": {"links": {"related": f"{own}import-errors/"}},
        },
        "links": {"self": own},
    }


def sparse(resource: Json, fields: Sequence[str] | None) -> Json:
    """The resource with only the chosen attributes; dotted names choose inside an attribute."""
    if fields is None or "attributes" not in resource:
        return resource
    kept: Json = {}
    for name in fields:
        _keep(resource["attributes"], kept, name.split("."))
    return resource | {"attributes": kept}


def related(base: str, collection: str, resource_id: str, name: str) -> Json:
    """The links of a relationship, without its data."""
    own = f"{base}/api/{collection}/{resource_id}/"
    return {"links": {"self": f"{own}relationships/{name}/", "related": f"{own}{name}/"}}


def seconds(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def micros(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds, as profiles show them."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def event_properties(state: State, row: int) -> str:
    """An event's properties as read: the sender's, and what Klaviyo adds under ``$`` names."""
    events = state.events
    held = events.properties[row].decode()
    added = []
    if events.flags[row] & HAS_UNIQUE_ID or '"$event_id"' not in held:
        added.append(f'"$event_id":{msgspec.json.encode(events.unique[row]).decode()}')
    value = events.value[row]
    if value and not math.isnan(value):
        added.append(f'"$value":{value!r}'.removesuffix(".0"))
    name = state.switches.currency_property
    if events.currency[row] and name != "none":
        added.append(f'"{name}":"{state.currencies[events.currency[row]]}"')
    if held != "{}":
        added.append(held[1:-1])
    return "{" + ",".join(added) + "}"


def _uuid(state: State, row: int) -> str:
    """A version 1 UUID whose time is the event's own second, as recorded ones are."""
    ticks = (state.events.at[row] + _UUID_EPOCH_S) * 10_000_000
    noise = mix(row + 1)
    return (
        f"{ticks & 0xFFFFFFFF:08x}-{ticks >> 32 & 0xFFFF:04x}-1{ticks >> 48 & 0xFFF:03x}"
        f"-{0x8000 | noise >> 50:04x}-{noise & 0xFFFFFFFFFFFF:012x}"
    )


_PARTS: Mapping[str, Callable[[State, int], str]] = {
    "datetime": lambda s, row: f'"datetime":"{datetime.fromtimestamp(s.events.at[row], UTC).isoformat()}"',
    "event_properties": lambda s, row: f'"event_properties":{event_properties(s, row)}',
    "timestamp": lambda s, row: f'"timestamp":{s.events.at[row]}',
    "uuid": lambda s, row: f'"uuid":"{_uuid(s, row)}"',
}


def _credits(attributions: Mapping[str, Sequence[Attribution]], event_id: str) -> str:
    if event_id not in attributions:
        return "[]"
    return text([{"type": "attribution", "id": one.id} for one in attributions[event_id]])


def _pair(own: str, name: str) -> str:
    return f'"links":{{"self":"{own}relationships/{name}/","related":"{own}{name}/"}}'


def _consent(person: Profile, channel: str, can_receive: str, may: bool) -> Json:
    known = person.consent.get(channel, {})
    return {
        can_receive: may,
        "consent": known.get("consent", "NEVER_SUBSCRIBED"),
        "consent_timestamp": known.get("consent_timestamp"),
        "last_updated": known.get("last_updated"),
        "method": known.get("method"),
        "method_detail": known.get("method_detail"),
    }


def _plain_consent(person: Profile, channel: str) -> Json:
    """The newer channels tell when, but not how."""
    known = person.consent.get(channel, {})
    return {
        "consent": known.get("consent", "NEVER_SUBSCRIBED"),
        "consent_timestamp": known.get("consent_timestamp"),
        "last_updated": known.get("last_updated"),
        "created_timestamp": known.get("consent_timestamp"),
        "metadata": None,
        "can_receive": known.get("consent") == "SUBSCRIBED",
        "valid_until": None,
    }


def _keep(source: Json, kept: Json, path: list[str]) -> None:
    name = path[0]
    if name not in source:
        return
    if len(path) == 1 or not isinstance(source[name], dict):
        kept[name] = source[name]
    else:
        _keep(source[name], kept.setdefault(name, {}), path[1:])


def text(content: object) -> str:
    """JSON text, to be put into a larger one."""
    return msgspec.json.encode(content).decode()
