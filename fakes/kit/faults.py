"""Injected failures: rules that say what goes wrong, for which requests, and how often.

Transport-level kinds are applied by ``fakes.kit.wsgi``; data-level kinds are asked for by the fake itself
with ``faults.take(kind, request)``. A rule fires on every matching request unless limited:

- ``times``: at most so many times in all,
- ``every``: only each n-th match,
- ``probability``: by a seeded draw, 0 to 1,
- ``after``: not before so many matches have passed.

They combine; all must allow it.
"""

import difflib
import math
import random
import threading
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

import msgspec

TRANSPORT_KINDS = (
    "status",
    "delay",
    "reset_before",
    "reset_after",
    "truncated",
    "html",
    "rate_limit",
    "expired_token",
)
DATA_KINDS = ("duplicate", "reorder", "drop", "drop_after_202", "late_visibility", "late_lower_version")
KINDS = TRANSPORT_KINDS + DATA_KINDS
_RULE_KEYS = ("kind", "match", "times", "every", "probability", "after")
_MATCH_KEYS = ("method", "path")
_EXAMPLES = {"method": "POST", "path": "/api/events*"}
# The settings of each kind; those not named here have none.
_PARAMS: dict[str, tuple[str, ...]] = {
    "status": ("status", "body", "content_type", "headers"),
    "delay": ("seconds",),
    "html": ("status",),
    "rate_limit": ("retry_after",),
    **dict.fromkeys(DATA_KINDS, ("seconds", "count", "by")),
}


class ConnectionReset(ConnectionResetError):
    """The peer closed the connection; raised out of the WSGI callable, a closed socket when served."""


class FaultRefused(ValueError):
    """A fault rule that makes no sense: unknown kind or a limit out of range."""


class HasRoute(Protocol):
    """What a rule is matched against; a Flask request has both."""

    @property
    def method(self) -> str:
        """GET, POST, …"""
        ...

    @property
    def path(self) -> str:
        """The path without the query."""
        ...


