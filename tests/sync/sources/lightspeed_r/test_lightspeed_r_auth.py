"""The connection survives everything but its real end, and then says who must do what."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from r_till import NOON, Till

from fakes.lightspeed_r.app import CLIENT_ID
from sync.http.errors import ApiTrouble, Reconnect, Refused, TryLater, Unintelligible
from sync.http.oauth import OAuthApp
from sync.http.tokens import Tokens, pkce
from sync.sources.lightspeed_r import auth
from sync.sources.lightspeed_r.client import auth_client

COMMAND = "tillproof accounts connect main-street"


def refreshes(till: Till) -> int:
    return till.paths().count("token")


def test_a_fresh_token_is_used_as_it_is(till: Till) -> None:
    till.client().whoami()
    assert (till.vault.log, refreshes(till)) == (["load"], 0)


def test_a_token_about_to_expire_is_renewed_before_it_is_used(till: Till) -> None:
    till.clock.advance(30 * 60 - 59)
    till.client().whoami()
    assert till.vault.log == ["load", "lock", "load", "save", "unlock"]
    assert refreshes(till) == 1
    assert till.vault.tokens.expires_at == till.clock.now() + timedelta(seconds=1800)


def test_a_rejected_token_is_renewed_once_and_the_request_repeated(till: Till) -> None:
    till.fails("expired_token", path="*/Account.json", times=1)
    assert till.client().whoami()[0] == "797"
    assert refreshes(till) == 1
    assert till.vault.log[-2:] == ["save", "unlock"]


def test_new_tokens_are_stored_before_they_are_used(till: Till) -> None:
    class Full(Exception):
        pass

    def refuse(_tokens: Tokens) -> None:
        raise Full

    till.clock.advance(1800)
    till.vault.save = refuse  # type: ignore[method-assign]  # a full disk
    with pytest.raises(Full):
        till.client().whoami()
    assert till.paths() == ["token"]


def test_every_refresh_brings_a_new_refresh_token_and_the_chain_holds_for_days(till: Till) -> None:
    client = till.client()
    seen = set()
    for _ in range(20):
        till.clock.advance(2 * 3600)
        client.whoami()
        seen.add(till.vault.tokens.refresh_token)
    assert len(seen) == 20


def test_what_another_process_renewed_is_taken_over(till: Till) -> None:
    one, other = till.client(), till.client()
    one.whoami()
    other.whoami()
    till.clock.advance(1800)
    one.whoami()
    other.whoami()
    assert refreshes(till) == 1


class Doors(httpx.BaseTransport):
    """Counts the clients that leave."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner, self.left = inner, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.left += 1


def test_closing_also_closes_what_the_tokens_were_renewed_through(till: Till) -> None:
    till.transport = doors = Doors(till.transport)
    till.clock.advance(1800)
    client = till.client()
    client.whoami()
    assert (refreshes(till), doors.left) == (1, 0)
    client.close()
    assert doors.left == 2, "one client for the lists, one for the tokens"


def test_a_restart_goes_on_with_what_was_stored(till: Till) -> None:
    till.clock.advance(1800)
    till.client().whoami()
    till.client().whoami()
    assert refreshes(till) == 1


def test_a_lost_answer_to_a_refresh_is_asked_for_again(till: Till) -> None:
    till.clock.advance(1800)
    till.fails("reset_after", path="/auth/oauth/token", times=1)
    assert till.client().whoami()[0] == "797"
    assert refreshes(till) == 2


def test_a_sign_in_that_is_down_is_tried_later_not_reconnected(till: Till) -> None:
    till.clock.advance(1800)
    till.fails("status", path="/auth/oauth/token", status=503)
    with pytest.raises(TryLater):
        till.client().whoami()


def test_a_dead_refresh_token_asks_a_person_to_connect_again(till: Till) -> None:
    till.clock.advance(1800)
    till.vault.tokens = Tokens("old-access", "old-refresh", NOON)
    with pytest.raises(Reconnect, match=COMMAND) as caught:
        till.client().whoami()
    assert "old-refresh" not in str(caught.value)
    assert "old-access" not in str(caught.value)


def test_a_connection_unused_for_a_month_asks_a_person_to_connect_again(till: Till) -> None:
    till.clock.advance(31 * 86_400)
    with pytest.raises(Reconnect, match=COMMAND):
        till.client().whoami()


