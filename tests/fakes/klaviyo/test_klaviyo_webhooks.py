"""Webhooks: who may have them, what they carry, how they are signed, retried and given up."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from klaviyo_kit import Klaviyo, entry, event, only_error

from fakes.kit.clock import VirtualClock
from fakes.kit.push import Answer, Outgoing

SECRET = "0123456789abcdef"
SUBSCRIBED = "event:klaviyo.subscribed_to_email_marketing"


class Receiver:
    """Takes deliveries in and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[Outgoing] = []

    def __call__(self, out: Outgoing) -> Answer:
        self.taken.append(out)
        return Answer(self.status)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(out.body) for out in self.taken]


@pytest.fixture
def receiver(klaviyo: Klaviyo) -> Receiver:
    made = Receiver()
    klaviyo.fake.state.push.send = made
    klaviyo.fake.limits.enabled = False
    return made


def hook(klaviyo: Klaviyo, *topics: str, **changes: Any) -> Any:
    attributes = {
        "name": "Till",
        "endpoint_url": "https://shop.example.net/hooks/klaviyo/orders",
        "secret_key": SECRET,
    } | changes
    held = {"webhook-topics": {"data": [{"type": "webhook-topic", "id": topic} for topic in topics]}}
    return klaviyo.post(
        "/api/webhooks", {"data": {"type": "webhook", "attributes": attributes, "relationships": held}}
    )


def subscribe(klaviyo: Klaviyo, email: str = "ann@mail.org") -> None:
    klaviyo.fake.switches.account_opt_in = "single_opt_in"
    said = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    person = {"type": "profile", "attributes": {"email": email, "subscriptions": said}}
    kind = "profile-subscription-bulk-create-job"
    body = {"data": {"type": kind, "attributes": {"profiles": {"data": [person]}}}}
    assert klaviyo.post(f"/api/{kind}s", body).status_code == 202


def test_a_webhook_hides_its_secret_and_cuts_its_url_short(klaviyo: Klaviyo) -> None:
    answer = hook(klaviyo, SUBSCRIBED)
    assert answer.status_code == 201
    assert SECRET not in answer.text
    shown = answer.json()["data"]
    assert shown["attributes"]["endpoint_url"] == "https://shop.example.net/hooks..."
    assert shown["attributes"]["enabled"] is True
    assert shown["relationships"]["webhook-topics"]["data"] == [{"type": "webhook-topic", "id": SUBSCRIBED}]


@pytest.mark.parametrize(
    ("topics", "changes", "pointer"),
    [
        ([SUBSCRIBED], {"secret_key": "fifteen-letters"}, "/data/attributes/secret_key"),
        ([SUBSCRIBED], {"endpoint_url": "http://shop.example.net"}, "/data/attributes/endpoint_url"),
        ([SUBSCRIBED], {"colour": "red"}, "/data/attributes/colour"),
        (["event:klaviyo.sang"], {}, "/data/relationships/webhook-topics/data/0/id"),
        ([], {}, "/data/relationships/webhook-topics/data"),
    ],
)
def test_a_wrong_webhook_is_refused_where_it_is_wrong(
    klaviyo: Klaviyo, topics: list[str], changes: dict[str, Any], pointer: str
) -> None:
    answer = hook(klaviyo, *topics, **changes)
    assert (answer.status_code, only_error(answer)["source"]) == (400, {"pointer": pointer})


