"""The two files to compare, opened, checked and named: nothing is compared before both make sense.

Parquet is read where it lies; CSV is turned into Parquet first. Columns beyond the documented ones are
ignored. Every mistake names the file, the column, an example and what to do about it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from monitor.compare import quoted
from sync.domain.clock import known_zone

EXPECTED_COLUMNS = (
    "source", "account", "sale_id", "kind", "shop_id", "happened_at", "zone", "currency", "total_minor",
)  # fmt: skip
OBSERVED_COLUMNS = ("event_id", "sale_id", "metric", "happened_at", "currency", "total_minor", "profile")
_MAY_BE_EMPTY = frozenset({"source", "shop_id", "profile"})
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_ZONELESS = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS"})
_ZONED_TEXT = r"([zZ]|[+-]\d{2}(:?\d{2})?)$"
_CURRENCY = re.compile("[A-Z]{3}")
_SHOWN = 5


class WrongExport(ValueError):
    """A file cannot be compared. The message names it, what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Export:
    """One side as a view of the engine: `name` has the documented columns, `happened_at` in epoch seconds.

    `row_no` is the row's number in its file. `account` is there on the observed side only when the file
    has such a column.
    """

    name: str
    path: Path
    row_count: int
    first_s: int
    last_s: int
    accounts: bool  # whether the file says which account a row belongs to
    zoneless: bool = False  # its instants name no zone and were read as UTC


