"""What a run leaves behind: stable bytes, a stable interface, and nothing a spreadsheet would execute."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from monitor_till import NOON, Shelf, Till, reconcile, sale

from monitor.app import DAYS_MAX
from monitor.outputs import guarded
from monitor.words import counted, money
from sync.domain.facts import Shop

HEAD = "lightspeed_r:797:"


def drifting() -> tuple[Till, Shelf]:
    till = Till([sale(str(n), NOON + timedelta(minutes=n), 100 * n) for n in range(1, 9)])
    shelf = Shelf()
    shelf.send(*till.sales)
    shelf.take("Placed Order", HEAD + "3")
    shelf.put("Placed Order", HEAD + "4", NOON, 400, profile="p9")
    shelf.put("Placed Order", HEAD + "77", NOON, 400)
    return till, shelf


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        reconcile(*drifting(), tmp_path / name)

    for file in ("report.json", "drift.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_report_json_keeps_its_names(tmp_path: Path) -> None:
    reconcile(*drifting(), tmp_path)

    told = json.loads((tmp_path / "report.json").read_text())

    assert told["verdict"] == "drift"
    assert told["window"]["first_day"] == "2026-03-04"
    assert told["findings_by_kind"]["missing"] == {
        "count": 1,
        "total_minor": 300,
        "by_currency": {"USD": 300},
    }
    assert told["findings_by_kind"]["duplicate"]["count"] == 1
    placed = next(row for row in told["accounting"] if (row["metric"], row["shop"]) == ("Placed Order", "1"))
    wanted = {
        "account": "main", "shop": "1", "business_day": "2026-03-04", "zone": "America/New_York",
        "currency": "USD", "pos_count": 8, "pos_minor": 3600, "delivered_count": 7, "missing_minor": 300,
        "events_count": 8, "orphaned_count": 0, "duplicate_minor": 400, "remainder_count": 0,
        "remainder_minor": 0,
    }  # fmt: skip
    assert {name: placed[name] for name in wanted} == wanted
    kinds = [found["kind"] for found in told["findings"]]
    assert kinds == ["missing", "duplicate", "orphaned"]


def test_a_finding_keeps_its_key_from_run_to_run(tmp_path: Path) -> None:
    till, shelf = drifting()
    before = reconcile(till, shelf, tmp_path / "a").findings[0].key
    shelf.put("Placed Order", HEAD + "88", NOON, 1)
    after = reconcile(till, shelf, tmp_path / "b", as_of=NOON + timedelta(days=8)).findings[0].key

    assert before == after


def test_drift_csv_has_a_row_for_each_finding_and_no_formula(tmp_path: Path) -> None:
    till, shelf = drifting()
    till.shops = {"1": Shop("1", '=HYPERLINK("http://x")', "America/New_York")}

    reconcile(till, shelf, tmp_path)

    with (tmp_path / "drift.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["missing", "duplicate", "orphaned"]
    assert rows[0]["shop_name"] == '\'=HYPERLINK("http://x")'
    assert rows[0]["difference_minor"] == "300"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_text_that_a_spreadsheet_would_execute_is_quoted(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_harmless_text_is_left_alone() -> None:
    assert guarded("Main Street = 1") == "Main Street = 1"


def test_nothing_is_left_but_the_outputs_and_the_evidence(tmp_path: Path) -> None:
    reconcile(*drifting(), tmp_path)

    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == [
        "drift.csv", "drift.parquet", "evidence/main/expected.parquet",
        "evidence/main/expected_asked.parquet",
        "evidence/main/observed.parquet", "report.html", "report.json",
    ]  # fmt: skip


def test_money_and_counts_read_well() -> None:
    assert [money(21240, "USD"), money(-5, "USD"), money(1234567, "CHF"), money(500, "JPY")] == [
        "$212.40", "-$0.05", "12,345.67 CHF", "¥500",
    ]  # fmt: skip
    assert [counted(1, "sale"), counted(1204, "sale"), counted(2, "currency"), counted(0, "day")] == [
        "1 sale", "1,204 sales", "2 currencies", "0 days",
    ]  # fmt: skip
    assert DAYS_MAX >= 366  # a leap year in one run
