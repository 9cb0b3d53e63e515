"""Scripting a shop over HTTP: sales in both shapes, returns, people, goods, cards; and what is refused."""

from typing import Any

import httpx
import pytest
from x_store import Store, open_store

UUID = "9cd85b39-eff0-8152-11e6-ecd601f1e2da"


def post(store: Store, path: str, body: Any) -> httpx.Response:
    return store.http.post(f"/api/{path}", json=body)


def made(store: Store, **changes: Any) -> dict[str, Any]:
    answer = post(store, "2026-07/sales", store.write(**changes))
    assert answer.status_code == 200, answer.text
    row: dict[str, Any] = answer.json()["data"]
    return row


def test_a_sale_is_created_in_the_nested_shape_under_a_chosen_id(store: Store) -> None:
    row = made(store, id=UUID, date="2026-08-01T10:00:00Z", note="by hand")
    assert (row["id"], row["date"], row["note"]) == (UUID, "2026-08-01T10:00:00+00:00", "by hand")
    assert (row["source"]["type"], row["source"]["id"]) == ("Magento", "100042")
    assert row["customer_id"] is None
    assert row["totals"]["price_incl_tax"] == 10
    assert store.sale(UUID) == row
    assert post(store, "2026-07/sales", store.write(id=UUID)).status_code == 409


def test_line_and_payment_ids_may_be_chosen(store: Store) -> None:
    payment = {"id": UUID, "amount": 10, "type": {"config_id": store.cash}, "date": "2026-08-01T10:00:00Z"}
    row = made(store, line_items=[store.written_line(id=UUID)], payments=[payment])
    assert (row["line_items"][0]["id"], row["payments"][0]["id"]) == (UUID, UUID)
    assert row["payments"][0]["date"] == "2026-08-01T10:00:00+00:00"


def test_a_sale_is_changed_and_voided_by_sending_it_back(store: Store) -> None:
    person = store.person()
    row = made(store, state="parked", payments=[])
    path = f"/api/2026-07/sales/{row['id']}"
    changed = store.http.put(path, json=store.write(customer_id=person)).json()["data"]
    assert (changed["state"], changed["customer_id"]) == ("closed", person)
    assert changed["_metadata"]["version"] > row["_metadata"]["version"]
    assert store.data(f"2026-07/customers/{person}")["year_to_date"] == 10
    voided = store.http.put(path, json=store.write(state="voided")).json()["data"]
    assert voided["state"] == "voided"
    assert store.data(f"2026-07/customers/{person}")["year_to_date"] == 0
    assert store.http.put(path, json=store.write()).status_code == 422


@pytest.mark.parametrize("may", [False, True])
def test_a_closed_sale_can_only_be_voided_unless_switched(store: Store, may: bool) -> None:
    store.switch(closed_may_reopen=may)
    row = made(store)
    answer = store.http.put(f"/api/2026-07/sales/{row['id']}", json=store.write(state="pending"))
    assert answer.status_code == (200 if may else 422)


BAD_SALES: list[tuple[str, dict[str, Any], str]] = [
    ("no author", {"source": {}}, "source.author_id"),
    ("unknown author", {"source": {"author_id": UUID}}, "source.author_id"),
    ("no state", {"state": None}, "state"),
    ("wrong state", {"state": "done"}, "state"),
    ("wrong attribute", {"attributes": ["gift"]}, "attributes"),
    ("clashing attributes", {"attributes": ["layby", "onaccount"]}, "attributes"),
    ("lines no list", {"line_items": {}}, "line_items"),
    ("lines no objects", {"line_items": [1]}, "line_items"),
    ("line without product", {"line_items": [{}]}, "product.id"),
    ("payment without type", {"payments": [{"amount": 1}]}, "type.config_id"),
    ("payment of text", {"payments": [{"amount": "ten"}]}, "type.config_id"),
    ("bad date", {"date": "yesterday"}, "date"),
    ("far date", {"date": "99999-01-01"}, "date"),
    ("bad id", {"id": "sale-1"}, "id"),
    ("unknown customer", {"customer_id": UUID}, "customer_id"),
    ("unknown original", {"return": {"original_sale_id": UUID}}, "return.original_sale_id"),
    ("source no object", {"source": "x"}, "source.author_id"),
]


