"""V3 pages: keyset cursors (base64 of a JSON array) and absolute links built from the request's own host."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from fakes.kit.refusing import Refused
from fakes.lightspeed_r.entities import Entity
from fakes.lightspeed_r.filters import typed
from fakes.lightspeed_r.request import ListRequest
from fakes.lightspeed_r.select import Selection, Selector
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.wire import time_text


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page in the order asked for, and the cursors of its neighbours (None: no neighbour)."""

    rows: list[Any]
    after: str | None
    before: str | None


class Pager:
    """Cuts pages from a selection."""

    def __init__(self, state: State, selector: Selector) -> None:
        self._state = state
        self._selector = selector

    def count(self, entity: Entity, asked: ListRequest) -> int:
        """How many rows the filters leave."""
        found = self._selector.select(entity, asked)
        if found.accept is None:
            return found.stop - found.start
        rows = (entity.find(self._state, found.order.id_at(at)) for at in range(found.start, found.stop))
        return sum(1 for row in rows if found.accept(row))

    def page(self, entity: Entity, asked: ListRequest) -> Page:
        """The page after (or before) the cursor. Raises `Refused` for a cursor this fake never gave."""
        found = self._selector.select(entity, asked)
        if not asked.limit:
            return Page([], None, None)
        backwards = asked.before is not None and asked.after is None
        cursor = asked.before if backwards else asked.after
        start, stop = self._beyond(entity, asked, found, cursor, up=asked.descending == backwards)
        positions = range(start, stop) if asked.descending == backwards else range(stop - 1, start - 1, -1)
        rows = self._walk(entity, found, positions, asked.limit + 1)
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        if backwards:
            rows.reverse()
        if not rows:
            return Page([], None, None)
        first, last = self._cursor(entity, rows[0], asked.sort), self._cursor(entity, rows[-1], asked.sort)
        has_next, has_previous = (True, more) if backwards else (more, cursor is not None)
        return Page(rows, last if has_next else None, first if has_previous else None)

    def offset_page(self, entity: Entity, asked: ListRequest) -> tuple[list[Any], int]:
        """V2: the rows from an offset, and how many there are in all. Rows that move shift what follows."""
        found = self._selector.select(entity, asked)
        if found.accept is not None:
            copy = self._selector.sorted_copy(entity, asked)
            found = Selection(copy, 0, len(copy), None)
        total = found.stop - found.start
        first, last = min(asked.offset, total), min(asked.offset + asked.limit, total)
        places = range(first, last)
        if asked.descending:
            places = range(total - 1 - first, total - 1 - last, -1)
        rows = [entity.find(self._state, found.order.id_at(found.start + place)) for place in places]
        return rows, total

    def _beyond(
        self, entity: Entity, asked: ListRequest, found: Selection, cursor: str | None, *, up: bool
    ) -> tuple[int, int]:
        """The part of the selection that lies beyond the cursor, upwards or downwards in the index."""
        if cursor is None:
            return found.start, found.stop
        value, row_id = _read_cursor(entity, cursor, asked.sort)
        if up:
            return max(found.start, min(found.order.through(value, row_id), found.stop)), found.stop
        return found.start, min(found.stop, max(found.order.before(value, row_id), found.start))

    def _walk(self, entity: Entity, found: Selection, positions: range, wanted: int) -> list[Any]:
        rows: list[Any] = []
        state, order, accept = self._state, found.order, found.accept
        for position in positions:
            row = entity.find(state, order.id_at(position))
            if accept is None or accept(row):
                rows.append(row)
                if len(rows) == wanted:
                    break
        return rows

    def _cursor(self, entity: Entity, row: Any, sort: str) -> str:
        row_id = row if isinstance(row, int) else row.id
        if sort == entity.key:
            parts: list[Any] = [row_id]
        else:
            value = self._selector.sort_value(entity, row, sort)
            parts = [_outward(sort, value), row_id]
        return base64.b64encode(msgspec.json.encode(parts)).decode()


def link(base: str, asked: ListRequest, direction: str, cursor: str | None) -> str:
    """The absolute URL of a neighbour: all that was asked, then sort, limit and cursor; "" without one."""
    if cursor is None:
        return ""
    sort = f"-{asked.sort}" if asked.descending else asked.sort
    pairs = [*asked.kept, ("sort", sort), ("limit", str(asked.limit)), (direction, cursor)]
    return f"{base}?{urlencode(pairs, quote_via=quote, safe='')}"


def _outward(sort: str, value: Any) -> Any:
    if not _is_time(sort):
        return value
    return time_text(value) if value else None


def _read_cursor(entity: Entity, cursor: str, sort: str) -> tuple[Any, int]:
    try:
        parts = msgspec.json.decode(base64.b64decode(cursor, validate=True), type=list[Any])
        row_id = int(parts[-1])
        if sort == entity.key:
            return row_id, row_id
        value, _ = parts
        wanted = int if sort in entity.fast and not _is_time(sort) else str
        if not isinstance(value, wanted) and not (value is None and _is_time(sort)):
            raise TypeError("a cursor of another sort")
    except (binascii.Error, msgspec.MsgspecError, ValueError, IndexError, TypeError):
        raise Refused(400, "The pagination cursor is not valid.") from None
    if _is_time(sort):
        return (typed(sort, str(value)) if value else 0), row_id
    return value, row_id


def _is_time(name: str) -> bool:
    return name.lower().endswith(("timestamp", "time"))
