"""What R-Series' cursors hold: an instant or an id, and the number of the page they stand behind."""

from datetime import datetime

import msgspec

from sync.domain.clock import iso
from sync.sources.cursors import field


def at_fields(at: datetime | None) -> dict[str, object]:
    """What a cursor keeps of an instant."""
    return {} if at is None else {"at": iso(at)}


def number_of(cursor: str | None) -> int | None:
    """The id a feed was read to. Raises ValueError for a foreign cursor."""
    return None if cursor is None else int(str(field(cursor, "id")))


def page_number(cursor: str | None) -> int:
    """The number of the page the cursor stands behind; 0 for none."""
    try:
        found = msgspec.json.decode(cursor or "{}")
    except msgspec.DecodeError:
        return 0  # whoever reads the rest of the cursor will say that it is none
    number = found.get("page") if isinstance(found, dict) else None
    return number if isinstance(number, int) else 0
