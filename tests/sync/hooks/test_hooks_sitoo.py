"""Sitoo's Events SPI on the virtual clock: batches, duplicates, the blocked queue, 24 hours and the drop."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hooks_kit import SitooTold, sitoo_told

from fakes.kit.send import Answer
from scenarios.harness.merchant import ACCOUNT

DAY_S = 86_400
RULES = ["newer", "older"]


def mute(_outgoing: object) -> Answer:
    """A receiver that does not answer."""
    return Answer(0)


def answering(status: int) -> Callable[[object], Answer]:
    return lambda _outgoing: Answer(status)


def polled(told: SitooTold) -> None:
    told.clock.advance(900)
    assert told.world.once().detail == ""


def test_a_sale_is_in_klaviyo_as_soon_as_its_event_was_followed(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        sale = told.sell()
        told.follow(1)
        assert told.placed() == Counter([sale])
        assert told.status().waiting_count == 0


def test_batches_of_ten_come_whole(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        sales = [told.sell(told.ann if number % 2 else told.bob) for number in range(25)]
        told.follow(3)
        assert [len(one.attempts) for one in told.fake.push.deliveries()] == [1, 1, 1]
        assert told.placed() == Counter(sales)
        assert told.counts()["queued"] == 25


@pytest.mark.parametrize("ids", ["same", "new"])
def test_repeated_batches_are_answered_with_200_and_doubled_nowhere(tmp_path: Path, ids: str) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.switches.event_id_on_retry = ids
        sales = [told.sell() for _ in range(12)]
        told.follow(3)
        for delivery in told.fake.push.deliveries():
            assert told.fake.push.again(delivery.id) == 200
        told.follow(3)
        assert told.placed() == Counter(sales)
        # With new ids a repetition is only another look, which finds nothing new.
        assert told.counts().get("repeated", 0) == (12 if ids == "same" else 0)


def test_a_later_change_of_an_order_is_looked_at_again(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        sale = told.sell(teas=2)
        told.follow(1)
        told.till.refund(int(sale), told.clock.now())
        told.follow(1)
        assert told.placed() == Counter([sale])
        [event] = told.klaviyo.state.find_events("Refunded Order")
        # All of it came back, so the refund goes under the sale's own number.
        assert (str(event.value), event.unique_id) == ("200", f"sitoo:90001:{sale}")


@pytest.mark.parametrize("rule", RULES)
def test_trouble_of_ours_blocks_the_queue_and_then_lets_it_go_in_order(tmp_path: Path, rule: str) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.switches.reply_rule = rule
        told.fake.push.send = answering(503)
        first = told.sell()
        told.follow(60, step_s=30)
        rest = [told.sell(told.bob) for _ in range(11)]
        told.follow(1800, step_s=180)
        head, *blocked = told.fake.push.deliveries()
        assert head.attempt_count >= 5
        assert {one.attempt_count for one in blocked} == {0}
        assert told.placed() == Counter()
        told.fake.push.into(told.door)
        told.follow(600, step_s=60)
        assert told.placed() == Counter([first, *rest])
        assert {one.state for one in told.fake.push.deliveries()} == {"delivered"}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("send", [mute, answering(503)], ids=["mute", "503"])
def test_a_day_without_a_receiver_loses_and_doubles_nothing(
    tmp_path: Path, rule: str, send: Callable[[Any], Answer]
) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.switches.reply_rule = rule
        told.fake.push.send = send
        started_at = told.clock.now()
        sales, late = [], []
        for hour in range(0, 26, 2):
            sales.append(told.sell(told.ann if hour % 4 else told.bob))
            if hour == 4:  # an offline till uploads during the outage, with its old date
                late.append(told.sell(at=told.clock.now() - timedelta(hours=3), visible_at=told.clock.now()))
            told.clock.advance(7200)
            told.pump()
        # 10 retries in the first hour and one in each of the next 23: the first batch is gone by now.
        head = told.fake.push.deliveries()[0]
        assert head.state == "dropped"
        assert told.clock.now() - started_at >= timedelta(hours=24)
        told.fake.push.into(told.door)
        told.follow(7200, step_s=300)
        polled(told)
        assert told.placed() == Counter([*sales, *late])
        told.follow(DAY_S, step_s=3600)
        polled(told)
        assert told.placed() == Counter([*sales, *late])


def test_the_schedule_is_ten_in_the_first_hour_then_hourly_then_dropped(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.push.send = answering(503)
        sale = told.sell()
        for _ in range(25 * 20):
            told.pump()
            told.clock.advance(180)
        [delivery] = told.fake.push.deliveries()
        assert (delivery.state, delivery.attempt_count) == ("dropped", 34)
        assert delivery.attempts[10].at - delivery.attempts[0].at <= timedelta(hours=1, minutes=3)
        polled(told)
        assert told.placed() == Counter([sale])


@pytest.mark.parametrize("rule", RULES)
def test_a_receiver_that_said_500_would_lose_the_batch_under_one_rule_and_the_poll_saves_it(
    tmp_path: Path, rule: str
) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.switches.reply_rule = rule
        told.fake.push.send = answering(500)
        sale = told.sell()
        told.follow(1)
        [delivery] = told.fake.push.deliveries()
        assert delivery.state == ("dropped" if rule == "newer" else "queued")
        polled(told)
        assert told.placed() == Counter([sale])


def test_klaviyo_being_down_for_a_day_keeps_order_and_loses_nothing(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        told.klaviyo.faults.add({"kind": "status", "status": 503, "match": {"path": "/api/*"}})
        sales = []
        for _ in range(12):
            sales.append(told.sell())
            told.follow(7200, step_s=1200)
        assert {one.state for one in told.fake.push.deliveries()} == {"delivered"}
        assert told.status().waiting_count == 12
        told.klaviyo.faults.clear()
        told.follow(3600, step_s=60)
        assert told.status().waiting_count == 0
        assert told.arrived() == sales
        assert told.klaviyo.journal.count(status=429) == 0


def test_an_earlier_sale_whose_event_was_lost_still_goes_first(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        told.fake.faults.add({"kind": "drop", "match": {"method": "PUSH"}, "times": 1})
        first = told.sell()
        told.pump()
        told.clock.advance(30)
        second = told.sell()
        told.follow(1)
        assert told.arrived() == [first, second]


def test_basic_auth_keeps_others_out(tmp_path: Path) -> None:
    section = {"events_username": "sitoo", "events_password": "right"}
    with sitoo_told(tmp_path, listen=False, sitoo=section) as told:
        told.listen(username="sitoo", password="wrong")
        told.sell()
        told.follow(1)
        assert told.counts() == {"forged": 1}
        assert told.placed() == Counter()
        told.till.events.subscriptions.clear()
        told.listen(username="sitoo", password="right")
        sale = told.sell()
        told.follow(1)
        assert sale in told.placed()


def test_without_a_password_the_operator_is_told_what_that_means(tmp_path: Path) -> None:
    with sitoo_told(tmp_path) as told:
        assert "set events_username and events_password" in told.hooks.remarks[ACCOUNT]
