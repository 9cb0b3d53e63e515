"""Lists: the version cursor and its traps, sizes, deleted rows, 0.9's pages, versions of the API."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from x_store import Store

LISTS = (
    "outlets", "registers", "users", "customers", "customer_groups", "products", "brands", "tags",
    "suppliers", "taxes", "payment_types", "sales",
)  # fmt: skip


def drain(store: Store, path: str, **params: Any) -> list[Any]:
    """Page to an empty answer, as the documents say."""
    rows: list[Any] = []
    after = 0
    while True:
        body = store.get(path, after=after, **params).json()
        if not body["data"]:
            assert body["version"] == {"min": None, "max": None}
            return rows
        rows += body["data"]
        assert body["version"]["max"] > after
        after = body["version"]["max"]


def test_pages_ascend_by_version_and_only_an_empty_one_ends_them(store: Store) -> None:
    sold = [store.sell(minute) for minute in (30, 20, 10)]
    assert [row["id"] for row in drain(store, "2026-07/sales", page_size=2)] == sold
    assert [row["id"] for row in drain(store, "2.0/sales", page_size=1)] == sold


def test_versions_are_64_bit_rise_with_gaps_and_are_shared_by_all_resources(store: Store) -> None:
    seen = []
    for _ in range(20):
        sale = store.sale(store.sell(), "2.0")
        customer = store.data(f"2.0/customers/{store.person()}")
        seen += [sale["version"], customer["version"]]
    assert seen == sorted(set(seen))
    assert seen[0] > 2**33
    steps = {second - first for first, second in pairwise(seen)}
    assert len(steps) > 2


def test_a_cursor_of_one_resource_hides_nothing_of_another(store: Store) -> None:
    person = store.person()
    sale = store.sell()
    after_sale = store.sale(sale, "2.0")["version"]
    later = store.person()
    rows = store.data("2.0/customers", after=after_sale)
    assert [row["id"] for row in rows if row["customer_code"] != "WALKIN"] == [later]
    assert person not in [row["id"] for row in rows]


def test_an_edited_row_leaves_its_place_and_joins_the_tail(store: Store) -> None:
    first, second = store.sell(20), store.sell(10)
    store.state.edit_note(first, store.at(0))
    assert store.sale_ids() == [second, first]


def test_after_is_exclusive_and_before_by_switch(store: Store) -> None:
    first, second = store.sell(20), store.sell(10)
    low, high = (store.sale(one, "2.0")["version"] for one in (first, second))
    assert store.sale_ids(after=low) == [second]
    assert store.sale_ids(before=high) == [first]
    store.switch(before_inclusive=True)
    assert store.sale_ids(before=high) == [first, second]


def test_a_version_committed_late_is_lower_than_one_already_served(store: Store) -> None:
    late = store.sell(0, version_at=store.at(0), visible_at=store.at(10))
    store.clock.advance(60)
    early = store.sell(-1)
    assert store.sale_ids() == [early]
    cursor = store.sale(early, "2.0")["version"]
    store.clock.advance(600)
    assert store.sale_ids() == [late, early]
    assert store.sale_ids(after=cursor) == []


def test_an_offline_register_uploads_an_old_date_under_a_new_version(store: Store) -> None:
    late = store.sell(300, visible_at=store.at(5))
    now = store.sell(1)
    assert store.sale_ids() == [now]
    store.clock.advance(300)
    assert store.sale_ids() == [now, late]
    row = store.sale(late)
    assert row["date"] == "2026-08-03T07:00:00+00:00"
    assert row["created_at"] == "2026-08-03T12:05:00+00:00"


def test_sales_show_the_unfinished_and_the_deleted_without_being_asked(store: Store) -> None:
    open_one = store.sell(3, state="pending")
    gone = store.sell(2)
    store.state.delete_sale(gone, store.at(0))
    rows = store.data("2.0/sales", status="CLOSED")
    assert [(row["id"], row["status"], row["deleted_at"] is None) for row in rows] == [
        (open_one, "OPEN", True),
        (gone, "CLOSED", False),
    ]
    store.switch(sales_hide_unfinished=True)
    assert store.sale_ids() == [gone]


@pytest.mark.parametrize("name", ["customers", "products"])
def test_deleted_rows_come_only_when_asked_for(store: Store, name: str) -> None:
    person = store.person()
    store.state.delete_customer(person, store.at(0))
    store.state.delete_product(store.mug, store.at(0))
    row_id = person if name == "customers" else store.mug
    assert row_id not in [row["id"] for row in store.data(f"2026-07/{name}")]
    shown = {row["id"]: row for row in store.data(f"2026-07/{name}", deleted="true")}
    assert shown[row_id]["deleted_at"] == "2026-08-03T12:00:00+00:00"
    assert store.data(f"2026-07/{name}/{row_id}")["id"] == row_id


def test_sizes_are_clamped_in_silence(store: Store) -> None:
    for minute in range(9, 0, -1):
        store.sell(minute)
    store.switch(sales_page_max=3, page_size_default=2, page_max=1)
    assert len(store.sale_ids(page_size=100)) == 3
    assert len(store.sale_ids()) == 2
    assert len(store.data("2.0/products", page_size=100)) == 1
    store.switch(short_page_rows=1)
    assert len(store.sale_ids(page_size=100)) == 1
    assert len(drain(store, "2026-07/sales", page_size=100)) == 9


def test_the_cap_of_sales_is_500(store: Store) -> None:
    store.state.sell_many(
        (store.state.outlet_id, store.at(-9), [(store.mug, 1, "1")], None) for _ in range(501)
    )
    assert len(store.sale_ids(page_size=10_000)) == 500
    assert store.fake.switches.page_max == 10_000


@pytest.mark.parametrize("name", LISTS)
def test_every_list_pages_to_the_end_in_both_newer_generations(store: Store, name: str) -> None:
    store.state.add_brand("Acme")
    store.state.add_tag("new")
    store.state.add_supplier("Acme Supply")
    store.sell()
    old, new = drain(store, f"2.0/{name}", page_size=1), drain(store, f"2026-07/{name}", page_size=1)
    assert old
    assert [row["id"] for row in old] == [row["id"] for row in new]
    single = store.data(f"2026-07/{name}/{new[0]['id']}")
    assert single == new[0]


def test_old_lists_have_numbered_pages_under_the_name_of_the_resource(store: Store) -> None:
    sold = [store.sell(minute) for minute in (30, 20, 10)]
    body = store.get("register_sales", page=2, page_size=2).json()
    assert [row["id"] for row in body["register_sales"]] == sold[2:]
    assert body["pagination"] == {"results": 3, "page": 2, "page_size": 2, "pages": 2}
    assert "pagination" not in store.get("1.0/register_sales").json()
    assert [row["id"] for row in store.get("0.9/register_sales").json()["register_sales"]] == sold
    store.switch(page_block_09="block")
    assert store.get("register_sales").json()["pagination"]["pages"] == 1
    store.switch(page_block_09="top_level")
    assert store.get("register_sales").json()["pages"] == 1


def test_old_sales_can_be_filtered_by_status_outlet_and_change(store: Store) -> None:
    other = store.state.add_outlet("Second", "America/Chicago")
    closed, parked = store.sell(60), store.sell(30, state="parked")
    elsewhere = store.state.sell(other, store.at(-10), [(store.mug, 1)])

    def ids(**params: Any) -> list[str]:
        return [row["id"] for row in store.get("register_sales", **params).json()["register_sales"]]

    assert ids(**{"status[]": ["CLOSED", "VOIDED"]}) == [closed, elsewhere]
    assert ids(outlet_id=other) == [elsewhere]
    assert ids(since="2026-08-03 11:20:00") == [parked, elsewhere]
    assert ids(page_size=500) == [closed, parked, elsewhere]
    assert store.get("register_sales", since="soon").status_code == 400


def test_old_customers_and_products_can_be_looked_up(store: Store) -> None:
    person = store.person(email="ada@hillmail.org")
    rows = store.get("customers", email="ada@hillmail.org").json()["customers"]
    assert [row["id"] for row in rows] == [person]
    assert store.get("products", sku="MUG-1").json()["products"][0]["id"] == store.mug
    assert store.data("2.0/products", sku="MUG-1")[0]["id"] == store.mug
    assert store.get("customers", code="WALKIN").json()["customers"][0]["id"] == store.state.walkin_id


def test_unknown_parameters_are_ignored_and_bad_numbers_refused(store: Store) -> None:
    sold = store.sell()
    assert store.sale_ids(order="desc", status="VOIDED") == [sold]
    for bad in ("-1", "x", "1e3", "9" * 25):
        assert store.get("2026-07/sales", after=bad).status_code == 400


def test_an_expired_version_is_served_by_the_oldest_that_lives_unless_switched(store: Store) -> None:
    assert "variant_parent_id" in store.data("2026-01/products")[0]
    store.clock.set(datetime(2027, 9, 1, tzinfo=UTC))
    store.http.headers["Authorization"] = f"Bearer {store.fake.credentials['personal_token']}"
    assert "variant_parent_id" not in store.data("2026-01/products")[0]
    assert store.sell()
    assert "state" in store.data("2026-01/sales")[0]
    store.switch(expired_version="gone")
    assert store.get("2026-01/sales").status_code == 404


@pytest.mark.parametrize("name", ["2026-02", "2.9", "2031-01", "2026-7", "x"])
def test_versions_that_never_were_are_not_found(store: Store, name: str) -> None:
    answer = store.get(f"{name}/sales")
    assert answer.status_code == 404
    assert "service not found" in answer.text


def test_missing_rows_are_named_in_the_vendors_words(store: Store) -> None:
    assert store.get("2.0/users/nobody").json() == {"error": "user not found"}
    assert store.get("2026-07/taxes/none").json() == {"error": "tax not found"}
    assert store.get("users/nobody").json() == {
        "status": "error",
        "error": "Not Found",
        "details": "user not found",
    }


def test_a_page_may_repeat_shuffle_or_hide_rows(store: Store) -> None:
    first, second, third = store.sell(30), store.sell(20), store.sell(0.5)

    def fault(kind: str, **more: Any) -> list[str]:
        rule = {"kind": kind, "match": {"path": "/api/2026-07/sales"}, "times": 1, **more}
        store.http.post("/_fake/faults", json=[rule])
        return store.sale_ids()

    assert fault("duplicate") == [first, second, third, first]
    assert fault("reorder") == [third, second, first]
    assert fault("late_visibility", seconds=60) == [first, second]
    assert fault("late_lower_version", seconds=90) == [first, third]
    assert store.sale_ids() == [first, third]
    store.clock.advance(90)
    assert store.sale_ids() == [first, second, third]


def test_faults_on_the_old_paths_match_them_as_they_were_asked(store: Store) -> None:
    store.sell()
    store.http.post("/_fake/faults", json={"kind": "duplicate", "match": {"path": "/api/register_sales"}})
    assert len(store.get("register_sales").json()["register_sales"]) == 2
    store.http.post(
        "/_fake/faults", json={"kind": "status", "status": 503, "match": {"path": "/api/customers"}}
    )
    assert store.get("customers").status_code == 503
