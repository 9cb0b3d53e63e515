"""What is asked for by time or by number comes whole: windows are exact, and sales bring their shipments."""

from datetime import UTC, datetime, timedelta

from r_till import NOON, Till, last_cursor, read, sale_ids

from sync.domain.clock import Window


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


def test_reading_a_day_twice_gives_the_same_facts(till: Till) -> None:
    for minute in range(5):
        till.sell("10", "5.55", at=NOON - timedelta(minutes=minute), customer_id=till.person())
    window = Window(datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))
    assert list(till.source().read_window(window)) == list(till.source().read_window(window))


def test_counting_costs_one_request(till: Till) -> None:
    till.sell()
    till.sell(at=NOON - timedelta(days=3))
    source = till.source()
    assert source.count_sales() == 2
    assert source.count_sales(Window(NOON, NOON + timedelta(seconds=1))) == 1
    assert source.count_sales(Window(NOON, NOON)) == 0
