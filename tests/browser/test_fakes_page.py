"""The fakes' own page in a real browser: read at a glance, broken by a form, the same without scripts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import httpx
import pytest
from browser_windows import Windows
from playwright.sync_api import Page

from fakes.kit.clock import VirtualClock
from fakes.kit.push import Answer, Push
from fakes.kit.serve import Served
from fakes.klaviyo.app import KlaviyoFake, build

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def retried(attempts: int, answer: Answer) -> float | Literal["drop"] | None:
    if answer.status == 200:
        return None
    return "drop" if attempts > 2 else 60.0


@pytest.fixture
def fake() -> KlaviyoFake:
    made = build(VirtualClock(NOON))
    made.push = Push(made.clock, retried)
    made.pushes = [made.push]
    return made


@pytest.fixture
def url(fake: KlaviyoFake) -> Iterator[str]:
    with Served({"klaviyo": fake.wsgi}) as served:
        yield served.urls["klaviyo"]


@pytest.fixture
def visit(windows: Windows, url: str) -> Callable[..., Page]:
    """Opens the page, which may ask for nothing from anywhere else."""
    return partial(windows.open, f"{url}/_fake/", lambda asked: asked.startswith((url, "data:")))


def ask(fake: KlaviyoFake, url: str, path: str = "/api/accounts") -> httpx.Response:
    key = f"Klaviyo-API-Key {fake.credentials['api_key']}"
    return httpx.get(f"{url}{path}", headers={"Authorization": key, "revision": "2026-10-15"})


def test_an_empty_fake_says_what_would_be_where(visit: Callable[..., Page]) -> None:
    page = visit()
    assert page.locator("h1").inner_text() == "Klaviyo"
    text = page.locator("main").inner_text()
    assert "Nothing is broken." in text
    assert "Nobody has asked anything yet." in text
    assert page.complaints == []


def test_a_fault_added_by_the_form_breaks_requests_and_shows_how_often(
    fake: KlaviyoFake, url: str, visit: Callable[..., Page]
) -> None:
    page = visit()
    page.select_option("[name=kind]", "status")
    page.fill("[name=path]", "*/accounts")
    page.fill("[name=count]", "2")
    page.fill("[name=settings]", "status=503")
    page.click("text=Add fault")
    assert [ask(fake, url).status_code for _ in range(3)] == [503, 503, 200]
    page.reload()
    told = page.locator(".fault").inner_text()
    assert "status=503" in told
    assert "fired 2 of 3 matching" in told
    page.click("[aria-label='Remove status']")
    assert page.locator(".fault").count() == 0
    assert page.complaints == []


def test_a_wrong_fault_is_refused_in_words(visit: Callable[..., Page]) -> None:
    page = visit()
    page.fill("[name=count]", "some")
    page.click("text=Add fault")
    assert "'some' is not a whole number" in page.locator("[role=alert]").inner_text()


def test_requests_appear_by_themselves(fake: KlaviyoFake, url: str, visit: Callable[..., Page]) -> None:
    page = visit()
    ask(fake, url, "/api/accounts?filter=equals(email,%22ann@mail.org%22)")
    page.wait_for_selector("td:text('/api/accounts')")
    assert "ann@mail.org" not in page.content()


def test_a_delivery_is_sent_again_by_its_button(fake: KlaviyoFake, visit: Callable[..., Page]) -> None:
    got: list[bytes] = []
    push = fake.push
    assert push is not None
    push.send = lambda out: (got.append(out.body), Answer(200 if len(got) > 1 else 500))[1]
    push.queue("a", "https://shop.example.net/hook", b"hello", {}, label="event.created")
    push.deliver_due()
    page = visit()
    assert "queued" in page.locator(".delivery").inner_text()
    page.click("[aria-label='Send event.created again']")
    assert "delivered" in page.locator(".delivery").inner_text()
    assert got == [b"hello", b"hello"]


def test_clock_switches_and_limits_are_steered_without_scripts(
    fake: KlaviyoFake, visit: Callable[..., Page]
) -> None:
    page = visit(scripts=False)
    page.select_option("[name=seconds]", "86400")
    page.click("text=Advance the clock")
    assert "Sun 22 Nov 2026, 12:00:00 UTC" in page.locator(".now").inner_text()
    page.fill("#s-visibility_delay_s", "90.5")
    page.click("[aria-label='Set visibility delay s']")
    assert fake.switches.visibility_delay_s == 90.5
    page.select_option("#s-missing_revision", "fall_forward")
    page.click("[aria-label='Set missing revision']")
    assert fake.switches.missing_revision == "fall_forward"
    page.fill("#s-visibility_delay_s", "soon")
    page.click("[aria-label='Set visibility delay s']")
    assert "takes a float" in page.locator("[role=alert]").inner_text()
    page.click("text=Switch limits off")
    assert fake.limits.enabled is False
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_at_any_width(
    fake: KlaviyoFake, url: str, visit: Callable[..., Page], width: int, scheme: str
) -> None:
    fake.faults.add({"kind": "rate_limit", "match": {"path": "/api/" + "long" * 40}, "retry_after": 30})
    for _ in range(2):
        ask(fake, url, "/api/" + "x" * 300)
        ask(fake, url)
    page = visit(width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


def test_a_button_of_another_page_does_nothing(fake: KlaviyoFake, url: str) -> None:
    answer = httpx.post(
        f"{url}/_fake/deliveries/page/limits", data={"enabled": ""}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, fake.limits.enabled) == (403, True)
