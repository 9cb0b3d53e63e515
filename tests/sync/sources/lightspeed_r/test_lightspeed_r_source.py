"""The source reads a living account: every feed catches its kind of change, once."""

import json
from datetime import timedelta

import pytest
from r_till import NOON, Till, last_cursor, read, sale_ids, stand

from sync.domain.facts import SaleState
from sync.http.errors import NotPermitted, NotThere
from sync.sources.protocol import Page


def test_the_account_tells_its_currency_and_its_shops(till: Till) -> None:
    facts = till.source().account()
    assert (facts.account_id, facts.name, facts.currency) == ("797", "Main", "USD")
    assert [(shop.name, shop.zone) for shop in facts.shops.values()] == [("Main Street", "America/New_York")]


@pytest.mark.parametrize("currency", ["", "US", "dollars", "€€€"])
def test_an_account_without_a_currency_stops_with_what_to_do(till: Till, currency: str) -> None:
    till.state.account.currency = currency
    with pytest.raises(NotThere, match="set its default currency in Lightspeed"):
        till.source().account()


def test_an_account_number_that_is_not_configured_is_asked_for(till: Till) -> None:
    client = till.client()
    client.account_id = ""
    assert client.whoami()[0] == "797"


def test_sales_are_read_from_the_first_to_the_last_with_a_cursor_behind_each_page(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=230 - i)) for i in range(230)]
    pages = read(till, "sales")
    assert sale_ids(pages) == sold
    assert [page.row_count for page in pages] == [100, 100, 30]
    assert [page.behind_count for page in pages] == [130, 30, 0]
    assert stand(pages) == "2026-03-04T16:59:00+00:00"


def test_what_is_left_to_read_is_told_with_the_time_that_the_till_s_own_drip_asks_for() -> None:
    till = Till(registers=3)  # two drips a second
    for i in range(230):
        till.sell(at=NOON - timedelta(minutes=230 - i))
    pages = read(till, "sales")
    assert [page.behind_s for page in pages] == [pytest.approx(1.8), pytest.approx(0.9), 0]
    assert [page.behind_s for page in read(till, "sales", last_cursor(pages))] == [None]


def test_the_one_row_of_the_last_page_is_not_lost(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(seconds=101 - i)) for i in range(101)]
    assert sale_ids(read(till, "sales")) == sold


def test_an_empty_account_yields_nothing_and_no_cursor(till: Till) -> None:
    assert read(till, "sales") == []


def test_reading_on_from_a_cursor_repeats_only_the_overlap(till: Till) -> None:
    old = till.sell(at=NOON - timedelta(hours=2))
    recent = till.sell(at=NOON - timedelta(minutes=2))
    cursor = last_cursor(read(till, "sales"))
    new = till.sell(at=NOON)
    assert sale_ids(read(till, "sales", cursor)) == [recent, new]
    assert old not in sale_ids(read(till, "sales", cursor))


def test_sales_of_one_second_on_both_sides_of_a_page_are_all_read(till: Till) -> None:
    sold = [till.sell(at=NOON) for _ in range(150)]
    assert sorted(sale_ids(read(till, "sales")), key=int) == sold


def test_a_till_whose_clock_runs_ahead_does_not_move_the_cursor_ahead(till: Till) -> None:
    till.sell(at=NOON + timedelta(days=30), visible_at=NOON)
    assert stand(read(till, "sales")) == "2026-03-04T17:00:00+00:00"


def test_edits_start_now_and_catch_a_customer_attached_later(till: Till) -> None:
    sold = till.sell(at=NOON - timedelta(days=9))
    first = read(till, "edits")
    assert (sale_ids(first), stand(first)) == ([], "2026-03-03T17:00:00+00:00")
    till.clock.advance(3600)
    till.state.attach_customer(sold, till.person(), till.clock.now())
    [page] = read(till, "edits", last_cursor(first))
    assert sale_ids([page]) == [sold]
    assert page.sales[0].customer is not None
    assert page.sales[0].customer.email == "ann@mail.org"


