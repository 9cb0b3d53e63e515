"""Klaviyo's filter grammar: ``and(equals(metric_id,"X"),greater-or-equal(datetime,2026-11-20T00:00:00Z))``.

Strings are quoted, datetimes and numbers are bare, arrays are bracketed. There is no ``or`` and no ``not``.
A text is parsed into clauses which must all hold; an endpoint then says which of them it knows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from fakes.klaviyo.errors import Refusal, invalid

OPERATORS = (
    "equals", "less-than", "less-or-equal", "greater-than", "greater-or-equal", "contains", "contains-any",
    "contains-all", "starts-with", "ends-with", "any", "has",
)  # fmt: skip
RANGE = ("less-than", "less-or-equal", "greater-than", "greater-or-equal")
LENGTH_MAX = 8_000
DEPTH_MAX = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>[(),\[\]])|(?P<bare>[^\s(),\[\]"']+))"""
)


@dataclass(frozen=True, slots=True)
class Bare:
    """An unquoted value: a number, a datetime, ``true``, ``null``."""

    text: str


Value = str | Bare | tuple[str | Bare, ...] | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition; ``value`` is None only for ``has``."""

    operator: str
    field: str
    value: Value

    def text(self) -> str:
        """The value as one quoted string. Raises Refusal if it is anything else."""
        if isinstance(self.value, str):
            return self.value
        raise bad_filter(f"'{self.field}' takes a quoted string")

    def texts(self) -> tuple[str, ...]:
        """The value as one or more quoted strings."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(Clause(self.operator, self.field, value).text() for value in values)

    def instant(self, naive_zone: tzinfo = UTC) -> datetime:
        """The value as an unquoted datetime or date."""
        if not isinstance(self.value, Bare):
            raise bad_filter(f"'{self.field}' takes an unquoted datetime")
        try:
            at = datetime.fromisoformat(self.value.text)
        except ValueError:
            raise bad_filter(f"'{self.value.text}' is not a datetime") from None
        return at if at.tzinfo else at.replace(tzinfo=naive_zone)

    def number(self) -> float:
        """The value as an unquoted number."""
        try:
            return float(self.value.text) if isinstance(self.value, Bare) else float("nan")
        except ValueError:
            raise bad_filter(f"'{self.field}' takes a number") from None


def bad_filter(why: str) -> Refusal:
    """400 that points at the filter; Klaviyo's exact words are unknown."""
    return invalid(f"Invalid filter provided: {why}.", parameter="filter")


def parse_filter(text: str, allowed: Mapping[str, tuple[str, ...]]) -> list[Clause]:
    """The clauses of a filter. ``allowed`` names the fields and their operators. Raises Refusal."""
    if len(text) > LENGTH_MAX:
        raise bad_filter("it is too long")
    clauses = _Parser(text).all_clauses() if text.strip() else []
    for clause in clauses:
        if clause.field not in allowed:
            raise bad_filter(f"'{clause.field}' is not a filterable field")
        if clause.operator not in allowed[clause.field]:
            raise bad_filter(f"'{clause.field}' does not support '{clause.operator}'")
    return clauses


class _Parser:
    """A recursive-descent parser over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def all_clauses(self) -> list[Clause]:
        clauses = self._clauses()
        if self._next != len(self._tokens):
            raise bad_filter("text after the end")
        return clauses

    def _clauses(self) -> list[Clause]:
        clauses = self._clause()
        while self._peek() == ("mark", ","):
            self._take("mark", ",")
            clauses += self._clause()
        return clauses

    def _clause(self) -> list[Clause]:
        operator = self._take("bare")
        self._take("mark", "(")
        if operator == "and":
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise bad_filter("it is nested too deeply")
            inside = self._clauses()
            self._depth -= 1
            self._take("mark", ")")
            return inside
        if operator not in OPERATORS:
            raise bad_filter(f"'{operator}' is not a filter operator")
        name = self._name()
        value: Value = None
        if operator != "has":
            self._take("mark", ",")
            value = self._value()
        self._take("mark", ")")
        return [Clause(operator, name, value)]

    def _name(self) -> str:
        """A field; one with a space in it is quoted."""
        kind, text = self._peek()
        if kind == "quoted":
            self._next += 1
            return text[1:-1]
        return self._take("bare")

    def _value(self) -> Value:
        if self._peek() != ("mark", "["):
            return self._scalar()
        self._take("mark", "[")
        values = [self._scalar()]
        while self._peek() == ("mark", ","):
            self._take("mark", ",")
            values.append(self._scalar())
        self._take("mark", "]")
        return tuple(values)

    def _scalar(self) -> str | Bare:
        kind, text = self._peek()
        if kind == "quoted":
            self._next += 1
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        return Bare(self._take("bare"))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")

    def _take(self, kind: str, text: str | None = None) -> str:
        found_kind, found = self._peek()
        if found_kind != kind or (text is not None and found != text):
            raise bad_filter(f"expected {text or 'a value'} before '{found or 'the end'}'")
        self._next += 1
        return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise bad_filter(f"cannot read '{text[place:]}'")
        assert match.lastgroup is not None
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()
