"""A dashboard over a world after its first night, with something to be found."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_OPS = Path(__file__).resolve().parents[1] / "ops" / "ops_world.py"


def _ops_world() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ops_world_for_web", _OPS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Any]:
    """The world of three days, one sale of which never became an event; not judged yet."""
    with _ops_world().NightWorld(tmp_path) as world:
        world.trade()
        yield world


@pytest.fixture
def app(night: Any, tmp_path: Path) -> Any:
    """Its dashboard."""
    from web_world import dashboard

    return dashboard(
        night.world.settings, night.own, night.store, night.world.clock, tmp_path,
        transports=night.world.transports, courier=night.noting,
    )  # fmt: skip


@pytest.fixture
def ann(app: Any) -> Any:
    """An operator, signed in."""
    from web_world import Browser

    browser = Browser(app.test_client())
    assert browser.sign_in("ann").status_code == 303
    return browser


@pytest.fixture
def vic(app: Any) -> Any:
    """A viewer, signed in."""
    from web_world import Browser

    browser = Browser(app.test_client())
    assert browser.sign_in("vic").status_code == 303
    return browser
