"""The complete list of findings on disk, as CSV for people and Parquet for programs, while it passes by."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.outputs import COLUMNS, cells, guarded
from monitor.report_data import Finding, FindingKind

_BATCH_ROWS = 10_000
SCHEMA = pa.schema([(name, pa.int64() if name == "difference_minor" else pa.string()) for name in COLUMNS])


class DriftFiles:
    """drift.csv and drift.parquet being written, one finding a row. Use as a context manager."""

    def __init__(self, table: Path, parquet: Path) -> None:
        """Open both; older files there are replaced."""
        self._file = table.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(COLUMNS)
        self._parquet = pq.ParquetWriter(parquet, SCHEMA, compression="zstd")
        self._held: list[Sequence[str | int]] = []

    def write(self, finding: Finding) -> None:
        """Take one finding, in the order of the report."""
        row = cells(finding)
        self._csv.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
        self._held.append(row)
        if len(self._held) >= _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            columns = [
                pa.array(column, field.type)
                for column, field in zip(zip(*self._held, strict=True), SCHEMA, strict=True)
            ]
            self._parquet.write_batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
            self._held = []

    def __enter__(self) -> "DriftFiles":
        """The files themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish both files, also after an error."""
        self._flush()
        self._parquet.close()
        self._file.close()


class Kept:
    """The findings a report shows: gravest first, and a fair share of every kind."""

    def __init__(self, most: int) -> None:
        """At most `most` of them."""
        self._most = most
        self._by_kind: dict[FindingKind, list[Finding]] = defaultdict(list)

    def add(self, finding: Finding) -> None:
        """Take one, if there may still be room for it."""
        held = self._by_kind[finding.kind]
        if len(held) < self._most:
            held.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """What is shown, kind by kind, gravest first, in the order in which they came."""
        kinds = [kind for kind in FindingKind if kind in self._by_kind]
        share = self._most // max(1, len(kinds))
        room = {kind: min(share, len(self._by_kind[kind])) for kind in kinds}
        left = self._most - sum(room.values())
        for kind in kinds:
            more = min(left, len(self._by_kind[kind]) - room[kind])
            room[kind] += more
            left -= more
        return tuple(one for kind in kinds for one in self._by_kind[kind][: room[kind]])
