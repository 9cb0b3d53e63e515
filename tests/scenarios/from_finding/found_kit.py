"""Kept runs to make stories of: a story told, its report and evidence where the run left them."""

from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.from_finding.case import Case, read_case
from scenarios.language.loader import load
from scenarios.language.story import Story
from scenarios.runner.look_monitor import report_of
from scenarios.runner.run import tell
from scenarios.runner.stage import staged
from scenarios.runner.suite import LIBRARY


@contextmanager
def case_told(told: Story, kind: str) -> Iterator[Case]:
    """The case of the first finding of a kind at the end of a story."""
    with staged(told) as stage:
        tell(stage, told)
        found = report_of(stage).findings
        key = next(one.key for one in found if one.kind.value == kind)
        yield read_case(stage.chain.folder / "look", key)


@contextmanager
def case_of(story: str, kind: str) -> Iterator[Case]:
    """The same of a story of the library."""
    with case_told(load(LIBRARY / story), kind) as case:
        yield case