@pytest.mark.parametrize(("_name", "changes", "member"), BAD_SALES, ids=[one[0] for one in BAD_SALES])
def test_a_bad_sale_is_refused_naming_the_member(
    store: Store, _name: str, changes: dict[str, Any], member: str
) -> None:
    answer = post(store, "2026-07/sales", store.write(**changes))
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert set(body) == {"errors", "reference"}
    assert member in body["errors"]["global"][0]
    assert store.state.sales_count() == 0


@pytest.mark.parametrize("bad", [True, "ten", [], {}, "NaN", "1e400", 10**30])
def test_amounts_must_be_numbers_that_a_till_can_hold(store: Store, bad: Any) -> None:
    line = store.written_line(quantity=bad)
    assert post(store, "2026-07/sales", store.write(line_items=[line])).status_code == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'{"a": 1e999999999}', b"[" * 5000])
def test_a_body_that_is_no_object_is_refused(store: Store, body: bytes) -> None:
    answer = store.http.post("/api/2026-07/sales", content=body)
    assert answer.status_code in (400, 422)
    old = store.http.post("/api/register_sales", content=body)
    assert old.json()["status"] == "error"


def test_2x_takes_no_sales(store: Store) -> None:
    assert post(store, "2.0/sales", store.write()).status_code == 404


def test_the_old_shape_creates_and_changes_with_the_same_post(store: Store) -> None:
    person = store.person()
    body = {
        "register_id": store.state.register_id,
        "user_id": store.state.user_id,
        "customer_id": person,
        "sale_date": "2026-08-01 10:00:00",
        "status": "LAYBY",
        "register_sale_products": [{"product_id": store.mug, "quantity": "2", "price": "10", "tax": 0}],
        "register_sale_payments": [{"retailer_payment_type_id": store.cash, "amount": 5}],
    }
    row = post(store, "register_sales", body).json()["register_sale"]
    assert (row["status"], row["totals"]["total_to_pay"]) == ("LAYBY", 15)
    nested = store.sale(row["id"])
    assert (nested["state"], nested["attributes"], nested["totals"]["price"]) == ("pending", ["layby"], 20)
    assert nested["date"] == "2026-08-01T10:00:00+00:00"
    again = post(store, "register_sales", {**body, "id": row["id"], "status": "VOIDED"}).json()
    assert (again["register_sale"]["id"], again["register_sale"]["status"]) == (row["id"], "VOIDED")
    assert store.state.sales_count() == 1
    assert post(store, "register_sales", {"status": "DONE"}).status_code == 400


def test_the_return_action_parks_a_return_and_answers_flat(store: Store) -> None:
    sale = store.sell(30)
    row = post(store, f"2026-07/sales/{sale}/actions/return", {}).json()["data"]
    assert (row["status"], row["state"], row["return_for"]) == ("SAVED", "parked", sale)
    assert (row["payments"], row["total_price"]) == ([], -10)
    assert post(store, f"2026-07/sales/{sale}/actions/return", {}).status_code == 422
    store.switch(return_action_shape="nested")
    nested = post(store, f"2026-07/sales/{store.sell(20)}/actions/return", {}).json()["data"]
    assert nested["return"]["is_return"] is True
    put = store.http.put(f"/api/2.0/sales/{store.sell(10)}/actions/return", json={})
    assert put.json()["data"]["status"] == "SAVED"
    assert store.http.put(f"/api/2026-07/sales/{sale}/actions/return", json={}).status_code == 404


def test_returns_with_and_without_receipt_do_not_mix_since_2026_07(store: Store) -> None:
    sale = store.sell(30)
    other = store.state.add_product("Tea Towel", sku="TT", price="4")
    back = {"is_return": True}
    lines = [
        store.written_line(quantity=-1, **{"return": back}),
        store.written_line(product={"id": other}, quantity=-1, **{"return": back}),
    ]
    body = store.write(
        line_items=lines, payments=[], state="parked", **{"return": {"original_sale_id": sale}}
    )
    assert post(store, "2026-07/sales", body).status_code == 422
    assert post(store, "2026-04/sales", body).status_code == 200


