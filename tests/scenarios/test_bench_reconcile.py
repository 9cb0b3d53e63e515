"""The bench of the offline comparison, small: its planted defects are all found, and its checks can fail."""

from dataclasses import replace

from scenarios.bench.reconcile import Figures, Ran, measure
from scenarios.bench.reconcile_show import checks


def test_a_small_bench_finds_all_that_was_planted_and_nothing_else() -> None:
    figures = measure(rows=4_000, seed=7, memory_limit="1GB", peer=False, told=lambda *_: None)

    kinds = {"missing", "lost_refund", "orphaned", "duplicate", "amount_mismatch", "day_shift"}
    assert set(figures.planted) == kinds
    assert figures.found == figures.planted
    assert (figures.lost_count, figures.false_count) == (0, 0)
    assert all(holds for *_, holds in checks(figures))


GOOD = Figures(
    5_000_000, {"missing": 1}, {"missing": 1}, 0, 0, Ran(7.9, 900, 1), Ran(16.0, 5_000, 0), "2GB", 2_048, 0.7
)


def missed(figures: Figures) -> list[str]:
    return [what for what, _, _, holds in checks(figures) if not holds]


def test_every_bound_can_be_missed() -> None:
    assert missed(GOOD) == []
    assert missed(replace(GOOD, ours=Ran(8.0, 900, 1))) == ["seconds, HTML included"]
    assert missed(replace(GOOD, ours=Ran(7.9, 2_048, 1))) == ["peak memory, MB"]
    assert missed(replace(GOOD, lost_count=1)) == ["planted ones not found"]
    assert missed(replace(GOOD, false_count=1)) == ["false ones"]
    assert missed(replace(GOOD, html_mb=3.0)) == ["report.html, MB"]
    assert missed(replace(GOOD, theirs=Ran(15.0, 5_000, 0))) == ["times faster"]


def test_time_is_not_bound_beyond_five_million() -> None:
    assert missed(replace(GOOD, rows=20_000_000, ours=Ran(60.0, 900, 1), theirs=None)) == []
