"""Two exports compared: each defect found once, a clean pair silent, and all outputs saying the same."""

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from offline_files import NOON, asked, compare, event, kinds, later, sold

from monitor.offline import engine
from monitor.outputs import cells
from monitor.report_data import Report, VerdictCode


def pairs(count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return [sold(str(n)) for n in range(count)], [event(str(n)) for n in range(count)]


def test_sides_that_agree_have_no_findings(tmp_path: Path) -> None:
    report = compare(tmp_path, *pairs(3))

    assert (report.verdict, report.exit_code) == (VerdictCode.AGREES, 0)
    assert report.sentence == "3 sales, 3 in Klaviyo, 0 left out on purpose, none missing"
    assert [(row.business_day, row.pos_count, row.delivered_minor) for row in report.accounting] == [
        (date(2026, 3, 4), 3, 3000)
    ]


def test_a_sale_without_an_event_is_missing(tmp_path: Path) -> None:
    report = compare(tmp_path, [sold("1"), sold("2")], [event("1")])

    assert report.exit_code == 1
    (found,) = report.findings
    assert (found.kind, found.sale_id, found.difference_minor) == ("missing", "2", 1000)
    assert found.expected["time"] == "2026-03-04 12:00:00-05:00"
    assert found.command == ""


def test_a_refund_without_an_event_is_lost_as_it_is_to_the_nightly_monitor(tmp_path: Path) -> None:
    back = sold("2", kind="refunded", total_minor=400)
    report = compare(tmp_path, [sold("1"), back], [event("1")])

    (found,) = report.findings
    assert (found.kind, found.metric, found.sale_id) == ("lost_refund", "Refunded Order", "2")
    assert found.title == "Refunded Order of sale 2 is not in Klaviyo"
    assert list(report.findings_by_kind) == ["lost_refund"]
    with (tmp_path / "out" / "drift.csv").open(newline="") as file:
        assert [row["kind"] for row in csv.DictReader(file)] == ["lost_refund"]


def test_an_event_without_a_sale_is_orphaned(tmp_path: Path) -> None:
    report = compare(tmp_path, [sold("1")], [event("1"), event("9", total_minor=500)])

    (found,) = report.findings
    assert (found.kind, found.event_id, found.title) == (
        "orphaned",
        "e9",
        "Placed Order 9 has no sale in the POS",
    )
    assert found.zone == "America/New_York"  # the only one there is


@pytest.mark.parametrize(
    ("profile", "code"), [("p2", "two_profiles"), ("p1", "sent_twice"), ("", "sent_twice")]
)
def test_of_several_events_the_best_match_counts_and_the_rest_are_duplicates(
    tmp_path: Path, profile: str, code: str
) -> None:
    events = [
        event("1", event_id="a", total_minor=900),
        event("1", event_id="b"),
        event("1", event_id="c", profile=profile),
    ]

    report = compare(tmp_path, [sold("1")], [events[0], *events[1:]])

    assert kinds(report) == {"duplicate": 2}
    assert {found.event_id: found.cause.code for found in report.findings} == {"a": "sent_twice", "c": code}
    assert {found.expected["event"] for found in report.findings} == {"b"}


@pytest.mark.parametrize(
    ("minor", "code"), [(0, "no_value"), (-1000, "sign"), (100_000, "minor_units"), (999, "unknown_amount")]
)
def test_another_amount_is_found_with_its_arithmetic(tmp_path: Path, minor: int, code: str) -> None:
    report = compare(tmp_path, [sold("1")], [event("1", total_minor=minor)])

    (found,) = report.findings
    assert (found.kind, found.difference_minor, found.cause.code) == ("amount_mismatch", minor - 1000, code)


def test_an_amount_within_the_tolerance_is_booked_but_not_found(tmp_path: Path) -> None:
    report = compare(tmp_path, [sold("1")], [event("1", total_minor=998)], asked(tolerance_minor=2))

    assert kinds(report) == {}
    assert [row.mismatch_minor for row in report.accounting] == [-2]


def test_another_currency_closes_the_books_of_both(tmp_path: Path) -> None:
    report = compare(tmp_path, [sold("1")], [event("1", currency="CAD")])

    assert kinds(report) == {"wrong_currency": 1}
    assert [(row.currency, row.gone_count, row.arrived_count) for row in report.totals] == [
        ("CAD", 0, 1),
        ("USD", 1, 0),
    ]


@pytest.mark.parametrize(
    ("apart", "found"),
    [
        (timedelta(hours=11, minutes=59), {}),
        (timedelta(hours=12), {"day_shift": 1}),
        (timedelta(hours=-12, seconds=-1), {"day_shift": 1}),
        (timedelta(hours=-12), {}),
    ],
)
def test_days_are_the_shops_own(tmp_path: Path, apart: timedelta, found: dict[str, int]) -> None:
    report = compare(tmp_path, [sold("1")], [event("1", happened_at=NOON + apart)])

    assert kinds(report) == found


def test_a_day_of_25_hours_is_one_day(tmp_path: Path) -> None:
    new_york = ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, 0, 30, tzinfo=new_york)
    last = datetime(2026, 11, 1, 23, 30, tzinfo=new_york)  # 24 hours later, since a clock hour came twice

    report = compare(tmp_path, [sold("1", happened_at=first)], [event("1", happened_at=last)])

    assert kinds(report) == {}


