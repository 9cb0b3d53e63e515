"""Reading a Sitoo account: nothing is missed, whatever the switches of what nobody published."""

import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from sitoo_till import NOON, SitooTill, cursor_of, ids_of, sales_of

from fakes.sitoo.records import LineIn
from sync.domain.clock import Window
from sync.domain.facts import SaleState
from sync.http.errors import NotPermitted, Reconnect, Refused
from sync.sources.fields import WrongSettings
from sync.sources.protocol import HasControlTotals, Link
from sync.sources.sitoo import pos
from sync.sources.sitoo.settings import Settings

DAY = timedelta(days=1)


class WithoutLines(httpx.BaseTransport):
    """Between us and the fake: lists of orders come without their lines, as one page of the vendor says."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if not request.url.path.endswith("/orders.json"):
            return answer
        page = json.loads(answer.read())
        for row in page["items"]:
            del row["orderitems"]
        return httpx.Response(answer.status_code, json=page)


def test_every_order_comes_once_in_the_order_of_numbers_however_small_the_pages(till: SitooTill) -> None:
    sold = [till.sell(NOON + timedelta(seconds=number)) for number in range(23)]
    till.clock.advance(60)

    pages = list(till.source(page_rows=5).read("sales", None))

    assert ids_of(pages) == sold
    assert pages[0].behind_count == 18
    assert all(page.set_aside == () for page in pages)


def test_an_order_that_comes_twice_on_a_page_does_not_end_the_reading(till: SitooTill) -> None:
    sold = [till.sell(NOON + timedelta(seconds=number)) for number in range(5)]
    till.clock.advance(60)
    # Of five the first page shows two, one of them twice; the next shows two of three left, again one twice.
    till.fake.faults.add({"kind": "duplicate", "match": {"path": "*/orders.json"}})

    pages = list(till.source(page_rows=2).read("sales", None))

    assert list(dict.fromkeys(ids_of(pages))) == sold


def test_the_cursor_goes_on_behind_the_last_order(till: SitooTill) -> None:
    source = till.source()
    first = till.sell()
    till.clock.advance(1)
    cursor = cursor_of(list(source.read("sales", None)))
    assert ids_of(source.read("sales", cursor)) == []
    second = till.sell()
    till.clock.advance(1)

    assert ids_of(source.read("sales", cursor)) == [second]
    assert ids_of(source.read("sales", None)) == [first, second]


def test_an_order_of_an_offline_till_comes_late_with_its_old_date(till: SitooTill) -> None:
    source = till.source()
    on_time = till.sell(NOON + timedelta(minutes=2))
    offline = till.sell(NOON + timedelta(minutes=1), visible_at=NOON + timedelta(hours=3))
    till.clock.advance(600)
    cursor = cursor_of(list(source.read("sales", None)))
    till.clock.advance(4 * 3600)

    [late] = sales_of(source.read("sales", cursor))

    assert (late.sale_id, late.completed_at) == (offline, NOON + timedelta(minutes=1))
    assert late.arrived_at == NOON + timedelta(hours=3)
    assert int(offline) > int(on_time)


def test_numbers_given_at_the_till_are_found_by_looking_back(till: SitooTill) -> None:
    till.fake.switches.order_ids = "till"
    source = till.source()
    till.sell(NOON + timedelta(minutes=2))
    offline = till.sell(NOON + timedelta(minutes=1), visible_at=NOON + timedelta(hours=3))
    till.clock.advance(600)
    sales, recent = cursor_of(list(source.read("sales", None))), cursor_of(list(source.read("recent", None)))
    till.clock.advance(4 * 3600)

    assert ids_of(source.read("sales", sales)) == []
    assert offline in ids_of(source.read("recent", recent))


def test_a_cancellation_is_seen_within_the_hour_and_an_old_one_the_next_day(till: SitooTill) -> None:
    source = till.source()
    old, young = till.sell(), till.sell(NOON + 3 * DAY)
    till.clock.advance(3 * 86_400 + 60)
    recent, back = (
        cursor_of(list(source.read("recent", None))),
        cursor_of(list(source.read("lookback", None))),
    )
    till.state.cancel(int(old), till.clock.now())
    till.state.cancel(int(young), till.clock.now())

    assert list(source.read("recent", recent)) == []  # not again within the hour
    till.clock.advance(3600)
    assert {sale.sale_id: sale.state for sale in sales_of(source.read("recent", recent))} == {
        young: SaleState.VOIDED
    }
    till.clock.advance(86_400)
    assert {sale.sale_id: sale.state for sale in sales_of(source.read("lookback", back))} == {
        old: SaleState.VOIDED, young: SaleState.VOIDED,
    }  # fmt: skip


def test_an_order_left_open_is_watched_by_number_until_it_is_paid(till: SitooTill) -> None:
    source = till.source()
    unpaid = str(till.state.webshop_order(till.clock.now(), [LineIn(till.tea, 1)]))
    list(source.read("sales", None))
    back = cursor_of(list(source.read("lookback", None)))
    assert json.loads(back) == {"on": "2026-03-04", "open": [unpaid]}
    till.clock.advance(20 * 86_400)
    pages = list(till.source().read("lookback", back))
    assert (ids_of(pages), json.loads(cursor_of(pages))["open"]) == ([unpaid], [unpaid])
    till.state.pay(int(unpaid), till.clock.now())
    till.clock.advance(86_400)
    pages = list(till.source().read("lookback", cursor_of(pages)))
    assert [sale.state for sale in sales_of(pages)] == [SaleState.COMPLETED]
    assert json.loads(cursor_of(pages)) == {"on": "2026-03-25"}, "it is over"


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_a_window_holds_its_start_and_not_its_end(till: SitooTill, end: str) -> None:
    till.fake.switches.order_date_to = end
    at_start, inside, at_end = (till.sell(NOON + timedelta(seconds=s)) for s in (0, 59, 60))
    till.clock.advance(600)

    window = Window(NOON, NOON + timedelta(seconds=60))

    assert ids_of(till.source().read_window(window)) == [at_start, inside]
    assert at_end not in ids_of(till.source().read_window(window))


@pytest.mark.parametrize("over", ["clamp", "error"])
def test_a_maximum_of_rows_nobody_published_is_found_out(till: SitooTill, over: str) -> None:
    till.fake.switches.num_max, till.fake.switches.num_over_max = 10, over
    sold = [till.sell(NOON + timedelta(seconds=number)) for number in range(31)]
    till.clock.advance(60)

    assert ids_of(till.source(page_rows=1000).read("sales", None)) == sold


def test_lists_without_lines_are_completed_one_by_one(till: SitooTill) -> None:
    sold = till.sell(email="ann@northwind.dev")
    till.clock.advance(60)
    till.transport = WithoutLines(till.transport)

    [sale] = sales_of(till.source().read("sales", None))

    assert (sale.sale_id, sale.total_minor, len(sale.lines)) == (sold, 100_00, 1)


def test_sales_by_number_leave_out_what_does_not_exist(till: SitooTill) -> None:
    sold = till.sell()
    till.clock.advance(60)

    page = till.source().read_sales([sold, "999", "no number"])

    assert [sale.sale_id for sale in page.sales] == [sold]


def test_articles_keep_the_name_they_were_sold_by_and_get_brand_and_category(till: SitooTill) -> None:
    drinks = till.state.add_category("Drinks")
    hot = till.state.add_category("Hot", drinks)
    brand = till.state.add_manufacturer("Kobbs")
    chai = till.state.add_product("Chai", sku="CH-1", price="80.00", category_id=hot, manufacturer_id=brand)
    till.tea = chai
    till.sell()
    till.clock.advance(60)
    source = till.source()

    list(source.read("articles", None))
    [sale] = sales_of(source.read("sales", None))

    product = sale.lines[0].product
    assert product is not None
    assert (product.name, product.sku, product.category, product.brand) == (
        "Chai", "CH-1", "Drinks/Hot", "Kobbs",
    )  # fmt: skip


def test_articles_nobody_read_before_are_asked_for_when_they_are_sold(till: SitooTill) -> None:
    till.sell()
    till.clock.advance(60)

    [sale] = sales_of(till.source().read("sales", None))

    assert till.shelf.products[str(till.tea)].name == "Tea"
    assert sale.lines[0].quantity == Decimal(1)


def test_a_register_set_up_later_is_looked_up(till: SitooTill) -> None:
    source = till.source()
    source.account()
    till.register = till.state.add_register(till.store)
    till.sell()
    till.clock.advance(60)

    [sale] = sales_of(source.read("sales", None))

    assert (sale.shop_id, sale.register_id) == (str(till.store), till.register)


def test_shops_without_a_zone_in_the_settings_get_the_one_on_their_receipts(till: SitooTill) -> None:
    till.sell()
    till.clock.advance(60)

    assert till.source().account().shops[str(till.store)].zone == "Europe/Stockholm"
    told = till.source(zones={"S1": "Europe/Oslo"}, zone="Europe/Berlin").account()
    assert told.shops[str(till.store)].zone == "Europe/Oslo"
    assert (told.account_id, told.currency) == ("90001", "SEK")


def test_z_reports_are_control_totals_per_register_and_interval(till: SitooTill) -> None:
    till.state.open_register(till.register, NOON)
    sold = till.sell(NOON + timedelta(minutes=1))
    till.sell(NOON + timedelta(minutes=2), practice=True)
    till.state.refund(int(sold), NOON + timedelta(minutes=3))
    till.state.close_register(till.register, NOON + timedelta(hours=1))
    till.clock.advance(7200)
    source = till.source()
    assert isinstance(source, HasControlTotals)

    [total] = source.control_totals(Window(NOON, NOON + timedelta(hours=2)))

    assert (total.register_id, total.shop_id, total.currency) == (till.register, str(till.store), "SEK")
    assert (total.opened_at, total.closed_at) == (NOON, NOON + timedelta(hours=1))
    assert (total.sales_count, total.sales_minor) == (1, 100_00)
    assert (total.refunds_count, total.refunds_minor) == (1, 100_00)
    assert (total.practice_count, total.practice_minor) == (1, 100_00)
    assert source.control_totals(Window(NOON - DAY, NOON)) == []


def test_an_old_till_does_not_say_when_it_was_opened(till: SitooTill) -> None:
    till.fake.switches.z_report_opened = "null"
    till.sell(NOON)
    till.state.close_register(till.register, NOON + timedelta(hours=1))
    till.clock.advance(7200)

    [total] = till.source().control_totals(Window(NOON, NOON + timedelta(hours=2)))

    assert total.opened_at is None


def test_a_hidden_order_is_in_the_control_total_alone(till: SitooTill) -> None:
    hidden = till.sell(NOON)
    till.state.hide_order(int(hidden))
    till.state.close_register(till.register, NOON + timedelta(hours=1))
    till.clock.advance(7200)
    source, window = till.source(), Window(NOON, NOON + timedelta(hours=2))

    assert ids_of(source.read_window(window)) == []
    assert [total.sales_minor for total in source.control_totals(window)] == [100_00]


def test_a_dead_password_says_where_a_new_one_goes(till: SitooTill) -> None:
    with pytest.raises(Reconnect, match=r"accounts\.main\.sitoo\.password"):
        till.source(password="wrong").account()


def test_an_address_that_is_not_allowed_is_told_apart(till: SitooTill) -> None:
    till.fake.switches.ip_allowed = False

    with pytest.raises((NotPermitted, Reconnect)):
        till.source().account()


def test_no_password_is_said_before_anything_is_asked(till: SitooTill) -> None:
    link = Link("main", lambda: pytest.fail("no vault"), till.clock)
    with pytest.raises(WrongSettings, match="TILLPROOF_MAIN_SITOO_PASSWORD"):
        pos.open(link, Settings(api_id="90001-101"))
    with pytest.raises(WrongSettings, match="account_id"):
        pos.open(link, Settings(api_id="nodash", password="x"))


def test_a_zone_that_does_not_exist_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="no time zone Mars/Base"):
        Settings(api_id="1-1", zone="Mars/Base")


@pytest.mark.parametrize("body", ["object", "text", "empty"])
def test_a_refusal_is_read_in_whatever_form_it_comes(till: SitooTill, body: str) -> None:
    till.fake.switches.error_body = body
    till.fake.faults.add({"kind": "status", "status": 400, "match": {"method": "*", "path": "*/orders.json"}})

    with pytest.raises(Refused):
        list(till.source().read("sales", None))


def test_foreign_cursors_and_feeds_are_refused(till: SitooTill) -> None:
    with pytest.raises(ValueError, match="no feed"):
        list(till.source().read("voids", None))
    with pytest.raises(ValueError, match="not one of this feed"):
        list(till.source().read("sales", '{"at":"2026"}'))
