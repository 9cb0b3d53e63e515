"""Telling a draft in a world of its own, and whether it shows the same finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any

from monitor.report_data import Finding, FindingKind
from scenarios.from_finding.yamltext import text_of
from scenarios.language.loader import loads
from scenarios.language.nodes import WrongStory
from scenarios.runner.failing import CannotTell, Failed
from scenarios.runner.look_monitor import report_of
from scenarios.runner.run import tell
from scenarios.runner.stage import staged
from sync.domain.money import to_major

Draft = dict[str, Any]
HEAD, SALE = "{head}", "{sale:"  # stand for the account of a key and a sale's number, until a world tells
# What comes along with a finding and is no finding of another kind.
COMPANY: Mapping[FindingKind, frozenset[FindingKind]] = {
    FindingKind.SILENCE: frozenset(
        {FindingKind.MISSING, FindingKind.LOST_REFUND, FindingKind.ORPHANED, FindingKind.DAY_SHIFT}
    ),
}


class Alike(IntEnum):
    """How much the finding of a story has in common with the original; less is more."""

    WHOLLY = 0  # kind, metric, amount, currency, day, zone, and the cause with whether it is proven
    BUT_CAUSE = 1
    KIND_ONLY = 2  # kind and metric
    NOT = 3


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a draft."""

    findings: tuple[Finding, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)  # of the sales by their names
    head: str = ""  # how the account's keys begin
    trouble: str = ""


def replay(draft: Draft) -> Replayed:
    """Tell it and look."""
    try:
        story = loads(text_of({**draft, "plants": [], "then": []}))
        with staged(story) as stage:
            tell(stage, story)
            report = report_of(stage)
            account = report.accounts[0]
            ids = {name: one.order_id for name, one in stage.sold.items()}
            return Replayed(report.findings, ids, f"{account.source}:{account.pos_account_id}")
    except (WrongStory, Failed, CannotTell) as problem:
        return Replayed(trouble=str(problem))
    except Exception as problem:  # noqa: BLE001 - a candidate that breaks a fake is just no candidate
        return Replayed(trouble=f"{type(problem).__name__}: {problem}")


def likeness(found: Sequence[Finding], original: Finding) -> Alike:
    """How alike; anything else that is found beside it makes it NOT."""
    own = [one for one in found if one.kind is original.kind and one.metric == original.metric]
    company = COMPANY.get(original.kind, frozenset())
    if len(own) != 1 or any(one not in own and one.kind not in company for one in found):
        return Alike.NOT
    if _terms(own[0]) != _terms(original):
        return Alike.KIND_ONLY
    causes = [(one.cause.code, one.cause.proven) for one in (own[0], original)]
    return Alike.WHOLLY if causes[0] == causes[1] else Alike.BUT_CAUSE


def _terms(one: Finding) -> tuple[object, ...]:
    return one.difference_minor, one.currency, one.business_day, one.zone


def filled(draft: Draft) -> Draft:
    """The draft with its keys written out: a world without the steps that need them tells them."""
    steps = draft["when"]
    if not any(HEAD in str(step) or SALE in str(step) for step in steps):
        return draft
    known = replay({**draft, "when": [step for step in steps if HEAD not in str(step)]})

    def written(value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(HEAD, known.head)
            for name, number in known.ids.items():
                value = value.replace(f"{SALE}{name}}}", number)
            return value
        if isinstance(value, dict):
            return {key: written(one) for key, one in value.items()}
        return [written(one) for one in value] if isinstance(value, list) else value

    return {**draft, "when": written(steps)}


def checks(told: Replayed, original: Finding) -> list[dict[str, Any]]:
    """What the finished story says must hold: exactly what its world shows."""
    names = {number: name for name, number in told.ids.items()}
    rows: dict[str, tuple[dict[str, Any], int]] = {}
    for one in told.findings:
        row: dict[str, Any] = {"kind": one.kind.value}
        if one.metric:
            row["metric"] = one.metric
        if one.kind is original.kind:
            row |= _facts(one, names)
        elif one.cause.code and original.kind is not FindingKind.SILENCE:
            row["cause"] = one.cause.code
        kept, count = rows.get(str(row), (row, 0))
        rows[str(row)] = (kept, count + 1)
    found = [{**row, "count": count} if count > 1 else row for row, count in rows.values()]
    return [{"monitor finds only": found}]


def _facts(one: Finding, names: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {"sale": names[one.sale_id]} if one.sale_id in names else {}
    if one.difference_minor and one.currency:
        facts["amount"] = amount(one.difference_minor, one.currency)
    if one.business_day is not None:
        facts["day"] = one.business_day.isoformat()
    return {**facts, "cause": one.cause.code, "proven": one.cause.proven}


def amount(minor: int, currency: str) -> Decimal:
    """Money as a story writes it."""
    return to_major(minor, currency or "USD")
