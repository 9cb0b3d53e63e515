"""Seeding, dumping, resetting, breaking and loading the Sitoo fake in bulk; and what FIDELITY.md says."""

import re
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sitoo_shop import NOON, NOON_S, Shop, listening, pump

from fakes import sitoo
from fakes.kit.clock import VirtualClock
from fakes.sitoo.app import SitooFake, build
from fakes.sitoo.records import LineIn
from fakes.sitoo.switches import Switches

PLANE = "https://x.test/_fake"
FIDELITY = (Path(sitoo.__file__).parent / "FIDELITY.md").read_text()
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_sitoo_*.py"))


def _seeded(seed: int) -> bytes:
    fake = build(VirtualClock(NOON))
    asked = {"seed": seed, "shops": 3, "customers": 20, "sales": 60, "days": 5}
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi)) as http:
        made = http.post(f"{PLANE}/seed", json=asked).json()
        assert made == {"shops": 3, "customers": 20, "items": 10, "sales": 60, "days": 5}
    return msgspec.json.encode(fake.state.dump())


def test_the_same_seed_gives_the_same_history_to_the_byte() -> None:
    assert _seeded(4) == _seeded(4)
    assert _seeded(4) != _seeded(5)


def test_nonsensical_seeds_are_refused(shop: Shop) -> None:
    assert shop.http.post(f"{PLANE}/seed", json={"shops": 0}).status_code == 400
    assert shop.http.post(f"{PLANE}/seed", json={"sales": -1}).status_code == 400


def _lived(shop: Shop) -> None:
    """A bit of everything, some of it still to come."""
    state = shop.state
    ada = state.add_user("Ada", "L", email="ada@x.se", crm={"crm-customerid": "C"}, at=shop.at(-90))
    state.add_category("Cups")
    sold = shop.sell(-60, LineIn(shop.mug, 2, discount="5", sales_tax="3"), user_id=ada)
    state.refund(sold, shop.at(-50), {0: 1})
    shop.sell(-45, practice=True)
    state.close(state.book(shop.till, shop.at(-40), [LineIn(shop.mug)]), shop.at(20))
    state.deliver(state.webshop_order(shop.at(-30), [LineIn(shop.mug)]), shop.at(-20))
    state.hide_order(shop.sell(-10))
    state.close_register(shop.till, shop.at(-5))
    state.close_register(shop.till, shop.at(200))
    shop.sell(-2, visible_at=shop.at(100))
    state.edit(sold, shop.at(40), email="new@x.se")
    state.add_gift_card("951", "500", at=shop.at(-1))
    state.add_product("Plate", sku="P", price="1", image="p.jpg")
    state.subscribe("https://hooks.test", event_types=["order"])
    body = [{"warehouseid": 1, "transactiontype": 10, "items": [{"sku": "Q", "decimalquantity": "3"}]}]
    shop.write("POST", "site/warehousetransactions.json", body)


def _answers(http: httpx.Client, fake: SitooFake, till: str) -> list[str]:
    base = f"https://x.test{fake.credentials['base_path']}"
    paths = ("orders", "sites/1/users", "sites/1/warehousetransactions", "sites/1/products", "pos-z-reports")
    found = [http.get(f"{base}/{path}.json").text for path in paths]
    return [*found, http.get(f"{base}/sites/1/cashregisters/{till}/zreports.json").text]


def test_a_dumped_state_loads_into_another_fake_and_lives_on(shop: Shop) -> None:
    _lived(shop)
    dumped = shop.http.get(f"{PLANE}/state").json()
    clock = VirtualClock(NOON)
    twin = build(clock)
    auth = (twin.credentials["api_id"], twin.credentials["password"])
    with httpx.Client(transport=httpx.WSGITransport(app=twin.wsgi), auth=auth) as http:
        assert http.put(f"{PLANE}/state", json=dumped).json() == {"loaded": True}
        assert http.get(f"{PLANE}/state").json() == dumped
        for _ in range(2):
            assert _answers(http, twin, shop.till) == _answers(shop.http, shop.fake, shop.till)
            clock.advance(4 * 3600)
            shop.clock.advance(4 * 3600)
        assert http.get(f"{PLANE}/state").content == shop.http.get(f"{PLANE}/state").content
        assert twin.state.sell(shop.till, clock.now(), [LineIn(shop.mug)]) == shop.state.sell(
            shop.till, clock.now(), [LineIn(shop.mug)]
        )


