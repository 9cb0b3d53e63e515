"""The page as HTML: order, safety, size and sameness."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import report_samples as samples

from monitor.report import render, write
from monitor.report_data import Finding, Report

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}",
    "\u202eevil\u202c",
    "nul\x00and\x1besc",
    "lone\ud800surrogate",
    "'; </style></script><b>",
)


class Tags(HTMLParser):
    """Collects what a browser would see as elements, ids and text."""

    VOID = frozenset({"meta", "link", "br", "input", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def all(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]


REPORTS = [samples.drift_report, samples.clean_report, samples.empty_report]


@pytest.mark.parametrize("make", REPORTS)
def test_the_verdict_comes_first_then_what_to_do_then_why(make: object) -> None:
    html = render(make())  # type: ignore[operator]
    marks = ('id="verdict"', 'id="next"', 'id="accounting"', 'id="days"', 'id="findings"', 'id="zones"',
             'id="leftout"', 'id="shops"', 'id="meaning"', "What was compared")  # fmt: skip
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize("make", REPORTS)
def test_elements_are_closed_ids_are_unique_and_headings_skip_no_level(make: object) -> None:
    seen = Tags(render(make()))  # type: ignore[operator]
    assert seen.open == []
    assert len(seen.all("id")) == len(set(seen.all("id")))
    levels = [int(tag[1]) for tag, _ in seen.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("make", REPORTS)
def test_references_inside_the_page_lead_somewhere(make: object) -> None:
    seen = Tags(render(make()))  # type: ignore[operator]
    ids = set(seen.all("id"))
    local = [ref[1:] for ref in seen.all("href") if ref.startswith("#")]
    assert set(local) | set(seen.all("aria-labelledby")) | set(seen.all("for")[:2]) <= ids
    assert local


@pytest.mark.parametrize("make", REPORTS)
def test_nothing_is_fetched_from_elsewhere(make: object) -> None:
    html = render(make())  # type: ignore[operator]
    seen = Tags(html)
    assert set(seen.all("src")) == set()
    assert {ref for ref in seen.all("href") if not ref.startswith("#")} == {
        "data:,", "drift.csv", "report.json",
    }  # fmt: skip
    assert not re.search(r"https?://|@import|url\(", html)


@pytest.mark.parametrize("make", REPORTS)
def test_no_attribute_carries_code_or_style(make: object) -> None:
    names = {name for _, attrs in Tags(render(make())).tags for name in attrs}  # type: ignore[operator]
    assert not {name for name in names if name.startswith("on")}
    assert "style" not in names


def test_a_clean_report_says_so_and_alarms_nobody() -> None:
    html = render(samples.clean_report())
    assert '<p class="state"><svg class="shape s-agrees"' in html
    assert "1,204 sales, 1,187 in Klaviyo, 17 left out on purpose, nothing missing." in html
    assert 'class="r-wrong alarming"' not in html
    assert "None was found." in html
    assert "All 3 shops agree." in html


def test_a_drift_report_shows_both_sides_the_cause_its_proof_and_the_command() -> None:
    html = render(samples.drift_report())
    assert "Drift" in html
    assert "Sale 41377 is worth $89.90, its event $79.90" in html
    row = re.search(r'<tr class="differs">\s*<th scope="row">value.*?</tr>', html, re.DOTALL)
    assert row
    assert "$89.90" in row.group()
    assert "$79.90" in row.group()
    assert "differs" in row.group()
    assert "No event" in html
    assert "The ledger has status 202 at 2026-03-04 15:12 UTC" in html
    assert f'data-copy="{samples.REPAIR}"' in html


def test_empty_sections_say_what_would_be_here() -> None:
    assert render(samples.empty_report()).count('class="nothing"') == 6


def hostile(text: str) -> Report:
    """The drift report with the text wherever a till, Klaviyo or the settings could have put it."""
    base = samples.drift_report()

    def poison(one: Finding) -> Finding:
        cause = replace(one.cause, words=text, proof=text if one.cause.proven else "")
        facts = {text: text, "value": text}
        return replace(
            one, shop_name=text, metric=text, zone=text, title=text, cause=cause, remedy=text, command=text,
            expected=facts, observed=facts, differing=(text,), sale_id=text,
        )  # fmt: skip

    return replace(
        base,
        sentence=text,
        next_step=text,
        accounts=tuple(replace(a, pos_name=text, klaviyo_zone=text, sale_key=text) for a in base.accounts),
        totals=tuple(replace(row, metric=text) for row in base.totals),
        shops=tuple(
            replace(shop, shop_name=text, zone=text, shop=f"{shop.shop}{text}") for shop in base.shops
        ),
        exclusions=tuple(replace(one, words=text, metric=text) for one in base.exclusions),
        limits=tuple(replace(one, words=text, remedy=text) for one in base.limits),
        zones=tuple(
            replace(z, sentence=text, candidates=tuple(replace(c, words=text) for c in z.candidates))
            for z in base.zones
        ),
        findings=tuple(map(poison, base.findings)),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    seen = Tags(render(hostile(text)))
    assert seen.open == []
    assert [tag for tag, _ in seen.tags].count("script") == 1
    assert {"img", "b"} & {tag for tag, _ in seen.tags} == set()
    assert not [name for _, attrs in seen.tags for name in attrs if name.startswith("on")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_can_be_written_and_reorder_nothing(text: str, tmp_path: Path) -> None:
    shown = write(hostile(text), tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)


def test_templates_are_not_evaluated_twice() -> None:
    assert "{{7*7}}" in render(hostile("{{7*7}}"))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(samples.drift_report()) == render(samples.drift_report())


def test_a_hundred_thousand_findings_stay_under_three_megabytes_and_say_so() -> None:
    html = render(samples.big_report(100_000))
    assert len(html.encode()) < 3_000_000
    assert "Showing 200 of 100,000. All of them are in drift.csv." in html
    assert html.count("<article") == 200


def test_writing_leaves_no_half_page_behind(tmp_path: Path) -> None:
    path = write(samples.clean_report(), tmp_path / "report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert b"\r" not in path.read_bytes()
