"""What can be written: orders, deliveries, logs, users in batches, goods, stock, gift cards, shipments."""

from typing import Any

import pytest
from sitoo_shop import NOON_S, Shop, listening, pump

ROW = {"productname": "Mug", "quantity": 1, "moneyrowprice": "125.00", "vatvalue": 25}


def test_an_order_needs_its_type_and_gives_its_bare_id(shop: Shop) -> None:
    assert shop.refused("POST", "site/orders.json", {"orderitems": [ROW]}) == 400
    order_id = shop.write("POST", "site/orders.json", {"ordertypeid": 10})
    order = shop.order(order_id)
    assert (order["orderitems"], order["moneytotal_gross_all"], order["currencycode"]) == ([], "0.00", "SEK")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ordertypeid": "10"},
        {"ordertypeid": True},
        {"ordertypeid": 77},
        {"orderstateid": 55},
        {"orderid": 12},
        {"moneytotal_net": "1.00"},
        {"nonsense": 1},
        {"externalid": "no spaces"},
        {"externalid": "x" * 41},
        {"currencycode": "sek"},
        {"warehouseid": 99},
        {"invoice_countryid": "swe"},
        {"orderdate": "2026-03-02"},
        {"orderdate": -5},
        {"additionaldata": {"a": 1}},
        {"orderitems": [{"quantity": 1}]},
        {"orderitems": [{"productname": "x"}]},
        {"orderitems": [{**ROW, "quantity": "1"}]},
        {"orderitems": [{**ROW, "moneyrowprice": 125.0}]},
        {"orderitems": [{**ROW, "moneyrowprice": "1,00"}]},
        {"orderitems": [{**ROW, "moneyrowdiscount": "-1.00"}]},
        {"orderitems": [{**ROW, "vatvalue": 1000}]},
        {"orderitems": [{**ROW, "quantity": 10**12}]},
        {"orderitems": [{**ROW, "orderitemtype": 99}]},
        {"orderitems": [{**ROW, "brand": "x"}]},
        {"orderitems": [{"orderitemtype": 20, "productname": "Off", "quantity": 1}]},
        {"payments": [{"name": "Card"}]},
        {"payments": [{"name": "Card", "moneyamount": "x"}]},
        {"reservedpayments": [{"name": "Klarna"}]},
    ],
)
def test_a_wrong_order_is_refused_and_leaves_nothing_behind(shop: Shop, wrong: dict[str, Any]) -> None:
    assert shop.refused("POST", "site/orders.json", {"ordertypeid": 10, **wrong}) == 400
    assert shop.get("orders.json")["totalcount"] == 0


def test_unknown_numbers_of_enumerations_can_be_accepted_by_switch(shop: Shop) -> None:
    shop.fake.switches.unknown_enum = "accept"
    body = {"ordertypeid": 120, "orderstateid": 55, "paymentstateid": 99}
    order = shop.order(shop.write("POST", "site/orders.json", body))
    assert [order[name] for name in body] == [120, 55, 99]


def test_unknown_fields_can_be_ignored_by_switch(shop: Shop) -> None:
    shop.fake.switches.unknown_field = "ignore"
    assert shop.write("POST", "site/orders.json", {"ordertypeid": 10, "ordernumber": "1"}) > 0


def test_an_external_id_is_unique_in_the_system(shop: Shop) -> None:
    body = {"ordertypeid": 10, "externalid": "EXT_1-a"}
    first = shop.write("POST", "site/orders.json", body)
    assert shop.refused("POST", "site/orders.json", body) == 400
    assert shop.write("PUT", f"site/orders/{first}.json", {"externalid": "EXT_1-a"}) is True


def test_a_discount_row_follows_its_product_and_its_type_is_a_switch(shop: Shop) -> None:
    off = {
        "orderitemtype": 20,
        "productname": "Off",
        "quantity": 1,
        "moneyrowdiscount": "25.00",
        "vatvalue": 25,
    }
    order = shop.order(shop.write("POST", "site/orders.json", {"ordertypeid": 10, "orderitems": [ROW, off]}))
    assert [row["orderitemtype"] for row in order["orderitems"]] == [10, 20]
    assert order["moneytotal_gross_all"] == "100.00"
    shop.fake.switches.discount_item_type = 30
    assert shop.refused("POST", "site/orders.json", {"ordertypeid": 10, "orderitems": [ROW, off]}) == 400


