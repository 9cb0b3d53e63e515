"""Telling stories: what holds passes, what does not fails with both sides, each in a world of its own."""

from datetime import UTC, datetime

import pytest
from story_kit import HEAD, SOLD, story, tell

from scenarios.runner.failing import CannotTell
from scenarios.runner.times import instant

NOW = datetime(2026, 5, 4, 14, tzinfo=UTC)
_ONE = (
    "  - klaviyo has only: [{metric: Placed Order, for: Ann, sale: mug, value: 12.00, products: {Mug: 1}}]\n"
)


def test_what_holds_passes() -> None:
    assert tell(story(then=f"{_ONE}  - monitor agrees\n")).passed


@pytest.mark.parametrize(
    ("then", "line"),
    [
        (
            "  - klaviyo has only: [{metric: Placed Order, sale: mug, value: 11.99, products: {Mug: 1}}]\n",
            "- Placed Order, sale mug, value 11.99",
        ),
        (
            "  - klaviyo has only: [{metric: Placed Order, sale: mug}]\n",
            "+ Ordered Product, for Ann, sale mug",
        ),
        ("  - klaviyo has: [{metric: Refunded Order}]\n", "- Refunded Order"),
        ("  - klaviyo lacks: [{metric: Placed Order}]\n", "+ Placed Order, for Ann, sale mug, value 12.00"),
        ("  - klaviyo counts only: {Placed Order: 1}\n", "+ Ordered Product: 1"),
        ("  - klaviyo knows only: []\n", "+ ann@quillhaven-post.com"),
        ("  - klaviyo does not know: Ann\n", "+ Ann"),
        ("  - klaviyo profile is: {of: Ann, first name: Anna}\n", "- first_name: 'Anna'"),
        ("  - requests: {of: klaviyo, path: /api/events, count: 9}\n", "- 9"),
        ("  - ledger leaves out: {mug: no_email}\n", "- mug: no_email"),
        ("  - dead letters are only: [{subject: sale}]\n", "- sale: any reason, sale any"),
        ("  - sync counted: {sent: 7}\n", "+ sent: 2"),
        ("  - sync exit code: 1\n", "+ 0"),
        ("  - monitor finds only: [{kind: missing, sale: mug}]\n", "- missing, sale mug"),
        ("  - monitor cannot judge\n", "- could_not_judge"),
        ("  - monitor left out only: {no_email: 1}\n", "- no_email: 1"),
        ("  - monitor exit code: 1\n", "+ 0"),
        ("  - accounting: {metric: Placed Order, delivered money: 12.01}\n", "+ delivered money: 12"),
        ("  - zone diagnosis: proven\n", "+ status: not_needed"),
        ("  - alerts are only: [{kind: missing}]\n", "- missing"),
    ],
)
def test_every_check_can_fail_and_shows_both_sides(then: str, line: str) -> None:
    outcome = tell(story(then=then))
    assert not outcome.passed
    assert not outcome.wrong
    assert outcome.trouble.startswith("story.yaml:12:5: ")
    assert any(told.strip().startswith(line) for told in outcome.trouble.split("\n")), outcome.trouble


def test_agreement_fails_where_klaviyo_lost_something() -> None:
    lost = f"{SOLD}  - klaviyo loses: {{metric: Placed Order}}\n"
    outcome = tell(story(lost))
    assert "missing, metric Placed Order, sale mug" in outcome.trouble
    assert "missing" in outcome.fired


def test_a_check_between_two_steps_fails_at_its_own_place() -> None:
    between = f"{SOLD}  - meanwhile: [klaviyo lacks: [{{metric: Placed Order}}]]\n  - sync: once\n"
    assert tell(story(between)).trouble.startswith("story.yaml:11:17: ")


def test_a_planted_detector_that_stays_silent_fails_the_story() -> None:
    outcome = tell(story(head=f"{HEAD}plants: missing\n"))
    assert "- fires: missing" in outcome.trouble


