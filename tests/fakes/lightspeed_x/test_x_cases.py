"""How special cases look: returns, exchanges, voids, laybys, accounts, discounts, cards, e-commerce."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from x_store import Store, open_store

from fakes.lightspeed_x.records import Adjustment, Charge, LineIn, PayIn, Promotion


def totals(row: dict[str, Any]) -> tuple[float, float, float]:
    found = row["totals"]
    return found["price"], found["tax"], found["price_incl_tax"]


STATUSES = [
    ("parked", (), "SAVED"),
    ("pending", (), "OPEN"),
    ("closed", (), "CLOSED"),
    ("voided", (), "VOIDED"),
    ("pending", ("onaccount",), "ONACCOUNT"),
    ("closed", ("onaccount",), "ONACCOUNT_CLOSED"),
    ("pending", ("layby",), "LAYBY"),
    ("closed", ("layby",), "LAYBY_CLOSED"),
    ("pending", ("delivery",), "AWAITING_DISPATCH"),
    ("closed", ("delivery",), "DISPATCHED_CLOSED"),
    ("pending", ("pickup",), "AWAITING_PICKUP"),
    ("closed", ("pickup",), "PICKED_UP_CLOSED"),
    ("pending", ("service",), "SERVICE"),
    ("closed", ("service",), "SERVICE_CLOSED"),
    ("pending", ("onaccount", "delivery"), "AWAITING_DISPATCH"),
]


@pytest.mark.parametrize(("state", "attributes", "status"), STATUSES)
def test_every_state_with_its_attributes_has_its_old_status(
    store: Store, state: str, attributes: tuple[str, ...], status: str
) -> None:
    sale = store.sell(state=state, attributes=attributes)
    nested, flat = store.sale(sale), store.sale(sale, "2.0")
    assert (nested["state"], tuple(nested["attributes"])) == (state, attributes)
    assert (flat["status"], flat["state"], tuple(flat["attributes"])) == (status, state, attributes)
    old = store.get(f"register_sales/{sale}").json()["register_sales"][0]
    assert old["status"] == status


@pytest.mark.parametrize("attributes", [("onaccount", "layby"), ("pickup", "delivery"), ("gift",)])
def test_attributes_that_do_not_combine_are_refused(store: Store, attributes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="attributes"):
        store.sell(state="pending", attributes=attributes)


def test_tax_is_taken_out_of_the_shelf_price_to_five_decimals() -> None:
    shop = open_store(tax_rate="0.15", tax_exclusive=False)
    sale = shop.sell(lines=[shop.line(1, "50.00")])
    row = shop.sale(sale)
    line = row["line_items"][0]
    assert (line["pricing"]["price"], line["tax"]["amount"]) == (43.47826, 6.52174)
    assert totals(row) == (43.48, 6.52, 50.00)
    three = shop.sell(lines=[shop.line(3, "4.95")])
    assert totals(shop.sale(three)) == (12.91, 1.94, 14.85)
    assert shop.sale(three, "2.0")["total_price_incl"] == 14.85


def test_tax_comes_on_top_where_shelf_prices_leave_it_out() -> None:
    shop = open_store(tax_rate="0.08", tax_exclusive=True)
    assert totals(shop.sale(shop.sell(lines=[shop.line(2, "10")]))) == (20.00, 1.60, 21.60)
    assert shop.data("2026-07/retailer")["tax_exclusive"] is True
    assert shop.data("2026-07/outlets")[0]["display_prices"] == "exclusive"


def test_a_return_is_a_sale_of_negative_lines_that_names_its_original(store: Store) -> None:
    sale = store.sell(30, lines=[store.line(2)])
    before = store.sale(sale, "2.0")["version"]
    back = store.state.refund(sale, store.at(-5))
    row, flat = store.sale(back), store.sale(back, "2.0")
    assert row["return"] == {"is_return": True, "original_sale_id": sale, "return_sale_ids": []}
    assert (flat["return_for"], flat["total_price"]) == (sale, -20.00)
    line = row["line_items"][0]
    assert (line["quantity"], line["pricing"]["price"], line["return"]["is_return"]) == (-2, 10, True)
    assert [one["amount"] for one in row["payments"]] == [-20]
    original = store.sale(sale, "2.0")
    assert original["return_ids"] == [back]
    assert original["version"] > before
    assert store.sale(sale)["return"]["return_sale_ids"] == [back]


def test_a_return_starts_parked_without_payments_and_is_paid_when_closed(store: Store) -> None:
    sale = store.sell(30)
    back = store.state.refund(sale, store.at(-5), state="parked")
    parked = store.sale(back)
    assert (parked["state"], parked["payments"]) == ("parked", [])
    assert store.sale(sale)["return"]["return_sale_ids"] == [back]
    store.state.close(back, store.at(-1))
    assert [one["amount"] for one in store.sale(back)["payments"]] == [-10]


def test_partial_returns_add_up_and_cannot_exceed_what_was_sold(store: Store) -> None:
    sale = store.sell(30, lines=[store.line(3), store.line(1, "4")])
    first_line = store.state.lines_of(sale)[0]
    one = store.state.refund(sale, store.at(-9), {first_line: 1})
    rest = store.state.refund(sale, store.at(-8))
    assert (store.state.total_of(one), store.state.total_of(rest)) == (Decimal("-10.00"), Decimal("-24.00"))
    assert store.sale(sale)["return"]["return_sale_ids"] == [one, rest]
    with pytest.raises(ValueError, match="nothing to take back"):
        store.state.refund(sale, store.at(-7))


def test_a_return_without_receipt_names_no_original(store: Store) -> None:
    sale = store.sell(30)
    back = store.state.refund(sale, store.at(-5), linked=False)
    row = store.sale(back)
    assert row["return"]["original_sale_id"] is None
    assert row["line_items"][0]["return"]["is_return"] is True
    assert store.sale(sale)["return"]["return_sale_ids"] == []
    direct = store.sell(lines=[store.line(-1)])
    assert store.sale(direct)["line_items"][0]["return"]["is_return"] is True


@pytest.mark.parametrize(("price", "total"), [("15", 5.00), ("4", -6.00), ("10", 0)])
def test_an_exchange_is_one_sale_of_both_signs(store: Store, price: str, total: float) -> None:
    sale = store.sell(30)
    swap = store.state.exchange(
        sale, store.at(-5), {store.state.lines_of(sale)[0]: 1}, [store.line(1, price)]
    )
    row = store.sale(swap)
    assert [line["quantity"] for line in row["line_items"]] == [-1, 1]
    assert row["totals"]["price_incl_tax"] == total
    assert [one["amount"] for one in row["payments"]] == ([total] if total else [])
    assert row["return"]["original_sale_id"] == sale


@pytest.mark.parametrize("kept", [True, False])
def test_a_void_keeps_the_id_and_by_switch_the_payments(store: Store, kept: bool) -> None:
    store.switch(void_keeps_payments=kept)
    sale = store.sell(30)
    before = store.sale(sale, "2.0")
    store.state.void(sale, store.at(0))
    after = store.sale(sale, "2.0")
    assert (after["status"], after["line_items"][0]["status"]) == ("VOIDED", "VOIDED")
    assert after["version"] > before["version"]
    assert after["updated_at"] == "2026-08-03T12:00:00+00:00"
    assert len(after["payments"]) == kept


def test_a_layby_gathers_payments_until_it_is_closed(store: Store) -> None:
    person = store.person()
    sale = store.state.layby(
        store.state.outlet_id, store.at(-30), [store.line(3)], deposit="5", customer_id=person
    )
    versions = [store.sale(sale, "2.0")["version"]]
    store.state.pay(sale, store.at(-20), "10")
    versions.append(store.sale(sale, "2.0")["version"])
    store.state.close(sale, store.at(-10))
    row = store.sale(sale, "2.0")
    assert row["status"] == "LAYBY_CLOSED"
    assert [one["amount"] for one in row["payments"]] == [5, 10, 15]
    assert [one["payment_date"][11:16] for one in row["payments"]] == ["11:30", "11:40", "11:50"]
    assert sorted({*versions, row["version"]}) == [*versions, row["version"]]


def test_an_account_sale_moves_the_customers_balance(store: Store) -> None:
    person = store.person()
    sale = store.state.on_account(store.state.outlet_id, store.at(-30), [store.line(2)], customer_id=person)
    customer = store.data(f"2.0/customers/{person}")
    assert (store.sale(sale, "2.0")["status"], customer["balance"]) == ("ONACCOUNT", 20)
    store.state.pay(sale, store.at(-20), "5")
    assert store.data(f"2.0/customers/{person}")["balance"] == 15
    store.state.close(sale, store.at(-10))
    after = store.data(f"2.0/customers/{person}")
    assert (store.sale(sale, "2.0")["status"], after["balance"]) == ("ONACCOUNT_CLOSED", 0)
    assert after["version"] > customer["version"]


def test_orders_wait_paid_for_pickup_or_dispatch(store: Store) -> None:
    pickup = store.state.order(store.state.outlet_id, store.at(-30), [store.line()])
    sent = store.state.order(store.state.outlet_id, store.at(-29), [store.line()], attributes=("delivery",))
    assert store.sale(pickup, "2.0")["status"] == "AWAITING_PICKUP"
    assert [one["amount"] for one in store.sale(pickup)["payments"]] == [10]
    store.state.pickup(pickup, store.at(-5))
    store.state.dispatch(sent, store.at(-5))
    assert store.sale(pickup, "2.0")["status"] == "PICKED_UP_CLOSED"
    assert store.sale(sent, "2.0")["status"] == "DISPATCHED_CLOSED"
    assert len(store.sale(pickup)["payments"]) == 1


def test_a_line_price_is_net_of_its_discount(store: Store) -> None:
    promotion = Promotion("Summer", Decimal(2), "SUN")
    sale = store.sell(lines=[store.line(2, "10", discount="2", promotions=(promotion,))])
    line = store.sale(sale)["line_items"][0]
    assert (line["pricing"]["price"], line["pricing"]["discount"]) == (8, 2)
    assert (line["pricing"]["total"], line["pricing"]["discount_total"]) == (16, 4)
    assert line["promotions"] == [
        {"id": "", "name": "Summer", "amount": 2, "promo_code": "SUN", "promo_code_id": ""}
    ]
    assert store.sale(sale)["totals"]["price"] == 16


def test_a_sale_discount_is_the_discount_product_sold_backwards(store: Store) -> None:
    sale = store.sell(lines=[store.line(3)], discount="5")
    line = store.sale(sale)["line_items"][-1]
    assert line["product"]["id"] == store.data("2026-07/retailer")["discount_product_id"]
    assert (line["quantity"], line["pricing"]["price"], line["pricing"]["total"]) == (-1, 5, -5)
    assert line["return"]["is_return"] is False
    assert store.sale(sale)["totals"]["price"] == 25
    assert store.data(f"2.0/products/{line['product']['id']}")["sku"] == "vend-discount"
    back = store.state.refund(sale, store.at(0))
    assert store.state.total_of(back) == Decimal("-25.00")


@pytest.mark.parametrize("keys", ["type_value", "adjustment_type_value"])
def test_adjustments_count_in_the_total_but_in_no_line(store: Store, keys: str) -> None:
    store.switch(adjustment_keys=keys)
    fee = Adjustment("NON_CASH_FEE", "Non-cash Fee", Decimal("1.5"))
    tip = Adjustment("SURCHARGE", "Weekend", Decimal(2))
    sale = store.sell(adjustments=(fee, tip))
    row = store.sale(sale)
    assert (row["totals"]["price"], row["totals"]["surcharge"]) == (13.5, 2)
    assert row["adjustments"][0] == {
        "adjustment_type": "NON_CASH_FEE",
        "name": "Non-cash Fee",
        "total": 1.5,
        "tax_components": [],
    }
    key = "type" if keys == "type_value" else "adjustment_type"
    assert store.sale(sale, "2.0")["adjustments"][0] == {
        key: "NON_CASH_FEE",
        "name": "Non-cash Fee",
        "value": 1.5,
    }


def test_a_gift_card_is_sold_by_its_number_and_spent_as_a_payment(store: Store) -> None:
    card = store.state.add_product("Gift Card", sku="GIFT", price="25", kind="gift_card")
    sold = store.sell(30, lines=[LineIn(card, 1, gift_card_number="777")])
    assert store.sale(sold)["line_items"][0]["gift_card_number"] == "777"
    spent = store.sell(20, payments=[PayIn("Gift Card", "10", card="777")])
    assert store.sale(spent)["payments"][0]["type"]["name"] == "Gift Card"
    found = store.data("2026-07/gift_cards/777")
    assert (found["balance"], found["total_sold"], found["total_redeemed"]) == ("15", "25", "10")
    assert [one["type"] for one in found["gift_card_transactions"]] == ["ISSUING", "REDEEMING"]
    assert [one["sale_id"] for one in found["gift_card_transactions"]] == [sold, spent]


def test_loyalty_is_earned_per_line_and_spent_as_a_payment(store: Store) -> None:
    person = store.person(loyalty_balance="3")
    sale = store.sell(20, lines=[store.line(2, "10", loyalty="0.5")], customer_id=person)
    row = store.sale(sale)
    assert row["totals"]["loyalty"] == 1
    assert row["line_items"][0]["pricing"]["loyalty_amount_total"] == 1
    store.sell(10, customer_id=person, payments=[PayIn("Loyalty", "2"), PayIn()])
    customer = store.data(f"2026-07/customers/{person}")
    assert (customer["loyalty_balance"], customer["year_to_date"]) == (2, 30)


def test_a_sale_of_nothing_is_a_sale(store: Store) -> None:
    row = store.sale(store.sell(lines=[store.line(1, "0")]))
    assert (row["state"], row["totals"]["price_incl_tax"], row["payments"]) == ("closed", 0, [])


@pytest.mark.parametrize("style", ["walkin", "null"])
def test_no_customer_is_walkin_or_null(store: Store, style: str) -> None:
    store.switch(no_customer=style)
    row = store.sale(store.sell())
    assert row["customer_id"] == (store.state.walkin_id if style == "walkin" else None)
    walkin = store.data(f"2026-07/customers/{store.state.walkin_id}")
    assert (walkin["customer_code"], walkin["first_name"], walkin["email"]) == ("WALKIN", None, None)


def test_a_customer_attached_later_is_the_same_sale_with_a_higher_version(store: Store) -> None:
    sale, person = store.sell(30), store.person()
    before = store.sale(sale, "2.0")
    store.state.attach_customer(sale, person, store.at(0))
    after = store.sale(sale, "2.0")
    assert (after["id"], after["customer_id"], after["sale_date"]) == (sale, person, before["sale_date"])
    assert after["version"] > before["version"]
    assert store.data(f"2.0/customers/{person}")["year_to_date"] == 10
    assert store.data(f"2.0/customers/{store.state.walkin_id}")["year_to_date"] == 0


def test_web_sales_carry_their_source_and_charges(store: Store) -> None:
    charge = Charge("Shipping", Decimal(5), Decimal("0.5"), "flat")
    sale = store.sell(source="SHOPIFY", source_id="1001", charges=(charge,))
    row, flat = store.sale(sale), store.sale(sale, "2.0")
    assert (row["source"]["type"], row["source"]["id"]) == ("SHOPIFY", "1001")
    assert (flat["source"], flat["source_id"]) == ("SHOPIFY", "1001")
    assert row["ecom_custom_charges"][0]["total_incl"] == 5.5
    assert totals(row) == (15, 0.5, 15.5)
    assert store.sale(store.sell())["source"]["type"] == "USER"
    register = store.state.add_register(store.state.outlet_id, "Web")
    store.state.add_channel("https://shop.test", register)
    assert store.data("2026-07/channels")[0]["register_id"] == register


@pytest.mark.parametrize("style", ["net", "negative_payment"])
def test_change_is_booked_net_or_as_a_negative_payment(store: Store, style: str) -> None:
    store.switch(change_booking=style)
    row = store.sale(store.sell(payments=[PayIn("Cash", "20", change="10")]))
    assert [one["amount"] for one in row["payments"]] == ([10] if style == "net" else [20, -10])


@pytest.mark.parametrize("style", ["voided", "kept"])
def test_closing_a_return_voids_its_parked_siblings_by_switch(store: Store, style: str) -> None:
    store.switch(parked_siblings=style)
    sale = store.sell(30, lines=[store.line(2)])
    line = store.state.lines_of(sale)[0]
    first = store.state.refund(sale, store.at(-9), {line: 1}, state="parked")
    second = store.state.refund(sale, store.at(-8), {line: 1}, state="parked")
    store.state.close(second, store.at(-5))
    assert store.sale(first)["state"] == ("voided" if style == "voided" else "parked")


@pytest.mark.parametrize("bumps", [True, False])
def test_a_sale_bumps_its_customer_by_switch(store: Store, bumps: bool) -> None:
    store.switch(sale_bumps_customer=bumps)
    person = store.person()
    before = store.data(f"2.0/customers/{person}")["version"]
    store.sell(customer_id=person)
    after = store.data(f"2.0/customers/{person}")
    assert after["year_to_date"] == 10
    assert (after["version"] > before) is bumps


@pytest.mark.parametrize("follow", [True, False])
def test_a_merge_shows_the_loser_as_deleted_and_sales_follow_by_switch(store: Store, follow: bool) -> None:
    store.switch(merge_repoints_sales=follow)
    winner, loser = store.person(email="ada@hillmail.org"), store.person(email="ada@hillmail.org")
    sale = store.sell(30, customer_id=loser)
    store.state.merge_customers(loser, winner, store.at(0))
    assert store.sale(sale)["customer_id"] == (winner if follow else loser)
    shown = {row["id"]: row for row in store.data("2026-07/customers", deleted="true")}
    assert shown[loser]["deleted_at"] is not None
    assert shown[winner]["year_to_date"] == 10


@pytest.mark.parametrize("style", ["kept", "blanked"])
def test_a_deleted_customer_is_a_tombstone_by_switch(store: Store, style: str) -> None:
    store.switch(deleted_customer=style)
    person = store.person(email="ada@hillmail.org")
    store.state.delete_customer(person, store.at(0))
    row = store.data(f"2026-07/customers/{person}")
    assert row["email"] == ("ada@hillmail.org" if style == "kept" else None)
    assert row["time_until_deletion"] == 2_592_000


def test_what_lies_ahead_happens_when_the_clock_gets_there(store: Store) -> None:
    sale = store.sell(-10)
    person = store.state.add_customer("Bo", "Diaz", at=store.at(5))
    store.state.void(sale, store.at(20))
    assert store.sale_ids() == []
    assert store.get(f"2026-07/sales/{sale}").status_code == 404
    store.clock.advance(600)
    assert store.sale(sale)["state"] == "closed"
    assert store.data(f"2026-07/customers/{person}")["first_name"] == "Bo"
    store.clock.advance(600)
    assert store.sale(sale)["state"] == "voided"


def test_consent_is_one_inverted_flag_that_defaults_to_false(store: Store) -> None:
    person = store.person()
    row = store.data(f"2026-07/customers/{person}")
    assert (row["do_not_email"], row["enable_promotional_sms"]) == (False, False)
    store.state.set_do_not_email(person, True, store.at(0))
    after = store.data(f"2026-07/customers/{person}")
    assert after["do_not_email"] is True
    assert after["version"] > row["version"]


def test_a_dead_reference_never_breaks_a_list(store: Store) -> None:
    sale = store.sell(30)
    store.state.delete_product(store.mug, store.at(-1))
    assert store.sale(sale)["line_items"][0]["product"]["id"] == store.mug
    old: httpx.Response = store.get("register_sales")
    assert old.json()["register_sales"][0]["register_sale_products"][0]["sku"] == "MUG-1"
