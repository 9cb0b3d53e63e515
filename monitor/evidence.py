"""Evidence on disk: both sides as Parquet, written column by column in batches of bounded memory.

`expected` has one row per event that ought or ought not to exist, `observed` one per event Klaviyo holds.
Nothing personal is written: sales, lines, events and profiles appear by id only.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
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
    ]
)


class Rows:
    """A Parquet file being written: columns in, row groups of BATCH_ROWS out."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open `path` for writing; an older file there is replaced."""
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._held: list[list[Any]] = [[] for _ in schema]
        self.count = 0

    def write(self, columns: Sequence[Iterable[Any]]) -> None:
        """Take some rows: columns in the order of the schema, all of one length."""
        for held, column in zip(self._held, columns, strict=True):
            held.extend(column)
        if len(self._held[0]) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._held[0]:
            return
        arrays = [_array(column, field.type) for column, field in zip(self._held, self._schema, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self.count += len(self._held[0])
        self._held = [[] for _ in self._schema]

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


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    # Converting straight into a dictionary is ten times slower than converting and then encoding.
    if pa.types.is_dictionary(kind):
        return pa.array(column, pa.string()).dictionary_encode()
    return pa.array(column, kind)