@pytest.mark.parametrize("part", ["orders", "lines", "registers", "stock", "documents"])
def test_nonsense_is_not_loaded_and_nothing_is_lost(shop: Shop, part: str) -> None:
    order_id = shop.sell(-5)
    dumped = shop.http.get(f"{PLANE}/state").json()
    for wrong in ({**dumped, part: [1]}, {k: v for k, v in dumped.items() if k != part}):
        assert shop.http.put(f"{PLANE}/state", json=wrong).status_code == 400
        assert shop.ids() == [order_id]


def test_reset_gives_the_fake_back_as_built(shop: Shop) -> None:
    _lived(shop)
    listening(shop)
    shop.sell(-1)
    pump(shop)
    shop.http.post(f"{PLANE}/reset")
    assert msgspec.json.encode(shop.state.dump()) == msgspec.json.encode(
        build(VirtualClock(NOON)).state.dump()
    )
    assert shop.get("orders.json") == {"totalcount": 0, "items": []}
    assert shop.http.get(f"{PLANE}/event-subscriptions").json() == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 502}, 502),
        ({"kind": "rate_limit", "retry_after": 7}, 429),
        ({"kind": "rate_limit"}, 429),
        ({"kind": "expired_token"}, 401),
        ({"kind": "html"}, 200),
    ],
)
def test_injected_faults_look_like_the_vendors_own(shop: Shop, fault: dict[str, Any], status: int) -> None:
    shop.http.post(f"{PLANE}/faults", json=[{**fault, "match": {"path": "/v2/*"}, "times": 1}])
    answer = shop.ask("GET", "orders.json")
    assert answer.status_code == status
    if status == 429:
        assert answer.headers.get("Retry-After") == ("7" if "retry_after" in fault else None)
    if status >= 400:
        assert answer.json()["statuscode"] == status
    assert shop.ask("GET", "orders.json").status_code == 200


def test_a_page_may_repeat_shuffle_or_hide_orders(shop: Shop) -> None:
    made = [shop.sell(minute) for minute in (-50, -30, -1)]
    first, second, third = made
    for kind, seen in (
        ("duplicate", [*made, first]),
        ("reorder", [third, second, first]),
        ("late_visibility", [first, second]),
    ):
        shop.http.post(f"{PLANE}/faults", json=[{"kind": kind, "times": 1, **_held(kind)}])
        assert shop.ids(sort="orderid") == seen
        assert shop.ids(sort="orderid") == made


def _held(kind: str) -> dict[str, float]:
    return {"seconds": 120} if kind == "late_visibility" else {}


def test_a_reset_after_the_effect_keeps_the_order(shop: Shop) -> None:
    fault = {"kind": "reset_after", "match": {"method": "POST", "path": "/v2/*"}, "times": 1}
    shop.http.post(f"{PLANE}/faults", json=[fault])
    with pytest.raises(ConnectionResetError):
        shop.ask("POST", "site/orders.json", json={"ordertypeid": 10})
    assert shop.get("orders.json")["totalcount"] == 1


def test_switches_take_only_what_they_can(shop: Shop) -> None:
    for wrong in ({"order_ids": "never"}, {"events_batch_max": 11}, {"nonsense": 1}, {"num_max": "many"}):
        assert shop.http.put(f"{PLANE}/switches", json=wrong).status_code == 400
    assert shop.http.put(f"{PLANE}/switches", json={"order_ids": "till"}).status_code == 200