def test_a_late_version_fault_hides_a_written_sale_for_a_while(store: Store) -> None:
    rule = {"kind": "late_lower_version", "match": {"method": "POST"}, "times": 1, "seconds": 30}
    store.http.post("/_fake/faults", json=[rule])
    hidden, shown = made(store)["id"], made(store)["id"]
    assert store.sale_ids() == [shown]
    store.clock.advance(30)
    assert store.sale_ids() == [hidden, shown]


def test_customers_are_created_changed_and_deleted(store: Store) -> None:
    answer = post(
        store, "2026-07/customers", {"first_name": "Tony", "last_name": "Stark", "email": "t@stark.org"}
    )
    row = answer.json()["data"]
    assert (answer.status_code, row["name"], row["customer_code"][:5]) == (201, "Tony Stark", "Tony-")
    path = f"/api/2026-07/customers/{row['id']}"
    changed = store.http.put(path, json={"do_not_email": True, "email": None}).json()["data"]
    assert (changed["do_not_email"], changed["email"], changed["last_name"]) == (True, None, "Stark")
    assert store.http.delete(path).status_code == 204
    unnamed = post(store, "2026-07/customers", {}).json()["data"]
    assert (unnamed["customer_code"][:8], unnamed["first_name"]) == ("UNNAMED-", None)
    old = post(store, "customers", {"first_name": "Old"}).json()["customer"]
    assert old["name"] == "Old"
    assert store.http.delete(f"/api/2.0/customers/{store.state.walkin_id}").status_code == 422


def test_the_same_email_twice_is_fine_unless_switched(store: Store) -> None:
    store.person(email="ada@hillmail.org")
    body = {"first_name": "Ada", "last_name": "Again", "email": "ada@hillmail.org"}
    assert post(store, "2026-07/customers", body).status_code == 201
    store.switch(email_unique=True)
    assert post(store, "2026-07/customers", body).status_code == 422


def test_card_numbers_are_blacked_out_without_a_word(store: Store) -> None:
    body = {"first_name": "A", "note": "card 4111 1111 1111 1111, tel 021111111"}
    row = post(store, "2026-07/customers", body).json()["data"]
    assert row["note"] == "card **** **** **** ****, tel 021111111"


def test_postcodes_are_checked_since_2026_07(store: Store) -> None:
    body = {"first_name": "A", "physical_country_id": "US", "physical_postcode": "1234"}
    assert post(store, "2026-07/customers", body).status_code == 422
    assert post(store, "2026-04/customers", body).status_code == 201


@pytest.mark.parametrize(
    "body", [{"gender": "X"}, {"do_not_email": "yes"}, {"first_name": {}}, {"customer_group_id": UUID}]
)
def test_bad_customers_are_refused(store: Store, body: dict[str, Any]) -> None:
    assert post(store, "2026-07/customers", body).status_code == 422


def test_groups_have_members(store: Store) -> None:
    group = post(store, "2026-07/customer_groups", {"name": "VIP"}).json()["data"]
    assert post(store, "2026-07/customer_groups", {"name": "VIP"}).status_code == 409
    person, path = store.person(), f"2026-07/customer_groups/{group['id']}/customers"
    answer = post(store, path, {"customer_ids": [person]})
    assert (answer.status_code, answer.json()) == (201, True)
    assert [row["id"] for row in store.data(path)] == [person]
    body = httpx.Request("DELETE", "http://x", json={"customer_ids": [person]}).content
    assert store.http.request("DELETE", f"/api/{path}", content=body).status_code == 204
    assert store.data(path) == []
    everybody = store.data(f"2026-07/customer_groups/{store.state.group_id}/customers")
    assert {row["id"] for row in everybody} == {person, store.state.walkin_id}
    assert post(store, path, {"customer_ids": [UUID]}).status_code == 404


