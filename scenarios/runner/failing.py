"""How a story fails: where, and what was expected against what is."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.language.nodes import Place


@dataclass(slots=True)
class Failed(Exception):
    """A check does not hold. `expected` and `actual` are lines for people, told apart by `diff`."""

    said: str
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    place: Place | None = None

    def __str__(self) -> str:
        """The place, what is wrong, and the difference line by line."""
        where = f"{self.place}: " if self.place else ""
        return "\n".join([f"{where}{self.said}", *self.diff()])

    def diff(self) -> list[str]:
        """Expected lines with a minus that are not there, actual ones with a plus that nobody expected."""
        if not self.expected and not self.actual:
            return []
        told = difflib.ndiff(list(self.expected), list(self.actual))
        return [f"    {line}" for line in told if not line.startswith("?")]


class CannotTell(Exception):
    """The story asks for something that makes no sense here, in words for its author."""


def must(holds: bool, said: str, expected: Iterable[str] = (), actual: Iterable[str] = ()) -> None:
    """Fail unless it holds."""
    if not holds:
        raise Failed(said, tuple(expected), tuple(actual))
