"""A suite told to people on a terminal, and to machines as one object."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from scenarios.runner.run import Outcome
from scenarios.runner.suite import Suite

_NAMED_MAX = 3  # stories named behind what several have in common


def lines(told: Suite) -> Iterator[str]:
    """What does not hold, what was not told, and the verdict."""
    amiss = [one for one in told.outcomes if one.trouble]
    for one in amiss:
        yield f"\n{'WRONG' if one.wrong else 'FAILED'}  {one.title}"
        yield one.trouble
    if any("\n    - " in one.trouble or "\n    + " in one.trouble for one in amiss):
        yield "\n- is what the story expects, + is what there is."
    skipped = [(one.skipped, one.file) for one in told.skipped]
    left_out = [(check, one.file) for one in told.outcomes for check in one.left_out]
    yield from _together("Not told", skipped)
    yield from _together("Told without", left_out)
    idle = [words for one in told.outcomes for words in one.idle]
    yield from ["", *idle] if idle else []
    yield f"\n{told.sentence}; {told.seconds:.1f} s"


def _together(head: str, told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One line for each reason, with the files it holds for."""
    files: dict[str, list[str]] = {}
    for reason, file in told:
        files.setdefault(reason, []).append(file)
    if files:
        yield ""
    for reason, those in sorted(files.items(), key=lambda one: (-len(one[1]), one[0])):
        more = f" and {len(those) - _NAMED_MAX:,} more" if len(those) > _NAMED_MAX else ""
        yield f"{head} {reason}\n    {len(those):,}: {', '.join(those[:_NAMED_MAX])}{more}"


def as_json(told: Suite) -> dict[str, Any]:
    """One object for machines."""
    return {
        "sentence": told.sentence,
        "exit_code": told.exit_code,
        "seconds": round(told.seconds, 3),
        "passed": len(told.passed),
        "failed": len(told.failed),
        "wrong": len(told.wrong),
        "skipped": len(told.skipped),
        "stories": [_story(one) for one in told.outcomes],
    }


def _story(one: Outcome) -> dict[str, Any]:
    return {**asdict(one), "seconds": round(one.seconds, 3), "passed": one.passed}
