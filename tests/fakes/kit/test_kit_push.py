"""Deliveries on the virtual clock: what goes out, when, in which order, and what faults do to it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import pytest

from fakes.kit.clock import VirtualClock
from fakes.kit.faults import Faults
from fakes.kit.push import Answer, Outgoing, Push

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
URL = "https://shop.example.net/hook?x=1"


def doubling(attempts: int, answer: Answer) -> float | Literal["drop"] | None:
    """Delivered by any 2xx; retried after 10 s, then 20 s; given up after the third."""
    if 200 <= answer.status < 300:
        return None
    return "drop" if attempts >= 3 else 10.0 * attempts


class Receiver:
    """Remembers what it got and answers as it was told; 200 when told nothing."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[str] = []

    def __call__(self, outgoing: Outgoing) -> Answer:
        self.got.append(outgoing.body.decode("latin-1"))
        return Answer(self.statuses.pop(0) if self.statuses else 200)


def a_push(receiver: Any, *, blocking: bool = False) -> tuple[Push, VirtualClock]:
    clock = VirtualClock(NOON)
    push = Push(clock, doubling, blocking=blocking)
    push.send = receiver
    push.faults = Faults()
    return push, clock


def test_nothing_leaves_before_it_is_due() -> None:
    receiver = Receiver()
    push, clock = a_push(receiver)
    push.queue("a", URL, b"now", {})
    push.queue("a", URL, b"later", {}, at=NOON + timedelta(minutes=5))
    assert push.deliver_due() == 1
    assert receiver.got == ["now"]
    assert push.next_at() == NOON + timedelta(minutes=5)
    clock.advance(300)
    assert push.deliver_due() == 1
    assert push.next_at() is None


def test_failures_move_along_the_schedule_until_they_are_given_up() -> None:
    receiver = Receiver(500, 0, 410)
    push, clock = a_push(receiver)
    one = push.get(push.queue("a", URL, b"x", {}, label="sale.update"))
    push.deliver_due()
    assert (one.state, push.next_at()) == ("queued", NOON + timedelta(seconds=10))
    clock.advance(10)
    push.deliver_due()
    assert push.next_at() == NOON + timedelta(seconds=30)
    clock.advance(20)
    push.deliver_due()
    assert (one.state, push.next_at()) == ("dropped", None)
    assert [(try_.at, try_.status) for try_ in one.attempts] == [
        (NOON, 500),
        (NOON + timedelta(seconds=10), 0),
        (NOON + timedelta(seconds=30), 410),
    ]


def test_after_a_jump_of_the_clock_every_retry_falls_where_it_would_have() -> None:
    push, clock = a_push(Receiver(500, 500, 200))
    one = push.get(push.queue("a", URL, b"x", {}))
    clock.advance(3600)
    assert push.deliver_due() == 3
    assert [(try_.at - NOON).total_seconds() for try_ in one.attempts] == [0, 10, 30]
    assert one.state == "delivered"


def test_a_receiver_that_raises_counts_as_no_answer() -> None:
    def broken(_: Outgoing) -> Answer:
        raise RuntimeError("a bug in the receiver")

    push, _ = a_push(broken)
    one = push.get(push.queue("a", URL, b"x", {}))
    push.deliver_due()
    assert (one.state, one.attempts[0].status) == ("queued", 0)


def test_a_blocking_queue_lets_nothing_past_a_refused_head_but_other_targets_go_on() -> None:
    receiver = Receiver(500)
    push, clock = a_push(receiver, blocking=True)
    for target, body in (("a", b"a1"), ("a", b"a2"), ("b", b"b1"), ("a", b"a3")):
        push.queue(target, URL, body, {})
    push.deliver_due()
    assert receiver.got == ["a1", "b1"]
    clock.advance(10)
    push.deliver_due()
    assert receiver.got == ["a1", "b1", "a1", "a2", "a3"]


def test_a_blocking_queue_goes_on_once_its_head_is_given_up() -> None:
    receiver = Receiver(500, 500, 500)
    push, clock = a_push(receiver, blocking=True)
    push.queue("a", URL, b"bad", {})
    push.queue("a", URL, b"good", {})
    clock.advance(30)
    push.deliver_due()
    assert receiver.got == ["bad", "bad", "bad", "good"]


def test_without_blocking_a_failed_delivery_holds_up_nobody() -> None:
    receiver = Receiver(500)
    push, _ = a_push(receiver)
    push.queue("a", URL, b"1", {})
    push.queue("a", URL, b"2", {})
    push.deliver_due()
    assert receiver.got == ["1", "2"]


