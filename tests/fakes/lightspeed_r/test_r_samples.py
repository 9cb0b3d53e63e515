"""Every recorded or official sample is reproduced in shape: the same keys with the same types."""

import json
from pathlib import Path
from typing import Any

import pytest
from fake_till import BASE, Till

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "vendors" / "samples" / "lightspeed_r"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no samples beside this checkout")

# Recorded in 2015 and gone by 2024, or the other way round; the newer spelling is imitated.
CHANGED = {"SaleLine.TaxClass.timeStamp"}


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def differences(sample: Any, ours: Any, path: str = "") -> list[str]:
    """What the sample has and ours has not, or has as another type. Nothing ("") goes with any relation."""
    if isinstance(sample, list) or isinstance(ours, list):
        rows = sample if isinstance(sample, list) else [sample]
        mine = ours if isinstance(ours, list) else [ours]
        return (
            [one for row in rows for one in differences(row, mine[0], path)] if mine else [f"{path}: no rows"]
        )
    if isinstance(sample, dict) != isinstance(ours, dict):
        return (
            [] if "" in (sample, ours) else [f"{path}: {type(sample).__name__} is {type(ours).__name__} here"]
        )
    if not isinstance(sample, dict):
        return [] if isinstance(ours, str) else [f"{path}: not a text"]
    missing = [f"{path}.{key}" for key in sample if key not in ours and not _changed(f"{path}.{key}")]
    shared = (key for key in sample if key in ours)
    return missing + [one for key in shared for one in differences(sample[key], ours[key], f"{path}.{key}")]


def _changed(path: str) -> bool:
    return any(path.endswith(one) for one in CHANGED)


@pytest.fixture
def full(office: Till) -> Till:
    """An account that has a bit of everything; sale 1 is its fullest."""
    state = office.state
    office.post("TaxCategory", {"tax1Name": "GST", "tax1Rate": "0.05", "tax2Rate": "0.1"})
    office.post("TaxCategoryClass", {"taxCategoryID": 1, "taxClassID": 1, "tax1Rate": "0.05"})
    gateway = state.add("CCGateway")
    state.change("Shop", office.shop, taxCategoryID="1", ccGatewayID=gateway)
    address = {"address1": "1", "city": "S", "state": "CA", "zip": "0", "country": "US"}
    contact = {"Addresses": {"ContactAddress": address},
               "Phones": {"ContactPhone": {"number": "1", "useType": "Work"}},
               "Emails": {"ContactEmail": {"address": "s@hillmail.org", "useType": "Primary"}}}  # fmt: skip
    state.change("Shop", office.shop, Contact=json.dumps(contact))
    field = office.post("Item/CustomField", {"type": "url", "name": "testfield"})["customFieldID"]
    office.put(f"Item/{office.item}", {
        "CustomFieldValues": {"CustomFieldValue": {"customFieldID": field, "value": "https://x.test"}},
        "ItemShops": {"ItemShop": {"shopID": office.shop, "qoh": 5}}, "Note": {"note": "n"},
    })  # fmt: skip
    vendor = office.post("Vendor", {"name": "Peak"})["vendorID"]
    state.add("ItemVendorNum", itemID=office.item, vendorID=vendor, value="8740-90")
    state.add("ItemComponent", assemblyItemID=office.item, componentItemID=office.item, componentGroup="1")
    buyer = office.post(
        "Customer", {"firstName": "Ada", "lastName": "Low", "dob": "1981-04-09", "CreditAccount": {}}
    )
    staff = state.add_discount("Staff 40%", percent="0.4")
    line = {"itemID": office.item, "unitQuantity": 1, "discountID": staff, "tax": True, "Note": {"note": "x"}}
    body = {
        "shopID": office.shop,
        "customerID": buyer["customerID"],
        "completed": True,
        "SaleLines": {"SaleLine": line},
    }
    sale = office.post("Sale", {**body, "SalePayments": {"SalePayment": {"paymentTypeID": 3}}})
    state.quote(sale["saleID"], office.at(0))
    return office


def shown(till: Till, path: str, **params: str) -> Any:
    return till.http.get(f"{BASE}/API/Account/797/{path}.json", params=params).json()


def test_the_raw_sale_of_2024(full: Till) -> None:
    assert (
        differences(
            read("sale_2024_raw_all_relations_scrubbed.json"),
            shown(full, "Sale/1", load_relations="all")["Sale"],
        )
        == []
    )


@pytest.mark.parametrize("place", range(8))
def test_the_sales_of_2025(full: Till, place: int) -> None:
    ours = shown(full, "Sale/1", load_relations="all")["Sale"]
    ours["Employee"] = shown(full, "Employee/1", load_relations="all")["Employee"]
    ours["ShipTo"] = shown(
        full,
        f"ShipTo/{full.state.ship_to_of(full.sell(5, ship_to=True, customer_id='1'))}",
        load_relations="all",
    )["ShipTo"]
    sale = _as_text(read("sales_2025_gem_normalised_scrubbed.json")[place])
    assert differences(sale, ours) == []


def _as_text(value: Any) -> Any:
    """The gem that recorded these made numbers and flags of the texts."""
    if isinstance(value, dict):
        return {key: _as_text(one) for key, one in value.items()}
    return [_as_text(one) for one in value] if isinstance(value, list) else str(value)


