"""What was asked of a fake: the last requests in a capped ring, and counters that are never capped.

Tests assert on it, people read it. It keeps no bodies and no headers. What leaves the process (JSON, text,
page, state file) has everything masked in queries that looks like an e-mail address, a phone number or a
credential, so that it may be pasted into a ticket.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote_plus

import msgspec

KEPT_MAX = 2_000
NOTE_KEY = "fakes.note"
"""Where the WSGI environ of every vendor request carries its ``Note``."""
TEXT_MAX = 2_000
"""How much of a path and of a query is kept."""
_SHOWN_MAX = 500
_SECRET = re.compile(
    r"(?P<name>(?:^|&)(?:api_?key|access_token|refresh_token|client_secret|code_verifier|code|token|password)=)"
    r"[^&]*",
    re.IGNORECASE,
)
_E_MAIL = re.compile(r"""[^\s"'(),&=;<>@]{1,64}@[^\s"'(),&=;<>]{1,255}""")
_PHONE = re.compile(r"\+\d[\d\s().-]{5,18}\d")
_MASK = "***"


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
    """As it was sent, for assertions within the process; see ``masked``."""
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

    @property
    def kept_max(self) -> int:
        """How many requests are remembered; older ones live on in the counters."""
        return self._entries.maxlen or 0

    def cap(self, kept_max: int) -> None:
        """Remember at most so many requests from now on. Raises ValueError for a negative number."""
        self._entries = deque(self._entries, maxlen=kept_max)

    def record(self, entry: Entry, route: str) -> None:
        """Keep one request; ``route`` is the path pattern, so that counters stay few."""
        self._entries.append(entry)
        counts = self.counts
        counts["requests"] += 1
        counts[f"status.{entry.status}"] += 1
        counts[f"route.{entry.method} {route}"] += 1
        for name, count in entry.counts.items():
            counts[name] += count
        self.cost += entry.cost

    def entries(self, *, method: str = "*", path: str = "*", status: int | None = None) -> list[Entry]:
        """The remembered requests that match, oldest first.

        ``method`` and ``path`` are ``fnmatch`` patterns (``/api/events*``), the method in any case.
        """
        kept = list(self._entries)
        if method == "*" and path == "*" and status is None:
            return kept
        wanted = method.upper()
        return [
            entry
            for entry in kept
            if fnmatchcase(entry.method.upper(), wanted)
            and fnmatchcase(entry.path, path)
            and status in (None, entry.status)
        ]

    def count(self, *, method: str = "*", path: str = "*", status: int | None = None) -> int:
        """How many of the remembered requests match."""
        return len(self.entries(method=method, path=path, status=status))

    def text(self) -> str:
        """All that is remembered, for people."""
        return text(self._entries)

    def clear(self) -> None:
        """Forget everything, counters too."""
        self._entries.clear()
        self.counts.clear()
        self.cost = 0.0

    def as_json(self, entries: list[Entry] | None = None) -> dict[str, Any]:
        """What ``GET /_fake/journal`` answers: all that is remembered, or the given entries."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "cost": self.cost,
            "entries": [_shown(entry) for entry in (self._entries if entries is None else entries)],
        }

    def dump(self) -> dict[str, Any]:
        """Counters and remembered requests, for the whole-world JSON."""
        return self.as_json()

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on from a dump. Raises KeyError or ValueError when it is not one."""
        kept = [msgspec.convert(raw, Entry) for raw in dumped["entries"]]
        counts, cost = Counter(msgspec.convert(dumped["counts"], dict[str, int])), float(dumped["cost"])
        self.clear()
        self._entries.extend(kept)
        self.counts.update(counts)
        self.cost = cost


def masked(query: str) -> str:
    """A query string decoded for reading, without addresses, phone numbers and credentials."""
    if not query:
        return ""
    plain = _SECRET.sub(rf"\g<name>{_MASK}", query)
    shown = unquote_plus(plain, errors="replace")
    if "@" in shown:
        shown = _E_MAIL.sub(_MASK, shown)
    # Dates, instants and ids are made of digits too; only what can be dialled from anywhere is masked.
    return _PHONE.sub(_MASK, shown)[:_SHOWN_MAX]


def text(entries: Iterable[Entry]) -> str:
    """One line per request, oldest first: time, status, method, path and query."""
    return "".join(f"{_line(entry)}\n" for entry in list(entries))


def _shown(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"query": masked(entry.query)}


def _line(entry: Entry) -> str:
    query = f"?{masked(entry.query)}" if entry.query else ""
    counts = "".join(f"  {name}={count}" for name, count in sorted(entry.counts.items()))
    status = "closed" if entry.status == 0 else str(entry.status)
    return f"{entry.at[:23]}  {status:<6}  {entry.method:<6}  {entry.path}{query}{counts}"
