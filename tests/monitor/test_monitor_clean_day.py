"""A day on which everything is right: nothing is found, everything is counted."""

from datetime import timedelta
from pathlib import Path

from monitor_till import DAY, NOON, Shelf, Till, kinds, line, reconcile, sale

from monitor.report_data import DayStatus, VerdictCode


def test_a_day_on_which_both_sides_agree_is_silent(tmp_path: Path) -> None:
    till, shelf = Till(), Shelf()
    till.sales = [sale("10"), sale("11", NOON + timedelta(hours=1), lines=(line("a", 500), line("b", 250)))]
    shelf.send(*till.sales)

    report = reconcile(till, shelf, tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert report.exit_code == 0
    assert report.sentence == "2 sales, 2 in Klaviyo, 0 left out on purpose, none missing"
    assert report.next_step == "Nothing to do."
    assert kinds(report) == {}
    assert [(t.metric, t.pos_count, t.pos_minor, t.events_count, t.events_minor) for t in report.totals] == [
        ("Ordered Product", 3, 1750, 3, 1750),
        ("Placed Order", 2, 1750, 2, 1750),
    ]
    assert [(d.business_day, d.status, d.sales_count) for d in report.days] == [(DAY, DayStatus.AGREES, 2)]


def test_an_empty_day_says_that_there_was_nothing(tmp_path: Path) -> None:
    report = reconcile(Till(), Shelf(), tmp_path)

    assert report.verdict is VerdictCode.AGREES
    assert report.sentence == "no sales in this window"
    assert report.days[0].status is DayStatus.EMPTY
