"""The pytest plugin: stateful fakes as fixtures, for tests of anything that speaks to these systems.

Registered through the ``pytest11`` entry point, so it is there once the package is installed. Nothing of the
fakes is imported before a test asks for a fixture. Each test has a world of its own, so tests may run in any
order and in any number of processes. ``docs/fakes.md`` shows it at work.

    @pytest.mark.fakes(seed=7, start="2026-03-08T06:00:00+00:00")
    def test_mine(klaviyo_fake): ...
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakes.kit.app import Fake
    from fakes.kit.clock import Clock
    from fakes.kit.serve import Served
    from fakes.world import FakeWorld

MARKER = (
    "fakes(seed=1, start='2026-11-02T09:00:00+00:00', clock='virtual', only=None, limits=True): "
    "how this test's fakes are built; start is an ISO instant with an offset, clock 'virtual' or 'system'"
)
_KNOWN = ("seed", "start", "clock", "only", "limits")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def fake_world(request: pytest.FixtureRequest) -> "FakeWorld":
    """Every fake there is, fresh, on one virtual clock that stands still until it is moved."""
    from fakes.world import build_world  # noqa: PLC0415  nothing is imported before a test asks for it

    asked = _asked(request.node)
    world = build_world(_clock(asked), seed=asked.get("seed", 1), only=asked.get("only"))
    for fake in world:
        fake.limits.enabled = asked.get("limits", True)
    return world


@pytest.fixture
def klaviyo_fake(fake_world: "FakeWorld") -> "Fake[Any, Any, Any]":
    """A fake of Klaviyo: ``httpx.WSGITransport(app=klaviyo_fake.wsgi)``."""
    return _one(fake_world, "klaviyo")


@pytest.fixture
def lightspeed_r_fake(fake_world: "FakeWorld") -> "Fake[Any, Any, Any]":
    """A fake of Lightspeed Retail R-Series."""
    return _one(fake_world, "lightspeed_r")


@pytest.fixture
def lightspeed_x_fake(fake_world: "FakeWorld") -> "Fake[Any, Any, Any]":
    """A fake of Lightspeed Retail X-Series."""
    return _one(fake_world, "lightspeed_x")


@pytest.fixture
def sitoo_fake(fake_world: "FakeWorld") -> "Fake[Any, Any, Any]":
    """A fake of Sitoo."""
    return _one(fake_world, "sitoo")


@pytest.fixture
def served_fake_world(fake_world: "FakeWorld") -> "Iterator[Served]":
    """The same world on sockets, on free ports: ``served_fake_world.urls["klaviyo"]``."""
    with fake_world.serve() as served:
        yield served


@pytest.fixture
def serve_fake() -> "Iterator[Callable[[Fake[Any, Any, Any]], str]]":
    """Serves one fake on a free port until the test ends, and gives its base URL."""
    from contextlib import ExitStack  # noqa: PLC0415  the same

    from fakes.kit.serve import Served  # noqa: PLC0415  the same

    with ExitStack() as stack:

        def serve(fake: "Fake[Any, Any, Any]") -> str:
            pushes = () if fake.push is None else (fake.push,)
            return stack.enter_context(Served({fake.name: fake.wsgi}, pushes=pushes)).urls[fake.name]

        yield serve


def _one(world: "FakeWorld", name: str) -> "Fake[Any, Any, Any]":
    if name not in world.fakes:
        said = f"its marker 'fakes' says only={list(world.fakes)}"
        pytest.fail(f"this test's world has no {name}: {said}", pytrace=False)
    return world[name]


def _asked(node: pytest.Item) -> dict[str, Any]:
    """What the test's marks say, the nearest last."""
    asked: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("fakes"))):
        unknown = [name for name in mark.kwargs if name not in _KNOWN]
        if mark.args or unknown:
            pytest.fail(f"the marker 'fakes' takes {', '.join(_KNOWN)} by name", pytrace=False)
        asked |= mark.kwargs
    return asked


def _clock(asked: dict[str, Any]) -> "Clock | None":
    from fakes.kit.clock import SystemClock, VirtualClock  # noqa: PLC0415  the same

    if asked.get("clock", "virtual") == "system":
        return SystemClock()
    start = asked.get("start")
    if start is None:
        return None
    try:
        return VirtualClock(start if isinstance(start, datetime) else datetime.fromisoformat(start))
    except ValueError as error:
        pytest.fail(
            f"the marker 'fakes' takes start as an ISO instant with an offset: {error}", pytrace=False
        )
