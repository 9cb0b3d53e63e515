"""Connecting an account in the browser, as its users know it; and what is written down at the end."""

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from web_world import CHEAP, PASSWORD, Browser, site_of

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo_fake
from fakes.lightspeed_r import app as r_fake
from fakes.lightspeed_x import app as x_fake
from fakes.sitoo import app as sitoo_fake
from monitor.settings import MonitorSettings
from monitor.web.app import build
from monitor.web.settingsfile import CannotWrite, add
from monitor.web.site import Configured
from monitor.web.users import Role
from sync import app as sync_app
from sync.settings import Settings, WrongSettings

FAKES = {"lightspeed_r": r_fake, "lightspeed_x": x_fake, "sitoo": sitoo_fake}


class Connecting:
    """A dashboard over empty settings, and fakes of one POS and Klaviyo."""

    def __init__(self, source: str, folder: Path, store: Any, clock: VirtualClock, key: str) -> None:
        self.till: Any = FAKES[source].build(clock, seed=3)
        self.klaviyo = klaviyo_fake.build(clock, seed=3)
        self.file = folder / "tillproof.toml"
        self.file.write_text(
            f'# kept as it is\n[store]\nurl = "sqlite:///{folder / "tillproof.db"}"\n\n'
            f'[secrets]\nkey = "{key}"\n'
        )
        transports = {
            "klaviyo": httpx.WSGITransport(app=self.klaviyo.wsgi),
            source: httpx.WSGITransport(app=self.till.wsgi),
        }
        configured = Configured(Settings.load(self.file, {}), MonitorSettings.load(self.file, {}), self.file)
        self.transports = transports
        self.app = build(
            configured, store, clock=clock, hasher=CHEAP, transports=transports, at_once=True,
            url="http://localhost", upstreams={source: "https://till.fake", "klaviyo": "https://klaviyo.fake"},
            open_program=lambda told: sync_app.build(told, clock=clock, transports=transports),
        )  # fmt: skip
        site_of(self.app).users.add("ann", Role.OPERATOR, PASSWORD, (), 0)
        self.browser = Browser(self.app.test_client())
        self.browser.sign_in("ann")

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str]:
        answer = self.browser.post(path, data, on="/connect", follow_redirects=True)
        return answer.status_code, answer.get_data(as_text=True)

    def authorise(self) -> str:
        """Go where the page leads, approve there, and come back."""
        self.post("/connect/shop/authorise", {})
        page = self.browser.text("/connect/shop/authorise").replace("&amp;", "&")
        there = page.partition('<a class="button" href="')[2].partition('"')[0]
        source = next(name for name in self.transports if name != "klaviyo")
        with httpx.Client(transport=self.transports[source]) as client:
            back = client.get(there).headers["Location"]
        query = urlsplit(back).query
        assert parse_qs(query)["state"] == parse_qs(urlsplit(there).query)["state"]
        answer = self.browser.get(f"/connect/callback?{query}", follow_redirects=True)
        return answer.get_data(as_text=True)


@pytest.fixture
def connecting(tmp_path: Path, store: Any, clock: VirtualClock, settings: Settings) -> Any:
    return lambda source: Connecting(source, tmp_path, store, clock, settings.keys[0])


def seed_shop(one: Connecting, source: str) -> None:
    asked = {"seed": 3, "shops": 2, "customers": 3, "sales": 6, "days": 2}
    with httpx.Client(transport=one.transports[source]) as client:
        client.post("https://till.fake/_fake/seed", json=asked).raise_for_status()
        if source == "lightspeed_x":  # which sends people back to the registered address only
            back = {"redirect_uri": "http://localhost/connect/callback"}
            client.put("https://till.fake/_fake/switches", json=back).raise_for_status()


def keys_of(one: Connecting, source: str) -> dict[str, str]:
    told = one.till.credentials
    klaviyo = {"api_key": one.klaviyo.credentials["api_key"]}
    if source == "lightspeed_r":
        return {**klaviyo, "client_id": told["client_id"], "client_secret": told["client_secret"]}
    if source == "lightspeed_x":
        return {**klaviyo, "domain_prefix": told["domain_prefix"], "consent": "nobody",
                "client_id": told["client_id"], "client_secret": told["client_secret"]}  # fmt: skip
    return {**klaviyo, "api_id": told["api_id"], "password": told["password"], "zone": "Europe/Stockholm"}


@pytest.mark.parametrize("source", ["lightspeed_r", "sitoo", "lightspeed_x"])
def test_every_pos_is_connected_step_by_step(connecting: Any, source: str) -> None:
    one = connecting(source)
    seed_shop(one, source)
    _, page = one.post("/connect", {"name": "shop", "source": source})
    assert "Keys of both ends" in page
    _, page = one.post("/connect/shop/keys", keys_of(one, source))
    if source != "sitoo":
        assert "Authorise at the point of sale" in page
        assert "http://localhost/connect/callback" in page
        page = one.authorise()
    assert "Are these the right accounts?" in page, page
    assert "To be mended" not in page
    _, page = one.post("/connect/shop/confirm", {"sure": "yes"})
    assert "Where do new customers go?" in page
    assert "<option" in page
    _, page = one.post("/connect/shop/list", {"list": ""})
    _, page = one.post("/connect/shop/preview", {})
    assert "nothing was sent" in page
    assert "Complete setup" in one.browser.text("/connect/shop/preview")
    _, page = one.post("/connect/shop/complete", {})
    assert "is connected." in page
    assert "Import the history" in page
    assert "shop" in one.browser.text("/")
    assert Settings.load(one.file, {}).accounts["shop"].source == source


