"""The small parts of the X-Series source: window, reach, hooks, sign-in, settings."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_x.app import build
from sync.domain.presets import PRESETS
from sync.http.errors import Reconnect
from sync.http.limits import FixedWindow
from sync.http.oauth import OAuthApp
from sync.http.tokens import Tokens
from sync.settings import Settings, WrongSettings
from sync.sources.lightspeed_x import auth, pos
from sync.sources.lightspeed_x.client import token_client
from sync.sources.lightspeed_x.hooks import Notice, notice_of, sale_id_of
from sync.sources.lightspeed_x.reach import Reach
from sync.sources.lightspeed_x.settings import Settings as Section
from sync.sources.protocol import Attempt, Link

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)
SAMPLES = (Path(__file__).resolve().parents[4] / "../shared/vendors/samples/lightspeed_x").resolve()


# The window ---------------------------------------------------------------------------------------------


def spend(window: FixedWindow, remaining: int, limit: int = 350) -> None:
    window.acquire(1, "")
    window.observe(200, {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(remaining)}, "")


def test_nothing_waits_while_anything_remains() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock)
    for remaining in range(349, -1, -1):
        spend(window, remaining)
    assert clock.now() == NOW


def test_one_request_is_refused_to_learn_when_the_window_ends() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock)
    spend(window, 0)
    window.acquire(1, "")
    window.observe(429, {"retry-after": "Mon, 02 Nov 2026 12:02:00 GMT"}, "")
    window.acquire(1, "")
    assert clock.now() == NOW + timedelta(seconds=121)


def test_the_next_windows_follow_without_another_refusal() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock, slack_s=0)
    window.acquire(1, "")
    window.observe(429, {"retry-after": "Mon, 02 Nov 2026 12:02:00 GMT"}, "")
    spend(window, 0)
    window.acquire(1, "")
    assert clock.now() == NOW + timedelta(seconds=120 + 300)


def test_a_refusal_that_does_not_say_how_long_costs_half_a_minute() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock)
    window.acquire(1, "")
    window.observe(429, {}, "")
    window.acquire(1, "")
    assert clock.now() == NOW + timedelta(seconds=30)


def test_a_share_leaves_the_rest_of_the_window_to_others() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock, share=0.5)
    for spent in range(1, 6):
        spend(window, 10 - spent, limit=10)
    assert clock.now() == NOW
    window.acquire(1, "")
    assert clock.now() == NOW + timedelta(seconds=300)


def test_live_polls_keep_to_their_part_of_the_time() -> None:
    clock = VirtualClock(NOW)
    window = FixedWindow(clock, share=0.5)
    for spent in range(1, 4):
        spend(window, 300 - spent, limit=300)
    assert window.pause_s() == pytest.approx(6.0)


@pytest.mark.parametrize("share", [0, 1.1])
def test_a_share_is_a_part(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        FixedWindow(VirtualClock(NOW), share=share)


# How far a feed was read ---------------------------------------------------------------------------------


def at(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_next_read_goes_back_to_what_was_latest_before_the_overlap() -> None:
    reach = Reach().moved(100, (), at(0), OVERLAP).moved(None, (), at(0), OVERLAP)
    reach = Reach.of(reach.cursor()).moved(150, (), at(200), OVERLAP).moved(None, (), at(200), OVERLAP)
    assert reach.start(OVERLAP) == 0  # nothing is known of five minutes before the last read
    reach = Reach.of(reach.cursor()).moved(180, (), at(600), OVERLAP).moved(None, (), at(600), OVERLAP)
    assert reach.start(OVERLAP) == 150
    assert reach.version == 180


def test_old_pages_of_the_first_read_need_not_come_again() -> None:
    reach = Reach()
    for number, minute in enumerate([-600, -400, -200, -2], 1):
        told = [at(60 * minute).isoformat()]
        reach = reach.moved(number * 1000, told, at(0), OVERLAP)
    assert reach.moved(None, (), at(0), OVERLAP).start(OVERLAP) == 3000


def test_a_quiet_feed_does_not_read_everything_again() -> None:
    reach = Reach().moved(100, (), at(0), OVERLAP)
    for poll in range(1, 50):
        reach = reach.moved(None, (), at(poll * 900), OVERLAP)
    assert reach.start(OVERLAP) == 100
    assert len(reach.marks) <= 3


def test_once_it_is_quiet_for_longer_than_the_overlap_nothing_is_written_down() -> None:
    reach = Reach().moved(100, (), at(0), OVERLAP).moved(None, (), at(0), OVERLAP)
    moving = reach.moved(None, (), at(299), OVERLAP)
    assert moving.cursor() != reach.cursor()  # whatever is below version 100 may still turn up
    settled = moving.moved(None, (), at(600), OVERLAP)
    assert settled.start(OVERLAP) == 100
    assert settled.moved(None, (), at(9_000), OVERLAP).cursor() == settled.cursor()
    again = settled.moved(150, (), at(20_000), OVERLAP).moved(None, (), at(20_000), OVERLAP)
    assert again.start(OVERLAP) == 100  # what is new has to settle too


def test_many_polls_within_the_overlap_keep_few_marks() -> None:
    reach = Reach()
    for second in range(1000):
        reach = reach.moved(second, (), at(second), timedelta(hours=1))
    assert len(reach.marks) <= 64
    assert reach.marks[-1][1] == 999


def test_a_foreign_cursor_is_refused() -> None:
    with pytest.raises(ValueError, match="cursor"):
        Reach.of('{"at":"2026-11-02"}')


# Webhooks -----------------------------------------------------------------------------------------------


def form(payload: Any, **more: str) -> bytes:
    return urlencode({"payload": json.dumps(payload), **more}).encode()


def test_a_sale_is_told_by_its_own_keys() -> None:
    body = form({"id": "s-1", "register_sale_products": [], "version": 9000000001}, domain_prefix="demo")
    assert notice_of(body) == Notice("sale", "s-1", 9000000001, "", "demo")
    assert sale_id_of(body) == "s-1"


def test_other_objects_are_no_sales() -> None:
    assert sale_id_of(form({"id": "c-1", "customer_code": "Ann-1"})) is None
    assert notice_of(form({"id": "c-1", "customer_code": "Ann-1"})) == Notice("customer", "c-1")
    assert notice_of(form({"id": "p-1", "sku": "1", "handle": "boot"})) == Notice("product", "p-1")


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=", b"payload=%7B", b"nothing", b"\xff\xfe", form([]), form({"id": 7}), form({"id": ""}),
     form({"id": "../../x"}), form({"id": "a" * 65}), b"a=" + b"x" * 1_000_001],
)  # fmt: skip
def test_what_is_no_delivery_is_nothing(body: bytes) -> None:
    assert notice_of(body) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("webhook_sale_update_2015_recorded.json", "sale"),
        ("webhook_customer_update.json", "customer"),
        ("webhook_product_update.json", "product"),
    ],
)
def test_recorded_payloads_are_told_apart(name: str, kind: str) -> None:
    if not SAMPLES.exists():
        pytest.skip("the vendor's samples are not beside this checkout")
    payload = json.loads((SAMPLES / name).read_text())
    notice = notice_of(form(payload))
    assert notice is not None
    assert (notice.kind, notice.record_id) == (kind, payload["id"])


# Signing in ---------------------------------------------------------------------------------------------


class Vault:
    """Tokens in memory, and what was saved in order."""

    def __init__(self, tokens: Tokens) -> None:
        self.saved = [tokens]

    def load(self) -> Tokens:
        return self.saved[-1]

    def save(self, tokens: Tokens) -> None:
        self.saved.append(tokens)

    def lock(self) -> Any:
        return nullcontext()


SECTION = {
    "domain_prefix": "demo", "consent": "nobody", "client_id": "id", "client_secret": "secret",
    "redirect_uri": "https://merchant.fake/callback", "api_url": "https://till.fake",
    "connect_url": "https://till.fake",
}  # fmt: skip


def test_a_person_is_sent_with_scopes_and_the_code_becomes_tokens() -> None:
    clock = VirtualClock(NOW)
    fake = build(clock)
    fake.switches.redirect_uri = "https://merchant.fake/callback"
    transport = httpx.WSGITransport(app=fake.wsgi)
    keys = {name: fake.credentials[name] for name in ("client_id", "client_secret", "domain_prefix")}
    link = Link("main", lambda: Vault(Tokens("", "", NOW)), clock, transport)
    signing = pos.sign_in(link, Section(**{**SECTION, **keys}), Attempt.begun())
    assert signing is not None
    asked = parse_qs(urlsplit(signing.url).query)
    assert set(asked["scope"][0].split()) >= {"sales:read", "customers:read", "products:read", "webhooks"}
    assert asked["redirect_uri"] == ["https://merchant.fake/callback"]
    with httpx.Client(transport=transport) as browser:
        answer = browser.get(signing.url)
    told = {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    tokens = signing.tokens(told["code"], told)
    assert tokens.expires_at == NOW + timedelta(days=1)
    with pytest.raises(WrongSettings, match="another store"):
        signing.tokens(told["code"], {"domain_prefix": "other"})
    signing.close()


def test_a_personal_token_needs_no_sign_in_and_reads() -> None:
    clock = VirtualClock(NOW)
    fake = build(clock)
    link = Link("main", _no_vault, clock, httpx.WSGITransport(app=fake.wsgi))
    section = Section(
        domain_prefix="demo", consent="nobody", personal_token=fake.credentials["personal_token"],
        api_url="https://till.fake",
    )  # fmt: skip
    assert pos.sign_in(link, section, Attempt.begun()) is None
    till = pos.open(link, section)
    assert till.source.account().currency == "USD"
    till.close()


def _no_vault() -> Any:
    raise AssertionError("a personal token is in the settings")


def test_a_used_up_refresh_token_asks_for_a_person() -> None:
    clock = VirtualClock(NOW)
    fake = build(clock)
    api = token_client("https://till.fake", clock=clock, transport=httpx.WSGITransport(app=fake.wsgi))
    app = OAuthApp(fake.credentials["client_id"], fake.credentials["client_secret"], "main")
    fresh = auth.refresh(api, app, fake.credentials["refresh_token"], clock)
    assert fresh.refresh_token != fake.credentials["refresh_token"]
    with pytest.raises(Reconnect, match="accounts connect main"):
        auth.refresh(api, app, "never issued", clock)


# Settings -----------------------------------------------------------------------------------------------


def settings(section: Mapping[str, Any], **account: Any) -> Any:
    told = {
        "accounts": {"main": {"source": "lightspeed_x", "lightspeed_x": section, "klaviyo": {}, **account}}
    }
    return Settings.from_dict(told, {}).accounts["main"]


def test_the_preset_of_an_x_series_account_is_klavx() -> None:
    preset = settings(SECTION).resolved()
    assert (preset.name, dict(preset.metrics)) == ("klavx", {"placed": "Placed Order (POS)"})
    assert (preset.every_s, preset.policy.require_consent, PRESETS["klavx"].mapping) == (900, True, "klavx")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"consent": "everybody"}, "unless_opted_out"),
        ({"domain_prefix": "https://demo.retail.lightspeed.app"}, "first part of the store's address"),
        ({"consnet": "nobody"}, "did you mean `consent`"),
    ],
)
def test_wrong_settings_say_what_is_meant(change: dict[str, str], words: str) -> None:
    with pytest.raises(WrongSettings, match=words):
        settings({**SECTION, **change})


def test_what_counts_as_consent_has_no_default() -> None:
    with pytest.raises(WrongSettings, match="consent: is missing"):
        settings({name: value for name, value in SECTION.items() if name != "consent"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rename": {"Colour": "x"}}, "there is no property Colour"),
        ({"drop": ["OrderId"]}, "OrderId must stay"),
        ({"rename": {"Items": "Brands"}}, "two properties would be called Brands"),
        ({"constants": {"$x": 1}}, "cannot be a name"),
    ],
)
def test_names_of_ones_own_are_checked_at_the_start(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        settings(SECTION, event_fields=fields)
    assert words in str(wrong.value)
