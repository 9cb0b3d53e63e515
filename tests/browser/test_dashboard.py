"""The dashboard in a real browser: no complaints, by keyboard, on a phone, in the dark, without scripts."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import waitress
from argon2 import PasswordHasher
from browser_windows import Windows
from playwright.sync_api import Browser, Page
from test_report_page import CONTRAST

from monitor.web.app import build
from monitor.web.site import Configured
from monitor.web.users import Role
from scenarios.bench.dashboard import settings_for
from scenarios.bench.dashboard_seed import Size, seed
from sync.store.database import open_store

PASSWORD = "plain words of a test"
ACCOUNT = "/accounts/harbour-books"
TODAY = datetime.now(UTC).date() - timedelta(days=1)
DAY = TODAY - timedelta(days=2)
PAGES = {
    "overview": "/", "account": ACCOUNT, "calendar": f"{ACCOUNT}/calendar",
    "month": f"{ACCOUNT}/calendar/{DAY.year}/{DAY.month}", "day": f"{ACCOUNT}/days/{DAY}",
    "finding": f"{ACCOUNT}/findings/31", "findings": "/findings", "runs": f"{ACCOUNT}/runs",
    "run": f"{ACCOUNT}/runs/60", "repair": f"{ACCOUNT}/runs/60/repair", "letters": f"{ACCOUNT}/letters",
    "alerts": "/alerts", "settings": f"{ACCOUNT}/settings", "connect": "/connect", "nowhere": "/nowhere",
}  # fmt: skip
# What a screen reader needs: every field and button has a name, every table a caption, ids are single.
UNNAMED = """
() => {
  const bad = [];
  const named = e => (e.labels && e.labels.length) || e.getAttribute('aria-label') || e.textContent.trim();
  document.querySelectorAll('input:not([type=hidden]), select, button, main a').forEach(e => {
    if (!named(e)) bad.push(e.outerHTML.slice(0, 90));
  });
  document.querySelectorAll('table').forEach(e => { if (!e.caption) bad.push('table without caption'); });
  document.querySelectorAll('nav').forEach(e => { if (!e.ariaLabel) bad.push('nav without a name'); });
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => bad.push('twice: ' + id));
  document.querySelectorAll('[aria-describedby]').forEach(e => {
    if (!document.getElementById(e.getAttribute('aria-describedby'))) bad.push('describes nothing: ' + e.id);
  });
  if (document.querySelectorAll('h1').length !== 1) bad.push('h1: ' + document.querySelectorAll('h1').length);
  if (document.querySelectorAll('main').length !== 1) bad.push('main');
  return bad;
}
"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over a seeded history, served."""
    folder = tmp_path_factory.mktemp("dashboard")
    settings, own = settings_for(folder, 24)
    with open_store(settings.store.url) as store:
        seed(store, TODAY, Size(24, 60, 30, 12))
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        app = build(Configured(settings, own, folder / "tillproof.toml"), store, hasher=hasher)
        app.extensions["tillproof"].users.add("ann", Role.OPERATOR, PASSWORD, (), 0)
        server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        yield f"http://127.0.0.1:{server.effective_port}"
        server.close()
        app.extensions["tillproof"].jobs.close()


@pytest.fixture(scope="module")
def cookies(chromium: Browser, address: str) -> Any:
    """One sign-in for all of them, made by keyboard."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}{ACCOUNT}")
    # The first field gets the focus by itself, once the page is drawn.
    page.wait_for_function("document.activeElement.autofocus")
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{ACCOUNT}")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(windows: Windows, address: str, cookies: Any) -> Open:
    """Opens a page as the one who signed in; it may ask for nothing from anywhere else."""

    def go(path: str, **how: Any) -> Page:
        return windows.open(
            f"{address}{path}", lambda asked: asked.startswith(address), cookies=cookies, **how
        )

    return go


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_quiet_named_and_fits_a_phone(visit: Open, name: str) -> None:
    page = visit(PAGES[name], width=360)
    page.get_by_role("heading", level=1).wait_for()
    expected = ["404"] if name == "nowhere" else []
    assert [("404" if "404" in one else one) for one in page.complaints] == expected
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(UNNAMED) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["overview", "account", "finding", "letters", "month"])
def test_every_text_has_contrast_enough(visit: Open, name: str, scheme: str) -> None:
    assert visit(PAGES[name], scheme=scheme).evaluate(CONTRAST) == []


def test_the_first_tab_leads_past_the_menus(visit: Open) -> None:
    page = visit(ACCOUNT)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_focus_is_to_be_seen_and_the_menu_says_where_one_is(visit: Open) -> None:
    page = visit(ACCOUNT)
    link = page.get_by_role("link", name="Calendar")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Calendar":
            break
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert page.locator("[aria-current=page]").all_inner_texts() == ["Summary"]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_job_is_watched_to_its_end_with_and_without_scripts(visit: Open, scripts: bool) -> None:
    page = visit(f"{ACCOUNT}/letters", scripts=scripts)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Give the chosen ones up").click()
    page.get_by_text("1 given up.").wait_for()
    page.get_by_role("link", name="Back to the dead letters").click()
    page.get_by_role("heading", level=1, name="Dead letters").wait_for()


def test_a_drifting_day_leads_from_the_calendar_to_its_findings(visit: Open) -> None:
    page = visit(f"{ACCOUNT}/calendar")
    page.locator("td.d-drift a").last.click()
    page.get_by_role("heading", name="How it adds up").wait_for()
    page.get_by_role("link", name="never became an event").first.click()
    page.get_by_role("cell", name="No event").wait_for()


def test_a_repair_cannot_be_sent_off_unread(visit: Open) -> None:
    page = visit(PAGES["repair"])
    page.get_by_role("button", name="Repair").click()
    assert page.url.endswith("/repair")  # the browser asks for the tick first
    assert page.locator("input[name=sure]").evaluate("e => e.validity.valueMissing")


def test_signing_out_ends_it(visit: Open, address: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#name", "ann")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto(f"{address}{ACCOUNT}")
    assert "/sign-in" in page.url
    page.close()
