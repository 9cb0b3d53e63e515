"""Simple resources: typed fields with defaults, read strictly, kept without their defaults.

A row is a dictionary of the wire fields that differ from the default, so that a hundred thousand users
stay small; ``Documents.whole`` puts the defaults back.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakes.sitoo.errors import Refused
from fakes.sitoo.wire import DECIMAL, GUID, MONEY

Key = int | str
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One wire field. Flags: w writable, l in default lists, r required on POST, h hidden, n nullable."""

    name: str
    kind: str
    default: Any = None
    flags: str = ""

    def has(self, flag: str) -> bool:
        """Whether the flag is set."""
        return flag in self.flags


@dataclass(frozen=True, slots=True)
class Schema:
    """A resource: the name in messages, its key, its fields in the order of the published example."""

    name: str
    key: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def shown(self) -> tuple[str, ...]:
        """Every readable field."""
        return tuple(one.name for one in self.fields if not one.has("h"))

    @property
    def listed(self) -> tuple[str, ...]:
        """The default fields of a list."""
        return tuple(one.name for one in self.fields if one.has("l"))


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _list_of(each: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(each(one) for one in value)


KINDS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "int": ("an integer", _is_int),
    "date": ("a Unix timestamp", lambda value: isinstance(value, int) and value is not True and value >= 0),
    "number": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "text": ("a string", _is_text),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "money": ('a string such as "123.50"', lambda v: isinstance(v, str) and bool(MONEY.fullmatch(v))),
    "decimal": ('a string such as "123.456"', lambda v: isinstance(v, str) and bool(DECIMAL.fullmatch(v))),
    "guid": ("a GUID in braces", lambda v: isinstance(v, str) and bool(GUID.fullmatch(v))),
    "texts": ("an array of strings", _list_of(_is_text)),
    "ints": ("an array of integers", _list_of(lambda v: _is_int(v) or (isinstance(v, str) and v.isdigit()))),
    "objects": ("an array of objects", _list_of(lambda value: isinstance(value, dict))),
    "object": ("an object", lambda value: isinstance(value, dict)),
}


def read_fields(
    known: Callable[[str], Field | None], given: object, *, unknown: str, name: str, key: str = ""
) -> Row:
    """The writable fields of a body, checked. Raises Refused(400); `unknown` is the switch's value."""
    if not isinstance(given, dict):
        raise Refused(400, f"{name} must be a JSON object.")
    row: Row = {}
    for wire, value in given.items():
        one = known(wire)
        if one is None or not (one.has("w") or wire == key):
            if unknown == "error":
                raise Refused(400, f"{name}: unknown or read-only field '{wire[:60]}'.")
            continue
        row[wire] = checked(one, value, name)
    return row


def checked(one: Field, value: object, name: str) -> Any:
    """The value as it is kept. Raises Refused(400) when it is of the wrong type."""
    if value is None and (one.has("n") or one.default is None):
        return None
    words, fits = KINDS[one.kind]
    if not fits(value):
        raise Refused(400, f"{name}: {one.name} must be {words}.")
    if one.kind == "money":
        whole, _, part = str(value).partition(".")
        return f"{whole}.{part:0<2}"
    if one.kind == "ints" and isinstance(value, list):
        return [int(each) for each in value]
    return value


class Documents:
    """The rows of one resource in the order they were added."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.rows: dict[Key, Row] = {}
        self._defaults = {one.name: one.default for one in schema.fields}
        self._known = {one.name: one for one in schema.fields}
        self._last = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.rows)

    def clear(self) -> None:
        """No rows; ids start again."""
        self.rows.clear()
        self._last = 0

    def read(self, given: object, unknown: str, *, partial: bool) -> Row:
        """A body's fields, checked; all required ones must be there unless `partial`."""
        row = read_fields(self._known.get, given, unknown=unknown, name=self.schema.name, key=self.schema.key)
        for one in self.schema.fields:
            if one.has("r") and not partial and row.get(one.name) in (None, ""):
                raise Refused(400, f"{self.schema.name}: {one.name} is required.")
        return row

    def add(self, row: Mapping[str, Any], key: Key | None = None) -> Key:
        """Keep a row and give its key: the next integer unless given."""
        if key is None:
            self._last += 1
            key = self._last
        elif isinstance(key, int):
            self._last = max(self._last, key)
        self.rows[key] = self._slim({**row, self.schema.key: key})
        return key

    def update(self, key: Key, changes: Mapping[str, Any]) -> None:
        """Change some fields. Raises KeyError."""
        self.rows[key] = self._slim({**self.rows[key], **changes, self.schema.key: key})

    def remove(self, key: Key) -> None:
        """Forget a row. Raises KeyError."""
        del self.rows[key]

    def value(self, key: Key, name: str) -> Any:
        """One field of one row."""
        return self.rows[key].get(name, self._defaults[name])

    def whole(self, key: Key) -> Row:
        """Every readable field of a row."""
        return self.part(key, self.schema.shown)

    def part(self, key: Key, names: Iterable[str]) -> Row:
        """Some fields of a row, in the order asked for."""
        row, defaults = self.rows[key], self._defaults
        return {name: row[name] if name in row else copy.copy(defaults[name]) for name in names}

    def dump(self) -> dict[str, Any]:
        """The rows as they are kept."""
        return {"last": self._last, "rows": list(self.rows.values())}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Put dumped rows in place of the present ones. Raises KeyError."""
        rows = {row[self.schema.key]: dict(row) for row in dumped["rows"]}
        last = int(dumped["last"])
        self.rows, self._last = rows, last

    def _slim(self, row: Row) -> Row:
        key = self.schema.key
        return {
            name: value for name, value in row.items() if name == key or value != self._defaults.get(name)
        }
