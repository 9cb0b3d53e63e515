"""Who gets in: API id and password, account, site, address list, rate limit; and how refusals look."""

import httpx
import pytest
from sitoo_shop import HOST, Shop

ORDERS = f"{HOST}/v2/accounts/90001/orders.json"


def test_the_user_name_is_the_api_id_and_nothing_else(shop: Shop) -> None:
    known = shop.fake.credentials
    for pair in (
        ("90001", known["password"]),
        (known["api_id"], "wrong"),
        (known["api_id"], ""),
        ("", known["password"]),
        ("90001-999", known["password"]),
    ):
        answer = shop.http.get(ORDERS, auth=pair)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert known["api_id"] == "90001-101"
    assert shop.http.get(ORDERS, auth=(known["second_api_id"], known["second_password"])).status_code == 200


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Basic /w==", "Bearer abc"])
def test_a_header_that_is_no_basic_authorization_is_a_401(shop: Shop, header: str) -> None:
    bare = httpx.Client(transport=httpx.WSGITransport(app=shop.fake.wsgi))
    assert bare.get(ORDERS, headers={"Authorization": header}).status_code == 401


def test_another_account_is_a_401_and_another_site_a_404(shop: Shop) -> None:
    assert shop.http.get(ORDERS.replace("90001", "90002")).status_code == 401
    assert shop.refused("GET", "sites/2/stores.json") == 404


def test_the_deprecated_guid_of_the_site_works_until_switched_off(shop: Shop) -> None:
    guid = shop.get("sites.json")["items"][0]["siteid"]
    assert shop.ask("GET", f"sites/{guid}/stores.json").status_code == 200
    shop.fake.switches.guid_site_id = False
    assert shop.refused("GET", f"sites/{guid}/stores.json") == 404


def test_an_address_that_is_not_on_the_list_is_refused(shop: Shop) -> None:
    shop.fake.switches.ip_allowed = False
    assert shop.refused("GET", "orders.json") == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "orders"),
        ("GET", "site/transactions.json"),
        ("GET", "site/orders/17.json"),
        ("GET", "site/orders/abc.json"),
        ("GET", f"site/orders/{'9' * 40}.json"),
        ("DELETE", "site/orders/17.json"),
        ("POST", "orders.json"),
        ("GET", "webhooks.json"),
        ("GET", "site/cashregisters/nope.json"),
        ("GET", "site/products/77/images.json"),
        ("GET", "site/giftcards/1.json"),
        ("PUT", "site/users/nobody.json"),
    ],
)
def test_what_is_not_there_is_a_404(shop: Shop, method: str, path: str) -> None:
    assert shop.refused(method, path, {}) == 404


def test_the_body_of_an_error_is_a_switch(shop: Shop) -> None:
    answer = shop.ask("GET", "orders.json?num=x")
    assert answer.json() == {"statuscode": 400, "errortext": "num must be an integer."}
    shop.fake.switches.error_body = "text"
    answer = shop.ask("GET", "orders.json?num=x")
    assert (answer.text, answer.headers["Content-Type"]) == (
        "num must be an integer.",
        "text/plain; charset=utf-8",
    )
    shop.fake.switches.error_body = "empty"
    assert shop.ask("GET", "orders.json?num=x").text == ""


def test_no_limit_is_documented_so_none_is_in_force_until_set(shop: Shop) -> None:
    for _ in range(300):
        shop.get("sites.json")
    shop.fake.switches.rate_limit_requests = 2
    assert [shop.ask("GET", "sites.json").status_code for _ in range(3)] == [200, 200, 429]
    shop.fake.limits.enabled = False
    assert shop.ask("GET", "sites.json").status_code == 200


def test_the_window_the_scope_and_the_headers_of_the_limit_are_switches(shop: Shop) -> None:
    switches = shop.fake.switches
    switches.rate_limit_requests, switches.rate_limit_window_s = 1, 30
    second = (shop.fake.credentials["second_api_id"], shop.fake.credentials["second_password"])
    shop.get("sites.json")
    refused = shop.ask("GET", "sites.json")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert shop.http.get(ORDERS, auth=second).status_code == 200
    switches.rate_limit_headers = "reset"
    assert shop.ask("GET", "sites.json").headers["X-Rate-Limit-Reset"] == "30"
    switches.rate_limit_headers = "none"
    assert not {"retry-after", "x-rate-limit-reset"} & set(shop.ask("GET", "sites.json").headers)
    shop.clock.advance(30)
    assert shop.ask("GET", "sites.json").status_code == 200
    switches.rate_limit_scope = "account"
    shop.clock.advance(30)
    assert shop.ask("GET", "sites.json").status_code == 200
    assert shop.http.get(ORDERS, auth=second).status_code == 429


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b"null", b"17", b'"x"', b"[]"])
def test_a_body_that_is_no_order_is_a_400(shop: Shop, body: bytes) -> None:
    assert shop.ask("POST", "site/orders.json", content=body).status_code == 400
    assert shop.ask("POST", "site/users.json", content=body).status_code in (200, 400)
