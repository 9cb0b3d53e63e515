"""The comparison: plain SQL over the evidence of both sides, in bounded memory.

The statements live in `monitor/sql/` and know nothing of DuckDB beyond standard SQL; what is DuckDB's own
(opening Parquet, limits) is in this file only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from monitor.offsets import Offset

_STEPS = ("1_pairs", "2_judged", "3_accounting", "3_pivot", "4_findings")
FUTURE_S = 300  # clocks may differ by so much before an event lies in the future
SOURCES = ("lightspeed_r:", "lightspeed_x:", "sitoo:")  # how the keys of our own sync begin
MEMORY_LIMIT = "256MB"  # a full year of 1.6 million units spills a little and takes no longer
_FETCH_ROWS = 10_000
_SMALL_ROWS = 20_000  # evidence up to here is loaded: opening its files anew for each statement takes longer


@dataclass(frozen=True, slots=True)
class Terms:
    """What the comparison has to know beyond the evidence. Spans are half-open, in epoch seconds."""

    as_of_s: int
    settle_s: int
    read_from_s: int
    read_to_s: int
    first_day: date
    last_day: date
    fallback_zone: str
    klaviyo_zone: str
    tolerance_minor: int = 0  # by how much amounts may differ without being a finding
    own_head: str = ""  # how the keys of the account begin; "" where events are not known by our own keys


class LostRows(Exception):
    """The comparison dropped or doubled rows of the evidence. Its result must not be believed."""


class Comparison:
    """One account's two sides, matched and judged. Close it when done; it keeps a temporary folder."""

    def __init__(self, folder: Path, *, memory_limit: str = MEMORY_LIMIT, threads: int = 2) -> None:
        """Open an engine that spills into `folder` when it needs more than `memory_limit`."""
        self.db = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": str(folder / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def load(
        self,
        expected: Sequence[Path],
        observed: Sequence[Path],
        terms: Terms,
        offsets: Sequence[Offset],
        shop_zones: Sequence[tuple[str, str]],
        *,
        unwatched: Sequence[str] = (),
    ) -> None:
        """Name the evidence and give the small tables; metrics in `unwatched` are left out on both sides."""
        run = self.db.execute
        run("CREATE TABLE unwatched (metric VARCHAR)")
        self.fill("unwatched", [(metric,) for metric in unwatched])
        self.db.read_parquet([str(path) for path in expected]).create_view("expected_files")
        self.db.read_parquet([str(path) for path in observed]).create_view("observed_file")
        small = sum(pq.read_metadata(path).num_rows for path in (*expected, *observed)) <= _SMALL_ROWS
        made = "TABLE" if small else "VIEW"
        run(f"CREATE {made} units AS SELECT * FROM expected_files WHERE metric NOT IN (FROM unwatched)")  # noqa: S608 - words of this file
        run(
            f"CREATE {made} events AS SELECT * FROM observed_file WHERE metric NOT IN (FROM unwatched)"  # noqa: S608 - words of this file
            + _not_of_others(terms.own_head)
        )
        run("CREATE TABLE offsets (zone VARCHAR, from_s BIGINT, to_s BIGINT, offset_s BIGINT)")
        run("CREATE TABLE shops (shop_id VARCHAR, zone VARCHAR)")
        run(
            "CREATE TABLE params (as_of_s BIGINT, settle_s BIGINT, read_from_s BIGINT, read_to_s BIGINT,"
            " first_day DATE, last_day DATE, fallback_zone VARCHAR, klaviyo_zone VARCHAR,"
            " tolerance_minor BIGINT, future_s BIGINT)"
        )
        self.fill("offsets", [(span.zone, span.from_s, span.to_s, span.offset_s) for span in offsets])
        self.fill("shops", shop_zones)
        self.fill(
            "params",
            [
                (
                    terms.as_of_s, terms.settle_s, terms.read_from_s, terms.read_to_s,
                    terms.first_day, terms.last_day, terms.fallback_zone, terms.klaviyo_zone,
                    terms.tolerance_minor, FUTURE_S,
                )
            ],
        )  # fmt: skip

    def judge(self) -> None:
        """Match, judge, account and name the differences. Raises LostRows when a row went astray."""
        for step in _STEPS:
            self.run(step)
        self._check()

    def run(self, step: str) -> None:
        """Run one file of `monitor/sql/`."""
        for statement in statements(step):
            self.db.execute(statement)

    def name_zones(self, names: Sequence[str]) -> None:
        """Say which zones the diagnosis tries."""
        self.db.execute("CREATE TABLE zone_names (name VARCHAR)")
        self.fill("zone_names", [(name,) for name in names])

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        return self.db.execute(query, list(parameters)).fetchall()

    def stream(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, a batch at a time. No other query may run before it is exhausted."""
        cursor = self.db.execute(query, list(parameters))
        while batch := cursor.fetchmany(_FETCH_ROWS):
            yield from batch

    def close(self) -> None:
        """Give memory and spilled files back."""
        self.db.close()

    def fill(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Put rows into one of the small tables."""
        if rows:
            places = ", ".join("?" * len(rows[0]))
            # The table's name is one of a few literals of this file, never anybody's input.
            self.db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - see above

    def _check(self) -> None:
        (counts,) = self.rows(_COUNTS)
        units, judged, cancellations, kept, events, placed, judged_events, dayless = counts
        if units - cancellations + kept != judged or events != placed or events != judged_events or dayless:
            raise LostRows("the comparison lost or doubled rows of the evidence")


_COUNTS = """
SELECT (SELECT count(*) FROM units), (SELECT count(*) FROM judged_units),
       (SELECT count(*) FROM units WHERE kind = 'canceled'), (SELECT count(*) FROM kept_cancellations),
       (SELECT count(*) FROM events), (SELECT count(*) FROM placed_events),
       (SELECT count(*) FROM judged_events), (SELECT count(*) FROM placed_events WHERE business_day IS NULL)
"""


def quoted(text: Path | str) -> str:
    """A path or any other text as SQL text."""
    doubled = str(text).replace("'", "''")
    return f"'{doubled}'"


def _not_of_others(own_head: str) -> str:
    """Leaves out events that our own sync sent for another account: they are that account's matter."""
    if not own_head:
        return ""
    ours = " OR ".join(f"starts_with(event_key, {quoted(head)})" for head in SOURCES)
    return f" AND (starts_with(event_key, {quoted(own_head)}) OR NOT ({ours}))"


def statements(step: str) -> list[str]:
    """The statements of one SQL file, in order."""
    text = files("monitor").joinpath("sql", f"{step}.sql").read_text("utf-8")
    return [part for part in (piece.strip() for piece in _uncommented(text).split(";")) if part]


def _uncommented(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
