"""What people were told about each group of findings, remembered between runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select

from monitor.alerting.decide import GRAVEST, Decision, Group, Rules, Told, Transition
from monitor.history_findings import FINDINGS, OpenGroup, cut_kinds, open_groups
from monitor.history_rows import MonitorIncidentRow
from monitor.report_data import Report

INCIDENTS: Table = MonitorIncidentRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
ALL_KINDS = "findings"  # the kind of a group that holds every kind
_GROUPS_MAX = 500  # single findings told each by itself; beyond that nobody reads them


@dataclass(frozen=True, slots=True)
class Scope:
    """Which groups of an account a decision is about: those made from findings, or those of a watch."""

    account: str
    name: str  # such as find:kind, judge, watch; the start of the groups' keys

    def key(self, *parts: str) -> str:
        """The key of a group in this scope."""
        return "/".join((self.name, *parts))


def told(connection: Connection, scope: Scope) -> dict[str, Told]:
    """What is remembered of the scope's groups, by key."""
    c = INCIDENTS.c
    query = select(INCIDENTS).where(c.account == scope.account, _in_scope(scope))
    return {
        row.group_key: Told(
            key=row.group_key,
            kind=row.kind,
            severity=row.severity,
            open=row.recovered_s == 0,
            episode=row.episode,
            alerted=bool(row.alerted),
            alerted_count=row.alerted_count,
            alerted_by_currency=msgspec.json.decode(row.alerted_by_currency),
        )
        for row in connection.execute(query)
    }


def close_others(connection: Connection, scope: Scope, now_s: int) -> None:
    """Close, without a word, the groups that an earlier `group_by` made: the new one tells them again."""
    c = INCIDENTS.c
    connection.execute(
        INCIDENTS.update()
        .where(c.account == scope.account, c.recovered_s == 0, c.group_key.like("find:%"), ~_in_scope(scope))
        .values(recovered_s=now_s)
    )


def groups_of(
    connection: Connection, scope: Scope, group_by: str, rules: Rules, report: Report | None = None
) -> list[Group]:
    """The account's open findings as groups. A kind that the report cut short counts as the report says."""
    if group_by == "finding":
        return _singly(connection, scope, rules)
    found: dict[str, Group] = {}
    for one in open_groups(connection, scope.account):
        if rules.of(one.kind).mute:
            continue
        group = _named(scope, group_by, one)
        found[group.key] = _joined(found.get(group.key), group)
    if report is not None and group_by == "kind":
        for kind in cut_kinds(report) - {kind for kind, rule in rules.by_kind.items() if rule.mute}:
            key, total = scope.key(kind), report.findings_by_kind[kind]
            if key in found:
                found[key] = replace(
                    found[key],
                    count=max(total.count, found[key].count),
                    by_currency={**found[key].by_currency, **total.by_currency},
                )
    return list(found.values())


def remember(
    connection: Connection, scope: Scope, decisions: Iterable[Decision], run: int, now_s: int
) -> dict[str, int]:
    """Write down what was decided; how often each told episode was told by then, by key."""
    told_by_now: dict[str, int] = {}
    for decision in decisions:
        told_by_now[decision.group.key] = _remember(connection, scope, decision, run, now_s)
    return told_by_now


def _remember(connection: Connection, scope: Scope, decision: Decision, run: int, now_s: int) -> int:
    c, group = INCIDENTS.c, decision.group
    where = (c.account == scope.account) & (c.group_key == group.key)
    row = connection.execute(select(c.episode, c.alert_no, c.recovered_s).where(where)).first()
    values: dict[str, Any] = {"changed_s": now_s, "run": run}
    if decision.transition is Transition.RECOVERED or decision.why == "it was never told":
        values["recovered_s"] = now_s
    else:
        values |= {"kind": group.kind, "severity": group.severity, "episode": decision.episode}
        values |= {"count": group.count, "by_currency": _text(group.by_currency), "recovered_s": 0}
        if row is None or row.episode != decision.episode:
            values |= {"opened_s": now_s, "alerted": 0, "alerted_count": 0, "alerted_by_currency": "{}"}
    number = row.alert_no if row is not None and row.episode == decision.episode else 0
    if decision.transition is not Transition.QUIET:
        number += 1
    if decision.transition in (Transition.NEW, Transition.WORSE):
        values |= {"alerted": 1, "alerted_count": group.count}
        values["alerted_by_currency"] = _text(group.by_currency)
    values["alert_no"] = number
    if row is not None:
        connection.execute(INCIDENTS.update().where(where).values(**values))
    else:
        empty = MonitorIncidentRow(account=scope.account, group_key=group.key, kind="", severity="")
        connection.execute(INCIDENTS.insert().values(**empty.model_dump(exclude={"id"}) | values))
    return number


def _in_scope(scope: Scope) -> Any:
    return INCIDENTS.c.group_key.between(f"{scope.name}/", f"{scope.name}0")  # `0` comes right after `/`


def _singly(connection: Connection, scope: Scope, rules: Rules) -> list[Group]:
    c = FINDINGS.c
    query = (
        select(c.key, c.kind, c.severity, c.currency, c.difference_minor)
        .where(c.account == scope.account, c.recovered_s == 0)
        .order_by(c.id)
        .limit(_GROUPS_MAX)
    )
    return [
        Group(scope.key(key), kind, severity, 1, {currency: abs(minor)} if currency else {})
        for key, kind, severity, currency, minor in connection.execute(query)
        if not rules.of(kind).mute
    ]


def _named(scope: Scope, group_by: str, one: OpenGroup) -> Group:
    money = {one.currency: one.minor} if one.currency else {}
    match group_by:
        case "account":
            return Group(scope.key(ALL_KINDS), ALL_KINDS, one.severity, one.count, money)
        case "shop":
            where = one.shop_name or one.shop
            return Group(scope.key(one.kind, one.shop), one.kind, one.severity, one.count, money, where)
        case _:
            return Group(scope.key(one.kind), one.kind, one.severity, one.count, money)


def _joined(one: Group | None, other: Group) -> Group:
    if one is None:
        return other
    money = dict(one.by_currency)
    for currency, minor in other.by_currency.items():
        money[currency] = money.get(currency, 0) + minor
    severity = min(one.severity, other.severity, key=GRAVEST.index)
    return replace(one, severity=severity, count=one.count + other.count, by_currency=money)


def examples(connection: Connection, account: str, keys: Sequence[str], group: Group) -> list[str]:
    """Titles of some of these findings, as far as they belong to the group."""
    c = FINDINGS.c
    query = select(c.title).where(c.account == account, c.key.in_(list(keys)[:200]))
    if group.kind != ALL_KINDS:
        query = query.where(c.kind == group.kind)
    return [title for (title,) in connection.execute(query.order_by(c.id).limit(10))]


def _text(numbers: object) -> str:
    return msgspec.json.encode(numbers).decode()
