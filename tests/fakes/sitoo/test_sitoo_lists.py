"""Lists: envelope, paging, sorting, filters, fields, and how strictly they are asked for."""

import msgspec
import pytest
from sitoo_shop import NOON_S, Shop

from fakes.sitoo.records import LineIn
from fakes.sitoo.shapes import item, plain_item


def _five(shop: Shop) -> list[int]:
    return [shop.sell(minute) for minute in (-50, -40, -30, -20, -10)]


def test_a_page_holds_ten_orders_newest_id_first_unless_asked_otherwise(shop: Shop) -> None:
    made = [shop.sell(-minute) for minute in range(12, 0, -1)]
    answer = shop.get("orders.json")
    assert answer["totalcount"] == 12
    assert [row["orderid"] for row in answer["items"]] == made[:1:-1]
    assert shop.ids(start=10) == made[1::-1]
    assert shop.ids(sort="orderid", num=3, start=2) == made[2:5]
    assert shop.ids(sort="-orderid", num=2) == [made[11], made[10]]
    assert shop.ids(num=0) == []
    assert shop.ids(start=50) == []


def test_the_largest_page_and_what_lies_beyond_are_switches(shop: Shop) -> None:
    _five(shop)
    shop.fake.switches.num_max = 2
    assert len(shop.ids(num=1000)) == 2
    shop.fake.switches.num_over_max = "error"
    assert shop.refused("GET", "orders.json", num=3) == 400
    assert len(shop.ids(num=2)) == 2


def test_newest_first_pages_shift_while_sales_arrive(shop: Shop) -> None:
    made = _five(shop)
    assert shop.ids(num=2) == [made[4], made[3]]
    new = shop.sell(0)
    assert shop.ids(num=2, start=2) == [made[3], made[2]]
    assert shop.ids(num=1) == [new]


def test_the_id_range_begins_at_its_lower_end_and_stops_before_its_upper(shop: Shop) -> None:
    made = _five(shop)
    assert shop.ids(sort="orderid", orderidfrom=made[1], orderidto=made[3]) == made[1:3]


def test_whether_the_last_second_of_a_date_range_belongs_to_it_is_a_switch(shop: Shop) -> None:
    made = _five(shop)
    asked = {"sort": "orderid", "orderdatefrom": NOON_S - 2400, "orderdateto": NOON_S - 1200}
    assert shop.ids(**asked) == made[1:4]
    shop.fake.switches.order_date_to = "exclusive"
    assert shop.ids(**asked) == made[1:3]
    assert shop.ids(orderdatefrom=1 << 40) == []
    assert len(shop.ids(orderdateto=1 << 40)) == 5


def test_states_types_warehouses_mail_and_external_ids_filter_as_lists(shop: Shop) -> None:
    sold = shop.sell(-9, email="Ada@fjallpost.se", external_id="EXT-1")
    booked = shop.state.book(shop.till, shop.at(-8), [LineIn(shop.mug)])
    parked = shop.state.park(shop.till, shop.at(-7), [LineIn(shop.mug)])
    web = shop.state.webshop_order(shop.at(-6), [LineIn(shop.mug)])
    assert shop.ids(sort="orderid", ordertype="100,110") == [booked, parked]
    assert shop.ids(orderstate="10") == [sold]
    assert shop.ids(orderstate="0", paymentstate="15") == [web]
    assert shop.ids(email="ada@FJALLPOST.se") == [sold]
    assert shop.ids(externalid="nope,EXT-1") == [sold]
    assert shop.ids(sort="orderid", orderid=f"{web},{sold},17") == [sold, web]
    assert shop.ids(sort="orderid", warehouseid="1") == [sold, booked, parked]
    assert shop.ids(eshopid="2") == []
    assert len(shop.ids(eshopid="1,2")) == 4


def test_receipt_and_credit_order_override_the_order_id(shop: Shop) -> None:
    sold = shop.sell(-9)
    other = shop.sell(-8)
    back = shop.state.refund(sold, shop.at(-7))
    receipt = shop.order(sold)["additionaldata"]["pos-receiptid"]
    assert shop.ids(receiptid=receipt, orderid=other) == [sold]
    assert shop.ids(creditorderid=sold, orderid=other) == [back]


def test_only_the_fields_asked_for_are_served_even_those_not_in_the_default_list(shop: Shop) -> None:
    shop.sell(-5, phone="+46701112233", external_id="E1")
    assert shop.get("orders.json", fields="orderid,phone,externalid")["items"][0].keys() == {
        "orderid",
        "phone",
        "externalid",
    }
    row = shop.get("orders.json")["items"][0]
    assert not {"phone", "externalid", "creditorderid", "moneyfinal_salestax", "orderlogitems"} & row.keys()
    user = shop.state.add_user("A", "B", email="a@b.se", mobile="1", at=shop.at(0))
    assert shop.get("site/users.json", fields="mobile")["items"] == [{"mobile": "1"}]
    assert shop.get(f"site/users/{user}.json", fields="email") == {"email": "a@b.se"}


