"""The part of a run's evidence that a finding is about, and ever more around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from monitor.report_data import Finding

SALES_MAX = 60  # of a wider part
_PARTS = (
    "false",  # what the finding names and nothing else
    "u.customer_id <> '' AND u.customer_id IN (SELECT customer_id FROM named)",
    "u.shop_id = $shop AND u.business_day = $day AND u.metric = $metric",
    "u.metric = $metric",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of both sides, as evidence has them, oldest first; and when events were sent."""

    expected: tuple[Mapping[str, Any], ...]
    observed: tuple[Mapping[str, Any], ...]
    sent_s: Mapping[str, int]  # by event key


class Evidence:
    """The evidence of a finding's account. Close it, or use `with`."""

    def __init__(self, folder: Path, finding: Finding) -> None:
        """`folder` is the run's."""
        self._folder, self._finding = folder / "evidence" / finding.account, finding
        self._db = duckdb.connect(":memory:", config={"memory_limit": "1GB"})

    def __enter__(self) -> "Evidence":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._db.close()

    def parts(self) -> Iterator[Part]:
        """The finding's own rows, then those of its person, of its shop and day, of its metric."""
        if not (self._folder / "expected.parquet").exists():
            return
        self._named()
        seen = 0
        for more in _PARTS:
            part = self._part(more)
            size = len(part.expected) + len(part.observed)
            if size > seen:
                seen = size
                yield part

    def _named(self) -> None:
        """Table `named`: the receipts, orders and people that the finding is about."""
        one = self._finding
        for side in ("expected", "observed"):
            self._db.read_parquet(str(self._folder / f"{side}.parquet")).create_view(side)
        self._db.execute(
            "CREATE TABLE named AS SELECT DISTINCT u.sale_id, u.order_id, u.customer_id FROM expected u "
            "WHERE u.sale_id = $sale OR u.order_id = $sale OR (u.event_key = $key AND $key <> '') "
            "OR u.order_id IN (SELECT order_id FROM observed WHERE event_id = $event AND order_id <> '')",
            {"sale": one.sale_id or "-", "key": one.event_key, "event": one.event_id},
        )

    def _part(self, more: str) -> Part:
        one = self._finding
        told = {"shop": one.shop, "day": one.business_day, "metric": one.metric}
        told = {name: value for name, value in told.items() if f"${name}" in more}
        self._db.execute(
            "CREATE OR REPLACE TABLE chosen AS SELECT DISTINCT u.sale_id, u.order_id FROM expected u "  # noqa: S608 - written above
            "WHERE u.sale_id IN (SELECT sale_id FROM named) OR u.order_id IN (SELECT order_id FROM named) "
            f"UNION SELECT * FROM (SELECT DISTINCT u.sale_id, u.order_id FROM expected u WHERE {more} "
            f"ORDER BY 1 LIMIT {SALES_MAX})",
            told,
        )
        expected = self._rows(
            "SELECT * FROM expected WHERE sale_id IN (SELECT sale_id FROM chosen) "
            "OR sale_id IN (SELECT order_id FROM chosen) ORDER BY happened_at, sale_id, unit_no"
        )
        observed = self._rows(
            "SELECT * FROM observed WHERE event_id = $event OR (order_id <> '' AND order_id IN "
            "(SELECT order_id FROM chosen)) OR (metric, event_key) IN (SELECT metric, event_key "
            "FROM expected WHERE sale_id IN (SELECT sale_id FROM chosen)) ORDER BY happened_at, event_no",
            {"event": one.event_id},
        )
        return Part(expected, observed, self._sent())

    def _sent(self) -> dict[str, int]:
        lags = self._folder / "lags.parquet"
        if not lags.exists():
            return {}
        rows = self._rows(f"SELECT event_key, sent_s FROM read_parquet('{lags}') WHERE sent_s IS NOT NULL")  # noqa: S608 - a path of ours
        return {row["event_key"]: int(row["sent_s"]) for row in rows}

    def _rows(self, sql: str, told: dict[str, Any] | None = None) -> tuple[dict[str, Any], ...]:
        found = self._db.execute(sql, told or {})
        names = [column[0] for column in found.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
