"""The report in a real browser: no errors, nothing fetched, by keyboard, on a phone and in the dark."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Page

from monitor.report import write

Open = Callable[..., Page]

# The contrast of every visible text against the nearest painted background, as WCAG 2 defines it.
CONTRAST = """
() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const v = c / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const lum = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    if (e.closest('script,.vh,.skip')) continue;
    const style = getComputedStyle(e), a = lum(parse(style.color)), b = lum(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const told = `${ratio.toFixed(2)} ${e.tagName}.${e.className}`;
    if (ratio < 4.5) poor.push(`${told} ${walk.currentNode.data.trim()}`);
  }
  return poor;
}
"""


@pytest.fixture
def drift(tmp_path: Path, samples: ModuleType) -> Path:
    return write(samples.drift_report(), tmp_path / "report.html")


@pytest.mark.parametrize("kind", ["drift_report", "clean_report", "empty_report"])
def test_the_page_complains_of_nothing_and_asks_for_nothing(
    opened: Open, samples: ModuleType, tmp_path: Path, kind: str
) -> None:
    page = opened(write(getattr(samples, kind)(), tmp_path / "report.html"))
    page.get_by_role("heading", level=1).wait_for()
    assert page.complaints == []


@pytest.mark.parametrize("kind", ["drift_report", "clean_report", "empty_report"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_page_never_scrolls_sideways(
    opened: Open, samples: ModuleType, tmp_path: Path, kind: str, width: int
) -> None:
    page = opened(write(getattr(samples, kind)(), tmp_path / "report.html"), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_long_names_without_a_space_do_not_widen_a_phone(
    opened: Open, samples: ModuleType, tmp_path: Path
) -> None:
    base = samples.drift_report()
    long = replace(
        base,
        sentence="M" * 200,
        shops=tuple(replace(shop, shop_name="W" * 120) for shop in base.shops),
        findings=tuple(replace(one, title="X" * 200, shop_name="Y" * 120) for one in base.findings),
    )
    page = opened(write(long, tmp_path / "report.html"), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_enough(opened: Open, drift: Path, scheme: str) -> None:
    page = opened(drift, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CONTRAST) == []


def test_the_theme_goes_round_and_is_really_dark(opened: Open, drift: Path) -> None:
    page = opened(drift)
    paper = "getComputedStyle(document.body).backgroundColor"
    button = page.get_by_role("button", name="Theme")
    assert page.evaluate(paper) == "rgb(251, 251, 249)"
    button.click()
    button.click()
    assert button.inner_text() == "Theme: dark"
    assert page.evaluate(paper) == "rgb(18, 21, 24)"
    button.click()
    assert page.evaluate(paper) == "rgb(251, 251, 249)"


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#shop-table tbody tr:visible > :nth-child({number})").all_inner_texts()


def test_the_table_of_shops_sorts_by_keyboard_and_says_how(opened: Open, drift: Path) -> None:
    page = opened(drift)
    page.get_by_role("button", name="In the POS").focus()
    page.keyboard.press("Enter")
    counts = [int(shown) for shown in column(page, 3)]
    assert counts == sorted(counts, reverse=True)
    assert page.locator("#shop-table th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Enter")
    assert [int(shown) for shown in column(page, 3)] == sorted(counts)


def test_the_table_of_shops_sorts_by_name(opened: Open, drift: Path) -> None:
    page = opened(drift)
    page.get_by_role("button", name="Shop", exact=True).click()
    assert page.locator("#shop-table tbody th bdi").all_inner_texts() == [
        "Chapel Hill", "Elm Avenue", "Foundry Row", "Lakeside", "Market Street", "Northgate", "Old Harbour",
        "Orchard Lane", "Pier 9", "Riverside Mall", "Station Hall", "Union Square",
    ]  # fmt: skip
    assert page.locator("#shop-table th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_a_shop_is_found_by_name_and_by_its_differences(opened: Open, drift: Path) -> None:
    page = opened(drift)
    page.get_by_label("Find a shop").fill("market")
    assert len(column(page, 1)) == 1
    assert page.locator("#shop-shown").inner_text() == "1 shown"
    page.get_by_label("Find a shop").fill("")
    page.get_by_label("only with differences").check()
    assert len(column(page, 1)) == 5
    page.get_by_label("Find a shop").fill("nowhere")
    assert page.get_by_text("No shop fits.").is_visible()


def test_bars_change_from_counts_to_money_without_any_script(opened: Open, drift: Path) -> None:
    page = opened(drift, scripts=False)
    first = page.locator("details.statement").first
    assert first.locator("svg.by-count").first.is_visible()
    page.get_by_label("money").check()
    assert not first.locator("svg.by-count").first.is_visible()
    assert first.locator("svg.by-money").first.is_visible()


def test_without_scripts_there_is_no_dead_control(opened: Open, drift: Path) -> None:
    page = opened(drift, scripts=False)
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("searchbox").count() == 0
    assert page.get_by_role("heading", level=1).is_visible()


def test_a_command_is_copied_as_it_stands(opened: Open, drift: Path, samples: ModuleType) -> None:
    page = opened(drift)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == samples.REPAIR


def test_a_day_leads_to_its_finding_even_when_that_is_folded_away(opened: Open, drift: Path) -> None:
    page = opened(drift)
    folded = page.locator("details.more article[id]").first
    anchor = folded.get_attribute("id")
    assert not folded.is_visible()
    page.locator(f'a[href="#{anchor}"]').click()
    page.wait_for_function(f"document.getElementById('{anchor}').checkVisibility()")


def test_hostile_names_run_nothing(opened: Open, samples: ModuleType, tmp_path: Path) -> None:
    evil = '"><img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'
    base = samples.drift_report()
    report = replace(
        base,
        sentence=evil,
        shops=tuple(replace(shop, shop_name=evil) for shop in base.shops),
        findings=tuple(replace(one, title=evil, command=evil, shop_name=evil) for one in base.findings),
    )
    page = opened(write(report, tmp_path / "report.html"))
    assert "taken" not in page.title()
    assert page.locator("img").count() == 0
    assert page.complaints == []
    assert evil in page.locator("h1").inner_text()


def test_print_shows_every_statement_and_no_controls(opened: Open, drift: Path) -> None:
    page = opened(drift, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("table.fall").last.is_visible()
    assert not page.get_by_role("button", name="Copy").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
