"""The leaky bucket of the R-Series fake: exact costs, headers, bursts, refusals."""

from decimal import Decimal

import pytest
from fake_till import NOON, Till

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.app import build
from fakes.lightspeed_r.costs import drip_text

NATIVE = (
    '["SaleLines","SaleLines.Item","SalePayments","SalePayments.PaymentType","Customer","Customer.Contact",'
    '"ShipTo","ShipTo.Contact"]'
)


def _cost(till: Till, path: str, raw: str = "") -> str:
    return str(till.get(path, raw=raw).headers["X-LS-Api-Request-Cost"])


@pytest.mark.parametrize(
    ("path", "query", "cost"),
    [
        ("Sale.json", "", "1"),
        ("Sale.json", f"load_relations={NATIVE}", "3"),
        ("Customer.json", 'load_relations=["Contact"]', "1.2"),
        ("Sale.json", 'load_relations=["SaleLines","SalePayments","Customer","Customer.Contact"]', "2.2"),
        ("Item.json", 'load_relations=["Category","Manufacturer","Images"]', "1.8"),
        ("Sale/1.json", 'load_relations=["SaleLines","SaleLines.Item","Customer"]', "1.5"),
        ("ShipTo.json", "load_relations=all", "1.2"),
        ("Sale.json", "count=1", "10"),
        ("Sale.json", "or=saleID%3D1|saleID%3D2", "1"),
        ("Sale.json", "or=saleID%3D1|shopID%3D2|registerID%3D3", "4"),
        ("Sale.json", "or=saleID%3D%3E%2C1|total%3D%3E%2C5", "12"),
    ],
)
def test_costs_follow_the_published_rules(till: Till, path: str, query: str, cost: str) -> None:
    till.sell()
    assert _cost(till, path, query) == cost


def test_doubling_twice_is_a_switch(till: Till) -> None:
    till.fake.switches.relation_doubling = "twice"
    # 1 + 0.4 for the lines + 0.1 x 4 for the items below them
    assert _cost(till, "Sale.json", 'load_relations=["SaleLines","SaleLines.Item"]') == "1.8"


def test_headers_report_level_size_drip_and_burst(till: Till) -> None:
    till.get("Customer.json", raw='load_relations=["Contact"]')
    till.clock.advance(0.5)
    headers = till.get("Shop.json").headers
    assert headers["X-LS-Api-Bucket-Level"] == "1.7/90"
    assert headers["X-LS-Api-Drip-Rate"] == "1"
    assert headers["X-LS-Api-Burst-Level"] == "2/20"
    assert headers["X-LS-Acct-Id"] == "797"
    assert headers["X-LS-Oauth-Client-Id"] == till.fake.credentials["client_id"]
    assert "Cf-Ray" in headers
    assert "Retry-After" not in headers


@pytest.mark.parametrize(
    ("registers", "level", "drip", "burst"),
    [(1, "1/90", "1", "1/20"), (2, "1/100", "1.5", "1/22"), (5, "1/130", "3", "1/28")],
)
def test_registers_make_the_bucket_larger(registers: int, level: str, drip: str, burst: str) -> None:
    import httpx

    fake = build(VirtualClock(NOON), registers=registers)
    headers = {"Authorization": f"Bearer {fake.credentials['access_token']}"}
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), headers=headers) as http:
        answer = http.get("https://r.test/API/V3/Account.json").headers
    assert answer["X-LS-Api-Bucket-Level"] == level
    assert answer["X-LS-Api-Drip-Rate"] == drip
    assert answer["X-LS-Api-Burst-Level"] == burst


def test_the_request_that_overflows_passes_and_the_next_is_refused(till: Till) -> None:
    for _ in range(8):
        till.get("Sale.json", count=1)
    till.get("Sale.json", raw=f"load_relations={NATIVE}")
    over = till.get("Sale.json", count=1)
    assert (over.status_code, over.headers["X-LS-Api-Bucket-Level"]) == (200, "93/90")
    blocked = till.get("Shop.json")
    assert blocked.status_code == 429
    assert blocked.headers["X-LS-API-RateLimit-Type"] == "api-leaky-bucket"
    assert blocked.headers["Retry-After"] == "3"
    assert blocked.headers["X-LS-Api-Bucket-Level"] == "93/90"
    assert blocked.json()["httpCode"] == "429"
    till.clock.advance(3.5)
    assert till.get("Shop.json").status_code == 200


def test_whether_a_refused_request_fills_the_bucket_is_a_switch(till: Till) -> None:
    till.fake.switches.blocked_requests_cost = True
    for _ in range(9):
        till.get("Sale.json", count=1)
    blocked = till.get("Sale.json", count=1)
    assert (blocked.status_code, blocked.headers["X-LS-Api-Bucket-Level"]) == (429, "100/90")
    assert blocked.headers["Retry-After"] == "10"
    assert blocked.headers["X-LS-Api-Burst-Level"] == "10/20"


def test_the_twenty_first_request_of_a_second_is_a_burst(till: Till) -> None:
    answers = [till.get("Shop.json") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["X-LS-API-RateLimit-Type"] == "api-burst-limiter"
    assert answers[-1].headers["Retry-After"] == "1"
    till.clock.advance(1)
    assert till.get("Shop.json").status_code == 200


def test_the_burst_limit_is_a_switch(till: Till) -> None:
    till.fake.switches.burst_max = 2
    assert [till.get("Shop.json").status_code for _ in range(3)] == [200, 200, 429]


def test_limits_can_be_switched_off(till: Till) -> None:
    till.http.post("https://r.test/_fake/limits", json={"enabled": False})
    assert {till.get("Shop.json").status_code for _ in range(200)} == {200}


def test_a_refused_question_costs_like_any_other(till: Till) -> None:
    till.get("Sale/99.json")
    assert till.get("Shop.json").headers["X-LS-Api-Bucket-Level"] == "2/90"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(Decimal("3.0"), "3"), (Decimal("1.2"), "1.2"), (13.654105901717, "13.654105901717"), (0.0, "0")],
)
def test_levels_are_written_shortly(amount: Decimal | float, text: str) -> None:
    assert drip_text(amount) == text
