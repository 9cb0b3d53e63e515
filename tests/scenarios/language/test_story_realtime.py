"""Stories in real time: webhooks, their receiver, what goes wrong between, and how long sales take."""

import pytest
from story_kit import mistakes, story, tell

from scenarios.language.loader import loads
from scenarios.runner.against import not_black_box

X = """\
story: A story of webhooks made for a test
topic: tests
given:
  till: lightspeed_x
  shop: {name: Harbour, zone: America/New_York}
  articles: [{name: Mug, price: 12.00}]
  customers: [{name: Ann, email: ann@quillhaven-post.com, marketing: agreed}]
"""
SITOO = """\
story: A story of events made for a test
topic: tests
given:
  till: sitoo
  shop: {name: Harbour, zone: Europe/Stockholm, currency: SEK}
  klaviyo: {currency: SEK, zone: Europe/Stockholm}
  articles: [{name: Mug, price: 12.00}]
  customers: [{name: Ann, email: ann@quillhaven-post.com}]
"""
BEFORE = "  - sync: {at: 2026-05-04 09:00}\n"
SELL = "  - sell: {sale: mug, at: 2026-05-04 10:15, to: Ann, items: {Mug: 1}}\n"
ONE = "  - klaviyo has: [{metric: Placed Order (POS), sale: mug, value: 12.00}]\n"
NONE = "  - klaviyo counts only: {}\n"


def test_without_webhooks_nothing_comes_before_the_poll() -> None:
    assert tell(story(f"{BEFORE}{SELL}", NONE, X)).trouble == ""


def test_the_receiver_follows_after_each_step() -> None:
    assert tell(story(f"{BEFORE}  - webhooks\n{SELL}", ONE, X)).trouble == ""


def test_a_receiver_that_works_when_told_keeps_what_came_until_then() -> None:
    waits = "  - meanwhile: [webhooks counted: {waiting: 1}]\n"
    when = f"{BEFORE}  - webhooks: {{follows: when told}}\n{SELL}{waits}"
    assert tell(story(when, NONE, X)).trouble == ""
    assert tell(story(f"{when}  - hooks work\n", ONE, X)).trouble == ""


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        ("kind: drop", "{taken: 0, queued: 0, forged: 0}"),
        ("kind: duplicate", "{taken: 2, queued: 1, repeated: 1}"),
        ("kind: forged", "{taken: 0, queued: 0, forged: 1}"),
        ("kind: forged, after: 1", "{taken: 1, queued: 1, forged: 0}"),
    ],
)
def test_what_goes_wrong_on_the_way_is_seen_at_the_receiver(fault: str, counted: str) -> None:
    when = f"{BEFORE}  - webhooks\n  - fault: {{on: lightspeed_x, method: PUSH, {fault}}}\n{SELL}"
    assert tell(story(when, f"  - webhooks counted: {counted}\n", X)).trouble == ""


def test_faults_end_ends_forging_too() -> None:
    forged = "  - fault: {on: lightspeed_x, kind: forged, method: PUSH}\n  - faults end\n"
    assert tell(story(f"{BEFORE}  - webhooks\n{forged}{SELL}", ONE, X)).trouble == ""


@pytest.mark.parametrize("state", ["down", "in trouble"])
def test_a_receiver_that_is_away_hears_nothing_until_it_is_back(state: str) -> None:
    away = f"{BEFORE}  - webhooks\n  - receiver: {state}\n{SELL}"
    assert tell(story(away, f"{NONE}  - webhooks counted: {{taken: 0}}\n", X)).trouble == ""
    back = f"{away}  - receiver: up\n  - hooks work: 2h\n"
    assert tell(story(back, f"{ONE}  - webhooks counted: {{taken: 1}}\n", X)).trouble == ""


def test_a_new_receiver_goes_on_with_what_waited() -> None:
    when = f"{BEFORE}  - webhooks: {{follows: when told}}\n{SELL}  - receiver: restarted\n  - hooks work\n"
    assert tell(story(when, f"{ONE}  - webhooks counted: {{waiting: 0, queued: 1}}\n", X)).trouble == ""


def test_a_webhook_that_comes_again_is_recognised() -> None:
    when = f"{BEFORE}  - webhooks\n{SELL}  - webhook again\n"
    assert tell(story(when, "  - webhooks counted: {taken: 2, queued: 1, repeated: 1}\n", X)).trouble == ""


@pytest.mark.parametrize(
    ("password", "counted"),
    [("", "{forged: 0, taken: 1}"), (", events_password: right", "{forged: 1, taken: 0}")],
)
def test_sitoo_is_known_by_its_password_alone(password: str, counted: str) -> None:
    head = f"{SITOO}  settings: {{sitoo: {{events_username: till{password}}}}}\n" if password else SITOO
    forged = "  - fault: {on: sitoo, kind: forged, method: PUSH}\n"
    when = f"{BEFORE}  - webhooks\n{forged}{SELL}"
    assert tell(story(when, f"  - webhooks counted: {counted}\n", head)).trouble == ""


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (f"{SELL}  - hooks work\n", "no till tells of its sales yet; say `- webhooks` first"),
        (f"{SELL}  - webhooks\n  - webhooks\n", "lightspeed_x tells of its sales already"),
        (f"{SELL}  - webhooks\n  - webhook again\n", "lightspeed_x has sent 0 webhooks so far"),
        (
            f"{SELL}  - fault: {{on: lightspeed_x, kind: forged, method: PUSH}}\n",
            "no till tells of its sales yet; say `- webhooks` first",
        ),
        (
            f"{SELL}  - webhooks\n  - fault: {{on: klaviyo, kind: forged, method: PUSH}}\n",
            "klaviyo has no webhooks that could go wrong",
        ),
        (f"{SELL}  - lag look\n", "say how long sales may take"),
    ],
)
def test_what_cannot_happen_is_told(when: str, told: str) -> None:
    outcome = tell(story(when, NONE, X))
    assert outcome.wrong
    assert told in outcome.trouble


