"""Price lists, sales tax groups, variants set at once, stock by article and the batches that move it."""

from typing import Any

import pytest
from sitoo_shop import NOON_S, Shop

PRICES = "site/pricelists/2/pricelistitems.json"
ITEMS = "site/warehouses/1/warehouseitems.json"
BATCHES = "site/warehouses/1/warehousebatches"
BLANKET: dict[str, Any] = {
    "groups": [{"name": "Color", "options": ["Red", "Purple"]}],
    "variants": [
        {"productid": 2, "title": "Blanket Red", "sku": "54051-1", "attributes": ["Red"]},
        {
            "productid": 0,
            "active": True,
            "title": "Blanket Purple",
            "sku": "54051-10",
            "moneyprice": "189.00",
            "barcode": "",
            "attributes": ["Purple"],
        },
    ],
}


def test_every_account_has_a_default_price_list_and_may_have_a_hundred(shop: Shop) -> None:
    listed = shop.get("site/pricelists.json")
    assert listed == {
        "totalcount": 1,
        "items": [
            {
                "pricelistid": 1,
                "pricelistname": "Default Price List",
                "pricelistdescription": "",
                "active": True,
                "externalid": None,
                "currencycode": "SEK",
                "tags": [],
            }
        ],
    }
    assert shop.refused("DELETE", "site/pricelists/1.json") == 400
    assert shop.refused("POST", "site/pricelists.json", {"pricelistname": "x", "currencycode": "usd"}) == 400
    made = [shop.write("POST", "site/pricelists.json", {"pricelistname": str(n)}) for n in range(99)]
    assert made[-1] == 100
    assert shop.refused("POST", "site/pricelists.json", {"pricelistname": "one more"}) == 400


def test_prices_are_set_and_deleted_by_sku_in_the_order_of_products(shop: Shop) -> None:
    shop.state.add_product("Plate", sku="PLATE", price="80")
    shop.write("POST", "site/pricelists.json", {"pricelistname": "Resellers"})
    volumes = [{"levelstart": 2, "moneyprice": "49.00"}, {"levelstart": 4, "moneyprice": "39.00"}]
    wrong: list[dict[str, Any]] = [
        {"sku": "NONE", "moneyprice": "1.00"},
        {"sku": "MUG-1"},
        {"sku": "MUG-1", "moneyprice": "1.00", "moneypricevolume": [{"levelstart": 2}]},
        {"sku": "MUG-1", "moneyprice": "1.00", "moneypricevolume": [{"levelstart": "2", "moneyprice": "1"}]},
    ]
    right = [
        {"sku": "PLATE", "moneyprice": "59.00", "moneypricevolume": volumes},
        {"sku": "MUG-1", "moneyprice": "90"},
    ]
    answer = shop.write("PUT", PRICES, [*wrong, *right])
    assert [one["statuscode"] for one in answer] == [400, 400, 400, 400, 200, 200]
    assert answer[-1]["return"] is True
    assert shop.get(PRICES) == {
        "totalcount": 2,
        "items": [
            {"moneyprice": "90.00", "moneypricevolume": None, "sku": "MUG-1"},
            {"moneyprice": "59.00", "moneypricevolume": volumes, "sku": "PLATE"},
        ],
    }
    assert shop.write("PUT", PRICES, {"sku": "PLATE", "moneyprice": "55.00"}) is True
    assert shop.get(PRICES, start=1, num=1)["items"] == [
        {"moneyprice": "55.00", "moneypricevolume": None, "sku": "PLATE"}
    ]
    gone = shop.write("DELETE", PRICES, [{"sku": "MUG-1"}, {"sku": "MUG-1"}, {"sku": 7}])
    assert [one["statuscode"] for one in gone] == [200, 404, 400]
    assert [row["sku"] for row in shop.get(PRICES)["items"]] == ["PLATE"]
    assert shop.get("site/pricelists/1/pricelistitems.json")["totalcount"] == 0
    assert shop.refused("GET", "site/pricelists/9/pricelistitems.json") == 404
    assert shop.write("DELETE", "site/pricelists/2.json", None) is True
    assert shop.write("POST", "site/pricelists.json", {"pricelistname": "again"}) == 3
    assert shop.get("site/pricelists/3/pricelistitems.json")["totalcount"] == 0


