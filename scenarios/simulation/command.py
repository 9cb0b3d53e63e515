"""What `tillproof simulate` does: live many seeds, tell of the failed ones, write down what was asked for."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.simulation import telling
from scenarios.simulation.life import Lived, live
from scenarios.simulation.pool import Sum, spread, stage_of
from scenarios.simulation.shrink import kind_of, shrunk
from scenarios.simulation.story import LONG, SHORT, Story, made_up

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN_MAX = 10  # failed lives told in full


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lives to live."""

    tills: Sequence[str]
    first: int
    seeds: int
    long: bool = False
    monitor: bool | None = None
    workers: int = 0
    stop: bool = False  # with the first life that fails

    def stories(self, till: str) -> list[Story]:
        """The stories of one till. A long life always asks the monitor."""
        monitor = True if self.long and self.monitor is None else self.monitor
        length = LONG if self.long else SHORT
        return [made_up(till, self.first + at, length, monitor=monitor) for at in range(self.seeds)]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it."""

    asked: Asked
    sums: dict[str, Sum]
    elapsed_s: float

    @property
    def failed(self) -> list[Lived]:
        """The lives somebody complained about, by till and seed."""
        found = [lived for each in self.sums.values() for lived in each.failed]
        return sorted(found, key=lambda lived: (lived.story.till, lived.story.seed))

    def as_json(self) -> dict[str, Any]:
        """One object for machines."""
        lives = sum(each.lives for each in self.sums.values())
        return {
            "seeds": lives,
            "elapsed_s": round(self.elapsed_s, 2),
            "seeds_per_s": round(lives / self.elapsed_s, 1) if self.elapsed_s else None,
            "tills": {till: _counts(each) for till, each in self.sums.items()},
            "lost": _telling(self.failed, "lost "),
            "duplicated": _telling(self.failed, "doubled "),
            "failed": [
                {
                    "till": lived.story.till,
                    "seed": lived.story.seed,
                    "complaints": lived.complaints,
                    "again": again(lived.story, self.asked),
                }
                for lived in self.failed
            ],
        }


def simulate(asked: Asked, told: Callable[[str, int], None] = lambda _till, _done: None) -> Simulated:
    """Live them all; `told` hears of each till how many are done."""
    started_s, sums = time.perf_counter(), {}
    for till in asked.tills:
        found = sums[till] = Sum()
        for lived in spread(asked.stories(till), asked.workers):
            found.add(lived)
            told(till, found.lives)
            if asked.stop and found.failed:
                break
    return Simulated(asked, sums, time.perf_counter() - started_s)


def again(story: Story, asked: Asked) -> str:
    """The one command that lives this life once more, to the byte, and makes a scenario of it."""
    more = ["--long"] if asked.long else []
    if asked.monitor is not None:
        more.append("--monitor" if asked.monitor else "--no-monitor")
    words = ["tillproof simulate --till", story.till, "--seeds 1 --first", str(story.seed), *more]
    name = f"{story.till}_{story.seed}"
    return " ".join([*words, f"--trace {name}.txt --as-scenario {name}.yaml"])


def traced(story: Story, out: Path | None) -> Lived:
    """Live one life in this process and write its trace. Raises OSError where it cannot be written."""
    with stage_of(story.till) as stage:
        lived = live(stage, story)
    if out is not None:
        out.write_text(lived.trace, encoding="utf-8")
    return lived


def smallest(lived: Lived) -> Lived:
    """The shortest story that fails in the same way."""
    wanted = kind_of(lived.complaints[0])
    with stage_of(lived.story.till) as stage:

        def fails(story: Story) -> bool:
            return wanted in {kind_of(line) for line in live(stage, story).complaints}

        return live(stage, shrunk(lived.story, fails))


def as_scenario(lived: Lived, out: Path) -> str:
    """Write a life, the shortest that fails alike if it failed, as a scenario; what came of it, in words.

    Raises OSError where it cannot be written.
    """
    failed = bool(lived.complaints)
    story = (smallest(lived) if failed else lived).story
    with stage_of(story.till) as stage:
        outcome = telling.write(stage, story, out)
    tell = f"Tell it with: tillproof scenarios run {out}"
    if failed and outcome.trouble:
        return f"{out}: {len(story.steps)} steps, and told as a scenario it fails too. {tell}"
    if not failed and not outcome.trouble:
        return f"{out}: {len(story.steps)} steps, and told as a scenario it holds too. {tell}"
    if failed:
        return (
            f"{out}: {len(story.steps)} steps. Told as a scenario they do not fail: what it takes is finer "
            f"than a scenario can say; keep the seed. {tell}"
        )
    return f"{out}: told as a scenario it ends otherwise than the life did:\n{outcome.trouble}"


def show(found: Simulated, console: "Console") -> None:
    """Tell a person: the verdict, then what each till lived through, then each failure with its command."""
    failed, told = found.failed, found.as_json()
    head = (
        "[bold green]All lives ended well." if not failed else f"[bold red]{len(failed)} lives ended badly."
    )
    console.print(
        f"{head}[/] {told['seeds']:,} seeds in {found.elapsed_s:.1f} s ({told['seeds_per_s']} a second): "
        f"{told['lost']} events lost, {told['duplicated']} duplicated."
    )
    for till, each in found.sums.items():
        console.print(
            f"  {till}: {each.lives:,} lives, {each.events:,} events in Klaviyo, {each.requests:,} requests, "
            f"{each.deaths:,} times killed; {each.planted} defects planted, {each.found} found"
        )
    for lived in failed[:_SHOWN_MAX]:
        console.print(f"\n{lived.story.till} seed {lived.story.seed}:", highlight=False)
        for line in lived.complaints[:5]:
            console.print(f"! {line}", highlight=False, markup=False, soft_wrap=True)
        # On one line, however narrow the terminal is: it is to be copied.
        command = again(lived.story, found.asked)
        console.print(f"  again: {command}", highlight=False, markup=False, soft_wrap=True)
    if len(failed) > _SHOWN_MAX:
        console.print(f"\nand {len(failed) - _SHOWN_MAX} more; --json names them all")


def print_json(found: Simulated) -> str:
    """The object as text."""
    return json.dumps(found.as_json(), indent=2)


def _counts(each: Sum) -> dict[str, int]:
    return {
        "lives": each.lives, "events": each.events, "requests": each.requests, "killed": each.deaths,
        "planted": each.planted, "found": each.found, "failed": len(each.failed),
    }  # fmt: skip


def _telling(failed: Iterable[Lived], head: str) -> int:
    return sum(line.startswith(head) for lived in failed for line in lived.complaints)