def test_a_till_without_webhooks_says_which_have() -> None:
    outcome = tell(story("  - webhooks\n"))
    assert outcome.wrong
    assert "no till of this story has webhooks; lightspeed_x and sitoo have" in outcome.trouble


def test_counts_and_lags_that_differ_are_shown_with_both_sides() -> None:
    counted = tell(story(f"{BEFORE}  - webhooks\n{SELL}", "  - webhooks counted: {queued: 7}\n", X))
    assert not counted.wrong
    assert "- queued: 7" in counted.trouble
    assert "+ queued: 1" in counted.trouble
    unknown = tell(story(f"{BEFORE}  - webhooks\n{SELL}", "  - webhooks counted: {queud: 1}\n", X))
    assert unknown.wrong
    assert "of webhooks nobody counts `queud`" in unknown.trouble


def lagging(look_at: str, then: str, plants: str = "") -> str:
    """A sale at 10:15 that nobody sends; an hour is allowed."""
    head = f"{X}  monitor: {{lag: {{alert_above: 1h}}}}\n{plants}"
    return story(f"{BEFORE}{SELL}  - sync: {{at: 10:20}}\n  - lag look: {{at: {look_at}}}\n", then, head)


def test_the_time_sales_take_is_from_the_till_until_klaviyo_shows_them() -> None:
    assert tell(lagging("10:30", "  - lag: {sales: 1, slow: 0, waiting: 0, within: 15m}\n")).trouble == ""
    outcome = tell(lagging("10:30", "  - lag: {within: 5m}\n"))
    assert not outcome.wrong
    assert "- within: 300" in outcome.trouble
    assert "+ within: 900" in outcome.trouble


def test_the_lag_alert_is_a_detector() -> None:
    fires = "  - alerts are only: [{kind: lag, transition: new}]\n"
    outcome = tell(lagging("11:16", fires, "plants: [lag]\n"))
    assert outcome.trouble == ""
    assert outcome.fired == ("lag",)
    assert tell(lagging("11:15", "  - no alerts\n", "nearly plants: [lag]\n")).trouble == ""


def test_a_look_that_is_not_due_is_told() -> None:
    early = lagging("10:30", NONE).replace("then:", "  - lag look: {at: 10:34}\nthen:")
    assert "no look was due; one comes every 300 s" in tell(early).trouble


def test_a_receiver_is_one_of_four() -> None:
    assert mistakes(story("  - receiver: asleep\n"))[0].startswith(
        "story.yaml:9:5: `is` is one of 'down', 'in trouble', 'up' or 'restarted'"
    )


def test_stories_of_webhooks_are_not_told_of_another_sync() -> None:
    told = loads(story(f"{BEFORE}  - webhooks\n{SELL}", ONE, X))
    assert not_black_box(told, ours=True) == "`webhooks`: the receiver is our sync's own"


def test_a_till_that_never_hears_the_answer_tells_again() -> None:
    lost = "  - fault: {on: lightspeed_x, method: PUSH, kind: reset_after, times: 1}\n"
    when = f"{BEFORE}  - webhooks\n{lost}{SELL}  - hooks work: 2h\n"
    then = f"  - webhooks counted: {{taken: 2, repeated: 1}}\n{ONE}  - monitor agrees\n"
    assert tell(story(when, then, X)).trouble == ""


def test_a_receiver_that_dies_at_its_work_is_down_until_it_is_started_anew() -> None:
    works = "  - hooks work: {span: 4s, crash at: page judged}\n"
    dies = f"{BEFORE}  - webhooks: {{follows: when told}}\n{SELL}{works}"
    assert tell(story(dies, NONE, X)).trouble == ""
    again = f"{dies}  - hooks work: 4s\n"
    assert tell(story(again, NONE, X)).trouble == ""
    assert tell(story(f"{dies}  - receiver: restarted\n  - hooks work: 4s\n", ONE, X)).trouble == ""


@pytest.mark.parametrize("wrong", ["slow: 1h", "fast: 10m"])
def test_a_machine_that_is_wrong_about_the_time_sends_the_sale_at_its_own_time(wrong: str) -> None:
    when = f"{BEFORE}  - machine clock: {{{wrong}}}\n  - webhooks\n{SELL}  - sync\n  - machine clock: right\n"
    then = "  - klaviyo has: [{metric: Placed Order (POS), sale: mug, at: 2026-05-04 10:15}]\n"
    assert tell(story(f"{when}  - sync: {{at: 12:00}}\n", f"{then}  - monitor agrees\n", X)).trouble == ""


def test_a_clock_is_wrong_by_something_or_right() -> None:
    assert "say by how much" in tell(story("  - machine clock\n", NONE, X)).trouble
    assert "say by how much" in tell(story("  - machine clock: {slow: 1h, fast: 1h}\n", NONE, X)).trouble


def test_a_run_may_end_anyhow_and_die_nowhere() -> None:
    down = "  - fault: {on: klaviyo, kind: status, status: 503}\n"
    dies = "  - sync: {crash at: batch done, ends: any}\n"
    when = f"{BEFORE}{SELL}{down}  - sync: {{ends: any}}\n  - faults end\n{dies}"
    assert tell(story(f"{when}  - sync: {{ends: any, crash at: page judged}}\n", ONE, X)).trouble == ""
