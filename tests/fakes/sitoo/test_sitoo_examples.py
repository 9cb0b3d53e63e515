"""The published examples, recomputed; and every entity parsed by strict models written by hand."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sitoo_models as models
from sitoo_models import LISTED_KEYS, WHOLE_KEYS
from sitoo_shop import NOON_S, Shop

from fakes.sitoo.records import LineIn

POSTED = {
    "ordertypeid": 10,
    "namefirst": "John",
    "namelast": "Smith",
    "company": "Company Inc",
    "phone": "555-1451",
    "email": "john.smith@example.com",
    "currencycode": "USD",
    "orderitems": [
        {
            "productname": "Sofa Cosy",
            "sku": "10038-2",
            "quantity": 1,
            "moneyrowprice": "125.00",
            "vatvalue": 25,
        },
        {
            "productname": "Sofa Cosy",
            "sku": "83428-0",
            "quantity": 2,
            "moneyrowprice": "250.00",
            "moneyrowdiscount": "50.00",
            "vatvalue": 25,
        },
        {
            "productname": "Sofa Stressless",
            "sku": "83537-0",
            "quantity": 1,
            "moneyrowprice": "106.00",
            "vatvalue": 6,
        },
    ],
}


def test_the_published_order_comes_back_with_the_published_net_prices(shop: Shop) -> None:
    order_id = shop.write("POST", "site/orders.json", POSTED)
    assert type(order_id) is int
    order = shop.order(order_id)
    money = {name: value for name, value in order.items() if name.startswith("money") and value != "0.00"}
    assert money == {
        "moneytotal_net": "360.00",
        "moneytotal_vat": "71.00",
        "moneyfinal_net": "360.00",
        "moneyfinal_vat": "71.00",
        "moneytotal_gross_all": "431.00",
    }
    assert [row["moneynetpriceperunit"] for row in order["orderitems"]] == ["100.00", "80.00", "100.00"]
    second = order["orderitems"][1]
    assert second["moneyitemtotal_net"] == "160.00"
    assert second["moneyitemtotal_vat"] == "40.00"
    assert second["moneyoriginalprice"] == "100.00"
    assert second["moneydiscountedprice"] == "80.00"
    assert second["moneydiscount"] == "20.00"
    assert second["additionaldata"] == {"orderitem-moneyrowdiscount": "50.00"}
    assert second["decimalquantitytotal"] == "2.000"
    assert order["orderitems"][0]["additionaldata"] == {}
    assert (order["orderstateid"], order["paymentstateid"], order["orderdate"]) == (0, 0, NOON_S)
    assert (order["registerid"], order["warehouseid"], order["additionaldata"]) == (None, None, {})
    assert order["orderlogitems"] == [
        {"datelog": NOON_S, "orderlogtypeid": 0, "strvalue": None, "fvalue": None}
    ]


def test_the_published_till_sale_and_refund_come_out_to_the_cent(shop: Shop) -> None:
    book = shop.state.add_product("Cookbook", sku="121292-4", price="15.00", group=3)
    table = shop.state.add_product("Coffee Table", sku="44079-0", price="2990.00")
    sale = shop.order(shop.sell(-2, LineIn(book)))
    assert (sale["moneyfinal_net"], sale["moneyfinal_vat"], sale["moneytotal_gross_all"]) == (
        "14.15",
        "0.85",
        "15.00",
    )
    assert sale["checkouttypename"] == "Sitoo POS - Card"
    sold = shop.sell(-2, LineIn(table))
    back = shop.order(shop.state.refund(sold, shop.at(-1), reason="RC123", comment="Guarantee"))
    row = back["orderitems"][0]
    assert (row["quantity"], row["moneynetpriceperunit"]) == (-1, "2392.00")
    assert (row["moneyitemtotal_net"], row["moneyitemtotal_vat"]) == ("-2392.00", "-598.00")
    assert row["decimalquantitytotal"] == "-1.000"
    assert back["moneytotal_gross_all"] == "-2990.00"
    assert back["additionaldata"]["refundreasoncode-reasoncode"] == "RC123"
    assert back["additionaldata"]["refundreasoncode-comment"] == "Guarantee"
    assert back["payments"][0]["moneyamount"] == "-2990.00"


def test_the_published_receipt_id_is_the_registers_key_and_a_running_number(shop: Shop) -> None:
    first, second = shop.order(shop.sell(-2)), shop.order(shop.sell(-1))
    register = shop.get("site/cashregisters.json")["items"][0]
    assert register["registerkey"] == "SII0000090001001"
    assert first["additionaldata"]["pos-receiptid"] == "SII000009000100110001"
    assert second["additionaldata"]["pos-receiptid"] == "SII000009000100110002"


def test_the_published_z_report_adds_up_as_published(shop: Shop) -> None:
    # Three sales of seven items: 14.98 of books at 6 %, 40448.77 of common goods at 25 %.
    state = shop.state
    book = state.add_product("Cookbook", sku="B-1", price="14.98", group=3)
    grand = state.add_product("Sofa Grand", sku="S-1", price="8089.75")
    shop.sell(-9, LineIn(book), LineIn(grand))
    shop.sell(-8, LineIn(grand, 4), payment="Cash", round_off=0)
    shop.sell(-7, LineIn(grand, price="8.77", discount="8.75"), payment="Gift Card")
    state.close_register(shop.till, shop.at(-1))
    report = shop.get(f"site/cashregisters/{shop.till}/zreports.json")["items"][0]
    msgspec.convert(report, models.ZReport)
    # 14.98 + 8089.75 x 5 + 0.02 = 40463.75
    assert report["moneysalestotal"] == report["moneysummarytotal"] == "40463.75"
    assert (report["numsales"], report["numsalesitems"], report["numreceipts"]) == (3, 7, 3)
    books, common = report["vatgroupssales"]
    assert books == {
        "vatvalue": 6,
        "moneytotal": "14.98",
        "moneytotalnet": "14.13",
        "moneytotalvat": "0.85",
    }
    assert (common["moneytotal"], common["moneytotalnet"], common["moneytotalvat"]) == (
        "40448.77",
        "32359.02",
        "8089.75",
    )
    assert report["moneysalestotalnet"] == "32373.15"
    assert [row["name"] for row in report["productgroupssales"]] == ["Books", "Common Goods"]
    assert report["discountssales"] == [
        {
            "vouchercode": "discount-manual",
            "moneytotal": "8.75",
            "moneytotalnet": "7.00",
            "moneytotalvat": "1.75",
        }
    ]


def test_every_order_has_exactly_the_published_keys_and_types(shop: Shop) -> None:
    shop.sell(-3, LineIn(shop.mug, 2, discount="20"), email="ada@fjallpost.se")
    shop.state.webshop_order(shop.at(-2), [LineIn(shop.mug)], payment_state=20, state=10)
    listed = shop.get("orders.json")["items"]
    assert len(listed) == 2
    for row in listed:
        msgspec.convert(row, models.ListedOrder)
        msgspec.convert(shop.order(row["orderid"]), models.WholeOrder)


def test_tills_stock_deliveries_and_gift_cards_have_the_published_keys(shop: Shop) -> None:
    order_id = shop.sell(-3)
    msgspec.convert(shop.get("site/cashregisters.json")["items"][0], models.Register)
    msgspec.convert(shop.get("site/warehousetransactions.json")["items"][0], models.Move)
    msgspec.convert(shop.get(f"site/orders/{order_id}/orderdeliveries.json")["items"][0], models.Delivery)
    shop.state.add_gift_card("95123456789012345678", "500", at=shop.at(-1))
    card = shop.get("site/giftcards/95123456789012345678.json")
    msgspec.convert(card, models.Card)
    assert card["cardnumber_display"] == "95** **** **** **** 5678"
    log = shop.get(f"site/orders/{order_id}/orderlogitems.json")["items"]
    assert [row["orderlogtypeid"] for row in log] == [0, 999, 70]
    assert set(log[0]) == {"datelog", "orderid", "orderlogtypeid", "strvalue", "fvalue"}


def _furnish(shop: Shop) -> dict[str, Callable[[], Any]]:
    return {
        "sites": lambda: 1,
        "site/stores": lambda: shop.store,
        "site/warehouses": lambda: shop.state.warehouse_of(shop.store),
        "site/users": lambda: shop.state.add_user("A", "B", email="a@b.se", at=shop.at(-1)),
        "site/categories": lambda: shop.state.add_category("Cups"),
        "site/productgroups": lambda: 2,
        "site/manufacturers": lambda: shop.state.add_manufacturer("Hearth"),
        "reasoncodes": lambda: shop.write("POST", "reasoncodes.json", {"type": 10, "reasoncode": "103"}),
        "site/salestaxes": lambda: shop.write("POST", "site/salestaxes.json", {"name": "WA"}),
        "site/vouchers": lambda: shop.write(
            "POST", "site/vouchers.json", {"vouchertype": 200, "vouchername": "Resellers", "value_x": 30}
        ),
        "shipments": lambda: shop.write("POST", "shipments.json", {"shipmentstate": 10}),
        "site/products": lambda: shop.mug,
    }


@pytest.mark.parametrize("path", LISTED_KEYS)
def test_lists_have_the_published_default_keys_in_their_order(shop: Shop, path: str) -> None:
    _furnish(shop)[path]()
    found = shop.get(f"{path}.json")
    assert set(found) == {"totalcount", "items"}
    assert list(found["items"][0]) == LISTED_KEYS[path].split()


@pytest.mark.parametrize("path", WHOLE_KEYS)
def test_single_answers_have_the_published_keys_in_their_order(shop: Shop, path: str) -> None:
    key = _furnish(shop)[path]()
    assert list(shop.get(f"{path}/{key}.json")) == WHOLE_KEYS[path].split()
