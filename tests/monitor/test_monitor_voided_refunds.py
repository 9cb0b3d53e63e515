"""A refund voided after it was sent: Klaviyo goes on counting it, and that is told once, with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from monitor_till import ANN, NOON, Shelf, Till, kinds, line, only, reconcile, sale, voided

from monitor.report_data import FindingKind, Severity
from sync.domain.clock import Window
from sync.domain.facts import OriginalSale, Sale, SaleState
from sync.sources.protocol import Page

HEAD = "lightspeed_r:797:"
HOUR = timedelta(hours=1)
SOLD = OriginalSale("10", {"101": Decimal(2)}, "c1", ANN)


@dataclass
class VoidTill(Till):
    """A till that also tells which sales were voided when."""

    def read_voided(self, window: Window) -> Iterator[Page]:
        gone = (each for each in self.sales if each.state is SaleState.VOIDED and each.changed_at in window)
        yield Page("voided", None, tuple(gone))


def refund(number: str, at: datetime, pieces: int = 1) -> Sale:
    back = line(f"{number}1", -500 * pieces, -pieces, parent="101")
    return sale(number, at, lines=(back,), originals=(SOLD,))


def sold(at: datetime = NOON) -> tuple[VoidTill, Shelf]:
    till, shelf = VoidTill(), Shelf()
    till.sales = [sale("10", at, lines=(line("101", 1000, 2),))]
    shelf.send(*till.sales)
    return till, shelf


def test_a_refund_voided_after_it_was_sent_is_orphaned_and_accounted_for(tmp_path: Path) -> None:
    till, shelf = sold()
    till.sales.append(voided(refund("20", NOON + HOUR), NOON + 2 * HOUR))
    shelf.put("Refunded Order", HEAD + "10:refund:20", NOON + HOUR, 500, order="10")

    report = reconcile(till, shelf, tmp_path)

    found = only(report, FindingKind.ORPHANED)
    assert (found.sale_id, found.difference_minor, found.severity) == ("20", 500, Severity.WARNING)
    assert found.title == "Refunded Order of sale 20 was voided at the till, yet counts in Klaviyo"
    assert (found.cause.code, found.cause.proven) == ("refund_voided", True)
    assert "$5.00 too high" in found.cause.words
    assert "lifetime" not in found.cause.words
    assert "no event takes a refund back" in found.remedy
    assert found.command == ""
    (row,) = [each for each in report.totals if each.metric == "Refunded Order"]
    assert (row.pos_count, row.delivered_count, row.excluded_count) == (1, 0, 1)
    assert (row.events_count, row.orphaned_count, row.orphaned_minor) == (1, 1, 500)


def test_a_whole_sale_returned_by_a_voided_refund_lowers_the_lifetime_value(tmp_path: Path) -> None:
    till, shelf = sold()
    till.sales.append(voided(refund("20", NOON + HOUR, pieces=2), NOON + 2 * HOUR))
    shelf.put("Refunded Order", HEAD + "10", NOON + HOUR, 1000, order="10")

    found = only(reconcile(till, shelf, tmp_path), FindingKind.ORPHANED)

    assert "$10.00 too high and the lifetime value $10.00 too low" in found.cause.words


def test_a_voided_refund_that_was_never_sent_is_nothing(tmp_path: Path) -> None:
    till, shelf = sold()
    till.sales.append(voided(refund("20", NOON + HOUR), NOON + 2 * HOUR))

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


def test_a_refund_done_again_after_its_void_has_the_event(tmp_path: Path) -> None:
    till, shelf = sold()
    till.sales.append(voided(refund("20", NOON + HOUR, pieces=2), NOON + 2 * HOUR))
    till.sales.append(refund("21", NOON + 3 * HOUR, pieces=2))
    shelf.put("Refunded Order", HEAD + "10", NOON + HOUR, 1000, order="10")

    assert kinds(reconcile(till, shelf, tmp_path)) == {}


@pytest.mark.parametrize("read_on", [0, 5])
def test_an_old_refund_voided_now_is_told_on_the_day_of_the_void_and_not_after(
    tmp_path: Path, read_on: int
) -> None:
    long_ago = NOON - timedelta(days=40)
    till, shelf = sold(long_ago)
    till.sales.append(voided(refund("20", long_ago + HOUR), NOON))
    shelf.put("Refunded Order", HEAD + "10:refund:20", long_ago + HOUR, 500, order="10")
    day = date(2026, 3, 4) + timedelta(days=read_on)

    report = reconcile(till, shelf, tmp_path, first=day, last=day, as_of=NOON + timedelta(days=9))

    told = [(found.kind, found.sale_id, found.business_day) for found in report.findings]
    assert told == ([(FindingKind.ORPHANED, "20", day)] if not read_on else [])


def test_a_voided_refund_of_another_integration_is_told_too(tmp_path: Path) -> None:
    till, shelf = sold()
    till.sales = [replace(each, lines=()) for each in till.sales]
    shelf = Shelf()
    shelf.put("Placed Order", "a", NOON, 1000, order="10")
    till.sales.append(voided(refund("20", NOON + HOUR), NOON + 2 * HOUR))
    shelf.put("Refunded Order", "b", NOON + HOUR, 500, order="10")

    found = only(reconcile(till, shelf, tmp_path, key_property="OrderId"), FindingKind.ORPHANED)

    assert found.cause.code == "refund_voided"