def test_the_journal_counts_rows(shop: Shop) -> None:
    shop.sell(-2)
    shop.sell(-1)
    shop.ids()
    assert shop.http.get(f"{PLANE}/journal").json()["counts"]["rows"] == 2


def test_bulk_sales_are_like_scripted_ones(shop: Shop) -> None:
    bulk = shop.state.bulk()
    ada = bulk.contact(email="ada@x.se", phone="+461", first="Ada", last="L", crm={"crm-customerid": "C"})
    fast = bulk.order(shop.till, NOON_S - 600, [(shop.mug, 2, 10_000, 500)], ada, "Cash")
    bulk.done()
    slow = shop.sell(
        -9,
        LineIn(shop.mug, 2, discount="5"),
        email="ada@x.se",
        phone="+461",
        first="Ada",
        last="L",
        crm_id="C",
        payment="Cash",
    )
    left, right = shop.order(fast), shop.order(slow)
    differing = {name for name in left if left[name] != right[name]}
    assert differing == {"orderid", "orderdate", "additionaldata", "orderlogitems"}
    assert left["additionaldata"].keys() == right["additionaldata"].keys()
    with pytest.raises(KeyError):
        bulk.order(shop.till, NOON_S, [(99, 1, 1, 0)])


def test_twenty_thousand_rows_are_rung_up_in_seconds_and_cut_into_pages(shop: Shop) -> None:
    bulk, rows = shop.state.bulk(), [(shop.mug, 1, 1_000 + n, 0) for n in range(10)]
    began = time.perf_counter()
    for number in range(2_000):
        bulk.order(shop.till, NOON_S - 90_000 + number * 40, rows)
    bulk.done()
    assert time.perf_counter() - began < 5
    seen: list[int] = []
    while True:
        page = shop.ids(sort="orderid", num=1000, start=len(seen), fields="orderid")
        if not page:
            break
        seen += page
    assert len(set(seen)) == 2_000
    assert seen == sorted(seen)
    shop.state.close_register(shop.till, shop.at(-1))
    assert shop.state.zreport(shop.till, 1)["numsalesitems"] == 20_000


def test_every_switch_is_in_the_table() -> None:
    assert [field.name for field in fields(Switches) if f"`{field.name}`" not in FIDELITY] == []


def test_every_test_named_in_the_table_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", FIDELITY))
    assert len(named) > 60
    assert [name for name in sorted(named) if f"def {name}(" not in TESTS] == []


def test_every_switch_is_set_in_some_test() -> None:
    assert [field.name for field in fields(Switches) if field.name not in TESTS] == []


def test_what_was_planned_for_somebody_deleted_meanwhile_is_not_done(shop: Shop) -> None:
    guid = shop.state.add_user("A", "B", email="a@x.se", at=shop.at(-5))
    shop.state.edit_user(guid, shop.at(10), company="Acme")
    shop.state.close_store(shop.store, shop.at(10))
    shop.sell(-5)
    shop.write("DELETE", f"site/users/{guid}.json", None)
    shop.write("DELETE", f"site/stores/{shop.store}.json", None)
    listening(shop)
    shop.clock.advance(601)
    assert shop.get("site/users.json")["totalcount"] == 0
    assert shop.get("pos-z-reports.json")[0]["store_name"] == ""
    assert shop.get("pos-z-reports.json", store_id="200") == []
    assert shop.get("site/cashregisters.json")["items"][0]["city"] == ""
    assert "store-name" not in shop.get("orders.json")["items"][0]["additionaldata"]


def test_a_sale_dated_anew_before_closing_is_counted_on_its_new_day(shop: Shop) -> None:
    sold = shop.sell(-60)
    shop.state.edit(sold, shop.at(-50), orderdate=NOON_S - 600)
    shop.state.close_register(shop.till, shop.at(-30))
    shop.state.close_register(shop.till, shop.at(-1))
    assert [shop.state.zreport(shop.till, number)["numsales"] for number in (1, 2)] == [0, 1]