@pytest.mark.parametrize("spelling", ["updateTime", "updatetime"])
def test_edits_are_read_in_both_spellings(till: Till, spelling: str) -> None:
    till.fake.switches.update_time_key = spelling
    sold = till.sell(at=NOON - timedelta(days=9))
    cursor = last_cursor(read(till, "edits"))
    till.clock.advance(60)
    till.state.edit_note(sold, till.clock.now())
    [page] = read(till, "edits", cursor)
    assert stand([page]) == "2026-03-04T17:01:00+00:00"


def test_an_account_that_cannot_filter_by_edits_says_so_once_and_goes_on(till: Till) -> None:
    till.fake.switches.update_time_filter = False
    source = till.source()
    cursor = '{"at":"2026-03-03T17:00:00+00:00"}'
    [page] = source.read("edits", cursor)
    assert (page.cursor, [each.reason for each in page.set_aside]) == (cursor, ["feed_refused"])
    assert list(source.read("edits", cursor)) == []


def test_an_edit_already_kept_as_a_sale_is_not_read_again(till: Till) -> None:
    till.sell(at=NOON)
    source = till.source()
    cursor = last_cursor(list(source.read("edits", None)))
    sales = list(source.read("sales", None))
    list(source.read("sales", last_cursor(sales)))
    assert sale_ids(source.read("edits", cursor)) == []


def test_a_page_counts_as_kept_only_when_the_feed_is_read_on_from_it(till: Till) -> None:
    till.sell(at=NOON)
    source = till.source(live=True)
    before = '{"at":"2026-03-04T16:00:00+00:00"}'
    for _ in range(3):  # three times read to the end, and three times the commit failed
        lost = list(source.read("sales", before))
        assert len(sale_ids(lost)) == 1
    assert sale_ids(source.read("sales", last_cursor(lost))) == []
    assert sale_ids(source.read("sales", last_cursor(lost))) == []


def test_a_lost_page_in_the_overlap_is_read_again_although_the_cursor_did_not_move(till: Till) -> None:
    till.sell(at=NOON)
    source = till.source(live=True)
    first = last_cursor(list(source.read("sales", '{"at":"2026-03-04T16:00:00+00:00"}')))
    assert list(source.read("sales", first)) == []
    late = till.sell(at=NOON - timedelta(seconds=30))
    lost = list(source.read("sales", first))
    assert (sale_ids(lost), stand(lost)) == ([late], "2026-03-04T17:00:00+00:00")
    again = list(source.read("sales", first))
    assert sale_ids(again) == [late]
    assert last_cursor(again) != first
    assert list(source.read("sales", last_cursor(again))) == []


def test_after_a_crash_between_two_pages_only_the_uncommitted_one_is_read_again(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(seconds=200 - i)) for i in range(150)]
    source = till.source(live=True)
    pages = list(source.read("sales", '{"at":"2026-03-04T16:00:00+00:00"}'))
    assert sale_ids(pages) == sold
    assert sale_ids(source.read("sales", pages[0].cursor)) == sold[100:]


def test_voids_start_now_and_bring_the_voided_sale(till: Till) -> None:
    before, after = till.sell(), till.sell()
    till.state.void(before, NOON)
    source = till.source()
    cursor = last_cursor(list(source.read("voids", None)))
    till.clock.advance(60)
    till.state.void(after, till.clock.now())
    pages = list(till.source().read("voids", cursor))
    assert [(sale.sale_id, sale.state) for page in pages for sale in page.sales] == [
        (before, SaleState.VOIDED), (after, SaleState.VOIDED),
    ]  # fmt: skip
    again = list(source.read("voids", cursor))
    assert after in sale_ids(again)
    assert list(source.read("voids", last_cursor(again))) == []


def test_without_the_right_to_see_voids_it_is_said_once_with_the_scope_to_grant(till: Till) -> None:
    till.fails("status", path="*/SaleVoid.json", status=403)
    source = till.source()
    [page] = source.read("voids", None)
    [aside] = page.set_aside
    assert (page.cursor, aside.subject, aside.subject_id, aside.reason) == (
        None,
        "feed",
        "voids",
        "missing_scope",
    )
    assert "employee:admin_void_sale" in aside.detail
    assert "tillproof accounts connect main-street" in aside.detail
    assert list(source.read("voids", None)) == []