def test_a_nearly_planted_detector_that_fires_fails_the_story() -> None:
    outcome = tell(
        story(
            f"{SOLD}  - klaviyo loses: {{metric: Placed Order}}\n",
            "  - monitor finds: [missing]\n".replace("[missing]", "[{kind: missing}]"),
            f"{HEAD}nearly plants: missing\n",
        )
    )
    assert "- silent: missing" in outcome.trouble


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("  - refund: {of: jug, at: 2026-05-04 11:00}\n", "nothing was sold as `jug`"),
        ("  - sell: {sale: x, to: Bob, items: {Mug: 1}}\n", "there is no customer `Bob`; there is Ann"),
        ("  - sell: {sale: x, items: {Jug: 1}}\n", "`Jug` has no price"),
        ("  - sell: {sale: x, shop: Quay, items: {Mug: 1}}\n", "there is no shop `Quay`; there is Harbour"),
        ("  - sell: {sale: x, kind: layby, items: {Mug: 1}}\n", "has no sale of the kind `layby`"),
        ("  - fault: {on: shopify, kind: status}\n", "there is no `shopify` here"),
        ("  - sync: {at: 2026-03-08 02:30}\n", "jump over this time"),
    ],
)
def test_what_makes_no_sense_is_told_to_the_author(when: str, told: str) -> None:
    outcome = tell(story(when))
    assert outcome.wrong
    assert told in outcome.trouble
    assert outcome.trouble.startswith("story.yaml:9:5: ")


def test_a_sync_must_end_as_the_story_says() -> None:
    down = SOLD.replace("  - sync", "  - fault: {on: klaviyo, kind: status, status: 503}\n  - sync")
    assert "+ try_later" in tell(story(down)).trouble


def test_a_crash_that_is_never_reached_fails() -> None:
    outcome = tell(story("  - sync: {at: 2026-05-04 09:00, crash at: batch sent}\n"))
    assert "the sync never came to `batch sent`" in outcome.trouble


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("10:15", "America/New_York", "2026-05-04 14:15"),
        ("tomorrow 06:00", "America/New_York", "2026-05-05 10:00"),
        ("2026-05-04 10:15 UTC", "America/New_York", "2026-05-04 10:15"),
        ("2026-05-04 10:15 in Europe/Stockholm", "America/New_York", "2026-05-04 08:15"),
        ("2026-11-01 01:30 first", "America/New_York", "2026-11-01 05:30"),
        ("2026-11-01 01:30 second", "America/New_York", "2026-11-01 06:30"),
        ("2026-04-05 02:30 second", "Australia/Sydney", "2026-04-04 16:30"),
    ],
)
def test_times_are_those_of_the_shops_clock_on_the_wall(text: str, zone: str, utc: str) -> None:
    assert instant(text, zone, NOW).strftime("%Y-%m-%d %H:%M") == utc


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-11-01 01:30", "America/New_York"),
        ("2026-03-08 02:30", "America/New_York"),
        ("2026-02-30 10:00", "UTC"),
        ("25:00", "UTC"),
        ("10:00", "Mars/Olympus"),
    ],
)
def test_a_time_that_is_not_one_instant_is_refused(text: str, zone: str) -> None:
    with pytest.raises(CannotTell):
        instant(text, zone, NOW)


def test_the_same_story_twice_is_the_same() -> None:
    text = story(then="  - klaviyo counts only: {Placed Order: 9}\n")
    assert tell(text).trouble == tell(text).trouble


def test_a_fault_that_never_happened_is_named_with_its_place_and_one_that_did_is_not() -> None:
    faults = (
        '  - fault: {on: klaviyo, kind: status, status: 503, path: "/api/event*", times: 1}\n'
        '  - fault: {on: klaviyo, kind: status, status: 503, method: POST, path: "/api/nothing", times: 1}\n'
    )
    outcome = tell(story(when=f"{faults}{SOLD}", then=_ONE))
    assert outcome.passed
    [idle] = outcome.idle
    assert idle.endswith("10:5: this fault never happened: status on POST /api/nothing")


def test_webhooks_that_are_never_forged_are_named_too() -> None:
    head = HEAD.replace("till: lightspeed_r", "till: sitoo").replace("  customers:", "  # customers:")
    when = "  - webhooks\n  - fault: {on: sitoo, kind: forged, times: 1}\n  - wait: 1h\n"
    [idle] = tell(story(when=when, then="  - no dead letters\n", head=head)).idle
    assert "this fault never happened: forged" in idle
