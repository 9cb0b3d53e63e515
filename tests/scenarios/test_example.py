"""The committed example is whole: page, data and list speak of the same differences."""

import csv
import json
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "reports" / "example"


def test_the_example_page_and_its_data_speak_of_the_same_differences() -> None:
    report = json.loads((EXAMPLE / "report.json").read_text())
    page = (EXAMPLE / "report.html").read_text()
    with (EXAMPLE / "drift.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(report["findings"]) == 21
    assert {row["key"] for row in rows} == {finding["key"] for finding in report["findings"]}
    assert all(row["remainder_count"] == row["remainder_minor"] == 0 for row in report["accounting"])
    assert {finding["kind"]: finding["title"] in page for finding in report["findings"]} == {
        "missing": True, "duplicate": True, "orphaned": True, "amount_mismatch": True, "day_shift": True,
    }  # fmt: skip
