"""A whole world: built in a moment, moved by one clock, saved, loaded, the same for the same seed."""

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.kit.clock import SystemClock, VirtualClock
from fakes.kit.push import Answer, Push
from fakes.vendors import BUILT
from fakes.world import FakeWorld, build_world

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def calls(fake: Any, draw: random.Random, count: int) -> None:
    """Seeded requests: reads of every route, writes with and without sense, and time passing."""
    rules = sorted(
        (str(rule.rule), method)
        for rule in fake.flask.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not str(rule.rule).startswith("/_fake")
    )
    secret = fake.credentials
    headers = {
        "Authorization": f"Klaviyo-API-Key {secret['api_key']}"
        if "api_key" in secret
        else f"Bearer {secret.get('access_token', '')}",
        "revision": "2026-10-15",
        "Content-Type": "application/json",
    }
    transport = httpx.WSGITransport(app=fake.wsgi)
    with httpx.Client(transport=transport, base_url="https://fake.test", headers=headers) as client:
        for number in range(count):
            rule, method = draw.choice(rules)
            path = "".join(
                part if not part.startswith("<") else _filled(part, secret, draw) for part in _parts(rule)
            )
            client.request(method, path, content=draw.choice((b"", b"{}", _event(number))))
            if draw.random() < 0.2:
                fake.advance(draw.choice((1, 60, 3600)))


def _parts(rule: str) -> list[str]:
    return [piece for part in rule.split("<") for piece in _split(part)]


def _split(part: str) -> list[str]:
    name, sign, rest = part.partition(">")
    return [f"<{name}>", rest] if sign else [part]


def _filled(part: str, secret: dict[str, str], draw: random.Random) -> str:
    if "account" in part:
        return secret.get("account_id", "1")
    return draw.choice(("1", "2", "7", "Sale.json", "Customer.json", "X"))


def _event(number: int) -> bytes:
    profile = {"data": {"type": "profile", "attributes": {"email": f"p{number % 5}@shop-mail.net"}}}
    metric = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}
    attributes = {"properties": {"n": number}, "metric": metric, "profile": profile, "unique_id": str(number)}
    return json.dumps({"data": {"type": "event", "attributes": attributes}}).encode()


def exercised(seed: int, script: int) -> FakeWorld:
    world, draw = build_world(VirtualClock(NOON), seed=seed), random.Random(script)
    for fake in world:
        with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="http://fake") as client:
            client.post("/_fake/seed", json={"seed": seed, "shops": 2, "customers": 3, "sales": 9, "days": 2})
        fake.faults.add({"kind": "html", "probability": 0.1}, {"kind": "status", "every": 7})
        calls(fake, draw, 25)
    return world


def test_a_fresh_world_is_built_in_under_20_milliseconds() -> None:
    build_world()  # what is imported once is not the world's
    best = min(_seconds(build_world) for _ in range(20))
    assert best < 0.020


def _seconds(work: Any) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize("script", range(4))
def test_the_same_seed_and_the_same_calls_give_the_same_bytes(script: int) -> None:
    one, other = exercised(5, script), exercised(5, script)
    assert one.dump_bytes() == other.dump_bytes()


def test_another_seed_gives_another_world() -> None:
    assert exercised(5, 1).dump_bytes() != exercised(6, 1).dump_bytes()


@pytest.mark.parametrize("script", range(2))
def test_a_saved_world_goes_on_as_if_it_had_never_stopped(script: int, tmp_path: Path) -> None:
    world, file = exercised(5, script), tmp_path / "world.json"
    world.save_to(file)
    back = build_world(VirtualClock(NOON), seed=5)
    back.load_from(file)
    assert back.dump_bytes() == world.dump_bytes()
    assert back.clock.now() == world.clock.now()
    for one in (world, back):
        for fake in one:
            fake.limits.reset()  # what limiters have counted is not saved
            calls(fake, random.Random(9), 10)
    assert _truths(back) == _truths(world)