def test_a_sales_tax_group_shows_its_taxes_as_they_are(shop: Shop) -> None:
    tax = shop.write("POST", "site/salestaxes.json", {"name": "FL State Tax", "decimalvaluedefault": "6.000"})
    body = {"name": "Miami Dade", "region": "FL", "salestaxes": [{"salestaxid": tax}]}
    group = shop.write("POST", "site/salestaxgroups.json", body)
    shop.write("PUT", f"site/salestaxes/{tax}.json", {"code": "fl"})
    assert shop.get("site/salestaxgroups.json") == {
        "totalcount": 1,
        "items": [
            {
                "salestaxgroupid": group,
                "name": "Miami Dade",
                "region": "FL",
                "salestaxes": [
                    {
                        "salestaxid": tax,
                        "name": "FL State Tax",
                        "code": "fl",
                        "decimalvaluedefault": "6.000",
                        "productgrouprules": [],
                    }
                ],
            }
        ],
    }
    wrongs: list[Any] = [[{"salestaxid": 99}], [{}], [{"salestaxid": True}], [1], None]
    for wrong in wrongs:
        assert shop.refused("POST", "site/salestaxgroups.json", {**body, "salestaxes": wrong}) == 400
    assert shop.write("PUT", f"site/salestaxgroups/{group}.json", {"region": "GA"}) is True
    assert shop.get(f"site/salestaxgroups/{group}.json", fields="region")["region"] == "GA"
    assert shop.write("DELETE", f"site/salestaxgroups/{group}.json", None) is True
    assert shop.refused("GET", f"site/salestaxgroups/{group}.json") == 404


def test_setting_variants_replaces_those_that_were(shop: Shop) -> None:
    blanket = shop.state.add_product("Blanket", sku="54051", price="59")
    assert blanket == 2
    path = f"site/products/{blanket}/productvariants.json"
    assert shop.write("PUT", path, BLANKET) is True
    found = shop.get(path)
    assert found["groups"] == BLANKET["groups"]
    assert [(row["productid"], row["sku"], row["moneyprice"]) for row in found["variants"]] == [
        (2, "54051-1", "59.00"),
        (3, "54051-10", "189.00"),
    ]
    purple = shop.get("site/products/3.json")
    assert (purple["variantparentid"], purple["vatvalue"], purple["datecreated"]) == (2, 25, NOON_S)
    only_purple = {"groups": BLANKET["groups"], "variants": [{**BLANKET["variants"][1], "productid": 3}]}
    assert shop.write("PUT", "site/products/3/productvariants.json", only_purple) is True
    assert shop.refused("GET", "site/products/2.json") == 404
    assert shop.get("site/products/3.json")["variantparentid"] == 3


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {"variants": BLANKET["variants"]},
        {**BLANKET, "nonsense": 1},
        {**BLANKET, "groups": [{"name": "Color", "options": ["Red"]}]},
        {**BLANKET, "variants": [{"sku": "A", "attributes": ["Red", "Red"]}]},
        {**BLANKET, "variants": [{"title": "no sku", "attributes": ["Red"]}]},
        {**BLANKET, "variants": [{"sku": "A", "attributes": ["Red"]}] * 2},
        {**BLANKET, "variants": [{"sku": "MUG-1", "attributes": ["Red"]}]},
        {**BLANKET, "variants": [{"productid": 1, "sku": "A", "attributes": ["Red"]}]},
        {**BLANKET, "variants": [{"sku": "A", "attributes": ["Red"], "moneyprice": 5}]},
    ],
)
def test_wrong_variants_are_refused_and_change_nothing(shop: Shop, wrong: Any) -> None:
    blanket = shop.state.add_product("Blanket", sku="54051", price="59")
    before = shop.fake.dump()["state"]["documents"]
    assert shop.refused("PUT", f"site/products/{blanket}/productvariants.json", wrong) == 400
    assert shop.fake.dump()["state"]["documents"] == before


def test_a_batch_is_filled_while_open_and_commits_one_transaction_when_closed(shop: Shop) -> None:
    body = {"transactiontype": 50, "emailowner": "info@shop.test", "comment": "New Stocktaking"}
    batch = shop.write("POST", f"{BATCHES}.json", body)
    items = f"{BATCHES}/{batch}/warehousebatchitems.json"
    rows = [
        {"sku": "MUG-1", "decimalquantity": "9.000", "comment": "1 missing"},
        {"sku": "PLATE", "decimalquantity": "2.000", "moneypricein": "3.50"},
        {"sku": "CUP", "decimalquantity": "1.000"},
        {"sku": "CUP"},
    ]
    assert [one["statuscode"] for one in shop.write("PUT", items, rows)] == [200, 200, 200, 400]
    assert [one["statuscode"] for one in shop.write("DELETE", items, [{"sku": "CUP"}])] == [200]
    assert shop.get(items)["items"][0] == {
        "warehousebatchitemid": 1,
        "warehousebatchid": batch,
        "warehouseitemid": 1,
        "datemodified": NOON_S,
        "decimalquantity": "9.000",
        "moneypricein": "0.00",
        "emailowner": "",
        "comment": "1 missing",
        "sku": "MUG-1",
    }
    assert shop.get("site/warehousetransactions.json")["totalcount"] == 0
    assert shop.write("PUT", f"{BATCHES}/{batch}.json", {"warehousebatchstate": 20}) is True
    closed = shop.get(f"{BATCHES}/{batch}.json")
    assert (closed["warehousebatchstate"], closed["warehousetransactionid"]) == (20, 1)
    moved = shop.get("site/warehouses/1/warehousetransactions/1.json")
    assert (moved["transactiontype"], moved["description"]) == (50, "New Stocktaking")
    assert [(one["sku"], one["decimalquantity"], one["moneypricein"]) for one in moved["items"]] == [
        ("MUG-1", "9.000", "0.00"),
        ("PLATE", "2.000", "3.50"),
    ]
    assert shop.get(ITEMS, sku="MUG-1")["items"][0]["datelaststocktaking"] == NOON_S
    for method, path, given in (
        ("PUT", f"{BATCHES}/{batch}.json", {"comment": "late"}),
        ("PUT", items, {"sku": "MUG-1", "decimalquantity": "1"}),
        ("DELETE", items, [{"sku": "MUG-1"}]),
        ("POST", f"{BATCHES}.json", {"transactiontype": 50, "warehousebatchstate": 20}),
        ("POST", f"{BATCHES}.json", {"comment": "no type"}),
    ):
        assert shop.refused(method, path, given) == 400


