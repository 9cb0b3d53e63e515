"""Registering with the vendor: repeatable, checked, listed, taken back; or a text to paste."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hooks_kit import OPENING, URL, sitoo_told, x_told

from fakes.lightspeed_x.records import Row
from scenarios.harness.merchant import ACCOUNT
from scenarios.harness.world import World
from sync.hooks.register import Registered, address_of, register, remove
from sync.sources.fields import WrongSettings
from sync.sources.notices import Subscriptions

AT_URL = f"{URL}/sale.update"


def way(world: World, url: str = URL) -> Subscriptions:
    found = world.sync.subscribing(ACCOUNT, url)
    assert not isinstance(found, str)
    return found


def registered(world: World, url: str = URL) -> Registered:
    with closing(way(world, url)) as subscriptions:
        return register(subscriptions)


def kept(world: World) -> list[tuple[str, str, bool]]:
    """What the fake holds: type, address, active."""
    rows: list[Row] = list(world.till.state.webhooks)
    return sorted((row.data["type"], row.data["url"], row.data["active"]) for row in rows)


def test_registering_twice_makes_one_webhook(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        again = registered(told.world)
        assert kept(told.world) == [("sale.update", AT_URL, True)]
        assert again.told == (f"sale.update is registered already at {AT_URL}",)
        assert (again.others, again.complete) == ((), True)


def test_one_that_was_switched_off_is_switched_on_again(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        [row] = told.till.webhooks
        row.data = {**row.data, "active": False}
        again = registered(told.world)
        assert again.told == (f"switched sale.update at {AT_URL} on again",)
        assert kept(told.world) == [("sale.update", AT_URL, True)]


def test_an_older_address_is_pointed_out_and_can_be_taken_back(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        moved = registered(told.world, "https://new.test/hooks/grocer")
        assert [one.url for one in moved.others] == [AT_URL]
        with closing(way(told.world)) as subscriptions:
            assert [one.url for one in remove(subscriptions)] == [AT_URL]
            assert remove(subscriptions) == []
        assert kept(told.world) == [("sale.update", "https://new.test/hooks/grocer/sale.update", True)]


def test_a_registration_whose_answer_was_lost_is_not_made_twice(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.till.webhooks.rows.clear()
        told.fake.faults.add({"kind": "reset_after", "match": {"method": "POST"}, "times": 1})
        assert registered(told.world).complete
        assert kept(told.world) == [("sale.update", AT_URL, True)]


def test_a_personal_token_is_told_why_it_cannot_listen(tmp_path: Path) -> None:
    account = {"lightspeed_x": {"personal_token": "made-by-hand"}}
    with (
        World(tmp_path, OPENING, source="lightspeed_x", account=account) as world,
        pytest.raises(WrongSettings, match="anybody could forge them"),
    ):
        world.sync.subscribing(ACCOUNT, URL)


def test_sitoo_is_told_by_a_person_who_pastes(tmp_path: Path) -> None:
    section = {"events_username": "sitoo", "events_password": "secret"}
    with sitoo_told(tmp_path, sitoo=section) as told:
        text = told.world.sync.subscribing(ACCOUNT, URL)
        assert isinstance(text, str)
        pasted: list[dict[str, Any]] = json.loads(text)
        assert pasted == [
            {"base_url": URL, "event_types": ["booking", "order", "order-delivery"], "username": "sitoo",
             "password": "…"}
        ]  # fmt: skip


def test_a_till_without_webhooks_says_that_it_is_polled(tmp_path: Path) -> None:
    with (
        World(tmp_path, OPENING) as world,
        pytest.raises(WrongSettings, match="has no webhooks"),
    ):
        world.sync.subscribing(ACCOUNT, URL)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://hooks.example.com", "https://hooks.example.com/hooks/main"),
        ("https://example.com/tillproof/", "https://example.com/tillproof/hooks/main"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/hooks/main"),
    ],
)
def test_the_address_of_an_account(url: str, address: str) -> None:
    assert address_of(url, "main") == address


@pytest.mark.parametrize(
    "url", ["http://example.com", "example.com", "https://", "ftp://x", "https://x?y=1", ""]
)
def test_an_address_no_vendor_could_post_to_is_refused(url: str) -> None:
    with pytest.raises(WrongSettings, match="give the https address"):
        address_of(url, "main")
