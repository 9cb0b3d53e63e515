"""Webhooks and their topics."""

from typing import Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo.answers import Json, base_url, chosen, collection, no_content, one, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document
from fakes.klaviyo.errors import Refusal, invalid, not_found
from fakes.klaviyo.lookup import the
from fakes.klaviyo.query import asked
from fakes.klaviyo.records import Webhook
from fakes.klaviyo.shapes_rest import webhook, webhook_topic
from fakes.klaviyo.state import State
from fakes.klaviyo.webhooks import SECRET_LENGTH_MIN, WEBHOOKS_MAX, shown_webhooks, topics

TOPICS = "/data/relationships/webhook-topics/data"


class TopicId(Struct, forbid_unknown_fields=True):
    type: Literal["webhook-topic"]
    id: str


class NewRelationships(Struct, forbid_unknown_fields=True, rename={"webhook_topics": "webhook-topics"}):
    webhook_topics: Document[list[TopicId]]


class Relationships(Struct, forbid_unknown_fields=True, rename={"webhook_topics": "webhook-topics"}):
    webhook_topics: Document[list[TopicId]] | None = None


class NewAttributes(Struct, forbid_unknown_fields=True):
    name: str
    endpoint_url: str
    secret_key: str
    description: str | None = None


class NewData(Struct, forbid_unknown_fields=True):
    type: Literal["webhook"]
    attributes: NewAttributes
    relationships: NewRelationships


class Changes(Struct, forbid_unknown_fields=True):
    name: str | None = None
    endpoint_url: str | None = None
    secret_key: str | None = None
    description: str | None = None
    enabled: bool | None = None


class ChangedData(Struct, forbid_unknown_fields=True):
    type: Literal["webhook"]
    id: str
    attributes: Changes
    relationships: Relationships | None = None


_NEW = msgspec.json.Decoder(Document[NewData])
_CHANGED = msgspec.json.Decoder(Document[ChangedData])


def add_webhook_routes(api: Blueprint, state: State) -> None:
    """The webhook endpoints, for accounts that may have webhooks."""
    _add_reads(api, state)
    _add_writes(api, state)


def _add_reads(api: Blueprint, state: State) -> None:
    @api.get("/api/webhooks")
    def get_webhooks() -> Response:
        _check_plan(state)
        query, held = asked(state.switches), list(shown_webhooks(state).values())
        return collection(
            chosen([webhook(hook, base_url()) for hook in held], query),
            included=_beside(held, included="webhook-topics" in query.include),
        )

    @api.get("/api/webhooks/<id>")
    def get_webhook(id: str) -> Response:
        _check_plan(state)
        query, hook = asked(state.switches), the("webhook", shown_webhooks(state), id)
        beside = _beside([hook], included="webhook-topics" in query.include)
        return one(webhook(hook, base_url()), query, 200, beside)

    @api.get("/api/webhook-topics")
    def get_webhook_topics() -> Response:
        _check_plan(state)
        asked(state.switches)
        return collection([webhook_topic(topic, base_url()) for topic in topics(state)])

    @api.get("/api/webhook-topics/<id>")
    def get_webhook_topic(id: str) -> Response:
        _check_plan(state)
        asked(state.switches)
        if id not in topics(state):
            raise not_found("webhook-topic", id)
        return single(webhook_topic(id, base_url()))


def _add_writes(api: Blueprint, state: State) -> None:
    @api.post("/api/webhooks")
    def create_webhook() -> Response:
        _check_plan(state)
        wanted = decode(_NEW, request.get_data(cache=False), "webhook").data
        said, now = wanted.attributes, state.clock.now()
        _check(said.name, said.endpoint_url, said.secret_key)
        if len(state.extras.webhooks) >= WEBHOOKS_MAX:
            raise invalid(f"An account can have at most {WEBHOOKS_MAX} webhooks.", "/data")
        hook = Webhook(
            id=state.ids.short(24),
            name=said.name,
            description=said.description,
            endpoint_url=said.endpoint_url,
            secret_key=said.secret_key,
            topics=_topics(state, wanted.relationships.webhook_topics),
            created=now,
            updated=now,
        )
        state.extras.webhooks[hook.id] = hook
        return one(webhook(hook, base_url()), asked(state.switches), 201)

    @api.patch("/api/webhooks/<id>")
    def update_webhook(id: str) -> Response:
        _check_plan(state)
        hook = the("webhook", shown_webhooks(state), id)
        wanted = decode(_CHANGED, request.get_data(cache=False), "webhook").data
        if wanted.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        said, held = wanted.attributes, wanted.relationships
        _check(said.name, said.endpoint_url, said.secret_key)
        if held and held.webhook_topics:
            hook.topics = _topics(state, held.webhook_topics)
        for name in ("name", "description", "endpoint_url", "secret_key", "enabled"):
            value = getattr(said, name)
            if value is not None:
                setattr(hook, name, value)
        hook.updated = state.clock.now()
        return one(webhook(hook, base_url()), asked(state.switches))

    @api.delete("/api/webhooks/<id>")
    def delete_webhook(id: str) -> Response:
        _check_plan(state)
        the("webhook", state.extras.webhooks, id)
        del state.extras.webhooks[id]
        return no_content()


def _check_plan(state: State) -> None:
    if not state.switches.webhooks_allowed:
        detail = "Webhooks are only available to Advanced KDP customers and app partners."
        raise Refusal(403, "permission_denied", "You do not have permission to perform this action.", detail)


def _check(name: str | None, url: str | None, secret: str | None) -> None:
    pointer = "/data/attributes"
    if name is not None and not name.strip():
        raise invalid("This field may not be blank.", f"{pointer}/name")
    if url is not None and not (url.startswith("https://") and url.isascii() and " " not in url and url[8:]):
        raise invalid("endpoint_url must be an https URL.", f"{pointer}/endpoint_url")
    if secret is not None and len(secret) < SECRET_LENGTH_MIN:
        raise invalid(
            f"secret_key must have at least {SECRET_LENGTH_MIN} characters.", f"{pointer}/secret_key"
        )


def _topics(state: State, wanted: Document[list[TopicId]]) -> list[str]:
    known = topics(state)
    if not wanted.data:
        raise invalid("At least one webhook topic is required.", TOPICS)
    for number, topic in enumerate(wanted.data):
        if topic.id not in known:
            raise invalid(f"'{topic.id}' is not a valid webhook topic.", f"{TOPICS}/{number}/id")
    return list(dict.fromkeys(topic.id for topic in wanted.data))


def _beside(hooks: list[Webhook], *, included: bool) -> list[Json]:
    named = dict.fromkeys(topic for hook in hooks for topic in hook.topics) if included else ()
    return [webhook_topic(topic, base_url()) for topic in named]
