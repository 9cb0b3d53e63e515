"""A life can be written as a scenario that people read, and that ends as the life did."""

from pathlib import Path

import pytest

from scenarios.language.loader import load
from scenarios.runner.run import run_file
from scenarios.simulation import telling
from scenarios.simulation.command import as_scenario, traced
from scenarios.simulation.pool import stage_of
from scenarios.simulation.story import Step, Story, made_up


@pytest.mark.parametrize(
    ("till", "seed", "words"),
    [
        ("lightspeed_r", 2, {"sell", "refund", "fault"}),  # a sale uploaded after the last step
        ("lightspeed_x", 38, {"webhooks", "hooks work", "receiver", "void", "change customer"}),
        ("lightspeed_x", 12, {"webhooks"}),
        ("sitoo", 13, {"sell"}),
    ],
)
def test_a_life_becomes_a_scenario_that_ends_as_the_life_did(
    till: str, seed: int, words: set[str], tmp_path: Path
) -> None:
    out = tmp_path / "life.yaml"
    said = as_scenario(traced(made_up(till, seed, monitor=False), None), out)
    assert "told as a scenario it holds too" in said
    assert words <= {step.word for step in load(out).when}
    assert run_file(out).passed


def test_wrong_clocks_and_webhooks_that_go_wrong_are_told() -> None:
    sold = [Step("sell", also=0, seed=7, minutes=5), Step("sell", also=1, seed=8, minutes=5)]
    steps = [
        *sold, Step("clock", pick=0), Step("sync"), Step("hook_fault", pick=3, seed=1),
        Step("hook_fault", pick=0), Step("sell", also=0, seed=9, minutes=5), Step("hooks", seed=1),
        Step("clock", pick=1),
    ]  # fmt: skip
    begun = made_up("lightspeed_x", 1, monitor=False)
    with stage_of("lightspeed_x") as stage:
        text, outcome = telling.told(
            stage, Story("lightspeed_x", 1, begun.zone, begun.start_at, tuple(steps))
        )
    assert outcome.passed, outcome.trouble
    assert "machine clock: {slow: 1h}" in text
    assert "machine clock: {fast: 1h}" in text
    assert "machine clock: right" in text
    assert "kind: reset_after, method: PUSH, times: 2" in text
    assert "kind: drop, method: PUSH, times: 1" in text


def test_what_cannot_be_told_stands_above_the_scenario() -> None:
    steps = (Step("sell", seed=7), Step("crash", pick=0))
    begun = made_up("lightspeed_r", 1)
    with stage_of("lightspeed_r") as stage:
        text, outcome = telling.told(
            stage, Story("lightspeed_r", 1, begun.zone, begun.start_at, steps, monitor=True)
        )
    assert outcome.passed, outcome.trouble
    assert (
        "# Not told: a run that was killed before it came to any point of its work that has a name." in text
    )
    assert "# Not told: what was then spoiled in Klaviyo, and what the monitor said of it." in text
