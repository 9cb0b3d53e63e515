"""The truth travels, repeats and resets; and the switches of how rows are written."""

import re
from decimal import Decimal
from typing import Any

import pytest
from x_store import Store, open_store

from fakes.lightspeed_x.records import LineIn, Promotion


def busy(store: Store) -> None:
    state = store.state
    person = store.person(email="ada@hillmail.org", tags=("VIP",))
    promotion = Promotion("Summer", Decimal(1))
    sale = store.sell(
        30, lines=[store.line(2, "10", promotions=(promotion,))], customer_id=person, discount="1"
    )
    state.refund(sale, store.at(-9), {state.lines_of(sale)[0]: 1})
    store.sell(-10, customer_id=person)
    store.sell(-5, visible_at=store.at(60), version_at=store.at(20))
    state.void(sale, store.at(30))
    card = state.add_product("Card", sku="C", price="5", kind="gift_card")
    store.sell(5, lines=[LineIn(card, 1, gift_card_number="9")])
    rule = {"kind": "late_lower_version", "times": 1, "seconds": 600}
    store.http.post("/_fake/faults", json=[rule])
    store.sale_ids()


def everything(store: Store) -> list[Any]:
    store.http.headers["Authorization"] = f"Bearer {store.fake.credentials['personal_token']}"
    names = ("sales", "customers", "products", "outlets", "registers", "customer_groups", "webhooks")
    return [store.data(f"2.0/{name}") for name in names] + [store.data("2026-07/gift_cards")]


def test_a_dumped_state_loads_into_the_same_world() -> None:
    first, second = open_store(), open_store()
    busy(first)
    dumped = first.http.get("/_fake/state").json()
    assert second.http.put("/_fake/state", json=dumped).status_code == 200
    assert second.http.get("/_fake/state").content == first.http.get("/_fake/state").content
    for _ in range(3):
        assert everything(second) == everything(first)
        first.clock.advance(1_500)
        second.clock.advance(1_500)
    assert first.sell() == second.sell()


def test_the_same_seed_and_calls_give_the_same_bytes() -> None:
    first, second, other = open_store(), open_store(), open_store(2)
    for one in (first, second, other):
        busy(one)
    assert first.http.get("/_fake/state").content == second.http.get("/_fake/state").content
    assert not set(first.state.sale_ids()) & set(other.state.sale_ids())


@pytest.mark.parametrize("bad", [{}, {"tables": {}}, [], {"tables": 1}])
def test_a_dump_that_is_none_is_refused(store: Store, bad: Any) -> None:
    assert store.http.put("/_fake/state", json=bad).status_code == 400
    assert store.data("2.0/outlets")[0]["name"] == "Main Outlet"


def test_a_reset_gives_the_fresh_account_back() -> None:
    fresh, used = open_store(), open_store()
    busy(used)
    used.switch(no_customer="null")
    for one in (fresh, used):
        one.http.post("/_fake/reset")
    assert used.fake.switches.no_customer == "walkin"
    assert used.http.get("/_fake/state").content == fresh.http.get("/_fake/state").content
    assert used.sale_ids() == []


def test_a_seed_makes_shops_people_and_sales(store: Store) -> None:
    asked = {"seed": 3, "shops": 2, "customers": 10, "sales": 60, "days": 5}
    made = store.http.post("/_fake/seed", json=asked).json()
    assert made == {"shops": 2, "customers": 10, "products": 10, "sales": 60, "days": 5}
    rows = store.data("2026-07/sales", page_size=500)
    assert len([row for row in rows if not row["return"]["is_return"]]) == 60
    assert len([row for row in rows if row["return"]["is_return"]]) == 2
    assert len(store.data("2026-07/outlets")) == 3
    assert store.http.post("/_fake/seed", json={"shops": 0}).status_code == 400


def test_a_shop_is_a_world_of_its_own() -> None:
    first, second = open_store(), open_store()
    first.sell()
    assert (len(first.sale_ids()), len(second.sale_ids())) == (1, 0)


def test_equal_lines_are_one_object_in_memory(store: Store) -> None:
    row = (store.state.outlet_id, store.at(-9), [(store.mug, 2, "1.50")], None)
    store.state.sell_many([row] * 100)
    assert len({id(line) for sale in store.state.sales for line in sale.lines}) == 1


def test_ids_are_of_no_rfc_version_unless_switched(store: Store) -> None:
    vend = store.sell()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-11e6-[0-9a-f]{12}", vend)
    store.switch(id_style="rfc4")
    rfc = store.sell()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", rfc)
    rows = store.data("2.0/sales")
    parts = [one["id"] for row in rows for one in (*row["line_items"], *row["payments"])]
    assert len(set(parts)) == 4


def test_nulls_are_printed_or_left_away(store: Store) -> None:
    sale = store.sell()
    assert store.sale(sale, "2.0")["source_id"] is None
    store.switch(null_keys="missing")
    row = store.sale(sale, "2.0")
    assert "source_id" not in row
    assert "note" not in row["line_items"][0]
    assert store.get("2.0/sales", after=2**62).json() == {"data": [], "version": {}}


@pytest.mark.parametrize(("style", "empty"), [("null", None), ("object", {})])
def test_a_product_without_brand_has_null_or_an_empty_object(store: Store, style: str, empty: Any) -> None:
    store.switch(empty_relation=style)
    row = store.data(f"2.0/products/{store.mug}")
    assert (row["brand"], row["supplier"], row["type"]) == (empty, empty, empty)


@pytest.mark.parametrize("style", ["url", "null"])
def test_a_product_without_image_shows_a_placeholder(store: Store, style: str) -> None:
    store.switch(placeholder_image=style)
    row = store.data(f"2.0/products/{store.mug}")
    host = "https://secure.retail.lightspeed.app/images/placeholder/product/"
    assert row["image_url"] == (f"{host}no-image-white-standard.png" if style == "url" else None)
    assert row["images"] == []


@pytest.mark.parametrize(("loose", "sequence", "flag"), [(False, 0, False), (True, "0", 0)])
def test_types_may_be_loose_in_2_0(store: Store, loose: bool, sequence: Any, flag: Any) -> None:
    store.switch(loose_types=loose)
    line = store.sale(store.sell(), "2.0")["line_items"][0]
    assert line["sequence"] == sequence
    assert line["price_set"] is flag or (loose and line["price_set"] == flag)


@pytest.mark.parametrize("shown", [True, False])
def test_date_versions_may_print_status_and_version_at_the_top(store: Store, shown: bool) -> None:
    store.switch(dated_status=shown, dated_top_version=shown)
    row = store.sale(store.sell())
    assert (row.get("status") == "CLOSED") is shown
    assert (row.get("version") == row["_metadata"]["version"]) is shown


@pytest.mark.parametrize("gap", [1, 1_000_000])
def test_the_gaps_of_the_counter_are_a_switch(store: Store, gap: int) -> None:
    store.switch(version_gap_max=gap)
    start = store.state.counter
    for _ in range(10):
        store.sell(state="parked")
    steps = store.state.counter - start
    assert steps == 10 if gap == 1 else steps > 10_000


def test_every_answer_is_counted_in_the_journal_by_its_route(store: Store) -> None:
    store.get("2026-07/sales")
    store.get("register_sales")
    counts = store.http.get("/_fake/journal").json()["counts"]
    assert counts["route.GET /api/<version>/sales"] == 1
    assert counts["route.GET /api/<version>/register_sales"] == 1
