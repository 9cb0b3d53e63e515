"""Kept runs to make stories of: a library story told, its report and evidence where the run left them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.report_data import Finding
from scenarios.from_finding.case import Case, read_case
from scenarios.language.loader import load
from scenarios.runner.look_monitor import report_of
from scenarios.runner.run import tell
from scenarios.runner.stage import staged
from scenarios.runner.suite import LIBRARY


@contextmanager
def kept(story: str) -> Iterator[tuple[Path, tuple[Finding, ...]]]:
    """The folder of the look at the end of a story of the library, and what it found."""
    told = load(LIBRARY / story)
    with staged(told) as stage:
        tell(stage, told)
        found = report_of(stage).findings
        yield stage.chain.folder / "look", found


@contextmanager
def case_of(story: str, kind: str) -> Iterator[Case]:
    """The case of the first finding of a kind."""
    with kept(story) as (folder, found):
        yield read_case(folder, next(one.key for one in found if one.kind.value == kind))
