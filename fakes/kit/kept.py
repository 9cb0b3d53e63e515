"""What a fake keeps beside its truth (tokens, outcomes of webhooks) and must find again in a saved world."""

from collections.abc import Mapping
from typing import Any, Protocol


class Kept(Protocol):
    """Forgotten when the truth is reset, saved and loaded with it."""

    def reset(self) -> object:
        """As freshly built."""
        ...

    def dump(self) -> dict[str, Any]:
        """All of it as JSON."""
        ...

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Put a dumped one in its place. Raises ValueError, KeyError or TypeError when it is none."""
        ...


def dump_all(kept: Mapping[str, Kept]) -> dict[str, Any]:
    """What each holds, by name."""
    return {name: one.dump() for name, one in kept.items()}


def load_all(kept: Mapping[str, Kept], dumped: Mapping[str, Any]) -> None:
    """Give each what is its own; one that the dump does not name stays as it is."""
    for name, one in kept.items():
        if name in dumped:
            one.load(dumped[name])
