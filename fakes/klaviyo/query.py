"""Query parameters: filter, sort, page, include, sparse fieldsets, as the operation's description allows."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import g, request
from werkzeug.datastructures import MultiDict

from fakes.klaviyo.errors import invalid
from fakes.klaviyo.filters import Clause, bad_filter, parse_filter
from fakes.klaviyo.operations import Operation, fieldset
from fakes.klaviyo.switches import Switches

CURSOR_LENGTH_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """One request's parameters, checked. ``cursor`` is decoded, None on the first page; ``size`` 0 is all."""

    clauses: Sequence[Clause]
    sort: str | None
    size: int
    cursor: list[Any] | None
    include: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    additional: Mapping[str, tuple[str, ...]]

    def sorted_by(self, default: str) -> tuple[str, bool]:
        """The field to sort by, and whether descending."""
        name = self.sort or default
        return name.removeprefix("-"), name.startswith("-")

    def adds(self, resource: str, name: str) -> bool:
        """Whether ``additional-fields[resource]`` asks for a field."""
        return name in self.additional.get(resource, ())


def asked(switches: Switches) -> Query:
    """What the current request asks of its operation. Raises Refusal pointing at the parameter."""
    if "query" not in g:
        operation: Operation = g.operation
        g.query = parse_query(request.args, operation, switches)
    query: Query = g.query
    return query


def parse_query(args: "MultiDict[str, str]", operation: Operation, switches: Switches) -> Query:
    """Read and check the parameters. Raises Refusal pointing at the parameter."""
    if switches.unknown_parameters == "refuse":
        _refuse_unknown(args, operation)
    include = _listed(args.get("include", ""))
    for name in include:
        if name not in operation.includes:
            detail = f"'{name}' is not an allowed include parameter for this resource."
            raise invalid(detail, parameter="include")
    sort = args.get("sort") or None
    if sort is not None and sort.removeprefix("-") not in operation.sorts:
        raise invalid(f"'{sort}' is not an allowed sort parameter for this resource.", parameter="sort")
    return Query(
        clauses=_clauses(args.get("filter", ""), operation, strict=switches.filter_shapes_enforced),
        sort=sort,
        size=_size(args.get("page[size]"), operation.size),
        cursor=decode_cursor(args.get("page[cursor]")),
        include=include,
        fields=_fieldsets(args, "fields", operation.fields),
        additional=_fieldsets(args, "additional-fields", operation.additional_fields),
    )


def encode_cursor(parts: list[Any]) -> str:
    """An opaque cursor: base64 of a JSON array, as Klaviyo's events cursor is."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode()


def decode_cursor(text: str | None) -> list[Any] | None:
    """The array inside a cursor. Raises Refusal for one we never gave."""
    if not text:
        return None
    try:
        # The official Python client cuts the cursor out of a link together with its equals sign.
        raw = base64.urlsafe_b64decode(text[:CURSOR_LENGTH_MAX].lstrip("="))
        decoded: list[Any] = msgspec.json.decode(raw, type=list[Any])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise bad_cursor() from None
    return decoded


def bad_cursor() -> Exception:
    """400 for a cursor that we never gave."""
    return invalid("Invalid page cursor.", parameter="page[cursor]")


def _clauses(text: str, operation: Operation, *, strict: bool) -> list[Clause]:
    allowed = {
        name: tuple(operator for operators in shapes.values() for operator in operators)
        for name, shapes in operation.filters.items()
    }
    if text.strip() and not allowed:
        raise bad_filter("this resource cannot be filtered")
    clauses = parse_filter(text, allowed)
    for clause in clauses if strict else ():
        shape = "none" if clause.value is None else "list" if isinstance(clause.value, tuple) else "single"
        if clause.operator not in operation.filters[clause.field].get(shape, ()):
            raise bad_filter(f"'{clause.operator}' on '{clause.field}' takes another kind of value")
    return clauses


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _size(text: str | None, allowed: tuple[int, int] | None) -> int:
    if allowed is None:
        return 0
    default, largest = allowed
    if text is None:
        return default
    # isdecimal() alone would let other alphabets' digits in.
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= largest):
        raise invalid(f"Page size must be an integer between 1 and {largest}.", parameter="page[size]")
    return int(text)


def _fieldsets(
    args: "MultiDict[str, str]", kind: str, allowed: Mapping[str, int]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for resource, number in allowed.items():
        parameter = f"{kind}[{resource}]"
        if parameter not in args:
            continue
        names = fieldset(number)
        found[resource] = _listed(args[parameter])
        for name in found[resource]:
            if name != "id" and name not in names and name.split(".", 1)[0] not in names:
                detail = f"'{name}' is not a valid field for the resource '{resource}'."
                raise invalid(detail, parameter=parameter)
    return found


def _refuse_unknown(args: "MultiDict[str, str]", operation: Operation) -> None:
    known = {f"fields[{name}]" for name in operation.fields}
    known |= {f"additional-fields[{name}]" for name in operation.additional_fields}
    known |= {"filter"} if operation.filters else set()
    known |= {"sort"} if operation.sorts else set()
    known |= {"include"} if operation.includes else set()
    known |= {"page[size]", "page[cursor]"} if operation.size else {"page[cursor]"}
    for name in args:
        if name not in known:
            raise invalid(f"'{name}' is not a valid query parameter.", parameter=name)
