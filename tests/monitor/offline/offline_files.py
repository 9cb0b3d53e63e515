"""Exports written by hand, row by row, and what becomes of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.offline.app import compare_exports
from monitor.offline.asked import options
from monitor.offline.engine import Options
from monitor.report_data import Report

NOON = datetime(2026, 3, 4, 17, tzinfo=UTC)  # 12:00 in New York
INSTANT = pa.timestamp("us", "UTC")
EXPECTED = {
    "source": pa.string(), "account": pa.string(), "sale_id": pa.string(), "kind": pa.string(),
    "shop_id": pa.string(), "happened_at": INSTANT, "zone": pa.string(), "currency": pa.string(),
    "total_minor": pa.int64(),
}  # fmt: skip
OBSERVED = {
    "event_id": pa.string(), "sale_id": pa.string(), "metric": pa.string(), "happened_at": INSTANT,
    "currency": pa.string(), "total_minor": pa.int64(), "profile": pa.string(),
}  # fmt: skip
Row = dict[str, Any]


def sold(number: str, **changed: Any) -> Row:
    """A sale at NOON in New York for $10.00."""
    return {
        "source": "lightspeed_r", "account": "main", "sale_id": number, "kind": "placed", "shop_id": "1",
        "happened_at": NOON, "zone": "America/New_York", "currency": "USD", "total_minor": 1000, **changed,
    }  # fmt: skip


def event(number: str, **changed: Any) -> Row:
    """Its event."""
    return {
        "event_id": f"e{number}", "sale_id": number, "metric": "Placed Order", "happened_at": NOON,
        "currency": "USD", "total_minor": 1000, "profile": "p1", **changed,
    }  # fmt: skip


def later(**span: float) -> datetime:
    return NOON + timedelta(**span)


def write(path: Path, rows: Sequence[Row], schema: dict[str, pa.DataType]) -> Path:
    """A Parquet file with exactly these columns."""
    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in schema.items()}
    pq.write_table(pa.table(columns), path)
    return path


def compare(
    folder: Path, expected: Sequence[Row], observed: Sequence[Row], how: Options | None = None
) -> Report:
    """Compare, and check that the books in report.json close."""
    import msgspec

    files = write(folder / "e.parquet", expected, EXPECTED), write(folder / "o.parquet", observed, OBSERVED)
    report = compare_exports(*files, folder / "out", how or asked())
    written = msgspec.json.decode((folder / "out" / "report.json").read_bytes(), type=Report)
    for row in written.accounting:
        assert (row.remainder_count, row.remainder_minor) == (0, 0), row
    assert sum(row.events_count for row in written.accounting) == len(observed)
    return written if written.findings == report.findings else report


def asked(*metrics: str, memory: str = "1GB", **changed: Any) -> Options:
    """The options as the command line gives them."""
    told = {"as_of": None, "settle_min": 0, "tolerance_minor": 0, "threads": 1, **changed}
    return options(metrics, memory_limit=memory, **told)


def kinds(report: Report) -> dict[str, int]:
    return {kind: total.count for kind, total in report.findings_by_kind.items()}