def _truths(world: FakeWorld) -> dict[str, Any]:
    return {name: told["state"] for name, told in world.dump()["fakes"].items()}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda held: held.pop("fakes"),
        lambda held: held.update(format=99),
        lambda held: held["fakes"].pop("klaviyo"),
        lambda held: held["fakes"]["klaviyo"].update(seed=77),
        lambda held: held["fakes"]["klaviyo"]["state"].pop("profiles"),
        lambda held: held["fakes"]["klaviyo"].update(faults={"rules": [{"kind": 7}], "draws": [1, [], None]}),
        lambda held: held["fakes"]["klaviyo"].update(switches={"nope": 1}),
        lambda held: held["fakes"]["klaviyo"].update(journal="?"),
    ],
)
def test_a_file_that_is_no_world_changes_nothing(spoil: Any) -> None:
    world = exercised(5, 1)
    before, held = world.dump_bytes(), world.dump()
    spoil(held)
    with pytest.raises(ValueError, match="not a saved world"):
        world.load(held)
    assert world.dump_bytes() == before


def test_instances_are_isolated_but_share_the_clock() -> None:
    world = build_world(VirtualClock(NOON), only=["klaviyo"], instances=3)
    assert list(world.fakes) == ["klaviyo", "klaviyo_2", "klaviyo_3"]
    calls(world["klaviyo_2"], random.Random(1), 20)
    assert [fake.journal.counts["requests"] for fake in world] == [0, 20, 0]
    assert len({fake.clock.now() for fake in world}) == 1
    assert world["klaviyo"].state.ids.uuid() != world["klaviyo_3"].state.ids.uuid()


def test_an_unknown_fake_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no fake named 'shopify'; there are: klaviyo"):
        build_world(only=["shopify"])


def test_whichever_clock_is_moved_every_delivery_goes_out_at_its_own_time() -> None:
    world = build_world(VirtualClock(NOON))
    seen: list[tuple[str, datetime]] = []
    for fake in world:
        fake.push = push = Push(world.clock, lambda attempts, _: None if attempts > 1 else 600.0)
        push.send = lambda out: (seen.append((out.url, world.clock.now())), Answer(200))[1]
        push.queue("a", fake.name, b"", {}, at=NOON + timedelta(minutes=len(fake.name)))
    for fake in world:
        fake.pushes = [other.push for other in world if other.push is not None]
    world.klaviyo.advance(3600)
    expected = [(n, NOON + timedelta(minutes=len(n) + again)) for n in BUILT for again in (0, 10)]
    assert sorted(seen) == sorted(expected)
    assert seen == sorted(seen, key=lambda one: one[1])
    assert world.clock.now() == NOON + timedelta(hours=1)


def test_the_machines_clock_cannot_be_moved() -> None:
    with pytest.raises(ValueError, match="machine's clock"):
        build_world(SystemClock()).advance(1)


def test_a_world_is_served_whole_and_links_begin_where_they_are_told_to() -> None:
    world = build_world(VirtualClock(NOON), only=["lightspeed_r"])
    fake = world.lightspeed_r
    with world.serve() as served, httpx.Client(base_url=served.urls["lightspeed_r"]) as client:
        client.post("/_fake/seed", json={"seed": 1, "shops": 1, "customers": 2, "sales": 5, "days": 1})
        client.headers["Authorization"] = f"Bearer {fake.credentials['access_token']}"
        asked = f"/API/V3/Account/{fake.credentials['account_id']}/Sale.json?limit=2"
        assert client.get(asked).json()["@attributes"]["next"].startswith(served.urls["lightspeed_r"])
        fake.link_base = "https://api.lightspeedapp.com"
        next_page = client.get(asked).json()["@attributes"]["next"]
        assert next_page.startswith("https://api.lightspeedapp.com/API/V3/Account/")
        for wrong in ("proxy.test", "https://", "https://proxy.test/till", "ftp://proxy.test"):
            with pytest.raises(ValueError, match="link base"):
                fake.link_base = wrong