def test_a_right_granted_later_is_taken_up_within_the_hour(till: Till) -> None:
    till.fails("status", path="*/SaleVoid.json", status=403)
    source, cursor = till.source(), '{"id":0,"page":1}'
    assert [len(page.set_aside) for page in source.read("voids", cursor)] == [1]
    asked = till.paths().count("SaleVoid")
    till.clock.advance(3599)
    assert (list(source.read("voids", cursor)), till.paths().count("SaleVoid")) == ([], asked)
    till.clock.advance(1)
    assert list(source.read("voids", cursor)) == [], "asked again, and told already"
    assert till.paths().count("SaleVoid") == asked + 1
    till.fake.faults.clear()
    till.clock.advance(3600)
    assert list(source.read("voids", cursor)) == [Page("voids", cursor)], "it answers the letter"
    assert list(source.read("voids", cursor)) == []


def test_without_the_right_to_see_sales_nothing_goes_on(till: Till) -> None:
    till.fails("status", path="*/Sale.json", status=403)
    with pytest.raises(NotPermitted, match="employee:register_read"):
        list(till.source().read("sales", '{"at":"2026-03-04T16:00:00+00:00"}'))


def test_a_shipment_comes_with_its_sale_before_and_after_it_leaves(till: Till) -> None:
    sold = till.sell("10", "5", customer_id=till.person(), ship_to=True)
    pages = read(till, "shipments")
    [(waiting, sale)] = [pair for page in pages for pair in page.shipments]
    assert (waiting.shipped, waiting.sale_id, sale.sale_id, sale.total_minor) == (False, sold, sold, 1500)
    till.clock.advance(7200)
    till.state.mark_shipped(sold, till.clock.now())
    [(gone, _)] = [pair for page in read(till, "shipments", last_cursor(pages)) for pair in page.shipments]
    assert (gone.shipment_id, gone.shipped) == (waiting.shipment_id, True)
    assert gone.changed_at == NOON + timedelta(hours=2)


def test_customers_are_read_with_their_contact_even_when_archived(till: Till) -> None:
    ann = till.person()
    pages = read(till, "customers")
    assert [person.email for page in pages for person in page.customers] == ["ann@mail.org"]
    till.clock.advance(3600)
    till.state.archive_customer(ann, till.clock.now())
    [page] = read(till, "customers", last_cursor(pages))
    assert [(person.customer_id, person.archived) for person in page.customers] == [(ann, True)]


def test_a_late_upload_is_caught_by_the_daily_look_back(till: Till) -> None:
    sales, back = last_cursor([*read(till, "sales"), Page("", "x")]), last_cursor(read(till, "lookback"))
    assert (sales, json.loads(back)) == ("x", {"on": "2026-03-04"})
    assert read(till, "lookback", back) == []
    late = till.sell(at=NOON - timedelta(days=2), visible_at=NOON + timedelta(hours=3))
    till.clock.advance(86_400)
    till.sell()
    sales_cursor = last_cursor(read(till, "sales", '{"at":"2026-03-05T16:00:00+00:00"}'))
    assert late not in sale_ids(read(till, "sales", sales_cursor))
    pages = read(till, "lookback", back)
    assert late in sale_ids(pages)
    assert [page.cursor for page in pages if page.cursor] == ['{"on":"2026-03-05"}']
    assert pages[-1].cursor is not None, "the day counts as done only after all its pages"


def test_an_unknown_feed_or_cursor_is_a_mistake_of_ours(till: Till) -> None:
    with pytest.raises(ValueError, match="there is no feed orders"):
        read(till, "orders")
    for cursor in ("nonsense", "{}", '{"id":5}', "[]"):
        with pytest.raises(ValueError, match="cursor"):
            read(till, "sales", cursor)
