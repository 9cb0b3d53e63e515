"""Every kind of finding has a small world that shows it again, and nobody's data is in it."""

import pytest
from found_kit import case_of, case_told

from monitor.report_data import FindingKind
from scenarios.from_finding.build import best_of
from scenarios.from_finding.case import CannotBuild
from scenarios.from_finding.pseudonyms import of_secret
from scenarios.from_finding.replay import Alike
from scenarios.from_finding.yamltext import text_of
from scenarios.language.loader import loads

_SHOWN = {
    "silence": "findings/nothing_of_a_metric_arrives.yaml",
    "missing": "findings/klaviyo_lost_an_order.yaml",
    "control_total": "findings/a_register_counted_more.yaml",
    "duplicate": "findings/the_same_order_on_two_people.yaml",
    "orphaned": "findings/an_order_nobody_rang_up.yaml",
    "amount_mismatch": "findings/the_sign_is_wrong.yaml",
    "day_shift": "findings/moved_to_the_next_day.yaml",
    "lost_refund": "findings/a_refund_is_lost.yaml",
    "wrong_profile": "findings/on_somebody_elses_profile.yaml",
    "line_mismatch": "findings/other_goods.yaml",
    "same_second_collapse": "klaviyo_traps/swallowed_in_the_same_second.yaml",
    "double_key": "findings/the_same_sale_under_two_ids.yaml",
    "twin_metric": "klaviyo_traps/the_web_shop_reports_them_too.yaml",
    "consent_mismatch": "consent/a_no_that_never_arrived.yaml",
    "future_dated": "findings/dated_in_the_future.yaml",
    "late": "findings/sent_a_day_late.yaml",
}
_NAMES = of_secret("a key of a test")


@pytest.mark.parametrize(("kind", "story"), _SHOWN.items())
def test_a_small_world_shows_the_same_finding_with_invented_people(kind: str, story: str) -> None:
    with case_of(story, kind) as case:
        draft, alike = best_of(case, _NAMES)
    assert alike is Alike.WHOLLY
    text = text_of(draft)
    assert "ann@" not in text
    assert "bo@" not in text
    assert "Ann" not in text


def test_a_refund_voided_after_it_was_sent_is_shown_with_its_cause() -> None:
    with case_of("findings/a_refund_voided_after_it_was_sent.yaml", "orphaned") as case:
        draft, alike = best_of(case, _NAMES)
    assert alike is Alike.WHOLLY
    assert [next(iter(step)) for step in draft["when"]][1:4] == ["refund", "sync", "void"]


@pytest.mark.parametrize(
    ("till", "zone", "currency", "change", "kind"),
    [
        ("lightspeed_x", "Pacific/Auckland", "NZD", "changes: {set currency: USD}", "wrong_currency"),
        ("lightspeed_x", "Australia/Sydney", "AUD", "loses: {sale: mug}", "missing"),
        ("sitoo", "Europe/Stockholm", "SEK", "copies: {metric: Placed Order, to: x@marlowfernpost.com}",
         "duplicate"),
        ("sitoo", "Asia/Tokyo", "JPY", "changes: {metric: Placed Order, set value: 7}", "amount_mismatch"),
    ],
)  # fmt: skip
def test_findings_of_the_other_tills_are_shown_in_their_zone_and_currency(
    till: str, zone: str, currency: str, change: str, kind: str
) -> None:
    text = f"""\
story: A kept run of another till
topic: tests
given:
  till: {till}
  shop: {{name: Norr, zone: {zone}, currency: {currency}}}
  klaviyo: {{zone: {zone}, currency: {currency}}}
  customers: [{{name: Ann, email: ann@quillhaven-post.com}}]
when:
  - sell: {{sale: mug, at: 2026-05-04 10:15, to: Ann, items: [{{article: Mug, price: 12}}]}}
  - sync: once
  - klaviyo {change}
then: []
"""
    with case_told(loads(text), kind) as case:
        draft, alike = best_of(case, _NAMES)
    assert alike <= Alike.BUT_CAUSE
    shop = draft["given"]["shop"]
    assert (draft["given"]["till"], shop["zone"], shop["currency"]) == (till, zone, currency)


def test_a_shop_that_is_silent_on_one_day_is_shown_by_ten_sales_and_one_of_another_day() -> None:
    with case_of("findings/a_shop_is_cut_off_for_a_day.yaml", "silence") as case:
        draft, alike = best_of(case, _NAMES)
    assert alike is Alike.WHOLLY
    assert sum("sell" in step for step in draft["when"]) == 11


def test_another_integration_is_shown_without_any_sync() -> None:
    with case_of("findings/watched_from_outside.yaml", "missing") as case:
        draft, alike = best_of(case, _NAMES)
    assert alike <= Alike.BUT_CAUSE
    assert not any("sync" in step for step in draft["when"])


def test_a_remainder_is_said_to_be_no_matter_of_a_world() -> None:
    from dataclasses import replace

    with case_of("findings/klaviyo_lost_an_order.yaml", "missing") as case:
        broken = replace(case, finding=replace(case.finding, kind=FindingKind.REMAINDER))
        with pytest.raises(CannotBuild, match="sums do not close"):
            best_of(broken, _NAMES)
