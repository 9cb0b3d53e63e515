"""What the page says, before any markup."""

from dataclasses import replace
from datetime import date

import report_samples as samples

from monitor.page import text
from monitor.page.accounting import statements
from monitor.page.calendar import months
from monitor.page.findings import CARDS_MAX, groups
from monitor.page.pattern import Run, pattern
from monitor.page.whole import page
from monitor.page.words import KINDS
from monitor.report_data import DayStatus, FindingKind, KindTotal, ReportDay


def test_the_waterfall_goes_from_the_pos_to_klaviyo_and_ends_in_the_remainder() -> None:
    placed = statements(samples.drift_report())[0]
    assert [(line.label, line.count, line.amount) for line in placed.lines] == [
        ("In the POS", "4,212", "126,351.88"),
        ("Left out: no customer was on the receipt", "−802", "−19,900.20"),
        ("Left out: the customer has no e-mail address", "−187", "−4,518.80"),
        ("Left out: its value is zero", "−24", "0.00"),
        ("Left out: the sale was voided", "−18", "−461.10"),
        ("Still settling", "−38", "−1,042.20"),
        ("Missing: Klaviyo accepted it and did not keep it", "−6", "−182.06"),
        ("Missing: cannot be told from what both sides show", "−1", "−30.34"),
        ("Delivered", "3,136", "100,217.18"),
        ("Other amount in the event", "–", "−10.00"),
        ("Orphaned", "+2", "+61.50"),
        ("Duplicates", "+3", "+89.97"),
        ("From another day", "+4", "+110.20"),
        ("To another day", "−4", "−110.20"),
        ("In Klaviyo", "3,141", "100,358.65"),
        ("Remainder", "0", "0.00"),
    ]
    assert placed.closed
    assert not placed.agrees


def test_missing_is_told_in_one_term_where_the_findings_were_cut() -> None:
    report = samples.drift_report()
    cut = replace(report, findings=report.findings[:3])
    labels = [line.label for line in statements(cut)[0].lines]
    assert "Missing" in labels
    assert not any(label.startswith("Missing:") for label in labels)


def test_a_remainder_is_an_alarm_on_its_own_side() -> None:
    open_books = replace(samples.PLACED, pos_remainder_count=1, remainder_count=1)
    statement = statements(replace(samples.drift_report(), totals=(open_books,)))[0]
    alarms = {line.label for line in statement.lines if line.alarming}
    assert {"Unexplained in the POS", "Remainder"} <= alarms
    assert "Unexplained in Klaviyo" not in {line.label for line in statement.lines}
    assert statement.summary.endswith("does not add up")


def test_reasons_that_do_not_add_up_to_what_was_left_out_are_not_hidden() -> None:
    report = replace(samples.drift_report(), exclusions=samples.EXCLUSIONS[1:])
    lines = {line.label: line.count for line in statements(report)[0].lines}
    assert lines["Left out: for a reason not listed"] == "−802"


def test_a_week_of_the_calendar_has_every_day_in_its_column() -> None:
    only = months(samples.clean_report(), frozenset())[0]
    assert only.title == "March 2026"
    assert [[cell.number if cell else None for cell in week] for week in only.weeks] == [
        [2, 3, 4, 5, 6, 7, 8]
    ]


def test_months_begin_and_end_where_their_days_do() -> None:
    report = replace(samples.drift_report(), days=samples.days(4, date(2026, 2, 27)))
    made = [
        (m.title, [[c.number if c else None for c in week] for week in m.weeks])
        for m in months(report, frozenset())
    ]
    assert made == [
        ("February 2026", [[None, None, None, None, 27, 28, None]]),
        ("March 2026", [[None, None, None, None, None, None, 1], [2, None, None, None, None, None, None]]),
    ]


def test_a_day_tells_its_zone_its_state_and_its_money() -> None:
    day = ReportDay(
        "harbour", date(2026, 3, 3), "America/Chicago", DayStatus.DRIFT, 412, 900, 600, 297, 0, 3, 600, 3,
        {"USD": 4_120},
    )  # fmt: skip
    cell = months(replace(samples.drift_report(), days=(day,)), frozenset())[0].weeks[0][1]
    assert cell is not None
    assert cell.mark == "3"
    assert cell.words == (
        "Tue 3 March 2026 (America/Chicago): drift, "
        "412 sales, 600 of 603 due events in Klaviyo, 3 findings, $41.20"
    )


def test_findings_alike_share_their_cause_and_the_rest_stand_alone() -> None:
    missing = groups(samples.drift_report())[0]
    assert (missing.kind, missing.count, missing.worth) == (FindingKind.MISSING, "7", "$212.40")
    assert [(c.count, c.proven, len(c.cards)) for c in missing.clusters] == [("6", True, 6), ("1", False, 1)]
    assert missing.clusters[0].command == samples.REPAIR
    assert missing.clusters[0].cards[0].command == ""