def test_products_are_created_changed_and_deleted(store: Store) -> None:
    brand = post(store, "2.0/brands", {"name": "Acme"}).json()["data"]
    tag = post(store, "2.0/tags", {"name": "new"}).json()["data"]
    asked = {"name": "Rocket", "sku": "R1", "price_excluding_tax": 99, "brand_id": brand, "tag_ids": [tag]}
    product = post(store, "2.0/products", asked).json()["data"][0]
    row = store.data(f"2026-07/products/{product}")
    assert (row["brand"]["name"], row["categories"][0]["name"], row["price_excluding_tax"]) == (
        "Acme",
        "new",
        99,
    )
    path = f"/api/2.1/products/{product}"
    split = {"common": {"name": "Rocket II"}, "details": {"price_excluding_tax": 100, "is_active": False}}
    changed = store.http.put(path, json=split).json()["data"]
    assert (changed["name"], changed["price_including_tax"], changed["active"]) == ("Rocket II", 100, False)
    assert store.http.delete(path).status_code == 200
    assert store.http.delete(f"/api/2.0/products/{store.state.discount_product_id}").status_code == 422
    both = {"name": "X", "price_excluding_tax": 1, "price_including_tax": 2}
    assert post(store, "2.0/products", both).status_code == 422
    assert post(store, "products", {"name": "Old"}).json()["product"]["name"] == "Old"


def test_a_price_given_with_tax_is_understood_on_either_kind_of_account() -> None:
    for exclusive in (True, False):
        shop = open_store(tax_rate="0.25", tax_exclusive=exclusive)
        answer = post(shop, "2.0/products", {"name": "A", "price_including_tax": 10})
        row = shop.data(f"2.0/products/{answer.json()['data'][0]}")
        assert (row["price_excluding_tax"], row["price_including_tax"]) == (8, 10)


def test_variants_are_rows_of_their_own_in_one_family(store: Store) -> None:
    parent = store.state.add_product("Shirt", sku="S", price="20")
    small = store.state.add_product("-", sku="S-S", price="20", parent_id=parent, options={"Size": "S"})
    row = store.data(f"2026-07/products/{small}")
    assert (row["variant_parent_id"], row["name"], row["variant_name"]) == (parent, "Shirt", "Shirt / S")
    assert row["variant_options"][0]["value"] == "S"
    assert store.data(f"2026-07/products/{parent}")["has_variants"] is True
    new = store.data(f"2026-10/products/{small}")
    assert "variant_parent_id" not in new
    includes = {"includes[]": ["brands", "categories", "tags", "variant_attributes"]}
    family = store.data(f"2026-10/product_families/{new['family_id']}", **includes)
    assert family["products"] == [parent, small]
    assert family["variant_attributes"][0]["name"] == "Size"
    assert store.get(f"2026-07/product_families/{new['family_id']}").status_code == 404
    assert store.get(f"2026-10/product_families/{UUID}").status_code == 404


def test_categories_are_listed_by_path(store: Store) -> None:
    leaf = store.state.add_category(("Home", "Kitchen"))
    store.state.add_category(("Apparel",))
    body = store.get("2026-07/product_categories", page_size=2).json()
    assert [row["name"] for row in body["data"]["categories"]] == ["Apparel", "Home"]
    assert body["page_info"]["has_next"] is True
    rest = store.get("2026-07/product_categories", after=body["page_info"]["last_seen"]).json()
    row = rest["data"]["categories"][0]
    assert (row["id"], row["leaf_category"]) == (leaf, True)
    assert [one["name"] for one in row["category_path"]] == ["Home", "Kitchen"]
    assert body["data"]["categories"][1]["leaf_category"] is False


def test_gift_cards_are_issued_reloaded_redeemed_and_voided(store: Store) -> None:
    issued = post(store, "2026-07/gift_cards", {"number": "55", "amount": "20.00"})
    assert (issued.status_code, issued.json()["data"]["balance"]) == (201, "20")
    assert post(store, "2026-07/gift_cards", {"number": "55", "amount": "1"}).status_code == 422
    path = "2026-07/gift_cards/55/transactions"
    spent = {"type": "REDEEMING", "amount": "-5", "client_id": "c1"}
    first = post(store, path, spent).json()["data"]
    assert post(store, path, spent).json()["data"] == first
    assert post(store, path, {"type": "REDEEMING", "amount": -50, "client_id": "c2"}).status_code == 422
    assert post(store, path, {"type": "REDEEMING", "amount": 5, "client_id": "c3"}).status_code == 422
    assert post(store, path, {"type": "RELOADING", "amount": 5, "client_id": "c4"}).status_code == 201
    assert store.data("2.0/balances/gift_cards/55")["balance"] == "20"
    assert [row["number"] for row in store.data("2026-07/gift_cards", status="ACTIVE")] == ["55"]
    voided = store.http.delete("/api/2026-07/gift_cards/55").json()["data"]
    assert (voided["status"], voided["balance"]) == ("VOIDED", "0")
    assert post(store, path, {"type": "REDEEMING", "amount": -1, "client_id": "c5"}).status_code == 422
    assert store.get("2026-07/gift_cards/56").status_code == 404


