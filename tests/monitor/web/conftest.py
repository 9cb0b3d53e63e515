"""A dashboard over an empty history, cheap; and one over a world after trade, for what needs both ends."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from web_world import Browser, dashboard

from fakes.kit.clock import VirtualClock
from monitor.settings import MonitorSettings
from sync.settings import Settings
from sync.store.database import Store, open_store
from sync.store.secrets import new_key

_OPS = Path(__file__).resolve().parents[1] / "ops" / "ops_world.py"
START = datetime(2026, 4, 9, 10, tzinfo=UTC)


def _ops_world() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ops_world_for_web", _OPS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all its tables, to be copied."""
    path = tmp_path_factory.mktemp("web") / "empty.db"
    with open_store(f"sqlite:///{path}") as store:
        store.tidy()
    return path


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "tillproof.db"
    shutil.copy(migrated, path)
    with open_store(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two accounts; nobody asks their ends for anything."""
    sitoo = {"api_id": "1-2", "password": "unused", "zone": "Europe/Stockholm"}
    account = {"source": "sitoo", "sitoo": sitoo, "klaviyo": {"api_key": "pk_unused"}}
    told = {"secrets": {"key": new_key()}, "accounts": {"grocer": account, "another": account}}
    return Settings.from_dict({"store": {"url": f"sqlite:///{tmp_path / 'tillproof.db'}"}, **told}, {})


@pytest.fixture
def app(settings: Settings, store: Store, clock: VirtualClock, tmp_path: Path) -> Any:
    """The dashboard."""
    own = MonitorSettings.from_dict({}, {}, str(tmp_path / "tillproof.toml"))
    return dashboard(settings, own, store, clock, tmp_path)


@pytest.fixture
def ann(app: Any) -> Browser:
    """An operator, signed in."""
    browser = Browser(app.test_client())
    assert browser.sign_in("ann").status_code == 303
    return browser


@pytest.fixture
def vic(app: Any) -> Browser:
    """A viewer, signed in."""
    browser = Browser(app.test_client())
    assert browser.sign_in("vic").status_code == 303
    return browser


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Any]:
    """A world of three days of trade, synced, at 06:00; not judged yet."""
    (tmp_path / "world").mkdir()
    with _ops_world().NightWorld(tmp_path / "world") as world:
        world.trade()
        yield world


@pytest.fixture
def night_app(night: Any, tmp_path: Path) -> Any:
    """Its dashboard."""
    return dashboard(
        night.world.settings, night.own, night.store, night.world.clock, tmp_path,
        transports=night.world.transports, courier=night.noting,
    )  # fmt: skip


@pytest.fixture
def operator(night_app: Any) -> Browser:
    """An operator of the world's dashboard, signed in."""
    browser = Browser(night_app.test_client())
    assert browser.sign_in("ann").status_code == 303
    return browser
