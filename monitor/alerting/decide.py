"""What is worth telling: pure decisions from the groups of open findings and what was told before.

A group is told once when it becomes big enough, again only when it has become markedly worse, and once when
nothing of it is left. All else is quiet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from monitor.report_data import Severity
from monitor.words import counted, money
from sync.domain.money import to_major

GRAVEST = tuple(severity.value for severity in Severity)
CRITICAL = Severity.CRITICAL.value


class Transition(StrEnum):
    """What happened to a group."""

    NEW = "new"
    WORSE = "worse"
    RECOVERED = "recovered"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Group:
    """Open findings that are told together."""

    key: str  # stable: the same trouble has the same key every night
    kind: str
    severity: str
    count: int
    by_currency: Mapping[str, int]  # minor units without signs
    where: str = ""  # the shop, where groups are made by shop


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered of a group: whether it is open, and what people were told of it."""

    key: str
    kind: str
    severity: str
    open: bool = False
    episode: int = 0
    alerted: bool = False
    alerted_count: int = 0
    alerted_by_currency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How big a group must be; any one that is reached is enough. None at all: one finding is enough."""

    count: int | None = None
    percent: float | None = None  # of the sales of the window
    money: Decimal | None = None  # in major units of whatever currency
    mute: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What is worth an alert."""

    thresholds: Thresholds = Thresholds()
    by_kind: Mapping[str, Thresholds] = field(default_factory=dict)
    worse_percent: float = 50.0

    def of(self, kind: str) -> Thresholds:
        """The thresholds of a kind."""
        return self.by_kind.get(kind, self.thresholds)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one group. `why` says which threshold was passed, in plain words."""

    transition: Transition
    group: Group  # as it is now; as it was last told when it recovered
    episode: int
    why: str


def decide(
    groups: Iterable[Group], told: Mapping[str, Told], rules: Rules, sales_count: int
) -> list[Decision]:
    """One decision for every group that is there or was there, gravest first."""
    found = {group.key: group for group in groups}
    decisions = [_of(group, told.get(group.key), rules, sales_count) for group in found.values()]
    decisions += [_gone(one, rules) for one in told.values() if one.open and one.key not in found]
    return sorted(decisions, key=_order)


def reached(group: Group, thresholds: Thresholds, sales_count: int) -> str:
    """Which threshold the group reaches, in words; empty when none. What is critical always counts."""
    if thresholds.mute:
        return ""
    if group.severity == CRITICAL:
        return "critical findings are always told"
    if thresholds == Thresholds():
        return "any finding is told"
    return _passed(group, thresholds, sales_count)


def _passed(group: Group, thresholds: Thresholds, sales_count: int) -> str:
    if thresholds.count is not None and group.count >= thresholds.count:
        return f"{group.count:,} reach the threshold of {thresholds.count:,}"
    if thresholds.percent is not None and sales_count:
        percent = 100 * group.count / sales_count
        if percent >= thresholds.percent:
            return f"{percent:.2g} % of {counted(sales_count, 'sale')} reach {thresholds.percent:g} %"
    if thresholds.money is not None:
        for currency, minor in sorted(group.by_currency.items()):
            if to_major(minor, currency) >= thresholds.money:
                return f"{money(minor, currency)} reach the threshold of {thresholds.money}"
    return ""


def worse(group: Group, before: Told, percent: float) -> str:
    """How much worse it is than what was told, in words; empty when not markedly."""
    factor = 1 + percent / 100
    if group.count > before.alerted_count and group.count >= before.alerted_count * factor:
        return f"{group.count:,} instead of {before.alerted_count:,}"
    for currency, minor in sorted(group.by_currency.items()):
        was = before.alerted_by_currency.get(currency, 0)
        if minor > was and minor >= was * factor:
            return f"{money(minor, currency)} instead of {money(was, currency)}"
    if GRAVEST.index(group.severity) < GRAVEST.index(before.severity):
        return f"it has become {group.severity}"
    return ""


def _of(group: Group, before: Told | None, rules: Rules, sales_count: int) -> Decision:
    is_open = before is not None and before.open
    episode = (before.episode if before else 0) + (0 if is_open else 1)
    if before is not None and is_open and before.alerted:
        why = "" if rules.of(group.kind).mute else worse(group, before, rules.worse_percent)
        return Decision(Transition.WORSE if why else Transition.QUIET, group, episode, why)
    why = reached(group, rules.of(group.kind), sales_count)
    return Decision(Transition.NEW if why else Transition.QUIET, group, episode, why)


def _gone(before: Told, rules: Rules) -> Decision:
    group = Group(before.key, before.kind, before.severity, before.alerted_count, before.alerted_by_currency)
    if before.alerted and not rules.of(before.kind).mute:
        return Decision(Transition.RECOVERED, group, before.episode, "nothing of it is left")
    return Decision(Transition.QUIET, group, before.episode, "it was never told")


def _order(decision: Decision) -> tuple[int, str]:
    return GRAVEST.index(decision.group.severity), decision.group.key


def by_transition(decisions: Sequence[Decision]) -> dict[str, int]:
    """How many decisions of each transition there are; for summaries and previews."""
    found: dict[str, int] = {}
    for decision in decisions:
        found[decision.transition.value] = found.get(decision.transition.value, 0) + 1
    return found
