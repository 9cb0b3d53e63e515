"""What the POS and Klaviyo hold of each interval of each till, added up in the comparison's own engine."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from monitor.compare import Comparison
from monitor.witness_explain import NOTHING, Shown, Sums
from monitor.witness_intervals import Interval
from sync.domain.planning import Kind

_PLACED, _REFUNDED = Kind.PLACED.value, Kind.REFUNDED.value


@dataclass(frozen=True, slots=True)
class Became:
    """What became of some receipts' events: one status, for those left out with its reason."""

    status: str
    reason: str
    sums: Sums  # as the POS says
    event_sums: Sums  # as Klaviyo says; of delivered ones only


@dataclass(frozen=True, slots=True)
class OpenTill:
    """Receipts of the window that no total covers yet."""

    register_id: str
    shop_id: str
    currency: str
    first_s: int
    shown: Shown
    became: Sequence[Became]


@dataclass(frozen=True, slots=True)
class Added:
    """Both sides by the number of the interval, and what belongs to none."""

    shown: Mapping[int, Shown]
    became: Mapping[int, Sequence[Became]]
    open: Sequence[OpenTill] = field(default_factory=tuple)


def add_up(
    comparison: Comparison, receipts: Path, spans: Sequence[Interval], window_s: tuple[int, int]
) -> Added:
    """Put every receipt into its interval and add up. `window_s` bounds what is told of open tills."""
    db = comparison.db
    db.read_parquet(str(receipts)).create_view("receipts")
    db.register("interval_rows", _as_table(spans))
    db.execute("CREATE TABLE intervals AS SELECT * FROM interval_rows")
    db.unregister("interval_rows")
    db.execute(_PLACED_RECEIPTS)
    shown, became = _shown(comparison, _CLOSED, []), _became(comparison, _CLOSED, [])
    return Added(
        {int(key[0]): found for key, found in shown.items()},
        {int(key[0]): found for key, found in became.items()},
        _open(comparison, list(window_s)),
    )


def _as_table(spans: Sequence[Interval]) -> pa.Table:
    """The spans as a table: a year of sixty tills is too much to hand over row by row."""
    return pa.table(
        {
            "number": pa.array([one.number for one in spans], pa.int32()),
            "register_id": pa.array([one.total.register_id for one in spans], pa.string()),
            "from_s": pa.array([one.from_s for one in spans], pa.int64()),
            "to_s": pa.array([one.to_s for one in spans], pa.int64()),
        }
    )


def _open(comparison: Comparison, window_s: list[int]) -> list[OpenTill]:
    shown, became = _shown(comparison, _OPEN, window_s), _became(comparison, _OPEN, window_s)
    firsts = {(reg, shop, money): int(at) for reg, shop, money, at in comparison.rows(_FIRSTS, window_s)}
    return [
        OpenTill(*key, firsts[key], shown[key], became.get(key, ()))
        for key in sorted(firsts)
        if shown[key].counted.any
    ]


def _shown(comparison: Comparison, by: "_By", parameters: list[int]) -> dict[tuple[str, ...], Shown]:
    counted: dict[tuple[str, ...], list[int]] = {}
    others: dict[tuple[str, ...], dict[str, Sums]] = defaultdict(dict)
    for row in comparison.rows(_SHOWN.format(columns=by.columns, where=by.where), parameters):
        key, reason, numbers = row[: by.width], row[by.width], [int(one) for one in row[by.width + 1 :]]
        if reason:
            others[key][reason] = Sums(*numbers[:4])
        else:
            counted[key] = numbers
    return {key: _made(counted.get(key, [0] * 12), others.get(key, {})) for key in {**counted, **others}}


def _made(numbers: list[int], others: Mapping[str, Sums]) -> Shown:
    rounding, tax, fees, cards = (Sums(0, numbers[at], 0, numbers[at + 1]) for at in range(4, 12, 2))
    return Shown(Sums(*numbers[:4]), rounding, tax, fees, cards, others)


def _became(comparison: Comparison, by: "_By", parameters: list[int]) -> dict[tuple[str, ...], list[Became]]:
    found: dict[tuple[str, ...], dict[tuple[str, str], tuple[Sums, Sums]]] = defaultdict(dict)
    for row in comparison.rows(_BECAME.format(columns=by.columns, where=by.where), parameters):
        key, (kind, status, reason, count, minor, value) = row[: by.width], row[by.width :]
        pos, event = found[key].get((status, reason), (NOTHING, NOTHING))
        found[key][status, reason] = (
            pos.plus(_side(kind, int(count), int(minor))),
            event.plus(_side(kind, int(count), int(value))) if status == "delivered" else event,
        )
    return {
        key: [Became(*names, *sums) for names, sums in sorted(some.items())] for key, some in found.items()
    }


def _side(kind: str, count: int, minor: int) -> Sums:
    return Sums(refunds_count=count, refunds_minor=minor) if kind == _REFUNDED else Sums(count, minor)


@dataclass(frozen=True, slots=True)
class _By:
    """How receipts are grouped: which columns, and which receipts."""

    columns: str
    width: int
    where: str


_CLOSED = _By("p.number", 1, "p.number IS NOT NULL")
_OPEN = _By(
    "p.register_id, p.shop_id, p.currency", 3,
    "p.number IS NULL AND p.register_id <> '' AND p.completed_at >= ? AND p.completed_at < ?",
)  # fmt: skip
# Each receipt goes to the first total taken after it. The join that finds it in one pass is DuckDB's own.
_PLACED_RECEIPTS = """
CREATE TABLE placed_receipts AS
SELECT r.*, CASE WHEN r.completed_at >= i.from_s THEN i.number END AS number
FROM receipts r
ASOF LEFT JOIN intervals i ON r.register_id = i.register_id AND r.completed_at < i.to_s
"""
_SHOWN = """
SELECT {columns}, p.uncounted, sum(p.sold), sum(p.sold_minor), sum(p.back), sum(p.back_minor),
       sum(p.sold_rounding), sum(p.back_rounding), sum(p.sold_tax), sum(p.back_tax),
       sum(p.sold_fees), sum(p.back_fees), sum(p.sold_cards), sum(p.back_cards)
FROM placed_receipts p WHERE {where}
GROUP BY {columns}, p.uncounted
"""
_BECAME = f"""
SELECT {{columns}}, j.kind, j.status, j.reason, count(DISTINCT j.sale_id), sum(j.total_minor),
       sum(CASE WHEN j.status = 'delivered' THEN j.value_minor ELSE 0 END)
FROM placed_receipts p JOIN judged_units j ON j.sale_id = p.sale_id
WHERE p.uncounted = '' AND j.kind IN ('{_PLACED}', '{_REFUNDED}') AND {{where}}
GROUP BY {{columns}}, j.kind, j.status, j.reason
"""  # noqa: S608 - built from an enumeration of ours
_FIRSTS = f"""
SELECT p.register_id, p.shop_id, p.currency, min(p.completed_at)
FROM placed_receipts p WHERE {_OPEN.where}
GROUP BY p.register_id, p.shop_id, p.currency
"""  # noqa: S608 - built from a text of this file
