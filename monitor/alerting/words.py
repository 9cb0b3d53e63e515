"""The text of alerts: the verdict first, plain words, no personal data, and where to read on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.alerting.decide import Decision, Group, Transition
from monitor.words import counted, money_of, verb

BODY_MAX = 2_000  # chat services cut what is longer
EXAMPLES_MAX = 3

_NOUNS: Mapping[str, str] = {
    "remainder": "row of the accounting that does not close",
    "silence": "suspicious silence",
    "missing": "event missing in Klaviyo",
    "control_total": "till total that differs",
    "duplicate": "duplicate in Klaviyo",
    "orphaned": "event without a sale",
    "amount_mismatch": "wrong amount",
    "wrong_currency": "wrong currency",
    "day_shift": "event on another day",
    "lost_refund": "lost refund",
    "findings": "finding",
}
_PLURALS: Mapping[str, str] = {
    "remainder": "rows of the accounting that do not close",
    "missing": "events missing in Klaviyo",
    "control_total": "till totals that differ",
    "duplicate": "duplicates in Klaviyo",
    "orphaned": "events without a sale",
    "day_shift": "events on another day",
}
# Groups that count nothing: they are there or not.
_STATES: Mapping[str, tuple[str, str]] = {
    "could_not_judge": ("could not be judged", "can be judged again"),
    "monitor_silent": ("the monitor has fallen silent", "the monitor runs again"),
    "source_silent": ("the sync has fallen silent", "the sync runs again"),
    "lag": ("sales take too long to reach Klaviyo", "sales reach Klaviyo in time again"),
    "interrupted": ("the run was interrupted", "the run was finished"),
}


@dataclass(frozen=True, slots=True)
class Context:
    """What the run says beside the group."""

    account: str
    sentence: str  # the verdict of the run
    next_step: str
    examples: Sequence[str] = ()  # titles of new findings; they name sales by id only
    read_on: str = ""  # a link or a path


def title(account: str, decision: Decision) -> str:
    """One line: `main: 3 events missing in Klaviyo ($212.40)`."""
    group, states = decision.group, _STATES.get(decision.group.kind)
    place = f" at {group.where}" if group.where else ""
    if states is not None:
        return f"{account}: {states[1] if decision.transition is Transition.RECOVERED else states[0]}"
    if decision.transition is Transition.RECOVERED:
        return f"{account}: recovered{place}, {things(group)} {verb(group.count, 'is')} gone"
    amount = f" ({money_of(group.by_currency)})" if any(group.by_currency.values()) else ""
    worse = "worse: " if decision.transition is Transition.WORSE else ""
    return f"{account}: {worse}{things(group)}{place}{amount}"


def body(decision: Decision, context: Context) -> str:
    """What is read after the title."""
    lines = [context.sentence]
    if decision.transition is not Transition.RECOVERED:
        if decision.transition is Transition.WORSE:
            lines.append(f"Worse than told before: {decision.why}.")
        lines += [f"- {example}" for example in context.examples[:EXAMPLES_MAX]]
        if len(context.examples) > EXAMPLES_MAX:
            lines.append(f"- and {len(context.examples) - EXAMPLES_MAX:,} more")
        if context.next_step:
            lines.append(f"Next: {context.next_step}")
    if context.read_on:
        lines.append(f"Read on: {context.read_on}")
    return cut("\n".join(line for line in lines if line))


def things(group: Group) -> str:
    """A group in words: `3 events missing in Klaviyo`."""
    noun = _NOUNS.get(group.kind, f"finding of the kind {group.kind.replace('_', ' ')}")
    if group.count == 1:
        return f"1 {noun}"
    plural = _PLURALS.get(group.kind) or (
        f"findings of the kind {group.kind.replace('_', ' ')}" if group.kind not in _NOUNS else ""
    )
    return f"{group.count:,} {plural}" if plural else counted(group.count, noun)


def gathered(texts: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Several messages as one: their number as the title, then each of them."""
    if len(texts) == 1:
        return texts[0]
    parts = [f"{title}\n{body}" for title, body in texts]
    return f"tillproof: {counted(len(texts), 'alert')}", cut("\n\n".join(parts), 4 * BODY_MAX)


def cut(text: str, longest: int = BODY_MAX) -> str:
    """A text of bounded length that says that it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 20].rstrip()}\n… (cut)"
