"""Telling one story from beginning to end."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scenarios.language.loader import load
from scenarios.language.nodes import Place, WrongStory
from scenarios.language.story import MEANWHILE, Step, Story
from scenarios.runner import (
    at_hooks,
    at_machines,
    in_klaviyo,
    in_shop,
    look_klaviyo,
    look_monitor,
    look_programs,
)
from scenarios.runner.failing import CannotTell, Failed
from scenarios.runner.stage import Stage, staged
from sync.http.errors import ApiTrouble
from sync.settings import WrongSettings

_ROOT = Path(__file__).resolve().parents[2]
Acts = Mapping[str, Callable[..., object]]
DO: Acts = {**in_shop.DO, **at_machines.DO, **in_klaviyo.DO, **at_hooks.DO}
LOOK: Mapping[str, Callable[..., None]] = {
    **look_klaviyo.LOOK,
    **look_programs.LOOK,
    **look_monitor.LOOK,
    **at_hooks.LOOK,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a story. `trouble` is empty when all of it holds."""

    file: str
    title: str
    topic: str
    trouble: str
    seconds: float
    wrong: bool = False  # the story itself could not be read or carried out
    fired: tuple[str, ...] = ()  # detectors
    plants: tuple[str, ...] = ()
    nearly: tuple[str, ...] = ()
    skipped: str = ""  # why nothing was told
    left_out: tuple[str, ...] = ()  # checks that could not be made, each once, with the reason
    idle: tuple[str, ...] = ()  # faults that never happened, so that nothing was shown of them

    @property
    def passed(self) -> bool:
        """Whether all of it holds."""
        return not self.trouble and not self.skipped


def run_file(path: Path, shown: str = "") -> Outcome:
    """Read and tell the story in a file."""
    name = shown or str(path)
    started_s = time.perf_counter()
    try:
        story = load(path, name)
    except WrongStory as wrong:
        seconds = time.perf_counter() - started_s
        return Outcome(name, path.stem, path.parent.name, str(wrong), seconds, wrong=True)
    return run(story)


def run(story: Story, replace: Acts | None = None) -> Outcome:
    """Tell a story. Bugs of the product surface as they are. `replace` carries out some words otherwise."""
    started_s, trouble, wrong, fired = time.perf_counter(), "", False, set[str]()
    idle: tuple[str, ...] = ()
    try:
        with staged(story) as stage:
            try:
                tell(stage, story, replace)
                idle = tuple(one.words for one in stage.faults if not one.rule.fired)
            finally:
                fired = stage.seen.fired
    except Failed as failure:
        trouble = str(failure)
    except (CannotTell, WrongSettings) as mistake:
        place = Place(story.file, 1, 1)
        trouble, wrong = (str(mistake) if ":" in str(mistake)[:120] else f"{place}: {mistake}"), True
    return Outcome(
        story.file, story.title, story.head.topic, trouble, time.perf_counter() - started_s, wrong,
        tuple(sorted(fired)), tuple(story.head.plants), tuple(story.head.nearly_plants), idle=idle,
    )  # fmt: skip


def tell(stage: Stage, story: Story, replace: Acts | None = None) -> None:
    """Everything that happens, then everything that must hold, then what it says of detectors."""
    do = {**DO, **(replace or {})}
    for step in story.when:
        if step.word == MEANWHILE:
            for check in step.checks:
                _carry_out(stage, check, LOOK)
        else:
            _carry_out(stage, step, do)
            if stage.wire is not None and stage.wire.follow():
                stage.touched()
    for check in story.then:
        _carry_out(stage, check, LOOK)
    _detectors(stage, story)


def _carry_out(stage: Stage, step: Step, known: Mapping[str, Callable[..., object]]) -> None:
    """One step; whatever is wrong is told with its place."""
    try:
        known[step.word](stage, step.content)
        for fault in stage.faults:
            fault.place = fault.place or step.place
    except Failed as failure:
        failure.place = failure.place or step.place
        raise
    except (CannotTell, WrongSettings, ApiTrouble) as mistake:
        raise CannotTell(f"{step.place}: {step.word}: {mistake}") from None
    except (ValueError, KeyError, TypeError) as mistake:
        if not _of_a_fake(mistake):
            mistake.add_note(f"{step.place}: {step.word}")
            raise
        raise CannotTell(f"{step.place}: {step.word}: the fake does not take this: {mistake}") from None
    except Exception as bug:
        bug.add_note(f"{step.place}: {step.word}")
        raise


def _of_a_fake(mistake: BaseException) -> bool:
    """Whether a fake refused what a story asked of it, rather than the product having a bug."""
    rooms = set()
    for frame in traceback.extract_tb(mistake.__traceback__):
        file = Path(frame.filename)
        rooms |= {file.relative_to(_ROOT).parts[0]} if file.is_relative_to(_ROOT) else set()
    return "fakes" in rooms and not rooms & {"sync", "monitor"}


def _detectors(stage: Stage, story: Story) -> None:
    head, fired = story.head, stage.seen.fired
    silent = [kind for kind in head.plants if kind not in fired]
    loud = [kind for kind in head.nearly_plants if kind in fired]
    if silent or loud:
        told = [f"fires: {kind}" for kind in head.plants] + [f"silent: {kind}" for kind in head.nearly_plants]
        raise Failed(
            "detectors did not do what the story says of them", tuple(told),
            tuple(f"fires: {kind}" for kind in sorted(fired)), Place(story.file, 1, 1),
        )  # fmt: skip
