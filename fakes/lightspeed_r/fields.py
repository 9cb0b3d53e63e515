"""Values of a write: from whatever a client sent to what the truth keeps, or refused in words.

A field left out stays as it is; empty or null clears it. Numbers and flags may come as JSON types or texts.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from fakes.kit.refusing import Refused
from fakes.lightspeed_r.filters import instant as read_instant
from fakes.lightspeed_r.wire import SCALE

TEXT_MAX = 10_000
_WHOLE_MAX = 1_000_000_000
_AMOUNT_MAX = Decimal(1_000_000_000)
_INSTANT_MAX = (1 << 32) - 1
Body = Mapping[str, Any]


def text(name: str, value: Any) -> str:
    """Free text; a number or flag as R-Series would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise Refused(400, f"{name} must be a value, not an object.")
    found = str(value)
    if len(found) > TEXT_MAX:
        raise Refused(400, f"{name} is too long.")
    return found


def flag(name: str, value: Any) -> bool:
    """A boolean."""
    found = text(name, value).lower()
    if found not in ("true", "false", "1", "0", ""):
        raise Refused(400, f"{name} must be true or false.")
    return found in ("true", "1")


def whole(name: str, value: Any) -> int:
    """A whole number of moderate size; blank is 0."""
    number = _number(name, value)
    if number != number.to_integral_value() or abs(number) > _WHOLE_MAX:
        raise Refused(400, f"{name} must be a whole number.")
    return int(number)


def row_id(name: str, value: Any) -> int:
    """An id; blank is 0, which means none."""
    found = whole(name, value)
    if found < 0:
        raise Refused(400, f"{name} must be an id.")
    return found


def amount(name: str, value: Any) -> int:
    """Money, scaled; finer than seven decimals is rounded."""
    return int((_number(name, value) * SCALE).to_integral_value())


def fraction(name: str, value: Any) -> Decimal:
    """A rate or percentage as a fraction of 1."""
    found = _number(name, value)
    if not 0 <= found <= 1:
        raise Refused(400, f"{name} must be between 0 and 1.")
    return found


def instant(name: str, value: Any) -> int:
    """A date and time as epoch seconds."""
    found = read_instant(name, text(name, value))
    if not 0 <= found <= _INSTANT_MAX:
        raise Refused(400, f"{name} is not a date this century.")
    return found


def rows(name: str, value: Any, key: str) -> list[Body]:
    """The rows of a relation, written as {key: row}, {key: [rows]}, [{key: row}] or [rows]."""
    if value in (None, "", [], {}):
        return []
    if isinstance(value, dict):
        inner = value.get(key, value)
        listed = inner if isinstance(inner, list) else [inner]
    elif isinstance(value, list):
        listed = [
            one[key] if isinstance(one, dict) and list(one) == [key] and isinstance(one[key], dict) else one
            for one in value
        ]
    else:
        listed = [value]
    if not all(isinstance(one, dict) for one in listed):
        raise Refused(400, f"{name} must hold objects.")
    return [one for one in listed if isinstance(one, dict)]


def kept_json(name: str, value: Any) -> str:
    """An object or list kept as it was written; "" for nothing."""
    if value in (None, "", [], {}):
        return ""
    found = msgspec.json.encode(_texts(value)).decode()
    if len(found) > TEXT_MAX:
        raise Refused(400, f"{name} is too long.")
    return found


def check_known(
    body: Body, writable: Collection[str], read_only: Iterable[str], entity: str, *, strict: bool
) -> None:
    """Raises `Refused` for a field the entity has not; those the server keeps are passed over."""
    unknown = sorted(set(body) - set(writable) - set(read_only) - {"@attributes"})
    if unknown and strict:
        raise Refused(400, f"'{unknown[0][:60]}' is not a field of '{entity}'.")


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return text("value", value)


def _number(name: str, value: Any) -> Decimal:
    if isinstance(value, bool):
        raise Refused(400, f"{name} must be a number.")
    try:
        found = Decimal(text(name, value).strip() or "0")
    except InvalidOperation:
        raise Refused(400, f"{name} must be a number.") from None
    if not found.is_finite() or abs(found) > _AMOUNT_MAX:
        raise Refused(400, f"{name} must be a number.")
    return found
