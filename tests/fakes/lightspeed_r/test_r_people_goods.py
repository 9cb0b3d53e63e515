"""People, goods, purchase and work orders over HTTP, and the actions of the back office."""

from decimal import Decimal
from typing import Any

import pytest
from fake_till import BASE, Till


def do(till: Till, *actions: dict[str, Any], status: int = 200) -> list[str]:
    answer = till.http.post(f"{BASE}/_fake/actions", json=list(actions))
    assert answer.status_code == status, answer.text
    done: list[str] = answer.json().get("done", [])
    return done


def test_a_customer_is_written_with_contact_tags_and_custom_fields(office: Till) -> None:
    field = office.post("Customer/CustomField", {"name": "Student", "type": "boolean"})
    assert field.keys() == {
        "customFieldID",
        "type",
        "name",
        "uom",
        "decimalPrecision",
        "archived",
        "timeStamp",
    }
    contact = {
        "noEmail": False,
        "Emails": {"ContactEmail": [{"address": "Ada@hillmail.org", "useType": "Primary"}]},
        "Phones": {"ContactPhone": {"number": "555", "useType": "Mobile"}},
        "Addresses": {"ContactAddress": {"city": "Salem"}},
    }
    value = {"customFieldID": field["customFieldID"], "value": "true"}
    made = office.post(
        "Customer",
        {"firstName": "Ada", "Contact": contact, "Tags": {"tag": ["vip"]}, "dob": "1981-04-09T08:00:00Z",
         "CustomFieldValues": {"CustomFieldValue": value}},
    )  # fmt: skip
    assert made["Contact"]["noEmail"] == "false"
    assert made["dob"] == "1981-04-09T08:00:00+00:00"
    row = office.rows("Customer", load_relations='["Contact","Tags","CustomFieldValues"]')[0]
    assert row["Contact"]["Emails"]["ContactEmail"]["address"] == "Ada@hillmail.org"
    assert row["Contact"]["Addresses"]["ContactAddress"]["city"] == "Salem"
    assert row["Tags"] == {"tag": "vip"}
    kept = row["CustomFieldValues"]["CustomFieldValue"]
    assert (kept["name"], kept["value"]) == ("Student", "true")
    assert "CustomFieldValues" not in office.rows("Customer", load_relations="all")[0]
    gone = {"CustomFieldValue": {**value, "deleted": True}}
    office.put(f"Customer/{made['customerID']}", {"CustomFieldValues": gone})
    assert "CustomFieldValues" not in office.rows("Customer", load_relations='["CustomFieldValues"]')[0]


def test_an_omitted_field_stays_and_an_empty_one_is_cleared(office: Till) -> None:
    made = office.post("Customer", {"firstName": "Ada", "company": "Mill"})
    emails = {"Emails": {"ContactEmail": {"address": "a@hillmail.org"}}}
    office.put(f"Customer/{made['customerID']}", {"lastName": "Low", "Contact": emails})
    changed = office.put(f"Customer/{made['customerID']}", {"company": None, "Contact": {"Emails": ""}})
    assert (changed["firstName"], changed["lastName"], changed["company"]) == ("Ada", "Low", "")
    assert changed["Contact"]["Emails"] == ""


def test_deleting_archives_with_the_credit_account_and_put_brings_back(office: Till) -> None:
    made = office.post("Customer", {"firstName": "Ada", "CreditAccount": {"creditLimit": 50}})
    number = made["customerID"]
    assert office.rows("CreditAccount")[0]["creditLimit"] == "50"
    office.clock.advance(60)
    assert office.delete(f"Customer/{number}")["timeStamp"] == "2026-03-02T12:01:00+00:00"
    assert office.rows("Customer") == office.rows("CreditAccount") == []
    assert office.put(f"Customer/{number}", {"archived": "false"})["archived"] == "false"
    assert office.ids("Customer") == [int(number)]


def test_anonymizing_keeps_the_id_and_nothing_else(office: Till) -> None:
    contact = {"Emails": {"ContactEmail": {"address": "a@hillmail.org"}}}
    made = office.post(
        "Customer", {"firstName": "Ada", "lastName": "Low", "vatNumber": "1", "Contact": contact}
    )
    gone = office.delete(f"Customer/{made['customerID']}/Anonymize")
    assert (gone["firstName"], gone["lastName"], gone["archived"]) == ("Customer", "[1]", "true")
    assert (gone["vatNumber"], gone["Contact"]["Emails"]) == ("", "")
    till = office
    assert till.get("Customer/9/Anonymize.json").status_code == 405