def test_whether_rows_come_in_the_default_list_is_a_switch(shop: Shop) -> None:
    shop.sell(-5)
    assert {"orderitems", "additionaldata"} <= shop.get("orders.json")["items"][0].keys()
    shop.fake.switches.default_list_has_items = False
    assert not {"orderitems", "additionaldata"} & shop.get("orders.json")["items"][0].keys()
    assert "orderitems" in shop.get("orders.json", fields="orderitems")["items"][0]


def test_the_deprecated_site_list_has_no_site_column_and_no_site_filter(shop: Shop) -> None:
    sold = shop.sell(-5)
    row = shop.get("site/orders.json")["items"][0]
    assert row["orderid"] == sold
    assert "eshopid" not in row
    assert shop.refused("GET", "site/orders.json", eshopid=1) == 400


@pytest.mark.parametrize(
    "params",
    [
        {"num": "ten"},
        {"num": -1},
        {"start": -1},
        {"start": "9" * 30},
        {"orderidfrom": "1.5"},
        {"orderdatefrom": "2026-03-02"},
        {"sort": "orderdate"},
        {"orderstate": "closed"},
        {"modifiedfrom": 1},
        {"fields": "orderid,ordernumber"},
    ],
)
def test_what_makes_no_sense_is_a_400(shop: Shop, params: dict[str, str | int]) -> None:
    assert shop.refused("GET", "orders.json", **params) == 400


def test_unknown_parameters_and_fields_can_be_ignored_by_switch(shop: Shop) -> None:
    sold = shop.sell(-5)
    shop.fake.switches.unknown_parameter = shop.fake.switches.unknown_field = "ignore"
    assert shop.ids(modifiedfrom=1) == [sold]
    asked = shop.get("orders.json", fields="orderid,ordernumber")
    assert asked["items"] == [{"orderid": sold}]


def test_booleans_are_words_and_lists_may_repeat_the_parameter(shop: Shop) -> None:
    old = shop.state.add_product("Old Mug", sku="MUG-0", price="1")
    shop.write("PUT", f"site/products/{old}.json", {"active": False})
    assert shop.get("site/products.json")["totalcount"] == 1
    assert shop.get("site/products.json", includeinactive="true")["totalcount"] == 2
    assert shop.refused("GET", "site/products.json", includeinactive="1") == 400
    shop.sell(-3)
    shop.sell(-2)
    asked = {"warehousetransactionid": [1, 2]}
    assert shop.get("site/warehousetransactions.json", **asked)["totalcount"] == 2


def test_users_are_found_by_mail_number_mobile_and_id(shop: Shop) -> None:
    state = shop.state
    ada = state.add_user("Ada", "L", email="ada@x.se", mobile="+461", customer_number="7", at=shop.at(-1))
    bea = state.add_user("Bea", "M", email="bea@x.se", personal_id="19", at=shop.at(-1))

    def found(**params: str) -> list[str]:
        return [row["userid"] for row in shop.get("site/users.json", **params)["items"]]

    assert found(email="ADA@x.se") == [ada]
    assert found(customernumber="7") == found(mobile="+461") == [ada]
    assert found(personalid="19") == [bea]
    assert found(userid=f"{bea},{ada}") == [ada, bea]
    assert found(email="ada@x.se", mobile="+469") == []
    assert shop.refused("GET", "site/users.json", sort="email") == 400


def test_products_are_found_by_sku_and_by_when_they_changed(shop: Shop) -> None:
    shop.clock.advance(3600)
    later = shop.state.add_product("Plate", sku="PL-1", price="5")
    assert [row["productid"] for row in shop.get("site/products.json", sku="MUG-1")["items"]] == [shop.mug]
    rows = shop.get("site/products.json", datelastmodified=NOON_S + 3600)["items"]
    assert [row["productid"] for row in rows] == [later]


def test_the_same_page_is_not_served_from_before_a_change(shop: Shop) -> None:
    first = shop.sell(-5)
    assert shop.ids(orderstate=10) == [first]
    later = shop.sell(5)
    assert shop.ids(orderstate=10) == [first]
    shop.clock.advance(301)
    assert shop.ids(orderstate=10, sort="orderid") == [first, later]


@pytest.mark.parametrize("empty", ["object", "array"])
def test_plain_rows_written_as_text_say_the_same_as_rows_built_one_by_one(shop: Shop, empty: str) -> None:
    shop.fake.switches.empty_additionaldata = empty
    state = shop.state
    state.docs["productgroups"].add({"value": 8.5, "productgroupname": ""}, 9)
    quoted = state.add_product('A "quoted" \\ mug', sku="Q/1", price="3.33", group=9)
    sold = state.sale(shop.sell(-9, LineIn(shop.mug, 3, discount="0.99"), LineIn(quoted, -2), LineIn(quoted)))
    for number, place in enumerate(range(sold.first, sold.stop)):
        assert place not in state.lines.odd
        text = plain_item(state, place, number)
        assert bytes(text) == msgspec.json.encode(item(state, place, number))
