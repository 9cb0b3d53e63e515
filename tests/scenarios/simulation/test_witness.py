"""The judge of a life sees each kind of wrong that can lie between a till and Klaviyo."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from scenarios.simulation.life import Life
from scenarios.simulation.pool import stage_of
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import Step, Story

NOON = datetime(2026, 5, 6, 16, tzinfo=UTC)
SALE = "lightspeed_r:797:1"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with stage_of("lightspeed_r") as built:
        yield built


@pytest.fixture
def life(stage: Stage) -> Life:
    """Ann bought something, and Klaviyo knows."""
    begun = Life(stage, Story("lightspeed_r", 1, "America/New_York", NOON, ()))
    begun.do(Step("sell", also=0, seed=1))
    begun.do(Step("sync", minutes=5))
    assert begun.lived_.complaints == []
    return begun


def placed(life: Life) -> str:
    """The id of the one Placed Order."""
    [event] = life.stage.klaviyo.state.find_events("Placed Order", SALE)
    return event.id


def said(life: Life) -> list[str]:
    """What the judge complains of, without the details."""
    return [
        line.partition(" is worth ")[0].partition(" happened ")[0]
        for line in life.witness.complaints(complete=True)
    ]


def test_a_clean_life_has_no_complaint(life: Life) -> None:
    assert said(life) == []


def test_a_lost_event_is_lost(life: Life) -> None:
    life.stage.klaviyo.state.delete_event(placed(life))
    assert said(life) == [f"lost placed {SALE}"]


def test_a_copy_is_a_duplicate_on_a_strangers_profile(life: Life) -> None:
    life.stage.klaviyo.state.copy_event(placed(life), email="somebody@harbourmail.dev")
    assert said(life) == [
        f"doubled placed {SALE} x2",
        f"placed {SALE} lies on a profile that is none of its buyer's",
        "sale 1 lies on 2 profiles",
    ]


def test_another_amount_and_another_time_are_wrong(life: Life) -> None:
    state = life.stage.klaviyo.state
    state.set_value(placed(life), Decimal("0.01"))
    assert said(life) == [f"placed {SALE}"]
    state.set_time(placed(life), NOON + timedelta(hours=2))
    assert said(life) == [f"placed {SALE}", f"placed {SALE}"]


def test_an_event_nobody_asked_for_is_told(life: Life) -> None:
    life.stage.klaviyo.state.add_event(
        "Placed Order", "ann.lee@northwind.dev", "lightspeed_r:797:99", NOON, Decimal(5), {}
    )
    assert said(life) == ["nobody asked for placed lightspeed_r:797:99"]


def test_a_sale_voided_after_it_was_sent_must_be_taken_back(life: Life) -> None:
    life.do(Step("void"))
    assert life.witness.not_taken_back() == ["void but not canceled: 1"]
    life.do(Step("sync", minutes=5))
    assert life.witness.not_taken_back() == []
    assert life.lived_.complaints == []


def test_a_sale_voided_before_anybody_knew_must_not_be_sent(stage: Stage) -> None:
    life = Life(stage, Story("lightspeed_r", 1, "America/New_York", NOON, ()))
    life.do(Step("sell", also=0, seed=1))
    life.do(Step("void"))
    value = Decimal("19.99")
    life.stage.klaviyo.state.add_event("Placed Order", "ann.lee@northwind.dev", SALE, NOON, value, {})
    assert f"sent although voided before: placed {SALE}" in said(life)


def parcel(stage: Stage, *, moved_to_ann: bool) -> Life:
    """A parcel was rung up for Bob, perhaps put on Ann's name, and has left after its order was sent."""
    life = Life(stage, Story("lightspeed_r", 1, "America/New_York", NOON, ()))
    life.do(Step("sell", also=1, seed=1))
    if moved_to_ann:
        life.do(Step("attach", also=0))
    life.do(Step("sync", minutes=5))
    life.do(Step("ship", minutes=60))
    life.do(Step("sync", minutes=5))
    assert life.lived_.complaints == []
    return life


def move_shipment(life: Life, to: str) -> str:
    """Let the parcel's event lie with somebody else; its name."""
    state = life.stage.klaviyo.state
    [event] = state.find_events("Shipped Order")
    copied = state.copy_event(event.id, email=to)
    state.delete_event(event.id)
    assert copied
    return f"shipped {event.unique_id}"


def test_goods_for_somebody_else_may_lie_with_that_person_only(stage: Stage) -> None:
    life = parcel(stage, moved_to_ann=True)
    name = move_shipment(life, "ann.lee@northwind.dev")
    assert said(life) == [f"{name} lies on a profile that is none of its buyer's"]


def test_goods_for_the_buyer_must_lie_with_their_sale(stage: Stage) -> None:
    life = parcel(stage, moved_to_ann=False)
    name = move_shipment(life, "ann.lee@northwind.dev")
    assert said(life) == [
        f"{name} lies on a profile that is none of its buyer's",
        "sale 1 lies on 2 profiles",
    ]


def test_a_life_with_a_monitor_that_finds_too_little_or_too_much_fails(life: Life) -> None:
    """A defect that nobody has planted is cried; so is one planted and overlooked told."""
    life.stage.klaviyo.state.delete_event(placed(life))
    life.ask_monitor()
    assert life.lived_.complaints == [f"the monitor cried missing {SALE}"]
