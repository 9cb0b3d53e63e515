"""Checks of what the monitor found, accounted for and told."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from monitor import history_read
from monitor.history_records import AlertRecord
from monitor.report_data import AccountingRow, Report, VerdictCode
from monitor.report_data import Finding as Found
from monitor.words import money
from scenarios.language.then import Alert, Alerts, Books, Code, Counts, Finding, Findings, Nothing, Zone
from scenarios.language.work import Look
from scenarios.runner.at_machines import look
from scenarios.runner.failing import CannotTell, must
from scenarios.runner.stage import Stage
from sync.domain.money import to_major

_REMAINDER = "remainder"
_PRODUCTS = ("Ordered Product", "product")  # what an event of a line is called, and where none is sent


def report_of(stage: Stage) -> Report:
    """The latest report; the monitor looks now when something happened since."""
    if stage.seen.report is None or stage.seen.stale:
        return look(stage, Look())
    return stage.seen.report


def agrees(stage: Stage, _told: Nothing) -> None:
    """Both ends agree, nothing is left over."""
    report = report_of(stage)
    must(
        report.verdict is VerdictCode.AGREES and not report.findings,
        "the monitor does not agree",
        ["agrees"],
        [report.sentence, *_all(stage, report.findings), *_limits(report)],
    )
    _closed(report)


def cannot_judge(stage: Stage, _told: Nothing) -> None:
    """The monitor says that it could not."""
    report = report_of(stage)
    must(
        report.verdict is VerdictCode.COULD_NOT_JUDGE,
        "the monitor's verdict",
        ["could_not_judge"],
        [report.sentence],
    )


def finds_only(stage: Stage, told: Findings) -> None:
    """These findings and no others."""
    _finds(stage, told.root, only=True)


def finds(stage: Stage, told: Findings) -> None:
    """At least these."""
    _finds(stage, told.root, only=False)


def _finds(stage: Stage, told: Sequence[Finding], *, only: bool) -> None:
    report = report_of(stage)
    left, missing = list(report.findings), []
    for one in [each for each in told for _ in range(each.count)]:
        found = next((each for each in left if _fits(stage, each, one)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
    must(
        not missing and (not left or not only),
        f"findings: {len(missing)} not found, {len(left) if only else 0} that the story does not name",
        [_wanted(one) for one in missing],
        [*_all(stage, left), *_limits(report)],
    )
    if not any(one.kind == _REMAINDER for one in told):
        _closed(report)


def _fits(stage: Stage, found: Found, wanted: Finding) -> bool:
    return (
        found.kind.value == wanted.kind
        and wanted.metric in (None, found.metric)
        and (wanted.sale is None or found.sale_id == stage.sale(wanted.sale).order_id)
        and (wanted.amount is None or to_major(found.difference_minor, found.currency) == wanted.amount)
        and (wanted.day is None or str(found.business_day) == wanted.day)
        and wanted.cause in (None, found.cause.code)
        and wanted.proven in (None, found.cause.proven)
    )


def _wanted(one: Finding) -> str:
    told: list[tuple[str, Any]] = [
        ("metric", one.metric), ("sale", one.sale), ("amount", one.amount), ("day", one.day),
        ("cause", one.cause), ("proven", one.proven),
    ]  # fmt: skip
    return ", ".join([one.kind, *(f"{name} {value}" for name, value in told if value is not None)])


def _all(stage: Stage, found: Sequence[Found]) -> list[str]:
    names = {one.order_id: name for name, one in stage.sold.items()}
    return [
        f"{one.kind.value}, metric {one.metric}, sale {names.get(one.sale_id, one.sale_id or 'none')}, "
        f"amount {money(one.difference_minor, one.currency)}, day {one.business_day}, "
        f"cause {one.cause.code}, proven {one.cause.proven}: {one.title}"
        for one in found
    ]


def _limits(report: Report) -> list[str]:
    return [f"limit {one.code}: {one.words}" for one in report.limits]


def _closed(report: Report) -> None:
    """Whatever is found, the books close."""
    open_rows = [row for row in report.accounting if row.remainder_count or row.remainder_minor]
    must(
        not open_rows,
        "the accounting leaves a remainder",
        ["remainder 0"],
        [f"{row.metric} {row.shop_name} {row.business_day}: {row.remainder_count}, {row.remainder_minor}"
         for row in open_rows],
    )  # fmt: skip


def left_out(stage: Stage, told: Counts) -> None:
    """So many receipts left out for these reasons, and for no others; lines are not counted."""
    found: dict[str, int] = {}
    for one in report_of(stage).exclusions:
        if not one.metric.startswith(_PRODUCTS):
            found[one.reason] = found.get(one.reason, 0) + one.excluded_count
    expected = {name: count for name, count in told.root.items() if count}
    must(
        found == expected,
        "what was left out on purpose",
        [f"{name}: {count}" for name, count in sorted(expected.items())],
        [f"{name}: {count}" for name, count in sorted(found.items())],
    )


def exit_code(stage: Stage, told: Code) -> None:
    """The exit code the command would end with."""
    found = report_of(stage).exit_code
    must(found == told.is_, "the monitor's exit code", [str(told.is_)], [str(found)])


_TERMS = {
    "sales": "pos_count", "sales_money": "pos_minor", "delivered": "delivered_count",
    "delivered_money": "delivered_minor", "excluded": "excluded_count", "excluded_money": "excluded_minor",
    "settling": "settling_count", "missing": "missing_count", "missing_money": "missing_minor",
    "events": "events_count", "events_money": "events_minor", "orphaned": "orphaned_count",
    "duplicates": "duplicate_count", "arrived": "arrived_count", "gone": "gone_count",
}  # fmt: skip


def accounting(stage: Stage, told: Books) -> None:
    """The terms of the books."""
    rows = [row for row in report_of(stage).accounting if _meant(row, told)]
    currencies = {row.currency for row in rows}
    expected, actual = [], []
    for name, term in _TERMS.items():
        wanted = getattr(told, name)
        if wanted is None:
            continue
        total = sum(getattr(row, term) for row in rows)
        if term.endswith("_minor"):
            if len(currencies) > 1:
                raise CannotTell(f"the money is in {', '.join(sorted(currencies))}; say `currency`")
            total = to_major(total, next(iter(currencies), "USD"))
        expected.append(f"{name.replace('_', ' ')}: {wanted}")
        holds = Decimal(total) == Decimal(wanted)
        actual.append(expected[-1] if holds else f"{name.replace('_', ' ')}: {total}")
    must(expected == actual, f"the accounting of {told.metric}", expected, actual)


def _meant(row: AccountingRow, told: Books) -> bool:
    return (
        row.metric == told.metric
        and told.shop in (None, row.shop_name)
        and told.currency in (None, row.currency)
        and (told.day is None or str(row.business_day) == told.day)
    )


def zone(stage: Stage, told: Zone) -> None:
    """What the zone diagnosis came to, in every account."""
    for found in report_of(stage).zones:
        best = found.best
        actual = {
            "status": found.status.value,
            "sales zone": best.sales_zone if best else "",
            "events zone": best.events_zone if best else "",
        }
        wanted = {"status": told.status, "sales zone": told.sales_zone, "events zone": told.events_zone}
        named = {name: value for name, value in wanted.items() if value is not None}
        must(
            all(actual[name] == value for name, value in named.items()),
            "the zone diagnosis",
            [f"{name}: {value}" for name, value in named.items()],
            [*(f"{name}: {actual[name]}" for name in named), found.sentence],
        )


def alerts(stage: Stage) -> list[AlertRecord]:
    """Every alert so far, oldest first."""
    with stage.sync.store.reading() as connection:
        return sorted(history_read.alerts(connection, limit=500), key=lambda one: one.id)


def alerts_are_only(stage: Stage, told: Alerts) -> None:
    """These alerts and no others."""
    left, missing = alerts(stage), []
    for one in told.root:
        found = next((each for each in left if _alike(each, one)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
    must(
        not missing and not left,
        "alerts",
        [" ".join(filter(None, (one.kind, one.transition, one.severity, one.state))) for one in missing],
        [f"{one.kind} {one.transition} {one.severity} {one.state}: {one.title}" for one in left],
    )


def no_alerts(stage: Stage, _told: Nothing) -> None:
    """None."""
    alerts_are_only(stage, Alerts([]))


def _alike(found: AlertRecord, wanted: Alert) -> bool:
    return (
        found.kind == wanted.kind
        and wanted.transition in (None, found.transition)
        and wanted.severity in (None, found.severity)
        and wanted.state in (None, found.state)
    )


LOOK: Mapping[str, Callable[..., None]] = {
    "monitor agrees": agrees,
    "monitor cannot judge": cannot_judge,
    "monitor finds only": finds_only,
    "monitor finds": finds,
    "monitor left out only": left_out,
    "monitor exit code": exit_code,
    "accounting": accounting,
    "zone diagnosis": zone,
    "alerts are only": alerts_are_only,
    "no alerts": no_alerts,
}
