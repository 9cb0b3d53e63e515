"""Delivery against a mounted fake: nothing lost, nothing twice, a bad entry alone set aside."""

import re
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from klaviyo_world import NOON, Mounted, event, mounted, profile

from fakes.kit.clock import VirtualClock
from sync.http.errors import NotPermitted, Reconnect, Refused, TryLater
from sync.klaviyo.client import connect
from sync.klaviyo.errors import Complaint, complaints_in
from sync.klaviyo.write import EventWriter, Outgoing, Sent

SINGLE, BULK = "/api/events", "/api/event-bulk-create-jobs"


def stored(world: Mounted) -> Counter[str]:
    return Counter(found.unique_id for found in world.fake.state.find_events())


def bad(row: int) -> Outgoing:
    """An event whose address Klaviyo refuses, as if our own check had been passed by."""
    return Outgoing(row, profile("no-address"), event(row).event)


def send(world: Mounted, batch: list[Outgoing]) -> Sent:
    return EventWriter(world.client).send(batch)


def test_few_events_go_singly_and_several_in_bulk() -> None:
    world = mounted()
    assert send(world, [event(1), event(2), event(3)]).accepted == [1, 2, 3]
    assert (world.asked(SINGLE), world.asked(BULK)) == ([202, 202, 202], [])
    assert send(world, [event(row) for row in range(4, 8)]).accepted == [4, 5, 6, 7]
    assert world.asked(BULK) == [202]
    assert stored(world) == Counter({f"sale-{row}": 1 for row in range(1, 8)})


def test_what_arrives_is_what_was_built() -> None:
    world = mounted()
    send(world, [event(row) for row in range(1, 6)])
    found = world.fake.state.find_events("Placed Order", "sale-3")[0]
    assert str(found.value) == "9.99"
    assert found.properties() == {"OrderId": "3"}
    assert found.email == "ann@northwind.dev"


def test_one_bad_entry_is_set_aside_and_the_rest_gets_through() -> None:
    world = mounted()
    batch = [bad(5) if row == 5 else event(row, f"p{row}@northwind.dev") for row in range(10)]
    sent = send(world, batch)
    assert sorted(sent.accepted) == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert [(one.outbox_id, one.reason) for one in sent.refused] == [(5, "invalid")]
    assert world.asked(BULK) == [400, 202]
    assert world.asked(SINGLE) == [400]
    assert len(stored(world)) == 9


def test_one_bad_event_among_many_of_a_profile_does_not_condemn_the_others() -> None:
    world = mounted()
    batch = [event(row, **({"time": '"not a time"'} if row == 7 else {})) for row in range(10)]
    sent = send(world, batch)
    assert [one.outbox_id for one in sent.refused] == [7]
    assert sorted(sent.accepted) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert stored(world) == Counter({f"sale-{row}": 1 for row in range(10) if row != 7})


def test_a_batch_with_nothing_but_bad_entries_ends_and_names_each() -> None:
    world = mounted()
    sent = send(world, [bad(row) for row in range(60)])
    assert sent.accepted == []
    assert sorted(one.outbox_id for one in sent.refused) == list(range(60))


def test_a_refusal_quotes_no_address() -> None:
    world = mounted()
    sent = send(world, [Outgoing(1, profile("ann lee@northwind.dev"), event(1).event)])
    assert "@northwind" not in sent.refused[0].detail


def test_complaints_are_masked_where_they_are_read() -> None:
    body = b'{"errors":[{"code":"invalid","detail":"ann@northwind.dev is no address"}]}'
    assert complaints_in(body) == (Complaint("invalid", "a***@n***.dev is no address", ""),)


def scripted(pointer: str, status: int = 400) -> tuple[list[list[str]], EventWriter]:
    """A Klaviyo that refuses any request with `sale-5` in it and points to `pointer`, whatever is there."""
    calls: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ids = re.findall(r'"unique_id":"(sale-\d+)"', request.content.decode())
        calls.append(ids)
        if "sale-5" not in ids:
            return httpx.Response(202)
        source = {"source": {"pointer": pointer}} if pointer else {}
        error = {"id": "1", "status": status, "code": "invalid", "detail": "Invalid input", **source}
        return httpx.Response(status, json={"errors": [error]})

    client = connect("k", clock=VirtualClock(NOON), transport=httpx.MockTransport(answer))
    return calls, EventWriter(client)


ENTRIES = "/data/attributes/events-bulk-create/data"


@pytest.mark.parametrize(
    "pointer",
    [
        "",  # halved
        "/data",  # says nothing
        f"{ENTRIES}/5/attributes/email",  # right
        f"{ENTRIES}/0/attributes/email",  # wrong: it accuses an innocent entry
        f"{ENTRIES}/999/attributes/email",  # out of range
        f"{ENTRIES}/5/attributes/events/data/0/attributes/time",
    ],
)
def test_whatever_the_pointer_says_only_the_bad_event_is_refused(pointer: str) -> None:
    calls, writer = scripted(pointer)
    sent = writer.send([event(row, f"p{row}@northwind.dev") for row in range(32)])
    assert [one.outbox_id for one in sent.refused] == [5]
    assert sorted(sent.accepted) == [row for row in range(32) if row != 5]
    assert len(calls) < 60


