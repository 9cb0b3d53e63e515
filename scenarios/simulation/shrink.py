"""Making a failing story short: steps are left out as long as it still fails in the same way."""

from collections.abc import Callable
from dataclasses import replace

from scenarios.simulation.story import Step, Story, without

TRIES_MAX = 300


def kind_of(complaint: str) -> str:
    """What two failures must have in common to count as the same: the words, not the numbers."""
    return " ".join(word for word in complaint.split() if not any(sign.isdigit() for sign in word))


def shrunk(story: Story, fails: Callable[[Story], bool], tries_max: int = TRIES_MAX) -> Story:
    """The smallest story found that still fails; `fails` lives a story. The story itself must fail."""
    tries = 0

    def still(candidate: Story) -> bool:
        nonlocal tries
        tries += 1
        return tries <= tries_max and fails(candidate)

    size = max(1, len(story.steps) // 2)
    while size:
        at = 0
        while at < len(story.steps):
            candidate = without(story, range(at, at + size))
            if still(candidate):
                story = candidate
            else:
                at += size
        size //= 2
    return _plainer(story, still)


def _plainer(story: Story, still: Callable[[Story], bool]) -> Story:
    """The same steps with as few minutes between them as will do."""
    for place, step in enumerate(story.steps):
        if step.minutes:
            steps = (*story.steps[:place], _at_once(step), *story.steps[place + 1 :])
            candidate = replace(story, steps=steps)
            if still(candidate):
                story = candidate
    return story


def _at_once(step: Step) -> Step:
    return replace(step, minutes=0)