def test_items_have_codes_prices_stock_and_custom_fields(office: Till) -> None:
    assert (
        office.post("Item", {}, status=400)["message"] == "Item not created. An Item must have a description."
    )
    prices = {"ItemPrice": [{"amount": "12", "useType": "Default"}, {"amount": "15", "useTypeID": 2}]}
    made = office.post("Item", {"description": "Knife", "upc": "12345678901", "Prices": prices})
    assert [one["amount"] for one in made["Prices"]["ItemPrice"]] == ["12", "15"]
    again = office.post("Item", {"description": "Other", "upc": "12345678901"}, status=400)
    assert "already exists" in again["message"]
    assert office.rows("Item", itemCode="12345678901")[0]["itemID"] == made["itemID"]
    office.put(f"Item/{made['itemID']}", {"ItemShops": {"ItemShop": {"shopID": office.shop, "qoh": 4}}})
    sale = {
        "shopID": office.shop,
        "completed": True,
        "SaleLines": {"SaleLine": {"itemCode": "12345678901", "unitQuantity": 3}},
    }
    line = office.post("Sale", {**sale, "SalePayments": {"SalePayment": {"paymentTypeID": 1}}})
    assert line["calcTotal"] == "36"
    shops = office.rows("Item", itemID=made["itemID"], load_relations='["ItemShops"]')[0]["ItemShops"][
        "ItemShop"
    ]
    assert sorted((one["shopID"], one["qoh"]) for one in shops) == [("0", "1"), ("1", "1")]
    stamp = office.rows("Item", itemID=made["itemID"])[0]["timeStamp"]
    office.clock.advance(60)
    office.state.void(line["saleID"], office.at(1))
    assert office.rows("ItemShop", shopID="0")[0]["qoh"] == "4"
    assert office.rows("Item", itemID=made["itemID"])[0]["timeStamp"] == stamp
    assert office.delete(f"Item/{made['itemID']}")["archived"] == "true"


def test_siblings_share_a_matrix(office: Till) -> None:
    matrix = office.post("ItemMatrix", {"description": "Shirt", "attribute1Values": ["Red", "Blue"]})
    assert matrix["attribute1Values"] == ["Red", "Blue"]
    for color in ("Red", "Blue"):
        attributes = {"attribute1": color, "itemAttributeSetID": 3}
        office.post(
            "Item",
            {"description": color, "itemMatrixID": matrix["itemMatrixID"], "ItemAttributes": attributes},
        )
    row = office.rows("ItemMatrix", load_relations='["Items","ItemAttributeSet"]')[0]
    assert [one["description"] for one in row["Items"]["Item"]] == ["Red", "Blue"]
    assert row["ItemAttributeSet"]["name"] == "Color/Size"
    item = office.rows("Item", itemMatrixID=matrix["itemMatrixID"], load_relations='["ItemAttributes"]')[1]
    assert item["ItemAttributes"]["attribute1"] == "Blue"
    image = office.post("Image", {"itemMatrixID": matrix["itemMatrixID"], "publicID": "abc"})
    assert office.ids("Image", itemMatrixID="1") == [int(image["imageID"])]


def test_categories_are_really_deleted_and_renumbered(office: Till) -> None:
    home = office.post("Category", {"name": "Home"})
    office.post("Category", {"name": ""}, status=400)
    kitchen = office.post("Category", {"name": "Kitchen", "parentID": home["categoryID"]})
    assert kitchen["fullPathName"] == "Home/Kitchen"
    item = office.post("Item", {"description": "Pan", "categoryID": kitchen["categoryID"]})["itemID"]
    office.put(f"Category/{home['categoryID']}", {"name": "House"})
    assert [row["fullPathName"] for row in office.rows("Category")] == ["House", "House/Kitchen"]
    assert office.delete(f"Category/{home['categoryID']}")["name"] == "House"
    assert office.rows("Category") == []
    assert office.rows("Item", itemID=item)[0]["categoryID"] == "0"
    assert office.post("Category", {"name": "New"})["categoryID"] == "3"


