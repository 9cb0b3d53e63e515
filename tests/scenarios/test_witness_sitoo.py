"""The third witness: what a Sitoo till counted by itself finds what both sides of a comparison miss."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sitoo_world import DAY, OPENING, SitooWorld

from fakes.sitoo.records import LineIn
from monitor.report_data import ControlStatus, FindingKind, Report, ReportControl, VerdictCode

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SitooWorld]:
    one = SitooWorld(tmp_path)
    one.state.open_register(one.till, OPENING)
    yield one
    one.close()


def closed(shop: SitooWorld, out: Path) -> Report:
    """Sync, close both tills at eight in the evening, sync once more, reconcile the day."""
    shop.once()
    shop.state.close_store(shop.store, OPENING + 11 * HOUR)
    shop.clock.advance(12 * 3600)
    shop.once()
    return shop.report(out)


def of(shop: SitooWorld, report: Report, till: str = "") -> ReportControl:
    [found] = [one for one in report.controls if one.register == (till or shop.till) and one.report_id]
    return found


def test_an_order_hidden_from_both_feeds_is_found_by_the_z_report_and_named(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    hidden = shop.sell(2, at=OPENING + 2 * MINUTE)
    shop.state.hide_order(hidden)
    shop.sell(1, till=shop.other, at=OPENING + MINUTE)

    report = closed(shop, tmp_path)

    assert report.verdict is VerdictCode.DRIFT
    assert {kind: total.count for kind, total in report.findings_by_kind.items()} == {"control_total": 1}
    [finding] = report.findings
    assert finding.kind is FindingKind.CONTROL_TOTAL
    assert finding.register == shop.till
    assert finding.expected["interval"] == "2026-03-02 09:00 to 20:00 (Europe/Stockholm)"
    assert finding.expected["sales"] == "2, 300.00 SEK"
    assert finding.observed["sales"] == "1, 100.00 SEK"
    assert finding.differing == ("sales",)
    assert finding.difference_minor == 200_00
    assert finding.cause.code == "counted_not_shown"
    assert finding.cause.proven
    assert finding.title == (
        "Register SII0000090001001 counted 1 receipt and 200.00 SEK more than the POS shows "
        "from 2026-03-02 09:00 to 20:00 (Europe/Stockholm)"
    )
    assert (of(shop, report, shop.other).status, of(shop, report).status) == (
        ControlStatus.AGREES,
        ControlStatus.DIFFERS,
    )
    # What the comparison of both sides sees is whole: neither knows of the hidden order.
    assert {(row.remainder_count, row.missing_count, row.orphaned_count) for row in report.accounting} == {
        (0, 0, 0)
    }


def test_three_witnesses_agree_on_a_day_with_refunds_and_people_nobody_knows(
    shop: SitooWorld, tmp_path: Path
) -> None:
    first = shop.sell(3, at=OPENING + MINUTE)
    shop.state.sell(shop.till, OPENING + 2 * MINUTE, shop.lines(1))  # nobody's
    shop.state.refund(first, OPENING + 3 * MINUTE, {0: 1})

    report = closed(shop, tmp_path)

    one = of(shop, report)
    assert report.verdict is VerdictCode.AGREES, report.sentence
    assert one.status is ControlStatus.AGREES
    assert one.till == one.pos
    assert (one.pos.sales_count, one.pos.sales_minor) == (2, 400_00)
    assert (one.pos.refunds_count, one.pos.refunds_minor, one.pos.net_minor) == (1, 100_00, 300_00)
    assert (one.klaviyo.sales_minor, one.klaviyo.refunds_minor) == (300_00, 100_00)
    assert [(term.code, term.count, term.net_minor) for term in one.pos_to_klaviyo] == [
        ("no_customer", 1, 100_00)
    ]
    assert (one.till_to_pos, one.till_rest_minor, one.klaviyo_rest_minor) == ((), 0, 0)


def test_cash_rounding_is_explained(shop: SitooWorld, tmp_path: Path) -> None:
    odd = shop.state.add_product("Bag", sku="BA-1", price="7.60", vat="25")
    shop.state.sell(
        shop.till, OPENING + MINUTE, [LineIn(odd, 1)], email="ann.lee@northwind.dev", payment="Cash"
    )

    one = of(shop, closed(shop, tmp_path))

    assert one.till is not None
    assert (one.till.sales_minor, one.pos.sales_minor) == (7_60, 8_00)
    assert [(term.code, term.net_minor) for term in one.till_to_pos] == [("rounding", 40)]
    assert (one.status, one.till_rest_minor, one.till_rest_count) == (ControlStatus.AGREES, 0, 0)


def test_practice_receipts_are_counted_apart_and_told(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    shop.sell(1, at=OPENING + 2 * MINUTE, practice=True)

    one = of(shop, closed(shop, tmp_path))

    assert (one.status, one.till_to_pos) == (ControlStatus.AGREES, ())
    assert (one.practice_count, one.practice_minor) == (1, 100_00)
    assert (one.pos.sales_count, one.pos.sales_minor) == (1, 100_00)


def test_practice_receipts_that_look_like_sales_are_explained_by_the_till_alone(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.state.switches.practice_sales = "plain"
    shop.sell(1, at=OPENING + MINUTE)
    shop.sell(2, at=OPENING + 2 * MINUTE, practice=True)

    one = of(shop, closed(shop, tmp_path))

    assert [(term.code, term.count, term.net_minor) for term in one.till_to_pos] == [("practice", 1, 200_00)]
    assert one.status is ControlStatus.AGREES


def test_what_is_cancelled_after_the_till_was_closed_is_explained(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    gone = shop.sell(2, at=OPENING + 2 * MINUTE)
    shop.once()
    shop.state.close_store(shop.store, OPENING + 11 * HOUR)
    shop.clock.advance(12 * 3600)
    shop.state.cancel(gone, shop.now())
    shop.once()

    one = of(shop, shop.report(tmp_path))

    assert [(term.code, term.count, term.net_minor) for term in one.till_to_pos] == [("voided", -1, -200_00)]
    assert (one.status, one.till_rest_minor) == (ControlStatus.AGREES, 0)


def test_an_open_till_is_said_to_be_open_and_is_no_finding(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    shop.once()

    report = shop.report(tmp_path)

    [one] = report.controls
    assert (one.status, one.till, one.closed_at, one.report_id) == (ControlStatus.OPEN, None, None, "")
    assert (one.pos.sales_count, one.pos.sales_minor, one.klaviyo.sales_minor) == (1, 100_00, 100_00)
    assert report.verdict is VerdictCode.AGREES


def test_a_till_closed_a_moment_ago_is_not_judged_yet(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    shop.once()
    shop.state.hide_order(shop.sell(1, at=OPENING + 2 * MINUTE))
    shop.clock.advance(36 * 3600 - 600)
    shop.state.close_register(shop.till, shop.now())
    shop.clock.advance(600)

    report = shop.world.reconcile(DAY, DAY, tmp_path)

    assert of(shop, report).status is ControlStatus.SETTLING
    assert "control_total" not in report.findings_by_kind


def test_a_receipt_uploaded_late_takes_the_finding_away(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, at=OPENING + MINUTE, visible_at=OPENING + timedelta(hours=72))
    shop.sell(1, at=OPENING + 2 * MINUTE)

    before = closed(shop, tmp_path)
    shop.clock.advance(36 * 3600)
    shop.once()
    after = shop.report(tmp_path)

    assert [finding.kind for finding in before.findings] == [FindingKind.CONTROL_TOTAL]
    assert "control_total" not in after.findings_by_kind
    assert of(shop, after).status is ControlStatus.AGREES


def test_old_tills_that_do_not_say_when_they_opened_count_from_their_last_total(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.state.switches.z_report_opened = "null"
    shop.state.close_register(shop.till, OPENING + MINUTE)
    shop.sell(1, at=OPENING + 2 * MINUTE)
    hidden = shop.sell(2, at=OPENING + 3 * MINUTE)
    shop.state.hide_order(hidden)

    report = closed(shop, tmp_path)

    [finding] = report.findings
    assert finding.expected["interval"] == "2026-03-02 09:01 to 20:00 (Europe/Stockholm)"
    assert finding.difference_minor == 200_00


def test_a_mixed_receipt_counts_as_a_sale_and_a_refund_on_both_sides(
    shop: SitooWorld, tmp_path: Path
) -> None:
    first = shop.sell(2, at=OPENING + MINUTE)
    shop.state.exchange(first, OPENING + 2 * MINUTE, {0: 1}, shop.lines(0, 1))

    one = of(shop, closed(shop, tmp_path))

    assert one.till == one.pos
    assert (one.pos.sales_count, one.pos.sales_minor) == (2, 450_00)
    assert (one.pos.refunds_count, one.pos.refunds_minor) == (1, 100_00)
    assert one.klaviyo == one.pos


def test_a_till_whose_totals_cannot_be_read_is_said_and_stops_nothing(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.sell(1, at=OPENING + MINUTE)
    shop.once()
    shop.world.till.faults.add(
        {"kind": "status", "status": 401, "match": {"method": "GET", "path": "*zreports*"}}
    )

    report = shop.report(tmp_path)

    assert [limit.code for limit in report.limits] == ["not_looked_at"]
    assert "what the tills counted" in report.limits[0].words
    assert report.verdict is VerdictCode.AGREES
