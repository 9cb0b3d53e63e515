"""A fake Klaviyo on a clock that stands still, and a client that speaks to it in process."""

from collections.abc import Iterator

import pytest
from klaviyo_kit import NOON, Klaviyo

from fakes.kit.clock import VirtualClock
from fakes.klaviyo.app import KlaviyoFake, build


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def fake(clock: VirtualClock) -> KlaviyoFake:
    return build(clock)


@pytest.fixture
def klaviyo(fake: KlaviyoFake) -> Iterator[Klaviyo]:
    client = Klaviyo(fake)
    yield client
    client.http.close()
