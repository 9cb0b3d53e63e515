"""Every covered operation: its quotas, scopes and query grammar, from Klaviyo's own OpenAPI description.

``operations.json`` was cut out of that description (revision 2026-07-15); a contract test holds it to it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec import Struct

_FILE = Path(__file__).with_name("operations.json")


class Operation(Struct, frozen=True):
    """One operation. ``quotas`` are per second, per minute and per day (0: no daily one)."""

    name: str
    quotas: tuple[int, int, int]
    scopes: tuple[str, ...]
    filters: dict[str, dict[str, tuple[str, ...]]] = {}
    """By field, then by the value's shape (``single``, ``list``, ``none``): the operators."""
    sorts: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    """Default and largest page; None where the client cannot choose."""
    includes: tuple[str, ...] = ()
    fields: dict[str, int] = {}
    additional_fields: dict[str, int] = {}


class _Described(Struct):
    fieldsets: list[frozenset[str]]
    operations: dict[str, Operation]


@cache
def _described() -> _Described:
    return msgspec.json.decode(_FILE.read_bytes(), type=_Described)


@cache
def operations() -> Mapping[str, Operation]:
    """Operations by ``GET /api/events/<id>``."""
    return MappingProxyType(_described().operations)


def fieldset(number: int) -> frozenset[str]:
    """The names that one sparse fieldset may list; dotted ones are inside an attribute."""
    return _described().fieldsets[number]