def test_orders_vendors_and_work_orders_have_their_relations(office: Till) -> None:
    vendor = office.post("Vendor", {"name": "Peak", "purchasingCurrency": {"code": "CAD"}})
    assert vendor["purchasingCurrency"] == {"code": "CAD"}
    order = office.post(
        "Order", {"vendorID": vendor["vendorID"], "shopID": office.shop, "orderedDate": "2026-03-01"}
    )
    for quantity in (2, 3):
        body = {"orderID": order["orderID"], "itemID": office.item, "price": "1.5", "quantity": quantity}
        office.post("OrderLine", body)
    read = office.rows("Order", load_relations="all")[0]
    assert (read["totalQuantity"], read["Vendor"]["name"]) == ("5", "Peak")
    assert [line["total"] for line in read["OrderLines"]["OrderLine"]] == ["3", "4.5"]
    office.post("OrderLine", {"quantity": 1}, status=400)
    job = office.post("Workorder", {"shopID": office.shop, "note": "Fix"})
    office.post(f"Workorder/{job['workorderID']}/WorkorderItem", {"itemID": office.item})
    below = office.get(f"Workorder/{job['workorderID']}/WorkorderItem.json").json()
    assert below["WorkorderItem"]["workorderID"] == job["workorderID"]
    read = office.rows("Workorder", load_relations="all")[0]
    assert (read["WorkorderStatus"]["name"], read["WorkorderItems"]["WorkorderItem"]["itemID"]) == (
        "Open",
        "1",
    )
    assert office.delete(f"Workorder/{job['workorderID']}") == {"name": "Workorder", "primaryID": "1"}
    assert office.rows("Workorder") == []


def test_the_small_lists_are_written_renamed_and_archived(office: Till) -> None:
    brand = office.post("Manufacturer", {"name": "Mill"})["manufacturerID"]
    office.post("Manufacturer", {"name": "Mill"}, status=400)
    assert office.put(f"Manufacturer/{brand}", {"name": "Hill"})["name"] == "Hill"
    kind = office.post("CustomerType", {"name": "Staff"})["customerTypeID"]
    buyer = office.post("Customer", {"customerTypeID": kind})
    assert buyer["customerTypeID"] == kind
    half = office.post("Discount", {"name": "Half", "discountPercent": "0.5", "requireCustomer": True})
    assert (half["discountPercent"], half["requireCustomer"]) == ("0.5", "true")
    office.post("Discount", {"discountPercent": "0.5", "discountAmount": "1"}, status=400)
    assert office.delete(f"Discount/{half['discountID']}")["archived"] == "true"
    assert office.put("PriceLevel/3", {"name": "Web"})["name"] == "Web"
    for path in (
        "Shop",
        "Register",
        "Employee",
        "PaymentType",
        "SaleVoid",
        "SpecialOrder",
        "WorkorderStatus",
    ):
        office.post(path, {"name": "x"}, status=405)


def test_a_tax_category_goes_with_its_classes(office: Till) -> None:
    office.post("TaxCategory", {"tax1Rate": "0.2"})
    office.post("TaxCategoryClass", {"taxCategoryID": 1, "taxClassID": 2, "tax1Rate": "0.05"})
    office.state.change("Item", office.item, taxClassID="2")
    body = {
        "shopID": office.shop,
        "taxCategoryID": 1,
        "SaleLines": {"SaleLine": {"itemID": office.item, "unitQuantity": 1}},
    }
    assert office.post("Sale", body)["calcTax1"] == "0.5"
    untaxed = {**body, "SaleLines": {"SaleLine": {"itemID": office.item, "unitQuantity": 1, "tax": False}}}
    assert office.post("Sale", untaxed)["calcTax1"] == "0"
    office.delete("TaxCategory/1")
    assert office.rows("TaxCategoryClass") == []


def test_a_price_may_hold_its_tax(office: Till) -> None:
    office.post("TaxCategory", {"tax1Rate": "0.25", "isTaxInclusive": True})
    body = {
        "shopID": office.shop,
        "taxCategoryID": 1,
        "SaleLines": {"SaleLine": {"itemID": office.item, "unitQuantity": 1}},
    }
    sale = office.post("Sale", body)
    assert (sale["calcSubtotal"], sale["calcTax1"], sale["calcTotal"]) == ("8", "2", "10")
    assert sale["isTaxInclusive"] == "true"


