"""Evidence on disk: both sides as Parquet, written column by column in batches of bounded memory.

`expected` has one row per event that ought or ought not to exist, `observed` one per event Klaviyo holds.
Nothing personal is written: sales, lines, events and profiles appear by id only.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BATCH_ROWS = 65_536

_WORD = pa.dictionary(pa.int32(), pa.string())  # for columns with few different values

EXPECTED = pa.schema(
    [
        ("unit_no", pa.int64()),  # running number, the row's name inside one comparison
        ("account", _WORD),
        ("shop_id", _WORD),
        ("zone", _WORD),
        ("business_day", pa.date32()),  # local date of happened_at in zone
        ("sale_id", pa.string()),
        ("order_id", pa.string()),  # the sale Klaviyo knows it under; the original one for a refund
        ("line_id", pa.string()),  # only of an Ordered Product
        ("event_key", pa.string()),  # what the event's sale key should say
        ("kind", _WORD),  # placed, product, refunded, shipped, canceled
        ("metric", _WORD),
        ("happened_at", pa.int64()),  # epoch seconds
        ("completed_at", pa.int64()),  # of its sale, epoch seconds
        ("changed_at", pa.int64()),  # latest change the POS admits to, epoch seconds
        ("currency", _WORD),
        ("total_minor", pa.int64()),
        ("reason", _WORD),  # the exclusion it is counted under; empty when eligible
        ("reasons", _WORD),  # all of them, joined by a bar
        ("voided", pa.bool_()),
        ("register_id", _WORD),
        ("channel", _WORD),  # `shop`, or the web platform it came from
        ("customer_id", _WORD),  # the POS's own number of the person; empty when there is none
        ("alt_key", _WORD),  # another key it may have been sent under; empty: none
        ("item_id", pa.string()),  # of an Ordered Product whose line is compared; else empty
        ("quantity_milli", pa.int64()),  # thousandths: of the product, or of all goods of the order
    ]
)

OBSERVED = pa.schema(
    [
        ("event_no", pa.int64()),
        ("account", _WORD),
        ("metric", _WORD),
        ("event_id", pa.string()),  # Klaviyo's own
        ("event_key", pa.string()),  # the property that names the sale
        ("order_id", pa.string()),
        ("shop_id", _WORD),  # as the event says; empty where it says nothing
        ("happened_at", pa.int64()),  # epoch seconds
        ("currency", _WORD),
        ("value_minor", pa.int64()),
        ("profile_id", pa.string()),
        ("unique_id", pa.string()),  # what Klaviyo holds as the event's id, whatever names the sale
        ("item_id", pa.string()),  # as the event says; empty where it says nothing or is not asked
        ("quantity_milli", pa.int64()),  # the same; null where it says nothing
    ]
)


# What all rows of a receipt, or of a page of events, have in common is given once for a run of rows.
EXPECTED_RUNS = (
    "account", "shop_id", "zone", "business_day", "sale_id", "order_id", "kind", "metric", "happened_at",
    "completed_at", "changed_at", "currency", "reason", "reasons", "voided", "register_id", "channel",
    "customer_id", "alt_key",
)  # fmt: skip
OBSERVED_RUNS = ("account", "metric")
Run = tuple[Any, ...]  # how many rows it has, then their values in the order of the names above


class Rows:
    """A Parquet file being written: columns in, row groups of BATCH_ROWS out."""

    def __init__(self, path: Path, schema: pa.Schema, in_runs: Sequence[str]) -> None:
        """Open `path` for writing; an older file there is replaced. `in_runs` names columns of runs."""
        self._schema = schema
        self._in_runs = tuple(in_runs)
        self._singly = tuple(name for name in schema.names if name not in in_runs)
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._runs: list[Run] = []
        self._held: list[list[Any]] = [[] for _ in self._singly]
        self.count = 0

    def write(self, runs: Iterable[Run], columns: Sequence[Iterable[Any]]) -> None:
        """Take some rows: their runs, and the columns that are not in runs, in the order of the schema."""
        self._runs.extend(runs)
        for held, column in zip(self._held, columns, strict=True):
            held.extend(column)
        if len(self._held[0]) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._runs:
            return
        counts, *values = zip(*self._runs, strict=True)
        of_row = _numbered(counts)
        arrays = {
            name: _array(column, self._schema.field(name).type).take(of_row)
            for name, column in zip(self._in_runs, values, strict=True)
        } | {
            name: _array(column, self._schema.field(name).type)
            for name, column in zip(self._singly, self._held, strict=True)
        }
        ordered = [arrays[name] for name in self._schema.names]
        self._writer.write_batch(pa.RecordBatch.from_arrays(ordered, schema=self._schema))
        self.count += len(of_row)
        self._runs = []
        self._held = [[] for _ in self._singly]

    def close(self) -> None:
        """Write what is still held and finish the file."""
        self._flush()
        self._writer.close()

    def __enter__(self) -> "Rows":
        """The rows themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, also after an error."""
        self.close()


def _numbered(counts: Sequence[int]) -> pa.Array:
    """The number of the run that each row belongs to."""
    ends, numbers = pa.array(accumulate(counts), pa.int32()), pa.array(range(len(counts)), pa.int32())
    return pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(ends, numbers))


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    # Converting straight into a dictionary is ten times slower than converting and then encoding.
    if pa.types.is_dictionary(kind):
        return pa.array(column, pa.string()).dictionary_encode()
    return pa.array(column, kind)
