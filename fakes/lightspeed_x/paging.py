"""Pages: by the version cursor in 2.x and the date versions, by number in 0.9; and what faults do to them."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.lightspeed_x.gate import Call
from fakes.lightspeed_x.records import Sale
from fakes.lightspeed_x.state import State
from fakes.lightspeed_x.tables import Table

PAGE_MAX_09, PAGE_DEFAULT_09 = 200, 100
LATE_S = 60.0
R = TypeVar("R", bound=Any)


class Pager:
    """Cuts pages of one account."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults

    def newest(
        self, table: Table[R], call: Call, wanted: Callable[[R], bool], cap: int
    ) -> tuple[list[R], dict[str, int | None]]:
        """The next page above `after`, ascending, and its bounds; sizes over `cap` are cut in silence."""
        switches = self.state.switches
        size = min(call.whole("page_size") or switches.page_size_default, cap)
        if switches.short_page_rows:
            size = min(size, switches.short_page_rows)
        after, before = call.whole("after", 0) or 0, call.whole("before")
        rows = table.page(after, before, size, wanted, through=switches.before_inclusive)
        shown = self._tampered(table, rows, call)
        request.environ[NOTE_KEY].counts["rows"] = len(shown)
        served = [int(row.version) for row in shown]
        return shown, {"min": min(served, default=None), "max": max(served, default=None)}

    def numbered(
        self, table: Table[R], call: Call, wanted: Callable[[R], bool]
    ) -> tuple[list[R], dict[str, int]]:
        """A page of 0.9 with its counts."""
        size = min(call.whole("page_size") or PAGE_DEFAULT_09, PAGE_MAX_09)
        page = max(1, call.whole("page", 1) or 1)
        found = [row for row in map(table.rows.__getitem__, table.feed.walk(0)) if wanted(row)]
        shown = self._tampered(table, found[(page - 1) * size : page * size], call)
        request.environ[NOTE_KEY].counts["rows"] = len(shown)
        pages = max(1, -(-len(found) // size))
        return shown, {"results": len(found), "page": page, "page_size": size, "pages": pages}

    def _tampered(self, table: Table[R], rows: list[R], call: Call) -> list[R]:
        """The rows a faulty page shows: one twice, in the wrong order, some not yet, one too late."""
        asked, now = call.asked, call.at
        if self.faults.take("duplicate", asked) is not None:
            rows = rows + rows[:1]
        if self.faults.take("reorder", asked) is not None:
            rows = rows[::-1]
        late = self.faults.take("late_visibility", asked)
        if late is not None:
            rows = [row for row in rows if row.updated_at <= now - late.seconds()]
        lower = self.faults.take("late_lower_version", asked)
        if lower is not None and len(rows) > 1 and isinstance(rows[-2], Sale):
            rows = self._hide(table, rows, now + int(lower.seconds(LATE_S)))
        return rows

    def _hide(self, table: Table[R], rows: list[R], until: int) -> list[R]:
        """The last row but one is committed only `until`, under the version it already has."""
        victim = rows[-2]
        table.feed.drop(victim.version)
        self.state.when(until, "commit_again", victim.id, victim.version)
        return [row for row in rows if row is not victim]