def test_a_body_called_too_large_is_halved() -> None:
    calls, writer = scripted("", status=413)
    sent = writer.send([event(row) for row in range(8)])
    assert [one.outbox_id for one in sent.refused] == [5]
    assert [len(ids) for ids in calls][:3] == [8, 4, 4]


def test_a_refusal_that_is_no_entrys_fault_is_raised_and_condemns_nobody() -> None:
    calls, writer = scripted("", status=415)
    with pytest.raises(Refused):
        writer.send([event(row) for row in range(8)])
    assert len(calls) == 1


def test_a_lost_answer_is_made_up_for_by_the_same_bytes_and_doubles_nothing() -> None:
    world = mounted()
    world.fake.faults.add(
        {"kind": "reset_after", "match": {"path": "/api/event*"}, "times": 2},
        {"kind": "status", "status": 503, "match": {"path": "/api/event*"}, "times": 1},
        {"kind": "html", "match": {"path": "/api/event*"}, "times": 1},
    )
    assert send(world, [event(row) for row in range(20)]).accepted == list(range(20))
    assert stored(world) == Counter({f"sale-{row}": 1 for row in range(20)})


def test_resending_everything_changes_nothing() -> None:
    world = mounted()
    batch = [event(row) for row in range(20)]
    send(world, batch)
    assert send(world, batch).accepted == list(range(20))
    assert stored(world) == Counter({f"sale-{row}": 1 for row in range(20)})


def test_an_accepted_event_may_still_vanish_and_the_writer_does_not_claim_otherwise() -> None:
    world = mounted()
    world.fake.faults.add({"kind": "drop_after_202", "times": 1})
    assert send(world, [event(1)]).accepted == [1]
    assert stored(world) == Counter()


def test_a_dead_key_names_the_setting_and_what_to_do() -> None:
    world = mounted(key="pk_wrong")
    with pytest.raises(Reconnect, match=r"put it into accounts\.harbour\.klaviyo\.api_key"):
        send(world, [event(1)])


def test_a_missing_scope_is_named() -> None:
    world = mounted()
    world.fake.switches.scopes = "profiles:write"
    with pytest.raises(NotPermitted, match="lacks the scope events:write") as caught:
        send(world, [event(1)])
    assert caught.value.scope == "events:write"


@pytest.mark.parametrize("status", [400, 403])
def test_a_challenge_page_of_the_edge_is_no_refusal(status: int) -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(status, html="<html>Just a moment...</html>"))
    client = connect("k", clock=VirtualClock(NOON), transport=page)
    with pytest.raises(TryLater, match="web page"):
        EventWriter(client).send([event(row) for row in range(5)])


def test_an_outage_is_the_callers_to_wait_out() -> None:
    world = mounted()
    world.fake.faults.add({"kind": "status", "status": 500})
    with pytest.raises(TryLater):
        send(world, [event(row) for row in range(5)])
    assert stored(world) == Counter()


def test_a_429_is_obeyed_to_the_second() -> None:
    world = mounted()
    world.fake.faults.add({"kind": "rate_limit", "retry_after": 37, "times": 1})
    assert send(world, [event(1)]).accepted == [1]
    assert world.asked(SINGLE) == [429, 202]
    assert world.clock.now() - NOON == timedelta(seconds=37)


def test_an_ignored_phone_is_counted() -> None:
    world = mounted()
    odd = b'{"type":"profile","attributes":{"email":"ann@northwind.dev","phone_number":"12"}}'
    sent = send(world, [Outgoing(1, odd, event(1).event)])
    assert (sent.accepted, sent.phones_ignored_count) == ([1], 1)


@pytest.mark.parametrize("alignment", ["anchored", "aligned"])
def test_bulk_runs_at_the_published_rate_without_a_single_429(alignment: str) -> None:
    world = mounted(start=NOON + timedelta(seconds=17.4))
    world.fake.switches.window_alignment = alignment
    writer = EventWriter(world.client)
    requests = 4 * 150 + 1  # the published steady rate lets the last one go after 4 minutes
    start_s = world.clock.monotonic()
    for at in range(requests):
        writer.send([event(4 * at + row) for row in range(4)])
    assert Counter(world.asked(BULK)) == Counter({202: requests})
    assert world.clock.monotonic() - start_s < 240 * 1.02


def test_singles_keep_below_both_windows() -> None:
    world = mounted()
    writer = EventWriter(world.client)
    for row in range(720):
        writer.send([event(row)])
    assert Counter(world.asked(SINGLE)) == Counter({202: 720})
    assert world.clock.now() - NOON < timedelta(seconds=3)


@pytest.mark.parametrize(("backfill", "started"), [("true", 0), ("false", 5)])
def test_history_starts_no_flows_and_live_events_do(backfill: str, started: int) -> None:
    world = mounted()
    batch = [event(row, backfill=backfill) for row in range(5)]
    send(world, batch[:1])
    send(world, batch[1:])
    assert world.fake.state.counts["flows.metric"] == started
