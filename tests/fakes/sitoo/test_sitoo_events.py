"""The Events SPI: what is told, in which batches, how often, and what becomes of a refused batch."""

import base64
from typing import Any

import pytest
from sitoo_shop import NOON_S, Receiver, Shop, listening, pump

from fakes.kit.send import Answer
from fakes.sitoo.events import TYPES
from fakes.sitoo.records import LineIn

_HOUR = 3600


def _kinds(receiver: Receiver) -> list[str]:
    return [event["event_type"] for event in receiver.events]


def test_a_sale_is_told_thinly_and_in_order(shop: Shop) -> None:
    receiver = listening(shop)
    order_id = shop.sell(-5)
    pump(shop)
    assert _kinds(receiver) == ["order", "order-delivery", "warehouse-transaction"]
    first = receiver.events[0]
    assert first.keys() == {"event_id", "event_type", "event_date", "account_id", "data"}
    assert len(first["event_id"]) == 32
    assert int(first["event_id"], 16) >= 0
    assert (first["event_date"], first["account_id"]) == (NOON_S - 300, 90001)
    assert first["data"] == {
        "eshop_id": 1,
        "order_id": order_id,
        "warehouse_id": 1,
        "order_event_type": "add",
    }
    assert receiver.events[1]["data"]["order_delivery_id"] == 1
    assert receiver.events[2]["data"]["warehouse_transaction_id"] == 1
    outgoing = receiver.got[0]
    assert outgoing.url == "https://hooks.shop.test/sitoo/events"
    assert outgoing.headers["Content-Type"] == "application/json"
    assert outgoing.timeout_s == 15
    assert "Authorization" not in outgoing.headers


def test_every_type_of_event_is_fired_by_what_causes_it(shop: Shop) -> None:
    receiver = listening(shop)
    shop.sell(-5)
    shop.state.book(shop.till, shop.at(-4), [LineIn(shop.mug)])
    shop.write("POST", "shipments.json", {"shipmentstate": 0})
    shop.state.close_store(shop.store, shop.at(-1))
    pump(shop)
    assert set(_kinds(receiver)) == set(TYPES)
    told = {event["event_type"]: event["data"] for event in receiver.events}
    assert told["z-report"] == {"eshop_id": 1, "register_id": shop.till, "z_report_id": 1}
    assert told["store-z-report"]["store_id"] == "200"
    assert told["booking"]["order_event_type"] == "add"


def test_every_change_of_an_order_is_told_with_the_new_state_only_when_it_changed(shop: Shop) -> None:
    receiver = listening(shop, event_types=["order"])
    web = shop.state.webshop_order(shop.at(-9), [LineIn(shop.mug)])
    shop.write("PUT", f"site/orders/{web}.json", {"comment": "Hello"})
    shop.state.pay(web, shop.at(-7))
    shop.state.log(web, shop.at(-6), 900)
    shop.state.log(web, shop.at(-5), 910)
    shop.state.email_receipt(web, shop.at(-4))
    shop.state.cancel(web, shop.at(-3))
    pump(shop)
    told = [event["data"] for event in receiver.events]
    assert [one["order_event_type"] for one in told] == [
        "add",
        "update",
        "update",
        "ready-for-pickup",
        "pickup-rejected",
        "email-receipt",
        "update",
    ]
    assert [one.get("order_state_changed") for one in told] == [
        None,
        None,
        "closed",
        None,
        None,
        None,
        "cancelled",
    ]
    assert "warehouse_id" not in told[0]


def test_customers_are_never_told_of(shop: Shop) -> None:
    receiver = listening(shop)
    guid = shop.state.add_user("A", "B", email="a@x.se", at=shop.at(-5))
    shop.state.edit_user(guid, shop.at(-4), company="Acme")
    pump(shop)
    assert receiver.got == []


def test_a_late_sale_is_told_when_it_arrives(shop: Shop) -> None:
    receiver = listening(shop, event_types=["order"])
    late = shop.sell(-60, visible_at=shop.at(30))
    pump(shop)
    assert receiver.got == []
    shop.clock.advance(1801)
    pump(shop)
    assert [(one["data"]["order_id"], one["event_date"]) for one in receiver.events] == [
        (late, NOON_S + 1800)
    ]


def test_batches_hold_up_to_ten_in_order_and_fewer_by_switch(shop: Shop) -> None:
    receiver = listening(shop, event_types=["order"])
    made = [shop.sell(-minute) for minute in range(23, 0, -1)]
    pump(shop)
    assert [len(batch) for batch in receiver.batches] == [10, 10, 3]
    assert [event["data"]["order_id"] for event in receiver.events] == made
    shop.fake.switches.events_batch_max = 1
    shop.sell(0)
    shop.sell(0)
    pump(shop)
    assert [len(batch) for batch in receiver.batches[3:]] == [1, 1]


