"""The finer detectors: each fires once on its planted defect and stays silent on the nearest miss."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from monitor_till import ANN, DAY, NOON, Shelf, Till, kinds, line, only, reconcile, sale, voided

from monitor.report_data import FindingKind
from sync.domain.facts import OriginalSale, Shipment
from sync.klaviyo.read import EventRow

HEAD = "lightspeed_r:797:"
SECOND = str(int(NOON.timestamp()))
HOUR = timedelta(hours=1)


def agreeing(*numbers: str) -> tuple[Till, Shelf]:
    till, shelf = Till(), Shelf()
    till.sales = [sale(each, NOON + timedelta(minutes=at)) for at, each in enumerate(numbers)]
    shelf.send(*till.sales)
    return till, shelf


def saying(shelf: Shelf, metric: str, key: str, *others: str) -> EventRow:
    """Let an event carry further properties, in the order in which the monitor asks for them."""
    row = shelf.take(metric, key)
    said = EventRow(
        row.id,
        row.at,
        row.profile_id,
        row.unique_id,
        row.order_id,
        row.shop_id,
        row.value,
        row.currency,
        others,
    )
    shelf.rows[metric].append(said)
    return said


def test_a_product_of_another_quantity_is_a_line_mismatch(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    saying(shelf, "Ordered Product", HEAD + "10:line:101", "i101", "3")

    found = only(reconcile(till, shelf, tmp_path), FindingKind.LINE_MISMATCH)

    assert (found.expected["quantity"], found.observed["quantity"]) == ("1", "3")
    assert found.differing == ("quantity",)


def test_an_order_with_another_number_of_items_is_a_line_mismatch(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", lines=(line("a", 500, 2), line("b", 500)))]
    shelf.send(*till.sales)
    saying(shelf, "Placed Order", HEAD + "10", "2")

    found = only(reconcile(till, shelf, tmp_path), FindingKind.LINE_MISMATCH)

    assert (found.expected["quantity"], found.observed["quantity"]) == ("3", "2")


@pytest.mark.parametrize("said", [("i101", "1"), ("i101", "1.0"), ("", ""), ("i101", "some")])
def test_lines_that_agree_or_say_nothing_are_no_mismatch(tmp_path: Path, said: tuple[str, str]) -> None:
    till, shelf = agreeing("10")
    saying(shelf, "Ordered Product", HEAD + "10:line:101", *said)

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_an_event_dated_ahead_of_now_is_future_dated_and_nothing_else(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(days=200), 1000)

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.FUTURE_DATED)
    assert (found.sale_id, found.cause.proven) == ("10", True)
    assert "2026-09-20" in found.cause.proof


def test_an_event_of_the_next_minutes_is_not_future_dated(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON + timedelta(seconds=300), 1000)

    assert kinds(reconcile(till, shelf, tmp_path, as_of=NOON)) == {}
    assert kinds(reconcile(till, shelf, tmp_path, as_of=NOON - timedelta(seconds=1))) == {"future_dated": 1}


def test_two_sales_of_one_second_sent_without_ids_collapse_into_one(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", lines=()), sale("11", lines=())]
    till.sales = [replace(each, total_minor=1000) for each in till.sales]
    shelf.put("Placed Order", SECOND, NOON, 1000, order="10")

    for key in ("OrderId", "$event_id"):
        found = only(
            reconcile(till, shelf, tmp_path / key, key_property=key), FindingKind.SAME_SECOND_COLLAPSE
        )
        assert (found.sale_id, found.cause.code, found.difference_minor) == ("11", "same_second", 1000)


def test_sales_of_two_people_in_one_second_do_not_collapse(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    bob = replace(ANN, customer_id="c2", email="bob@shop.co")
    till.sales = [sale("10", lines=()), sale("11", lines=(), customer=bob)]
    till.sales = [replace(each, total_minor=1000) for each in till.sales]
    shelf.put("Placed Order", SECOND, NOON, 1000, order="10")

    assert kinds(reconcile(till, shelf, tmp_path, key_property="OrderId")) == {"missing": 1}


def test_the_same_order_under_a_second_id_is_a_double_key(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", "797-10", NOON, 1000, order="10")

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.DOUBLE_KEY)
    assert found.cause.proof == f"Both events name order 10; their ids are {HEAD}10 and 797-10."
    assert "event id" in found.differing
    assert [row.duplicate_count for row in report.totals if row.metric == "Placed Order"] == [1]


def test_two_ids_on_one_profile_are_a_double_key_when_watched_by_order(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [replace(sale("10", lines=()), total_minor=1000)]
    shelf.put("Placed Order", "a", NOON, 1000, order="10")
    shelf.put("Placed Order", "b", NOON, 1000, order="10")

    assert kinds(reconcile(till, shelf, tmp_path, key_property="OrderId")) == {"double_key": 1}


def test_an_event_of_another_order_is_no_double_key(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", "797-99", NOON, 1000, order="99")

    assert kinds(reconcile(till, shelf, tmp_path)) == {"orphaned": 1}


def test_events_our_own_sync_sent_for_another_account_are_left_to_that_account(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", "sitoo:55:10", NOON, 700, order="10")

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {}
    assert [row.events_count for row in report.totals if row.metric == "Placed Order"] == [1]


def returning(number: str = "20") -> tuple[Till, Shelf]:
    till, shelf = agreeing("10")
    original = OriginalSale("10", {"101": Decimal(1)}, "c1", ANN)
    back = line("201", -1000, -1, parent="101")
    till.sales.append(sale(number, NOON + HOUR, lines=(back,), originals=(original,)))
    return till, shelf


def test_a_refund_that_never_arrived_is_lost(tmp_path: Path) -> None:
    found = only(reconcile(*returning(), tmp_path), FindingKind.LOST_REFUND)

    assert (found.sale_id, found.difference_minor) == ("20", 1000)
    assert found.command == "tillproof sync resend main --sale 20"


def test_a_refund_sent_before_its_sale_was_known_is_delivered(tmp_path: Path) -> None:
    till, shelf = returning()
    shelf.put("Refunded Order", HEAD + "20:refund", NOON + HOUR, 1000, order="20")

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {}
    assert [row.delivered_count for row in report.totals if row.metric == "Refunded Order"] == [1]


def test_a_refund_of_another_receipt_does_not_stand_in_for_it(tmp_path: Path) -> None:
    till, shelf = returning()
    shelf.put("Refunded Order", HEAD + "21:refund", NOON + HOUR, 1000, order="21")

    assert kinds(reconcile(till, shelf, tmp_path)) == {"lost_refund": 1, "orphaned": 1}


def test_an_event_whose_sale_may_still_be_uploaded_is_settling(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.put("Placed Order", HEAD + "99", NOON, 500)

    young = reconcile(till, shelf, tmp_path / "young", as_of=NOON + timedelta(seconds=7199))
    old = reconcile(till, shelf, tmp_path / "old", as_of=NOON + timedelta(seconds=7200))

    assert kinds(young) == {}
    assert [row.events_settling_count for row in young.totals if row.metric == "Placed Order"] == [1]
    assert kinds(old) == {"orphaned": 1}


def test_the_amount_of_a_sale_changed_just_now_is_not_held_against_it(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON, 900)
    till.sales = [replace(till.sales[0], changed_at=NOON + HOUR)]

    young = reconcile(till, shelf, tmp_path / "young", as_of=NOON + HOUR + timedelta(seconds=7199))
    old = reconcile(till, shelf, tmp_path / "old", as_of=NOON + HOUR + timedelta(seconds=7200))

    assert (kinds(young), kinds(old)) == ({}, {"amount_mismatch": 1})


def test_amounts_within_the_tolerance_are_booked_but_not_found(tmp_path: Path) -> None:
    till, shelf = agreeing("10")
    shelf.take("Placed Order", HEAD + "10")
    shelf.put("Placed Order", HEAD + "10", NOON, 998)

    within = reconcile(till, shelf, tmp_path / "within", tolerance_minor=2)
    beyond = reconcile(till, shelf, tmp_path / "beyond", tolerance_minor=1)

    assert (kinds(within), kinds(beyond)) == ({}, {"amount_mismatch": 1})
    assert [row.mismatch_minor for row in within.totals if row.metric == "Placed Order"] == [-2]


@pytest.mark.parametrize(
    ("back", "found"),
    [
        (timedelta(hours=5), {"day_shift": 1}),  # what New York is behind UTC in March's first week
        (timedelta(days=1), {"day_shift": 1}),
        (timedelta(hours=5, seconds=1), {}),
        (timedelta(hours=9), {}),
    ],
)
def test_a_cancellation_dated_back_by_a_clock_is_a_day_shift(
    tmp_path: Path, back: timedelta, found: dict[str, int]
) -> None:
    at = NOON - timedelta(hours=9)  # 03:00 in New York
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", NOON - timedelta(hours=47))]
    shelf.send(*till.sales)
    till.sales = [voided(till.sales[0], at)]
    shelf.put("Canceled Order", HEAD + "10", at - back, 1000)

    assert kinds(reconcile(till, shelf, tmp_path, first=DAY - timedelta(days=2))) == found


def test_a_shipment_dated_back_by_a_clock_is_a_day_shift(tmp_path: Path) -> None:
    at = NOON - timedelta(hours=9)
    till, shelf = Till(), Shelf()
    till.sales = [sale("10", NOON - timedelta(hours=47))]
    shelf.send(*till.sales)
    till.shipments = [(Shipment("s1", "10", "c1", True, at, ANN), till.sales[0])]
    shelf.put("Shipped Order", HEAD + "10:shipment:s1", at - timedelta(hours=5), 1000, order="10")

    assert kinds(reconcile(till, shelf, tmp_path, first=DAY - timedelta(days=2))) == {"day_shift": 1}
