"""Seeding, dumping, resetting and breaking the R-Series fake from outside."""

import httpx
import pytest
from fake_till import NOON, Till

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.app import LightspeedRFake, build

PLANE = "https://r.test/_fake"


def _client(fake: LightspeedRFake) -> httpx.Client:
    headers = {"Authorization": f"Bearer {fake.credentials['access_token']}"}
    return httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), headers=headers)


def _seeded(seed: int) -> dict[str, object]:
    fake = build(VirtualClock(NOON))
    with _client(fake) as http:
        asked = {"seed": seed, "shops": 3, "customers": 20, "sales": 60, "days": 5}
        assert http.post(f"{PLANE}/seed", json=asked).json() == {**_without_seed(asked), "items": 10}
        state: dict[str, object] = http.get(f"{PLANE}/state").json()
    return state


def _without_seed(asked: dict[str, int]) -> dict[str, int]:
    return {key: value for key, value in asked.items() if key != "seed"}


def test_the_same_seed_gives_the_same_history() -> None:
    assert _seeded(4) == _seeded(4)
    assert _seeded(4) != _seeded(5)


def test_seeded_people_have_addresses_klaviyo_would_take() -> None:
    customers = _seeded(4)["customers"]
    assert isinstance(customers, list)
    emails = [row["email"] for row in customers]
    assert emails.count("") == 2
    domains = {email.partition("@")[2] for email in emails if email}
    assert domains
    assert not any(domain.startswith(("example.", "test.")) for domain in domains)


def test_a_dumped_state_loads_into_another_fake(till: Till) -> None:
    buyer = till.state.add_customer("Ada", "Low", email="ada@hillmail.org", phones=["1"], at=till.at(-60))
    sold = till.sell(30, customer_id=buyer, ship_to=True, payment_type="3")
    till.state.refund(sold, till.at(-5))
    later = till.sell(-10, customer_id=buyer)
    till.state.void(later, till.at(15))
    dumped = till.http.get(f"{PLANE}/state").json()
    twin = build(VirtualClock(NOON))
    with _client(twin) as http:
        assert http.put(f"{PLANE}/state", json=dumped).json() == {"loaded": True}
        assert http.get(f"{PLANE}/state").json() == dumped
        question = f"{PLANE.removesuffix('/_fake')}/API/V3/Account/797/Sale.json?load_relations=all"
        assert http.get(question).json() == till.http.get(question).json()
        twin.clock.sleep(16 * 60)
        late = http.get(f"{PLANE.removesuffix('/_fake')}/API/V3/Account/797/Sale/{later}.json").json()
        assert late["Sale"]["voided"] == "true"


def test_nonsense_is_not_loaded_and_nothing_is_lost(till: Till) -> None:
    till.sell()
    assert till.http.put(f"{PLANE}/state", json={"sales": []}).status_code == 400
    assert till.state.sales_count() == 1


def test_reset_empties_the_shop_and_revives_the_published_tokens(till: Till) -> None:
    till.sell()
    till.clock.advance(86_400)
    assert till.get("Sale.json").status_code == 401
    till.http.post(f"{PLANE}/reset")
    assert till.rows("Sale") == []
    assert till.rows("Shop") == []


def test_a_page_does_not_outlive_its_truth(till: Till) -> None:
    asked = {"sort": "lastName"}
    till.state.add_customer("Ada", "Low", at=till.at(-60))
    assert till.ids("Customer", **asked) == [1]
    till.http.post(f"{PLANE}/reset")
    assert till.ids("Customer", **asked) == []


def test_switches_are_set_by_name_and_bad_values_refused(till: Till) -> None:
    assert till.http.put(f"{PLANE}/switches", json={"zero_rows": "empty_list"}).status_code == 200
    assert till.get("Sale.json").json()["Sale"] == []
    assert till.http.put(f"{PLANE}/switches", json={"zero_rows": "null"}).status_code == 400
    assert till.http.put(f"{PLANE}/switches", json={"nonsense": 1}).status_code == 400


def test_maintenance_is_a_503_in_html(till: Till) -> None:
    till.fake.switches.maintenance = True
    answer = till.get("Sale.json")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 502}, 502),
        ({"kind": "rate_limit", "retry_after": 7}, 429),
        ({"kind": "expired_token"}, 401),
        ({"kind": "html"}, 200),
    ],
)
def test_injected_faults_look_like_the_vendors_own(till: Till, fault: dict[str, object], status: int) -> None:
    till.http.post(f"{PLANE}/faults", json=[{**fault, "match": {"path": "/API/*"}, "times": 1}])
    answer = till.get("Sale.json")
    assert answer.status_code == status
    if status == 429:
        assert (answer.headers["Retry-After"], answer.headers["X-LS-API-RateLimit-Type"]) == (
            "7",
            "api-leaky-bucket",
        )
    assert till.get("Sale.json").status_code == 200


def test_a_page_may_repeat_shuffle_or_hide_rows(till: Till) -> None:
    for minute in (50, 30, 1):
        till.sell(minute)
    for kind, seen in (("duplicate", [1, 2, 3, 1]), ("reorder", [3, 2, 1]), ("late_visibility", [1, 2])):
        till.http.post(f"{PLANE}/faults", json=[{"kind": kind, "seconds": 120, "times": 1}])
        assert till.ids("Sale") == seen
        assert till.ids("Sale") == [1, 2, 3]


def test_the_journal_knows_cost_and_rows(till: Till) -> None:
    till.sell(2)
    till.sell(1)
    till.rows("Sale", load_relations='["SaleLines"]')
    journal = till.http.get(f"{PLANE}/journal").json()
    assert journal["cost"] == pytest.approx(1.4)
    assert journal["counts"]["rows"] == 2
    assert journal["entries"][-1]["path"] == "/API/V3/Account/797/Sale.json"
