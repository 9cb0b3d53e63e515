"""The query parameters of JSON:API: filter, sort, page, include, sparse fieldsets."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from werkzeug.datastructures import MultiDict

from fakes.klaviyo.errors import invalid
from fakes.klaviyo.filters import Clause, parse_filter


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one endpoint understands. ``size`` is (default, max) or None where the page size is fixed."""

    filters: Mapping[str, tuple[str, ...]]
    sorts: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    includes: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] | None = None
    additional: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One request's parameters, checked. ``cursor`` is decoded, None on the first page."""

    clauses: Sequence[Clause]
    sort: str | None
    size: int
    cursor: list[Any] | None
    include: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    additional: Mapping[str, tuple[str, ...]]


def parse_query(args: "MultiDict[str, str]", accepted: Accepted, *, unknown: str = "ignore") -> Query:
    """Read and check the parameters. Raises Refusal pointing at the parameter."""
    include = _listed(args.get("include", ""))
    for name in include:
        if name not in accepted.includes:
            detail = f"'{name}' is not an allowed include parameter for this resource."
            raise invalid(detail, parameter="include")
    sort = args.get("sort") or None
    if sort is not None and sort.removeprefix("-") not in accepted.sorts:
        raise invalid(f"'{sort}' is not an allowed sort parameter for this resource.", parameter="sort")
    if unknown == "refuse":
        _refuse_unknown(args)
    return Query(
        clauses=parse_filter(args.get("filter", ""), accepted.filters),
        sort=sort,
        size=_size(args.get("page[size]"), accepted.size),
        cursor=decode_cursor(args.get("page[cursor]")),
        include=include,
        fields=_fieldsets(args, "fields", accepted.fields or {}),
        additional=_fieldsets(args, "additional-fields", accepted.additional or {}),
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
        raw = base64.urlsafe_b64decode(text.lstrip("="))
        decoded: list[Any] = msgspec.json.decode(raw, type=list[Any])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise invalid("Invalid page cursor.", parameter="page[cursor]") from None
    return decoded


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _size(text: str | None, allowed: tuple[int, int] | None) -> int:
    if allowed is None:
        return 0
    default, largest = allowed
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= largest:
        raise invalid(f"Page size must be an integer between 1 and {largest}.", parameter="page[size]")
    return int(text)


def _fieldsets(
    args: "MultiDict[str, str]", kind: str, allowed: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for resource, names in allowed.items():
        parameter = f"{kind}[{resource}]"
        if parameter not in args:
            continue
        found[resource] = _listed(args[parameter])
        for name in found[resource]:
            if name.split(".", 1)[0] not in names:
                detail = f"'{name}' is not a valid field for the resource '{resource}'."
                raise invalid(detail, parameter=parameter)
    return found


def _refuse_unknown(args: "MultiDict[str, str]") -> None:
    for name in args:
        if name.split("[", 1)[0] not in ("filter", "sort", "page", "include", "fields", "additional-fields"):
            raise invalid(f"'{name}' is not a valid query parameter.", parameter=name)
