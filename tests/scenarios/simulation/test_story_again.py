"""A seed gives the same life for ever, and a life that fails can be made short and lived again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.simulation.life import live
from scenarios.simulation.pool import stage_of
from scenarios.simulation.shrink import kind_of, shrunk
from scenarios.simulation.story import Story, made_up, without

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("till", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_the_same_seed_twice_leaves_the_same_trace_to_the_byte(till: str, tmp_path: Path) -> None:
    with stage_of(till) as stage:
        first = live(stage, made_up(till, 32))
        live(stage, made_up(till, 33))  # another life on the same stage leaves nothing behind
        second = live(stage, made_up(till, 32))
    assert first.complaints == []
    assert len(first.trace) > 1_000
    assert second.trace == first.trace
    # In another process, in which sets have another order.
    out = tmp_path / "trace.txt"
    asked = ["--till", till, "--seeds", "1", "--first", "32", "--trace", str(out)]
    hashed = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "scenarios.simulation", *asked], check=True, env=hashed, cwd=ROOT)
    assert out.read_text(encoding="utf-8") == first.trace


def test_another_seed_is_another_life() -> None:
    assert made_up("lightspeed_r", 1) != made_up("lightspeed_r", 2)
    assert made_up("lightspeed_r", 1) == made_up("lightspeed_r", 1)


def test_a_story_can_be_written_down_and_read() -> None:
    story = made_up("sitoo", 7)
    assert Story.from_json(story.as_json()) == story
    with pytest.raises(ValueError, match="no story"):
        Story.from_json('{"till": "sitoo"}')


def test_a_failing_story_shrinks_to_the_steps_that_matter() -> None:
    story = made_up("lightspeed_r", 5)

    def fails(candidate: Story) -> bool:
        words = [step.do for step in candidate.steps]
        return "sync" in words and "sell" in words[words.index("sync") :]

    told = shrunk(made_up("lightspeed_r", 12, 60), fails)
    assert [step.do for step in told.steps] == ["sync", "sell"]
    assert [step.minutes for step in told.steps] == [0, 0]
    assert len(without(story, [0, 1]).steps) == len(story.steps) - 2


def test_failures_are_the_same_when_their_words_are() -> None:
    assert kind_of("lost placed lightspeed_r:797:1") == kind_of("lost placed lightspeed_r:797:22")
    assert kind_of("lost placed lightspeed_r:797:1") != kind_of("doubled placed lightspeed_r:797:1 x2")
