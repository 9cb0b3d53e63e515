"""Many lives, in as many processes as there are cores. A life's trace depends on nothing but its story."""

import gc
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from scenarios.simulation.life import Lived, live
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import SHORT, Story, made_up

_WORTH_IT = 8  # lives for which another process is started
_SILENCE_S = 120.0  # no life takes so long: a process has died
_SWEEP_EVERY = 50  # lives between two looks for reference cycles


class ProcessDied(Exception):
    """A process that lived lives ended before they did; what it said of why stands above."""


@dataclass(slots=True)
class Sum:
    """What came of many lives."""

    lives: int = 0
    events: int = 0
    requests: int = 0
    deaths: int = 0
    planted: int = 0
    found: int = 0
    failed: list[Lived] = field(default_factory=list)

    def add(self, lived: Lived) -> None:
        """Count one more."""
        self.lives += 1
        self.events += lived.event_count
        self.requests += lived.request_count
        self.deaths += lived.killed_count
        self.planted += lived.planted_count
        self.found += lived.found_count
        if lived.complaints:
            self.failed.append(lived)


@contextmanager
def stage_of(till: str) -> Iterator[Stage]:
    """A stage, with all that was built for it kept out of the collector's way."""
    stage = Stage(till)
    gc.collect()
    gc.freeze()
    try:
        yield stage
    finally:
        gc.unfreeze()
        stage.close()


def lives(till: str, seeds: Iterable[int], *, length: int = SHORT, monitor: bool | None = None) -> Sum:
    """Live these seeds one after the other in this process."""
    found = Sum()
    with stage_of(till) as stage:
        for lived in _lived(stage, [made_up(till, seed, length, monitor=monitor) for seed in seeds]):
            found.add(lived)
    return found


def spread(stories: Sequence[Story], workers: int = 0) -> Iterator[Lived]:
    """Live all stories of one till, in any order of their ends, in `workers` processes (0: one per core).

    Only failed lives come with their trace. Raises ProcessDied.
    """
    count = min(workers or os.cpu_count() or 1, max(1, len(stories) // _WORTH_IT))
    if count == 1:
        with stage_of(stories[0].till) as stage:
            yield from map(_light, _lived(stage, stories))
        return
    # Forked: the modules are loaded once. To be called before this process has threads.
    context = multiprocessing.get_context("fork")
    done: multiprocessing.Queue[Lived | None] = context.Queue()
    crew = [context.Process(target=_work, args=(stories[at::count], done)) for at in range(count)]
    for one in crew:
        one.start()
    try:
        told = 0
        for lived in _arriving(done, count):
            told += 1
            yield lived
        if told < len(stories):
            raise ProcessDied(f"{len(stories) - told} lives were not told to their end: a process died")
    finally:
        for one in crew:
            one.terminate()
            one.join()


def _arriving(done: "multiprocessing.Queue[Lived | None]", workers: int) -> Iterator[Lived]:
    while workers:
        lived = done.get(timeout=_SILENCE_S)
        if lived is None:
            workers -= 1
        else:
            yield lived


def _work(stories: Sequence[Story], done: "multiprocessing.Queue[Lived | None]") -> None:
    try:
        with stage_of(stories[0].till) as stage:
            for lived in _lived(stage, stories):
                done.put(_light(lived))
    finally:
        done.put(None)


def _lived(stage: Stage, stories: Sequence[Story]) -> Iterator[Lived]:
    for number, story in enumerate(stories):
        gc.disable()
        try:
            lived = live(stage, story)
        finally:
            gc.enable()
        yield lived
        if number % _SWEEP_EVERY == _SWEEP_EVERY - 1:
            gc.collect()


def _light(lived: Lived) -> Lived:
    return lived if lived.complaints else replace(lived, trace="")
