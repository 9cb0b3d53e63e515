"""Which alerts other thresholds would have raised: the kept runs told again, by the same decisions."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from monitor import history_read
from monitor.alerting.decide import Decision, Group, Rules, Told, Transition, decide
from monitor.history_records import RunRecord
from monitor.report_data import Severity

_CRITICAL = {"remainder", "silence"}
_RUNS_MAX = 500


@dataclass(frozen=True, slots=True)
class AlertPreview:
    """Alerts of one account as they were decided, and as they would have been."""

    account: str
    run_count: int
    before_count: int
    after_count: int
    hidden: tuple[str, ...]  # would not have been told
    shown: tuple[str, ...]  # would have been told besides

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def lines(self) -> list[str]:
        """In words."""
        told = [
            f"{self.account}: over {self.run_count:,} runs {self.after_count:,} alerts instead of"
            f" {self.before_count:,}."
        ]
        told += [f"  would not have been told: {one}" for one in self.hidden[:20]]
        return told + [f"  would have been told besides: {one}" for one in self.shown[:20]]


def preview_alerts(connection: Connection, account: str, now: Rules, then: Rules) -> AlertPreview:
    """Tell the account's kept runs again by both rules."""
    runs = [
        one
        for one in reversed(history_read.runs(connection, account, limit=_RUNS_MAX))
        if one.state == "done" and one.verdict != "could_not_judge"
    ]
    before, after = list(_told(runs, now)), list(_told(runs, then))
    return AlertPreview(
        account, len(runs), len(before), len(after),
        tuple(one for one in before if one not in after), tuple(one for one in after if one not in before),
    )  # fmt: skip


def _told(runs: Sequence[RunRecord], rules: Rules) -> Iterable[str]:
    known: dict[str, Told] = {}
    for run in runs:
        groups = [_group(kind, total) for kind, total in run.kinds.items() if not rules.of(kind).mute]
        for decision in decide(groups, known, rules, run.sales_count):
            known[decision.group.key] = _next(decision, known.get(decision.group.key))
            if decision.transition is not Transition.QUIET:
                group, night = decision.group, run.night_on or run.last_on
                yield f"{night} {group.kind} {decision.transition.value} ({group.count:,})"


def _group(kind: str, total: Any) -> Group:
    severity = Severity.CRITICAL if kind in _CRITICAL else Severity.ERROR
    return Group(kind, kind, severity.value, int(total["count"]), dict(total["by_currency"]))


def _next(decision: Decision, before: Told | None) -> Told:
    group = decision.group
    gone = decision.transition is Transition.RECOVERED or decision.why == "it was never told"
    if gone:
        return Told(group.key, group.kind, group.severity, episode=decision.episode)
    again = before is not None and before.open
    if decision.transition is Transition.QUIET:
        told = before.alerted if before is not None and again else False
        count = before.alerted_count if before is not None and again else 0
        minor = before.alerted_by_currency if before is not None and again else {}
    else:
        told, count, minor = True, group.count, group.by_currency
    return Told(group.key, group.kind, group.severity, True, decision.episode, told, count, minor)