def test_a_quote_that_is_edited_moves_to_another_sale(office: Till) -> None:
    first = office.sell(5, completed=False)
    quote = office.post("Quote", {"saleID": first, "notes": "Spring"})["quoteID"]
    assert (
        office.get(f"Sale/{first}.json", load_relations='["Quote"]').json()["Sale"]["Quote"]["notes"]
        == "Spring"
    )
    (second,) = do(
        office,
        {"do": "edit_quote", "quote": quote, "lines": [{"item": office.item, "quantity": 2, "price": 9}]},
    )
    assert second != first
    assert office.rows("Quote")[0]["saleID"] == second
    assert office.get(f"Sale/{first}.json").json()["Sale"]["archived"] == "true"
    assert office.get(f"Sale/{second}.json").json()["Sale"]["calcTotal"] == "18"


def test_a_shop_can_be_scripted_from_outside(office: Till) -> None:
    buyer = office.post("Customer", {"firstName": "Ada"})["customerID"]
    line = {"item": office.item, "quantity": 2, "price": "10", "tax": "1", "tax2": "0.5"}
    shop, sale = do(
        office,
        {"do": "add_shop", "name": "North", "time_zone": "US/Pacific", "registers": 2},
        {
            "do": "sell",
            "shop": office.shop,
            "lines": [line],
            "ship_to": True,
            "customer": buyer,
            "payment_type": 3,
        },
    )
    assert office.rows("Register", shopID=shop)[1]["name"] == "Register 2"
    row = office.get(f"Sale/{sale}.json", load_relations="all").json()["Sale"]
    assert (row["calcTax1"], row["calcTax2"], row["total"]) == ("1", "0.5", "21.5")
    returned = {row["SaleLines"]["SaleLine"]["saleLineID"]: 1}
    back, _, _, failed = do(
        office,
        {"do": "refund", "sale": sale, "returned": returned},
        {"do": "ship", "sale": sale},
        {"do": "edit_note", "sale": sale, "note": "Gift"},
        {"do": "failed_payment", "sale": sale, "amount": 3},
    )
    total = Decimal(office.get(f"Sale/{back}.json").json()["Sale"]["total"])
    assert total == Decimal("-10.75")
    assert office.rows("ShipTo")[0]["shipped"] == "true"
    assert office.get(f"SalePayment/{failed}.json").json()["SalePayment"]["archived"] == "true"
    other = office.post("Customer", {"firstName": "Bob"})["customerID"]
    later = {"do": "void", "sale": sale, "at": "2026-03-02T12:20:00Z", "reason": "Twice"}
    do(office, {"do": "merge_customers", "loser": buyer, "winner": other}, later)
    assert office.get(f"Sale/{sale}.json").json()["Sale"]["customerID"] == other
    assert office.rows("SaleVoid") == []
    office.clock.advance(1200)
    assert office.rows("SaleVoid")[0]["reason"] == "Twice"


@pytest.mark.parametrize(
    "action",
    [
        None, 1, "x", {}, {"do": "nothing"}, {"do": "ship"}, {"do": "ship", "sale": 99},
        {"do": "void", "sale": 99}, {"do": "sell", "shop": 99}, {"do": "sell", "shop": 1, "lines": [1]},
        {"do": "add", "entity": "Nothing"},
        {"do": "add", "entity": "Vendor", "fields": {"x": 1}}, {"do": "refund", "sale": "x"},
        {"do": "merge_customers", "loser": 1, "winner": 2}, {"do": "edit_quote", "quote": 5},
    ],
)  # fmt: skip
def test_an_action_that_makes_no_sense_is_refused_in_words(office: Till, action: Any) -> None:
    answer = office.http.post(f"{BASE}/_fake/actions", json=action)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_what_a_script_did_survives_a_dump(office: Till) -> None:
    test_a_price_may_hold_its_tax(office)
    test_orders_vendors_and_work_orders_have_their_relations(office)
    test_categories_are_really_deleted_and_renumbered(office)
    plane = f"{BASE}/_fake/state"
    dumped = office.http.get(plane).json()
    questions = [
        f"{name}.json?load_relations=all&archived=true" for name in ("Sale", "Order", "Workorder", "Item")
    ]
    before = [office.get(question).json() for question in questions]
    office.http.post(f"{BASE}/_fake/reset")
    office.may_write().fake.limits.enabled = False
    assert office.http.put(plane, json=dumped).status_code == 200
    assert office.http.get(plane).json() == dumped
    assert [office.get(question).json() for question in questions] == before
    assert office.post("Category", {"name": "Later"})["categoryID"] == "4"
