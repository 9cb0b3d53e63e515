"""From a Sitoo receipt to one profile in Klaviyo: joined, never fragmented, and its wishes respected."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sitoo_world import SitooWorld

from sync import app as sync_app


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SitooWorld]:
    one = SitooWorld(tmp_path)
    yield one
    one.close()


def profile(shop: SitooWorld, identifier: str, value: str) -> Any:
    return shop.world.klaviyo.state.profiles.owner(identifier, value)


def owners(shop: SitooWorld) -> set[str]:
    """The profiles that have a Placed Order."""
    return {event.profile_id for event in shop.stored() if event.metric_name == "Placed Order"}


def test_receipts_with_an_address_a_phone_and_a_number_meet_on_one_profile(
    shop: SitooWorld, tmp_path: Path
) -> None:
    shop.state.edit_user(shop.ann, shop.now(), customernumber="C-77")
    shop.clock.advance(60)
    shop.sell(1, user_id=None, email="ANN.LEE@northwind.dev")
    shop.sell(1, user_id=None, phone="070-174 06 05")
    shop.sell(1, user_id=None, crm_id="C-77")

    shop.once()

    ann = profile(shop, "email", "ann.lee@northwind.dev")
    assert owners(shop) == {ann.id}
    assert (ann.attributes["first_name"], ann.attributes["last_name"]) == ("Ann", "Lee")
    assert profile(shop, "phone_number", "+46701740605") is ann
    assert profile(shop, "external_id", "C-77") is ann
    shop.agrees(tmp_path)


def test_a_guest_known_by_phone_gets_a_profile_of_that_number(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1, user_id=None, phone="070-174 06 33", first="Eva")

    shop.once()

    assert owners(shop) == {profile(shop, "phone_number", "+46701740633").id}
    shop.agrees(tmp_path)


def test_a_guest_nobody_can_write_to_makes_no_profile_and_is_left_out_by_name(
    shop: SitooWorld, tmp_path: Path
) -> None:
    before = set(shop.world.klaviyo.state.profiles.by_id)
    shop.sell(1, user_id=None, email="no address", phone="12")
    shop.sell(2, user_id=None, first="Eva", last="Ek")

    shop.once()

    assert set(shop.world.klaviyo.state.profiles.by_id) - before <= {
        profile(shop, "email", "ann.lee@northwind.dev").id
    }
    assert shop.left_out(tmp_path) == {"no_identifier": (1, 100_00), "no_customer": (1, 200_00)}


def test_a_return_that_names_nobody_goes_to_who_bought(shop: SitooWorld, tmp_path: Path) -> None:
    sold = shop.sell(2)
    shop.clock.advance(60)
    back = shop.state.refund(sold, shop.now(), {0: 1})
    shop.state.edit(back, shop.now(), email="", phone="")

    shop.once()

    [refund] = [event for event in shop.stored() if event.metric_name == "Refunded Order"]
    assert refund.email == "ann.lee@northwind.dev"
    shop.agrees(tmp_path)


class Crm(httpx.BaseTransport):
    """A customer system behind the same door as the till."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.accepts: dict[str, list[str]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "crm.test":
            return self.inner.handle_request(request)
        found = self.accepts.get(request.url.path.rpartition("/")[2])
        return httpx.Response(404, json={}) if found is None else httpx.Response(
            200, json={"accepts_communication": found}
        )  # fmt: skip


def test_an_opt_out_at_the_till_travels_once_and_an_opt_in_calls_nobody_back(tmp_path: Path) -> None:
    told = {"base_url": "https://crm.test", "absent_is_opt_out": True}
    shop = SitooWorld(tmp_path, account={"sitoo": {"crm": told}})
    world = shop.world
    crm = Crm(world.transports["sitoo"])
    crm.accepts["C-77"] = ["sms"]
    world.sync.close()
    transports = {**world.transports, "sitoo": crm}
    world.sync = sync_app.build(world.settings, clock=world.clock, transports=transports)
    shop.state.edit_user(shop.ann, shop.now(), customernumber="C-77")
    shop.clock.advance(60)
    shop.sell(1)

    shop.once()
    shop.once()

    ann = profile(shop, "email", "ann.lee@northwind.dev")
    assert ann.consent["email.marketing"]["consent"] == "UNSUBSCRIBED"
    # At the till she agrees again: Klaviyo, where she said no, is the master.
    crm.accepts["C-77"] = ["email"]
    shop.clock.advance(2 * 86_400)
    shop.once()
    assert ann.consent["email.marketing"]["consent"] == "UNSUBSCRIBED"
    # In Klaviyo she subscribes; the till's old no is no news.
    ann.consent["email.marketing"] = {**ann.consent["email.marketing"], "consent": "SUBSCRIBED"}
    shop.clock.advance(2 * 86_400)
    shop.once()
    assert ann.consent["email.marketing"]["consent"] == "SUBSCRIBED"
    shop.close()


def test_a_refund_keeps_to_the_profile_its_first_event_went_to(shop: SitooWorld, tmp_path: Path) -> None:
    shop.sell(1)
    shop.once()
    shop.state.edit_user(shop.ann, shop.now(), email="ann@elsewhere.dev")
    shop.clock.advance(2 * 3600)
    shop.once()

    assert [event.email for event in shop.stored() if event.metric_name == "Placed Order"] == [
        "ann.lee@northwind.dev"
    ]
    shop.agrees(tmp_path)
