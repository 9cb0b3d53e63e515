"""Geometry of the page's pictures: pure arithmetic from amounts to whole numbers on a scale of 1,000.

The drawing itself is SVG written by the templates, so that charts follow light, dark and print by CSS, stay
small, and are the same to the byte for the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SCALE = 1_000  # width of every picture in its own units
WIDTH_MIN = 6  # a single missing sale among a million must still be seen


class StepKind(StrEnum):
    """What a step of a waterfall does to the running level."""

    TOTAL = "total"  # sets the level
    DOWN = "down"
    UP = "up"
    RESULT = "result"  # shows the level that the steps before it lead to, from zero
    APART = "apart"  # is drawn from zero and moves nothing: the remainder


@dataclass(frozen=True, slots=True)
class Step:
    """One amount of a waterfall. `DOWN` takes its amount away; any amount may be negative."""

    kind: StepKind
    amount: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Where one step is drawn: from `x` over `width`; `level_x` is where the next step takes over."""

    x: int
    width: int
    level_x: int


def waterfall(steps: Sequence[Step]) -> tuple[Bar, ...]:
    """One bar per step, on a common scale that holds zero and every level that is passed."""
    spans = _spans(steps)
    low = min((0, *(min(span) for span in spans)))
    high = max((0, *(max(span) for span in spans)))
    return tuple(
        _bar(start, end, 0 if step.kind is StepKind.APART else end, low, high)
        for step, (start, end) in zip(steps, spans, strict=True)
    )


def share(amount: int, whole: int) -> int:
    """How wide a plain bar of `amount` is when `whole` is as wide as the picture; anything is seen."""
    if amount == 0 or whole == 0:
        return 0
    return min(max(WIDTH_MIN, _ratio(abs(amount), abs(whole))), SCALE)


def _spans(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """From which level to which each step goes."""
    level = 0
    spans = []
    for step in steps:
        start, end = _moved(step, level)
        spans.append((start, end))
        if step.kind is not StepKind.APART:
            level = end
    return spans


def _moved(step: Step, level: int) -> tuple[int, int]:
    match step.kind:
        case StepKind.DOWN:
            return level, level - step.amount
        case StepKind.UP:
            return level, level + step.amount
        case StepKind.RESULT:
            return 0, level
        case StepKind.TOTAL | StepKind.APART:
            return 0, step.amount


def _bar(start: int, end: int, level: int, low: int, high: int) -> Bar:
    span = high - low
    left, right = (_ratio(edge - low, span) for edge in sorted((start, end)))
    width = right - left
    if start != end:
        width = max(width, WIDTH_MIN)
    return Bar(x=min(left, SCALE - width), width=width, level_x=_ratio(level - low, span))


def _ratio(part: int, whole: int) -> int:
    """`part` of `whole` on the scale, rounded half up in whole numbers; 0 when there is no whole."""
    return (2 * part * SCALE + whole) // (2 * whole) if whole else 0
