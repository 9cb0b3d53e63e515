"""Making a story small: whatever can be left out without losing the finding is left out."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from scenarios.from_finding.replay import Draft

TRIES_MAX = 400
_KEPT = frozenset({"till", "sale", "name", "article", "items", "metric", "of"})  # a word is nothing without
_MENTIONS = ("sale", "of")
Way = tuple[str | int, ...]


def shrunk(draft: Draft, still: Callable[[Draft], bool], tries_max: int = TRIES_MAX) -> Draft:
    """The draft without anything that can go: no single part of what is left can be left out any more.

    `still` tells a candidate and says whether it shows the same. Steps go first, several at once where
    possible, then single words of what is left.
    """
    tries = 0

    def holds(candidate: Draft) -> bool:
        nonlocal tries
        tries += 1
        return tries <= tries_max and still(candidate)

    draft = _fewer_parts(_fewer_steps(draft, holds), holds)
    went = True
    while went:
        went = False
        for way in sorted(_ways(draft), key=len):
            candidate = _without(draft, way)
            if candidate is not None and holds(candidate):
                draft, went = candidate, True
    return draft


def _fewer_parts(draft: Draft, holds: Callable[[Draft], bool]) -> Draft:
    """Many words at once, then half as many: most of a first draft is not needed."""
    size = len(list(_ways(draft)))
    while size > 1:
        size = (size + 1) // 2
        ways = [way for way in _ways(draft) if not _is_step(way)]
        for at in range(0, len(ways), size):
            candidate: Draft | None = draft
            for way in sorted(ways[at : at + size], key=len, reverse=True):
                candidate = (_without(candidate, way) or candidate) if candidate is not None else None
            if candidate is not None and candidate != draft and holds(candidate):
                draft = candidate
                break
    return draft


def _is_step(way: Way) -> bool:
    return way[0] == "when" and len(way) == 2


def _fewer_steps(draft: Draft, holds: Callable[[Draft], bool]) -> Draft:
    size = max(1, len(draft["when"]) // 2)
    while size:
        at = 0
        while at < len(draft["when"]):
            candidate = _without_steps(draft, range(at, at + size))
            if candidate["when"] and holds(candidate):
                draft = candidate
            else:
                at += size
        size //= 2
    return draft


def _without_steps(draft: Draft, gone: range) -> Draft:
    """Without these steps, and without those that speak of a sale which is then not rung up."""
    steps = draft["when"]
    kept = [step for number, step in enumerate(steps) if number not in gone]
    sold = {name for step in steps for name in _made(step)} - {name for step in kept for name in _made(step)}
    return {**draft, "when": [step for step in kept if not sold & _spoken_of(step)]}


def _made(step: dict[str, Any]) -> set[str]:
    ((word, content),) = step.items()
    if word == "sell":
        return {content["sale"]}
    if word == "refund":
        return {content.get("as", f"refund of {content['of']}")}
    return set()


def _spoken_of(step: dict[str, Any]) -> set[str]:
    ((word, content),) = step.items()
    if word == "sell" or not isinstance(content, dict):
        return {content} if word in ("void", "ship", "hide sale") else set()
    return {content[name] for name in _MENTIONS if name in content}


def _ways(draft: Draft) -> Iterator[Way]:
    """Every part that might be left out."""
    for section in ("given", "when"):
        yield from _inside(draft[section], (section,))


def _inside(value: Any, way: Way) -> Iterator[Way]:
    inner: Any = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, one in inner:
        word_of_step = len(way) == 2 and way[0] == "when"
        if key not in _KEPT and not word_of_step:
            yield (*way, key)
        yield from _inside(one, (*way, key))


def _without(draft: Draft, way: Way) -> Draft | None:
    """A copy without that part; None where an earlier removal took it along."""
    if _is_step(way):
        number = int(way[1])
        return _without_steps(draft, range(number, number + 1)) if number < len(draft["when"]) else None
    copied: Draft = deepcopy(draft)
    place: Any = copied
    try:
        for part in way[:-1]:
            place = place[part]
        del place[way[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return copied
