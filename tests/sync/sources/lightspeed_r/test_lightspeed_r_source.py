"""The source reads a living account: every feed catches its kind of change, once, and windows are exact."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from r_till import NOON, Shelf, Till, last_cursor, sale_ids, stand

from fakes.lightspeed_r.records import LineIn
from sync.domain.clock import Window
from sync.domain.facts import SaleState
from sync.http.errors import NotPermitted, NotThere, Refused, Unintelligible
from sync.sources.protocol import Page


@pytest.fixture
def till() -> Till:
    return Till()


def read(till: Till, feed: str, cursor: str | None = None) -> list[Page]:
    return list(till.source().read(feed, cursor))


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


def test_a_window_is_exact_to_the_second_at_both_ends(till: Till) -> None:
    start, end = NOON, NOON + timedelta(hours=1)
    till.clock.advance(7200)
    for at in (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end):
        till.sell(at=at)
    found = [
        sale.completed_at for page in till.source().read_window(Window(start, end)) for sale in page.sales
    ]
    assert found == [start, end - timedelta(seconds=1)]


def test_a_window_between_whole_seconds_takes_exactly_the_seconds_inside(till: Till) -> None:
    till.sell(at=NOON)
    half = timedelta(milliseconds=500)
    assert len(sale_ids(till.source().read_window(Window(NOON - half, NOON + half)))) == 1
    assert sale_ids(till.source().read_window(Window(NOON + half, NOON + 2 * half))) == []
    assert sale_ids(till.source().read_window(Window(NOON, NOON))) == []


def test_neighbouring_windows_share_no_sale_and_miss_none(till: Till) -> None:
    sold = [till.sell(at=NOON + timedelta(seconds=i)) for i in range(12)]
    till.clock.advance(100)
    whole = Window(NOON, NOON + timedelta(seconds=12))
    source = till.source()
    found = [
        each for part in whole.sliced(timedelta(seconds=5)) for each in sale_ids(source.read_window(part))
    ]
    assert found == sold


def test_a_window_has_shipments_by_their_own_time(till: Till) -> None:
    sold = till.sell(at=NOON - timedelta(days=30), customer_id=till.person(), ship_to=True)
    till.state.mark_shipped(sold, NOON)
    pages = list(till.source().read_window(Window(NOON, NOON + timedelta(seconds=1))))
    assert sale_ids(pages) == []
    assert [(ship.sale_id, ship.shipped) for page in pages for ship, _ in page.shipments] == [(sold, True)]
    assert {page.cursor for page in pages} == {None}


def test_a_window_goes_on_without_shipments_where_they_may_not_be_seen(till: Till) -> None:
    till.fails("status", path="*/ShipTo.json", status=403)
    till.sell()
    pages = list(till.source().read_window(Window(NOON, NOON + timedelta(seconds=1))))
    assert len(sale_ids(pages)) == 1
    assert [each.reason for page in pages for each in page.set_aside] == ["missing_scope"]


def test_the_monitor_s_reading_asks_for_no_articles(till: Till) -> None:
    till.sell()
    list(till.source().read_window(Window(NOON, NOON + timedelta(seconds=1))))
    assert "Item" not in till.paths()
    assert "Discount" not in till.paths()


def test_articles_are_asked_for_once_and_kept_on_the_shelf(till: Till) -> None:
    category = till.state.add_category(("Kitchen", "Tea"))
    brand = till.state.add_manufacturer("Acme")
    pot = till.state.add_item("Pot", category_id=category, manufacturer_id=brand, price="20", sku="POT",
                              image_public_id="pic1")  # fmt: skip
    till.state.sell(till.shop_id, NOON, [LineIn(pot, 1, "20"), LineIn(pot, 1, "20")])
    shelf = Shelf()
    source = till.source(products=shelf)
    [page] = source.read("sales", None)
    product = page.sales[0].lines[0].product
    assert product is not None
    assert (product.name, product.sku, product.category, product.brand) == (
        "Pot",
        "POT",
        "Kitchen/Tea",
        "Acme",
    )
    assert product.image_url.endswith("/pic1.jpg")
    list(source.read("sales", None))
    list(till.source(products=shelf).read("sales", None))
    assert till.paths().count("Item") == 1
    assert set(shelf.products) == {pot}


def test_an_article_the_till_no_longer_knows_is_asked_for_once(till: Till) -> None:
    till.state.sell(till.shop_id, NOON, [LineIn(till.item_id, 1, "20")])
    till.fails("status", path="*/Item.json", status=200, times=1, body='{"@attributes":{"next":""}}')
    source = till.source(products=Shelf())
    assert [page.sales[0].lines[0].product for page in source.read("sales", None)] == [None]
    list(source.read("sales", None))
    assert till.paths().count("Item") == 1


def test_a_named_discount_is_named_on_its_line(till: Till) -> None:
    staff = till.state.add_discount("Staff 40%", percent="0.4")
    line = LineIn(till.item_id, 1, "10", discount="4", discount_id=staff)
    till.state.sell(till.shop_id, NOON, [line])
    [page] = till.source(products=Shelf()).read("sales", None)
    [found] = page.sales[0].lines
    assert (found.discount_name, found.discount_minor, found.total_minor) == ("Staff 40%", 400, 600)


def test_a_refund_knows_the_sale_it_returns_whether_read_just_now_or_long_ago(till: Till) -> None:
    ann = till.person()
    sold = till.sell("10", "5", at=NOON - timedelta(days=40), customer_id=ann)
    first, second = till.state.lines_of(sold)
    part = till.state.refund(sold, NOON, {first: 1})
    together = {sale.sale_id: sale for page in read(till, "sales") for sale in page.sales}
    asked = till.paths().count("SaleLine")
    assert asked == 0, "the original was on the same page"
    [alone] = till.source().read_sales([part]).sales
    assert till.paths().count("SaleLine") == 1
    for refund in (together[part], alone):
        [original] = refund.originals
        assert (original.sale_id, original.customer_id) == (sold, ann)
        assert dict(original.quantities) == {first: 1, second: 1}
        assert original.customer is not None
        assert original.customer.email == "ann@mail.org"


def test_remembered_sales_are_bounded_and_forgotten_ones_are_read_again(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=300 - i)) for i in range(210)]
    refunds = [till.state.refund(each, NOON - timedelta(minutes=5)) for each in (sold[0], sold[-1])]
    source = till.source(remembered_max=100)
    found = {sale.sale_id: sale for page in source.read("sales", None) for sale in page.sales}
    assert [found[each].originals[0].sale_id for each in refunds] == [sold[0], sold[-1]]
    assert till.paths().count("SaleLine") == 1


def test_a_return_without_a_receipt_has_no_original(till: Till) -> None:
    till.state.sell(till.shop_id, NOON, [LineIn(till.item_id, -1, "10")])
    [page] = till.source().read("sales", None)
    assert (page.sales[0].total_minor, page.sales[0].originals) == (-1000, ())
    assert till.paths().count("SaleLine") == 0


@pytest.mark.parametrize("of", ["SaleLine", "Sale"])
def test_a_refund_whose_line_or_sale_the_till_no_longer_has_stays_unlinked(till: Till, of: str) -> None:
    sold = till.sell("10", "5", at=NOON - timedelta(days=40))
    refund = till.state.refund(sold, NOON)
    nothing = '{"@attributes":{"next":"","previous":""}}'
    source = till.source()
    if of == "SaleLine":
        till.fails("status", path="*/SaleLine.json", status=200, body=nothing)
    else:  # the second list of sales is that of the originals
        rule = {"kind": "status", "match": {"method": "*", "path": "*/Sale.json"}, "every": 2, "times": 1}
        till.fake.faults.add({**rule, "status": 200, "body": nothing})
    [found] = source.read_sales([refund]).sales
    assert [line.total_minor for line in found.lines] == [-1000, -500]
    assert all(line.parent_line_id for line in found.lines)
    assert found.originals == ()


def test_an_exchange_keeps_both_sides_and_its_original(till: Till) -> None:
    sold = till.sell("10", at=NOON - timedelta(days=1))
    [line] = till.state.lines_of(sold)
    swap = till.state.exchange(sold, NOON, {line: 1}, [LineIn(till.item_id, 1, "25")])
    [found] = till.source().read_sales([swap]).sales
    assert (found.total_minor, sorted(each.total_minor for each in found.lines)) == (1500, [-1000, 2500])
    assert [each.sale_id for each in found.originals] == [sold]


def test_sales_by_id_come_in_hundreds_and_unknown_ids_are_left_out(till: Till) -> None:
    sold = [till.sell(at=NOON - timedelta(seconds=i)) for i in range(120)]
    page = till.source().read_sales([*sold, "999999", "not-a-number", sold[0]])
    assert sorted(sale_ids([page]), key=int) == sorted(sold, key=int)
    assert (page.cursor, page.row_count) == (None, 120)
    assert till.paths().count("Sale") == 2


def test_sales_by_id_bring_their_shipments_along(till: Till) -> None:
    ann, bob = till.person(), till.person("bob@mail.org")
    sold = [till.sell(customer_id=ann, ship_to=True) for _ in range(101)]
    till.sell(ship_to=True)
    till.state.mark_shipped(sold[0], NOON)
    till.state.ship_tos.rows[int(till.state.ship_to_of(sold[1]))].customer_id = int(bob)
    page = till.source().read_sales(sold)
    found = {sale.sale_id: shipment for shipment, sale in page.shipments}
    assert (sorted(found, key=int), len(page.shipments), page.set_aside) == (sold, 101, ())
    assert [found[each].shipped for each in sold[:3]] == [True, False, False]
    assert found[sold[0]].customer is None, "it goes to the buyer"
    assert found[sold[1]].customer is not None
    assert found[sold[1]].customer.email == "bob@mail.org"
    assert till.paths().count("ShipTo") == 2, "a hundred sales a request"


def test_sales_by_id_are_read_where_their_shipments_may_not_be_seen(till: Till) -> None:
    till.fails("status", path="*/ShipTo.json", status=403)
    sold, source = till.sell(), till.source()
    page = source.read_sales([sold])
    assert (sale_ids([page]), [each.reason for each in page.set_aside]) == ([sold], ["missing_scope"])
    again = source.read_sales([sold])
    assert (sale_ids([again]), again.set_aside) == ([sold], ())


def test_a_shipment_that_cannot_be_read_is_set_aside_and_its_sale_is_not(till: Till) -> None:
    sold = till.sell(ship_to=True)
    till.spoil("/ShipTo.json", '"shipped":"false"', '"shipped":"perhaps"')
    page = till.source().read_sales([sold])
    assert (sale_ids([page]), page.shipments) == ([sold], ())
    assert [(each.subject, each.reason) for each in page.set_aside] == [("shipment", "no_state")]


def test_an_edited_sale_brings_its_shipments_along_and_others_ask_for_none(till: Till) -> None:
    plain, sent = till.sell(at=NOON - timedelta(days=9)), till.sell(at=NOON - timedelta(days=9), ship_to=True)
    till.state.mark_shipped(sent, NOON - timedelta(days=8))
    cursor = last_cursor(read(till, "edits"))
    till.clock.advance(3600)
    ann = till.person()
    for each in (plain, sent):
        till.state.attach_customer(each, ann, till.clock.now())
        pages = read(till, "edits", cursor)
        assert till.paths().count("ShipTo") == (0 if each == plain else 1)
    [(shipment, sale)] = [pair for page in pages for pair in page.shipments]
    assert (shipment.shipped, sale.sale_id, sale.customer_id) == (True, sent, ann)


def test_counting_costs_one_request(till: Till) -> None:
    till.sell()
    till.sell(at=NOON - timedelta(days=3))
    source = till.source()
    assert source.count_sales() == 2
    assert source.count_sales(Window(NOON, NOON + timedelta(seconds=1))) == 1
    assert source.count_sales(Window(NOON, NOON)) == 0


@pytest.mark.parametrize("zero_rows", ["absent", "empty_string", "empty_list"])
@pytest.mark.parametrize("feed", ["sales", "edits", "voids", "shipments", "customers", "lookback"])
def test_nothing_new_is_fine_in_every_feed_and_every_shape(till: Till, feed: str, zero_rows: str) -> None:
    till.fake.switches.zero_rows = zero_rows
    pages = read(till, feed)
    assert sale_ids(pages) == []
    cursors = [page.cursor for page in pages if page.cursor]
    if cursors:
        assert sale_ids(read(till, feed, cursors[-1])) == []


def test_one_bad_sale_is_set_aside_and_its_page_goes_on(till: Till) -> None:
    good = till.sell("1", at=NOON - timedelta(seconds=2))
    bad = till.sell("7", at=NOON - timedelta(seconds=1))
    last = till.sell("1", at=NOON)
    till.spoil("/Sale.json", '"calcTotal":"7"', '"calcTotal":"99.99"')
    [page] = read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')
    assert sale_ids([page]) == [good, last]
    assert [(each.subject_id, each.reason) for each in page.set_aside] == [(bad, "lines_contradict_total")]
    assert page.row_count == 3


@pytest.mark.parametrize("kind", ["html", "truncated", "reset_before", "reset_after", "rate_limit"])
def test_trouble_on_the_way_is_overcome_without_losing_a_sale(till: Till, kind: str) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=150 - i)) for i in range(150)]
    till.fake.faults.add({"kind": kind, "match": {"method": "GET", "path": "*/Sale.json"}, "every": 2})
    assert sale_ids(read(till, "sales")) == sold


@pytest.mark.parametrize("status", [500, 504])
def test_a_page_too_heavy_for_the_vendor_is_asked_for_in_smaller_ones(till: Till, status: int) -> None:
    sold = [till.sell(at=NOON - timedelta(minutes=60 - i)) for i in range(60)]
    till.fails("status", path="*/Sale.json", times=5, status=status)
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == sold
    asked = [entry.query for entry in till.fake.journal.entries() if entry.status == 200]
    assert "limit=25" in asked[-1]


def test_a_next_page_on_another_host_is_not_followed(till: Till) -> None:
    evil = '{"@attributes":{"next":"https://evil.test/API/V3/Account/797/Sale.json?after=x","previous":""}}'
    till.fails("status", path="*/Sale.json", status=200, body=evil)
    with pytest.raises(Unintelligible, match="another host"):
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')


def test_html_that_stays_says_so(till: Till) -> None:
    till.fails("html", path="*/Sale.json")
    with pytest.raises(Unintelligible, match="not complete JSON"):
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')


def test_a_refusal_carries_the_vendor_s_reason(till: Till) -> None:
    said = '{"httpCode":"422","message":"timeStamp of ann@mail.org is wrong","errorClass":"Exception"}'
    till.fails("status", path="*/Sale.json", status=422, body=said)
    with pytest.raises(Refused, match="is wrong") as caught:
        read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')
    assert "ann@mail.org" not in str(caught.value)


def test_reading_a_day_twice_gives_the_same_facts(till: Till) -> None:
    for minute in range(5):
        till.sell("10", "5.55", at=NOON - timedelta(minutes=minute), customer_id=till.person())
    window = Window(datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))
    assert list(till.source().read_window(window)) == list(till.source().read_window(window))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"lineType":""', '"lineType":"hologram"'),
        ('"receiptPreference":"printed"', '"receiptPreference":"carrier pigeon","brandNew":{"a":["b"]}'),
    ],
)
def test_values_and_fields_nobody_has_seen_yet_do_not_stop_a_sale(till: Till, old: str, new: str) -> None:
    sold = till.sell()
    till.spoil("/Sale.json", old, new)
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == [sold]


def test_a_sale_of_five_megabytes_passes(till: Till) -> None:
    sold = till.sell()
    till.spoil("/Sale.json", '"lineType":""', '"lineType":"","padding":"' + "x" * 5_000_000 + '"')
    assert sale_ids(read(till, "sales", '{"at":"2026-01-01T00:00:00+00:00"}')) == [sold]
