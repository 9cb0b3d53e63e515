"""The sync's program as the dashboard uses it: through the public door only, opened for one piece of work."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from sync.settings import Settings

Progress = Callable[[Any, Any], None]


class Tally(Protocol):
    """What a run met so far."""

    rows_count: int
    sent_count: int


class Result(Protocol):
    """What became of a run."""

    @property
    def outcome(self) -> str:
        """`done`, `done_with_dead_letters`, or why not."""
        ...

    @property
    def detail(self) -> str:
        """The trouble in words, if any."""
        ...

    @property
    def tally(self) -> Any:
        """Counts and money."""
        ...


class Letters(Protocol):
    """What could not be handled."""

    def retry(self, name: str | None = None, numbers: Sequence[int] | None = None) -> Sequence[Result]:
        """Try them again."""
        ...

    def drop(self, name: str | None = None, numbers: Sequence[int] | None = None) -> int:
        """Give them up."""
        ...


class Program(Protocol):
    """`sync.app.App`, as far as the dashboard needs it."""

    dead_letters: Letters

    def once(self, name: str | None = None, progress: Progress = ...) -> Sequence[Result]:
        """Read what changed and deliver it."""
        ...

    def backfill(
        self, name: str | None, first: date | None, last: date | None, progress: Progress = ...
    ) -> Sequence[Result]:
        """Deliver history."""
        ...

    def resend(self, name: str, sale_ids: Sequence[str]) -> Result:
        """Send these sales once more."""
        ...

    def preview(
        self, name: str | None, first: date | None, last: date | None, progress: Progress = ...
    ) -> Sequence[Result]:
        """What would be sent."""
        ...

    def check(self, name: str) -> Any:
        """Ask both ends who they are (`sync.connect.Check`)."""
        ...

    def sign_in_url(self, name: str) -> str:
        """Where a person goes to grant access."""
        ...

    def finish_sign_in(self, name: str, pasted: str) -> None:
        """Connect with what came back."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


OpenProgram = Callable[[Settings], Program]


def rows(sums: Mapping[tuple[str, str], Iterable[int]]) -> list[tuple[str, str, int, int]]:
    """A tally's sums as rows: name, currency, count, minor units."""
    return [(name, currency, *_pair(sum_)) for (name, currency), sum_ in sorted(sums.items())]


def _pair(numbers: Iterable[int]) -> tuple[int, int]:
    count, minor = numbers
    return count, minor