def test_a_wrong_zone_is_proven_as_the_cause(tmp_path: Path) -> None:
    at = [later(days=day, hours=hour) for day in range(4) for hour in (-3, 0, 7)]
    sales = [sold(str(n), happened_at=each) for n, each in enumerate(at)]
    events = [event(str(n), happened_at=each + timedelta(hours=5)) for n, each in enumerate(at)]

    report = compare(tmp_path, sales, events)

    assert report.zones[0].status == "proven"
    assert {found.cause.code for found in report.findings} == {"zone"}
    assert {found.kind for found in report.findings} == {"day_shift"}


def test_events_after_the_instant_judged_lie_in_the_future(tmp_path: Path) -> None:
    report = compare(
        tmp_path, [sold("1")], [event("1", happened_at=later(days=2))], asked(as_of="2026-03-05T00:00:00Z")
    )

    assert kinds(report) == {"future_dated": 1}


def test_what_is_fresh_is_settling_on_both_sides(tmp_path: Path) -> None:
    how = asked(as_of="2026-03-04T17:30:00Z", settle_min=60)

    report = compare(tmp_path, [sold("1"), sold("2")], [event("1"), event("9")], how)

    assert kinds(report) == {}
    (row,) = report.totals
    assert (row.settling_count, row.events_settling_count) == (1, 1)


def test_kinds_are_tied_to_metrics_and_others_are_said(tmp_path: Path) -> None:
    sales = [sold("1", kind="placed"), sold("1", kind="refunded"), sold("2", kind="gift")]
    events = [event("1"), event("2", metric="Gift Sold"), event("1", event_id="r", metric="Refunded Order")]

    report = compare(tmp_path, sales, events, asked("gift=Gift Sold"))

    assert kinds(report) == {}
    assert [row.metric for row in report.totals] == ["Gift Sold", "Placed Order", "Refunded Order"]


def test_the_same_number_in_two_accounts_is_told_apart_by_the_account(tmp_path: Path) -> None:
    from offline_files import EXPECTED, OBSERVED, write

    from monitor.offline.app import compare_exports

    sales = [sold("1", account="a"), sold("1", account="b", total_minor=700)]
    events = [event("1", account="a"), {**event("1", event_id="x", total_minor=700), "account": "b"}]
    files = (
        write(tmp_path / "e.parquet", sales, EXPECTED),
        write(tmp_path / "o.parquet", events, {**OBSERVED, "account": EXPECTED["account"]}),
    )

    report = compare_exports(*files, tmp_path / "out", asked())

    assert (report.exit_code, [account.name for account in report.accounts]) == (0, ["a", "b"])


def spoiled() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One of everything, with money to spell."""
    sales = [
        sold("1"),
        sold("=2", total_minor=123_456_789),
        sold("3", currency="JPY", total_minor=1234),
        sold("4", currency="CHF"),
        sold("5"),
        sold("6"),
        sold("7", zone="Asia/Kolkata"),
    ]
    events = [
        event("3", currency="JPY", total_minor=-5),
        event("4", currency="CHF", total_minor=1005),
        event("5", currency="CAD"),
        event("6", happened_at=later(days=3)),
        event("6", event_id="twice", profile="p2"),
        event("7", happened_at=later(hours=30)),
        event("x", total_minor=1),
        event("1"),
    ]
    return sales, events


def test_the_complete_list_says_what_the_cards_say(tmp_path: Path) -> None:
    report = compare(tmp_path, *spoiled())

    rows = pq.read_table(tmp_path / "out" / "drift.parquet").to_pylist()
    with (tmp_path / "out" / "drift.csv").open(newline="") as file:
        table = list(csv.reader(file))
    assert len(rows) == len(report.findings) == len(table) - 1 == 7
    by_key = {row["key"]: list(row.values()) for row in rows}
    assert by_key == {finding.key: cells(finding) for finding in report.findings}
    assert [row[9] for row in table if row[9].endswith("=2")] == ["'=2"]  # no formula for a spreadsheet


def test_any_number_of_parts_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bytes_of(name: str) -> dict[str, bytes]:
        (tmp_path / name).mkdir()
        compare(tmp_path / name, *spoiled())
        return {path.name: path.read_bytes() for path in (tmp_path / name / "out").iterdir()}

    whole = bytes_of("whole")
    assert engine.parts_of(40_000_000, 2 * 2**30) > 1
    many = Parts(7)
    with many:
        parted = bytes_of("parted")
    assert many.used
    assert parted == whole
    assert set(whole) == {"report.html", "report.json", "drift.csv", "drift.parquet"}


class Parts:
    """Lets rows weigh so much that a few need several parts."""

    def __init__(self, count: int) -> None:
        self._count, self._was, self.used = count, engine._ROW_BYTES, False

    def __enter__(self) -> None:
        engine._ROW_BYTES = 2**30  # a row a gigabyte
        self.used = engine.parts_of(15, 2**30) > self._count

    def __exit__(self, *_: object) -> None:
        engine._ROW_BYTES = self._was


def test_the_report_is_the_usual_one(tmp_path: Path) -> None:
    report = compare(tmp_path, *spoiled())

    page = (tmp_path / "out" / "report.html").read_text()
    assert report.sentence.split(",")[0] in page
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["findings_by_kind"]["missing"] == {
        "count": 1, "total_minor": 123_456_789, "by_currency": {"USD": 123_456_789},
    }  # fmt: skip
    assert isinstance(report, Report)
