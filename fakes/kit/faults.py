"""Injected failures: rules that say what goes wrong, for which requests, and how often.

Transport-level kinds are applied by ``fakes.kit.wsgi``; data-level kinds are asked for by the fake itself
with ``faults.take(kind, request)``. A rule fires on every matching request unless limited:

- ``times``: at most so many times in all,
- ``every``: only each n-th match,
- ``probability``: by a seeded draw, 0 to 1,
- ``after``: not before so many matches have passed.

They combine; all must allow it.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

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
    """The rules in force on one fake."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._rules: list[Rule] = []

    def add(self, *specs: Mapping[str, Any]) -> list[Rule]:
        """Add rules given as the control plane's objects; all or none. Raises FaultRefused."""
        rules = [parse_rule(spec) for spec in specs]
        self._rules.extend(rules)
        return rules

    def clear(self) -> None:
        """Forget every rule and start the draws again."""
        self._rules.clear()
        self._random = random.Random(self._seed)

    def rules(self) -> list[dict[str, Any]]:
        """The rules with how often each matched and fired, as JSON objects."""
        return [asdict(rule) for rule in self._rules]

    def has(self, kind: str) -> bool:
        """Whether any rule of this kind is in force: lets hot paths ask once instead of per record."""
        return any(rule.kind == kind for rule in self._rules)

    def take(self, kind: str, request: HasRoute) -> Rule | None:
        """The first rule of ``kind`` that fires now for this request, counted; None if nothing goes wrong."""
        return self.take_any((kind,), request.method, request.path)

    def take_any(self, kinds: Iterable[str], method: str, path: str) -> Rule | None:
        """The first rule of any of ``kinds`` that fires for this method and path."""
        if not self._rules:
            return None
        wanted = tuple(kinds)
        for rule in self._rules:
            if rule.kind in wanted and rule.matches(method, path) and self._fires(rule):
                return rule
        return None

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
    """A rule from ``{"kind", "match": {"method", "path"}, "times"|"every"|"probability"|"after", …}``."""
    kind = spec.get("kind")
    if kind not in KINDS:
        raise FaultRefused(f"unknown fault kind {kind!r}; known: {', '.join(KINDS)}")
    match = spec.get("match") or {}
    rule = Rule(
        kind=kind,
        method=str(match.get("method", "*")),
        path=str(match.get("path", "*")),
        times=spec.get("times"),
        every=spec.get("every"),
        probability=spec.get("probability"),
        after=int(spec.get("after", 0)),
        params={key: value for key, value in spec.items() if key not in _RULE_KEYS},
    )
    if rule.every is not None and rule.every < 1:
        raise FaultRefused("'every' must be 1 or more")
    if rule.probability is not None and not 0 <= rule.probability <= 1:
        raise FaultRefused("'probability' lies between 0 and 1")
    return rule
