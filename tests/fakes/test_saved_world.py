"""A world put into a file and taken out again: whoever was connected notices nothing.

Each test does something to a world, saves it, and asks the loaded copy what the first would have answered.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.kit.send import Answer, Outgoing
from fakes.world import AnyFake, FakeWorld, build_world

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


@pytest.fixture
def world() -> FakeWorld:
    return build_world(VirtualClock(NOON), seed=7)


@pytest.fixture(params=["file", "state"])
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[FakeWorld], FakeWorld]:
    """Takes a world to a new process: by its file, or fake by fake through GET and PUT state."""

    def by_file(world: FakeWorld) -> FakeWorld:
        world.save_to(tmp_path / "world.json")
        other = build_world(VirtualClock(NOON), seed=7)
        other.load_from(tmp_path / "world.json")
        return other

    def by_state(world: FakeWorld) -> FakeWorld:
        other = build_world(VirtualClock(world.clock.now()), seed=7)
        for name, fake in world.fakes.items():
            with spoken(fake) as out, spoken(other[name]) as into:
                put = into.put("/_fake/state", content=out.get("/_fake/state").content)
                assert put.status_code == 200, put.text
        return other

    return by_file if request.param == "file" else by_state


def spoken(fake: AnyFake, **options: Any) -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="https://demo.fake", **options)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "revision": "2026-10-15"}


def client_of(fake: AnyFake) -> dict[str, str]:
    return {key: fake.credentials[key] for key in ("client_id", "client_secret")}


def r_status(fake: AnyFake, token: str) -> int:
    with spoken(fake) as http:
        return http.get("/API/V3/Account.json", headers=bearer(token)).status_code


def r_token(fake: AnyFake, **form: str) -> httpx.Response:
    with spoken(fake) as http:
        return http.post("/auth/oauth/token", data={**client_of(fake), **form})


def test_r_series_tokens_live_on_and_retired_ones_stay_dead(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    fake, secret = world.lightspeed_r, world.lightspeed_r.credentials
    bought = r_token(fake, grant_type="refresh_token", refresh_token=secret["refresh_token"]).json()
    assert r_status(fake, bought["access_token"]) == 200  # the first use retires the published pair
    again = moved(world).lightspeed_r
    assert r_status(again, bought["access_token"]) == 200
    assert r_status(again, secret["access_token"]) == 401
    assert r_status(again, secret["all_access_token"]) == 200
    refused = r_token(again, grant_type="refresh_token", refresh_token=secret["refresh_token"])
    assert refused.status_code == 400
    third = r_token(again, grant_type="refresh_token", refresh_token=bought["refresh_token"]).json()
    assert third == r_token(fake, grant_type="refresh_token", refresh_token=bought["refresh_token"]).json()


def test_r_series_codes_and_the_count_of_refreshes_live_on(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    fake = world.lightspeed_r
    with spoken(fake) as http:
        asked = {"response_type": "code", "client_id": fake.credentials["client_id"]}
        sent = http.get("/auth/oauth/authorize", params={**asked, "scope": "employee:register_read"})
    code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    for _ in range(5):
        r_token(fake, grant_type="refresh_token", refresh_token=fake.credentials["refresh_token"])
    again = moved(world).lightspeed_r
    assert r_token(again, grant_type="authorization_code", code=code).status_code == 200
    assert r_token(again, grant_type="authorization_code", code=code).status_code == 400
    refresh = again.credentials["refresh_token"]
    assert r_token(again, grant_type="refresh_token", refresh_token=refresh).status_code == 429


def test_x_series_tokens_live_on_and_retired_ones_stay_dead(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    fake, secret = world.lightspeed_x, world.lightspeed_x.credentials
    form = {**client_of(fake), "grant_type": "refresh_token"}
    with spoken(fake) as http:
        bought = http.post("/api/1.0/token", data={**form, "refresh_token": secret["refresh_token"]}).json()
    with spoken(moved(world).lightspeed_x) as http:
        tokens = (bought["access_token"], secret["access_token"], secret["personal_token"])
        statuses = [http.get("/api/2.0/retailer", headers=bearer(one)).status_code for one in tokens]
        assert statuses == [200, 401, 200]
        refresh = [secret["refresh_token"], bought["refresh_token"]]
        answers = [http.post("/api/1.0/token", data={**form, "refresh_token": one}) for one in refresh]
        assert [answer.status_code for answer in answers] == [400, 200]
        assert answers[1].json()["access_token"] not in (*tokens, *refresh)


def test_klaviyo_installs_live_on(world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]) -> None:
    fake, target = world.klaviyo, "https://app.shop.net/callback"
    client = client_of(fake)
    asked = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": target,
        "scope": "metrics:read",
        "state": "s",
        "code_challenge_method": "S256",
        "code_challenge": CHALLENGE,
    }
    with spoken(fake, auth=(client["client_id"], client["client_secret"])) as http:
        codes = [
            parse_qs(urlsplit(http.get("/oauth/authorize", params=asked).headers["Location"]).query)["code"][
                0
            ]
            for _ in range(2)
        ]
        form = {"grant_type": "authorization_code", "code_verifier": VERIFIER, "redirect_uri": target}
        bought = http.post("/oauth/token", data={**form, "code": codes[0]}).json()
    again, basic = moved(world).klaviyo, (client["client_id"], client["client_secret"])
    with spoken(again) as http:
        assert http.get("/api/metrics", headers=bearer(bought["access_token"])).status_code == 200
        form["code"] = codes[1]
        assert http.post("/oauth/token", data=form, auth=basic).status_code == 200
        refresh = {"grant_type": "refresh_token", "refresh_token": bought["refresh_token"]}
        assert http.post("/oauth/token", data=refresh, auth=basic).status_code == 200


def test_subscriptions_live_on_and_tell_what_happens_next(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    key = {
        "Authorization": f"Klaviyo-API-Key {world.klaviyo.credentials['api_key']}",
        "revision": "2026-10-15",
    }
    personal = {"Authorization": f"Bearer {world.lightspeed_x.credentials['personal_token']}"}
    hook = {"type": "customer.update", "url": "https://hooks.shop.test/x", "active": True}
    with spoken(world.lightspeed_x, headers=personal) as http:
        assert http.post("/api/2.0/webhooks", json=hook).status_code < 300
    with spoken(world.sitoo) as http:
        told = [{"base_url": "https://hooks.shop.test/sitoo"}]
        assert http.put("/_fake/event-subscriptions", json=told).status_code == 200
    attributes = {
        "name": "h",
        "endpoint_url": "https://hooks.shop.test/k",
        "secret_key": "0123456789abcdef",
    }
    topics = {"data": [{"type": "webhook-topic", "id": "event:klaviyo.subscribed_to_email_marketing"}]}
    body = {
        "data": {"type": "webhook", "attributes": attributes, "relationships": {"webhook-topics": topics}}
    }
    with spoken(world.klaviyo, headers=key) as http:
        made = http.post("/api/webhooks", json=body)
        assert made.status_code == 201, made.text
        before = http.get("/api/webhooks").json()["data"]
    again, got = moved(world), []

    def receive(out: Outgoing) -> Answer:
        got.append(out.url)
        return Answer(200)

    for fake in again:
        if fake.push is not None:
            fake.push.send = receive
    with spoken(again.klaviyo, headers=key) as http:
        again.klaviyo.limits.reset()
        assert http.get("/api/webhooks").json()["data"] == before
    with spoken(again.lightspeed_x, headers=personal) as http:
        http.post("/api/2.0/customers", json={"first_name": "Ann"})
    mug = again.sitoo.state.add_product("Mug", sku="MUG", price="10")
    store = again.sitoo.state.add_store("S", external_id="1", time_zone="Europe/Stockholm")
    from fakes.sitoo.records import LineIn

    again.sitoo.state.sell(again.sitoo.state.registers_of(store)[0], again.clock.now(), [LineIn(mug)])
    again.advance(60)
    assert {"https://hooks.shop.test/x", "https://hooks.shop.test/sitoo/events"} <= set(got)


def test_a_receiver_that_was_silenced_stays_silenced(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    fake = world.lightspeed_x
    fake.state.kept["hooks"].silent_until = NOON.timestamp() + 3_600
    again = moved(world).lightspeed_x
    assert again.state.kept["hooks"].silent_until == NOON.timestamp() + 3_600


def test_a_sitoo_till_that_was_open_closes_over_the_whole_interval(
    world: FakeWorld, moved: Callable[[FakeWorld], FakeWorld]
) -> None:
    from fakes.sitoo.records import LineIn

    state = world.sitoo.state
    store = state.add_store("S", external_id="1", time_zone="Europe/Stockholm", registers=2)
    mug = state.add_product("Mug", sku="MUG", price="10")
    till, other = state.registers_of(store)
    for number, minutes in ((0, -60), (1, -50)):
        state.open_register(till, NOON + timedelta(minutes=minutes - 10))
        state.sell(till, NOON + timedelta(minutes=minutes), [LineIn(mug)])
        if number == 0:
            state.close_register(till, NOON + timedelta(minutes=minutes + 1))
    state.sell(other, NOON - timedelta(minutes=5), [LineIn(mug)])
    state.close_register(other, NOON + timedelta(minutes=30))  # still to come
    again = moved(world)
    for one in (world, again):
        one.sitoo.state.close_register(till, NOON + timedelta(minutes=5))
        one.advance(3_600)
    secret = again.sitoo.credentials
    asked = []
    for one in (world, again):
        with spoken(one.sitoo, auth=(secret["api_id"], secret["password"])) as http:
            asked.append(http.get(f"{secret['base_path']}/pos-z-reports.json").json())
    assert asked[0] == asked[1]
    assert [report["numsales"] for report in asked[1]] == [1, 1, 1]
