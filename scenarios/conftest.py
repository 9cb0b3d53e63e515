"""Every story is a test of its own: `pytest scenarios/refunds`, in parallel with `-n 2`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.runner.run import run_file
from scenarios.runner.suite import warm

_HERE = Path(__file__).parent


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "Stories | None":
    """A YAML file in a topic's folder is a story."""
    if file_path.suffix == ".yaml" and _HERE in file_path.parents:
        return Stories.from_parent(parent, path=file_path)
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Whoever tells stories gets ready for them first; the process that only hands them out does not."""
    distributes = session.config.getoption("numprocesses", None) and not hasattr(
        session.config, "workerinput"
    )
    if not distributes and any(isinstance(item, StoryItem) for item in session.items):
        warm()


class Stories(pytest.File):
    """A file of one story."""

    def collect(self) -> Iterator["StoryItem"]:
        """The story, under the name of its file."""
        yield StoryItem.from_parent(self, name=self.path.stem)


class Untrue(Exception):
    """What is told of a story that does not hold."""


class StoryItem(pytest.Item):
    """One story, told in a world of its own."""

    def runtest(self) -> None:
        """Tell it."""
        outcome = run_file(self.path, str(self.path.relative_to(_HERE.parent)))
        if outcome.trouble or outcome.idle:
            raise Untrue("\n".join(filter(None, [outcome.trouble, *outcome.idle])))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - pytest's own
        """What was expected against what is; a bug shows where it is."""
        if isinstance(excinfo.value, Untrue):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is told."""
        return self.path, 0, f"story {self.name}"