def test_store_credit_is_issued_once_per_client_id_and_redeemed(store: Store) -> None:
    person = store.person()
    path = f"2026-07/store_credits/{person}/transactions"
    issue = {"type": "ISSUE", "amount": 10, "client_id": "a"}
    assert post(store, path, issue).json()["data"]["amount"] == 10
    post(store, path, issue)
    assert post(store, path, {"type": "REDEMPTION", "amount": -4, "client_id": "b"}).status_code == 200
    assert post(store, path, {"type": "REDEMPTION", "amount": -40, "client_id": "c"}).status_code == 422
    assert post(store, path, {"type": "REDEMPTION", "amount": 4, "client_id": "d"}).status_code == 422
    found = store.data(f"2026-07/store_credits/{person}")
    assert (found["balance"], found["total_credit_issued"], found["total_credit_redeemed"]) == (6, 10, 4)
    assert store.data("2.0/store_credits")[0]["customer_id"] == person
    assert store.data(f"2026-07/store_credits/{person}/balance")["balance"] == 6
    assert store.get(f"2026-07/store_credits/{UUID}").status_code == 404


def test_promotions_are_listed_and_named_on_lines(store: Store) -> None:
    promotion = store.state.add_promotion("Summer", percent=10)
    assert store.data("2026-07/promotions")[0]["id"] == promotion


def test_search_finds_sales_by_what_is_known_of_them(store: Store) -> None:
    person = store.person()
    first, second = store.sell(60, customer_id=person), store.sell(30, state="parked")

    def ids(**params: Any) -> list[str]:
        return [row["id"] for row in store.data("2026-07/search", type="sales", **params)]

    assert ids() == [first, second]
    assert ids(order_by="date", order_direction="desc", page_size=1) == [second]
    assert ids(offset=1) == [second]
    assert ids(status="SAVED") == [second]
    assert ids(customer_id=person) == [first]
    assert ids(date_from="2026-08-03T11:20:00Z") == [second]
    assert ids(date_to="2026-08-03T11:20:00Z") == [first]
    assert ids(invoice_number="1") == [first]
    assert ids(customer_name="ada b") == [first]
    assert ids(sale_total="10.00", product_id=store.mug, register_id=store.state.register_id) == [
        first,
        second,
    ]
    assert ids(payment_type_id=store.cash) == [first]
    assert ids(**{"-_id": first}) == [second]
    assert ids(_id=first) == [first]
    store.state.delete_sale(first, store.at(0))
    assert ids() == [second]
    assert ids(deleted="true") == [first, second]
    assert store.get("2026-07/search", type="sales", date_from="x").status_code == 400
    assert store.get("2026-07/search", type="tills").status_code == 400


def test_search_finds_people_and_goods(store: Store) -> None:
    person = store.person(email="Ada@Hillmail.org", mobile="021")
    assert [row["id"] for row in store.data("2.0/search", type="customers", email="ada@hillmail.org")] == [
        person
    ]
    assert (
        store.data("2.0/search", type="customers", customer_code="WALKIN")[0]["id"] == store.state.walkin_id
    )
    assert store.data("2.0/search", type="customers", mobile="021", first_name="ada")[0]["id"] == person
    assert [row["id"] for row in store.data("2.0/search", type="products", sku="mug-1")] == [store.mug]
    assert store.data("2.0/search", type="products", sku="MUG-1") == []
    assert len(store.data("2.0/search", type="products", **{"-sku": "mug-1"})) == 1
    store.switch(search_page_max=1)
    assert len(store.data("2.0/search", type="products", page_size=5000)) == 1


def test_the_search_index_may_lag(store: Store) -> None:
    store.sell(1)
    store.switch(search_lag_s=120)
    assert store.data("2026-07/search", type="sales") == []
    store.clock.advance(60)
    assert len(store.data("2026-07/search", type="sales")) == 1
