"""The fixture `till` for every test of the R-Series fake."""

from collections.abc import Iterator

import httpx
import pytest
from fake_till import NOON, Till

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.app import build


@pytest.fixture
def till() -> Iterator[Till]:
    clock = VirtualClock(NOON)
    fake = build(clock)
    headers = {"Authorization": f"Bearer {fake.credentials['access_token']}"}
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), headers=headers) as http:
        shop = fake.state.add_shop("West Bolduc", "US/Eastern")
        item = fake.state.add_item("Enamel Mug", price="10", sku="MUG-1")
        yield Till(fake, clock, http, shop, item)


@pytest.fixture
def office(till: Till) -> Till:
    """The same with the token that may write, and no rate limits."""
    till.fake.limits.enabled = False
    return till.may_write()
