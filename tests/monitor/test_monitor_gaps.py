"""Old sales voided now, days that end where the shops are, and the books cut other ways."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from monitor_till import ANN, NOON, Shelf, StoppedClock, Till, kinds, only, reconcile, sale, voided

from monitor.app import last_days, zones_of
from monitor.page.segments import anonymous, duration, segments, skipped
from monitor.reading import Watched
from monitor.report_data import FindingKind
from sync.domain.clock import Window
from sync.domain.facts import Sale, Shop
from sync.domain.presets import KLAVIYO_NATIVE
from sync.sources.protocol import Page

HEAD = "lightspeed_r:797:"
LONG_AGO = NOON - timedelta(days=40)


@dataclass
class VoidTill(Till):
    """A till that also tells which sales were voided when."""

    def read_voided(self, window: Window) -> Iterator[Page]:
        yield Page("voided", None, tuple(each for each in self.sales if each.changed_at in window))


def long_ago(*, sent: bool) -> tuple[VoidTill, Shelf]:
    till, shelf = VoidTill(), Shelf()
    old = replace(sale("10", LONG_AGO, lines=()), total_minor=1000)
    if sent:
        shelf.put("Placed Order", HEAD + "10", LONG_AGO, 1000)
    till.sales = [voided(old, NOON)]
    return till, shelf


def test_an_old_sale_voided_now_needs_its_cancellation(tmp_path: Path) -> None:
    found = only(reconcile(*long_ago(sent=True), tmp_path), FindingKind.MISSING)

    assert (found.metric, found.sale_id, found.difference_minor) == ("Canceled Order", "10", 1000)


def test_an_old_sale_voided_now_that_was_never_sent_needs_none(tmp_path: Path) -> None:
    assert kinds(reconcile(*long_ago(sent=False), tmp_path)) == {}


def test_an_old_sale_voided_now_and_canceled_agrees(tmp_path: Path) -> None:
    till, shelf = long_ago(sent=True)
    shelf.put("Canceled Order", HEAD + "10", NOON, 1000)

    report = reconcile(till, shelf, tmp_path)

    assert kinds(report) == {}
    assert [(row.metric, row.delivered_count) for row in report.totals] == [("Canceled Order", 1)]


def test_another_sale_of_that_old_second_is_nobodys_business_here(tmp_path: Path) -> None:
    till, shelf = long_ago(sent=True)
    shelf.put("Placed Order", HEAD + "11", LONG_AGO, 500)
    shelf.put("Canceled Order", HEAD + "10", NOON, 1000)

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


@pytest.mark.parametrize(
    ("now", "zones", "last"),
    [
        (
            datetime(2026, 3, 5, 3, tzinfo=UTC),
            ["America/New_York"],
            date(2026, 3, 3),
        ),  # the 4th has two hours to go
        (datetime(2026, 3, 5, 6, tzinfo=UTC), ["America/New_York"], date(2026, 3, 4)),
        (datetime(2026, 3, 4, 16, tzinfo=UTC), ["Asia/Tokyo"], date(2026, 3, 4)),
        (datetime(2026, 3, 4, 16, tzinfo=UTC), ["Asia/Tokyo", "America/New_York"], date(2026, 3, 3)),
        (datetime(2026, 3, 5, 3, tzinfo=UTC), ["UTC"], date(2026, 3, 4)),
    ],
)
def test_the_last_days_have_ended_in_every_zone(now: datetime, zones: list[str], last: date) -> None:
    assert last_days(StoppedClock(now), 3, zones) == (last - timedelta(days=2), last)


def test_the_zones_are_those_of_the_shops() -> None:
    shops = {"1": Shop("1", "East", "America/New_York"), "2": Shop("2", "Nowhere", "")}
    watched = Watched("main", "lightspeed_r", Till(shops=shops), Shelf(zone="Europe/Paris"), KLAVIYO_NATIVE)

    assert zones_of([watched]) == {"America/New_York", "Europe/Paris"}


def shops_day() -> tuple[Till, Shelf]:
    till, shelf = Till(), Shelf()
    till.shops["2"] = Shop("2", "Harbour", "America/Chicago", "US")

    def one(number: str, minor: int, **changed: object) -> Sale:
        return replace(sale(number, lines=()), total_minor=minor, **changed)  # type: ignore[arg-type]  # fields of a sale

    till.sales = [
        one("10", 1000, register_id="r1"),
        one("11", 2000, register_id="r2"),
        one("12", 500, shop_id="2", customer=None, customer_id=None),
        one("13", 700, shop_id="2", customer=replace(ANN, email="")),
        one("14", 900, shop_id="2", web_source="shopify"),
    ]
    shelf.send(till.sales[0])
    return till, shelf


def test_the_books_are_cut_by_shop_register_channel_and_zone(tmp_path: Path) -> None:
    report = reconcile(*shops_day(), tmp_path)

    cut = {(row.by, row.value): row for row in report.segments}
    assert sorted(cut) == [
        ("channel", "shop"), ("channel", "shopify"), ("register", "r1"), ("register", "r2"),
        ("shop", "1"), ("shop", "2"), ("zone", "America/Chicago"), ("zone", "America/New_York"),
    ]  # fmt: skip
    second = cut["register", "r2"]
    assert (second.pos_count, second.missing_count, second.missing_minor, second.finding_count) == (
        1,
        1,
        2000,
        1,
    )
    assert cut["channel", "shopify"].excluded_minor == 900
    assert cut["shop", "1"].label == "Main Street"
    assert {row.cut for row in segments(report)} == {"Channel", "Register", "Time zone"}


def test_what_is_left_out_is_counted_and_valued_by_reason_and_shop(tmp_path: Path) -> None:
    report = reconcile(*shops_day(), tmp_path)

    told = [(s.shop, s.reason, s.sales_count, s.sales_minor, s.of_sales_count) for s in report.skipped]
    assert told == [
        ("2", "ecommerce", 1, 900, 3),
        ("2", "no_email", 1, 700, 3),
        ("2", "no_customer", 1, 500, 3),
    ]
    assert anonymous(report) == "2 receipts worth $12.00 could be credited to nobody."
    assert [(one.shop, one.share) for one in skipped(report)] == [
        ("Harbour", "33.3 %"),
        ("Harbour", "33.3 %"),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (42, "42 seconds"), (570, "9.5 minutes"), (3600, "1 hour"), (200_000, "2.3 days")],
)
def test_a_span_is_told_in_its_largest_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words
