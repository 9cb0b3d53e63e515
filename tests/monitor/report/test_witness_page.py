"""What the report draws of tills' own totals."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import report_samples as samples

from monitor.page.witness import REGISTERS_MAX, Line, witness
from monitor.report import render
from monitor.report_data import ControlSide, ControlStatus, ControlTerm, Report, ReportControl

NINE = datetime(2017, 3, 7, 8, tzinfo=UTC)
DIFFERING = ReportControl(
    account="main",
    shop="1",
    shop_name="Kungsgatan",
    zone="Europe/Stockholm",
    register="{A}",
    register_name="Till 1",
    report_id="12",
    business_day=date(2017, 3, 7),
    opened_at=NINE,
    closed_at=NINE + timedelta(hours=11),
    currency="SEK",
    status=ControlStatus.DIFFERS,
    words="Till and POS differ, and nothing known explains it.",
    till=ControlSide(3, 400_00, 1, 50_00, 350_00),
    pos=ControlSide(2, 200_40, 1, 50_00, 150_40),
    klaviyo=ControlSide(1, 100_00, 1, 50_00, 50_00),
    till_to_pos=(ControlTerm("rounding", "cash rounded", 0, 40),),
    till_rest_count=-1,
    till_rest_minor=-200_00,
    pos_to_klaviyo=(ControlTerm("no_customer", "left out: nobody", 1, 100_40),),
    klaviyo_rest_minor=0,
    practice_count=2,
    practice_minor=30_00,
)


def report_with(*controls: ReportControl) -> Report:
    return replace(samples.clean_report(), controls=controls)


def test_a_register_is_a_table_of_three_columns_explained_to_what_is_left() -> None:
    [one] = witness(report_with(DIFFERING)).registers

    gap = "\N{NO-BREAK SPACE}"
    assert one.amiss
    assert [replace(line, role="") for line in one.lines] == [
        Line("Sales", f"3 · 400.00{gap}SEK", f"2 · 200.40{gap}SEK", f"1 · 100.00{gap}SEK"),
        Line("Refunds", f"1 · 50.00{gap}SEK", f"1 · 50.00{gap}SEK", f"1 · 50.00{gap}SEK"),
        Line("Sales less refunds", f"350.00{gap}SEK", f"150.40{gap}SEK", f"50.00{gap}SEK"),
        Line("Cash rounded", "", f"0.40{gap}SEK"),
        Line("Left out: nobody", "", "", f"\N{MINUS SIGN}100.40{gap}SEK"),
        Line(f"Rung up for practice, not in the sums above: 2 · 30.00{gap}SEK"),
        Line("Not explained", "", f"\N{MINUS SIGN}200.00{gap}SEK", f"0.00{gap}SEK"),
    ]
    assert one.notes[0].startswith("2017-03-07 09:00 to 20:00 (Europe/Stockholm): Till and POS differ")


def test_intervals_of_a_register_are_added_up_and_the_odd_ones_named() -> None:
    fits = replace(
        DIFFERING, report_id="13", status=ControlStatus.AGREES, till_rest_minor=0, till_rest_count=0
    )

    [one] = witness(report_with(DIFFERING, fits)).registers

    assert one.lines[0].till.startswith("6 · 800.00")
    assert len(one.notes) == 1


def test_registers_that_differ_come_first_and_the_rest_is_counted() -> None:
    many = [
        replace(DIFFERING, register=f"{{{number}}}", status=ControlStatus.AGREES)
        for number in range(REGISTERS_MAX)
    ]

    found = witness(report_with(*many, DIFFERING))

    assert (found.registers[0].amiss, len(found.registers), found.left) == (True, REGISTERS_MAX, 1)
    assert found.sentence.startswith("61 totals of registers were read; 1 differs from")


def test_the_page_draws_it_and_a_name_never_becomes_markup() -> None:
    html = render(report_with(replace(DIFFERING, register_name="<script>alert(1)</script>")))

    assert "What the tills counted themselves" in html
    assert "<script>alert(1)" not in html


def test_a_report_without_totals_says_nothing_of_tills() -> None:
    assert "What the tills counted" not in render(samples.clean_report())
