"""Scripting the fake Klaviyo's truth: planted defects, the whole state as JSON, and its speed at size."""

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from klaviyo_kit import NOON, Klaviyo

from fakes.kit.clock import VirtualClock
from fakes.kit.coverage import fidelity_of, missing
from fakes.klaviyo.app import build
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.timeindex import TimeIndex, key_of

AT = datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)


def shown(klaviyo: Klaviyo) -> list[tuple[str, str]]:
    """What a reader sees, in time order: unique ids with their instants."""
    found = klaviyo.query("/api/events", {"sort": "datetime"}).json()["data"]
    return [
        (e["attributes"]["event_properties"]["$event_id"], e["attributes"]["datetime"][11:19]) for e in found
    ]


def test_a_deleted_event_is_gone_everywhere_and_may_be_sent_again(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1", value=5.0)
    state = klaviyo.fake.state
    gone = state.find_events(unique_id="s-1")[0]
    state.delete_event(gone.id)
    assert (shown(klaviyo), state.find_events()) == ([], [])
    assert klaviyo.get(f"/api/events/{gone.id}").status_code == 404
    klaviyo.send(unique_id="s-1", value=5.0)
    assert [e.unique_id for e in state.find_events("Placed Order")] == ["s-1"]
    with pytest.raises(KeyError):
        state.delete_event(gone.id)


def test_a_copied_event_is_a_true_duplicate_on_another_profile(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    first = state.add_event("Placed Order", "ann@mail.org", "s-1", AT, Decimal("3.30"), {"OrderId": "1"})
    copy = state.copy_event(first, email="bob@mail.org")
    found = state.find_events(unique_id="s-1")
    assert [(e.id, e.email, str(e.value), e.properties()) for e in found] == [
        (first, "ann@mail.org", "3.3", {"OrderId": "1"}),
        (copy, "bob@mail.org", "3.3", {"OrderId": "1"}),
    ]
    state.delete_event(first)
    assert [e.id for e in state.find_events(unique_id="s-1")] == [copy]


def test_a_planted_event_goes_round_de_duplication_and_then_takes_part_in_it(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    for _ in range(2):
        state.add_event("Placed Order", "ann@mail.org", "s-1", AT, None, {})
    klaviyo.send(unique_id="s-1")
    assert shown(klaviyo) == [("s-1", "10:00:00"), ("s-1", "10:00:00")]


def test_value_and_time_can_be_changed_and_reads_follow(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    early = state.add_event("Placed Order", "ann@mail.org", "s-1", AT, Decimal(1), {})
    state.add_event("Placed Order", "ann@mail.org", "s-2", AT + timedelta(hours=1), Decimal(1), {})
    assert [unique_id for unique_id, _ in shown(klaviyo)] == ["s-1", "s-2"]
    state.set_time(early, AT + timedelta(hours=2))
    state.set_value(early, Decimal("7.77"))
    assert shown(klaviyo) == [("s-2", "11:00:00"), ("s-1", "12:00:00")]
    assert state.find_events(unique_id="s-1")[0].value == Decimal("7.77")


def test_the_whole_state_travels_as_json_and_back(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.visibility_delay_s = 60
    klaviyo.send(unique_id="s-1", value=29.98, value_currency="EUR", properties={"a": [1, {"b": "é"}]})
    klaviyo.send(unique_id="s-2")
    clock.advance(30)
    klaviyo.send(unique_id="s-3", email="bob@mail.org", metric="Refunded Order")
    klaviyo.fake.state.delete_event(klaviyo.fake.state.find_events(unique_id="s-2")[0].id)
    shop = klaviyo.fake.state.add_list("Shop")
    shop.members[klaviyo.fake.state.profiles.all[0].id] = clock.now()
    dumped = klaviyo.get("/_fake/state").json()

    other = Klaviyo(build(clock))
    assert other.http.put("/_fake/state", json=dumped).json() == {"loaded": True}
    assert other.get("/_fake/state").json() == dumped
    clock.advance(30)
    assert other.events() == klaviyo.events()
    assert shown(other) == [("s-1", "12:00:00")]
    other.send(unique_id="s-1")
    clock.advance(60)
    assert len(shown(other)) == 2
    klaviyo.send(unique_id="new")
    other.send(unique_id="new")
    assert (
        other.fake.state.find_events(unique_id="new")[0].id
        == klaviyo.fake.state.find_events(unique_id="new")[0].id
    )


def test_a_state_that_is_none_is_refused_and_leaves_the_old_one(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1")
    assert klaviyo.http.put("/_fake/state", json={"events": []}).status_code == 400
    assert len(shown(klaviyo)) == 1


def test_reset_empties_the_account_and_starts_its_ids_again(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1")
    before = klaviyo.events()
    klaviyo.fake.switches.visibility_delay_s = 9
    klaviyo.post("/_fake/reset", {})
    assert (shown(klaviyo), klaviyo.get("/api/metrics").json()["data"]) == ([], [])
    klaviyo.send(unique_id="s-1")
    assert klaviyo.events()[0]["id"] == before[0]["id"]


def test_seeding_makes_customers(klaviyo: Klaviyo) -> None:
    assert klaviyo.post("/_fake/seed", {"customers": 3, "seed": 5}).json() == {"profiles": 3}


def test_two_fakes_in_one_process_know_nothing_of_each_other() -> None:
    clock = VirtualClock(NOON)
    one, two = Klaviyo(build(clock)), Klaviyo(build(clock, account_zone="Europe/Berlin"))
    one.send(unique_id="s-1")
    assert (len(shown(one)), len(shown(two))) == (1, 0)
    assert two.get("/api/accounts").json()["data"][0]["attributes"]["timezone"] == "Europe/Berlin"


@pytest.mark.parametrize("added", [[5, 1, 3], list(range(200, 0, -1)), [7, *range(100, 300)]])
def test_an_index_is_sorted_whenever_it_is_read(added: list[int]) -> None:
    index = TimeIndex()
    for at in (50, 60):
        index.add(key_of(at, at))
    index.sorted()
    for row, at in enumerate(added):
        index.add(key_of(at, 1_000 + row))
    assert list(index.sorted()) == sorted(index.sorted())
    assert len(index.sorted()) == len(added) + 2
    assert list(index.descending(0, 1 << 60)) == list(index.ascending(0, 1 << 60))[::-1]


def test_a_page_costs_its_own_size_not_the_size_of_the_store(klaviyo: Klaviyo) -> None:
    """Counted, not timed: reading a page out of 20,000 events touches about a page of keys."""
    state = klaviyo.fake.state
    metric, person = state.metric("Placed Order"), state.profile("ann@mail.org")
    touched = _count_touched(state, metric.ordinal, person.ordinal)
    klaviyo.query("/api/events", {"sort": "datetime", "page[size]": "10"})
    assert touched() == 11


def _count_touched(state: Any, metric: int, person: int) -> Any:
    for n in range(20_000):
        state.events.append(
            metric=metric,
            profile=person,
            unique_id=str(n),
            at=n,
            value=1.0,
            currency=0,
            flags=0,
            properties=b"{}",
        )
    state.events.show(0, 20_000)

    class Counting(TimeIndex):
        count = 0

        def ascending(self, low: int, high: int) -> Any:
            for key in super().ascending(low, high):
                Counting.count += 1
                yield key

    counting = Counting()
    for key in state.events.indexes[metric].sorted():
        counting.add(key)
    state.events.indexes[metric] = counting
    return lambda: Counting.count


def test_every_endpoint_switch_and_fault_is_told_in_the_fidelity_notes() -> None:
    assert missing(build(VirtualClock(NOON)), fidelity_of("klaviyo")) == []


def test_every_switch_is_explained_with_its_evidence() -> None:
    told = fidelity_of("klaviyo").split("## Switches")[1]
    explained = set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    assert explained == {one.name for one in fields(Switches)}
