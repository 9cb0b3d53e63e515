"""The sync's public door. The monitor repairs through it and never reaches behind it.

The monitor may not import the sync's program, so that it cannot come to trust it; the program is found by
its entry point, as commands are, and only when somebody asks for a repair.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol

from sync.settings import Settings, WrongSettings

GROUP, NAME = "tillproof.programs", "sync"


class Resent(Protocol):
    """What became of a resend."""

    @property
    def outcome(self) -> str:
        """`done`, `done_with_dead_letters`, or why not."""
        ...

    @property
    def detail(self) -> str:
        """The trouble in words, if any."""
        ...


class Sync(Protocol):
    """The part of the sync's program that a repair needs."""

    def resend(self, name: str, sale_ids: Sequence[str]) -> Resent:
        """Send what these sales became once more; what Klaviyo already has it keeps."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def open_sync(settings: Settings) -> Any:
    """The sync's whole program (`sync.app.App`), opened; close it. Raises WrongSettings without one."""
    for entry in entry_points(group=GROUP, name=NAME):
        return entry.load()(settings)
    raise WrongSettings("this installation has no sync to repair with; install tillproof again")
