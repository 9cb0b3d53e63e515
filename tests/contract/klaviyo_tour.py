"""A walk with Klaviyo's own Python client past every endpoint that the fake serves.

``walk`` returns what each call gave; ``Recorder`` keeps what went over the wire, to be held to what is
described.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fakes.klaviyo.app import KlaviyoFake

SECRET = "a-secret-of-some-length"
TOPIC = "event:klaviyo.subscribed_to_email_marketing"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer."""

    method: str
    path: str
    sent: bytes
    status: int
    kind: str | None
    got: bytes


class Recorder:
    """A WSGI layer that writes every exchange down."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self.exchanges: list[Exchange] = []

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(sent)
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, dict(headers)]
            return start_response(status, headers, exc_info)

        got = b"".join(self._app(environ, start))
        status, kind = int(told[0].split(" ")[0]), told[1].get("Content-Type")
        path = environ["PATH_INFO"].rstrip("/")
        self.exchanges.append(Exchange(environ["REQUEST_METHOD"], path, sent, status, kind, got))
        return [got]


class Walk:
    """The client, what it was given so far, and which of its methods were called."""

    def __init__(self, sdk: Any, fake: "KlaviyoFake") -> None:
        self.sdk = sdk
        self.fake = fake
        self.given: dict[str, Any] = {}

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call one of the client's methods and remember its answer."""
        self.given[getattr(method, "__name__", str(method))] = answer = method(*args, **named)
        return answer


def walk(sdk: Any, fake: "KlaviyoFake") -> Walk:
    """Past everything, in an order that always has something to show."""
    made = Walk(sdk, fake)
    person, other = _people(made)
    shop = _lists(made, person)
    _consent(made, shop, other)
    metric = _events(made, person)
    _metrics(made, metric)
    _settings(made)
    _relations(made, person, shop)
    _farewell(made, person, other, shop)
    return made


def data(
    kind: str, own_id: str | None = None, /, relationships: Json | None = None, **attributes: Any
) -> Json:
    """A JSON:API document."""
    resource: Json = {"type": kind}
    if own_id is not None:
        resource["id"] = own_id
    if attributes:
        resource["attributes"] = attributes
    if relationships is not None:
        resource["relationships"] = relationships
    return {"data": resource}


def _people(w: Walk) -> tuple[str, str]:
    api = w.sdk.Profiles
    extra = ["subscriptions", "predictive_analytics"]
    ann = data("profile", email="ann@mail.org", first_name="Ann", location={"zip": "10017", "latitude": 40.7})
    person = w.call(api.create_profile, ann, additional_fields_profile=extra).data.id
    changed = data("profile", person, last_name="Lee", properties={"shop": "Main", "visits": 0})
    w.call(api.update_profile, person, changed, additional_fields_profile=extra)
    bob = data("profile", email="bob@mail.org", phone_number="+15005550006")
    other = w.call(api.create_or_update_profile, bob).data.id
    api.create_or_update_profile(bob)
    w.call(
        api.get_profiles, filter='any(email,["ann@mail.org","bob@mail.org"])', page_size=1, sort="-created"
    )
    w.call(api.get_profile, person, include=["lists", "segments"], additional_fields_profile=extra)
    return person, other


def _lists(w: Walk, person: str) -> str:
    api = w.sdk.Lists
    shop = w.call(api.create_list, data("list", name="Shop", opt_in_process="single_opt_in")).data.id
    w.call(api.update_list, shop, data("list", shop, name="Shops"))
    members = {"data": [{"type": "profile", "id": person}]}
    w.call(api.add_profiles_to_list, shop, members)
    w.call(api.get_lists, filter='equals(name,["Shops"])', sort="name")
    w.call(api.get_list, shop, additional_fields_list=["profile_count"])
    w.call(api.get_profiles_for_list, shop, additional_fields_profile=["subscriptions"])
    w.call(api.get_profile_ids_for_list, shop)
    for name in (
        "tags_for_list",
        "tag_ids_for_list",
        "flows_triggered_by_list",
        "ids_for_flows_triggered_by_list",
    ):
        w.call(getattr(api, f"get_{name}"), shop)
    w.fake.state.add_segment("Regulars", [person])
    return str(shop)