def test_put_changes_only_what_it_names_and_replaces_rows(shop: Shop) -> None:
    body = {"ordertypeid": 10, "namefirst": "John", "email": "j@x.se", "orderitems": [ROW, ROW]}
    order_id = shop.write("POST", "site/orders.json", body)
    path = f"site/orders/{order_id}.json"
    assert shop.write("PUT", path, {"namefirst": "Adam", "namelast": "Smith"}) is True
    order = shop.order(order_id)
    assert (order["namefirst"], order["namelast"], order["email"]) == ("Adam", "Smith", "j@x.se")
    assert len(order["orderitems"]) == 2
    pay = [{"name": "Card", "moneyamount": "125.00"}]
    shop.write("PUT", path, {"orderitems": [ROW], "payments": pay, "orderstateid": 10, "paymentstateid": 20})
    order = shop.order(order_id)
    assert (order["moneytotal_gross_all"], order["checkouttypename"]) == ("125.00", "Card")
    assert order["payments"] == [
        {
            "name": "Card",
            "moneyamount": "125.00",
            "externalid": "",
            "reftype": "",
            "refid": "",
            "cardissuer": "",
            "additionaldata": {},
        }
    ]
    assert shop.refused("PUT", path, {"orderid": 5}) == 400


def test_a_changed_order_date_moves_it_in_date_ranges(shop: Shop) -> None:
    order_id = shop.sell(-5)
    shop.write("PUT", f"site/orders/{order_id}.json", {"orderdate": NOON_S - 90_000})
    assert shop.ids(orderdatefrom=NOON_S - 600) == []
    assert shop.ids(orderdateto=NOON_S - 80_000) == [order_id]


def test_goods_are_delivered_once_from_a_known_warehouse(shop: Shop) -> None:
    order_id = shop.write(
        "POST", "site/orders.json", {"ordertypeid": 10, "orderitems": [{**ROW, "quantity": 3}]}
    )
    path = f"site/orders/{order_id}/orderdeliveries.json"
    assert shop.get(path) == {"totalcount": 0, "items": []}
    part = {
        "warehouseid": 1,
        "orderdeliveryref": "D1",
        "orderdeliveryitems": [{"orderitemid": 0, "quantity": 2}],
    }
    delivery_id = shop.write("POST", f"{path}?ignorestock=true", part)
    assert shop.get(path)["items"][0]["orderdeliveryid"] == delivery_id
    assert shop.refused("POST", path, part) == 400
    assert shop.refused("POST", path, {**part, "warehouseid": 9}) == 400
    assert (
        shop.refused("POST", path, {**part, "orderdeliveryitems": [{"orderitemid": 5, "quantity": 1}]}) == 400
    )
    assert shop.refused("POST", path, {"warehouseid": 1}) == 400
    move = shop.get("site/warehousetransactions.json")["items"][0]
    assert (move["transactiontype"], move["orderdeliveryid"]) == (30, delivery_id)
    assert move["items"][0]["decimalquantity"] == "-2.000"


def test_only_pickup_notes_can_be_written_into_the_log(shop: Shop) -> None:
    order_id = shop.sell(-5)
    path = f"site/orders/{order_id}/orderlogitems.json"
    assert shop.write("POST", path, {"orderlogtypeid": 900}) is True
    assert shop.refused("POST", path, {"orderlogtypeid": 0}) == 400
    assert [row["orderlogtypeid"] for row in shop.get(path)["items"]] == [0, 999, 70, 900]


def test_users_are_added_in_a_batch_one_result_each(shop: Shop) -> None:
    people = [
        {"email": "laura@x.se", "namefirst": "Laura"},
        {"namefirst": "No Mail"},
        {"email": "LAURA@x.se"},
        {"email": "john@x.se", "role": "admin"},
    ]
    answer = shop.write("POST", "site/users.json", people)
    assert [one["statuscode"] for one in answer] == [200, 400, 400, 400]
    guid = answer[0]["return"]
    assert guid[0] + guid[-1] == "{}"
    assert guid == guid.upper()
    assert len(guid) == 38
    assert shop.get("site/users.json")["totalcount"] == 1
    lone = shop.write("POST", "site/users.json", {"email": "anna@x.se", "pin": "1234"})
    whole = shop.get(f"site/users/{lone}.json")
    assert (whole["email"], whole["role"], whole["datecreated"]) == ("anna@x.se", None, NOON_S)
    assert "pin" not in whole