def test_the_sandbox_sales_of_2015(full: Till) -> None:
    sample = read("v2_sale_list_load_relations_all_trimmed.json")
    ours = shown(full, "Sale", load_relations="all")
    assert ours["@attributes"].keys() == sample["@attributes"].keys()
    assert differences(sample["Sale"], ours["Sale"]) == []


def test_customers_items_categories_shops_and_lines(full: Till) -> None:
    full.state.add_category(("Home", "Kitchen"))
    whole = read("v2_customer_list_one_record_is_object.json")
    assert differences(whole, shown(full, "Customer", load_relations="all")) == []
    names = ("TaxClass", "ItemShops", "ItemVendorNums", "ItemComponents", "Note", "ItemECommerce")
    every = json.dumps([*names, "CustomFieldValues"])
    assert differences(read("v2_item_list_trimmed.json"), shown(full, "Item", load_relations=every)) == []
    assert differences(read("v2_category_list.json"), shown(full, "Category")) == []
    shop = shown(full, "Shop/1", load_relations="all")
    assert differences(read("v2_shop_get_single_all_relations.json"), shop) == []
    line = shown(full, "SaleLine/1", load_relations="all")
    assert differences(read("v2_saleline_get_single.json"), line) == []


def test_an_empty_list(full: Till) -> None:
    assert shown(full, "Category") == read("v2_category_list_empty.json")


def test_the_answer_to_a_sale_that_was_written(full: Till) -> None:
    sample = read("v2_sale_create_request_response.json")
    answer = full.http.post(f"{BASE}/API/Account/797/Sale.json", json=sample["request"]).json()
    assert differences(sample["response"], answer) == []
    told = ("calcTotal", "calcSubtotal", "calcTax1", "calcNonTaxable", "completed", "balance", "taxTotal")
    assert {key: answer["Sale"][key] for key in told} == {
        key: sample["response"]["Sale"][key] for key in told
    }


def test_the_official_refund_gift_card_image_and_account(full: Till) -> None:
    back = full.http.post(
        f"{BASE}/API/V3/Account/797/Sale/1/refund.json",
        json={"SalePayments": {"SalePayment": {"paymentTypeID": 1}}},
    ).json()
    assert differences(read("docs_sale_full_refund_response.json"), back) == []
    card = full.post("CreditAccount", {"code": "231234000000"})["creditAccountID"]
    line = {"unitQuantity": 1, "unitPrice": 0, "Note": {"note": "Gift Card Purchase 231234000000"}}
    paid = [
        {"paymentTypeID": 5, "amount": -100, "creditAccountID": card},
        {"paymentTypeID": 1, "amount": 100},
    ]
    body = {
        "shopID": full.shop,
        "completed": True,
        "SaleLines": {"SaleLine": line},
        "SalePayments": {"SalePayment": paid},
    }
    load = full.http.post(f"{BASE}/API/V3/Account/797/Sale.json", json=body).json()
    assert differences(read("docs_giftcard_load_sale_response.json"), load) == []
    image = full.post("Image", {"itemID": full.item, "description": "Test Image"})["imageID"]
    assert differences(read("docs_image_single.json"), shown(full, f"Image/{image}")) == []
    account = full.http.get(f"{BASE}/API/V3/Account/797.json").json()
    assert differences(read("docs_account_single.json"), account) == []


def test_pages_of_v3_have_the_official_attributes(full: Till) -> None:
    for number in range(3):
        full.state.add_item(f"Item {number}", price="1")
    sample = {one["case"]: one for one in read("docs_v3_list_page_attributes.json")}
    first = full.get("Item.json", limit=2).json()["@attributes"]
    assert first.keys() == sample["first page"]["@attributes"].keys()
    assert first["previous"] == "" == sample["first page"]["@attributes"]["previous"]
    last = full.http.get(first["next"]).json()["@attributes"]
    assert (last["next"], bool(last["previous"])) == ("", True)
    assert (
        full.get("Item.json", count=1).json()["@attributes"].keys() == sample["count=1"]["@attributes"].keys()
    )


def test_error_bodies_and_headers(full: Till) -> None:
    recorded = read("v2_error_bodies.json")
    missing = full.http.get(f"{BASE}/API/Account/797/Employee/2.json", params={"load_relations": "all"})
    assert missing.json() == recorded[0]["body"]
    assert missing.headers["Content-Type"] == recorded[0]["headers"]["Content-Type"]
    by_message = {one["body"].get("message"): one for one in recorded if one.get("body")}
    full.fake.switches.zero_rows = "absent"
    for message, path in (
        ("name cannot be blank.", "Category"),
        ("Item not created. An Item must have a description.", "Item"),
    ):
        answer = full.http.post(
            f"{BASE}/API/Account/797/{path}.json", json={"name": ""} if path == "Category" else {}
        )
        assert (answer.status_code, answer.json()) == (400, by_message[message]["body"])
    names = {
        name.lower() for one in read("v2_response_headers_2016_2019.json") for name in one.get("headers", one)
    }
    ours = {name.lower() for name in missing.headers}
    assert {"x-ls-api-bucket-level"} <= names & ours