def test_a_wrong_client_secret_says_so(till: Till) -> None:
    till.clock.advance(1800)
    till.app = OAuthApp(CLIENT_ID, "wrong", "main-street")
    with pytest.raises(Reconnect, match="id or secret is wrong"):
        till.client().whoami()


@pytest.mark.parametrize("style", ["new", "old"])
def test_a_token_rejected_even_when_fresh_asks_a_person_to_connect_again(till: Till, style: str) -> None:
    till.fake.switches.unauthorized_body = style
    till.fails("expired_token", path="*/Account.json")
    with pytest.raises(Reconnect, match=COMMAND):
        till.client().whoami()
    assert refreshes(till) == 1


def test_an_account_without_a_name_gets_a_command_to_fill_in() -> None:
    assert OAuthApp("id", "secret").remedy == "run `tillproof accounts connect NAME`"


@pytest.mark.parametrize("switch", ["token_rejects_scope", "token_accepts_json"])
def test_refreshing_works_with_the_strictest_server(till: Till, switch: str) -> None:
    setattr(till.fake.switches, switch, switch == "token_rejects_scope")
    till.clock.advance(1800)
    assert till.client().whoami()[0] == "797"


def test_secrets_are_not_shown_when_printed(till: Till) -> None:
    shown = f"{till.app!r} {till.vault.tokens!r}"
    for secret in (till.app.client_secret, till.vault.tokens.access_token, till.vault.tokens.refresh_token):
        assert secret not in shown


def sign_in(body: str, status: int = 200) -> ApiTrouble:
    till = Till()
    answer = httpx.MockTransport(lambda _request: httpx.Response(status, text=body))
    api = auth_client("http://r.test", clock=till.clock, transport=answer)
    with pytest.raises(ApiTrouble) as caught:
        auth.refresh(api, till.app, "def50", till.clock)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"access_token":"a"}',
        '{"access_token":"a","refresh_token":"b","expires_in":"soon"}',
        '{"access_token":"a","refresh_token":"b","expires_in":"99999999999999999999"}',
    ],
)
def test_an_answer_without_tokens_is_not_mistaken_for_them(body: str) -> None:
    assert isinstance(sign_in(body), Unintelligible)


def test_a_refused_token_request_that_is_our_mistake_is_named_as_such() -> None:
    trouble = sign_in('{"error":"invalid_request","hint":"Check the `code` parameter"}', 400)
    assert isinstance(trouble, Refused)
    assert trouble.code == "invalid_request"


def test_a_life_given_as_text_or_not_at_all_is_understood(till: Till) -> None:
    for body, seconds in (('"expires_in":"3600"', 3600), ('"token_type":"Bearer"', 1800)):
        text = f'{{"access_token":"a","refresh_token":"b",{body}}}'
        answer = httpx.MockTransport(lambda _request, text=text: httpx.Response(200, text=text))
        api = auth_client("http://r.test", clock=till.clock, transport=answer)
        tokens = auth.refresh(api, till.app, "x", till.clock)
        assert tokens.expires_at - till.clock.now() == timedelta(seconds=seconds)


def test_the_proof_key_follows_rfc_7636() -> None:
    verifier, challenge = pkce()
    assert 43 <= len(verifier) <= 128
    digest = hashlib.sha256(verifier.encode()).digest()
    assert challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert pkce()[0] != verifier


def test_a_person_can_connect_an_account_with_a_code(till: Till) -> None:
    verifier, challenge = pkce()
    url = auth.authorize_url("http://r.test/", CLIENT_ID, "state-1", challenge)
    asked = parse_qs(urlsplit(url).query)
    assert asked["scope"] == [" ".join(auth.SCOPES)]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    with httpx.Client(transport=till.transport) as browser:
        sent_back = browser.get(url)
        if sent_back.status_code == 200:
            sent_back = browser.post(url)
    answer = parse_qs(urlsplit(sent_back.headers["location"]).query)
    assert answer["state"] == ["state-1"]
    api = auth_client("http://r.test", clock=till.clock, transport=till.transport)
    tokens = auth.exchange_code(api, till.app, answer["code"][0], verifier, till.clock)
    assert tokens.refresh_token.startswith("def50")
    till.vault.tokens = tokens
    assert till.client().whoami()[0] == "797"
    with pytest.raises(Reconnect):
        auth.exchange_code(api, till.app, answer["code"][0], verifier, till.clock)
