"""A real browser for the pages: Debian's Chromium, driven by playwright, fetching nothing from anywhere."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from browser_windows import Windows
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SAMPLES = Path(__file__).resolve().parents[1] / "monitor" / "report" / "report_samples.py"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, except where CI promises it."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have a browser at {CHROMIUM}")
        pytest.skip(f"no browser at {CHROMIUM}; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The reports made by hand, shared with the tests of the page's text."""
    spec = importlib.util.spec_from_file_location("report_samples_for_browser", SAMPLES)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def windows(chromium: Browser) -> Iterator[Windows]:
    """Windows that close when the test ends."""
    made = Windows(chromium)
    yield made
    made.close()


@pytest.fixture
def opened(windows: Windows) -> Callable[..., Page]:
    """Opens a file, which may ask for nothing but itself."""

    def go(path: Path, **how: Any) -> Page:
        home = path.as_uri()
        return windows.open(home, lambda url: url.partition("#")[0] == home or url.startswith("data:"), **how)

    return go
