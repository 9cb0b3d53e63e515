"""Every odd receipt of a Sitoo till, from the till to Klaviyo and back, with the events written by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sitoo_world import SitooWorld

from fakes.sitoo.records import LineIn


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SitooWorld]:
    one = SitooWorld(tmp_path)
    yield one
    one.close()


def test_a_sale_is_worth_what_was_paid_vat_included(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(2, 1)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "450")]
    [tea, mug] = [event for event in shop.stored() if event.metric_name == "Ordered Product"]
    assert (tea.unique_id, tea.value, mug.unique_id, mug.value) == (
        f"sitoo:90001:{sold}:line:0", 200, f"sitoo:90001:{sold}:line:1", 250,
    )  # fmt: skip
    shop.agrees(tmp_path)


def test_a_discount_is_told_gross_and_taken_off_the_value(shop: SitooWorld, tmp_path: Path) -> None:
    lines = [LineIn(shop.mug, 2, discount="50.00")]
    sold = shop.state.sell(shop.till, shop.now(), lines, user_id=shop.ann)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "450")]
    [placed] = [event for event in shop.stored() if event.metric_name == "Placed Order"]
    assert placed.properties()["Total Discounts"] == 50
    [item] = placed.properties()["$extra"]["Items"]
    assert (item["ItemPrice"], item["Discount"], item["RowTotal"]) == (250, 50, 450)
    shop.agrees(tmp_path)


def test_a_booking_and_the_sale_that_closes_it_are_one_sale(shop: SitooWorld, tmp_path: Path) -> None:
    shop.state.book(shop.till, shop.now(), shop.lines(1), user_id=shop.ann)
    shop.once()
    booked = shop.state.book(shop.till, shop.now(), shop.lines(2), user_id=shop.ann)
    shop.clock.advance(3600)
    sold = shop.state.close(booked, shop.now())

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "200")]
    assert shop.left_out(tmp_path) == {"booking": (2, 300_00)}


def test_a_parked_receipt_counts_once_when_it_is_finished(shop: SitooWorld, tmp_path: Path) -> None:
    parked = shop.state.park(shop.till, shop.now(), shop.lines(3), user_id=shop.ann)
    shop.once()
    assert shop.events() == []
    sold = shop.state.close(parked, shop.now())

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "300")]
    assert shop.left_out(tmp_path) == {"parked": (1, 300_00)}


def test_a_part_returned_carries_the_original_its_skus_and_values(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(2, 1)
    shop.clock.advance(3600)
    back = shop.state.refund(sold, shop.now(), {0: 1})

    shop.once()

    assert shop.events() == [
        ("Placed Order", f"{sold}", "450"),
        ("Refunded Order", f"{sold}:refund:{back}", "100"),
    ]
    [refund] = [event for event in shop.stored() if event.metric_name == "Refunded Order"]
    told = refund.properties()
    assert (told["OrderId"], told["Original Order"]) == (f"{sold}", f"{sold}")
    assert (told["SKUs"], told["Returned"]) == (["TE-1"], ["TE-1 x 1 = 100.00 SEK"])
    shop.agrees(tmp_path)


def test_two_partial_returns_of_one_sale_are_two_refunds(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(3)
    shop.clock.advance(3600)
    first = shop.state.refund(sold, shop.now(), {0: 1})
    shop.clock.advance(3600)
    second = shop.state.refund(sold, shop.now(), {0: 1})

    shop.once()

    assert shop.events() == [
        ("Placed Order", f"{sold}", "300"),
        ("Refunded Order", f"{sold}:refund:{first}", "100"),
        ("Refunded Order", f"{sold}:refund:{second}", "100"),
    ]
    shop.agrees(tmp_path)


def test_a_full_return_has_the_id_of_its_sale(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(2, 1)
    shop.once()
    shop.state.refund(sold, shop.now())

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "450"), ("Refunded Order", f"{sold}", "450")]
    shop.agrees(tmp_path)


def test_a_return_in_cash_is_whole_although_its_total_is_rounded(shop: SitooWorld, tmp_path: Path) -> None:
    lines = [LineIn(shop.tea, 1, price="99.40")]
    sold = shop.state.sell(shop.till, shop.now(), lines, user_id=shop.ann, payment="Cash")
    shop.clock.advance(60)
    shop.state.refund(sold, shop.now(), payment="Cash")

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "99"), ("Refunded Order", f"{sold}", "99")]
    shop.agrees(tmp_path)


def test_a_return_without_a_receipt_stands_alone(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(1)
    shop.clock.advance(60)
    back = shop.state.refund(sold, shop.now(), linked=False)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "100"), ("Refunded Order", f"{back}:refund", "100")]
    shop.agrees(tmp_path)


def test_an_exchange_on_one_receipt_splits_by_its_signs(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(1)
    shop.clock.advance(60)
    [swapped] = shop.state.exchange(sold, shop.now(), {0: 1}, shop.lines(0, 1))

    shop.once()

    assert shop.events() == [
        ("Placed Order", f"{sold}", "100"),
        ("Placed Order", f"{swapped}", "250"),
        ("Refunded Order", f"{sold}", "100"),
    ]
    shop.agrees(tmp_path)


def test_an_even_exchange_asks_for_no_money_and_is_two_events_all_the_same(
    shop: SitooWorld, tmp_path: Path
) -> None:
    sold = shop.sell(1)
    shop.clock.advance(60)
    [swapped] = shop.state.exchange(sold, shop.now(), {0: 1}, shop.lines(1))

    shop.once()

    assert shop.events() == [
        ("Placed Order", f"{sold}", "100"),
        ("Placed Order", f"{swapped}", "100"),
        ("Refunded Order", f"{sold}", "100"),
    ]
    shop.agrees(tmp_path)


def test_a_netted_pair_is_what_was_bought_and_what_came_back_each_once(
    shop: SitooWorld, tmp_path: Path
) -> None:
    sold = shop.sell(1)
    shop.clock.advance(60)
    refund, bought = shop.state.exchange(sold, shop.now(), {0: 1}, shop.lines(0, 1), netted_pair=True)

    shop.once()

    assert shop.events() == [
        ("Placed Order", f"{sold}", "100"),
        ("Placed Order", f"{bought}", "250"),
        ("Refunded Order", f"{sold}", "100"),
    ]
    assert str(refund) not in {event[1] for event in shop.events()}
    shop.agrees(tmp_path)


def test_netted_pairs_can_be_left_out_by_name(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"count": []})
    sold = shop.sell(1)
    shop.clock.advance(60)
    shop.state.exchange(sold, shop.now(), {0: 1}, shop.lines(0, 1), netted_pair=True)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "100")]
    assert shop.left_out(tmp_path) == {"netted_exchange": (2, 350_00)}
    shop.close()


def gift_card(shop: SitooWorld) -> LineIn:
    group = shop.state.add_vat_group("Gift cards", "0", kind=30)
    card = shop.state.add_product("Gift card", sku="GC", price="500.00", group=group)
    return LineIn(card, 1, gift_card="4711")


def test_a_gift_card_is_no_revenue_until_it_is_spent(shop: SitooWorld, tmp_path: Path) -> None:
    shop.state.sell(shop.till, shop.now(), [gift_card(shop)], user_id=shop.ann)

    shop.once()

    assert shop.events() == []
    assert shop.left_out(tmp_path) == {"gift_card": (1, 500_00)}


def test_beside_a_gift_card_the_rest_of_the_receipt_counts(shop: SitooWorld, tmp_path: Path) -> None:
    lines = [LineIn(shop.tea, 2), gift_card(shop)]
    sold = shop.state.sell(shop.till, shop.now(), lines, user_id=shop.ann)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "200")]
    assert shop.left_out(tmp_path) == {"gift_card": (1, 500_00)}


def test_gift_cards_can_be_counted(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"count": ["gift_card"]})
    sold = shop.state.sell(shop.till, shop.now(), [gift_card(shop)], user_id=shop.ann)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "500")]
    shop.agrees(tmp_path)
    shop.close()


def test_practice_is_left_out_where_the_till_marks_it(shop: SitooWorld, tmp_path: Path) -> None:
    shop.world.till.switches.practice_sales = "marked"
    shop.sell(5, practice=True)

    shop.once()

    assert shop.events() == []
    assert shop.left_out(tmp_path) == {"practice": (1, 500_00)}


def test_what_came_through_the_web_shop_is_left_out(shop: SitooWorld, tmp_path: Path) -> None:
    order = shop.state.webshop_order(shop.now(), shop.lines(1), email="eva@northwind.dev", payment="Klarna")
    shop.clock.advance(60)
    shop.state.pay(order, shop.now())

    shop.once()

    assert shop.events() == []
    assert shop.left_out(tmp_path) == {"ecommerce": (1, 100_00)}


@pytest.mark.parametrize(
    ("state", "reason"), [(15, "reserved"), (0, "unpaid"), (10, "unpaid"), (40, "unpaid")]
)
def test_what_is_not_paid_is_not_sold(shop: SitooWorld, tmp_path: Path, state: int, reason: str) -> None:
    shop.sell(1, payment_state=state)

    shop.once()

    assert shop.events() == []
    assert shop.left_out(tmp_path) == {reason: (1, 100_00)}


@pytest.mark.parametrize(("state", "reason"), [(0, "not_completed"), (-1, "abandoned"), (20, "voided")])
def test_what_was_never_closed_is_not_sold(shop: SitooWorld, tmp_path: Path, state: int, reason: str) -> None:
    shop.sell(1, state=state)

    shop.once()

    assert shop.events() == []
    assert shop.left_out(tmp_path) == {reason: (1, 100_00)}


def test_a_sale_cancelled_after_it_was_sent_gets_a_canceled_order(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(1)
    shop.once()
    shop.state.cancel(sold, shop.now())
    shop.clock.advance(3600)

    shop.once()

    assert shop.events() == [("Canceled Order", f"{sold}", "100"), ("Placed Order", f"{sold}", "100")]
    shop.agrees(tmp_path)


def test_numbers_nobody_told_us_of_survive_are_left_out_by_name_and_noted(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.world.till.switches.unknown_enum = "accept"
    shop.sell(1, kind=777)

    result = shop.once()

    assert shop.events() == []
    assert dict(result.tally.noted) == {"unknown_kind": 1}
    assert "order type 777" in result.tally.noted_words["unknown_kind"]
    assert result.exit_code == 0
    assert shop.left_out(tmp_path) == {"unknown_kind": (1, 100_00)}


def test_a_number_becomes_a_sale_by_a_setting(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"sitoo": {"meaning": {"sale_types": [10, 777]}}})
    shop.world.till.switches.unknown_enum = "accept"
    sold = shop.sell(1, kind=777)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "100")]
    shop.agrees(tmp_path)
    shop.close()


def test_weighed_goods_keep_their_decimals(shop: SitooWorld, tmp_path: Path) -> None:
    cheese = shop.state.add_product("Cheese", sku="CH-1", price="200.00")
    lines = [LineIn(cheese, 1, unit_quantity="0.543")]
    sold = shop.state.sell(shop.till, shop.now(), lines, user_id=shop.ann)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "108.6")]
    [product] = [event for event in shop.stored() if event.metric_name == "Ordered Product"]
    assert product.properties()["Quantity"] == 0.543
    shop.agrees(tmp_path)


def test_us_sales_tax_comes_on_top_and_adds_up(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path)
    york = shop.state.add_store(
        "Broadway", external_id="NY1", time_zone="America/New_York", currency="USD", country="us"
    )
    [till] = shop.state.registers_of(york)
    lines = [
        LineIn(shop.tea, 1, price="10.00", vat="0", sales_tax="8.875"),
        LineIn(shop.mug, 3, price="3.33", vat="0", sales_tax="8.875"),
    ]
    sold = shop.state.sell(till, shop.now(), lines, email="joe@northwind.dev")

    shop.once()

    [placed] = [event for event in shop.stored() if event.metric_name == "Placed Order"]
    # 0.89 of tax on each line
    assert (placed.unique_id, placed.currency, str(placed.value)) == (f"sitoo:90001:{sold}", "USD", "21.77")
    products = [event for event in shop.stored() if event.metric_name == "Ordered Product"]
    assert [str(each.value) for each in products] == ["10", "9.99"]
    shop.agrees(tmp_path)
    shop.close()


def test_a_receipt_counts_on_the_day_of_its_own_zone(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"sitoo": {"zone": "Europe/Stockholm"}})
    shop.clock.advance(15.5 * 3600)  # 23:30 UTC: already tomorrow in Stockholm, still today in London
    london = shop.sell(1, time_zone="Europe/London")
    home = shop.sell(2)

    result = shop.once()

    told = {event.unique_id: event.properties()["Business Day"] for event in shop.stored()}
    assert told[f"sitoo:90001:{london}"] == "2026-03-02"
    assert told[f"sitoo:90001:{home}"] == "2026-03-03"
    assert result.tally.noted["zone_differs"] == 1
    report = shop.report(tmp_path)
    placed = [row for row in report.accounting if row.metric == "Placed Order"]
    assert [(row.zone, row.pos_count, row.delivered_minor) for row in placed] == [
        ("Europe/London", 1, 100_00)
    ]
    shop.close()


@pytest.mark.parametrize("form", ["offset", "absent"])
def test_a_receipt_without_a_zone_counts_on_the_day_of_its_shop(tmp_path: Path, form: str) -> None:
    shop = SitooWorld(tmp_path, account={"sitoo": {"zones": {"S1": "Europe/Stockholm"}}})
    shop.world.till.switches.pos_timezone = form
    shop.clock.advance(15.5 * 3600)
    shop.sell(1)

    shop.once()

    [placed] = [event for event in shop.stored() if event.metric_name == "Placed Order"]
    assert placed.properties()["Business Day"] == "2026-03-03"
    shop.close()


def test_lists_of_additional_data_where_objects_are_meant_do_no_harm(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.world.till.switches.empty_additionaldata = "array"
    shop.world.till.switches.default_list_has_items = False
    sold = shop.sell(1)

    shop.once()

    assert shop.events() == [("Placed Order", f"{sold}", "100")]
    shop.agrees(tmp_path)
