"""The findings of the last nights as bars: a picture beside words, never instead of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.history_records import RunPoint
from monitor.page import text

HEIGHT, STEP, WIDTH = 60, 12, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One run."""

    x: int
    y: int
    height: int
    state: str
    words: str
    run: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The picture and what it says."""

    bars: tuple[Bar, ...]
    width: int
    highest: int
    words: str


def bars(points: Sequence[RunPoint]) -> Trend | None:
    """The trend of these runs, oldest first; None when there are fewer than two."""
    if len(points) < 2:
        return None
    highest = max(one.finding_count for one in points)
    drawn = tuple(_bar(place, one, highest) for place, one in enumerate(points))
    last, first = points[-1].finding_count, points[0].finding_count
    latest = f"{text.counted(last, 'finding', 'findings')} in the latest run"
    words = f"{latest}; {text.count(first)} in the one {len(points) - 1} runs before."
    return Trend(drawn, len(points) * STEP, highest, words)


def _bar(place: int, one: RunPoint, highest: int) -> Bar:
    height = max(3, round(HEIGHT * one.finding_count / highest)) if one.finding_count else 2
    night = one.night_on.isoformat() if one.night_on else "by hand"
    words = (
        f"{night}: {text.counted(one.finding_count, 'finding', 'findings')}, {text.count(one.new_count)} new"
    )
    return Bar(place * STEP, HEIGHT - height, height, one.verdict, words, one.run)
