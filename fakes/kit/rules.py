"""Routes that are only ever matched, never built: a fake has a hundred, and must be ready in milliseconds."""

import functools
from collections.abc import Callable, Iterable

from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.routing.rules import RulePart


class OneWayRule(Rule):
    """A route that URLs are matched against but never built from, read once however many worlds have it.

    Every test may have a world of its own with hundreds of routes; compiling them took nearly all its time.
    """

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        assert self.map is not None
        if self.map.converters != Map.default_converters:
            return super()._parse_rule(rule)
        parts, trace, converters = _parsed(rule)
        self._trace += trace
        self._converters.update(converters)
        self.arguments.update(converters)
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        del append_unknown
        return _no_builder


@functools.lru_cache(maxsize=4_096)
def _parsed(text: str) -> tuple[tuple[RulePart, ...], tuple[tuple[bool, str], ...], dict[str, BaseConverter]]:
    """What a route says: a pure function of its text."""
    scratch = Rule(text)
    scratch.map = Map()
    scratch._trace, scratch._converters = [], {}
    parts = tuple(scratch._parse_rule(text))
    return parts, tuple(scratch._trace), dict(scratch._converters)


def _no_builder(*_args: object, **_kwargs: object) -> tuple[str, str]:
    raise NotImplementedError("a fake's URLs are written out, not built from its routes")
