"""Files that make no sense are refused with what is wrong and what to do, never with a traceback."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import typer
from offline_files import EXPECTED, INSTANT, NOON, OBSERVED, asked, event, kinds, sold, write
from typer.testing import CliRunner

from monitor.cli import register
from monitor.offline.app import compare_exports
from monitor.offline.asked import memory_bytes
from monitor.offline.exports import WrongExport

Change = Callable[[Path, Path], None]


def without(schema: dict[str, pa.DataType], name: str) -> dict[str, pa.DataType]:
    return {key: kind for key, kind in schema.items() if key != name}


CASES: dict[str, tuple[Change, str]] = {
    "no file": (lambda e, _: e.unlink(), "e.parquet: there is no such file"),
    "empty file": (lambda e, _: e.write_bytes(b""), "e.parquet: is empty"),
    "no parquet": (lambda e, _: e.write_bytes(b"sale_id,kind"), "e.parquet: is no readable Parquet file"),
    "cut off": (lambda e, _: e.write_bytes(e.read_bytes()[:-40]), "e.parquet: is no readable Parquet file"),
    "no rows": (lambda e, _: _write(e, []), "e.parquet: holds no rows"),
    "no events": (lambda _, o: _observed(o, []), "o.parquet: holds no rows"),
    "missing column": (
        lambda e, _: _write(e, [sold("1")], without(EXPECTED, "zone")),
        "e.parquet: has no column zone; it needs source, account",
    ),
    "missing columns": (
        lambda _, o: _observed(o, [event("1")], without(without(OBSERVED, "metric"), "profile")),
        "o.parquet: has no column metric, profile",
    ),
    "amount with a point": (
        lambda e, _: _write(e, [sold("1", total_minor=9.99)], {**EXPECTED, "total_minor": pa.float64()}),
        "total_minor is double; it must be whole minor units",
    ),
    "date without a time": (
        lambda e, _: _write(e, [sold("1")], {**EXPECTED, "happened_at": pa.date32()}),
        "happened_at is date; it must be an instant",
    ),
    "text without a zone": (
        lambda e, _: _write(
            e, [sold("1", happened_at="2026-03-04 12:00:00")], {**EXPECTED, "happened_at": pa.string()}
        ),
        "names no zone",
    ),
    "id of a wrong type": (
        lambda e, _: _write(e, [sold("1", sale_id=1.5)], {**EXPECTED, "sale_id": pa.float64()}),
        "sale_id is double; it must be text",
    ),
    "null key": (
        lambda e, _: _write(e, [sold("1"), sold("2", sale_id=None)]),
        "sale_id is empty in 1 of 2 rows, first in row 2",
    ),
    "empty key": (
        lambda _, o: _observed(o, [event("1", sale_id="")]),
        "o.parquet: sale_id is empty in 1 of 1",
    ),
    "null time": (
        lambda e, _: _write(e, [sold("1", happened_at=None)]),
        "happened_at is empty in 1 of 1 rows",
    ),
    "unknown zone": (lambda e, _: _write(e, [sold("1", zone="Mars/Base")]), "'Mars/Base': no such time zone"),
    "unknown currency": (lambda e, _: _write(e, [sold("1", currency="usd")]), "'usd': no currency"),
    "unknown kind": (lambda e, _: _write(e, [sold("1", kind="gift")]), "kind 'gift' has no metric; name it"),
    "same sale twice": (
        lambda e, _: _write(e, [sold("1"), sold("1")]),
        "sale 1 (Placed Order) is there 2 times",
    ),
    "missing sale twice": (
        lambda e, _: _write(e, [sold("1"), sold("8"), sold("8")]),
        "sale 8 (Placed Order)",
    ),
    "milliseconds": (
        lambda e, _: _write(
            e, [sold("1", happened_at=1_772_643_600_000_000)], {**EXPECTED, "happened_at": pa.int64()}
        ),
        "milliseconds must be divided by 1000",
    ),
}


def _write(path: Path, rows: list[dict[str, Any]], schema: dict[str, pa.DataType] | None = None) -> None:
    write(path, rows, schema or EXPECTED)


def _observed(path: Path, rows: list[dict[str, Any]], schema: dict[str, pa.DataType] | None = None) -> None:
    write(path, rows, schema or OBSERVED)


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_makes_no_sense_could_not_be_judged(tmp_path: Path, case: str) -> None:
    change, words = CASES[case]
    expected, observed = tmp_path / "e.parquet", tmp_path / "o.parquet"
    write(expected, [sold("1")], EXPECTED)
    write(observed, [event("1")], OBSERVED)
    change(expected, observed)
    root = typer.Typer()
    register(root)

    told = CliRunner().invoke(
        root,
        [
            "monitor",
            "compare",
            "--expected",
            str(expected),
            "--observed",
            str(observed),
            "--out",
            str(tmp_path / "out"),
        ],
    )

    assert told.exit_code == 2
    assert words in told.stderr.replace("\n", " ")
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "out" / "report.json").exists()
    assert not (tmp_path / "out" / "scratch").exists()


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (INSTANT, NOON),
        (pa.timestamp("ns", "America/New_York"), NOON),
        (pa.int64(), int(NOON.timestamp())),
        (pa.string(), "2026-03-04T17:00:00Z"),
        (pa.string(), "2026-03-04T12:00:00-05:00"),
        (pa.string(), str(int(NOON.timestamp()))),
    ],
)
def test_an_instant_may_be_written_in_several_ways(tmp_path: Path, kind: pa.DataType, at: object) -> None:
    expected = write(tmp_path / "e.parquet", [sold("1", happened_at=at)], {**EXPECTED, "happened_at": kind})
    observed = write(tmp_path / "o.parquet", [event("1")], OBSERVED)

    report = compare_exports(expected, observed, tmp_path / "out", asked())

    assert kinds(report) == {}
    assert report.window.first_day.isoformat() == "2026-03-04"
    assert report.limits == ()


def test_an_instant_without_a_zone_is_read_as_utc_and_that_is_said(tmp_path: Path) -> None:
    naive = datetime(2026, 3, 4, 17)  # noqa: DTZ001 - the point of the test
    schema = {**EXPECTED, "happened_at": pa.timestamp("us")}
    expected = write(tmp_path / "e.parquet", [sold("1", happened_at=naive)], schema)
    observed = write(tmp_path / "o.parquet", [event("1")], OBSERVED)

    report = compare_exports(expected, observed, tmp_path / "out", asked())

    assert (report.exit_code, [limit.code for limit in report.limits]) == (0, ["zoneless_instants"])


def test_numbers_may_stand_for_ids(tmp_path: Path) -> None:
    expected = write(tmp_path / "e.parquet", [sold("1", sale_id=41)], {**EXPECTED, "sale_id": pa.int64()})
    observed = write(tmp_path / "o.parquet", [event("41")], OBSERVED)

    assert kinds(compare_exports(expected, observed, tmp_path / "out", asked())) == {}


def test_csv_is_read_like_parquet(tmp_path: Path) -> None:
    expected, observed = tmp_path / "e.csv", tmp_path / "o.csv"
    expected.write_text(
        "source,account,sale_id,kind,shop_id,happened_at,zone,currency,total_minor\n"
        "lightspeed_r,main,007,placed,1,2026-03-04T12:00:00-05:00,America/New_York,USD,1000\n"
        'lightspeed_r,main,"8,5",placed,1,1772643600,America/New_York,USD,500\n'
    )
    observed.write_text(
        "event_id,sale_id,metric,happened_at,currency,total_minor,profile\n"
        "e1,007,Placed Order,2026-03-04T17:00:00Z,USD,1000,p1\n"
    )

    report = compare_exports(expected, observed, tmp_path / "out", asked())

    (found,) = report.findings
    assert (found.kind, found.sale_id) == ("missing", "8,5")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("r,main,1,placed,1,2026-03-04T12:00:00,UTC,USD,10", "names no zone"),
        ("r,main,1,placed,1,1772643600,UTC,USD,9.99", "total_minor whole minor units"),
        ("r,main,,placed,1,1772643600,UTC,USD,9", "sale_id is empty in 1 of 1 rows, first in row 1"),
    ],
)
def test_a_csv_that_makes_no_sense_is_refused(tmp_path: Path, line: str, words: str) -> None:
    expected = tmp_path / "e.csv"
    expected.write_text(f"{','.join(EXPECTED)}\n{line}\n")
    observed = write(tmp_path / "o.parquet", [event("1")], OBSERVED)

    with pytest.raises(WrongExport, match=words):
        compare_exports(expected, observed, tmp_path / "out", asked())


@pytest.mark.parametrize("text", ["2", "2TB", "lots", "100MB", "-1GB"])
def test_a_limit_that_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--memory-limit"):
        memory_bytes(text)


def test_sizes_are_read_in_any_case() -> None:
    assert memory_bytes("1.5 gb") == 1_610_612_736


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metrics": ["placed"]}, "--metric placed says no name"),
        ({"as_of": "yesterday"}, "--as-of yesterday is no instant"),
        ({"as_of": "2026-03-04T12:00:00"}, "names no time zone"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        asked(*given.pop("metrics", ()), **given)
