"""Twin metrics are a finding only where they report the very same sales."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from monitor_till import NOON, Shelf, Till, kinds, only, reconcile, sale

from monitor.report_data import FindingKind
from sync.domain.clock import Window
from sync.klaviyo.read import EventRow, Metric

OWNER = "Lightspeed"


class TwinShelf(Shelf):
    """A Klaviyo account in which another integration owns a Placed Order, too."""

    def __init__(self, *theirs: EventRow) -> None:
        super().__init__(twins=(Metric("twin", "Placed Order", OWNER),))
        self.theirs = theirs

    def events(
        self, metric_id: str, window: Window, properties: Sequence[str] = ()
    ) -> Iterator[list[EventRow]]:
        if metric_id != "twin":
            yield from super().events(metric_id, window, properties)
            return
        yield list(self.theirs)


def theirs(order: str, minor: int = 1000, days: int = 0) -> EventRow:
    at = int((NOON + timedelta(days=days)).timestamp())
    return EventRow(f"t{order}", at, "p1", f"own-{order}", order, "", Decimal(minor) / 100, "USD")


def watched(*rows: EventRow) -> tuple[Till, TwinShelf]:
    till, shelf = Till(), TwinShelf(*rows)
    till.sales = [sale("10"), sale("11"), sale("12")]
    shelf.send(*till.sales)
    return till, shelf


def test_an_integration_that_reports_the_same_sales_is_a_twin(tmp_path: Path) -> None:
    report = reconcile(*watched(theirs("10"), theirs("11")), tmp_path)

    found = only(report, FindingKind.TWIN_METRIC)
    assert found.title == "Lightspeed reports 2 sales of Placed Order once more, worth $20.00"
    assert (found.metric, found.difference_minor, found.business_day) == ("Placed Order", 2000, None)
    assert found.cause.proof.endswith("such as 10, 11.")


def test_a_web_shop_of_the_same_name_is_only_mentioned(tmp_path: Path) -> None:
    rows = (theirs("10", minor=999), theirs("11", days=2), theirs("900"), theirs("12"))

    report = reconcile(*watched(*rows), tmp_path)

    assert kinds(report) == {}
    assert [limit.code for limit in report.limits] == ["twin_metric"]