def _consent(w: Walk, shop: str, other: str) -> None:
    api = w.sdk.Profiles
    on_shop = {"list": {"data": {"type": "list", "id": shop}}}
    token = {"token": "t-1", "platform": "ios", "vendor": "apns"}
    yes, no = {"consent": "SUBSCRIBED"}, {"consent": "UNSUBSCRIBED"}
    said = {"email": {"marketing": yes}, "push": {"marketing": yes, "tokens": [token]}}
    ann = {"type": "profile", "attributes": {"email": "ann@mail.org", "subscriptions": said}}
    kind = "profile-subscription-bulk"
    subscribing = data(
        f"{kind}-create-job", relationships=on_shop, profiles={"data": [ann]}, custom_source="till"
    )
    w.call(api.bulk_subscribe_profiles, subscribing)
    bob = {
        "type": "profile",
        "attributes": {"email": "bob@mail.org", "subscriptions": {"email": {"marketing": no}}},
    }
    w.call(api.bulk_unsubscribe_profiles, data(f"{kind}-delete-job", profiles={"data": [bob]}))
    w.call(api.get_profiles, additional_fields_profile=["subscriptions"], include=["push-tokens"])
    emails = {"data": [{"type": "profile", "attributes": {"email": "bob@mail.org"}}]}
    for call, name in (("suppress", "create"), ("unsuppress", "delete")):
        body = data(f"profile-suppression-bulk-{name}-job", profiles=emails)
        job = w.call(getattr(api, f"bulk_{call}_profiles"), body).data.id
        w.call(getattr(api, f"get_bulk_{call}_profiles_jobs"), filter='equals(status,"complete")')
        w.call(getattr(api, f"get_bulk_{call}_profiles_job"), job)
    segment = next(iter(w.fake.state.extras.segments))
    everybody = {"segment": {"data": {"type": "segment", "id": segment}}}
    kind = "profile-suppression-bulk-delete-job"
    api.bulk_unsuppress_profiles({"data": {"type": kind, "attributes": {}, "relationships": everybody}})
    _import(w, shop)


def _import(w: Walk, shop: str) -> None:
    api = w.sdk.Profiles
    people = [
        {"type": "profile", "attributes": {"email": email}}
        for email in ("cyd@mail.org", "nobody", "dan@mail.org")
    ]
    on_shop = {"lists": {"data": [{"type": "list", "id": shop}]}}
    body = data("profile-bulk-import-job", relationships=on_shop, profiles={"data": people})
    job = w.call(api.bulk_import_profiles, body).data.id
    w.call(api.get_bulk_import_profiles_jobs, filter='equals(status,"complete")', sort="-created_at")
    w.call(api.get_bulk_import_profiles_job, job, include=["lists"])
    w.call(api.get_errors_for_bulk_import_profiles_job, job)
    w.call(api.get_profiles_for_bulk_import_profiles_job, job, page_size=1)
    w.call(api.get_profile_ids_for_bulk_import_profiles_job, job)
    w.call(api.get_list_for_bulk_import_profiles_job, job)
    w.call(api.get_list_ids_for_bulk_import_profiles_job, job)


def _events(w: Walk, person: str) -> str:
    api = w.sdk.Events
    metric = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}
    ann = {"data": {"type": "profile", "attributes": {"email": "ann@mail.org"}}}
    order: Json = {
        "properties": {"OrderId": "7", "Items": ["Tea"], "Gift": True, "Weight": 1.5},
        "time": "2026-11-21T10:00:00Z",
        "value": 29.98,
        "value_currency": "USD",
        "metric": metric,
    }
    w.call(api.create_event, data("event", **order, unique_id="s-1", profile=ann))
    inside = {"data": [{"type": "event", "attributes": order | {"unique_id": "s-2"}}]}
    entry = {"type": "event-bulk-create", "attributes": {"profile": ann, "events": inside}}
    w.call(api.bulk_create_events, data("event-bulk-create-job", **{"events-bulk-create": {"data": [entry]}}))
    metrics = {one.attributes.name: one.id for one in w.call(w.sdk.Metrics.get_metrics).data}
    own = metrics["Placed Order"]
    found = w.call(api.get_events, filter=f'equals(metric_id,"{own}")', sort="datetime", page_size=1)
    event = found.data[0].id
    w.fake.state.attribute(event, flow="FloW01")
    w.call(api.get_events, include=["attributions", "metric", "profile"], sort="-datetime")
    w.call(api.get_event, event, include=["attributions", "profile"])
    for name in ("metric", "metric_id", "profile", "profile_id"):
        w.call(getattr(api, f"get_{name}_for_event"), event)
    return str(own)


