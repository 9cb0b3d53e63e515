"""The authorization server of the R-Series fake: codes, rotation, revocation, and what a dead token gets."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fake_till import BASE, Till

VERIFIER = "v" * 43


def _authorize(till: Till, **changes: str) -> httpx.Response:
    asked = {
        "response_type": "code",
        "client_id": till.fake.credentials["client_id"],
        "scope": "employee:register_read employee:customers_read",
        "state": "s+1",
        **changes,
    }
    return till.http.get(f"{BASE}/auth/oauth/authorize", params=asked)


def _code(till: Till, **changes: str) -> str:
    return parse_qs(urlsplit(_authorize(till, **changes).headers["Location"]).query)["code"][0]


def _client(till: Till) -> dict[str, str]:
    return {key: till.fake.credentials[key] for key in ("client_id", "client_secret")}


def _token(till: Till, **fields: str) -> httpx.Response:
    return till.http.post(f"{BASE}/auth/oauth/token", data={**_client(till), **fields})


def _refresh(till: Till, token: str | None = None) -> httpx.Response:
    refresh = token or till.fake.credentials["refresh_token"]
    return _token(till, grant_type="refresh_token", refresh_token=refresh)


def _status(till: Till, access: str) -> int:
    return till.http.get(
        f"{BASE}/API/V3/Account.json", headers={"Authorization": f"Bearer {access}"}
    ).status_code


def test_authorizing_redirects_at_once_with_code_and_state(till: Till) -> None:
    till.fake.switches.redirect_uri = "https://127.0.0.1:9/back?x=1"
    answer = _authorize(till)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://127.0.0.1:9/back?x=1&code=")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["s+1"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "someone"}, "invalid_client"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "employee:everything"}, "invalid_scope"),
        ({"response_type": "token"}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "md5"}, "invalid_request"),
    ],
)
def test_a_bad_authorization_is_refused_by_name(till: Till, changes: dict[str, str], error: str) -> None:
    answer = _authorize(till, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_code_buys_a_working_pair_once(till: Till) -> None:
    code = _code(till)
    answer = _token(till, grant_type="authorization_code", code=code)
    pair = answer.json()
    assert pair.keys() == {"token_type", "expires_in", "access_token", "refresh_token"}
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 1800)
    assert pair["refresh_token"].startswith("def50")
    assert _status(till, pair["access_token"]) == 200
    again = _token(till, grant_type="authorization_code", code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_dies_after_sixty_seconds(till: Till) -> None:
    young, old = _code(till), _code(till)
    till.clock.advance(59)
    assert _token(till, grant_type="authorization_code", code=young).status_code == 200
    till.clock.advance(1)
    assert _token(till, grant_type="authorization_code", code=old).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["S256", "plain"])
def test_pkce_wants_the_verifier(till: Till, method: str) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    challenge = digest if method == "S256" else VERIFIER
    code = _code(till, code_challenge=challenge, code_challenge_method=method)
    fields = {"grant_type": "authorization_code", "code": code}
    assert _token(till, **fields).json()["error"] == "invalid_grant"
    assert _token(till, **fields, code_verifier="w" * 43).json()["error"] == "invalid_grant"
    assert _token(till, **fields, code_verifier=VERIFIER).status_code == 200


def test_json_urlencoded_and_multipart_are_all_understood(till: Till) -> None:
    url = f"{BASE}/auth/oauth/token"
    fields = {
        **_client(till),
        "grant_type": "refresh_token",
        "refresh_token": till.fake.credentials["refresh_token"],
    }
    assert till.http.post(url, json=fields).status_code == 200
    assert till.http.post(url, data=fields).status_code == 200
    assert till.http.post(url, files={key: (None, text) for key, text in fields.items()}).status_code == 200
    till.fake.switches.token_accepts_json = False
    assert till.http.post(url, json=fields).json()["error"] == "invalid_grant"


def test_a_scope_on_refresh_is_refused_by_switch(till: Till) -> None:
    till.fake.switches.token_rejects_scope = True
    fields = {"grant_type": "refresh_token", "refresh_token": till.fake.credentials["refresh_token"]}
    assert _token(till, **fields, scope="employee:all").json()["error"] == "invalid_grant"
    assert _token(till, **fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "wrong", "grant_type": "refresh_token"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "made up"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, 400, "invalid_grant"),
    ],
)
def test_the_documented_error_table(till: Till, fields: dict[str, str], status: int, error: str) -> None:
    answer = _token(till, **fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json().keys() == {"error", "error_description", "hint"}


def test_the_token_endpoint_takes_only_post(till: Till) -> None:
    answer = till.http.get(f"{BASE}/auth/oauth/token")
    assert (answer.status_code, answer.json()["error"]) == (405, "invalid_request")


def test_the_old_pair_lives_until_the_new_access_token_is_first_used(till: Till) -> None:
    old = till.fake.credentials
    lost = _refresh(till).json()
    kept = _refresh(till).json()
    assert lost["refresh_token"] != kept["refresh_token"] != old["refresh_token"]
    assert _status(till, old["access_token"]) == 200
    assert _status(till, kept["access_token"]) == 200
    assert _status(till, old["access_token"]) == 401
    assert _refresh(till).json()["hint"] == "Token has been revoked"
    assert _refresh(till, lost["refresh_token"]).json()["error"] == "invalid_grant"
    assert _refresh(till, kept["refresh_token"]).status_code == 200


def test_before_2026_the_old_pair_died_at_once(till: Till) -> None:
    till.fake.switches.refresh_revocation = "immediate"
    assert _refresh(till).status_code == 200
    assert _status(till, till.fake.credentials["access_token"]) == 401
    assert _refresh(till).json()["error"] == "invalid_grant"


def test_a_sixth_refresh_within_a_minute_is_too_many(till: Till) -> None:
    assert [_refresh(till).status_code for _ in range(6)] == [200] * 5 + [429]
    till.clock.advance(60)
    assert _refresh(till).status_code == 200


def test_an_unused_refresh_token_dies_after_thirty_days(till: Till) -> None:
    till.clock.advance(30 * 86_400 - 1)
    assert _refresh(till).status_code == 200
    till.clock.advance(1)
    assert _refresh(till).json()["error"] == "invalid_grant"


def test_an_access_token_dies_on_time_and_says_so(till: Till) -> None:
    till.clock.advance(1799)
    assert _status(till, till.fake.credentials["access_token"]) == 200
    till.clock.advance(1)
    answer = till.get("Shop.json")
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
        "hint": "Access token could not be verified",
    }


def test_the_life_of_a_token_is_a_switch(till: Till) -> None:
    till.fake.switches.expires_in_s = 3600
    assert _refresh(till).json()["expires_in"] == 3600


def test_a_401_in_the_old_style(till: Till) -> None:
    till.fake.switches.unauthorized_body = "old"
    till.http.headers["Authorization"] = "Bearer nonsense"
    answer = till.get("Shop.json")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="MerchantOS API"'
    assert answer.json()["errorClass"] == "BadAuthenticationRequestError"


def test_no_token_at_all_is_a_401(till: Till) -> None:
    del till.http.headers["Authorization"]
    assert till.get("Shop.json").status_code == 401


def test_revoking_kills_both_tokens(till: Till) -> None:
    fields = {**_client(till), "refresh_token": till.fake.credentials["refresh_token"]}
    assert till.http.post(f"{BASE}/auth/oauth/revoke", data=fields).status_code == 200
    assert till.get("Shop.json").json()["hint"] == "Access token has been revoked"
    assert _refresh(till).json()["error"] == "invalid_grant"


def test_introspection_shows_the_claims(till: Till) -> None:
    claims: dict[str, Any] = till.http.get(f"{BASE}/auth/oauth/introspect").json()
    assert claims["acct"] == "797"
    assert "employee:register_read" in claims["scope"].split()
    assert claims["exp"] - claims["iat"] == 1800
    till.http.headers["Authorization"] = "Bearer nonsense"
    assert till.http.get(f"{BASE}/auth/oauth/introspect").status_code == 401


def test_an_access_token_looks_like_a_jwt_of_this_account(till: Till) -> None:
    head, body, _ = till.fake.credentials["access_token"].split(".")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body)]
    assert decoded[0] == {"typ": "JWT", "alg": "RS256", "kid": "RT_OAUTH2_2024_07_08"}
    assert (decoded[1]["acct"], decoded[1]["aud"]) == ("797", till.fake.credentials["client_id"])


def test_the_legacy_server_repeats_a_token_that_still_lives(till: Till) -> None:
    fields = {
        **_client(till),
        "grant_type": "refresh_token",
        "refresh_token": till.fake.credentials["refresh_token"],
    }
    url = f"{BASE}/oauth/access_token.php"
    till.clock.advance(800)
    first = till.http.post(url, data=fields).json()
    assert (first["access_token"], first["expires_in"]) == (till.fake.credentials["access_token"], 1000)
    till.clock.advance(995)
    second = till.http.post(url, data=fields).json()
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 1800


def test_the_legacy_authorize_path_works_too(till: Till) -> None:
    asked = {
        "response_type": "code",
        "client_id": till.fake.credentials["client_id"],
        "scope": "employee:all",
    }
    assert till.http.get(f"{BASE}/oauth/authorize.php", params=asked).status_code == 302


def test_a_missing_scope_is_a_403(till: Till) -> None:
    pair = _token(till, grant_type="authorization_code", code=_code(till)).json()
    till.http.headers["Authorization"] = f"Bearer {pair['access_token']}"
    assert till.get("Sale.json").status_code == 200
    assert till.get("SaleVoid.json").status_code == 403
    assert till.get("ShipTo.json").status_code == 403
    till.fake.switches.customers_read_opens_ship_to = True
    assert till.get("ShipTo.json").status_code == 200


def test_a_token_is_for_one_account(till: Till) -> None:
    assert till.http.get(f"{BASE}/API/V3/Account/798/Sale.json").status_code == 403


def test_credentials_are_published_and_the_same_for_the_same_seed(till: Till) -> None:
    from fakes.lightspeed_r.app import build

    assert build(till.clock).credentials == till.fake.credentials
    assert build(till.clock, seed=2).credentials["refresh_token"] != till.fake.credentials["refresh_token"]
    assert till.fake.credentials.keys() == {
        "client_id",
        "client_secret",
        "access_token",
        "refresh_token",
        "account_id",
        "all_access_token",
    }