def test_users_are_changed_in_a_batch_by_their_id_and_deleted_one_by_one(shop: Shop) -> None:
    guid = shop.state.add_user("A", "B", email="a@x.se", at=shop.at(-60))
    shop.clock.advance(60)
    answer = shop.write(
        "PUT", "site/users.json", [{"userid": guid, "externalid": "1234"}, {"email": "b@x.se"}]
    )
    assert [one["statuscode"] for one in answer] == [200, 400]
    assert answer[0]["return"] is True
    whole = shop.get(f"site/users/{guid}.json")
    assert (whole["externalid"], whole["datemodified"]) == ("1234", NOON_S + 60)
    assert shop.write("PUT", f"site/users/{guid}.json", {"email": "new@x.se"}) is True
    assert shop.get("site/users.json", email="a@x.se")["totalcount"] == 0
    assert shop.get("site/users.json", email="new@x.se")["totalcount"] == 1
    assert shop.refused("DELETE", "site/users.json", [{"userid": guid}]) == 404
    assert shop.write("DELETE", f"site/users/{guid}.json", None) is True
    assert shop.refused("GET", f"site/users/{guid}.json") == 404


def test_the_role_of_staff_is_any_number_the_switch_says(shop: Shop) -> None:
    first = shop.state.add_staff("S", "T", email="s@x.se", at=shop.at(-1))
    shop.fake.switches.staff_role = 7
    second = shop.state.add_staff("U", "V", email="u@x.se", at=shop.at(-1))
    assert [shop.get(f"site/users/{one}.json")["role"] for one in (first, second)] == [30, 7]


def test_products_are_written_in_batches_and_old_rows_keep_what_they_were(shop: Shop) -> None:
    boxes = [{"sku": "Q100", "title": "Box", "moneyprice": "99.00"}, {"sku": "no good!"}, {"sku": "MUG-1"}]
    answer = shop.write("POST", "site/products.json", boxes)
    assert [one["statuscode"] for one in answer] == [200, 400, 400]
    box = answer[0]["return"]
    sold = shop.sell(-1)
    changes = [{"productid": shop.mug, "title": "Renamed Mug", "moneyprice": "9.5"}, {"productid": 999}]
    assert [one["statuscode"] for one in shop.write("PUT", "site/products.json", changes)] == [200, 404]
    assert shop.get(f"site/products/{shop.mug}.json")["moneyprice"] == "9.50"
    assert shop.write("DELETE", "site/products.json", [{"productid": shop.mug}]) == [
        {"statuscode": 200, "return": True}
    ]
    assert shop.write("DELETE", f"site/products/{box}.json", None) is True
    row = shop.order(sold)["orderitems"][0]
    assert (row["productid"], row["productname"], row["sku"]) == (shop.mug, "Enamel Mug", "MUG-1")
    assert shop.refused("GET", f"site/products/{shop.mug}.json") == 404


def test_variants_share_a_parent_and_name_their_attributes(shop: Shop) -> None:
    blanket = shop.state.add_product("Blanket", sku="54051-1", price="59")
    made = shop.state.add_variants(
        blanket,
        [
            ("Blanket Red", "54051-1", {"Color": "Red", "Pattern": "Striped"}),
            ("Blanket Blue", "54051-2", {"Color": "Blue", "Pattern": "Striped"}),
        ],
    )
    found = shop.get(f"site/products/{made[1]}/productvariants.json")
    assert found["groups"] == [
        {"name": "Color", "options": ["Red", "Blue"]},
        {"name": "Pattern", "options": ["Striped"]},
    ]
    assert [row["attributes"] for row in found["variants"]] == [["Red", "Striped"], ["Blue", "Striped"]]
    product = shop.get(f"site/products/{made[1]}.json")
    assert (product["variantparentid"], product["vatvalue"]) == (blanket, 25)
    assert product["variant"] == [{"name": "Color", "value": "Blue"}, {"name": "Pattern", "value": "Striped"}]
    assert shop.order(shop.sell(0, *[_line(made[1])]))["orderitems"][0]["productattributes"] == (
        "Color: Blue, Pattern: Striped"
    )


def _line(product_id: int) -> Any:
    from fakes.sitoo.records import LineIn

    return LineIn(product_id)