@dataclass(slots=True)
class Rule:
    """One fault. ``params`` are its kind's own settings (``status``, ``seconds``, ``retry_after`` …)."""

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = None
    every: int | None = None
    probability: float | None = None
    after: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    matched: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether the request is one this rule is about (``fnmatch`` patterns, method in any case)."""
        return fnmatchcase(method.upper(), self.method.upper()) and fnmatchcase(path, self.path)

    def seconds(self, default: float = 1.0) -> float:
        """The ``seconds`` setting of delays and late visibility."""
        return float(self.params.get("seconds", default))


class Faults:
    """The rules in force on one fake; false when there are none."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, *specs: Mapping[str, Any]) -> list[Rule]:
        """Add rules given as the control plane's objects; all or none. Raises FaultRefused."""
        rules = [parse_rule(spec) for spec in specs]
        self._rules.extend(rules)
        return rules

    def clear(self) -> None:
        """Forget every rule and start the draws again."""
        self._rules.clear()
        self._random = random.Random(self._seed)

    def remove(self, place: int) -> None:
        """Forget the rule at this place of ``rules()``. Raises KeyError where there is none."""
        if not 0 <= place < len(self._rules):
            raise KeyError(f"there is no rule {place}; there are {len(self._rules)}")
        del self._rules[place]

    def rules(self) -> list[dict[str, Any]]:
        """The rules with how often each matched and fired, as JSON objects."""
        return [asdict(rule) for rule in self._rules]

    def fired(self, kind: str) -> int:
        """How often the rules of a kind have fired so far."""
        return sum(rule.fired for rule in self._rules if rule.kind == kind)

    def has(self, kind: str) -> bool:
        """Whether any rule of this kind is in force: lets hot paths ask once instead of per record."""
        return any(rule.kind == kind for rule in self._rules)

    def take(self, kind: str, request: HasRoute) -> Rule | None:
        """The first rule of ``kind`` that fires now for this request, counted; None if nothing goes wrong."""
        if not self._rules:
            return None
        return self.take_any((kind,), request.method, request.path)

    def take_any(self, kinds: Container[str], method: str, path: str) -> Rule | None:
        """The first rule of any of ``kinds`` that fires for this method and path."""
        with self._lock:
            for rule in self._rules:
                if rule.kind in kinds and rule.matches(method, path) and self._fires(rule):
                    return rule
        return None

    def dump(self) -> dict[str, Any]:
        """Rules with their counts, and where the draws are, for the whole-world JSON."""
        return {"rules": self.rules(), "draws": self._random.getstate()}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on from a dump. Raises KeyError, TypeError or ValueError when it is not one."""
        rules = [msgspec.convert(raw, Rule) for raw in dumped["rules"]]
        version, internal, gauss = dumped["draws"]
        self._random.setstate((version, tuple(internal), gauss))
        self._rules[:] = rules

    def _fires(self, rule: Rule) -> bool:
        rule.matched += 1
        if rule.matched <= rule.after or (rule.times is not None and rule.fired >= rule.times):
            return False
        if rule.every is not None and (rule.matched - rule.after) % rule.every:
            return False
        if rule.probability is not None and self._random.random() >= rule.probability:
            return False
        rule.fired += 1
        return True


def parse_rule(spec: Mapping[str, Any]) -> Rule:
    """A rule from ``{"kind", "match": {"method", "path"}, "times"|"every"|"probability"|"after", …}``.

    Raises FaultRefused, which names the nearest right word.
    """
    kind = spec.get("kind")
    if kind not in KINDS:
        raise FaultRefused(_unknown("fault kind", kind, KINDS))
    match = spec.get("match") or {}
    if not isinstance(match, Mapping):
        raise FaultRefused('\'match\' is an object: {"method": "POST", "path": "/api/*"}')
    _refuse_unknown("member of 'match'", match, _MATCH_KEYS)
    params = {key: value for key, value in spec.items() if key not in _RULE_KEYS}
    _refuse_unknown(f"setting of {kind!r}", params, _PARAMS.get(kind, ()))
    _check_params(params)
    return Rule(
        kind=kind,
        method=_pattern(match, "method"),
        path=_pattern(match, "path"),
        times=_whole(spec, "times", 1),
        every=_whole(spec, "every", 1),
        probability=_share(spec.get("probability")),
        after=_whole(spec, "after", 0) or 0,
        params=params,
    )


def _check_params(params: Mapping[str, Any]) -> None:
    status = _whole(params, "status", 100)
    if status is not None and status > 599:
        raise FaultRefused(f"'status' lies between 100 and 599, not {status}")
    for name in ("seconds", "retry_after"):
        value = params.get(name)
        if value is not None and (not _is_number(value) or not 0 <= value < math.inf):
            raise FaultRefused(f"{name!r} is a number of seconds, 0 or more, not {value!r}")
    if not isinstance(params.get("headers", {}), Mapping):
        raise FaultRefused("'headers' is an object of names and values")
    for name, value in dict(params.get("headers", {})).items():
        if any(sign in f"{name}{value}" for sign in "\r\n"):
            raise FaultRefused("a header has no line breaks")


def _pattern(match: Mapping[str, Any], name: str) -> str:
    value = match.get(name, "*")
    if not isinstance(value, str) or not value:
        raise FaultRefused(f"{name!r} is a pattern such as {_EXAMPLES[name]!r}, not {value!r}")
    return value


def _whole(spec: Mapping[str, Any], name: str, least: int) -> int | None:
    value = spec.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise FaultRefused(f"{name!r} is a whole number, {least} or more, not {value!r}")
    return value


def _share(value: object) -> float | None:
    if value is None:
        return None
    if not _is_number(value) or not 0 <= float(value) <= 1:  # type: ignore[arg-type]  # a number by then
        raise FaultRefused(f"'probability' lies between 0 and 1, not {value!r}")
    return float(value)  # type: ignore[arg-type]  # the same


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_unknown(what: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise FaultRefused(_unknown(what, name, known))


def _unknown(what: str, given: object, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(given), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? Known" if near else "known"
    return f"unknown {what} {given!r}; {hint}: {', '.join(known) or 'none'}"
