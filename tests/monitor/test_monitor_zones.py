"""The zone diagnosis proves its case or says that it cannot tell."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor_till import NEW_YORK, Shelf, Till, kinds, reconcile, sale

from monitor.report_data import Report, ZoneStatus
from sync.domain.clock import Window
from sync.domain.facts import Shop

HEAD = "lightspeed_r:797:"
BERLIN = "Europe/Berlin"
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 6)


def evening_sales(zone: str, hours: tuple[int, ...] = (9, 15, 23)) -> Till:
    """Sales at these local hours, more of them each day, so that no two days look alike."""
    till = Till(shops={"1": Shop("1", "Main Street", zone)})
    for number in range(5):
        for hour in hours:
            for minute in range(number + 1):
                local = datetime(2026, 3, 2 + number, hour, minute, tzinfo=ZoneInfo(zone))
                till.sales.append(sale(f"{number}{hour:02}{minute:02}", local.astimezone(UTC), lines=()))
    till.sales = [_worth(each) for each in till.sales]
    return till


def _worth(each):  # type: ignore[no-untyped-def]  # a sale without lines that is worth something
    from dataclasses import replace

    return replace(each, total_minor=1000)


def sent_with(till: Till, wall: str, taken_for: str, klaviyo_zone: str = NEW_YORK) -> Shelf:
    """A Klaviyo whose events carry the wall clock of `wall` as if it were that of `taken_for`."""
    shelf = Shelf(zone=klaviyo_zone)
    for each in till.sales:
        assert each.completed_at is not None
        shown = each.completed_at.astimezone(ZoneInfo(wall)).replace(tzinfo=ZoneInfo(taken_for))
        shelf.put("Placed Order", HEAD + each.sale_id, shown.astimezone(UTC), 1000)
    return shelf


def run(till: Till, shelf: Shelf, out: Path) -> Report:
    return reconcile(till, shelf, out, first=FIRST, last=LAST, as_of=datetime(2026, 3, 20, tzinfo=UTC))


def test_right_times_need_no_diagnosis(tmp_path: Path) -> None:
    till = evening_sales(BERLIN)

    report = run(till, sent_with(till, BERLIN, BERLIN), tmp_path)

    assert report.zones[0].status is ZoneStatus.NOT_NEEDED
    assert kinds(report) == {}


def test_local_time_sent_as_utc_is_proven(tmp_path: Path) -> None:
    till = evening_sales(BERLIN)

    report = run(till, sent_with(till, BERLIN, "UTC"), tmp_path)

    zone = report.zones[0]
    assert zone.status is ZoneStatus.PROVEN
    assert zone.best is not None
    assert (zone.best.sales_zone, zone.best.events_zone) == ("shop", "UTC")
    assert (zone.best.residual_count, zone.best.explained_count) == (0, 45)
    assert zone.best.words == "the shop's local time was sent as if it were the time in UTC"
    assert [other.explained_count for other in zone.candidates[1:]] == [0] * 5
    shifts = [found for found in report.findings if found.kind == "day_shift"]
    assert len(shifts) == 15  # those rung up at 23 o'clock
    assert {found.cause.code for found in shifts} == {"zone"}
    assert shifts[0].cause.proof == (
        "Both clocks then show 23:00:00: the sale's in Europe/Berlin, the event's in UTC."
    )


def test_the_klaviyo_accounts_zone_is_tried(tmp_path: Path) -> None:
    till = evening_sales(NEW_YORK)

    report = run(till, sent_with(till, NEW_YORK, "America/Los_Angeles", "America/Los_Angeles"), tmp_path)

    best = report.zones[0].best
    assert best is not None
    assert (best.sales_zone, best.events_zone) == ("shop", "America/Los_Angeles")


def test_the_zone_of_another_shop_is_tried(tmp_path: Path) -> None:
    till = evening_sales(NEW_YORK)
    till.shops["2"] = Shop("2", "Harbour", BERLIN)

    # A server in Berlin wrote its own wall clock, labelled as the shop's.
    report = run(till, sent_with(till, BERLIN, NEW_YORK), tmp_path)

    best = report.zones[0].best
    assert best is not None
    assert (best.sales_zone, best.events_zone) == (BERLIN, "shop")


def test_a_single_event_a_day_late_is_not_a_zone(tmp_path: Path) -> None:
    till = evening_sales(NEW_YORK)
    shelf = sent_with(till, NEW_YORK, NEW_YORK)
    moved = shelf.take("Placed Order", HEAD + till.sales[0].sale_id)
    at = datetime.fromtimestamp(moved.at, UTC) + timedelta(days=1)
    shelf.put("Placed Order", moved.unique_id, at, 1000)

    report = run(till, shelf, tmp_path)

    assert report.zones[0].status is ZoneStatus.NOT_A_ZONE
    assert kinds(report) == {"day_shift": 1}


def test_one_event_that_fits_a_zone_is_too_little_to_tell(tmp_path: Path) -> None:
    till = evening_sales(BERLIN, hours=(23,))
    shelf = sent_with(till, BERLIN, BERLIN)
    wrong = sent_with(till, BERLIN, "UTC").take("Placed Order", HEAD + till.sales[0].sale_id)
    shelf.take("Placed Order", wrong.unique_id)
    shelf.rows["Placed Order"].append(wrong)

    assert run(till, shelf, tmp_path).zones[0].status is ZoneStatus.CANNOT_TELL


def test_candidates_with_the_same_clocks_are_tried_once() -> None:
    from monitor.offsets import offsets
    from monitor.zones import distinct_zones

    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
    spans = offsets(["UTC", "Etc/UTC", NEW_YORK, "US/Eastern", BERLIN], window)

    assert distinct_zones({NEW_YORK}, spans) == ["UTC", BERLIN]
    assert distinct_zones({NEW_YORK, BERLIN}, spans) == ["UTC", NEW_YORK, BERLIN]