def test_batches_are_listed_by_warehouse_type_and_state(shop: Shop) -> None:
    other = shop.write("POST", "site/warehouses.json", {"name": "Store room"})
    virtual = shop.write("POST", "site/warehouses.json", {"name": "Drop shipper", "warehousetype": 20})
    for kind in (10, 50):
        shop.write("POST", f"{BATCHES}.json", {"transactiontype": kind})
    shop.write("POST", f"site/warehouses/{other}/warehousebatches.json", {"transactiontype": 10})
    assert shop.get(f"{BATCHES}.json")["totalcount"] == 2
    assert [row["warehousebatchid"] for row in shop.get(f"{BATCHES}.json", transactiontype=50)["items"]] == [
        2
    ]
    assert shop.get(f"{BATCHES}.json", warehousebatchstate=20)["items"] == []
    assert shop.refused("GET", f"{BATCHES}/3.json") == 404
    assert shop.refused("GET", f"{BATCHES}/3/warehousebatchitems.json") == 404
    path = f"site/warehouses/{virtual}/warehousebatches.json"
    assert shop.refused("POST", path, {"transactiontype": 10}) == 400


def test_stock_items_say_where_goods_lie_and_levels_are_set_in_virtual_warehouses_only(shop: Shop) -> None:
    rows = [
        {"sku": "MUG-1", "binlocation": "I3:S4", "decimalthreshold": "10.000"},
        {"sku": "PLATE", "binlocation": "I3:S5"},
        {"sku": "PLATE", "decimaltotal": "4.000"},
    ]
    answer = shop.write("PUT", ITEMS, rows)
    assert [(one["statuscode"], one.get("return")) for one in answer[:2]] == [(200, 1), (200, 2)]
    assert answer[2]["statuscode"] == 400
    assert shop.write("PUT", ITEMS, [{"sku": "MUG-1", "binlocation": "A1"}])[0]["return"] == 1
    move = {"warehouseid": 1, "transactiontype": 10, "items": [{"sku": "CUP", "decimalquantity": "5"}]}
    shop.write("POST", "site/warehousetransactions.json", move)
    listed = shop.get(ITEMS)
    assert [row["sku"] for row in listed["items"]] == ["MUG-1", "PLATE", "CUP"]
    assert list(listed["items"][0].items()) == [
        ("warehouseitemid", 1),
        ("sku", "MUG-1"),
        ("binlocation", "A1"),
        ("decimalthreshold", "10.000"),
        ("decimaltotal", "0.000"),
        ("moneytotal", "0.00"),
        ("datelastmodified", None),
        ("datelaststocktaking", None),
        ("decimalreserved", "0.000"),
        ("decimalavailable", "0.000"),
    ]
    assert [row["sku"] for row in shop.get(ITEMS, sku="PLATE,CUP")["items"]] == ["PLATE", "CUP"]
    assert [row["sku"] for row in shop.get(ITEMS, datelastmodifiedfrom=NOON_S)["items"]] == ["CUP"]
    assert shop.get(ITEMS, datelastmodifiedto=NOON_S - 1)["items"] == []
    assert shop.refused("DELETE", ITEMS, [{"sku": "CUP"}]) == 404
    virtual = shop.write("POST", "site/warehouses.json", {"name": "Drop shipper", "warehousetype": 20})
    path = f"site/warehouses/{virtual}/warehouseitems.json"
    shop.write("PUT", path, [{"sku": "MUG-1", "decimaltotal": "7.000", "moneytotal": "70.00"}])
    row = shop.get(path)["items"][0]
    assert (row["decimaltotal"], row["decimalavailable"], row["moneytotal"]) == ("7.000", "7.000", "70.00")
