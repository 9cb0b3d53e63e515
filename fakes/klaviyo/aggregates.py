"""Query Metric Aggregates: counts, sums and distinct profiles per hour, day, week or month of a zone."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Struct

from fakes.klaviyo.account import Metric
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document
from fakes.klaviyo.errors import Refusal, invalid, not_found
from fakes.klaviyo.eventfilter import seconds_range
from fakes.klaviyo.filters import RANGE, Clause, parse_filter
from fakes.klaviyo.state import State
from fakes.klaviyo.timeindex import ROW_MASK, key_of

CURRENCY = "$value_currency"
DIMENSIONS = (
    "$attributed_channel", "$attributed_flow", "$attributed_message", "$attributed_variation",
    "$campaign_channel", "$flow", "$flow_channel", "$message", "$message_send_cohort", "$usage_amount",
    CURRENCY, "$variation", "$variation_send_cohort", "Bot Click", "Bounce Type", "Campaign Name",
    "Client Canonical", "Client Name", "Client Type", "Email Domain", "Failure Source", "Failure Type",
    "From Number", "From Phone Region", "Inbox Provider", "List", "Message Format", "Message Name",
    "Message Type", "Method", "Segment Count", "Subject", "To Number", "To Phone Region", "URL", "form_id",
)  # fmt: skip
PAGE_SIZE = 500
REFUSED_ZONES = ("Factory", "Europe/Kyiv", "Pacific/Kanton")
RANGE_MAX = timedelta(days=366)
START_MAX = timedelta(days=5 * 366)
Measurement = Literal["count", "sum_value", "unique"]
MEASUREMENTS: tuple[Measurement, ...] = ("count", "sum_value", "unique")
Groups = dict[tuple[str, ...], list[list[int]]]


class Attributes(Struct, forbid_unknown_fields=True):
    metric_id: str
    measurements: list[Measurement]
    filter: list[str] | str
    interval: Literal["hour", "day", "week", "month"] = "day"
    timezone: str = "UTC"
    page_size: int | None = None
    page_cursor: str | None = None
    by: list[str] | None = None
    sort: str | None = None
    return_fields: list[str] | None = None


class Data(Struct, forbid_unknown_fields=True):
    type: Literal["metric-aggregate"]
    attributes: Attributes


_BODY = msgspec.json.Decoder(Document[Data])


@dataclass(frozen=True, slots=True)
class Window:
    """Whole epoch seconds, ``low <= s < high``."""

    low: int
    high: int


def aggregate(state: State, body: bytes) -> dict[str, Any]:
    """The attributes of the answer: ``dates`` (bucket starts in UTC) and ``data``. Raises Refusal."""
    asked = decode(_BODY, body, "metric-aggregate").data.attributes
    metric = state.metric_by_id.get(asked.metric_id)
    if metric is None:
        raise not_found("metric", asked.metric_id)
    by = _dimensions(asked.by or [])
    zone = _zone(asked.timezone)
    clauses = _clauses(asked)
    window = _window(state, clauses, zone)
    starts = list(_bucket_starts(window, asked.interval, zone))
    bounds = [max(start, window.low) for start in starts] + [window.high]
    only = [clause for clause in clauses if clause.field != "datetime"]
    groups = _grouped(state, metric, bounds, by, only)
    rows = [
        {"dimensions": list(names), "measurements": _measured(state, buckets, asked.measurements)}
        for names, buckets in _sorted(state, groups, asked.sort, by)
    ]
    return {
        "dates": [datetime.fromtimestamp(start, UTC).isoformat() for start in starts],
        "data": rows[: _page_size(asked.page_size)],
    }


def _grouped(
    state: State, metric: Metric, bounds: Sequence[int], by: Sequence[str], only: Sequence[Clause]
) -> Groups:
    """Rows per combination of dimensions and bucket, of those events for which all of ``only`` holds."""
    keys = state.events.indexes[metric.ordinal].sorted()
    edges = [bisect_left(keys, key_of(bound, 0)) for bound in bounds]
    buckets_count = len(bounds) - 1
    groups: Groups = {} if by else {(): [[] for _ in range(buckets_count)]}
    unready = _lagging(state)
    for bucket in range(buckets_count):
        for key in keys[edges[bucket] : edges[bucket + 1]]:
            row = key & ROW_MASK
            if any(first <= row < end for first, end in unready):
                continue
            if only and not all(_holds(state, row, clause) for clause in only):
                continue
            names = tuple(_dimension(state, row, name) for name in by)
            if names not in groups:
                groups[names] = [[] for _ in range(buckets_count)]
            groups[names][bucket].append(row)
    return groups


def _measured(
    state: State, buckets: Sequence[Sequence[int]], wanted: Sequence[Measurement]
) -> dict[str, list[float]]:
    values, profiles = state.events.value, state.events.profile
    measured: dict[str, list[float]] = {}
    if "count" in wanted:
        measured["count"] = [float(len(rows)) for rows in buckets]
    if "sum_value" in wanted:
        measured["sum_value"] = [
            math.fsum(values[row] for row in rows if not math.isnan(values[row])) for rows in buckets
        ]
    if "unique" in wanted:
        measured["unique"] = [float(len({profiles[row] for row in rows})) for rows in buckets]
    return measured


def _lagging(state: State) -> list[tuple[int, int]]:
    lag = state.switches.aggregate_lag_s
    ready_s = state.clock.now().timestamp() - lag
    return [(first, end) for at, first, end in state.shown_at if at > ready_s] if lag else []


def _sorted(
    state: State, groups: Groups, sort: str | None, by: Sequence[str]
) -> list[tuple[tuple[str, ...], list[list[int]]]]:
    """The groups by a dimension or by a measurement's total; without a sort by their dimensions."""
    found = sorted(groups.items())
    name = (sort or "").removeprefix("-")
    if name in MEASUREMENTS:
        found.sort(key=lambda one: math.fsum(_measured(state, one[1], [name])[name]))
    elif name in by:
        found.sort(key=lambda one: one[0][by.index(name)])
    elif name:
        raise invalid(f"'{sort}' is not a valid sort", "/data/attributes/sort")
    return found[::-1] if sort and sort.startswith("-") else found


