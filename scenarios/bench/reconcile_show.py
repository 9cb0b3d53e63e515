"""The figures of comparing two exports on the terminal, each beside what must hold."""

from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from scenarios.bench.reconcile import Figures

BOUND_ROWS = 5_000_000  # the size for which the bounds on time and memory are stated
SECONDS_MAX, TIMES_MIN, HTML_MB_MAX = 8.0, 2.0, 3.0

Check = tuple[str, str, str, bool]  # what, measured, wanted, whether it holds


def checks(figures: Figures) -> list[Check]:
    """The figures and what must hold of them; time is only bound at five million rows or fewer."""
    ours, theirs = figures.ours, figures.theirs
    bound = figures.rows <= BOUND_ROWS
    peak_mb, limit_mb = ours.peak_mb, figures.memory_limit_mb
    told: list[Check] = [
        (
            "seconds, HTML included", f"{ours.seconds:.1f}",
            f"under {SECONDS_MAX:.0f}" if bound else "", ours.seconds < SECONDS_MAX or not bound,
        ),
        ("peak memory, MB", f"{peak_mb:,.0f}", f"under {limit_mb:,.0f}", peak_mb < limit_mb),
        ("planted ones not found", f"{figures.lost_count:,}", "0", figures.lost_count == 0),
        ("false ones", f"{figures.false_count:,}", "0", figures.false_count == 0),
        (
            "report.html, MB", f"{figures.html_mb:.2f}",
            f"under {HTML_MB_MAX:.0f}", figures.html_mb < HTML_MB_MAX,
        ),
    ]  # fmt: skip
    if theirs is not None:
        times = theirs.seconds / ours.seconds
        told.append(("datacompy on Polars, seconds", f"{theirs.seconds:.1f}", "", True))
        told.append(("datacompy on Polars, peak MB", f"{theirs.peak_mb:,.0f}", "", True))
        told.append(("times faster", f"{times:.1f}", f"at least {TIMES_MIN:.0f}", times >= TIMES_MIN))
    return told


def show(figures: Figures, console: Console) -> None:
    """A table of the figures, then the findings by kind."""
    console.print(f"\n{figures.rows:,} sales against their events, within {figures.memory_limit}")
    table = Table("", "measured", "must be", "", box=None)
    for what, measured, wanted, holds in checks(figures):
        table.add_row(what, measured, wanted, "" if not wanted else "ok" if holds else "MISSED")
    console.print(table)
    for kind, count in figures.found.items():
        console.print(f"  {kind}: {count:,} found of {figures.planted.get(kind, 0):,} planted")


def as_json(figures: Figures) -> dict[str, object]:
    """All of it for machines."""
    held = [
        {"what": what, "measured": measured, "wanted": wanted, "holds": holds}
        for what, measured, wanted, holds in checks(figures)
    ]
    return {**asdict(figures), "checks": held}
