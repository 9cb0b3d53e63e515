"""Webhooks: registering, payloads of API 1.0, signatures, 48 hours of retries, and what gets lost."""

import hashlib
import hmac
import itertools
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from x_store import Store

from fakes.kit.push import Answer, Outgoing, Push

URL = "https://app.test/hooks"


class Receiver:
    """Takes deliveries and answers `status`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.status = 200
        self.got: list[tuple[datetime, Outgoing]] = []
        self.push.send = self

    @property
    def push(self) -> Push:
        assert self.store.fake.push is not None
        return self.store.fake.push

    def __call__(self, sent: Outgoing) -> Answer:
        self.got.append((self.store.clock.now(), sent))
        return Answer(self.status)

    def pump(self) -> list[dict[str, Any]]:
        """Deliver what is due; the payloads that arrived in this go."""
        before = len(self.got)
        self.store.state.settle()
        self.push.deliver_due()
        return [payload(sent) for _, sent in self.got[before:]]


def payload(sent: Outgoing) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parse_qs(sent.body.decode())["payload"][0])
    return found


@pytest.fixture
def receiver(store: Store) -> Receiver:
    return Receiver(store)


def register(store: Store, kind: str = "sale.update", url: str = URL, **more: Any) -> dict[str, Any]:
    answer = store.http.post("/api/2026-07/webhooks", json={"type": kind, "url": url, "active": True, **more})
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()["data"]
    return row


def test_hooks_are_registered_changed_listed_and_deleted(store: Store) -> None:
    row = register(store)
    assert set(row) == {"id", "retailer_id", "type", "url", "active"}
    again = store.http.post("/api/2026-07/webhooks", json={"type": "sale.update", "url": URL, "active": True})
    assert again.status_code == 409
    assert "error" in again.json()
    path = f"/api/2026-07/webhooks/{row['id']}"
    assert store.http.put(path, json={"active": False}).json()["data"]["active"] is False
    assert [one["id"] for one in store.data("2.0/webhooks")] == [row["id"]]
    assert store.http.delete(path).status_code == 204
    missing = store.http.get(path)
    assert (missing.status_code, missing.json()) == (404, {"error": "webhook not found"})


@pytest.mark.parametrize(
    "body", [{}, {"type": "sale.create", "url": URL}, {"type": "sale.update", "url": "x"}]
)
def test_bad_hooks_are_refused(store: Store, body: dict[str, Any]) -> None:
    assert store.http.post("/api/2026-07/webhooks", json=body).status_code == 422


def test_the_old_way_sends_json_in_a_form_field(store: Store) -> None:
    data = json.dumps({"type": "customer.update", "url": URL, "active": True})
    row = store.http.post("/api/webhooks", data={"data": data}).json()
    assert row["type"] == "customer.update"
    assert store.http.get("/api/webhooks").json() == [row]
    assert store.http.post("/api/webhooks", data={"data": "{"}).status_code == 400
    assert store.http.delete(f"/api/webhooks/{row['id']}").json() == {"status": "success"}


def test_every_change_of_a_sale_is_sent(store: Store, receiver: Receiver) -> None:
    register(store)
    sale = store.state.layby(store.state.outlet_id, store.at(-9), [store.line(2)], deposit="5")
    store.state.pay(sale, store.at(-8), "5")
    store.state.close(sale, store.at(-7))
    store.state.edit_note(sale, store.at(-6))
    sent = receiver.pump()
    assert [one["status"] for one in sent] == ["LAYBY", "LAYBY", "LAYBY_CLOSED", "LAYBY_CLOSED"]
    assert [one["totals"]["total_to_pay"] for one in sent] == ["15", "10", "0", "0"]
    assert {one["id"] for one in sent} == {sale}
    versions = [one["version"] for one in sent]
    assert versions == sorted(set(versions))


def test_a_return_announces_its_original_too(store: Store, receiver: Receiver) -> None:
    sale = store.sell(30)
    register(store)
    back = store.state.refund(sale, store.at(0))
    assert [one["id"] for one in receiver.pump()] == [back, sale]


def test_customers_and_products_are_announced_also_when_a_sale_moves_them(
    store: Store, receiver: Receiver
) -> None:
    register(store, "customer.update")
    register(store, "product.update")
    person = store.person(email="ada@hillmail.org", gender="F", date_of_birth="1990-02-03")
    store.sell(customer_id=person)
    store.state.edit_product(store.mug, store.at(0), name="Mug")
    first, second, product = receiver.pump()
    assert (first["year_to_date"], second["year_to_date"]) == ("0.00000", "10.00000")
    assert (second["sex"], second["date_of_birth"]) == ("F", "1990-02-03 00:00:00")
    assert second["contact"]["email"] == "ada@hillmail.org"
    assert (product["base_name"], product["price_book_entries"][0]["price"]) == ("Mug", "10")


def test_the_payload_is_a_form_field_with_text_amounts_and_two_kinds_of_time(
    store: Store, receiver: Receiver
) -> None:
    register(store)
    store.sell(30, lines=[store.line(2)])
    (one,) = receiver.pump()
    assert one["totals"] == {
        "total_price": "20",
        "total_tax": "0",
        "total_payment": "20",
        "total_to_pay": "0",
        "total_loyalty": "0",
    }
    line = one["register_sale_products"][0]
    assert (line["price"], line["quantity"]) == ("10.00000", 2)
    assert (one["sale_date"], one["created_at"]) == ("2026-08-03T11:30:00Z", "2026-08-03 11:30:00")
    assert "outlet_id" not in one
    sent = receiver.got[0][1]
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded; UTF-8"
    assert sent.timeout_s == 5.0
    assert set(parse_qs(sent.body.decode())) == {"payload", "domain_prefix", "environment", "retailer_id"}


def test_extra_fields_are_not_promised(store: Store, receiver: Receiver) -> None:
    store.switch(webhook_extras=False)
    register(store)
    store.sell()
    receiver.pump()
    assert set(parse_qs(receiver.got[0][1].body.decode())) == {"payload"}


@pytest.mark.parametrize("over", ["form_body", "payload"])
@pytest.mark.parametrize("case", ["lower", "upper"])
def test_a_signature_is_keyed_with_the_client_secret(
    store: Store, receiver: Receiver, over: str, case: str
) -> None:
    store.switch(signature_over=over, signature_case=case)
    register(store)
    store.sell()
    receiver.pump()
    sent = receiver.got[0][1]
    signed = sent.body if over == "form_body" else parse_qs(sent.body.decode())["payload"][0].encode()
    secret = store.fake.credentials["client_secret"].encode()
    digest = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    expected = digest if case == "lower" else digest.upper()
    assert sent.headers["X-Signature"] == f"signature={expected},algorithm=HMAC-SHA256"


def test_hooks_of_the_stores_own_pages_are_unsigned_and_unlisted(store: Store, receiver: Receiver) -> None:
    store.state.add_ui_webhook("sale.update", URL)
    store.sell()
    assert len(receiver.pump()) == 1
    assert "X-Signature" not in receiver.got[0][1].headers
    assert store.data("2026-07/webhooks") == []


def test_inactive_hooks_are_silent(store: Store, receiver: Receiver) -> None:
    register(store, active=False)
    store.sell()
    assert receiver.pump() == []


def drive(store: Store, push: Push) -> None:
    """Let the clock run from one attempt to the next until nothing waits."""
    push.deliver_due()
    while (at := push.next_at()) is not None:
        store.clock.set(max(at, store.clock.now()))
        push.deliver_due()


@pytest.mark.parametrize("status", [0, 500])
def test_failures_are_retried_twenty_times_over_48_hours(
    store: Store, receiver: Receiver, status: int
) -> None:
    register(store)
    receiver.status = status
    store.sell()
    start = store.clock.now()
    drive(store, receiver.push)
    times = [at - start for at, _ in receiver.got]
    assert len(times) == 21
    assert timedelta(hours=47, minutes=59) < times[-1] <= timedelta(hours=48, minutes=1)
    gaps = [second - first for first, second in itertools.pairwise(times)]
    assert gaps == sorted(gaps)
    assert [one.state for one in receiver.push.deliveries()] == ["dropped"]


def test_a_retry_carries_the_stale_snapshot(store: Store, receiver: Receiver) -> None:
    register(store)
    receiver.status = 503
    sale = store.sell()
    receiver.pump()
    store.state.void(sale, store.at(0))
    receiver.status = 200
    drive(store, receiver.push)
    assert [payload(sent)["status"] for _, sent in receiver.got] == ["CLOSED", "VOIDED", "CLOSED"]


@pytest.mark.parametrize(("status", "again", "tries"), [(404, False, 1), (302, False, 1), (404, True, 21)])
def test_3xx_and_4xx_are_not_retried_unless_switched(
    store: Store, receiver: Receiver, status: int, again: bool, tries: int
) -> None:
    store.switch(webhook_retry_4xx=again)
    register(store)
    receiver.status = status
    store.sell()
    drive(store, receiver.push)
    assert len(receiver.got) == tries


@pytest.mark.parametrize("swallows", [True, False])
def test_a_receiver_that_fails_for_long_is_black_holed_for_a_day(
    store: Store, receiver: Receiver, swallows: bool
) -> None:
    store.switch(webhook_black_hole=swallows)
    register(store)
    receiver.status = 500
    for _ in range(1_150):
        store.sell()
    receiver.push.deliver_due()
    for _ in range(100):
        store.sell()
    waiting = sum(1 for one in receiver.push.deliveries() if one.state == "queued")
    assert waiting < 100 if swallows else waiting == 1_250
    if swallows:
        store.clock.advance(86_401)
        receiver.status = 200
        store.http.headers["Authorization"] = f"Bearer {store.fake.credentials['personal_token']}"
        sale = store.sell(0)
        assert sale in [one["id"] for one in receiver.pump()]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("duplicate", ["SAVED", "SAVED", "CLOSED"]),
        ("reorder", ["CLOSED", "SAVED"]),
        ("drop", ["CLOSED"]),
    ],
)
def test_deliveries_are_doubled_turned_round_or_lost_by_faults(
    store: Store, receiver: Receiver, kind: str, statuses: list[str]
) -> None:
    register(store)
    match = {"method": "PUSH", "path": "sale.update"}
    store.http.post("/_fake/faults", json=[{"kind": kind, "match": match, "times": 1}])
    sale = store.sell(state="parked")
    store.state.close(sale, store.at(0))
    receiver.pump()
    store.clock.advance(120)
    receiver.pump()
    assert [payload(sent)["status"] for _, sent in receiver.got] == statuses


def test_what_lies_ahead_is_announced_at_its_own_instant(store: Store, receiver: Receiver) -> None:
    register(store)
    store.sell(-10)
    assert receiver.pump() == []
    store.clock.advance(3_600)
    assert len(receiver.pump()) == 1
    assert receiver.push.deliveries()[0].attempts[0].at == store.at(10)


def test_types_whose_truth_is_not_kept_can_be_announced_by_hand(store: Store, receiver: Receiver) -> None:
    register(store, "inventory.update")
    store.state.announce("inventory.update", {"id": "x", "count": "3"})
    assert receiver.pump() == [{"id": "x", "count": "3"}]