def test_own_credentials_path_and_content_type_go_along(shop: Shop) -> None:
    shop.fake.switches.events_path = "/hook/events"
    shop.fake.switches.events_content_type = "application/json; charset=utf-8"
    receiver = listening(shop, username="sitoo", password="s3cret")
    shop.sell(-5)
    pump(shop)
    outgoing = receiver.got[0]
    assert outgoing.headers["Authorization"] == "Basic " + base64.b64encode(b"sitoo:s3cret").decode()
    assert outgoing.url.endswith("/sitoo/hook/events")
    assert outgoing.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("rule", "status", "fate"),
    [
        ("newer", 200, "delivered"),
        ("newer", 201, "dropped"),
        ("newer", 400, "dropped"),
        ("newer", 401, "dropped"),
        ("newer", 500, "dropped"),
        ("newer", 502, "dropped"),
        ("newer", 429, "queued"),
        ("newer", 503, "queued"),
        ("newer", 504, "queued"),
        ("newer", 0, "queued"),
        ("older", 200, "delivered"),
        ("older", 400, "dropped"),
        ("older", 404, "dropped"),
        ("older", 429, "queued"),
        ("older", 500, "queued"),
        ("older", 502, "queued"),
        ("older", 302, "queued"),
        ("older", 0, "queued"),
    ],
)
def test_what_a_reply_does_to_a_batch_is_a_rule_with_two_versions(
    shop: Shop, rule: str, status: int, fate: str
) -> None:
    shop.fake.switches.reply_rule = rule
    listening(shop, status, event_types=["order"])
    shop.sell(-5)
    pump(shop)
    assert shop.fake.push is not None
    assert [one.state for one in shop.fake.push.deliveries()] == [fate]


def test_nothing_else_is_sent_until_a_batch_is_accepted(shop: Shop) -> None:
    receiver = listening(shop, 503, 503, event_types=["order"])
    first = shop.sell(-5)
    pump(shop)
    second = shop.sell(-4)
    assert pump(shop) == 0
    shop.clock.advance(360)
    assert pump(shop) == 1
    shop.clock.advance(360)
    assert pump(shop) == 2
    ids = [event["data"]["order_id"] for event in receiver.events]
    assert ids == [first, first, first, second]


def test_a_refused_batch_is_tried_for_a_day_and_then_dropped(shop: Shop) -> None:
    receiver = listening(shop, *[503] * 100, event_types=["order"])
    lost, kept = shop.sell(-5), 0
    pump(shop)
    times = []
    for _ in range(40):
        next_at = shop.fake.push.next_at() if shop.fake.push else None
        if next_at is None:
            break
        shop.clock.set(next_at)
        times.append(int((next_at - shop.at(0)).total_seconds()))
        pump(shop)
    assert times[:10] == [360 * number for number in range(1, 11)]
    assert times[10:] == [_HOUR * number for number in range(2, 25)]
    assert len(receiver.got) == 34
    receiver.answers.clear()
    kept = shop.sell(60 * 24)
    pump(shop)
    assert receiver.events[-1]["data"]["order_id"] == kept
    assert shop.order(lost)["orderid"] == lost


def test_a_repeated_event_keeps_its_id_or_by_switch_gets_a_new_one(shop: Shop) -> None:
    receiver = listening(shop, 503, event_types=["order"])
    shop.sell(-5)
    pump(shop)
    shop.clock.advance(360)
    pump(shop)
    assert receiver.events[0] == receiver.events[1]
    shop.fake.switches.event_id_on_retry = "new"
    receiver.answers = [503]
    shop.sell(5)
    shop.clock.advance(360)
    pump(shop)
    shop.clock.advance(360)
    pump(shop)
    third, fourth = receiver.events[2:]
    assert third["event_id"] != fourth["event_id"]
    assert third["data"] == fourth["data"]


def test_faults_lose_repeat_and_reorder_batches(shop: Shop) -> None:
    receiver = listening(shop, event_types=["order"])
    plane = "https://x.test/_fake/faults"
    shop.http.post(plane, json=[{"kind": "duplicate", "match": {"method": "PUSH"}, "times": 1}])
    twice = shop.sell(-9)
    pump(shop)
    shop.http.post(plane, json=[{"kind": "drop", "match": {"method": "PUSH"}, "times": 1}])
    shop.sell(-8)
    pump(shop)
    shop.http.post(plane, json=[{"kind": "reorder", "match": {"method": "PUSH"}, "times": 1}])
    held = shop.sell(-7)
    shop.state.settle()
    passed = shop.sell(-6)
    shop.state.settle()
    pump(shop)
    assert [event["data"]["order_id"] for event in receiver.events] == [twice, twice, passed, held]


def test_subscriptions_are_set_in_the_back_office(shop: Shop) -> None:
    plane = "https://x.test/_fake/event-subscriptions"
    wanted = [{"base_url": "https://a.test", "username": "u", "password": "p", "event_types": ["order"]}]
    assert shop.http.put(plane, json=wanted).json() == wanted
    assert shop.http.get(plane).json() == wanted
    bad: list[Any] = [{}, [{}], [{"base_url": 1}], [{"base_url": "x", "event_types": ["user"]}]]
    for wrong in bad:
        assert shop.http.put(plane, json=wrong).status_code == 400
    assert shop.refused("GET", "webhooks.json") == 404


def test_two_subscribers_have_queues_of_their_own(shop: Shop) -> None:
    got: list[str] = []

    def send(outgoing: Any) -> Answer:
        got.append(outgoing.url)
        return Answer(503 if "one" in outgoing.url else 200)

    assert shop.fake.push is not None
    shop.fake.push.send = send
    shop.state.subscribe("https://one.test", event_types=["order"])
    shop.state.subscribe("https://two.test", event_types=["order"])
    for minute in (-5, -4):
        shop.sell(minute)
        shop.state.settle()
    pump(shop)
    assert got == ["https://one.test/events", "https://two.test/events", "https://two.test/events"]


def test_nothing_is_kept_for_nobody(shop: Shop) -> None:
    shop.sell(-5)
    assert shop.state.events.pending == []
    receiver = listening(shop)
    pump(shop)
    assert receiver.got == []
