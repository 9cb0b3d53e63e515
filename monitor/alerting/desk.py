"""From groups to messages: decide, remember, and put into the outbox, all in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table

from monitor.alerting import words
from monitor.alerting.decide import CRITICAL, GRAVEST, Decision, Group, Rules, Thresholds, Transition, decide
from monitor.alerting.hours import Hours, departure
from monitor.alerting.incidents import ALL_KINDS, Scope, close_others, examples, groups_of, remember, told
from monitor.history_rows import MonitorAlertRow
from monitor.report_data import Report, Severity
from monitor.settings import AlertSettings, KindSettings, MonitorSettings
from sync.store.bulk import insert_new

ALERTS: Table = MonitorAlertRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_COLUMNS = (
    "dedupe", "account", "group_key", "kind", "transition", "severity", "route", "title", "body", "run",
    "gather", "state", "created_s", "due_s", "sent_s", "attempt_count", "trouble",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """Where alerts go, and which of them."""

    name: str
    accounts: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    severity: str = Severity.WARNING.value

    def wants(self, account: str, group: Group) -> bool:
        """Whether this route is told of the group."""
        grave = GRAVEST.index(group.severity) <= GRAVEST.index(self.severity)
        named = self.kinds is None or group.kind in self.kinds or group.kind == ALL_KINDS
        return grave and named and (self.accounts is None or account in self.accounts)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The run that gives occasion to alerts."""

    account: str
    run: int
    now_at: datetime
    sentence: str
    next_step: str = ""
    sales_count: int = 0
    folder: str = ""  # of the report
    new: Sequence[str] = ()  # keys of findings first seen


@dataclass(frozen=True, slots=True)
class Desk:
    """Decides by rules and writes to routes."""

    rules: Rules
    hours: Hours
    routes: tuple[Route, ...]
    group_by: str = "kind"
    link: str = ""  # of the dashboard

    def after_run(self, connection: Connection, report: Report, occasion: Occasion) -> list[Decision]:
        """Tell what a run changed. The report is of exactly one account."""
        scope = Scope(occasion.account, f"find:{self.group_by}")
        close_others(connection, scope, int(occasion.now_at.timestamp()))
        groups = groups_of(connection, scope, self.group_by, self.rules, report)
        return self.tell(connection, scope, groups, occasion)

    def judged(self, connection: Connection, occasion: Occasion, *, could: bool) -> list[Decision]:
        """Tell that an account could not be judged, or that it can be again."""
        scope = Scope(occasion.account, "judge")
        kind = "could_not_judge"
        groups = [] if could else [Group(scope.key(kind), kind, Severity.ERROR.value, 1, {})]
        return self.tell(connection, scope, groups, occasion)

    def tell(
        self, connection: Connection, scope: Scope, groups: Iterable[Group], occasion: Occasion
    ) -> list[Decision]:
        """Decide about the groups of one scope, remember it, and put what is to be told into the outbox."""
        now_s = int(occasion.now_at.timestamp())
        decisions = decide(groups, told(connection, scope), self.rules, occasion.sales_count)
        numbers = remember(connection, scope, decisions, occasion.run, now_s)
        rows = [
            row
            for decision in decisions
            if decision.transition is not Transition.QUIET
            for row in self._rows(connection, decision, numbers[decision.group.key], occasion)
        ]
        insert_new(connection, ALERTS, _COLUMNS, rows)
        return decisions

    def _rows(
        self, connection: Connection, decision: Decision, number: int, occasion: Occasion
    ) -> Iterable[tuple[object, ...]]:
        group, account = decision.group, occasion.account
        title = words.title(account, decision)
        body = words.body(decision, self._context(connection, decision, occasion))
        leaves = departure(occasion.now_at, self.hours, critical=group.severity == CRITICAL)
        due_s, now_s = int(leaves.at.timestamp()), int(occasion.now_at.timestamp())
        wanted = [route.name for route in self.routes if route.wants(account, group)]
        for route in wanted or [""]:
            # The same decision, written twice by whatever accident, is one row.
            dedupe = "|".join(
                (account, group.key, f"{decision.episode}.{number}", decision.transition, route)
            )
            yield (
                dedupe, account, group.key, group.kind, decision.transition.value, group.severity, route,
                title, body, occasion.run, int(leaves.gathered), "waiting" if route else "kept", now_s, due_s,
                0, 0, "",
            )  # fmt: skip

    def _context(self, connection: Connection, decision: Decision, occasion: Occasion) -> words.Context:
        shown: list[str] = []
        if decision.transition is not Transition.RECOVERED and occasion.new:
            shown = examples(connection, occasion.account, occasion.new, decision.group)
        read_on = str(Path(occasion.folder) / "report.html") if occasion.folder else ""
        if self.link and occasion.run:
            read_on = f"{self.link.rstrip('/')}/runs/{occasion.run}"
        return words.Context(occasion.account, occasion.sentence, occasion.next_step, shown, read_on)


def desk_of(settings: MonitorSettings) -> Desk:
    """The desk that the settings describe."""
    alerts = settings.alerts
    return Desk(
        rules=rules_of(alerts),
        hours=Hours(alerts.zone, alerts.quiet_hours, alerts.digest_at, alerts.critical_at_once),
        routes=tuple(
            Route(name, route.accounts, route.kinds, route.severity)
            for name, route in sorted(settings.routes.items())
        ),
        group_by=alerts.group_by,
        link=settings.link,
    )


def rules_of(alerts: AlertSettings) -> Rules:
    """The thresholds that the settings name."""
    general = Thresholds(alerts.min_count, alerts.min_percent, alerts.min_money)
    return Rules(
        general, {kind: _own(own, general) for kind, own in alerts.kinds.items()}, alerts.worse_percent
    )


def _own(own: KindSettings, general: Thresholds) -> Thresholds:
    """A kind's own thresholds; where it names none at all, the general ones."""
    named = Thresholds(own.min_count, own.min_percent, own.min_money)
    base = general if named == Thresholds() else named
    return Thresholds(base.count, base.percent, base.money, own.mute)
