"""What was asked of a fake: the last requests in a capped ring, and counters that are never capped."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT_MAX = 2_000
NOTE_KEY = "fakes.note"
"""Where the WSGI environ of every vendor request carries its ``Note``."""


@dataclass(slots=True)
class Note:
    """What a view adds to its own journal entry: ``request.environ[NOTE_KEY].counts["events"] = 1000``."""

    route: str = "?"
    cost: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. ``status`` 0 means that the connection was closed without an answer."""

    method: str
    path: str
    query: str
    status: int
    at: str
    cost: float
    counts: dict[str, int]


class Journal:
    """The requests of one fake."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept_max)
        self.counts: Counter[str] = Counter()
        """``requests``, ``status.202``, ``route.POST /api/events``, and whatever views noted (``events``)."""
        self.cost = 0.0

    def record(self, entry: Entry, route: str) -> None:
        """Keep one request; ``route`` is the path pattern, so that counters stay few."""
        self._entries.append(entry)
        self.counts["requests"] += 1
        self.counts[f"status.{entry.status}"] += 1
        self.counts[f"route.{entry.method} {route}"] += 1
        self.counts.update(entry.counts)
        self.cost += entry.cost

    def entries(self) -> Iterator[Entry]:
        """The kept requests, oldest first."""
        return iter(list(self._entries))

    def clear(self) -> None:
        """Forget everything, counters too."""
        self._entries.clear()
        self.counts.clear()
        self.cost = 0.0

    def as_json(self) -> dict[str, Any]:
        """What ``GET /_fake/journal`` answers."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "cost": self.cost,
            "entries": [asdict(entry) for entry in self._entries],
        }
