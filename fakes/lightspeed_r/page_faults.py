"""Data-level faults of lists: what a page may do to a client that trusts it."""

from typing import Any

from fakes.kit.faults import Faults, HasRoute


def tampered(faults: Faults, request: HasRoute, rows: list[Any], now: int) -> list[Any]:
    """The rows a faulty page shows: one twice, in the wrong order, or without those written a moment ago."""
    if faults.take("duplicate", request) is not None:
        rows = rows + rows[:1]
    if faults.take("reorder", request) is not None:
        rows = rows[::-1]
    late = faults.take("late_visibility", request)
    if late is not None:
        rows = [row for row in rows if _written_at(row) <= now - late.seconds()]
    return rows


def _written_at(row: Any) -> int:
    """When the row entered the database, as far as it is known; sale lines count as long written."""
    return int(getattr(row, "visible_at", getattr(row, "stamp_at", 0)))