def test_what_is_written_holds_no_secret_and_keeps_what_was_there(connecting: Any) -> None:
    one = connecting("sitoo")
    add(one.file, "shop", {"source": "sitoo", "sitoo": {"api_id": "1-2", "password": "hush-hush"},
                           "klaviyo": {"api_key": "pk_secret"}}, {})  # fmt: skip
    text = one.file.read_text()
    assert text.startswith("# kept as it is\n[store]")
    assert "hush-hush" not in text
    assert "pk_secret" not in text
    secret = one.file.parent / "tillproof-secrets" / "shop.sitoo.password"
    assert secret.read_text() == "hush-hush"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    loaded = Settings.load(one.file, {}).accounts["shop"]
    assert loaded.pos.model_dump()["password"] == "hush-hush"
    assert loaded.klaviyo.api_key == "pk_secret"


@pytest.mark.parametrize("hostile", ['a"\n[evil]\nx = "1', "a\\", "x]\n[store]", "${HOME}", "'''"])
def test_no_value_breaks_out_of_its_line(connecting: Any, hostile: str) -> None:
    one = connecting("sitoo")
    section = {"source": "sitoo", "sitoo": {"api_id": hostile, "password": "p"}, "klaviyo": {"api_key": "k"}}
    add(one.file, "shop", section, {})
    loaded = Settings.load(one.file, {})
    assert loaded.accounts["shop"].pos.model_dump()["api_id"] == hostile
    assert list(loaded.accounts) == ["shop"]


def test_a_section_that_would_not_do_leaves_the_file_as_it_was(connecting: Any) -> None:
    one = connecting("sitoo")
    before = one.file.read_bytes()
    with pytest.raises(WrongSettings):
        add(one.file, "shop", {"source": "sitoo", "sitoo": {"nonsense": "1"}, "klaviyo": {}}, {})
    assert one.file.read_bytes() == before
    assert [file.name for file in one.file.parent.glob("*.part")] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_told_with_what_to_add(connecting: Any) -> None:
    one = connecting("sitoo")
    one.file.parent.chmod(0o500)
    try:
        with pytest.raises(CannotWrite):
            add(
                one.file,
                "shop",
                {"source": "sitoo", "sitoo": {"api_id": "1"}, "klaviyo": {"api_key": "k"}},
                {},
            )
    finally:
        one.file.parent.chmod(0o700)


def test_without_a_file_the_page_shows_what_to_add_and_no_secret(connecting: Any) -> None:
    one = connecting("sitoo")
    one.post("/connect", {"name": "shop", "source": "sitoo"})
    site = site_of(one.app)
    site.drafts.change("shop", pos={"api_id": "1-2", "password": "hush-hush"}, api_key="pk_secret",
                       checked={}, confirmed=True, list_id="XyZ")  # fmt: skip
    one.file.unlink()
    _, page = one.post("/connect/shop/complete", {})
    assert "[accounts.shop.sitoo]" in page
    assert "list_id" in page
    assert "TILLPROOF_SHOP_SITOO_PASSWORD" in page
    assert "hush-hush" not in page
    assert "pk_secret" not in page


def test_wrong_keys_are_told_in_words_and_nothing_is_kept(connecting: Any) -> None:
    one = connecting("sitoo")
    one.post("/connect", {"name": "shop", "source": "sitoo"})
    told = {**keys_of(one, "sitoo"), "password": "wrong"}
    status, page = one.post("/connect/shop/keys", told)
    assert status == 422
    assert "wrong" not in page.partition("<h1>")[2].partition("<form")[2]
    assert "[accounts" not in one.file.read_text()


def test_missing_keys_are_named(connecting: Any) -> None:
    one = connecting("lightspeed_x")
    one.post("/connect", {"name": "shop", "source": "lightspeed_x"})
    status, page = one.post("/connect/shop/keys", {"domain_prefix": "demo", "consent": "nobody"})
    assert status == 422
    assert "Private API key of Klaviyo" in page
    assert "a personal token, or a client ID with its secret" in page


@pytest.mark.parametrize("query", ["state=forged&code=x", "code=x", "error=access_denied&state=x", ""])
def test_an_answer_to_another_attempt_is_refused(connecting: Any, query: str) -> None:
    one = connecting("lightspeed_r")
    one.post("/connect", {"name": "shop", "source": "lightspeed_r"})
    one.post("/connect/shop/keys", keys_of(one, "lightspeed_r"))
    assert one.browser.get(f"/connect/callback?{query}").status_code == 400  # nothing was begun
    one.post("/connect/shop/authorise", {})
    assert one.browser.get(f"/connect/callback?{query}").status_code == 422
    assert one.browser.get("/connect/shop/confirm").status_code == 303


def test_a_draft_is_its_beginners_alone(connecting: Any) -> None:
    one = connecting("sitoo")
    one.post("/connect", {"name": "shop", "source": "sitoo"})
    site_of(one.app).users.add("bob", Role.OPERATOR, PASSWORD, (), 0)
    bob = Browser(one.app.test_client())
    bob.sign_in("bob")
    assert bob.get("/connect/shop/keys").status_code == 404
    assert bob.post("/connect", {"name": "shop", "source": "sitoo"}).status_code == 503


@pytest.mark.parametrize("name", ["", "../etc", "a b", "x" * 41, '"]\n[store', "<script>"])
def test_names_that_would_not_do_are_refused(connecting: Any, name: str) -> None:
    status, page = connecting("sitoo").post("/connect", {"name": name, "source": "sitoo"})
    assert status == 422
    assert "letters, digits, dashes" in page
    assert "<script>" not in page
