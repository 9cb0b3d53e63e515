"""Many stories: finding them, telling them in parallel, and what became of them."""

import atexit
import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

from scenarios.language.loader import loads
from scenarios.runner.breaking import tell_file
from scenarios.runner.run import Outcome, run

LIBRARY = Path(__file__).resolve().parents[1]
_NOT_STORIES = frozenset({"language", "runner", "templates", "__pycache__"})
_WORTH_A_PROCESS = 12  # stories: fewer take less time than getting another process ready
Told = Callable[[Outcome], object]


class NoStories(Exception):
    """There is nothing to tell, in words."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What became of some stories, in the order of their files."""

    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def failed(self) -> list[Outcome]:
        """Stories that do not hold."""
        return [one for one in self.outcomes if one.trouble and not one.wrong]

    @property
    def wrong(self) -> list[Outcome]:
        """Stories that could not be read or carried out."""
        return [one for one in self.outcomes if one.wrong]

    @property
    def passed(self) -> list[Outcome]:
        """Stories that hold."""
        return [one for one in self.outcomes if one.passed]

    @property
    def skipped(self) -> list[Outcome]:
        """Stories that were not told."""
        return [one for one in self.outcomes if one.skipped]

    @property
    def exit_code(self) -> int:
        """0 all hold, 1 some do not, 2 some could not be read or carried out."""
        return 2 if self.wrong else 1 if self.failed else 0

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        passed, failed = len(self.passed), len(self.failed)
        hold = "holds" if 1 in {passed, len(self.outcomes)} else "hold"
        told = [f"{passed:,} of {_stories(len(self.outcomes))} {hold}"]
        told += [f"{failed:,} {'does' if failed == 1 else 'do'} not"] if failed else []
        told += [f"{len(self.wrong):,} could not be told"] if self.wrong else []
        told += [f"{len(self.skipped):,} skipped"] if self.skipped else []
        return ", ".join(told)


def _stories(count: int) -> str:
    return "1 story" if count == 1 else f"{count:,} stories"


def find(paths: Sequence[Path]) -> list[Path]:
    """The stories in these files and folders; the whole library without any. Raises NoStories."""
    found: list[Path] = []
    for path in paths or [LIBRARY]:
        if not path.exists():
            raise NoStories(f"{path}: there is no such file or folder")
        found += [path] if path.is_file() else sorted(_below(path))
    if not found:
        raise NoStories(f"{', '.join(map(str, paths))}: there is no story (*.yaml) in there")
    return list(dict.fromkeys(found))


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.yaml"):
        if not _NOT_STORIES & set(path.relative_to(folder).parts[:-1]):
            yield path


def shown(path: Path) -> str:
    """A file as messages name it: from where we stand, if it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def outcomes(paths: Sequence[Path], workers: int, told: Told = lambda _: None) -> Iterator[Outcome]:
    """Tell them, `workers` at a time, in whatever order they end."""
    if workers <= 1 or len(paths) == 1:
        for path in paths:
            outcome = tell_file(path, shown(path))
            told(outcome)
            yield outcome
        return
    # A fresh process each: what a fork would inherit is a terminal that others write to.
    pool = ProcessPoolExecutor(min(workers, len(paths)), mp_context=get_context("spawn"), initializer=_begin)
    try:
        with _interrupts_held():
            futures = [pool.submit(tell_file, path, shown(path)) for path in paths]
        for done in as_completed(futures):
            outcome = done.result()
            told(outcome)
            yield outcome
    except BrokenExecutor:
        raise NoStories(
            "a process that told stories was ended from outside; if memory ran out, tell fewer at once (-n 1)"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes begun in here never hear of a Ctrl-C: they end their story, and are then given no other."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Get ready, and end when the process that asks for stories is no more."""
    if (parent := parent_process()) is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    with contextlib.suppress(Exception):  # whatever is wrong is told with the first story
        warm()


def _follow(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def warm() -> None:
    """Load everything a story may need, once a process, so that the first one is no slower than the rest.

    A world is many small objects that all go at once; looking for garbage among them all the time only costs.
    """
    gc.set_threshold(50_000, 20, 20)
    run(loads(_SMALLEST))
    gc.collect()
    gc.freeze()  # what is loaded by now stays
    atexit.register(gc.unfreeze)  # or extension modules take it for leaked


_SMALLEST = """\
story: The first night of a shop that sold nothing
topic: warming
given: {till: lightspeed_r}
when: [{sync: {at: 2026-05-04 10:00}}, night]
then: [monitor agrees]
"""


def suite(found: Iterable[Outcome], seconds: float) -> Suite:
    """A suite in the order of its files."""
    return Suite(tuple(sorted(found, key=lambda one: one.file)), seconds)


def at_once(stories: int) -> int:
    """How many stories are best told at once: no more than there are cores, nor than are worth a process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, stories // _WORTH_A_PROCESS))