def test_images_are_added_listed_and_taken_away(shop: Shop) -> None:
    path = f"site/products/{shop.mug}/images"
    assert shop.write("POST", f"{path}.json", {"resourceid": "mug.jpg", "filedata": "R0lGODlh"}) is True
    image = shop.get(f"{path}.json")["items"][0]
    assert (image["resourceid"], image["filesize"], image["datecreated"]) == ("mug.jpg", 6, NOON_S)
    assert shop.write("DELETE", f"{path}/mug.jpg.json", None) is True
    assert shop.get(f"{path}.json")["totalcount"] == 0


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        ("site/stores", {"name": "Outlet", "storetype": 20, "countryid": "us"}, {"city": "New York"}),
        ("site/warehouses", {"name": "Reclaims", "usetype": 40}, {"name": "Demo"}),
        ("site/categories", {"title": "Street", "categoryparentid": 5}, {"title": "Street Classics"}),
        (
            "site/productgroups",
            {"value": 0, "productgrouptype": 30, "productgroupname": "Gift"},
            {"comment": "x"},
        ),
        ("site/manufacturers", {"name": "Sitoo"}, {"city": "Lund"}),
        ("reasoncodes", {"type": 10, "reasoncode": "103", "name": "Reclaims"}, {"name": "Guarantee"}),
        ("site/salestaxes", {"name": "WA", "decimalvaluedefault": "6.500"}, {"code": "wa"}),
        ("site/pricelists", {"pricelistname": "Resellers", "tags": ["b2b"]}, {"pricelistdescription": "x"}),
        ("site/vouchers", {"vouchertype": 200, "vouchername": "Resellers", "value_x": 30}, {"active": False}),
    ],
)
def test_simple_resources_live_and_die(
    shop: Shop, path: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    key = shop.write("POST", f"{path}.json", body)
    assert shop.write("PUT", f"{path}/{key}.json", change) is True
    whole = shop.get(f"{path}/{key}.json")
    assert {name: whole[name] for name in {**body, **change}} == {**body, **change}
    assert shop.refused("POST", f"{path}.json", {}) == 400
    assert shop.refused("POST", f"{path}.json", {**body, "nonsense": 1}) == 400
    assert shop.write("DELETE", f"{path}/{key}.json", None) is True
    assert shop.refused("GET", f"{path}/{key}.json") == 404


def test_a_changed_vat_group_prices_what_is_sold_from_then_on(shop: Shop) -> None:
    before = shop.sell(-2)
    shop.write("PUT", "site/productgroups/2.json", {"value": 12})
    after = shop.sell(-1)
    assert [shop.order(one)["moneyfinal_vat"] for one in (before, after)] == ["20.00", "10.71"]


def test_reason_codes_are_filtered_by_type(shop: Shop) -> None:
    for kind in (10, 20, 30):
        shop.write("POST", "reasoncodes.json", {"type": kind, "reasoncode": str(kind)})
    assert shop.get("reasoncodes.json", type="10,30")["totalcount"] == 2


def test_stock_moves_are_written_in_batches_and_filtered(shop: Shop) -> None:
    shop.sell(-10)
    moves = [
        {"warehouseid": 1, "transactiontype": 10, "items": [{"sku": "Q", "decimalquantity": "13.000"}]},
        {"warehouseid": 9, "transactiontype": 10, "items": [{"sku": "Q", "decimalquantity": "1"}]},
        {"warehouseid": 1, "transactiontype": 10, "items": []},
    ]
    answer = shop.write("POST", "site/warehousetransactions.json", moves)
    assert [one["statuscode"] for one in answer] == [200, 400, 400]
    assert answer[0]["return"] == 2
    assert [row["warehousetransactionid"] for row in _moves(shop)] == [2, 1]
    assert [row["transactiontype"] for row in _moves(shop, sort="warehousetransactionid")] == [30, 10]
    assert [row["warehousetransactionid"] for row in _moves(shop, transactiontype=10)] == [2]
    assert [row["warehousetransactionid"] for row in _moves(shop, datecreatedto=NOON_S - 1)] == [1]
    assert [row["warehousetransactionid"] for row in _moves(shop, warehousetransactionidfrom=2)] == [2]
    assert _moves(shop, warehouseid=7) == []
    here = shop.get("site/warehouses/1/warehousetransactions/2.json")
    assert (here["items"][0]["decimalquantity"], here["orderdeliveryid"]) == ("13.000", None)
    assert shop.get("site/warehouses/1/warehousetransactions.json")["totalcount"] == 2
    virtual = shop.write("POST", "site/warehouses.json", {"name": "V", "warehousetype": 20})
    assert (
        shop.refused("POST", "site/warehousetransactions.json", {**moves[0], "warehouseid": virtual}) == 400
    )
    assert shop.refused("POST", "site/warehousetransactions.json", [moves[0]] * 1001) == 400


def _moves(shop: Shop, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.get("site/warehousetransactions.json", **params)["items"]
    return found


def test_a_late_sale_shows_in_the_stock_when_it_arrives_or_by_switch_when_it_was_made(shop: Shop) -> None:
    shop.sell(-120, visible_at=shop.at(-10))
    assert _moves(shop)[0]["datecreated"] == NOON_S - 600
    shop.fake.switches.transaction_date = "sale"
    assert _moves(shop)[0]["datecreated"] == NOON_S - 7200


def test_a_gift_card_is_opened_used_up_and_rolled_back(shop: Shop) -> None:
    body = {
        "type": "giftcard",
        "currencycode": "SEK",
        "cardnumber": "95116763063530548720",
        "transactions": [{"moneyamount": "500.00", "merchant_reference": "SC101"}],
    }
    made = shop.write("POST", "site/giftcards.json", body)
    assert made["giftcard"]["moneyamount"] == "500.00"
    assert shop.refused("POST", "site/giftcards.json", body) == 400
    path = "site/giftcards/95116763063530548720"
    used = shop.write("POST", f"{path}/transactions.json", {"moneyamount": "-299.00"})
    assert used["giftcard"]["moneyamount"] == "201.00"
    assert shop.refused("POST", f"{path}/transactions.json", {"moneyamount": "-201.01"}) == 400
    assert shop.write("DELETE", f"{path}/transactions.json", used["addedtransactionids"]) is True
    assert shop.get(f"{path}.json")["moneyamount"] == "500.00"
    shop.state.use_gift_card("95116763063530548720", "100", shop.at(0))
    assert shop.get(f"{path}.json")["moneyamount"] == "400.00"


def test_a_gift_card_with_a_pin_wants_it(shop: Shop) -> None:
    body = {"transactions": [{"moneyamount": "5.00"}]}
    made = shop.write("POST", "site/giftcards.json?pin=1234", body)["giftcard"]
    assert made["requirespin"] is True
    path = f"site/giftcards/{made['cardnumber']}.json"
    assert shop.refused("GET", path) == 400
    assert shop.get(path, pin="1234")["moneyamount"] == "5.00"


def test_a_shipment_dates_its_states_and_is_announced_under_both_names(shop: Shop) -> None:
    receiver = listening(shop)
    key = shop.write("POST", "shipments.json", {"shipmentstate": 10, "receiver_warehouseid": 1})
    shop.clock.advance(60)
    shop.write("PUT", f"shipments/{key}.json", {"shipmentstate": 20})
    found = shop.get(f"shipments/{key}.json")
    assert [found[name] for name in ("datenew", "dateintransit", "datereceived", "datecancelled")] == [
        NOON_S,
        NOON_S,
        NOON_S + 60,
        None,
    ]
    shop.write("PUT", f"shipments/{key}.json", {"shipmentstate": 30})
    assert shop.get(f"shipments/{key}.json")["datecancelled"] == NOON_S + 60
    shop.fake.switches.shipment_state_cancelled = 40
    shop.write("PUT", f"shipments/{key}.json", {"shipmentstate": 40, "archived": True})
    assert shop.get("shipments.json")["totalcount"] == 0
    assert shop.get("shipments.json", archived=10, receiver_warehouseid=1)["totalcount"] == 1
    pump(shop)
    assert [one["event_type"] for one in receiver.events[:2]] == ["shipment", "shipment-v3"]


def test_how_net_totals_are_rounded_is_a_switch(shop: Shop) -> None:
    # 10.00 for three at 25 %: 8.00 net, or three times the rounded 2.67.
    row = {"productname": "Cup", "quantity": 3, "moneyrowprice": "10.00", "vatvalue": 25}
    body = {"ordertypeid": 10, "orderitems": [row]}
    by_row = shop.order(shop.write("POST", "site/orders.json", body))["orderitems"][0]
    assert (by_row["moneynetpriceperunit"], by_row["moneyitemtotal_net"], by_row["moneyitemtotal_vat"]) == (
        "2.67",
        "8.00",
        "2.00",
    )
    shop.fake.switches.line_net = "unit"
    by_unit = shop.order(shop.write("POST", "site/orders.json", body))["orderitems"][0]
    assert (by_unit["moneyitemtotal_net"], by_unit["moneyitemtotal_vat"]) == ("8.01", "1.99")