def test_a_duplicate_is_delivered_twice() -> None:
    receiver = Receiver()
    push, _ = a_push(receiver)
    assert push.faults is not None
    push.faults.add({"kind": "duplicate", "match": {"path": "sale.*"}, "times": 1})
    push.queue("a", URL, b"other", {}, label="customer.update")
    push.queue("a", URL, b"twice", {}, label="sale.update")
    push.deliver_due()
    assert receiver.got == ["other", "twice", "twice"]


@pytest.mark.parametrize("blocking", [False, True])
def test_a_reordered_delivery_follows_the_next_one(blocking: bool) -> None:
    receiver = Receiver()
    push, _ = a_push(receiver, blocking=blocking)
    assert push.faults is not None
    push.faults.add({"kind": "reorder", "times": 1})
    push.queue("a", URL, b"first", {})
    push.deliver_due()
    assert receiver.got == []
    push.queue("a", URL, b"second", {})
    push.deliver_due()
    assert receiver.got == ["second", "first"]


def test_a_reordered_delivery_that_nothing_follows_is_only_late() -> None:
    receiver = Receiver()
    push, clock = a_push(receiver)
    assert push.faults is not None
    push.faults.add({"kind": "reorder", "seconds": 30})
    push.queue("a", URL, b"x", {})
    clock.advance(30)
    push.deliver_due()
    assert receiver.got == ["x"]


def test_a_dropped_delivery_never_leaves_but_can_be_sent_again() -> None:
    receiver = Receiver()
    push, _ = a_push(receiver)
    assert push.faults is not None
    push.faults.add({"kind": "drop", "times": 1})
    lost = push.queue("a", URL, b"lost", {})
    push.deliver_due()
    assert (receiver.got, push.get(lost).state) == ([], "dropped")
    assert push.again(lost) == 200
    assert (receiver.got, push.get(lost).state) == (["lost"], "delivered")


def test_a_fault_about_posts_leaves_deliveries_alone() -> None:
    receiver = Receiver()
    push, _ = a_push(receiver)
    assert push.faults is not None
    push.faults.add({"kind": "duplicate", "match": {"method": "POST"}})
    push.queue("a", URL, b"x", {})
    push.deliver_due()
    assert receiver.got == ["x"]


def test_a_dump_goes_on_where_it_stopped() -> None:
    push, clock = a_push(Receiver(200, 500), blocking=True)
    push.queue("a", URL, b"\xff\x00 done", {"X": "1"}, label="l")
    push.queue("a", URL, b"waits", {})
    push.deliver_due()
    kept = msgspec.json.decode(msgspec.json.encode(push.dump()))

    receiver = Receiver()
    other, clock = a_push(receiver, blocking=True)
    other.load(kept)
    assert other.dump() == kept
    assert other.deliver_due() == 0
    clock.advance(10)
    other.deliver_due()
    assert receiver.got == ["waits"]
    assert other.queue("a", URL, b"new", {}) == "dlv000000003"


def test_a_wsgi_app_receives_body_headers_path_and_query() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start("204 No Content", [])
        return []

    push, _ = a_push(None)
    push.into(app)
    one = push.get(push.queue("a", URL, b"{}", {"X-Signature": "abc", "Content-Type": "text/x"}))
    push.deliver_due()
    assert one.attempts[0].status == 204
    assert (seen["PATH_INFO"], seen["QUERY_STRING"], seen["HTTP_HOST"]) == (
        "/hook",
        "x=1",
        "shop.example.net",
    )
    assert (seen["HTTP_X_SIGNATURE"], seen["CONTENT_TYPE"], seen["body"]) == ("abc", "text/x", b"{}")


def test_an_address_nobody_listens_at_is_status_0() -> None:
    push, _ = a_push(None)
    from fakes.kit.send import over_http

    push.send = over_http
    for url in ("http://127.0.0.1:9/", "ftp://x/", "nonsense", "http://127.0.0.1:99999/"):
        assert push.again(push.queue("a", url, b"", {})) == 0


def test_thousands_of_deliveries_go_out_in_order_and_only_the_last_are_remembered() -> None:
    receiver = Receiver()
    push, _ = a_push(receiver, blocking=True)
    for number in range(3000):
        push.queue("a", URL, b"%d" % number, {})
    assert push.deliver_due() == 3000
    assert receiver.got == [str(number) for number in range(3000)]
    assert len(push.deliveries()) == 1000
