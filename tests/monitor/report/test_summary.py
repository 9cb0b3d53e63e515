"""The report on a terminal."""

from dataclasses import replace
from io import StringIO

import report_samples as samples
from rich.console import Console

from monitor.summary import render_summary


def shown(report: object, **options: bool) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=200)
    for line in render_summary(report, **options):  # type: ignore[arg-type]
        console.print(line)
    return out.getvalue().splitlines()


def test_verdict_then_next_step_then_kinds_then_scope() -> None:
    lines = shown(samples.drift_report())
    assert lines[0].startswith("▲ Drift  4,212 sales, 3,136 in Klaviyo")
    assert lines[1].startswith("Send the 7 missing sales again")
    assert lines[2:7] == [
        "  ▲ Missing: 7  $212.40",
        "  ▲ Duplicates: 3  $89.97",
        "  ▲ Orphaned: 2  $61.50",
        "  ▲ Another amount: 1  −$10.00",
        "  ▲ Another day: 4  $110.20",
    ]
    assert (
        lines[-1] == "2 to 29 March 2026, days in each shop's own zone (3 zones), as of 2026-03-30 12:00 UTC"
    )


def test_a_clean_night_is_three_lines() -> None:
    assert shown(samples.clean_report()) == [
        "✓ Agrees  1,204 sales, 1,187 in Klaviyo, 17 left out on purpose, nothing missing.",
        "Nothing. The next reconciliation runs tonight.",
        "2 to 8 March 2026, days in America/New_York, as of 2026-03-30 12:00 UTC",
    ]


def test_detail_tells_both_equations() -> None:
    lines = shown(samples.drift_report(), detail=True)
    assert (
        "  Placed Order USD: 4,212 in the POS = 3,136 delivered + 1,031 left out + 38 settling + 7 missing; "
        "3,141 in Klaviyo = delivered + 2 orphaned + 3 duplicate; remainder 0 and $0.00"
    ) in lines


def test_markup_and_control_characters_in_names_do_nothing() -> None:
    lines = shown(replace(samples.clean_report(), sentence="[red]boo[/red] \x1b[31mred"))
    assert lines[0] == "✓ Agrees  [red]boo[/red] \N{REPLACEMENT CHARACTER}[31mred"