def test_an_account_has_ten_webhooks_at_most_and_some_plans_none(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    assert [hook(klaviyo, SUBSCRIBED).status_code for _ in range(11)] == [201] * 10 + [400]
    klaviyo.fake.switches.webhooks_allowed = False
    assert klaviyo.get("/api/webhook-topics").status_code == 403


def test_topics_grow_with_the_accounts_metrics(klaviyo: Klaviyo) -> None:
    klaviyo.send()
    topics = {topic["id"] for topic in klaviyo.get("/api/webhook-topics").json()["data"]}
    assert {SUBSCRIBED, "event:api.placed_order"} < topics


def test_consent_is_delivered_signed_over_body_and_timestamp(klaviyo: Klaviyo, receiver: Receiver) -> None:
    made = hook(klaviyo, SUBSCRIBED).json()["data"]["id"]
    subscribe(klaviyo)
    assert klaviyo.fake.state.push.deliver_due() == 1
    out = receiver.taken[0]
    assert out.url == "https://shop.example.net/hooks/klaviyo/orders"
    stamp = out.headers["Klaviyo-Timestamp"]
    assert stamp == "Sat, 21 Nov 2026 12:00:00 GMT"
    expected = hmac.new(SECRET.encode(), out.body + stamp.encode(), hashlib.sha256).hexdigest()
    assert out.headers["Klaviyo-Signature"] == expected
    body = receiver.bodies()[0]
    assert body["meta"] == {
        "klaviyo_webhook_id": made,
        "klaviyo_account_id": "FaKe01",
        "timestamp": "2026-11-21T12:00:00+00:00",
    }
    assert out.headers["Klaviyo-Webhook-Id"] == made
    (one,) = body["data"]
    assert one["topic"] == SUBSCRIBED
    shown = klaviyo.get(f"/api/events/{one['external_id']}").json()["data"]
    assert one["payload"]["data"] == shown


def test_events_of_one_request_travel_together(klaviyo: Klaviyo, receiver: Receiver) -> None:
    klaviyo.send(unique_id="first")
    hook(klaviyo, "event:api.placed_order")
    klaviyo.send_bulk(entry("ann@mail.org", event(unique_id="a"), event(unique_id="b")))
    klaviyo.send(metric="Refunded Order")
    klaviyo.fake.state.push.deliver_due()
    sent = [
        one["payload"]["data"]["attributes"]["event_properties"]["$event_id"]
        for body in receiver.bodies()
        for one in body["data"]
    ]
    assert (len(receiver.taken), sent) == (1, ["a", "b"])


def test_a_refused_delivery_is_tried_again_later_and_signed_anew(
    klaviyo: Klaviyo, receiver: Receiver, clock: VirtualClock
) -> None:
    hook(klaviyo, SUBSCRIBED)
    subscribe(klaviyo)
    receiver.status, push = 500, klaviyo.fake.state.push
    waits = []
    for _ in range(8):
        assert push.deliver_due() == 1
        waits.append((push.next_at() - clock.now()).total_seconds())  # type: ignore[operator]  # one waits
        clock.advance(waits[-1])
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    receiver.status = 202
    assert push.deliver_due() == 1
    assert push.next_at() is None
    assert receiver.taken[0].body == receiver.taken[-1].body
    assert receiver.taken[0].headers["Klaviyo-Signature"] != receiver.taken[-1].headers["Klaviyo-Signature"]


def test_a_webhook_that_fails_for_two_days_is_switched_off(
    klaviyo: Klaviyo, receiver: Receiver, clock: VirtualClock
) -> None:
    made = hook(klaviyo, SUBSCRIBED).json()["data"]["id"]
    subscribe(klaviyo)
    receiver.status = 404
    for hours, enabled in ((47, True), (3, False)):
        clock.advance(hours * 3600)
        klaviyo.fake.state.push.deliver_due()
        shown = klaviyo.get(f"/api/webhooks/{made}").json()["data"]["attributes"]
        assert shown["enabled"] is enabled
    sent = len(receiver.taken)
    subscribe(klaviyo, "bob@mail.org")
    klaviyo.fake.state.push.deliver_due()
    assert len(receiver.taken) == sent
    body = {"data": {"type": "webhook", "id": made, "attributes": {"enabled": True}}}
    clock.advance(60)
    assert (
        klaviyo.http.patch(f"/api/webhooks/{made}", json=body).json()["data"]["attributes"]["enabled"] is True
    )


def test_a_deleted_webhook_hears_nothing_more(klaviyo: Klaviyo, receiver: Receiver) -> None:
    made = hook(klaviyo, SUBSCRIBED).json()["data"]["id"]
    assert klaviyo.http.delete(f"/api/webhooks/{made}").status_code == 204
    subscribe(klaviyo)
    assert klaviyo.fake.state.push.deliver_due() == 0
    assert klaviyo.get(f"/api/webhooks/{made}").status_code == 404


def test_a_late_job_still_tells_its_webhook(
    klaviyo: Klaviyo, receiver: Receiver, clock: VirtualClock
) -> None:
    hook(klaviyo, "event:klaviyo.manually_suppressed_from_email_marketing")
    klaviyo.fake.switches.suppression_job_s = 30
    people = {"data": [{"type": "profile", "attributes": {"email": "ann@mail.org"}}]}
    kind = "profile-suppression-bulk-create-job"
    klaviyo.post(f"/api/{kind}s", {"data": {"type": kind, "attributes": {"profiles": people}}})
    assert klaviyo.fake.state.push.deliver_due() == 0
    clock.advance(30)
    assert klaviyo.fake.state.push.deliver_due() == 1
