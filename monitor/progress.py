"""Progress on stderr, for whatever takes longer than two seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_PATIENCE_S = 2.0
_WORDS = {"pos": "sales read from the POS", "klaviyo": "events read from Klaviyo"}


class Shown:
    """One line per account and side, drawn once the reading takes longer than two seconds.

    Called from two threads. Use as a context manager.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """`quiet` draws nothing."""
        self._quiet = quiet
        self._started_s = time.monotonic()
        self._counts: dict[tuple[str, str], int] = {}
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )

    def __enter__(self) -> "Shown":
        """Nothing is drawn yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Clear what was drawn."""
        if self._tasks:
            self._progress.stop()

    def __call__(self, account: str, side: str, count: int) -> None:
        """Some more rows of a side were read."""
        name = account, side
        self._counts[name] = self._counts.get(name, 0) + count
        if self._quiet or time.monotonic() - self._started_s < _PATIENCE_S:
            return
        if name not in self._tasks:
            self._progress.start()
            self._tasks[name] = self._progress.add_task(f"{account}: {_WORDS.get(side, side)}", total=None)
        self._progress.update(self._tasks[name], completed=self._counts[name])


@contextmanager
def steps(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """What hears the steps of a long piece of work, drawn on stderr with the time taken unless `quiet`."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda words: progress.update(task, description=words)
