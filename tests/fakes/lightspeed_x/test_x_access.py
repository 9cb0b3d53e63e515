"""Who comes in: OAuth, scopes, personal tokens, the limiters, and the bodies of refusals."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from x_store import Store, open_store

SCOPE = "customers:read sales:read"


def connect(store: Store, **changes: str) -> dict[str, str]:
    """The query of the address the browser is sent to."""
    asked = {
        "response_type": "code",
        "client_id": store.fake.credentials["client_id"],
        "redirect_uri": store.fake.switches.redirect_uri,
        "state": "s1",
        "scope": SCOPE,
        **changes,
    }
    answer = store.http.get("/connect", params=asked)
    assert answer.status_code == 302, answer.text
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(store: Store, **fields: str) -> httpx.Response:
    known = {key: store.fake.credentials[key] for key in ("client_id", "client_secret")}
    return store.http.post("/api/1.0/token", data={**known, **fields})


def grant(store: Store, scope: str = SCOPE) -> dict[str, Any]:
    code = connect(store, scope=scope)["code"]
    answer = token(
        store, grant_type="authorization_code", code=code, redirect_uri=store.fake.switches.redirect_uri
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def use(store: Store, access: str) -> None:
    store.http.headers["Authorization"] = f"Bearer {access}"


def test_a_code_buys_a_pair_for_what_was_asked(store: Store) -> None:
    sent = connect(store)
    assert (sent["domain_prefix"], sent["state"]) == ("demo", "s1")
    body = grant(store)
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86_400, SCOPE)
    assert body["expires"] == int(store.clock.now().timestamp()) + 86_400
    use(store, body["access_token"])
    assert store.get("2026-07/sales").status_code == 200


def test_a_code_is_good_once_and_for_its_own_address(store: Store) -> None:
    code = connect(store)["code"]
    fields = {"grant_type": "authorization_code", "code": code}
    assert token(store, **fields, redirect_uri="https://elsewhere.test").status_code == 400
    again = token(store, **fields, redirect_uri=store.fake.switches.redirect_uri)
    assert again.json()["error"] == "invalid_grant"


def test_a_scope_is_mandatory_unless_switched(store: Store) -> None:
    assert connect(store, scope="")["error"] == "invalid_scope"
    assert connect(store, scope="sales.read")["error"] == "invalid_scope"
    store.switch(scope_required=False)
    assert "code" in connect(store, scope="")


def test_connect_is_refused_for_strangers(store: Store) -> None:
    asked = {"response_type": "code", "client_id": "x", "scope": SCOPE}
    assert store.http.get("/connect", params=asked).status_code == 400
    asked["client_id"] = store.fake.credentials["client_id"]
    assert (
        store.http.get("/connect", params={**asked, "redirect_uri": "https://evil.test"}).status_code == 400
    )
    assert connect(store, response_type="token")["error"] == "unsupported_response_type"


def test_a_registered_address_is_a_switch(store: Store) -> None:
    store.switch(redirect_uri="https://app.test/cb?x=1")
    assert "code" in connect(store)


def test_a_refresh_rotates_both_and_kills_the_old_ones(store: Store) -> None:
    old = store.fake.credentials
    new = token(store, grant_type="refresh_token", refresh_token=old["refresh_token"]).json()
    assert new["refresh_token"] != old["refresh_token"]
    assert store.get("2026-07/sales").json() == {"error": "Access token is not valid"}
    use(store, new["access_token"])
    assert store.get("2026-07/sales").status_code == 200
    replay = token(store, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_secret_or_grant_is_refused(store: Store) -> None:
    assert token(store, client_secret="nö", grant_type="refresh_token").status_code == 401
    assert token(store, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_an_access_token_lives_a_day_or_as_switched(store: Store) -> None:
    store.switch(access_token_life_s=60)
    use(store, grant(store)["access_token"])
    store.clock.advance(59)
    assert store.get("2026-07/sales").status_code == 200
    store.clock.advance(1)
    assert store.get("2026-07/sales").status_code == 401


def test_a_refresh_token_may_be_given_a_life(store: Store) -> None:
    refresh = store.fake.credentials["refresh_token"]
    store.clock.advance(3_600)
    store.switch(refresh_token_life_s=3_600)
    assert token(store, grant_type="refresh_token", refresh_token=refresh).status_code == 400


def test_a_personal_token_never_expires(store: Store) -> None:
    use(store, store.fake.credentials["personal_token"])
    store.clock.advance(400 * 86_400)
    assert store.get("2.0/sales").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic x"])
def test_other_credentials_are_turned_away(store: Store, header: str) -> None:
    del store.http.headers["Authorization"]
    answer = store.http.get("/api/2026-07/sales", headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"error": "Access token is not valid"})


NEEDS = [
    ("sales", "sales:read"),
    ("customers", "customers:read"),
    ("customer_groups", "customers:read"),
    ("products", "products:read"),
    ("product_categories", "products:read"),
    ("outlets", "outlets:read"),
    ("registers", "registers:read"),
    ("users", "users:read"),
    ("taxes", "taxes:read"),
    ("payment_types", "payment_types:read"),
    ("webhooks", "webhooks"),
    ("channels", "channels:read"),
    ("promotions", "promotions:read"),
    ("gift_cards", "gift_cards:read"),
    ("store_credits", "store_credits:read"),
    ("suppliers", "suppliers:read"),
    ("search?type=sales", "sales:read"),
]


@pytest.mark.parametrize(("path", "scope"), NEEDS)
def test_every_resource_wants_its_scope(store: Store, path: str, scope: str) -> None:
    use(store, grant(store, scope)["access_token"])
    assert store.http.get(f"/api/2026-07/{path}").status_code == 200
    use(store, grant(store, "inventory:read")["access_token"])
    answer = store.http.get(f"/api/2026-07/{path}")
    assert (answer.status_code, answer.json()) == (403, {"error": "permission denied"})


def test_the_retailer_wants_two_scopes(store: Store) -> None:
    use(store, grant(store, "retailer:read")["access_token"])
    assert store.get("2026-07/retailer").status_code == 403
    use(store, grant(store, "retailer:read payment_types:read")["access_token"])
    assert store.get("2026-07/retailer").json()["data"]["domain_prefix"] == "demo"


def test_a_user_agent_may_be_required(store: Store) -> None:
    bare = {"User-Agent": ""}
    assert store.http.get("/api/2026-07/sales", headers=bare).status_code == 200
    store.switch(user_agent_required=True)
    assert store.http.get("/api/2026-07/sales", headers=bare).status_code == 403
    assert store.get("2026-07/sales").status_code == 200


def spend(store: Store, count: int) -> httpx.Response:
    for _ in range(count):
        answer = store.get("2026-07/brands")
    return answer


def test_one_register_allows_350_requests_in_a_window(store: Store) -> None:
    first = store.get("2026-07/brands")
    limits: Mapping[str, str] = first.headers
    assert (limits["X-RateLimit-Limit"], limits["X-RateLimit-Remaining"]) == ("350", "349")
    assert spend(store, 349).status_code == 200
    store.clock.advance(100)
    refused = store.get("2026-07/brands")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "Mon, 03 Aug 2026 12:05:00 GMT"
    body = refused.json()
    assert (body["error"], body["message"]) == ("Too Many Requests", "Rate limiting enforced")
    assert body["retry-after"] == "Mon, 03 Aug 2026 12:05:00 GMT"
    store.clock.advance(199)
    assert store.get("2026-07/brands").status_code == 429
    store.clock.advance(1)
    assert store.get("2026-07/brands").headers["X-RateLimit-Remaining"] == "349"


@pytest.mark.parametrize("counts", [True, False])
def test_each_register_adds_300_and_deleted_ones_by_switch(store: Store, counts: bool) -> None:
    register = store.state.add_register(store.state.outlet_id, "Second")
    store.state.when(0, "delete_row", "registers", register)
    store.switch(deleted_registers_count=counts)
    limit = store.get("2026-07/brands").headers["X-RateLimit-Limit"]
    assert limit == ("650" if counts else "350")


@pytest.mark.parametrize(("window", "status"), [("fixed", 200), ("sliding", 429)])
def test_the_window_is_fixed_or_slides(store: Store, window: str, status: int) -> None:
    store.switch(limit_window=window)
    spend(store, 1)
    store.clock.advance(299)
    spend(store, 349)
    store.clock.advance(1)
    assert spend(store, 1).status_code == 200
    assert spend(store, 1).status_code == status


@pytest.mark.parametrize(("scope", "status"), [("application", 200), ("retailer", 429)])
def test_callers_count_apart_or_together(store: Store, scope: str, status: int) -> None:
    store.switch(limit_scope=scope)
    spend(store, 350)
    use(store, store.fake.credentials["personal_token"])
    assert spend(store, 1).status_code == status


@pytest.mark.parametrize(("counts", "status"), [(True, 429), (False, 200)])
def test_refused_calls_count_by_switch_in_a_sliding_window(store: Store, counts: bool, status: int) -> None:
    store.switch(refused_calls_count=counts, limit_window="sliding")
    spend(store, 350)
    store.clock.advance(1)
    spend(store, 350)
    store.clock.advance(299)
    assert spend(store, 1).status_code == status


@pytest.mark.parametrize(
    ("style", "header"), [("date", "Mon, 03 Aug 2026 12:05:00 GMT"), ("seconds", "300"), ("absent", None)]
)
def test_retry_after_is_a_date_seconds_or_missing(store: Store, style: str, header: str | None) -> None:
    store.switch(retry_after=style)
    assert spend(store, 351).headers.get("Retry-After") == header


@pytest.mark.parametrize(
    ("style", "keys"),
    [
        ("both", {"error", "message", "limits", "retry-after"}),
        ("documented", {"error", "message"}),
        ("old", {"error", "limits", "retry-after"}),
    ],
)
def test_the_429_body_speaks_to_old_and_new_clients(store: Store, style: str, keys: set[str]) -> None:
    store.switch(limit_body=style)
    assert set(spend(store, 351).json()) == keys


def test_limits_can_be_switched_off(store: Store) -> None:
    store.http.post("/_fake/limits", json={"enabled": False})
    assert spend(store, 360).status_code == 200


def test_tokens_have_a_limiter_of_their_own(store: Store) -> None:
    store.switch(token_limit=2)
    answers = [token(store, grant_type="password") for _ in range(3)]
    assert [one.status_code for one in answers] == [400, 400, 429]
    assert answers[0].headers["X-RateLimit-Limit"] == "2"
    reset = int(answers[0].headers["X-RateLimit-Reset"])
    assert reset == int(store.clock.now().timestamp()) + 60
    assert store.get("2026-07/sales").status_code == 200


FAULTS = [
    ({"kind": "status", "status": 500}, 500),
    ({"kind": "rate_limit", "retry_after": 30}, 429),
    ({"kind": "rate_limit"}, 429),
    ({"kind": "expired_token"}, 401),
    ({"kind": "html"}, 200),
    ({"kind": "truncated"}, 200),
    ({"kind": "delay", "seconds": 2}, 200),
]


@pytest.mark.parametrize(("fault", "status"), FAULTS)
def test_transport_faults_speak_the_vendors_words(store: Store, fault: dict[str, Any], status: int) -> None:
    store.http.post("/_fake/faults", json=[{**fault, "times": 1}])
    answer = store.get("2026-07/outlets")
    assert answer.status_code == status
    if fault["kind"] == "rate_limit":
        late = "Mon, 03 Aug 2026 12:00:30 GMT" if "retry_after" in fault else None
        assert answer.headers.get("Retry-After") == late
    if fault["kind"] == "status":
        assert answer.headers["Content-Type"].startswith("text/html")
    assert store.get("2026-07/outlets").json()["data"][0]["name"] == "Main Outlet"


@pytest.mark.parametrize(("kind", "count"), [("reset_before", 0), ("reset_after", 1)])
def test_a_closed_connection_may_or_may_not_have_taken_effect(store: Store, kind: str, count: int) -> None:
    store.http.post("/_fake/faults", json=[{"kind": kind, "times": 1}])
    with pytest.raises(ConnectionResetError):
        store.http.post("/api/2026-07/sales", json=store.write())
    assert store.state.sales_count() == count


def test_any_host_and_store_name_is_answered() -> None:
    other = open_store(domain_prefix="acme")
    assert other.data("2026-07/retailer")["domain_prefix"] == "acme"
    assert other.http.get("https://acme.vendhq.com/api/2.0/outlets").status_code == 200
    assert other.http.get("/api/2.0/nothing").json() == {"error": "service not found"}
    assert other.http.delete("/api/2.0/outlets").status_code == 405