def _holds(state: State, row: int, clause: Clause) -> bool:
    value = _dimension(state, row, clause.field)
    if clause.operator == "contains":
        return clause.text() in value
    return value in clause.texts()


def _dimension(state: State, row: int, name: str) -> str:
    """An event's value in a dimension: its currency, or its own property of that name."""
    if name == CURRENCY:
        return state.currencies[state.events.currency[row]]
    if name.startswith("$"):
        return ""
    value = msgspec.json.decode(state.events.properties[row]).get(name)
    return value if isinstance(value, str) else ""


def _page_size(asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise invalid("page_size must be positive", "/data/attributes/page_size")
    return PAGE_SIZE if asked is None else asked


def _dimensions(by: Sequence[str]) -> Sequence[str]:
    for name in by:
        if name not in DIMENSIONS:
            raise invalid(f"'{name}' is not a valid dimension", "/data/attributes/by")
    return by


def _zone(name: str) -> tzinfo:
    if name in REFUSED_ZONES or name not in _known_zones():
        raise invalid(f"'{name}' is not a valid timezone", "/data/attributes/timezone")
    return ZoneInfo(name)


@cache
def _known_zones() -> frozenset[str]:
    # Asking walks the zone files; the answer cannot change while we run.
    return frozenset(available_timezones())


def _clauses(asked: Attributes) -> list[Clause]:
    texts = asked.filter if isinstance(asked.filter, list) else [asked.filter]
    return [clause for text in texts for clause in parse_filter(text, _FILTERS)]


def _window(state: State, clauses: Sequence[Clause], zone: tzinfo) -> Window:
    naive = zone if state.switches.aggregate_naive_zone == "timezone" else UTC
    low, high = None, None
    for clause in clauses:
        if clause.field != "datetime":
            continue
        first, end = seconds_range(clause, clause.instant(naive).timestamp())
        if clause.operator.startswith("greater"):
            low = first if low is None else max(low, first)
        else:
            high = end if high is None else min(high, end)
    if low is None or high is None or high <= low:
        raise _bad_range("The filter must contain a datetime range")
    if state.switches.aggregate_range_enforced:
        _check_range(state, low, high)
    return Window(low, high)


def _check_range(state: State, low: int, high: int) -> None:
    if high - low > RANGE_MAX.total_seconds():
        raise _bad_range("The datetime range must not exceed one year")
    if low < (state.clock.now() - START_MAX).timestamp():
        raise _bad_range("The datetime range must start within the last five years")


def _bad_range(detail: str) -> Refusal:
    return invalid(detail, "/data/attributes/filter")


def _bucket_starts(window: Window, interval: str, zone: tzinfo) -> Iterator[int]:
    """The local starts of every bucket that the window touches, in epoch seconds."""
    if interval == "hour":
        yield from range(_hour_start(window.low, zone), window.high, 3600)
        return
    day = datetime.fromtimestamp(window.low, zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    elif interval == "month":
        day = day.replace(day=1)
    while (start := _midnight(day.year, day.month, day.day, zone)) < window.high:
        yield start
        step = 1 if interval == "day" else 7
        day = (day + timedelta(days=32)).replace(day=1) if interval == "month" else day + timedelta(days=step)


def _hour_start(at: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    return at - (at + int(offset.total_seconds())) % 3600


def _midnight(year: int, month: int, day: int, zone: tzinfo) -> int:
    return int(datetime(year, month, day, tzinfo=zone).timestamp())


_FILTERS = {"datetime": RANGE, **dict.fromkeys(DIMENSIONS, ("equals", "any", "contains"))}
