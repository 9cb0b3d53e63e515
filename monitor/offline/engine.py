"""The comparison of two exports in bounded memory: what agrees is never written down.

Keys are compared by their 64-bit hash and taken in as many parts as the memory asks for. Two keys of one
side with the same hash end up among the hard ones, which are compared by their texts; that two keys of
different sides share one, both without a partner, is less likely than one in a thousand million runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from monitor.compare import FUTURE_S, Comparison, LostRows
from monitor.offline.exports import Export, WrongExport, open_expected, open_observed
from monitor.offsets import Offset, offsets
from sync.domain.clock import Window

UTC_ZONE = "UTC"
_ROW_BYTES = 110  # what one row of either side takes while its part is joined, measured
_FIXED_BYTES = 300 * 2**20  # the interpreter, the engine's own needs and the report's
_PARTS_MAX = 64
_PAIRS_MAX = 5_000  # looked at by one zone diagnosis
_MARGIN = timedelta(days=3)
_LATEST_S = 4_102_444_800  # 2100-01-01
_SHOWN = 3

Told = Callable[[str], object]  # hears, in a few words, what is being done


@dataclass(frozen=True, slots=True)
class Options:
    """How to compare. `metrics` names the metric of each kind; `as_of` None: the latest instant there is."""

    metrics: Mapping[str, str]
    as_of: datetime | None = None
    settle_s: int = 0
    tolerance_minor: int = 0
    memory_bytes: int = 2 * 2**30
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """Two exports, compared. The tables `accounting`, `differences` and `found` are in the engine."""

    engine: Comparison
    expected: Export
    observed: Export
    as_of: datetime
    first_day: date
    last_day: date
    zones: tuple[str, ...]
    accounts: tuple[str, ...]
    offsets: tuple[Offset, ...]
    unwatched: Mapping[str, int]  # metrics of the observed side that no kind stands for


def engine_of(folder: Path, options: Options) -> Comparison:
    """An engine that stays, with everything round it, within the memory of the options."""
    ours = max(options.memory_bytes - _FIXED_BYTES, 128 * 2**20)
    return Comparison(folder, memory_limit=f"{ours * 4 // 5 // 2**20}MB", threads=options.threads)


def compare(
    engine: Comparison, expected: Path, observed: Path, options: Options, *, scratch: Path, told: Told
) -> Compared:
    """Open both files, match and judge them; `told` hears what is being done.

    `scratch` takes what has to be turned into Parquet first. Raises WrongExport and LostRows.
    """
    told("reading the files")
    sold = open_expected(engine.db, expected, scratch)
    seen = open_observed(engine.db, observed, scratch)
    zones = tuple(zone for (zone,) in engine.rows("SELECT DISTINCT zone FROM expected_rows ORDER BY 1"))
    accounts = tuple(name for (name,) in engine.rows("SELECT DISTINCT account FROM expected_rows ORDER BY 1"))
    first_at, last_at = _at(min(sold.first_s, seen.first_s)), _at(max(sold.last_s, seen.last_s))
    as_of = options.as_of or last_at
    span = Window(first_at - _MARGIN, last_at + _MARGIN)
    fallback = zones[0] if len(zones) == 1 else UTC_ZONE
    spans = tuple(offsets({*zones, fallback, UTC_ZONE}, span))
    unwatched = _name_metrics(engine, sold, options.metrics)
    _tables(engine, seen, spans)
    parts = parts_of(sold.row_count + seen.row_count, options.memory_bytes)
    _params(
        engine,
        {
            "as_of_s": int(as_of.timestamp()),
            "settle_s": options.settle_s,
            "future_s": FUTURE_S,
            "tolerance_minor": options.tolerance_minor,
            "fallback_zone": fallback,
            "only_account": accounts[0] if len(accounts) == 1 else "",
            "part_count": parts,
            "pairs_max": _PAIRS_MAX,
        },
    )
    for part in range(parts):
        told("matching" if parts == 1 else f"matching, part {part + 1} of {parts}")
        engine.db.execute("UPDATE params SET part_no = ?", [part])
        engine.run("offline_1_hard")
        engine.run("offline_2_apart")
    told("judging what differs")
    engine.run("offline_3_differences")
    _refuse_repeated(engine, sold)
    told("closing the books")
    engine.run("offline_4_accounting")
    first, last = _days(engine)
    engine.db.execute("UPDATE params SET first_day = ?, last_day = ?", [first, last])
    engine.run("3_pivot")
    _check(engine)
    return Compared(engine, sold, seen, as_of, first, last, zones, accounts, spans, unwatched)


def parts_of(row_count: int, memory_bytes: int) -> int:
    """In how many parts so many rows are joined, for the join itself to fit half of what there is."""
    room = max(memory_bytes - _FIXED_BYTES, 64 * 2**20) * 4 // 5 * 9 // 10
    return min(_PARTS_MAX, max(1, -(-row_count * _ROW_BYTES // room)))


def _at(epoch_s: int) -> datetime:
    if not 0 <= epoch_s < _LATEST_S:
        raise WrongExport(
            f"happened_at has the value {epoch_s:,}, which is no instant from 1970 to 2100 in whole seconds; "
            "milliseconds must be divided by 1000"
        )
    return datetime.fromtimestamp(epoch_s, UTC)


def _name_metrics(engine: Comparison, sold: Export, metrics: Mapping[str, str]) -> dict[str, int]:
    """Tie kinds to metrics; how many events there are of metrics that no kind stands for."""
    kinds = [kind for (kind,) in engine.rows("SELECT DISTINCT kind FROM expected_rows ORDER BY 1")]
    unnamed = [kind for kind in kinds if kind not in metrics]
    if unnamed:
        raise WrongExport(
            f"{sold.path}: kind {', '.join(map(repr, unnamed[:_SHOWN]))} has no metric; name it, as in "
            f"--metric '{unnamed[0]}=Name in Klaviyo' (known: {', '.join(sorted(metrics))})"
        )
    engine.db.execute("CREATE TABLE metric_names (kind VARCHAR, metric VARCHAR)")
    engine.fill("metric_names", [(kind, metrics[kind]) for kind in kinds])
    counts = {
        metric: int(count)
        for metric, count in engine.rows("SELECT metric, count(*) FROM observed_rows GROUP BY 1 ORDER BY 1")
    }
    engine.db.execute("CREATE TABLE absent_metrics (metric VARCHAR)")
    engine.fill("absent_metrics", [(metrics[kind],) for kind in kinds if metrics[kind] not in counts])
    named = {metrics[kind] for kind in kinds}
    return {metric: count for metric, count in counts.items() if metric not in named}


def _tables(engine: Comparison, seen: Export, spans: Sequence[Offset]) -> None:
    engine.db.execute(
        "CREATE TABLE spans (zone VARCHAR, from_s BIGINT, to_s BIGINT, offset_s BIGINT, words VARCHAR)"
    )
    engine.fill("spans", [(s.zone, s.from_s, s.to_s, s.offset_s, offset_words(s.offset_s)) for s in spans])
    engine.db.execute("CREATE TABLE offsets AS SELECT zone, from_s, to_s, offset_s FROM spans")
    engine.db.execute("CREATE TABLE hard_keys (key_hash UBIGINT)")
    engine.db.execute("CREATE TABLE apart (unit_no BIGINT, event_no BIGINT, key_hash UBIGINT)")
    # Where Klaviyo's side says no account, a sale is found by its metric and id alone.
    units, events = ("x.account", "e.account") if seen.accounts else ("''", "''")
    engine.db.execute(_UNITS.format(key_account=units))
    engine.db.execute(_EVENTS.format(key_account=events))


def _params(engine: Comparison, row: Mapping[str, object]) -> None:
    engine.db.execute(
        "CREATE TABLE params (as_of_s BIGINT, settle_s BIGINT, future_s BIGINT, tolerance_minor BIGINT,"
        " fallback_zone VARCHAR, only_account VARCHAR, part_count UBIGINT, part_no UBIGINT, pairs_max BIGINT,"
        " first_day DATE, last_day DATE)"
    )
    named = ", ".join(f"? AS {name}" for name in row)
    engine.db.execute(f"INSERT INTO params BY NAME SELECT {named}", [*row.values()])


def _refuse_repeated(engine: Comparison, sold: Export) -> None:
    """A sale that is there twice could be matched at will. Found without looking for it in all keys.

    Every unit that has a partner in Klaviyo has one of its own exactly if as many units as keys of events
    were matched; units without a partner are few enough to be grouped.
    """
    repeated = engine.rows(_REPEATED_APART)
    ((units, keys),) = engine.rows(_MATCHED)
    if not repeated and units != keys:
        repeated = engine.rows(_REPEATED)
        if not repeated:
            raise LostRows("two keys of one side share their hash; give one of the two sales another id")
    if repeated:
        account, metric, sale_id, count = repeated[0]
        also = "; or give the observed side a column account" if not account else ""
        raise WrongExport(
            f"{sold.path}: sale {sale_id} ({metric}{f', {account}' if account else ''}) is there {count:,} "
            f"times; each sale and kind must be there once{also}"
        )


def _days(engine: Comparison) -> tuple[date, date]:
    ((first, last),) = engine.rows(_DAYS)
    return first, last


def _check(engine: Comparison) -> None:
    """Klaviyo's file, counted straight, must be what the accounting says it is."""
    if wrong := engine.rows(_TOTALS_APART):
        metric, currency, *_ = wrong[0]
        raise LostRows(f"the comparison lost or doubled events of {metric} in {currency}")


