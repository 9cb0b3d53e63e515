"""Every recorded or official sample is reproduced in shape: the same keys with the same types."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from x_store import Store, open_store

from fakes.kit.push import Answer, Outgoing
from fakes.lightspeed_x.records import LineIn

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "vendors" / "samples" / "lightspeed_x"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no samples beside this checkout")

# Text in one recording, number or null in others.
LOOSE = {"price_set", "sequence"}


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def differences(sample: Any, ours: Any, path: str = "") -> list[str]:
    """What the sample has and ours has not, or has as another type. Null goes with anything."""
    if sample in (None, {}, []) or ours in (None, {}, []):
        return []
    if kind(sample) != kind(ours):
        return [f"{path}: {kind(sample)} is {kind(ours)} here"]
    if isinstance(sample, dict):
        missing = [f"{path}.{key}: missing" for key in sample if key not in ours]
        shared = (key for key in sample if key in ours and key not in LOOSE)
        return missing + [
            one for key in shared for one in differences(sample[key], ours[key], f"{path}.{key}")
        ]
    return differences(sample[0], ours[0], f"{path}[]") if isinstance(sample, list) else []


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.fixture
def shop() -> Store:
    """An account that has a bit of everything."""
    opened = open_store(tax_rate="0.15", tax_exclusive=False)
    state = opened.state
    fields: dict[str, Any] = {
        "brand_id": state.add_brand("Peak"),
        "category_id": state.add_category(("General",)),
        "supplier_id": state.add_supplier("Peak"),
    }
    parent = state.add_product("Bravo", sku="1", price="126.5", image_url="https://i.test/1.jpg", **fields)
    child = state.add_product(
        "-", sku="2", price="126.5", parent_id=parent, options={"Color": "Black"}, tags=("a",), **fields
    )
    person = state.add_customer(
        "John", "Watson", email="j@hillmail.org", phone="021111111", mobile="0", gender="M", note="n",
        date_of_birth="1992-08-17", company="Sherlock", address={"address1": "221B Baker Street"},
        at=opened.at(-9),
    )  # fmt: skip
    opened.sell(8, lines=[LineIn(child, 1)], customer_id=person)
    return opened


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("sale", "sales"), ("customer", "customers"), ("outlet", "outlets"), ("product", "products"),
        ("register", "registers"), ("user", "users"),
    ],
)  # fmt: skip
def test_recorded_objects_of_2_0(shop: Store, name: str, path: str) -> None:
    ours = shop.data(f"2.0/{path}")[-1]
    assert differences(read(f"api20_2017_{name}.json"), ours) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("sales_list", "sales"), ("customers_list", "customers"), ("outlets_list", "outlets"),
        ("products_list", "products"), ("brands_list", "brands"), ("payment_types_list", "payment_types"),
        ("customer_groups_list", "customer_groups"), ("registers_list", "registers"), ("tags_list", "tags"),
        ("users_list", "users"),
    ],
)  # fmt: skip
def test_official_examples_of_2_0(shop: Store, name: str, path: str) -> None:
    ours = shop.get(f"2.0/{path}").json()
    for row in read("api20_2025_openapi_examples.json")[name]["data"]:
        assert differences(row, ours["data"][-1]) == []
    assert set(ours["version"]) == {"min", "max"}


def test_official_examples_of_single_objects_and_of_the_return_action(shop: Store) -> None:
    examples = read("api20_2025_openapi_examples.json")
    product = next(row for row in shop.data("2.0/products") if row["sku"] == "2")
    assert differences(examples["product_single"]["data"], product) == []
    sale = shop.state.sale_ids()[-1]
    assert differences(examples["sale_single"]["data"], shop.sale(sale, "2.0")) == []
    back = shop.http.put(f"/api/2.0/sales/{sale}/actions/return", json={}).json()["data"]
    assert differences(examples["return_action"]["data"], back) == []


def test_recorded_sales_and_walkin_of_0_9(shop: Store) -> None:
    shop.sell(3)
    sale = read("api09_2012_register_sales.json")["register_sales"][0]
    ours = shop.get("register_sales").json()["register_sales"][-1]
    assert differences(sale, ours) == []
    walkin = shop.get("customers", code="WALKIN").json()["customers"][0]
    sample = read("api09_2012_customers_walkin.json")["customers"][0]
    assert differences(sample, walkin) == []
    blanks = ("name", "contact", "deleted_at", "custom_field_1")
    assert [walkin[key] for key in blanks] == [sample[key] for key in blanks]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("webhook_customer_update", "customer.update"), ("webhook_product_update", "product.update"),
        ("webhook_sale_update_2015_recorded", "sale.update"),
    ],
)  # fmt: skip
def test_payloads_of_webhooks(shop: Store, name: str, kind: str) -> None:
    got: list[Any] = []

    def take(sent: Outgoing) -> Answer:
        got.append(json.loads(parse_qs(sent.body.decode())["payload"][0]))
        return Answer(200)

    assert shop.fake.push is not None
    shop.fake.push.send = take
    body = {"type": kind, "url": "https://app.test", "active": True}
    shop.http.post("/api/2026-07/webhooks", json=body)
    sale = shop.state.sale_ids()[-1]
    shop.state.touch(sale, shop.at(0))
    shop.state.edit_customer(str(shop.state.sale(sale).customer_id), shop.at(0), on_account_limit=1000)
    shop.state.edit_product(shop.state.sale(sale).lines[0].product_id, shop.at(0), description="x")
    shop.fake.push.deliver_due()
    assert len(got) == 1
    assert differences(read(f"{name}.json"), got[0]) == []


def test_the_nested_sale_has_every_member_of_the_digest(shop: Store) -> None:
    digest = read("api2026-07_schema_digest.json")["Sale"]
    ours = shop.sale(shop.state.sale_ids()[-1])
    assert _members(digest) - _members(ours) == set()


@pytest.mark.parametrize(("entity", "path"), [("Retailer", "retailer"), ("Webhook", "webhooks")])
def test_retailer_and_webhook_have_every_member_of_the_digest(shop: Store, entity: str, path: str) -> None:
    shop.http.post(
        "/api/2026-07/webhooks", json={"type": "sale.update", "url": "https://a.test", "active": True}
    )
    found = shop.data(f"2026-07/{path}")
    ours = found[0] if isinstance(found, list) else found
    digest = read("api2026-07_schema_digest.json")[entity]
    named = digest if isinstance(digest, list) else digest["fields"]
    assert {word.split()[0].partition("{")[0].rstrip("?") for word in named} <= set(ours)


def test_customer_and_product_have_every_member_of_the_digest(shop: Store) -> None:
    digest = read("api2026-07_schema_digest.json")
    person = digest["Customer"]
    words = [*person["read_only"], *person["writable"]]
    named = {word.split()[0].rstrip("?") for word in words if "_1..4" not in word}
    assert named - set(shop.data("2026-07/customers")[-1]) == set()
    fields = {
        word.split()[0].partition("{")[0].partition("[")[0].rstrip("?")
        for word in digest["Product"]["fields"]
    }
    assert fields - set(shop.data("2026-07/products")[-1]) - NOT_IMITATED == set()


NOT_IMITATED = {
    "skuImages",
    "composite_bom",
    "packaging",
    "customizations",
    "tax_category",
    "weight/length/width/height",
}
"""Of a product: stock keeping, shipping sizes and made-to-order options."""


def _members(value: Any, path: str = "") -> set[str]:
    if isinstance(value, list):
        return _members(value[0], path) if value and isinstance(value[0], dict) else set()
    if not isinstance(value, dict):
        return set()
    here = {f"{path}.{key}" for key in value}
    # Empty lists of ours cannot show their members.
    skip = ("adjustments", "ecom_custom_charges", "external_applications", "promotions", "customizations",
            "surcharges", "external_attributes", "surcharge")  # fmt: skip
    inner = (_members(one, f"{path}.{key}") for key, one in value.items() if key not in skip)
    return here.union(*inner)
