"""What happens at the till, odd case by odd case."""

from datetime import timedelta
from typing import Any

import pytest
from sitoo_shop import NOON_S, Shop

from fakes.sitoo.records import LineIn, PaymentIn


def _row(shop: Shop, order_id: int, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = shop.order(order_id)["orderitems"][number]
    return found


def test_a_sale_names_its_store_till_zone_and_buyer_but_no_user_id(shop: Shop) -> None:
    crm = {"crm-customerid": "C7", "voyado-contactid": "V1"}
    ada = shop.state.add_user("Ada", "Low", email="ada@x.se", mobile="+4670", crm=crm, at=shop.at(-60))
    order = shop.order(shop.sell(-5, user_id=ada))
    assert (order["email"], order["namefirst"], order["namelast"], order["phone"]) == (
        "ada@x.se",
        "Ada",
        "Low",
        "+4670",
    )
    assert order["additionaldata"] == {
        "pos-receiptid": "SII000009000100110001",
        "store-externalid": "200",
        "store-name": "Concept Store",
        "pos-timezone": "Europe/Stockholm",
        **crm,
    }
    assert not {"userid", "customerid", "ordernumber", "created", "modified", "storeid"} & order.keys()
    assert order["registerid"] == shop.till
    assert order["warehouseid"] == 1


def test_what_the_till_typed_wins_over_the_user_and_a_crm_id_is_added(shop: Shop) -> None:
    ada = shop.state.add_user("Ada", "Low", email="ada@x.se", at=shop.at(-60))
    order = shop.order(shop.sell(-5, user_id=ada, email="other@x.se", crm_id="C9"))
    assert (order["email"], order["namefirst"]) == ("other@x.se", "Ada")
    assert order["additionaldata"]["crm-customerid"] == "C9"


def test_an_anonymous_sale_has_blanks(shop: Shop) -> None:
    order = shop.order(shop.sell(-5))
    assert [order[name] for name in ("email", "phone", "namefirst", "company", "personalid")] == [""] * 5


@pytest.mark.parametrize(
    ("form", "zone"), [("iana", "Europe/Stockholm"), ("offset", "+01:00"), ("absent", None)]
)
def test_how_the_zone_is_written_is_a_switch(shop: Shop, form: str, zone: str | None) -> None:
    shop.fake.switches.pos_timezone = form
    assert shop.order(shop.sell(-5))["additionaldata"].get("pos-timezone") == zone


def test_an_order_may_carry_a_zone_of_its_own(shop: Shop) -> None:
    order = shop.order(shop.sell(-5, time_zone="Asia/Tokyo"))
    assert order["additionaldata"]["pos-timezone"] == "Asia/Tokyo"


def test_nothing_in_additionaldata_is_an_object_or_by_switch_an_array(shop: Shop) -> None:
    web = shop.state.webshop_order(shop.at(-5), [LineIn(name="Free text", price="5", vat=25)])
    assert (shop.order(web)["additionaldata"], _row(shop, web)["additionaldata"]) == ({}, {})
    shop.fake.switches.empty_additionaldata = "array"
    assert (shop.order(web)["additionaldata"], _row(shop, web)["additionaldata"]) == ([], [])


def test_an_offline_sale_arrives_late_with_its_old_date_and_a_new_id(shop: Shop) -> None:
    late = shop.sell(-180, visible_at=shop.at(10))
    online = shop.sell(-60)
    assert shop.ids() == [online]
    assert shop.refused("GET", f"site/orders/{late}.json") == 404
    shop.clock.advance(601)
    assert shop.ids(sort="orderid") == [online, late]
    assert shop.order(late)["orderdate"] == NOON_S - 180 * 60
    assert shop.ids(orderdatefrom=NOON_S - 7200) == [online]


def test_by_switch_ids_are_assigned_at_the_till_and_a_late_sale_hides_behind_the_cursor(shop: Shop) -> None:
    shop.fake.switches.order_ids = "till"
    late = shop.sell(-180, visible_at=shop.at(10))
    online = shop.sell(-60)
    shop.clock.advance(601)
    assert shop.ids(sort="orderid") == [late, online]
    assert shop.ids(orderidfrom=online + 1) == []


def test_ids_ascend_with_arrival_whatever_the_order_of_scripting(shop: Shop) -> None:
    third, first, second = shop.sell(30), shop.sell(10), shop.sell(20)
    twin = shop.sell(20)
    shop.clock.advance(3600)
    assert shop.ids(sort="orderid") == [first, second, twin, third]


def test_a_refund_is_an_order_of_negative_rows_that_name_their_originals(shop: Shop) -> None:
    plate = shop.state.add_product("Plate", sku="P-1", price="40")
    sold = shop.sell(-60, LineIn(plate), LineIn(shop.mug, 3), email="ada@x.se")
    back = shop.order(shop.state.refund(sold, shop.at(-30), {1: 2}))
    assert (back["creditorderid"], back["email"], back["moneytotal_gross_all"]) == (
        sold,
        "ada@x.se",
        "-200.00",
    )
    assert back["additionaldata"]["pos-originalsales-orderid"] == str(sold)
    assert back["additionaldata"]["pos-refund-receiptid"] == "SII000009000100110001"
    row = back["orderitems"][0]
    assert (row["sku"], row["quantity"], row["moneynetpriceperunit"]) == ("MUG-1", -2, "80.00")
    assert row["additionaldata"]["pos-originalsales-orderitemid"] == "1"
    assert back["payments"][0]["moneyamount"] == "-200.00"


def test_partial_refunds_add_up_to_what_was_paid_and_no_more(shop: Shop) -> None:
    sold = shop.sell(-60, LineIn(shop.mug, 3, price="33.33", discount="0.01"))
    total = shop.state.sale(sold).total
    parts = [shop.state.refund(sold, shop.at(-minute), {0: 1}) for minute in (30, 20, 10)]
    assert sum(shop.state.sale(part).total for part in parts) == -total
    with pytest.raises(ValueError, match="0 of item 0 can come back"):
        shop.state.refund(sold, shop.at(-5), {0: 1})
    rest = shop.sell(-4, LineIn(shop.mug, 2))
    shop.state.refund(rest, shop.at(-3), {0: 1})
    assert shop.state.sale(shop.state.refund(rest, shop.at(-2))).total == -10_000


def test_a_blind_return_names_nothing(shop: Shop) -> None:
    sold = shop.sell(-60)
    back = shop.order(shop.state.refund(sold, shop.at(-30), linked=False))
    assert back["creditorderid"] is None
    assert "pos-originalsales-orderid" not in back["additionaldata"]
    assert "pos-originalsales-orderitemid" not in back["orderitems"][0]["additionaldata"]


def test_an_exchange_is_one_order_of_both_signs(shop: Shop) -> None:
    sold = shop.sell(-60, LineIn(shop.mug, 2))
    (mixed,) = shop.state.exchange(sold, shop.at(-30), {0: 1}, [LineIn(shop.mug, 1, price="150")])
    order = shop.order(mixed)
    assert [row["quantity"] for row in order["orderitems"]] == [-1, 1]
    assert order["moneytotal_gross_all"] == "50.00"
    assert order["additionaldata"]["pos-originalsales-orderid"] == str(sold)


def test_a_netted_pair_pays_one_order_with_the_other_by_virtual_payments(shop: Shop) -> None:
    sold = shop.sell(-60)
    back, new = shop.state.exchange(
        sold, shop.at(-30), {0: 1}, [LineIn(shop.mug, 1, price="130")], netted_pair=True
    )
    refund, purchase = shop.order(back), shop.order(new)
    assert refund["additionaldata"]["pos-refundsales-orderid"] == str(new)
    assert purchase["additionaldata"]["pos-refund-orderid"] == str(back)
    assert [(one["moneyamount"], one["additionaldata"]) for one in refund["payments"]] == [
        ("-100.00", {"virtual-payment": "true"})
    ]
    assert [(one["moneyamount"], one["additionaldata"]) for one in purchase["payments"]] == [
        ("100.00", {"virtual-payment": "true"}),
        ("30.00", {}),
    ]
    cheaper = shop.state.exchange(
        shop.sell(-20), shop.at(-10), {0: 1}, [LineIn(shop.mug, 1, price="60")], netted_pair=True
    )
    amounts = [[one["moneyamount"] for one in shop.order(each)["payments"]] for each in cheaper]
    assert amounts == [["-60.00", "-40.00"], ["60.00"]]


def test_a_booking_is_open_until_a_sale_closes_it_and_names_it(shop: Shop) -> None:
    booked = shop.state.book(
        shop.till,
        shop.at(-60),
        [LineIn(shop.mug, 2)],
        email="ada@x.se",
        reserved_until=shop.at(60),
        deposit=[PaymentIn("Card", "50")],
    )
    order = shop.order(booked)
    assert (order["ordertypeid"], order["orderstateid"], order["paymentstateid"]) == (100, 0, 10)
    assert (order["datereserved"], order["payments"][0]["moneyamount"]) == (NOON_S + 3600, "50.00")
    assert "pos-receiptid" not in order["additionaldata"]
    sale = shop.order(shop.state.close(booked, shop.at(-30)))
    assert (sale["ordertypeid"], sale["orderstateid"], sale["email"]) == (10, 10, "ada@x.se")
    assert sale["additionaldata"]["pos-sourceorderid"] == str(booked)
    assert sale["moneytotal_gross_all"] == "200.00"
    assert shop.order(booked)["orderstateid"] == 10
    with pytest.raises(ValueError, match="no booking"):
        shop.state.close(sale["orderid"], shop.at(-20))


def test_what_becomes_of_the_source_is_a_switch_and_a_parked_order_may_change_its_rows(shop: Shop) -> None:
    shop.fake.switches.source_after_close = 20
    parked = shop.state.park(shop.till, shop.at(-60), [LineIn(shop.mug, 2)])
    assert shop.order(parked)["ordertypeid"] == 110
    sale = shop.state.close(parked, shop.at(5), lines=[LineIn(shop.mug)])
    assert shop.order(parked)["orderstateid"] == 0
    shop.clock.advance(301)
    assert shop.order(parked)["orderstateid"] == 20
    assert shop.order(sale)["moneytotal_gross_all"] == "100.00"


def test_a_cancelled_order_keeps_money_already_taken_on_record(shop: Shop) -> None:
    booked, sold = shop.state.book(shop.till, shop.at(-9), [LineIn(shop.mug)]), shop.sell(-8)
    for one in (booked, sold):
        shop.state.cancel(one, shop.at(-5))
    states = [(shop.order(one)["orderstateid"], shop.order(one)["paymentstateid"]) for one in (booked, sold)]
    assert states == [(20, 30), (20, 20)]


def test_a_web_shop_order_has_no_register_and_reserved_money_until_it_is_paid(shop: Shop) -> None:
    web = shop.state.webshop_order(shop.at(-60), [LineIn(shop.mug)], email="ada@x.se", external_id="W-1")
    order = shop.order(web)
    assert (order["registerid"], order["paymentstateid"], order["payments"]) == (None, 15, [])
    assert order["reservedpayments"][0]["moneyreserved"] == "100.00"
    assert "pos-timezone" not in order["additionaldata"]
    shop.state.deliver(web, shop.at(-20))
    shop.state.pay(web, shop.at(-10), "Klarna")
    order = shop.order(web)
    assert (order["orderstateid"], order["paymentstateid"], order["checkouttypename"]) == (10, 20, "Klarna")
    assert shop.get(f"site/orders/{web}/orderdeliveries.json")["items"][0]["datedelivery"] == NOON_S - 1200
    assert [row["orderlogtypeid"] for row in order["orderlogitems"]] == [0, 70]
    shop.fake.switches.log_type_state = 71
    shop.state.cancel(web, shop.at(-5))
    assert shop.order(web)["orderlogitems"][-1] == {
        "datelog": NOON_S - 300,
        "orderlogtypeid": 71,
        "strvalue": None,
        "fvalue": 20,
    }


def test_cash_is_rounded_to_whole_kronor_and_shown(shop: Shop) -> None:
    cup = shop.state.add_product("Cup", sku="C-1", price="19.90")
    order = shop.order(shop.sell(-5, LineIn(cup), payment="Cash"))
    assert (order["moneytotal_gross_roundoff"], order["moneytotal_gross_all"]) == ("0.10", "20.00")
    assert order["payments"][0]["moneyamount"] == "20.00"
    assert shop.order(shop.sell(-4, LineIn(cup)))["moneytotal_gross_roundoff"] == "0.00"
    given = shop.order(shop.sell(-3, LineIn(cup), payment="Cash", round_off="-0.40"))
    assert given["moneytotal_gross_all"] == "19.50"
    euro = shop.state.add_store("Turku", external_id="T", time_zone="Europe/Helsinki", currency="EUR")
    till = shop.state.registers_of(euro)[0]
    sold = shop.state.sell(till, shop.at(-2), [LineIn(cup)], payment="Cash")
    assert (shop.order(sold)["currencycode"], shop.order(sold)["moneytotal_gross_all"]) == ("EUR", "19.90")


def test_weighed_goods_have_a_unit_quantity_beside_the_whole_one(shop: Shop) -> None:
    cheese = shop.state.add_product("Cheese", sku="CH", price="250", vat="12")
    row = _row(shop, shop.sell(-5, LineIn(cheese, 1, unit_quantity="0.543")))
    # 0.543 kg at 250.00 is 135.75 gross, 121.21 net.
    assert (row["quantity"], row["decimalunitquantity"], row["decimalquantitytotal"]) == (1, "0.543", "0.543")
    assert (row["moneyitemtotal_net"], row["moneyitemtotal_vat"]) == ("121.21", "14.54")
    assert (row["moneynetpriceperunit"], row["moneynetpriceperquantity"]) == ("223.21", "121.20")


def test_sales_tax_comes_on_top_of_the_order(shop: Shop) -> None:
    usa = shop.state.add_store("New York", external_id="NY", time_zone="America/New_York", currency="USD")
    till = shop.state.registers_of(usa)[0]
    sold = shop.state.sell(till, shop.at(-5), [LineIn(shop.mug, 1, "200", vat=0, sales_tax="8.875")])
    order = shop.order(sold)
    assert (order["moneyfinal_net"], order["moneyfinal_vat"], order["moneyfinal_salestax"]) == (
        "200.00",
        "0.00",
        "17.75",
    )
    assert order["moneytotal_gross_all"] == "217.75"
    assert order["orderitems"][0]["salestaxes"] == [
        {
            "name": "Sales Tax",
            "code": None,
            "externalid": None,
            "groupregion": "",
            "moneytotal": "200.00",
            "moneytax": "17.75",
            "decimaltaxvalue": "8.875",
        }
    ]
    back = shop.order(shop.state.refund(sold, shop.at(-1)))
    assert (back["moneyfinal_salestax"], back["moneytotal_gross_all"]) == ("-17.75", "-217.75")


def test_a_gift_card_sale_is_known_by_its_key_and_its_group(shop: Shop) -> None:
    group = shop.state.add_vat_group("Gift Cards", 0, 30)
    card = shop.state.add_product("Gift Card", sku="GC", price="300", group=group)
    row = _row(shop, shop.sell(-5, LineIn(card, gift_card="951")))
    assert row["additionaldata"] == {"giftcard-cardnumber": "951", "product-group-name": "Gift Cards"}
    assert (row["vatvalue"], row["moneyitemtotal_vat"]) == (0, "0.00")
    assert shop.get(f"site/products/{card}.json")["productgrouptype"] == 30


@pytest.mark.parametrize(("policy", "listed"), [("absent", False), ("marked", True), ("plain", True)])
def test_whether_practice_sales_become_orders_is_a_switch(shop: Shop, policy: str, listed: bool) -> None:
    shop.fake.switches.practice_sales = policy
    practice = shop.sell(-5, practice=True)
    assert (practice in shop.ids()) is listed
    if listed:
        marked = shop.order(practice)["additionaldata"].get("pos-practice")
        assert marked == ("true" if policy == "marked" else None)
    shop.state.close_register(shop.till, shop.at(-1))
    report = shop.state.zreport(shop.till, 1)
    assert (report["numpractice"], report["moneypractice"], report["numsales"]) == (1, "100.00", 0)


def test_mixed_receipts_hold_sales_and_blind_returns(shop: Shop) -> None:
    order = shop.order(shop.sell(-5, LineIn(shop.mug, 2), LineIn(shop.mug, -1)))
    assert [row["quantity"] for row in order["orderitems"]] == [2, -1]
    assert order["moneytotal_gross_all"] == "100.00"


def test_unknown_enumerations_can_be_scripted(shop: Shop) -> None:
    order = shop.order(shop.sell(-5, LineIn(shop.mug, item_type=77), kind=120, state=33, payment_state=44))
    assert (order["ordertypeid"], order["orderstateid"], order["paymentstateid"]) == (120, 33, 44)
    assert order["orderitems"][0]["orderitemtype"] == 77


def test_several_payments_are_listed_as_given(shop: Shop) -> None:
    paid = [
        PaymentIn("Gift Card", "60", additional={"giftcard-cardnumber": "951"}),
        PaymentIn("Card", "40", "X1", "verifonelpp", "R1", "Mastercard"),
    ]
    order = shop.order(shop.sell(-5, payment=paid))
    assert [one["name"] for one in order["payments"]] == ["Gift Card", "Card"]
    assert order["payments"][0]["additionaldata"] == {"giftcard-cardnumber": "951"}
    assert order["payments"][1]["cardissuer"] == "Mastercard"


def test_discounts_and_vouchers_are_told_per_unit_net_and_per_row_gross(shop: Shop) -> None:
    row = _row(
        shop, shop.sell(-5, LineIn(shop.mug, 2, discount="50", voucher_code="SPRING", voucher_name="Spring"))
    )
    assert (row["moneyoriginalprice"], row["moneydiscountedprice"], row["moneydiscount"]) == (
        "80.00",
        "60.00",
        "20.00",
    )
    assert (row["vouchercode"], row["additionaldata"]["orderitem-moneyrowdiscount"]) == ("SPRING", "50.00")


def test_a_later_edit_shows_on_the_order_and_nowhere_as_a_date(shop: Shop) -> None:
    sold = shop.sell(-60)
    shop.state.edit(sold, shop.at(-30), email="new@x.se", additionaldata={"crm-customerid": "C1"})
    order = shop.order(sold)
    assert (order["email"], order["additionaldata"]["crm-customerid"]) == ("new@x.se", "C1")
    assert order["additionaldata"]["store-externalid"] == "200"
    assert order["orderdate"] == NOON_S - 3600


def test_what_is_scripted_ahead_happens_when_the_clock_gets_there(shop: Shop) -> None:
    ada = shop.state.add_user("Ada", "L", email="ada@x.se", at=shop.at(-60))
    sold = shop.sell(5)
    shop.state.cancel(sold, shop.at(10))
    shop.state.edit_user(ada, shop.at(10), company="Acme")
    shop.state.delete_user(ada, shop.at(20))
    shop.clock.set(shop.at(6))
    assert shop.order(sold)["orderstateid"] == 10
    shop.clock.set(shop.at(11))
    assert shop.order(sold)["orderstateid"] == 20
    assert shop.get(f"site/users/{ada}.json")["company"] == "Acme"
    shop.clock.set(shop.at(21))
    assert shop.get("site/users.json")["totalcount"] == 0


def test_a_hidden_order_is_in_no_list_and_no_event(shop: Shop) -> None:
    shown, hidden = shop.sell(-6), shop.sell(-5)
    shop.state.hide_order(hidden)
    assert shop.ids() == [shown]
    assert shop.refused("GET", f"site/orders/{hidden}.json") == 404
    later = shop.sell(5)
    shop.state.hide_order(later)
    shop.clock.advance(600)
    assert shop.ids() == [shown]


def test_scripts_that_make_no_sense_are_told_so(shop: Shop) -> None:
    with pytest.raises(KeyError, match="no register"):
        shop.state.sell("{NOPE}", shop.at(0), [])
    with pytest.raises(KeyError, match="no product 77"):
        shop.sell(0, LineIn(77))
    with pytest.raises(ValueError, match="offset"):
        shop.state.sell(shop.till, shop.at(0).replace(tzinfo=None), [LineIn(shop.mug)])
    shop.state.add_user("A", "B", email="a@x.se", at=shop.at(0))
    with pytest.raises(ValueError, match="unique"):
        shop.state.add_user("C", "D", email="A@x.se", at=shop.at(0))
    assert shop.state.sales_count() == 0


def test_staff_and_second_tills_are_named_on_the_sale(shop: Shop) -> None:
    clerk = shop.state.add_staff("S", "T", email="s@x.se", at=shop.at(-60))
    second = shop.state.add_register(shop.store)
    sold = shop.state.sell(second, shop.at(-5), [LineIn(shop.mug)], staff_id=clerk)
    order = shop.order(sold)
    assert (order["userid_staff"], order["additionaldata"]["pos-staff-userid"]) == (clerk, clerk)
    assert order["additionaldata"]["pos-receiptid"] == "SII000009000100210001"
    assert shop.state.lines_of(sold) == [0]
    assert shop.state.sale(sold).date == int((shop.at(0) - timedelta(minutes=5)).timestamp())
