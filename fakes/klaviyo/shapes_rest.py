"""Wire JSON of what an account has beside events, profiles and lists."""

from collections.abc import Mapping
from typing import Any

from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.records import (
    Attribution,
    CustomMetric,
    MappedMetric,
    Segment,
    SuppressionJob,
    Webhook,
)
from fakes.klaviyo.shapes import Json, micros, related, seconds

URL_SHOWN_MAX = 30


def _utm(flow: str, campaign: str, kind: str = "dynamic") -> Json:
    return {"flow": {"type": kind, "value": flow}, "campaign": {"type": kind, "value": campaign}}


DEFAULT_TRACKING: Mapping[str, Any] = {
    "auto_add_parameters": False,
    "utm_source": _utm("Klaviyo", "Klaviyo", "static"),
    "utm_medium": _utm("message_type", "message_type"),
    "utm_campaign": _utm("flow_name", "campaign_name"),
    "utm_id": _utm("flow_id", "campaign_id"),
    "utm_term": {"flow": None, "campaign": None},
    "custom_parameters": [],
}
# Where each relationship of an attribution leads.
_CREDITED = {
    "attributed-event": "event",
    "campaign": "campaign",
    "campaign-message": "campaign-message",
    "flow": "flow",
    "flow-message": "flow-message",
    "flow-message-variation": "flow-message",
}


def segment(made: Segment, base: str) -> Json:
    """A segment resource; its definition is not kept."""
    return _resource(
        base, "segments", "segment", made.id,
        {
            "name": made.name,
            "definition": None,
            "created": seconds(made.created),
            "updated": seconds(made.updated),
            "is_active": True,
            "is_processing": False,
            "is_starred": False,
        },
        ("profiles", "tags", "flow-triggers"),
    )  # fmt: skip


def push_token(token: Mapping[str, Any], person: Profile, base: str) -> Json:
    """A push token resource."""
    attributes = {
        "created": token["created"],
        "token": token["token"],
        "enablement_status": token.get("enablement_status") or "AUTHORIZED",
        "platform": token["platform"],
        "vendor": token["vendor"],
        "background": token.get("background") or "AVAILABLE",
        "recorded_date": token["created"],
        "metadata": dict.fromkeys(_DEVICE) | dict(token.get("device_metadata") or {}),
    }
    return _resource(base, "push-tokens", "push-token", token["id"], attributes, ("profile",)) | {
        "relationships": {
            "profile": {
                "data": {"type": "profile", "id": person.id},
                **related(base, "push-tokens", token["id"], "profile"),
            }
        }
    }


_DEVICE = (
    "device_id", "klaviyo_sdk", "sdk_version", "device_model", "os_name", "os_version", "manufacturer",
    "app_name", "app_version", "app_build", "app_id", "environment",
)  # fmt: skip


def suppression_job(job: SuppressionJob, base: str) -> Json:
    """A bulk suppression, or its lifting."""
    kind = f"profile-suppression-bulk-{'delete' if job.lifts else 'create'}-job"
    attributes = {
        "status": "complete" if job.done else "processing",
        "created_at": micros(job.created),
        "total_count": job.total_count,
        "completed_count": job.completed_count,
        "completed_at": micros(job.due) if job.done else None,
        "skipped_count": job.skipped_count,
    }
    made = _resource(base, f"{kind}s", kind, job.id, attributes, ("lists", "segments"))
    lists = [{"type": "list", "id": job.list_id}] if job.list_id else []
    segments = [{"type": "segment", "id": job.segment_id}] if job.segment_id else []
    made["relationships"]["lists"]["data"] = lists
    made["relationships"]["segments"]["data"] = segments
    return made


def webhook(hook: Webhook, base: str) -> Json:
    """A webhook: without its secret, its URL cut short."""
    url = hook.endpoint_url
    attributes = {
        "name": hook.name,
        "description": hook.description,
        "endpoint_url": url if len(url) <= URL_SHOWN_MAX else f"{url[:URL_SHOWN_MAX]}...",
        "enabled": hook.enabled,
        "created_at": micros(hook.created),
        "updated_at": micros(hook.updated),
    }
    made = _resource(base, "webhooks", "webhook", hook.id, attributes, ("webhook-topics",))
    made["relationships"]["webhook-topics"]["data"] = [
        {"type": "webhook-topic", "id": topic} for topic in hook.topics
    ]
    return made


def webhook_topic(topic: str, base: str) -> Json:
    """A topic is nothing but its id."""
    return {"type": "webhook-topic", "id": topic, "links": {"self": f"{base}/api/webhook-topics/{topic}/"}}


def custom_metric(made: CustomMetric, base: str) -> Json:
    """A saved definition with the metrics it is over."""
    attributes = {
        "name": made.name,
        "created": seconds(made.created),
        "updated": seconds(made.updated),
        "definition": made.definition,
    }
    shown = _resource(base, "custom-metrics", "custom-metric", made.id, attributes, ("metrics",))
    shown["relationships"]["metrics"]["data"] = [
        {"type": "metric", "id": i} for i in metric_ids_of(made.definition)
    ]
    return shown


def metric_ids_of(definition: Mapping[str, Any]) -> list[str]:
    """The metrics that a definition is over, each once."""
    return list(dict.fromkeys(group["metric_id"] for group in definition["metric_groups"]))


def mapped_metric(made: MappedMetric, base: str) -> Json:
    """One of the fixed meanings, and what stands for it; a relationship without data has only links."""
    attributes = {"updated": seconds(made.updated)}
    shown = _resource(
        base, "mapped-metrics", "mapped-metric", made.id, attributes, ("metric", "custom-metric")
    )
    if made.metric_id:
        shown["relationships"]["metric"]["data"] = {"type": "metric", "id": made.metric_id}
    if made.custom_metric_id:
        data = {"type": "custom-metric", "id": made.custom_metric_id}
        shown["relationships"]["custom-metric"]["data"] = data
    return shown


def tracking_setting(account_id: str, changed: Mapping[str, Any], base: str) -> Json:
    """The account's UTM defaults."""
    return _resource(
        base, "tracking-settings", "tracking-setting", account_id, {**DEFAULT_TRACKING, **changed}, ()
    )


def metric_property(metric_id: str, name: str, kind: str, samples: list[Any] | None, base: str) -> Json:
    """One property seen on a metric's events; ``samples`` None leaves them out."""
    attributes: Json = {"label": name, "property": name, "inferred_type": kind}
    if samples is not None:
        attributes["sample_values"] = samples
    own = f"{metric_id}:{name}"
    made = _resource(base, "metric-properties", "metric-property", own, attributes, ("metric",))
    made["relationships"]["metric"]["data"] = {"type": "metric", "id": metric_id}
    return made


def attribution(made: Attribution, base: str) -> Json:
    """What an event is credited to."""
    shown = _resource(base, "attributions", "attribution", made.id, {}, ("event", *_CREDITED))
    del shown["attributes"]
    shown["relationships"]["event"]["data"] = {"type": "event", "id": made.event_id}
    for name, value in made.credited.items():
        shown["relationships"][name]["data"] = {"type": _CREDITED[name], "id": value}
    return shown


def _resource(  # noqa: PLR0917 - the order in which a resource is written
    base: str, collection: str, kind: str, own_id: str, attributes: Json, relations: tuple[str, ...]
) -> Json:
    made: Json = {"type": kind, "id": own_id, "attributes": attributes}
    if relations:
        made["relationships"] = {name: related(base, collection, own_id, name) for name in relations}
    return made | {"links": {"self": f"{base}/api/{collection}/{own_id}/"}}
