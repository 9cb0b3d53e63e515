"""Which events a query wants, found through the time indexes: a page costs its own size, never a scan."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fakes.klaviyo.filters import Clause
from fakes.klaviyo.query import Query, bad_cursor
from fakes.klaviyo.state import State
from fakes.klaviyo.timeindex import ROW_MASK, key_of

_LATEST = 1 << 33


@dataclass(frozen=True, slots=True)
class Wanted:
    """``low <= key < high`` of these metrics; ``profile`` is an ordinal, None for all, -1 for one unknown."""

    metrics: tuple[int, ...]
    profile: int | None
    low: int
    high: int
    descending: bool
    backwards: bool = False
    """A previous page: the nearest rows before the cursor, nearest first."""
    living_profiles: bool = False
    """``has(profile)``: nothing of deleted profiles."""


def wanted(state: State, query: Query, default_sort: str) -> Wanted:
    """What a query asks for, from where its cursor left off."""
    asked = Wanted(
        metrics=tuple(m.ordinal for m in state.metrics),
        profile=None,
        low=0,
        high=key_of(_LATEST, 0),
        descending=(query.sort or default_sort).startswith("-"),
    )
    for clause in query.clauses:
        asked = _narrowed(state, asked, clause)
    return _continued(state, asked, query.cursor)


def seconds_range(clause: Clause, at: float) -> tuple[int, int]:
    """The whole seconds ``low <= s < high`` that a comparison with ``at`` allows."""
    if clause.operator == "greater-or-equal":
        return math.ceil(at), _LATEST
    if clause.operator == "greater-than":
        return math.floor(at) + 1, _LATEST
    if clause.operator == "less-than":
        return 0, math.ceil(at)
    return 0, math.floor(at) + 1


def matching_rows(state: State, asked: Wanted) -> Iterator[int]:
    """The wanted rows in order, lazily."""
    rows = _in_order(state, asked)
    if asked.living_profiles:
        people = state.profiles.all
        return (row for row in rows if not people[state.events.profile[row]].deleted)
    return rows


def _in_order(state: State, asked: Wanted) -> Iterator[int]:
    if asked.profile is None:
        return state.events.range_of_metrics(
            list(asked.metrics), asked.low, asked.high, descending=asked.descending
        )
    return iter(_of_profile(state, asked))


def _of_profile(state: State, asked: Wanted) -> list[int]:
    events, metrics = state.events, set(asked.metrics)
    assert asked.profile is not None
    keys = [
        key_of(events.at[row], row)
        for row in events.rows_of_profile(asked.profile)
        if events.metric[row] in metrics and events.is_readable(row)
    ]
    inside = [key for key in keys if asked.low <= key < asked.high]
    return [key & ROW_MASK for key in sorted(inside, reverse=asked.descending)]


def _narrowed(state: State, asked: Wanted, clause: Clause) -> Wanted:
    if clause.field == "metric_id":
        found = [state.metric_by_id[i].ordinal for i in clause.texts() if i in state.metric_by_id]
        return replace(asked, metrics=tuple(m for m in dict.fromkeys(found) if m in asked.metrics))
    if clause.field == "profile_id":
        person = state.profiles.by_id.get(clause.text())
        return replace(asked, profile=-1 if person is None else person.ordinal)
    if clause.operator == "has":
        return replace(asked, living_profiles=asked.living_profiles or clause.field == "profile")
    at = clause.instant().timestamp() if clause.field == "datetime" else clause.number()
    low_s, high_s = seconds_range(clause, min(max(at, 0), _LATEST))
    return replace(asked, low=max(asked.low, key_of(low_s, 0)), high=min(asked.high, key_of(high_s, 0)))


def _continued(state: State, asked: Wanted, cursor: list[object] | None) -> Wanted:
    if cursor is None:
        return asked
    row = state.events.decoded(str(cursor[1])) if len(cursor) == 3 else None
    if row is None or not isinstance(cursor[0], int):
        raise bad_cursor()
    key = key_of(min(max(cursor[0], 0), _LATEST), row)
    if cursor[2] is False:
        asked = replace(asked, descending=not asked.descending, backwards=True)
    if asked.descending:
        return replace(asked, high=min(asked.high, key))
    return replace(asked, low=max(asked.low, key + 1))
