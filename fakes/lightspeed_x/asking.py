"""Reading what a write sends: members by their path, with the vendor's kind of complaint."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x.money import NoAmount, amount
from fakes.lightspeed_x.wire import seconds

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_TEXT_MAX = 4_096


def get(body: Mapping[str, Any], path: str) -> Any:
    """The member at a dotted path; None when any part of it is missing or null."""
    found: Any = body
    for name in path.split("."):
        if not isinstance(found, Mapping):
            raise Refused(422, f"{path} must be inside an object")
        found = found.get(name)
        if found is None:
            return None
    return found


def text(body: Mapping[str, Any], path: str, *, required: bool = False) -> str | None:
    """A text, None when it is not given."""
    found = get(body, path)
    if found is None:
        if required:
            raise Refused(422, f"{path} is required")
        return None
    if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
        raise Refused(422, f"{path} must be a string")
    shown = str(found)
    if len(shown) > _TEXT_MAX:
        raise Refused(422, f"{path} is too long")
    return shown


def number(body: Mapping[str, Any], path: str, default: Decimal | None = None) -> Decimal:
    """An amount; required when there is no default."""
    found = get(body, path)
    if found is None:
        if default is None:
            raise Refused(422, f"{path} is required")
        return default
    try:
        return amount(found)
    except NoAmount as refused:
        raise Refused(422, f"{path}: {refused}") from None


def flag(body: Mapping[str, Any], path: str, *, default: bool = False) -> bool:
    """A boolean; 0.9 also says 0 and 1."""
    found = get(body, path)
    if found is None:
        return default
    if found in (True, False, 0, 1, "0", "1"):
        return found in (True, 1, "1")
    raise Refused(422, f"{path} must be true or false")


def rows(body: Mapping[str, Any], path: str) -> list[Mapping[str, Any]] | None:
    """A list of objects, None when it is not given."""
    found = get(body, path)
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Refused(422, f"{path} must be a list of objects")
    return found


def part(body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """An object inside the body, an empty one when it is not given."""
    found = get(body, path)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Refused(422, f"{path} must be an object")
    return found


def words(body: Mapping[str, Any], path: str) -> list[str] | None:
    """A list of texts, None when it is not given."""
    found = get(body, path)
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Refused(422, f"{path} must be a list of strings")
    return found


def instant(body: Mapping[str, Any], path: str, default: int) -> int:
    """An instant as epoch seconds; without an offset it is UTC."""
    found = text(body, path)
    if not found:
        return default
    try:
        return seconds(found)
    except (ValueError, OverflowError):
        raise Refused(422, f"{path} must be a date and time") from None


def chosen_id(body: Mapping[str, Any], path: str) -> str:
    """An id the caller chose, "" without one. UUID-shaped, of whatever version."""
    found = text(body, path) or ""
    if found and not _ID.match(found.lower()):
        raise Refused(422, f"{path} must be a UUID")
    return found.lower()


def known(table: Any, row_id: str | None, path: str) -> str | None:
    """The id of a row that exists; None stays None. Raises Refused."""
    if row_id is not None and table.find(row_id) is None:
        raise Refused(422, f"{path} does not exist")
    return row_id
