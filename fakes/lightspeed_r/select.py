"""Finding the rows of a list without scanning: a lookup, a slice of the sort's own index, or a sorted copy.

A copy is kept while the truth does not change, so that a long paged read sorts once.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from fakes.lightspeed_r.entities import Entity, text_of
from fakes.lightspeed_r.filters import Condition, is_range, test, typed
from fakes.lightspeed_r.index import Index, TextIndex
from fakes.lightspeed_r.request import ListRequest
from fakes.lightspeed_r.state import State

_ABOVE_ALL = 10**20
_COPIES_MAX = 8
_WORTH_SORTING = 8
Accept = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """Candidates: positions `start` to `stop` of `order`, each still to pass `accept` if there is one."""

    order: Index | TextIndex
    start: int
    stop: int
    accept: Accept | None


@dataclass(frozen=True, slots=True)
class _Slice:
    index: Index
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def ids(self) -> list[int]:
        return self.index.ids(self.start, self.stop)


class Selector:
    """Plans list requests over one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._copies: OrderedDict[Any, Index | TextIndex] = OrderedDict()

    def select(self, entity: Entity, asked: ListRequest) -> Selection:
        conditions = [*asked.conditions, *_archived_condition(entity, asked.archived)]
        looked_up = self._looked_up(entity, conditions)
        index = entity.index(self._state, asked.sort)
        if looked_up is None and index is not None:
            bounds = [c for c in conditions if c.field == asked.sort and _bounding(c)]
            start, stop = _slice(index, bounds)
            narrow = self._narrowest(entity, conditions)
            # Walking past rows that another index rules out costs more than sorting the few that remain.
            if narrow is None or len(narrow) * _WORTH_SORTING >= stop - start:
                rest = [c for c in conditions if c not in bounds]
                return Selection(index, start, stop, self._accept(entity, rest, asked))
        order = self._sorted_copy(entity, conditions, asked, looked_up)
        return Selection(order, 0, len(order), None)

    def sort_value(self, entity: Entity, row: Any, name: str) -> Any:
        """The typed value of a row that a sort or a cursor uses; 0 for an absent instant."""
        if name in entity.fast and name in entity.sortable:
            return entity.fast[name](self._state, row) or 0
        record = msgspec.json.decode(text_of(entity, self._state, row, frozenset()))
        value = typed(name, _shown(record, name) or "")
        # Of V2, which sorts by anything: numbers in an order that texts can have.
        return value if isinstance(value, str) else f"{value + _ABOVE_ALL:040.10f}"

    def _looked_up(self, entity: Entity, conditions: list[Condition]) -> list[int] | None:
        for condition in conditions:
            find = entity.lookups.get(condition.field)
            if condition.operator not in ("=", "IN") or not (find or condition.field == entity.key):
                continue
            ids = [int(value) for value in condition.values if not isinstance(value, str)]
            if find is None:
                return [row_id for row_id in ids if row_id > 0]
            return [row_id for parent in ids for row_id in find(self._state, parent)]
        return None

    def sorted_copy(self, entity: Entity, asked: ListRequest) -> Index | TextIndex:
        """All rows that pass, in order: for pages that are told by their offset."""
        conditions = [*asked.conditions, *_archived_condition(entity, asked.archived)]
        return self._sorted_copy(entity, conditions, asked, self._looked_up(entity, conditions))

    def _sorted_copy(
        self, entity: Entity, conditions: list[Condition], asked: ListRequest, ids: Iterable[int] | None
    ) -> Index | TextIndex:
        key = (
            entity.name,
            tuple(conditions),
            asked.alternatives,
            asked.loaded,
            asked.sort,
            self._state.version,
        )
        if key not in self._copies:
            candidates = self._narrowed(entity, conditions) if ids is None else set(ids)
            self._copies[key] = self._sort(
                entity, candidates, asked.sort, self._accept(entity, conditions, asked)
            )
            if len(self._copies) > _COPIES_MAX:
                self._copies.popitem(last=False)
        return self._copies[key]

    def _narrowed(self, entity: Entity, conditions: list[Condition]) -> Iterable[int]:
        narrow = self._narrowest(entity, conditions)
        if narrow is not None:
            return narrow.ids()
        shown = entity.shown(self._state)
        return shown.ids(0, len(shown))

    def _narrowest(self, entity: Entity, conditions: list[Condition]) -> "_Slice | None":
        """The shortest slice of an index that a single condition cuts."""
        slices = [
            _Slice(index, *_slice(index, [condition]))
            for condition in conditions
            if _bounding(condition) and (index := entity.index(self._state, condition.field)) is not None
        ]
        return min(slices, key=len, default=None)

    def _sort(
        self, entity: Entity, ids: Iterable[int], sort: str, accept: Accept | None
    ) -> Index | TextIndex:
        pairs: list[tuple[Any, int]] = []
        for row_id in ids:
            row = entity.find(self._state, row_id)
            if row is not None and (accept is None or accept(row)):
                pairs.append((self.sort_value(entity, row, sort), row_id))
        if sort in entity.fast and sort in entity.sortable:
            return Index(pairs)
        return TextIndex(pairs)

    def _accept(self, entity: Entity, conditions: list[Condition], asked: ListRequest) -> Accept | None:
        tests = [self._test(entity, condition, asked.loaded) for condition in conditions]
        if asked.alternatives:
            either = [self._test(entity, condition, asked.loaded) for condition in asked.alternatives]
            tests.append(lambda row: any(one(row) for one in either))
        if not tests:
            return None
        return tests[0] if len(tests) == 1 else lambda row: all(one(row) for one in tests)

    def _test(self, entity: Entity, condition: Condition, loaded: frozenset[str]) -> Accept:
        passes, state = test(condition), self._state
        read = entity.fast.get(condition.field)
        if read is not None and condition.operator not in ("~", "!~"):
            return lambda row: passes(read(state, row))
        wanted = _related(loaded, condition.field)

        def written(row: Any) -> bool:
            record = msgspec.json.decode(text_of(entity, state, row, wanted))
            return _passes_any(passes, condition, list(_values(entity, record, condition.field)))

        return written