def open_expected(db: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> Export:
    """Open the till's side as the view `expected_rows`. Raises WrongExport."""
    opened = _opened(db, path, "expected_rows", EXPECTED_COLUMNS, optional=(), scratch=scratch)
    _zones(db, path)
    _currencies(db, path, opened.name)
    return opened


def open_observed(db: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> Export:
    """Open Klaviyo's side as the view `observed_rows`. Raises WrongExport."""
    opened = _opened(db, path, "observed_rows", OBSERVED_COLUMNS, optional=("account",), scratch=scratch)
    _currencies(db, path, opened.name)
    return opened


def _opened(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    columns: Sequence[str],
    *,
    optional: Sequence[str],
    scratch: Path,
) -> Export:
    file = _as_parquet(db, path, (*columns, *optional), scratch / f"{name}.parquet")
    try:
        relation = db.read_parquet(str(file), file_row_number=True)
    except duckdb.Error:
        raise WrongExport(f"{path}: is no readable Parquet file; export it again, or as .csv") from None
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    _columns(path, types, columns)
    also = [column for column in optional if column in types]
    relation.create_view(f"{name}_file")
    chosen = ", ".join(_read(path, column, types[column]) for column in (*columns, *also))
    # Column names are literals of this file; the views' names too.
    db.execute(f"CREATE VIEW {name} AS SELECT file_row_number AS row_no, {chosen} FROM {name}_file")  # noqa: S608 - see above
    zoneless = types["happened_at"] in _ZONELESS
    return replace(_measured(db, path, name, (*columns, *also)), zoneless=zoneless)


def _columns(path: Path, types: dict[str, str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in types]
    if missing:
        raise WrongExport(
            f"{path}: has no column {', '.join(missing)}; it needs {', '.join(columns)} and has "
            f"{', '.join(column for column in types if column != 'file_row_number') or 'none'}"
        )


def _read(path: Path, column: str, kind: str) -> str:
    """The SQL that reads a column in its right type."""
    if column == "happened_at":
        return _instant(path, kind)
    if column == "total_minor":
        if kind not in _WHOLE and not (kind.startswith("DECIMAL") and kind.endswith(",0)")):
            raise WrongExport(
                f"{path}: total_minor is {kind.lower()}; it must be whole minor units, such as 1999 for 19.99"
            )
        return "CAST(total_minor AS BIGINT) AS total_minor"
    text = column
    if kind in _WHOLE or kind.startswith("ENUM"):  # an id that happens to be a number
        text = f"CAST({column} AS VARCHAR)"
    elif kind != "VARCHAR":
        raise WrongExport(f"{path}: {column} is {kind.lower()}; it must be text")
    return f"coalesce({text}, '') AS {column}" if column in _MAY_BE_EMPTY else f"{text} AS {column}"


def _instant(path: Path, kind: str) -> str:
    if kind in _WHOLE:
        return "CAST(happened_at AS BIGINT) AS happened_at"
    if kind in _ZONELESS or kind in _ZONED:
        return (
            "epoch_us(CAST(happened_at AS TIMESTAMPTZ)) // 1000000 AS happened_at"
            if kind in _ZONED
            else ("epoch_us(CAST(happened_at AS TIMESTAMP)) // 1000000 AS happened_at")
        )
    if kind == "VARCHAR":
        return f"{_TEXT_INSTANT} AS happened_at"
    raise WrongExport(
        f"{path}: happened_at is {kind.lower()}; it must be an instant: a timestamp in UTC, text with its "
        "zone such as 2026-03-04T12:00:00Z, or whole seconds since 1970"
    )


_TEXT_AMOUNT = """CASE WHEN total_minor IS NULL OR total_minor = '' THEN NULL
    WHEN regexp_full_match(total_minor, '-?\\d+') THEN CAST(total_minor AS BIGINT)
    ELSE CAST(total_minor || ' (not whole)' AS BIGINT) END"""
# Text without a zone is made to fail, with words that say why.
_TEXT_INSTANT = f"""CASE WHEN happened_at IS NULL OR happened_at = '' THEN NULL
    WHEN regexp_full_match(happened_at, '-?\\d+') THEN CAST(happened_at AS BIGINT)
    WHEN contains(happened_at, ':') AND regexp_matches(happened_at, '{_ZONED_TEXT}')
        THEN epoch_us(CAST(happened_at AS TIMESTAMPTZ)) // 1000000
    ELSE CAST(happened_at || ' (names no zone)' AS BIGINT) END"""


def _measured(db: duckdb.DuckDBPyConnection, path: Path, name: str, columns: Sequence[str]) -> Export:
    needed = [column for column in columns if column not in _MAY_BE_EMPTY]
    empty = {
        column: f"{column} IS NULL"
        if column in {"happened_at", "total_minor"}
        else f"{column} IS NULL OR {column} = ''"
        for column in needed
    }
    counts = ", ".join(f"count(*) FILTER ({test})" for test in empty.values())
    try:
        row = db.execute(
            f"SELECT count(*), min(happened_at), max(happened_at), {counts} FROM {name}"  # noqa: S608 - literals of this file
        ).fetchone()
    except duckdb.ConversionException as trouble:
        raise WrongExport(f"{path}: {_said(trouble)}") from None
    except duckdb.Error:
        raise WrongExport(f"{path}: breaks off or is damaged; export it again") from None
    assert row is not None  # an aggregate always has one row
    total, first_s, last_s, *gaps = row
    if not total:
        raise WrongExport(f"{path}: holds no rows; there is nothing to compare")
    for column, count in zip(needed, gaps, strict=True):
        if count:
            raise WrongExport(
                f"{path}: {column} is empty in {count:,} of {total:,} rows, first in row "
                f"{_first(db, name, empty[column]):,}; every row needs one"
            )
    return Export(name, path, int(total), int(first_s), int(last_s), "account" in columns)


def _first(db: duckdb.DuckDBPyConnection, name: str, test: str) -> int:
    found = db.execute(f"SELECT min(row_no) FROM {name} WHERE {test}").fetchone()  # noqa: S608 - literals of this file
    assert found is not None  # an aggregate always has one row
    return int(found[0]) + 1


def _zones(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    zones = [zone for (zone,) in db.execute("SELECT DISTINCT zone FROM expected_rows ORDER BY 1").fetchall()]
    unknown = [zone for zone in zones if not known_zone(zone)]
    if unknown:
        raise WrongExport(f"{path}: {_few(unknown)}: no such time zone; use IANA names such as Europe/Berlin")


def _currencies(db: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    named = db.execute(f"SELECT DISTINCT currency FROM {name} ORDER BY 1").fetchall()  # noqa: S608 - literals of this file
    unknown = [currency for (currency,) in named if not _CURRENCY.fullmatch(currency)]
    if unknown:
        raise WrongExport(f"{path}: {_few(unknown)}: no currency; use ISO codes such as USD")


def _few(values: Sequence[str]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return f"{shown} and {len(values) - _SHOWN} more" if len(values) > _SHOWN else shown


def _as_parquet(db: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str], copy: Path) -> Path:
    if not path.is_file():
        raise WrongExport(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise WrongExport(f"{path}: is empty; export it again")
    if path.suffix.lower() != ".csv":
        return path
    try:
        relation = db.read_csv(str(path), header=True, all_varchar=True)
        present = [column for column in columns if column in relation.columns]
        _columns(path, dict.fromkeys(relation.columns, ""), [c for c in columns if c != "account"])
        relation.create_view("csv_rows")
        db.execute(
            f"COPY (SELECT {', '.join(_from_text(column) for column in present)} FROM csv_rows)"  # noqa: S608 - literals
            f" TO {quoted(copy)} (FORMAT parquet)"
        )
        db.execute("DROP VIEW csv_rows")
    except duckdb.ConversionException as trouble:
        raise WrongExport(f"{path}: {_said(trouble)}") from None
    except duckdb.Error:
        raise WrongExport(
            f"{path}: is no readable CSV: a header line, commas, UTF-8; or export Parquet"
        ) from None
    return copy


def _from_text(column: str) -> str:
    if column == "total_minor":
        return f"{_TEXT_AMOUNT} AS total_minor"
    return f"{_TEXT_INSTANT} AS happened_at" if column == "happened_at" else column


def _said(trouble: duckdb.Error) -> str:
    """What of the engine's message helps a reader: the value it could not read."""
    first = next(_lines(str(trouble)), "a value cannot be read")
    return (
        f"{first}; happened_at needs a zone (2026-03-04T12:00:00Z or whole seconds since 1970), "
        "total_minor whole minor units"
    )


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip():
            yield line.removeprefix("Conversion Error: ").strip()
