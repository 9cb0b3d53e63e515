"""Checks of single values, shared by the single and the bulk endpoints.

``Bad`` names the member that is wrong; the endpoint turns it into its own pointer and wording.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

PROPERTIES_MAX = 400
STRING_BYTES_MAX = 100 * 1024
ARRAY_ITEMS_MAX = 4_000
DEPTH_MAX = 10
UNIQUE_ID_MAX = 255
METRIC_NAME_MAX = 127
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 63) - 1


@dataclass(slots=True)
class Bad(Exception):
    """A value that Klaviyo refuses. ``member`` is its path inside the attributes, as ``profile/email``."""

    detail: str
    member: str


def instant(text: str, latest: datetime, member: str = "time") -> int:
    """Whole epoch seconds of an ISO 8601 time, truncated; without an offset it is read as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Bad("Invalid date or time", member) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if not EARLIEST <= at <= latest:
        raise Bad("Time must be after 1990 and at most one year in the future", member)
    return (at - EPOCH) // _SECOND


def packed_properties(properties: dict[str, Any]) -> bytes:
    """The properties as they are kept: checked, without those that Klaviyo ignores, as compact JSON.

    A number 0, null and an empty string at the top level are stored as if absent.
    """
    if len(properties) > PROPERTIES_MAX:
        raise Bad(f"At most {PROPERTIES_MAX} properties are allowed", "properties")
    ignored = [name for name, value in properties.items() if not _is_kept(value)]
    for name in ignored:
        del properties[name]
    return msgspec.json.encode(properties)


def _is_kept(value: object) -> bool:
    """Check one top-level value; False if it counts as absent."""
    kind = type(value)
    if kind is str:
        if len(value) > _PLAIN_MAX:  # type: ignore[arg-type] # a str, by the line above
            _check(value, 1)
        return value != ""
    if kind is float or kind is int:
        _check_number(value)
        return value != 0
    if kind is list or kind is dict:
        _check(value, 2)
    return value is not None


# A string of this many characters cannot exceed the limit whatever their encoding.
_PLAIN_MAX = STRING_BYTES_MAX // 4


def _check(value: object, depth: int) -> None:
    """Check a value and everything inside it; ``depth`` counts the properties object as 1."""
    if isinstance(value, str):
        if len(value) > _PLAIN_MAX and len(value.encode()) > STRING_BYTES_MAX:
            raise Bad("A string must not exceed 100 KB", "properties")
    elif isinstance(value, dict | list):
        if depth > DEPTH_MAX:
            raise Bad(f"Properties must not be nested deeper than {DEPTH_MAX} levels", "properties")
        if isinstance(value, list) and len(value) > ARRAY_ITEMS_MAX:
            raise Bad(f"An array must not have more than {ARRAY_ITEMS_MAX} items", "properties")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
    else:
        _check_number(value)


def _check_number(value: object) -> None:
    if isinstance(value, int) and not _INT_MIN <= value <= _INT_MAX:
        raise Bad("An integer must fit into 64 bits", "properties")
