"""The complete list on disk has every finding; the report shows a fair share of every kind."""

import csv
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from report_samples import finding

from monitor.driftfile import DriftFiles, Kept
from monitor.outputs import COLUMNS
from monitor.report_data import Finding, FindingKind


def many(kind: FindingKind, count: int) -> list[Finding]:
    return [replace(finding(1, kind), key=f"{kind.value}-{number}") for number in range(count)]


def test_every_finding_is_in_both_files_whatever_the_report_shows(tmp_path: Path) -> None:
    found = many(FindingKind.MISSING, 10_001)
    with DriftFiles(tmp_path / "drift.csv", tmp_path / "drift.parquet") as files:
        for one in found:
            files.write(one)

    table = pq.read_table(tmp_path / "drift.parquet")
    with (tmp_path / "drift.csv").open(newline="") as file:
        rows = list(csv.reader(file))

    assert tuple(table.column_names) == COLUMNS
    assert table["key"].to_pylist() == [one.key for one in found]
    assert [row[-1] for row in rows] == ["key", *(one.key for one in found)]


def test_formulas_are_defused_for_people_and_kept_for_programs(tmp_path: Path) -> None:
    with DriftFiles(tmp_path / "drift.csv", tmp_path / "drift.parquet") as files:
        files.write(replace(finding(1), shop_name="=1+1", difference_minor=-5))

    row = pq.read_table(tmp_path / "drift.parquet").to_pylist()[0]

    assert (row["shop_name"], row["difference_minor"]) == ("=1+1", -5)
    assert ",'=1+1," in (tmp_path / "drift.csv").read_text()
    assert ",-5," in (tmp_path / "drift.csv").read_text()


def test_no_files_without_findings_lack_their_heads(tmp_path: Path) -> None:
    with DriftFiles(tmp_path / "drift.csv", tmp_path / "drift.parquet"):
        pass

    assert pq.read_table(tmp_path / "drift.parquet").num_rows == 0
    assert (tmp_path / "drift.csv").read_text() == f"{','.join(COLUMNS)}\n"


def test_a_flood_of_one_kind_leaves_room_for_the_others() -> None:
    kept = Kept(10)
    for one in (*many(FindingKind.DAY_SHIFT, 3), *many(FindingKind.MISSING, 50), *many(FindingKind.LATE, 1)):
        kept.add(one)

    assert [(one.kind.value, one.key) for one in kept.findings()] == [
        *(("missing", f"missing-{number}") for number in range(6)),
        *(("day_shift", f"day_shift-{number}") for number in range(3)),
        ("late", "late-0"),
    ]