def _metrics(w: Walk, metric: str) -> None:
    api = w.sdk.Metrics
    w.call(api.get_metric, metric)
    w.call(api.get_properties_for_metric, metric, additional_fields_metric_property=["sample_values"])
    w.call(api.get_property_ids_for_metric, metric)
    w.call(api.get_flows_triggered_by_metric, metric)
    w.call(api.get_ids_for_flows_triggered_by_metric, metric)
    span = ["greater-or-equal(datetime,2026-11-20T00:00:00Z)", "less-than(datetime,2026-11-22T00:00:00Z)"]
    asked = {"metric_id": metric, "measurements": ["count", "sum_value"], "filter": span, "timezone": "UTC"}
    w.call(api.query_metric_aggregates, data("metric-aggregate", **asked))
    definition = {"aggregation_method": "count", "metric_groups": [{"metric_id": metric}]}
    body = data("custom-metric", name="Till sales", definition=definition)
    custom = w.call(api.create_custom_metric, body).data.id
    w.call(api.update_custom_metric, custom, data("custom-metric", custom, name="Sales at the till"))
    w.call(api.get_custom_metrics, include=["metrics"])
    w.call(api.get_custom_metric, custom)
    w.call(api.get_metrics_for_custom_metric, custom)
    w.call(api.get_metric_ids_for_custom_metric, custom)
    to_custom = {"custom-metric": {"data": {"type": "custom-metric", "id": custom}}}
    body = data("mapped-metric", "ordered_product", relationships=to_custom)
    w.call(api.update_mapped_metric, "ordered_product", body)
    to_metric = {"metric": {"data": {"type": "metric", "id": metric}}}
    api.update_mapped_metric("revenue", data("mapped-metric", "revenue", relationships=to_metric))
    w.call(api.get_mapped_metrics, include=["metric", "custom-metric"])
    w.call(api.get_mapped_metric, "revenue")
    w.call(api.get_metric_for_mapped_metric, "revenue")
    w.call(api.get_metric_id_for_mapped_metric, "revenue")
    w.call(api.get_custom_metric_for_mapped_metric, "ordered_product")
    w.call(api.get_custom_metric_id_for_mapped_metric, "ordered_product")
    w.call(api.delete_custom_metric, custom)


def _settings(w: Walk) -> None:
    account = w.call(w.sdk.Accounts.get_accounts).data[0].id
    w.call(w.sdk.Accounts.get_account, account)
    tracking = w.sdk.Tracking_Settings
    w.call(tracking.get_tracking_settings)
    w.call(tracking.get_tracking_setting, account)
    w.call(
        tracking.update_tracking_setting, account, data("tracking-setting", account, auto_add_parameters=True)
    )
    hooks = w.sdk.Webhooks
    w.call(hooks.get_webhook_topics)
    w.call(hooks.get_webhook_topic, TOPIC)
    topics = {"webhook-topics": {"data": [{"type": "webhook-topic", "id": TOPIC}]}}
    url = "https://shop.example.org/hooks/klaviyo"
    body = data("webhook", relationships=topics, name="Till", endpoint_url=url, secret_key=SECRET)
    hook = w.call(hooks.create_webhook, body).data.id
    w.call(hooks.get_webhooks, include=["webhook-topics"])
    w.call(hooks.get_webhook, hook)
    w.call(hooks.update_webhook, hook, data("webhook", hook, name="Tills", enabled=False))
    w.call(hooks.delete_webhook, hook)


def _relations(w: Walk, person: str, shop: str) -> None:
    api = w.sdk.Profiles
    names = "lists list_ids segments segment_ids push_tokens push_token_ids conversations conversation_ids"
    for name in [*names.split(), "conversation", "conversation_id"]:
        w.call(getattr(api, f"get_{name}_for_profile"), person)


def _farewell(w: Walk, person: str, other: str, shop: str) -> None:
    members = {"data": [{"type": "profile", "id": person}]}
    w.call(w.sdk.Lists.remove_profiles_from_list, shop, members)
    sources = {"profiles": {"data": [{"type": "profile", "id": other}]}}
    w.call(w.sdk.Profiles.merge_profiles, data("profile-merge", person, relationships=sources))
    whom = {"data": {"type": "profile", "attributes": {"email": "cyd@mail.org"}}}
    w.call(w.sdk.Data_Privacy.request_profile_deletion, data("data-privacy-deletion-job", profile=whom))
    w.call(w.sdk.Lists.delete_list, shop)
