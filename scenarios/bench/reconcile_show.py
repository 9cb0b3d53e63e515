"""The figures of comparing two exports, each beside what must hold."""

from dataclasses import asdict

from scenarios.bench.outcome import Check, Outcome, same, told
from scenarios.bench.reconcile import Figures

BOUND_ROWS = 5_000_000  # the size for which the bounds on time and memory are stated
SECONDS_MAX, TIMES_MIN, HTML_MB_MAX = 8.0, 2.0, 3.0


def checks(figures: Figures) -> list[Check]:
    """The figures and what must hold of them; time is only bound at five million rows or fewer."""
    ours, theirs = figures.ours, figures.theirs
    peak_mb, limit_mb = ours.peak_mb, figures.memory_limit_mb
    seconds, html_mb = f"{ours.seconds:.1f}", f"{figures.html_mb:.2f}"
    bound = Check("seconds, HTML included", seconds, f"under {SECONDS_MAX:.0f}", ours.seconds < SECONDS_MAX)
    held = [
        bound if figures.rows <= BOUND_ROWS else told(bound.what, seconds),
        Check("peak memory, MB", f"{peak_mb:,.0f}", f"under {limit_mb:,.0f}", peak_mb < limit_mb),
        same("planted ones not found", figures.lost_count, 0),
        same("false ones", figures.false_count, 0),
        Check("report.html, MB", html_mb, f"under {HTML_MB_MAX:.0f}", figures.html_mb < HTML_MB_MAX),
    ]
    if theirs is not None:
        times = theirs.seconds / ours.seconds
        held += [
            told("datacompy on Polars, seconds", f"{theirs.seconds:.1f}"),
            told("datacompy on Polars, peak MB", f"{theirs.peak_mb:,.0f}"),
            Check("times faster", f"{times:.1f}", f"at least {TIMES_MIN:.0f}", times >= TIMES_MIN),
        ]
    return held


def outcome(figures: Figures) -> Outcome:
    """A table of the figures, then the findings by kind."""
    return Outcome(
        asdict(figures),
        checks(figures),
        f"{figures.rows:,} sales against their events, within {figures.memory_limit}",
        [
            f"  {kind}: {count:,} found of {figures.planted.get(kind, 0):,} planted"
            for kind, count in figures.found.items()
        ],
    )
