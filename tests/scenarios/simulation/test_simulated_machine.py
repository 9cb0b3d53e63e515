"""The machine of a life may have a wrong clock, and what the till tells it may be lost, repeated or late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scenarios.simulation.life import Life
from scenarios.simulation.pool import stage_of
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import Step, Story, made_up

NOON = datetime(2026, 5, 6, 16, tzinfo=UTC)
HEAR = Step("hooks", minutes=1, seed=1)
STORIES = tuple(Step(word) for word in ("hooks",))  # a story that has them is listened to


@pytest.fixture(scope="module", params=["lightspeed_x", "sitoo"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with stage_of(request.param) as built:
        yield built


@pytest.fixture
def life(stage: Stage) -> Life:
    """The history is read, then somebody buys: nobody has polled since."""
    begun = Life(stage, Story(stage.till_name, 1, "Europe/Stockholm", NOON, STORIES))
    begun.do(Step("sync"))
    begun.do(Step("sell", also=0, seed=1, minutes=5))
    return begun


def placed(life: Life) -> int:
    return len(life.stage.klaviyo.state.find_events(life.hand.metrics["placed"]))


def test_what_a_till_tells_is_sent_without_a_poll(life: Life) -> None:
    life.do(HEAR)
    assert placed(life) == 1
    assert life.lived_.complaints == []


def test_a_lost_delivery_is_made_good_by_the_next_poll(stage: Stage) -> None:
    life = Life(stage, Story(stage.till_name, 1, "Europe/Stockholm", NOON, STORIES))
    life.do(Step("sync"))
    life.do(Step("hook_fault", pick=0, seed=4))  # five are dropped
    life.do(Step("sell", also=0, seed=1, minutes=5))
    life.do(HEAR)
    assert placed(life) == 0
    life.do(Step("sync", minutes=5))
    assert (placed(life), life.lived_.complaints) == (1, [])


def test_a_delivery_whose_answer_is_lost_comes_again_and_sends_nothing_twice(life: Life) -> None:
    life.do(Step("hook_fault", pick=3, seed=0))
    life.do(HEAR)
    life.do(Step("hooks", minutes=65, seed=1))
    tries = [one.attempt_count for one in life.stage.till.push.deliveries()]
    assert max(tries) > 1
    assert (placed(life), life.lived_.complaints) == (1, [])


@pytest.mark.parametrize("pick", [0, 1])  # an hour behind, an hour ahead
def test_a_wrong_clock_of_the_machine_loses_and_doubles_nothing(life: Life, pick: int) -> None:
    life.do(Step("clock", pick=pick))
    assert abs(life.stage.machine.now() - life.stage.clock.now()) == timedelta(hours=1)
    life.do(Step("sync", minutes=1))
    life.do(Step("sell", also=0, seed=2, minutes=1))
    life.calm_down()  # sets it right again, too
    assert life.stage.machine.now() == life.stage.clock.now()
    assert (placed(life), life.lived_.complaints) == (2, [])


def test_lives_are_told_of_sales_and_have_wrong_clocks_now_and_then() -> None:
    words = [step.do for seed in range(200) for step in made_up("sitoo", seed).steps]
    assert min(words.count(word) for word in ("hooks", "hook_fault", "clock")) > 20
    assert "hooks" not in {step.do for seed in range(200) for step in made_up("lightspeed_r", seed).steps}
