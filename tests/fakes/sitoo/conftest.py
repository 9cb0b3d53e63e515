"""The fixture `shop` for every test of the Sitoo fake."""

from collections.abc import Iterator

import httpx
import pytest
from sitoo_shop import NOON, Shop

from fakes.kit.clock import VirtualClock
from fakes.sitoo.app import build


@pytest.fixture
def shop() -> Iterator[Shop]:
    clock = VirtualClock(NOON)
    fake = build(clock)
    auth = (fake.credentials["api_id"], fake.credentials["password"])
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), auth=auth) as http:
        store = fake.state.add_store("Concept Store", external_id="200", time_zone="Europe/Stockholm")
        mug = fake.state.add_product("Enamel Mug", sku="MUG-1", price="100")
        yield Shop(fake, clock, http, store, fake.state.registers_of(store)[0], mug)
