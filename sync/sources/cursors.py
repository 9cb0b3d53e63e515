"""Cursors as JSON objects: what any source keeps of how far a feed was read."""

from datetime import datetime

import msgspec

from sync.domain.clock import utc


def made(**fields: object) -> str:
    """The text to store."""
    return msgspec.json.encode(fields).decode()


def field(cursor: str | None, name: str) -> object:
    """What a stored cursor says; None at the very beginning. Raises ValueError for a foreign one."""
    if cursor is None:
        return None
    try:
        found = msgspec.json.decode(cursor)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict) or name not in found:
        raise ValueError("the stored cursor is not one of this feed")
    return found[name]


def at_of(cursor: str | None) -> datetime | None:
    """The instant a feed was read to; None at the very beginning. Raises ValueError for a foreign cursor."""
    return None if cursor is None else utc(str(field(cursor, "at")))
