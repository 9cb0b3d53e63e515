"""Planting each defect in a copy of the tree and running the suites there until one of them fails."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scenarios.bugs.catalogue import (
    BUGS,
    CRASH,
    LIVES,
    LIVES_SITOO,
    LIVES_X,
    PROMISES,
    READING,
    STORIES,
    WATCHED,
    Bug,
)

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("sync", "monitor", "fakes", "scenarios", "tests", "tillproof.py", "pyproject.toml")
_LEFT = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
_TOO_LONG_S = 900
_TELLING = re.compile(r"\s*(! |E  )|\S+\.yaml:\d+:")  # how a life, a test and a story say what they noticed


def _lives(till: str, seeds: int) -> tuple[str, ...]:
    return ("-m", "scenarios.simulation", "--till", till, "--seeds", str(seeds), "-n", "1", "-x")


_PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist")
# What is run, as arguments of Python. A suite that exits with 0 has not noticed anything.
SUITES: Mapping[str, tuple[str, ...]] = {
    LIVES: _lives("lightspeed_r", 500),
    LIVES_X: _lives("lightspeed_x", 200),
    LIVES_SITOO: _lives("sitoo", 200),
    WATCHED: (*_lives("lightspeed_r", 48), "--monitor"),
    CRASH: (*_PYTEST, "tests/crash"),
    STORIES: (*_PYTEST, "scenarios"),
    PROMISES: (*_PYTEST, "tests/sync/klaviyo"),
    READING: (*_PYTEST, "tests/sync/sources"),
}


class DoesNotApply(Exception):
    """An edit whose text is not found exactly once: the product has moved on, and so must the defect."""


class SuiteBroken(Exception):
    """A suite ended without a judgement, such as one that cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one defect. `suite` is empty when nobody noticed it."""

    bug: Bug
    suite: str
    elapsed_s: float
    words: str  # what the suite said first


def edited(bug: Bug, root: Path = ROOT) -> str:
    """The file with the defect in it. Raises DoesNotApply."""
    text = (root / bug.file).read_text(encoding="utf-8")
    count = text.count(bug.old)
    if count != 1:
        raise DoesNotApply(f"{bug.name}: its text stands {count} times in {bug.file}, not once; renew it")
    found = text.replace(bug.old, bug.new)
    compile(found, bug.file, "exec")  # a defect is no broken file: that would be caught by anything
    return found


def hunt(
    bugs: Iterable[Bug],
    *,
    workers: int = 0,
    told: Callable[[Caught], None] = lambda _caught: None,
    suites: Mapping[str, tuple[str, ...]] = SUITES,
) -> list[Caught]:
    """Plant each in its own copy and see who notices; `told` hears of each at once. Raises
    DoesNotApply and SuiteBroken.
    """
    wanted = [(bug, edited(bug)) for bug in bugs]

    def one(pair: tuple[Bug, str]) -> Caught:
        caught = _hunted(*pair, suites)
        told(caught)
        return caught

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(pool.map(one, wanted))


def named(names: Sequence[str]) -> list[Bug]:
    """The defects of these names, or all. Raises KeyError for an unknown one."""
    by_name = {bug.name: bug for bug in BUGS}
    return [by_name[name] for name in names] if names else list(BUGS)


def _hunted(bug: Bug, text: str, suites: Mapping[str, tuple[str, ...]]) -> Caught:
    started_s = time.perf_counter()
    with copied() as folder:
        (folder / bug.file).write_text(text, encoding="utf-8")
        for suite in bug.suites:
            noticed = run(suites[suite], folder)
            if noticed:
                return Caught(bug, suite, time.perf_counter() - started_s, noticed)
    return Caught(bug, "", time.perf_counter() - started_s, "")


@contextmanager
def copied(root: Path = ROOT) -> Iterator[Path]:
    """A copy of everything that is needed, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="tillproof-bug-") as name:
        folder = Path(name)
        for part in _COPIED:
            source = root / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=_LEFT)
            elif source.exists():
                shutil.copy(source, folder / part)
        yield folder


def run(suite: Sequence[str], folder: Path) -> str:
    """Run a suite in a copy: the line that says what it noticed, empty when it noticed nothing.

    Raises SuiteBroken when it did not come to a judgement: that would make any defect look caught.
    """
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, *suite],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=_TOO_LONG_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SuiteBroken(f"{' '.join(suite)} did not come to an end within {_TOO_LONG_S} s") from None
    if done.returncode == 0:
        return ""
    told = next((line.strip() for line in done.stdout.splitlines() if _TELLING.match(line)), "")
    if done.returncode != 1 or not told:
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise SuiteBroken(f"{' '.join(suite)} broke: {last}")
    return told
