"""Checks of single values, shared by the single and the bulk endpoints.

``Bad`` names the member that is wrong; the endpoint turns it into its own pointer and wording.
"""

from collections.abc import Mapping
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
_ENCODER = msgspec.json.Encoder()
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


def packed_properties(properties: dict[str, Any], scratch: bytearray) -> bytes:
    """The properties as they are kept: checked, without those that Klaviyo ignores, as compact JSON.

    A number 0, null and an empty string at the top level are stored as if absent. ``scratch`` is any buffer.
    """
    if len(properties) > PROPERTIES_MAX:
        raise Bad(f"At most {PROPERTIES_MAX} properties are allowed", "properties")
    ignored = []
    for name, value in properties.items():
        kind = type(value)
        if kind is bool:
            continue
        if not value and kind is not list and kind is not dict:
            ignored.append(name)
        elif kind is not str or len(value) > _PLAIN_MAX:
            _check(value, 2)
    for name in ignored:
        del properties[name]
    return compact(properties, scratch)


def compact(properties: Mapping[str, Any], scratch: bytearray) -> bytes:
    """JSON in exactly the memory it needs: bytes straight from the encoder keep half as much again."""
    _ENCODER.encode_into(properties, scratch)
    return bytes(scratch)


# A string of this many characters cannot exceed the limit whatever their encoding.
_PLAIN_MAX = STRING_BYTES_MAX // 4


def _check(value: object, depth: int) -> None:
    """Check a value and everything inside it; the properties object itself is level 1."""
    if isinstance(value, str):
        if len(value) > _PLAIN_MAX and len(value.encode()) > STRING_BYTES_MAX:
            raise Bad("A string must not exceed 100 KB", "properties")
    elif isinstance(value, dict | list):
        if depth > DEPTH_MAX:
            raise Bad(f"Properties must not be nested deeper than {DEPTH_MAX} levels", "properties")
        if isinstance(value, list) and len(value) > ARRAY_ITEMS_MAX:
            raise Bad(f"An array must not have more than {ARRAY_ITEMS_MAX} items", "properties")
        for item in value.values() if isinstance(value, dict) else value:
            # Most items are short strings, which need no look.
            if type(item) is not str or len(item) > _PLAIN_MAX:
                _check(item, depth + 1)
    elif isinstance(value, int) and not _INT_MIN <= value <= _INT_MAX:
        raise Bad("An integer must fit into 64 bits", "properties")


PATCHES = ("append", "unappend", "unset")


def checked_patch(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    """The ``patch_properties`` of a profile's meta. Raises Bad for what cannot be carried out."""
    said: Mapping[str, Any] = meta or {}
    for name, value in said.items():
        if name not in ("patch_properties", "patch_identifiers"):
            raise Bad(f"'{name}' is not a valid field for the resource 'meta'.", f"meta/{name}")
        if value is not None and not isinstance(value, dict):
            raise Bad(f"'{name}' must be an object", f"meta/{name}")
    patch: dict[str, Any] = said.get("patch_properties") or {}
    for name, value in patch.items():
        if name not in PATCHES:
            raise Bad(f"'{name}' is not a valid field for the resource 'patch_properties'.", f"meta/{name}")
        good: tuple[type, ...] = (str, list) if name == "unset" else (dict,)
        if value is not None and not isinstance(value, good):
            raise Bad(f"'{name}' has the wrong type", f"meta/patch_properties/{name}")
        if isinstance(value, list) and not all(isinstance(one, str) for one in value):
            raise Bad("'unset' takes names", "meta/patch_properties/unset")
    return patch