def _archived_condition(entity: Entity, archived: str) -> list[Condition]:
    if archived == "true" or "archived" not in entity.fast:
        return []
    return [Condition("archived", "=", ("true" if archived == "only" else "false",))]


def _bounding(condition: Condition) -> bool:
    """Whether an index can answer it: a range or equality over instants or numbers."""
    numbers = not any(isinstance(value, str) for value in condition.values)
    return numbers and (is_range(condition) or condition.operator == "=")


def _slice(index: Index, bounds: list[Condition]) -> tuple[int, int]:
    """The positions that satisfy all bounds. 0 stands for an absent instant and satisfies none."""
    start, stop = 0, len(index)
    for bound in bounds:
        low, high = _whole(bound)
        start, stop = max(start, index.before(max(low, 1))), min(stop, index.through(high))
    return start, max(start, stop)


def _whole(bound: Condition) -> tuple[int, int]:
    """The bound as whole numbers, both inclusive."""
    first, last = bound.values[0], bound.values[-1]
    assert not isinstance(first, str)
    assert not isinstance(last, str)
    top = (1 << 32) - 1
    if bound.operator == ">":
        return int(first // 1) + 1, top
    if bound.operator == ">=":
        return int(-(-first // 1)), top
    if bound.operator == "<":
        return 0, min(int(-(-first // 1)) - 1, top)
    if bound.operator == "<=":
        return 0, min(int(first // 1), top)
    return int(-(-first // 1)), min(int(last // 1), top)


def _related(loaded: frozenset[str], field: str) -> frozenset[str]:
    relation = field.rpartition(".")[0]
    return frozenset({relation}) & loaded if relation else frozenset()


def _passes_any(passes: Accept, condition: Condition, texts: list[str | None]) -> bool:
    """One related row is enough; no related row counts as an absent value."""
    found = texts or [None]
    if condition.operator in ("~", "!~"):
        return any(passes(text) for text in found)
    return any(passes(None if text is None else typed(condition.field, text)) for text in found)


def _values(entity: Entity, record: dict[str, Any], field: str) -> Iterator[str | None]:
    if field == "itemCode" and entity.name == "Item":
        yield from (record[name] for name in ("itemID", "upc", "ean"))
    elif "." not in field:
        yield _shown(record, field)
    else:
        relation, _, name = field.rpartition(".")
        for row in _rows(record.get(relation)):
            yield from _contact_values(row, name) if relation == "Contact" else (row.get(name),)


def _shown(record: dict[str, Any], field: str) -> str | None:
    """The text of a field, one of which has two spellings."""
    return record.get(field, record.get("updateTime") if field == "updatetime" else None)


def _rows(related: Any) -> list[dict[str, Any]]:
    """The rows under a relation: itself (to one), or what its single inner key holds (to many)."""
    if not isinstance(related, dict):
        return []
    inner = list(related.values())
    if len(inner) == 1 and isinstance(inner[0], list | dict):
        return inner[0] if isinstance(inner[0], list) else [inner[0]]
    return [related]


_PHONE_USES = {"mobile": "Mobile", "phoneHome": "Home", "phoneWork": "Work", "pager": "Pager", "fax": "Fax"}


def _contact_values(contact: dict[str, Any], name: str) -> Iterator[str | None]:
    if name == "email":
        yield from (row["address"] for row in _rows(contact.get("Emails")))
        return
    for row in _rows(contact.get("Phones")):
        if row["useType"] == _PHONE_USES.get(name):
            yield row["number"]
