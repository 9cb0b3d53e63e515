"""Which reasons explain that a till and the POS differ, and when none does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.expected import Places
from monitor.witness_explain import NOTHING, Explained, Shown, Sums, explain, explain_by_habit, habits
from monitor.witness_intervals import intervals
from sync.domain.clock import Window
from sync.domain.facts import Shop
from sync.sources.protocol import ControlTotal

OPENED = datetime(2026, 3, 2, 8, tzinfo=UTC)
CLOSED = OPENED + timedelta(hours=11)
READ = Window(OPENED - timedelta(days=2), OPENED + timedelta(days=3))
PLACES = Places({"1": Shop("1", "Kungsgatan", "Europe/Stockholm")}, "UTC")


def till(sales: int, minor: int, **more: Any) -> ControlTotal:
    told: dict[str, Any] = {"refunds_count": 0, "refunds_minor": 0, "opened_at": OPENED, **more}
    return ControlTotal(
        report_id=told.pop("report_id", "1"),
        register_id="{A}",
        shop_id="1",
        currency="SEK",
        opened_at=told.pop("opened_at"),
        closed_at=told.pop("closed_at", CLOSED),
        sales_count=sales,
        sales_minor=minor,
        **told,
    )


def codes(found: Explained) -> list[str]:
    return [term.code for term in found.terms]


@pytest.mark.parametrize(
    ("total", "shown", "reasons"),
    [
        (till(2, 300), Shown(Sums(2, 300)), []),
        (till(2, 300), Shown(Sums(2, 340), rounding=Sums(0, 40)), ["rounding"]),
        (till(2, 340), Shown(Sums(2, 340), rounding=Sums(0, 40)), []),  # a till that counts it in
        (till(2, 300), Shown(Sums(2, 390), tax=Sums(0, 50), fees=Sums(0, 40)), ["tax", "fees"]),
        (till(2, 300), Shown(Sums(2, 800), cards=Sums(0, 500)), ["cards"]),
        (till(2, 300, practice_count=1, practice_minor=90), Shown(Sums(3, 390)), ["practice"]),
        (till(3, 400), Shown(Sums(2, 300), uncounted={"voided": Sums(1, 100)}), ["voided"]),
        (till(2, 300), Shown(Sums(2, 300), uncounted={"booking": Sums(1, 100)}), []),
    ],
)
def test_the_smallest_set_of_reasons_that_fits_is_taken(
    total: ControlTotal, shown: Shown, reasons: list[str]
) -> None:
    found = explain(total, shown)

    assert (codes(found), found.rest) == (reasons, NOTHING)


def test_a_reason_that_fits_the_money_but_not_the_count_explains_nothing() -> None:
    shown = Shown(Sums(2, 300), uncounted={"voided": Sums(2, 100)})

    found = explain(till(3, 400), shown)

    assert (codes(found), found.rest) == ([], Sums(-1, -100))


def test_a_sale_and_a_refund_of_one_amount_do_not_cancel_out() -> None:
    found = explain(till(3, 400, refunds_count=1, refunds_minor=100), Shown(Sums(2, 300)))

    assert (found.rest.net_minor, found.rest.any) == (0, True)


def test_what_cannot_be_explained_is_told_as_the_other_tills_count() -> None:
    fits = till(1, 100), Shown(Sums(1, 120), fees=Sums(0, 20))
    odd = till(2, 300), Shown(Sums(1, 120), fees=Sums(0, 20))
    habit = habits([(*fits, explain(*fits)), (*odd, explain(*odd))])

    found = explain_by_habit(*odd, habit)

    assert habit == {"rounding": True, "tax": True, "fees": True, "cards": False}
    assert (codes(found), found.rest) == (["fees"], Sums(-1, -200))


def test_a_total_is_about_everything_since_the_one_before() -> None:
    first = till(1, 100)
    second = till(1, 100, report_id="2", opened_at=None, closed_at=CLOSED + timedelta(hours=12))

    [one, two] = intervals([second, first], READ, PLACES)

    assert (one.start_at, one.whole, one.day.isoformat()) == (OPENED, True, "2026-03-02")
    assert (two.start_at, two.whole, two.day.isoformat()) == (CLOSED, True, "2026-03-03")


def test_a_first_total_that_does_not_say_when_it_began_cannot_be_told() -> None:
    [one] = intervals([till(1, 100, opened_at=None)], READ, PLACES)

    assert (one.whole, one.start_at) == (False, READ.start_at)


def test_a_total_that_reaches_beyond_what_was_read_cannot_be_told() -> None:
    long = replace(till(1, 100), opened_at=READ.start_at - timedelta(days=1))

    [one] = intervals([long], READ, PLACES)

    assert not one.whole
