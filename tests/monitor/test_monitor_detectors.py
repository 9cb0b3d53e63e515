"""Every detector fires on a planted defect, stays silent on a near miss, and leaves the accounting closed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from monitor_till import (
    ANN,
    DAY,
    NOON,
    Shelf,
    Till,
    kinds,
    line,
    only,
    reconcile,
    sale,
    voided,
)

from monitor.report_data import FindingKind, VerdictCode
from sync.domain.facts import SaleState

HEAD = "lightspeed_r:797:"


def agreeing(*sales_: str) -> tuple[Till, Shelf]:
    till, shelf = Till(), Shelf()
    till.sales = [sale(each, NOON + timedelta(minutes=at)) for at, each in enumerate(sales_)]
    shelf.send(*till.sales)
    return till, shelf


def test_a_sale_without_its_event_is_missing_with_its_money(tmp_path: Path) -> None:
    till, shelf = agreeing("10", "11")
    shelf.take("Placed Order", HEAD + "10")

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.DRIFT
    assert report.exit_code == 1
    assert report.sentence == "2 sales, 1 in Klaviyo, 0 left out on purpose, 1 missing: $10.00"
    found = only(report, FindingKind.MISSING)
    assert (found.sale_id, found.metric, found.difference_minor) == ("10", "Placed Order", 1000)
    assert found.expected["time"] == "2026-03-04 12:00:00-05:00"
    assert found.expected["amount"] == "$10.00"
    assert found.observed == {}
    assert not found.cause.proven
    assert report.findings_by_kind["missing"].total_minor == 1000


def test_a_missing_product_is_told_apart_from_a_missing_sale(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Ordered Product", HEAD + "10:line:101")

    report = reconcile(till, shelf, tmp_path)

    assert report.sentence == (
        "1 sale, 1 in Klaviyo, 0 left out on purpose, none missing; 1 Ordered Product missing"
    )
    assert kinds(report) == {"missing": 1}


def test_a_sale_changed_just_now_is_settling_and_not_missing(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10")]

    young = reconcile(till, shelf, tmp_path / "young", as_of=NOON + timedelta(seconds=7199))
    old = reconcile(till, shelf, tmp_path / "old", as_of=NOON + timedelta(seconds=7200))

    assert kinds(young) == {}
    assert [row.settling_count for row in young.totals] == [1, 1]
    assert "1 too fresh to judge" in young.sentence
    assert kinds(old) == {"missing": 2}


def test_a_fresh_sale_that_has_arrived_is_delivered(tmp_path: Path) -> None:
    till, shelf = agreeing("10")

    report = reconcile(till, shelf, tmp_path, as_of=NOON + timedelta(minutes=1))

    assert [row.delivered_count for row in report.totals] == [1, 1]


def test_an_event_whose_sale_the_pos_does_not_know_is_orphaned_with_proof(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", HEAD + "99", NOON, 500)

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.ORPHANED)
    assert found.cause.code == "no_such_sale"
    assert found.cause.proof == "The POS was asked for sale 99 and does not know it."
    assert (found.expected, found.observed["amount"]) == ({}, "$5.00")
    assert till.asked == ["99"]


def test_an_event_of_a_sale_found_only_by_its_id_is_not_orphaned(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    till.hidden = [sale("12")]
    shelf.send(*till.hidden)

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {}
    assert report.sides[0].sales_count == 2


def test_an_event_for_a_line_the_sale_does_not_have_is_orphaned(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Ordered Product", HEAD + "10:line:7", NOON, 500)

    found = only(reconcile(till, shelf, tmp_path), FindingKind.ORPHANED)

    assert found.cause.code == "no_such_part"


def test_an_event_that_names_no_sale_is_orphaned(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", "", NOON, 500)

    found = only(reconcile(till, shelf, tmp_path), FindingKind.ORPHANED)

    assert found.cause.code == "no_key"
    assert till.asked == []


def test_a_sale_left_out_on_purpose_that_was_sent_is_orphaned_for_that_reason(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", customer=replace(ANN, email=""))]
    shelf.put("Placed Order", HEAD + "10", NOON, 1000)

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.ORPHANED)
    assert found.cause.code == "excluded_no_email"
    assert found.expected["left out because"] == "the customer has no e-mail address"
    placed = report.totals[1]
    assert (placed.metric, placed.excluded_count, placed.orphaned_count) == ("Placed Order", 1, 1)


def test_a_sale_left_out_on_purpose_is_counted_by_its_reason(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", customer=None), sale("11", minor=0)]

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert report.sentence == "2 sales, 0 in Klaviyo, 2 left out on purpose, none missing"
    told = [(e.metric, e.reason, e.excluded_count, e.excluded_minor) for e in report.exclusions]
    assert told == [
        ("Ordered Product", "no_customer", 1, 1000),
        ("Ordered Product", "zero_value", 1, 0),
        ("Placed Order", "no_customer", 1, 1000),
        ("Placed Order", "zero_value", 1, 0),
    ]


def test_the_same_sale_on_two_profiles_is_a_duplicate(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", HEAD + "10", NOON, 1000, profile="p2")

    found = only(reconcile(till, shelf, tmp_path), FindingKind.DUPLICATE)

    assert found.cause.code == "two_profiles"
    assert (found.expected["profile"], found.observed["profile"]) == ("p1", "p2")
    assert "profile" in found.differing


def test_of_three_events_of_a_sale_the_best_match_is_the_delivered_one(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", lines=())]
    till.sales = [replace(till.sales[0], total_minor=1000)]
    shelf.put("Placed Order", HEAD + "10", NOON, 900)
    right = shelf.put("Placed Order", HEAD + "10", NOON, 1000)
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(days=1), 1000)

    report = reconcile(till, shelf, tmp_path, last=DAY + timedelta(days=1))

    assert kinds(report) == {"duplicate": 2}
    assert {found.expected["event"] for found in report.findings} == {right.id}


def test_two_sales_of_one_second_and_one_amount_are_no_duplicates(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10"), sale("11")]
    shelf.send(*till.sales)

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_an_event_of_another_amount_is_a_mismatch_with_its_sign(tmp_path: Path) -> None:
    till, shelf = agreeing("10", "11")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON, 999)

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.AMOUNT_MISMATCH)
    assert found.difference_minor == -1
    assert (found.expected["amount"], found.observed["amount"]) == ("$10.00", "$9.99")
    assert found.differing == ("amount",)
    placed = report.totals[1]
    assert (placed.delivered_minor, placed.mismatch_minor, placed.events_minor) == (2000, -1, 1999)


def test_the_arithmetic_of_a_mismatch_is_its_proof(tmp_path: Path) -> None:
    causes = {}
    for name, minor in {"sign": -1000, "cents": 100_000, "none": 0, "other": 1234}.items():
        till, shelf = agreeing("10")
        shelf.take("Placed Order", HEAD + "10")
        shelf.put("Placed Order", HEAD + "10", NOON, minor)
        cause = only(reconcile(till, shelf, tmp_path / name), FindingKind.AMOUNT_MISMATCH).cause
        causes[name] = (cause.code, cause.proven)

    assert causes == {
        "sign": ("sign", True),
        "cents": ("minor_units", True),
        "none": ("no_value", True),
        "other": ("unknown_amount", False),
    }


def test_an_event_in_another_currency_closes_the_accounts_of_both(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON, 1000, currency="CAD")

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {"wrong_currency": 1}
    placed = [
        (r.currency, r.gone_count, r.arrived_count) for r in report.totals if r.metric == "Placed Order"
    ]
    assert placed == [("CAD", 0, 1), ("USD", 1, 0)]


def test_an_event_without_a_currency_is_in_the_accounts_currency(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON, 1000, currency="")

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_an_event_on_the_next_day_is_a_day_shift_seen_from_both_days(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(days=1), 1000)

    report = reconcile(till, shelf, tmp_path, last=DAY + timedelta(days=1))

    found = only(report, FindingKind.DAY_SHIFT)
    assert found.cause.code == "whole_days"
    assert (found.expected["day"], found.observed["day"]) == ("Wed 2026-03-04", "Thu 2026-03-05")
    rows = [r for r in report.accounting if r.metric == "Placed Order"]
    assert [(r.business_day, r.gone_count, r.arrived_count) for r in rows] == [
        (date(2026, 3, 4), 1, 0),
        (date(2026, 3, 5), 0, 1),
    ]
    assert [day.finding_count for day in report.days] == [1, 0]


def test_an_event_that_left_the_window_is_a_day_shift_and_not_missing(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(days=1), 1000)

    left = reconcile(till, shelf, tmp_path / "left")
    came = reconcile(till, shelf, tmp_path / "came", first=date(2026, 3, 5), last=date(2026, 3, 5))

    assert kinds(left) == {"day_shift": 1}
    assert kinds(came) == {"day_shift": 1}
    assert [(r.pos_count, r.events_count, r.arrived_count) for r in came.totals] == [(0, 1, 1)]


def test_an_event_some_hours_off_within_its_day_is_no_day_shift(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(hours=11, minutes=59), 1000)

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_sales_and_events_outside_the_window_are_not_reported(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    till.sales.append(sale("9", NOON - timedelta(days=1)))
    shelf.put("Placed Order", HEAD + "77", NOON + timedelta(days=1), 1000)

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {}
    assert report.sides[0].sales_count == 1


def test_a_sale_voided_before_it_was_sent_is_left_out_and_needs_no_cancellation(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", state=SaleState.VOIDED)]

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert [(t.metric, t.excluded_count) for t in report.totals] == [
        ("Ordered Product", 1),
        ("Placed Order", 1),
    ]


def test_a_sale_voided_after_it_was_sent_needs_its_cancellation(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    till.sales = [voided(till.sales[0], NOON + timedelta(hours=2))]

    missing = reconcile(till, shelf, tmp_path / "missing")
    shelf.put("Canceled Order", HEAD + "10", NOON + timedelta(hours=2), 1000)
    closed = reconcile(till, shelf, tmp_path / "closed")

    assert only(missing, FindingKind.MISSING).metric == "Canceled Order"
    assert kinds(closed) == {}
    assert [(t.metric, t.delivered_count) for t in closed.totals] == [
        ("Canceled Order", 1),
        ("Ordered Product", 1),
        ("Placed Order", 1),
    ]


def test_a_cancellation_of_a_sale_that_was_never_sent_is_orphaned(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", state=SaleState.VOIDED)]
    shelf.put("Canceled Order", HEAD + "10", NOON, 1000)

    found = only(reconcile(till, shelf, tmp_path), FindingKind.ORPHANED)

    assert found.cause.code == "never_placed"


def test_a_cancellation_of_an_old_sale_is_taken_as_proof_that_it_was_sent(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.hidden = [voided(sale("10", NOON - timedelta(days=90)), NOON)]
    shelf.put("Canceled Order", HEAD + "10", NOON, 1000)

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_a_void_touched_again_later_does_not_shift_its_cancellation(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    till.sales = [voided(till.sales[0], NOON + timedelta(days=1))]
    shelf.put("Canceled Order", HEAD + "10", NOON + timedelta(hours=1), 1000)

    assert kinds(reconcile(till, shelf, tmp_path, last=DAY + timedelta(days=1))) == {}


def test_a_refund_is_compared_under_the_sale_it_returns(tmp_path: Path) -> None:
    from decimal import Decimal

    from sync.domain.facts import OriginalSale

    till, shelf = agreeing("10")
    original = OriginalSale("10", {"101": Decimal(1)}, "c1", ANN)
    back = line("201", -1000, -1, parent="101")
    till.sales.append(sale("20", NOON + timedelta(hours=1), lines=(back,), originals=(original,)))

    lost = reconcile(till, shelf, tmp_path / "lost")
    shelf.put("Refunded Order", HEAD + "10", NOON + timedelta(hours=1), 1000, order="10")
    found = reconcile(till, shelf, tmp_path / "found")

    missing = only(lost, FindingKind.LOST_REFUND)
    assert (missing.metric, missing.sale_id, missing.expected["returns sale"]) == (
        "Refunded Order",
        "20",
        "10",
    )
    assert kinds(found) == {}
    refunds = found.totals[-1]
    assert (refunds.metric, refunds.delivered_minor) == ("Refunded Order", 1000)


def test_watching_another_integration_by_order_id(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", lines=(line("a", 500), line("b", 500))), sale("11")]
    at = NOON
    shelf.put("Placed Order", "x1", at, 1000, order="10")
    shelf.put("Ordered Product", "x2", at, 500, order="10")
    shelf.put("Ordered Product", "x3", at, 500, order="10")
    shelf.put("Placed Order", "x4", at, 1000, order="11")

    report = reconcile(till, shelf, tmp_path, key_property="OrderId")

    missing = only(report, FindingKind.MISSING)
    assert (missing.metric, missing.sale_id) == ("Ordered Product", "11")


def test_days_of_23_and_25_hours_close(tmp_path: Path) -> None:
    # New York, 2026: 8 March has 23 hours, 1 November 25.
    short, long = date(2026, 3, 8), date(2026, 11, 1)
    for day, first, last in (
        (short, datetime(2026, 3, 8, 5, 0, tzinfo=UTC), datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC)),
        (long, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC)),
    ):
        till, shelf = Till(), Shelf()
        second = timedelta(seconds=1)
        till.sales = [
            sale("8", first - second),
            sale("9", first),
            sale("10", last),
            sale("11", last + second),
        ]
        shelf.send(*till.sales)

        report = reconcile(
            till, shelf, tmp_path / day.isoformat(), first=day, last=day, as_of=last + timedelta(days=9)
        )

        assert kinds(report) == {}
        assert [row.pos_count for row in report.totals] == [2, 2]
