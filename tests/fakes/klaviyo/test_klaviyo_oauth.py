"""OAuth beside private keys: PKCE, codes, tokens that expire, refresh, revoke, scopes and pools."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from klaviyo_kit import Klaviyo, event, only_error

from fakes.kit.clock import VirtualClock

# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TARGET = "https://app.shop.net/callback?tenant=7"


def ask(klaviyo: Klaviyo, **changes: str) -> httpx.Response:
    asked = {
        "response_type": "code",
        "client_id": klaviyo.fake.credentials["client_id"],
        "redirect_uri": TARGET,
        "scope": "events:write metrics:read",
        "state": "s t",
        "code_challenge_method": "S256",
        "code_challenge": CHALLENGE,
    } | changes
    return klaviyo.http.get("/oauth/authorize", params=asked)


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """What the redirect carries, its own parameters aside."""
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://app.shop.net/callback?tenant=7&")
    said = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in said.items() if name != "tenant"}


def token(klaviyo: Klaviyo, **form: str) -> httpx.Response:
    credentials = klaviyo.fake.credentials
    basic = (credentials["client_id"], credentials["client_secret"])
    return klaviyo.http.post("/oauth/token", data=form, auth=basic)


def exchange(klaviyo: Klaviyo, code: str, verifier: str = VERIFIER, target: str = TARGET) -> httpx.Response:
    return token(
        klaviyo, grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=target
    )


def installed(klaviyo: Klaviyo, scope: str = "events:write metrics:read") -> dict[str, Any]:
    made = exchange(klaviyo, sent_back(ask(klaviyo, scope=scope))["code"])
    assert made.status_code == 200
    return dict(made.json())


def get(klaviyo: Klaviyo, access_token: str, path: str = "/api/metrics") -> httpx.Response:
    return klaviyo.http.get(path, headers={"Authorization": f"Bearer {access_token}"})


def test_the_merchant_is_sent_back_with_a_code_that_becomes_tokens(klaviyo: Klaviyo) -> None:
    back = sent_back(ask(klaviyo))
    assert back["state"] == "s t"
    made = exchange(klaviyo, back["code"]).json()
    assert (made["token_type"], made["expires_in"], made["scope"]) == (
        "bearer",
        3600,
        "events:write metrics:read",
    )
    assert get(klaviyo, made["access_token"]).status_code == 200


def test_a_code_works_once_and_for_five_minutes(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    code = sent_back(ask(klaviyo))["code"]
    assert exchange(klaviyo, code).status_code == 200
    again = exchange(klaviyo, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    late = sent_back(ask(klaviyo))["code"]
    clock.advance(300)
    assert exchange(klaviyo, late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("verifier", "target", "error", "words"),
    [
        ("short", TARGET, "invalid_request", 'Invalid "code_verifier"'),
        ("x" * 43, TARGET, "invalid_grant", "Code challenge failed."),
        (VERIFIER, "https://evil.net/", "invalid_grant", "redirect_uri"),
    ],
)
def test_a_stolen_code_is_worthless(
    klaviyo: Klaviyo, verifier: str, target: str, error: str, words: str
) -> None:
    refused = exchange(klaviyo, sent_back(ask(klaviyo))["code"], verifier, target).json()
    assert refused["error"] == error
    assert words in refused["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "events:*"}, "invalid_scope"),
    ],
)
def test_a_wrong_question_is_sent_back_with_its_error(
    klaviyo: Klaviyo, changes: dict[str, str], error: str
) -> None:
    back = sent_back(ask(klaviyo, **changes))
    assert (back["error"], back["state"], "code" in back) == (error, "s t", False)


def test_a_merchant_may_say_no(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.merchant_answer = "deny"
    assert sent_back(ask(klaviyo))["error"] == "access_denied"


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": "javascript:alert(1)"}])
def test_nobody_is_redirected_to_an_address_that_cannot_be_trusted(
    klaviyo: Klaviyo, changes: dict[str, str]
) -> None:
    answer = ask(klaviyo, **changes)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_only_the_clients_own_secret_gets_tokens(klaviyo: Klaviyo) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    for basic in (None, ("fake-klaviyo-client", "wrong")):
        answer = klaviyo.http.post("/oauth/token", data=form, auth=basic or ("", ""))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert token(klaviyo, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_an_access_token_lives_an_hour_and_the_refresh_token_rotates(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    first = installed(klaviyo)
    clock.advance(3600)
    expired = get(klaviyo, first["access_token"])
    assert (expired.status_code, only_error(expired)["code"]) == (401, "not_authenticated")
    second = token(klaviyo, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert get(klaviyo, second["access_token"]).status_code == 200
    assert second["refresh_token"] != first["refresh_token"]
    old = token(klaviyo, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (old.status_code, old.json()["error"]) == (400, "invalid_grant")


def test_without_rotation_a_refresh_token_dies_of_90_days_of_disuse(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    klaviyo.fake.switches.refresh_token_rotates = False
    held = installed(klaviyo)["refresh_token"]
    for days, status in ((89, 200), (89, 200), (90, 400)):
        clock.advance(days * 86_400)
        assert token(klaviyo, grant_type="refresh_token", refresh_token=held).status_code == status


def test_revoking_the_refresh_token_ends_the_install(klaviyo: Klaviyo) -> None:
    made = installed(klaviyo)
    basic = (klaviyo.fake.credentials["client_id"], klaviyo.fake.credentials["client_secret"])
    gone = klaviyo.http.post("/oauth/revoke", data={"token": made["refresh_token"]}, auth=basic)
    assert gone.status_code == 200
    assert get(klaviyo, made["access_token"]).status_code == 401


def test_an_install_can_only_do_what_it_asked_for(klaviyo: Klaviyo) -> None:
    access = installed(klaviyo, scope="metrics:read")["access_token"]
    body = {"data": {"type": "event", "attributes": event()}}
    refused = klaviyo.post("/api/events", body, Authorization=f"Bearer {access}")
    assert refused.status_code == 403
    assert only_error(refused)["detail"] == "Your API key is missing required scopes: events:write"
    assert get(klaviyo, access).status_code == 200


def test_each_install_has_rate_limits_of_its_own_and_private_keys_share_theirs(klaviyo: Klaviyo) -> None:
    one, other = (installed(klaviyo, scope="accounts:read")["access_token"] for _ in range(2))
    assert klaviyo.get("/api/accounts").status_code == 200
    assert klaviyo.get("/api/accounts").status_code == 429
    assert get(klaviyo, one, "/api/accounts").status_code == 200
    assert get(klaviyo, one, "/api/accounts").status_code == 429
    assert get(klaviyo, other, "/api/accounts").status_code == 200
