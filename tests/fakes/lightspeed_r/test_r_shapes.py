"""Wire shapes: the keys of recorded rows, all-string leaves, and how values and blanks are written."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fake_till import Till

from fakes.lightspeed_r.wire import decimal_text, scaled

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "vendors" / "samples" / "lightspeed_r"
# Loaded with `all`, of merchants who use what the fake does not model.
NOT_MODELLED = {"TaxCategory", "TaxClassTotals", "Quote", "Discount", "SaleNotes", "Employee"}


def _sample(name: str) -> Any:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded samples are not beside this checkout")
    return json.loads(path.read_text())


@pytest.fixture
def full_sale(till: Till) -> dict[str, Any]:
    """A sale to a known customer with a discounted line, read with all its relations."""
    till.item = till.state.add_item("Shirt", price="24.99", sku="SH-1")
    buyer = till.state.add_customer(
        "Ada",
        "Low",
        email="ada@hillmail.org",
        phones=["555 0101"],
        address={"address1": "1 Main St", "address2": "", "city": "Salem", "state": "OR", "zip": "97301"},
        at=till.at(-60),
    )
    staff = till.state.add_discount("Staff 40%", percent="0.4")
    line = till.line(1, "24.99", discount=Decimal("10.00"), discount_id=staff)
    sold = till.state.sell(till.shop, till.at(-5), [line], customer_id=buyer, ship_to=True, payment_type="3")
    sale: dict[str, Any] = till.get(f"Sale/{sold}.json", load_relations="all").json()["Sale"]
    return sale


def test_a_sale_has_the_keys_of_the_recorded_one(full_sale: dict[str, Any]) -> None:
    recorded = _sample("sale_2024_raw_all_relations_scrubbed.json")
    assert full_sale.keys() - {"ShipTo"} == recorded.keys() - NOT_MODELLED


@pytest.mark.parametrize(
    "path",
    [
        ("Customer",),
        ("Customer", "Contact"),
        ("Customer", "Contact", "Addresses", "ContactAddress"),
        ("Customer", "Contact", "Phones", "ContactPhone"),
        ("Customer", "Contact", "Emails", "ContactEmail"),
        ("SaleLines", "SaleLine"),
        ("SaleLines", "SaleLine", "Discount"),
        ("SaleLines", "SaleLine", "TaxClass"),
        ("SalePayments", "SalePayment"),
        ("SalePayments", "SalePayment", "PaymentType"),
    ],
)
def test_nested_rows_have_the_recorded_keys(full_sale: dict[str, Any], path: tuple[str, ...]) -> None:
    ours, recorded = full_sale, _sample("sale_2024_raw_all_relations_scrubbed.json")
    for step in path:
        ours, recorded = ours[step], recorded[step]
    assert ours.keys() == recorded.keys()


def test_a_nested_item_has_the_recorded_keys(full_sale: dict[str, Any]) -> None:
    recorded = _sample("sale_2024_raw_all_relations_scrubbed.json")["SaleLines"]["SaleLine"]["Item"]
    # itemECommerceID is in the recorded rows of 2015, not in this one.
    assert full_sale["SaleLines"]["SaleLine"]["Item"].keys() - {"itemECommerceID"} == recorded.keys()


def test_amounts_of_the_recorded_sale_come_out_alike(full_sale: dict[str, Any]) -> None:
    recorded = _sample("sale_2024_raw_all_relations_scrubbed.json")
    money = [
        key for key in recorded if key.startswith("calc") or key in ("total", "totalDue", "balance", "change")
    ]
    assert {key: full_sale[key] for key in money} == {key: recorded[key] for key in money}
    line, recorded_line = full_sale["SaleLines"]["SaleLine"], recorded["SaleLines"]["SaleLine"]
    money = [key for key in recorded_line if key.startswith(("calc", "displayable"))]
    assert {key: line[key] for key in money} == {key: recorded_line[key] for key in money}


def test_a_shipment_has_the_recorded_keys(full_sale: dict[str, Any]) -> None:
    recorded = next(sale for sale in _sample("sales_2025_gem_normalised_scrubbed.json") if "ShipTo" in sale)
    assert full_sale["ShipTo"].keys() == recorded["ShipTo"].keys()
    assert full_sale["ShipTo"]["Contact"].keys() == recorded["ShipTo"]["Contact"].keys()


def test_a_customer_of_its_own_endpoint_has_the_recorded_keys(till: Till) -> None:
    till.state.add_customer("Ada", "Low", at=till.at(-60))
    ours = till.rows("Customer", load_relations="all")[0]
    recorded = _sample("v2_customer_list_one_record_is_object.json")["Customer"]
    assert ours.keys() == recorded.keys() - {"dob", "CreditAccount"}
    assert ours["Contact"].keys() == recorded["Contact"].keys()
    assert ours["Contact"]["Addresses"] == recorded["Contact"]["Addresses"]
    assert ours["Tags"] == recorded["Tags"] == ""
    assert ours["Contact"]["noEmail"] == "true"


def test_the_catalogue_has_the_recorded_keys(till: Till) -> None:
    till.state.add_category(("Home", "Kitchen"))
    till.state.add_item("Knife", price="30", image_public_id="dsxc")
    assert till.rows("Category")[0].keys() == _sample("v2_category_list.json")["Category"][0].keys()
    assert till.rows("Image")[0].keys() == _sample("docs_image_single.json")["Image"].keys()
    recorded = _sample("v2_shop_get_single_all_relations.json")["Shop"]
    ours = till.get(f"Shop/{till.shop}.json", load_relations='["Contact","Registers"]').json()["Shop"]
    loaded = {"TaxCategory", "ReceiptSetup", "CCGateway", "PriceLevel"}
    assert recorded.keys() - loaded <= ours.keys()
    recorded_register = recorded["Registers"]["Register"]
    assert recorded_register.keys() - {"ccTerminalID"} <= ours["Registers"]["Register"].keys()
    recorded_item = _sample("v2_item_list_trimmed.json")["Item"][0]
    relations = {"TaxClass", "ItemShops", "ItemVendorNums", "CustomFieldValues", "itemECommerceID"}
    assert recorded_item.keys() - relations <= till.rows("Item")[0].keys()


def test_the_account_and_its_currency_look_as_documented(till: Till) -> None:
    account = till.http.get("https://api.r.test/API/V3/Account/797.json").json()
    assert account.keys() == _sample("docs_account_single.json").keys()
    assert account["defaultCurrency"] == {"code": "USD", "symbol": "$"}
    own = till.http.get("https://api.r.test/API/V3/Account.json").json()["Account"]
    assert (own["accountID"], own["name"]) == ("797", "Main")
    session = till.http.get("https://api.r.test/API/V3/Session.json").json()
    assert (session["systemCustomerID"], session["shopCount"]) == ("797", "1")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def test_every_leaf_is_a_string(full_sale: dict[str, Any]) -> None:
    leaves = list(_leaves(full_sale))
    assert len(leaves) > 150
    assert {type(leaf) for leaf in leaves} == {str}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("39.98", "39.98"),
        ("10.00", "10"),
        ("0", "0"),
        ("-34.48", "-34.48"),
        ("11.4860025", "11.4860025"),
        ("-0.4995", "-0.4995"),
        ("687386.70", "687386.7"),
        ("0.999999999", None),
    ],
)
def test_decimals_are_written_in_their_shortest_form(amount: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(ValueError, match="seven decimals"):
            scaled(amount)
    else:
        assert decimal_text(scaled(Decimal(amount))) == text


def test_a_blank_address_is_an_object_on_the_customer_and_nothing_in_a_sale(till: Till) -> None:
    buyer = till.state.add_customer("Ada", "Low", at=till.at(-60))
    sold = till.sell(customer_id=buyer)
    nested = till.get(f"Sale/{sold}.json", load_relations='["Customer.Contact"]').json()["Sale"]["Customer"]
    assert nested["Contact"]["Addresses"] == nested["Contact"]["Emails"] == nested["Contact"]["Phones"] == ""


def test_blank_address_fields_are_left_away_inside_a_sale(full_sale: dict[str, Any]) -> None:
    assert full_sale["Customer"]["Contact"]["Addresses"]["ContactAddress"] == {
        "address1": "1 Main St",
        "city": "Salem",
        "state": "OR",
        "zip": "97301",
    }


def test_one_phone_is_an_object_and_two_are_a_list(till: Till) -> None:
    till.state.add_customer("Ada", "Low", phones=["1"], at=till.at(-60))
    till.state.add_customer("Bea", "Low", phones=["1", "2"], at=till.at(-60))
    one, two = (
        row["Contact"]["Phones"]["ContactPhone"] for row in till.rows("Customer", load_relations="all")
    )
    assert one == {"number": "1", "useType": "Mobile"}
    assert two == [{"number": "1", "useType": "Mobile"}, {"number": "2", "useType": "Home"}]


def test_hostile_text_survives_the_templates(till: Till) -> None:
    name = 'O\'Brien "Bo" <script>%s\\ \n é'
    buyer = till.state.add_customer(name, "%d", company="{}", at=till.at(-60))
    item = till.state.add_item(name, price="1", sku="%(x)s")
    line = till.line(note=name)._replace(item_id=item)
    sold = till.state.sell(
        till.shop, till.at(0), [line], customer_id=buyer, reference=name, reference_source='"shopify"'
    )
    relations = '["SaleLines.Item","SaleLines.Note","Customer"]'
    sale = till.get(f"Sale/{sold}.json", load_relations=relations).json()["Sale"]
    assert sale["Customer"]["firstName"] == sale["SaleLines"]["SaleLine"]["Item"]["description"] == name
    assert sale["SaleLines"]["SaleLine"]["Note"]["note"] == sale["referenceNumber"] == name
    assert (sale["referenceNumberSource"], sale["Customer"]["lastName"]) == ('"shopify"', "%d")


def test_an_item_brings_its_category_brand_and_picture_when_asked(till: Till) -> None:
    category = till.state.add_category(("Home", "Kitchen"))
    brand = till.state.add_manufacturer("Hearth")
    till.state.add_item(
        "Knife", category_id=category, manufacturer_id=brand, price="30", image_public_id="dsxc"
    )
    plain, full = till.rows("Item", raw='load_relations=["Category","Manufacturer","Images"]&itemID=IN,[1,2]')
    assert not {"Category", "Manufacturer", "Images"} & plain.keys()
    assert full["Category"]["fullPathName"] == "Home/Kitchen"
    assert full["Manufacturer"]["name"] == "Hearth"
    image = full["Images"]["Image"]
    assert image["baseImageURL"] + image["publicID"] == (
        "https://res.cloudinary.com/lightspeed-retail/image/upload/dsxc"
    )
    assert full["Prices"]["ItemPrice"][0] == {"amount": "30", "useTypeID": "1", "useType": "Default"}


def test_a_new_category_renumbers_the_nested_set_and_stamps_what_moved(till: Till) -> None:
    till.state.add_category(("Wine",))
    till.rows("Category")
    till.clock.advance(60)
    till.state.add_category(("Beer", "Ale"))
    rows = {row["name"]: row for row in till.rows("Category")}
    assert {name: (row["leftNode"], row["rightNode"]) for name, row in rows.items()} == {
        "Beer": ("1", "4"),
        "Ale": ("2", "3"),
        "Wine": ("5", "6"),
    }
    assert rows["Wine"]["timeStamp"] == "2026-03-02T12:01:00+00:00"
    assert rows["Wine"]["createTime"] == "2026-03-02T12:00:00+00:00"


def test_a_discount_is_an_amount_or_a_percentage_never_both(till: Till) -> None:
    comp = till.state.add_discount("Comp", percent="0.999999999")
    coupon = till.state.add_discount("Coupon", amount="1.50")
    lines = [till.line(discount=10, discount_id=comp), till.line(discount="1.5", discount_id=coupon)]
    till.state.sell(till.shop, till.at(0), lines)
    shown = [
        (row["discountAmount"], row["discountPercent"], row["calcLineDiscount"])
        for row in till.rows("SaleLine")
    ]
    assert shown == [("0", "0.999999999", "10"), ("1.5", "0", "1.5")]
    assert [row["discountPercent"] for row in till.rows("Discount")] == ["0.999999999", "0"]
