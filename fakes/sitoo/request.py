"""What a request asks for, read strictly: known parameters of the right type, everything else refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import request

from fakes.sitoo.errors import Refused
from fakes.sitoo.switches import Switches

NUM_DEFAULT = 10
_INT_MAX = 1 << 62
PAGING = {"start": "int", "num": "int"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A list request. `filters` holds only what was given."""

    filters: Mapping[str, Any]
    start: int
    num: int
    fields: tuple[str, ...] | None
    descending: bool


def read_query(known: Mapping[str, str], switches: Switches) -> dict[str, Any]:
    """The parameters of the current request by name; kinds are int, text, bool, ints and texts.

    Raises Refused(400) for a wrong type and, by switch, for an unknown name.
    """
    given: dict[str, Any] = {}
    for name in request.args:
        kind = known.get(name)
        if kind is None:
            if switches.unknown_parameter == "error":
                raise Refused(400, f"Unknown parameter '{name[:60]}'.")
            continue
        texts = request.args.getlist(name)
        given[name] = _value(name, kind, texts)
    return given


def _value(name: str, kind: str, texts: Sequence[str]) -> Any:
    if kind in ("ints", "texts"):
        parts = [part for text in texts for part in text.split(",") if part]
        return tuple(_int(name, part) for part in parts) if kind == "ints" else tuple(parts)
    text = texts[-1]
    if kind == "int":
        return _int(name, text)
    if kind == "bool":
        # A known client's workaround shows that only the words are understood.
        if text not in ("true", "false"):
            raise Refused(400, f"{name} must be true or false.")
        return text == "true"
    return text


def _int(name: str, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < _INT_MAX):
        raise Refused(400, f"{name} must be an integer.")
    return int(text)


def read_list(
    filters: Mapping[str, str], all_fields: Sequence[str], switches: Switches, sort: str | None = None
) -> Asked:
    """A list request with paging and `fields`; `sort` is the one sortable field, newest first by default."""
    known = {**filters, **PAGING, "fields": "texts", **({"sort": "text"} if sort else {})}
    given = read_query(known, switches)
    start, num = given.pop("start", 0), given.pop("num", NUM_DEFAULT)
    if start < 0 or num < 0:
        raise Refused(400, "start and num must not be negative.")
    if num > switches.num_max:
        if switches.num_over_max == "error":
            raise Refused(400, f"num must not exceed {switches.num_max}.")
        num = switches.num_max
    asked_sort = given.pop("sort", f"-{sort}")
    if sort and asked_sort not in (sort, f"-{sort}"):
        raise Refused(400, f"sort must be {sort} or -{sort}.")
    fields = read_field_names(given.pop("fields", None), all_fields, switches)
    return Asked(given, start, num, fields, descending=asked_sort.startswith("-"))


def read_field_names(
    asked: Sequence[str] | None, all_fields: Sequence[str], switches: Switches
) -> tuple[str, ...] | None:
    """The names of `fields`, None for the default set. Raises Refused(400) for an unknown one, by switch."""
    if not asked:
        return None
    unknown = [name for name in asked if name not in all_fields]
    if unknown and switches.unknown_field == "error":
        raise Refused(400, f"Unknown field '{unknown[0][:60]}'.")
    return tuple(dict.fromkeys(name for name in asked if name in all_fields))


def body() -> Any:
    """The JSON body. Raises Refused(400) when there is none or it is not JSON."""
    raw = request.get_data()
    if not raw:
        raise Refused(400, "A JSON body is missing.")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "The body is not valid JSON.") from None


def batch_or_one(given: Any, most: int = 0) -> tuple[list[Any], bool]:
    """The items of a body and whether it was an array."""
    if not isinstance(given, list):
        return [given], False
    if not given or (most and len(given) > most):
        raise Refused(400, f"Between 1 and {most or 'any number of'} items are allowed.")
    return given, True