def test_commands_that_differ_stay_with_their_cards() -> None:
    found = tuple(samples.finding(i, command=f"tillproof repair {i}") for i in range(2))
    cluster = groups(replace(samples.drift_report(), findings=found))[0].clusters[0]
    assert cluster.command == ""
    assert [card.command for card in cluster.cards] == ["tillproof repair 0", "tillproof repair 1"]


def test_only_what_differs_is_marked() -> None:
    mismatch = next(g for g in groups(samples.drift_report()) if g.kind is FindingKind.AMOUNT_MISMATCH)
    facts = mismatch.clusters[0].cards[0].facts
    assert [(fact.name, fact.differs) for fact in facts] == [
        ("value", True), ("sale", False), ("at", False), ("lines", False),
    ]  # fmt: skip


def test_what_the_head_of_a_card_says_is_not_said_again_unless_it_differs() -> None:
    facts = {"shop": "Pier 9", "day": "Thu 2026-03-05", "value": "$1.00"}
    found = samples.finding(1, expected=facts, observed=facts | {"day": "Fri 2026-03-06"}, differing=("day",))
    card = groups(replace(samples.drift_report(), findings=(found,)))[0].clusters[0].cards[0]
    assert [fact.name for fact in card.facts] == ["day", "value"]


def test_every_kind_shows_some_cards_however_many_another_has() -> None:
    found = tuple(samples.finding(i) for i in range(1_000))
    late = tuple(samples.finding(i, FindingKind.LATE) for i in range(30))
    report = replace(
        samples.drift_report(),
        findings=found + late,
        findings_by_kind={"missing": KindTotal(1_000, 0, {}), "late": KindTotal(30, 0, {})},
    )
    shown = {g.kind: sum(len(c.cards) for c in g.clusters) for g in groups(report)}
    assert shown == {FindingKind.MISSING: CARDS_MAX - 10, FindingKind.LATE: 10}
    assert groups(report)[0].shown == "Showing 190 of 1,000. All of them are in drift.csv."


def test_a_kind_whose_findings_were_all_cut_is_still_counted() -> None:
    report = replace(samples.drift_report(), findings=(), findings_by_kind={"late": KindTotal(30, 0, {})})
    only = groups(report)[0]
    assert (only.count, only.shown, only.clusters) == (
        "30",
        "Showing 0 of 30. All of them are in drift.csv.",
        (),
    )


def test_every_kind_of_finding_has_words() -> None:
    assert set(KINDS) == set(FindingKind)


def test_days_in_a_row_are_one_mark() -> None:
    market = pattern(samples.drift_report()).strips[0]
    assert market.name == "Market Street"
    assert market.runs == (Run(2, 1), Run(4, 8), Run(22, 1))
    assert market.words == (
        "10 of 28 days: 4 March 2026, 6 March 2026, 7 March 2026, 8 March 2026, 9 March 2026 and 5 more"
    )


def test_the_steps_come_gravest_first_with_the_command_that_serves_all() -> None:
    steps = page(samples.drift_report()).steps
    assert [(step.name, step.count, step.commands) for step in steps] == [
        ("Missing", "7", (samples.REPAIR,)),
        ("Duplicates", "3", ()),
        ("Orphaned", "2", ()),
        ("Another amount", "1", ()),
        ("Another day", "4", ()),
    ]


def test_many_commands_are_left_to_the_cards() -> None:
    found = tuple(samples.finding(i, command=f"tillproof sync backfill {i}") for i in range(4))
    step = page(replace(samples.drift_report(), findings=found)).steps[0]
    assert (step.commands, step.on_cards) == ((), True)


def test_limits_of_the_page_are_told() -> None:
    remedies = tuple(samples.finding(i, remedy=f"Do the {i}th thing.") for i in range(9))
    made = page(replace(samples.drift_report(), findings=remedies, days=samples.days(1_203)))
    assert (len(made.steps), made.steps_left) == (6, 3)
    assert made.days_left == 3
    assert sum(cell is not None for m in made.months for week in m.weeks for cell in week) == 1_200


def test_whole_sales_come_before_their_parts() -> None:
    report = replace(samples.drift_report(), totals=(samples.PRODUCTS, samples.PLACED, samples.REFUNDS))
    assert [one.metric for one in statements(report)] == ["Placed Order", "Refunded Order", "Ordered Product"]


def test_amounts_are_written_with_the_currencys_own_decimals() -> None:
    assert text.amount(-123_456, "USD") == "−1,234.56"
    assert text.amount(123_456, "JPY") == "123,456"
    assert text.money(1_234, "KWD") == "1.234\N{NO-BREAK SPACE}KWD"
    assert text.moneys({"USD": 100, "CAD": 0, "EUR": -5}) == "−€0.05, $1.00"


def test_spans_are_told_in_the_unit_that_fits() -> None:
    assert [text.span(s) for s in (86_400, 7_200, 5_400, 61, 0)] == [
        "1 day", "2 hours", "90 minutes", "2 minutes", "0 minutes",
    ]  # fmt: skip