def offset_words(offset_s: int) -> str:
    """A zone's offset as instants are written: `-05:00`, `+05:30`."""
    hours, rest = divmod(abs(offset_s), 3600)
    seconds = f":{rest % 60:02}" if rest % 60 else ""
    return f"{'-' if offset_s < 0 else '+'}{hours:02}:{rest // 60:02}{seconds}"


_UNITS = """
CREATE VIEW units AS
SELECT x.row_no AS unit_no, {key_account} AS key_account,
       hash({key_account}, m.metric, x.sale_id) AS key_hash,
       x.account, x.shop_id, x.zone, x.kind, m.metric, x.sale_id, x.happened_at, x.currency, x.total_minor
FROM expected_rows x JOIN metric_names m ON m.kind = x.kind
"""
_EVENTS = """
CREATE VIEW events AS
SELECT e.row_no AS event_no, {key_account} AS key_account,
       hash({key_account}, e.metric, e.sale_id) AS key_hash,
       e.event_id, e.sale_id, e.metric, e.happened_at, e.currency, e.total_minor AS value_minor, e.profile
FROM observed_rows e WHERE e.metric IN (SELECT metric FROM metric_names)
"""
_REPEATED_APART = """
SELECT key_account, metric, sale_id, count(*) FROM apart_units
GROUP BY key_account, metric, sale_id HAVING count(*) > 1 ORDER BY ALL LIMIT 1
"""
_MATCHED = """
SELECT (SELECT count(*) FROM units) - (SELECT count(*) FROM apart_units WHERE key_hash IN (FROM hard_keys))
         - (SELECT count(*) FROM apart WHERE event_no IS NULL AND key_hash NOT IN (FROM hard_keys)),
       (SELECT count(*) FROM events) - (SELECT count(*) FROM apart_events WHERE key_hash IN (FROM hard_keys))
         - (SELECT count(*) FROM apart WHERE unit_no IS NULL AND key_hash NOT IN (FROM hard_keys))
"""
_REPEATED = """
SELECT key_account, metric, sale_id, count(*) FROM units
GROUP BY key_account, metric, sale_id HAVING count(*) > 1 ORDER BY ALL LIMIT 1
"""
_DAYS = """
SELECT min(day), max(day) FROM (
    SELECT min(business_day) AS day FROM sold UNION ALL SELECT max(business_day) FROM sold
    UNION ALL SELECT min(event_day) FROM differences UNION ALL SELECT max(event_day) FROM differences
)
"""
_TOTALS_APART = """
SELECT metric, currency, sum(n), sum(m) FROM (
    SELECT metric, currency, count(*) AS n, sum(value_minor) AS m FROM events GROUP BY metric, currency
    UNION ALL
    SELECT metric, currency, -sum(events_count), -sum(events_minor) FROM accounting GROUP BY metric, currency
) GROUP BY metric, currency HAVING sum(n) <> 0 OR sum(m) <> 0 ORDER BY metric, currency
"""
