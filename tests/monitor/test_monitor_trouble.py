"""Trouble with a side is never taken for agreement, and what was not looked at is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from monitor_till import DAY, NOON, Shelf, Till, kinds, reconcile, sale

from monitor.report_data import VerdictCode
from sync.domain.errors import SetAside
from sync.domain.facts import Shipment, Shop
from sync.http.errors import NotPermitted, Reconnect, TryLater
from sync.klaviyo.read import Metric

HEAD = "lightspeed_r:797:"


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [
        (TryLater("Lightspeed R-Series", "is down"), "Run it again later"),
        (Reconnect("Lightspeed R-Series", "the connection is dead"), "tillproof accounts connect main"),
        (NotPermitted("Klaviyo", "needs events:read", scope="events:read"), "Grant the permission"),
    ],
)
@pytest.mark.parametrize("side", ["till", "klaviyo"])
def test_trouble_with_a_side_could_not_be_judged(
    tmp_path: Path, side: str, trouble: Exception, remedy: str
) -> None:
    till, shelf = Till([sale("10")]), Shelf()
    shelf.send(*till.sales)
    (till if side == "till" else shelf).trouble = trouble

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.COULD_NOT_JUDGE
    assert report.exit_code == 2
    assert str(trouble) in report.sentence
    assert remedy in report.next_step
    assert report.findings == ()
    assert (tmp_path / "report.json").exists()


def test_a_record_that_cannot_be_read_forbids_agreement(tmp_path: Path) -> None:
    till, shelf = Till([sale("10")]), Shelf()
    shelf.send(*till.sales)
    till.set_aside = (SetAside("sale", "11", "no_total", "it has no total"),)

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.COULD_NOT_JUDGE
    assert "1 record of main could not be read from the POS (sale 11)" in report.sentence
    assert report.sides[0].records_unread == 1


def test_drift_is_drift_even_with_an_unreadable_record(tmp_path: Path) -> None:
    till = Till([sale("10")], set_aside=(SetAside("sale", "11", "no_total", "it has no total"),))

    report = reconcile(till, Shelf(), tmp_path)

    assert report.exit_code == 1


def test_shipments_we_may_not_read_are_not_compared_and_that_is_said(tmp_path: Path) -> None:
    till, shelf = Till([sale("10")]), Shelf()
    shelf.send(*till.sales)
    shelf.put("Shipped Order", HEAD + "10:shipment:1", NOON, 1000)
    till.set_aside = (SetAside("feed", "shipments", "missing_scope", "needs employee:customers"),)

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert [limit.code for limit in report.limits] == ["metric_not_compared"]
    assert "not compared: Shipped Order" in report.sentence
    assert "Shipped Order" not in {row.metric for row in report.totals}


def test_a_shipment_touched_again_later_keeps_its_day(tmp_path: Path) -> None:
    till, shelf = Till([sale("10")]), Shelf()
    shelf.send(*till.sales)
    later = NOON + timedelta(days=1)
    till.shipments = [(Shipment("1", "10", "c1", True, later), till.sales[0])]
    shelf.put("Shipped Order", HEAD + "10:shipment:1", NOON + timedelta(hours=1), 1000)

    assert kinds(reconcile(till, shelf, tmp_path, last=DAY + timedelta(days=1))) == {}


def test_a_shop_without_a_zone_is_named(tmp_path: Path) -> None:
    till, shelf = Till([sale("10")], shops={"1": Shop("1", "Main Street", "")}), Shelf(zone="Europe/Berlin")
    shelf.send(*till.sales)

    report = reconcile(till, shelf, tmp_path)

    assert [limit.code for limit in report.limits] == ["shop_without_zone"]
    assert report.window.zones == ("Europe/Berlin",)
    assert not report.shops[0].zone_known
    assert report.verdict is VerdictCode.AGREES


def test_a_metric_of_another_integration_is_not_ours(tmp_path: Path) -> None:
    till, shelf = Till([sale("10")]), Shelf(twins=(Metric("x", "Placed Order", "Shopify"),))
    shelf.send(*till.sales)

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert [limit.code for limit in report.limits] == ["twin_metric"]


def test_a_metric_klaviyo_never_heard_of_explains_what_is_missing(tmp_path: Path) -> None:
    till = Till([sale("10")])
    shelf = Shelf(rows={"Ordered Product": []})
    shelf.put("Ordered Product", HEAD + "10:line:101", NOON, 1000)

    report = reconcile(till, shelf, tmp_path)

    assert [(found.metric, found.cause.code) for found in report.findings] == [
        ("Placed Order", "no_such_metric")
    ]


def test_a_day_that_is_not_over_is_named(tmp_path: Path) -> None:
    report = reconcile(Till(), Shelf(), tmp_path, as_of=NOON)

    assert [limit.code for limit in report.limits] == ["unfinished_day"]


def test_a_window_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before it begins"):
        reconcile(Till(), Shelf(), tmp_path, last=DAY - timedelta(days=1))
    with pytest.raises(ValueError, match="at most 400 days"):
        reconcile(Till(), Shelf(), tmp_path, last=DAY + timedelta(days=400))


def many(count: int, day: datetime) -> list:  # type: ignore[type-arg]  # of sales
    return [sale(f"{day.day}{number:02}", day + timedelta(minutes=number)) for number in range(count)]


def test_a_shop_of_which_a_whole_day_is_missing_is_silent(tmp_path: Path) -> None:
    monday = datetime(2026, 3, 2, 17, tzinfo=UTC)
    till, shelf = Till(many(12, monday) + many(12, monday + timedelta(days=1))), Shelf()
    shelf.send(*till.sales[:12])

    report = reconcile(till, shelf, tmp_path, first=monday.date(), last=DAY)

    assert kinds(report) == {"silence": 1, "missing": 24}
    assert report.findings[0].title == "Nothing of Main Street reached Klaviyo on Tue 2026-03-03"
    placed = [found for found in report.findings if found.metric == "Placed Order"]
    assert {found.cause.code for found in placed} == {"silence", "shop_day_silent"}


def test_nine_missing_sales_of_a_day_are_no_silence(tmp_path: Path) -> None:
    monday = datetime(2026, 3, 2, 17, tzinfo=UTC)
    till, shelf = Till(many(12, monday) + many(9, monday + timedelta(days=1))), Shelf()
    shelf.send(*till.sales[:12])

    assert kinds(reconcile(till, shelf, tmp_path, first=monday.date(), last=DAY)) == {"missing": 18}


def test_a_klaviyo_that_holds_nothing_at_all_is_silent_in_each_metric(tmp_path: Path) -> None:
    till = Till(many(12, NOON))

    report = reconcile(till, Shelf(), tmp_path)

    assert kinds(report) == {"silence": 2, "missing": 24}
    assert report.next_step.startswith("Start with the silence")


def test_a_till_that_holds_nothing_while_klaviyo_does_is_silent(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.send(*many(12, NOON))

    assert kinds(reconcile(Till(), shelf, tmp_path)) == {"silence": 1, "orphaned": 24}


def test_two_quiet_days_after_busy_ones_are_a_silence_but_one_is_a_holiday(tmp_path: Path) -> None:
    start = datetime(2026, 3, 2, 17, tzinfo=UTC)
    busy = [each for number in range(7) for each in many(12, start + timedelta(days=number))]
    after = many(12, start + timedelta(days=8))  # day 7 is quiet
    till, shelf = Till(busy + after), Shelf()
    shelf.send(*till.sales)
    first = start.date()

    holiday = reconcile(till, shelf, tmp_path / "1", first=first, last=first + timedelta(days=8),
                        as_of=start + timedelta(days=30))  # fmt: skip
    cut_off = reconcile(till, shelf, tmp_path / "2", first=first, last=first + timedelta(days=10),
                        as_of=start + timedelta(days=30))  # fmt: skip

    assert kinds(holiday) == {}
    assert kinds(cut_off) == {"silence": 1}
    assert cut_off.findings[0].title == "The POS shows no sale from Wed 2026-03-11 to Thu 2026-03-12"
