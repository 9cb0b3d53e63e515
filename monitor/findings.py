"""Findings: each difference as something to read, with both sides, its cause and what to do."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from monitor.causes import Known, advise, voided_refund
from monitor.details import Detail
from monitor.offsets import local_day
from monitor.report_data import AccountingRow, Cause, Finding, FindingKind, Severity
from monitor.words import counted, day_words, local_time, money, quantity
from sync.domain.eligibility import PLAIN_WORDS, Exclusion

_SEVERITY = {
    FindingKind.REMAINDER: Severity.CRITICAL,
    FindingKind.SILENCE: Severity.CRITICAL,
    FindingKind.DAY_SHIFT: Severity.WARNING,
    FindingKind.FUTURE_DATED: Severity.WARNING,
    FindingKind.LINE_MISMATCH: Severity.WARNING,
}
# What is known of a person changes after the sale; an event sent before that was right when it was sent.
_PERSONAL = {
    Exclusion.NO_CUSTOMER,
    Exclusion.NO_EMAIL,
    Exclusion.UNUSABLE_EMAIL,
    Exclusion.NO_IDENTIFIER,
    Exclusion.NO_CONSENT,
}
_COMPARED = ("amount", "day", "time", "profile", "shop", "event id", "article", "quantity")
_TWICE = (FindingKind.DUPLICATE, FindingKind.DOUBLE_KEY)


def finding_of(detail: Detail, known: Known, shop_names: Mapping[str, str]) -> Finding:
    """One difference in words."""
    kind = FindingKind(detail.kind)
    advice = advise(detail, known)
    expected, observed = _expected(detail, shop_names), _observed(detail)
    return Finding(
        key=stable_key(kind, known.account, detail.metric, detail.unit_key or "", detail.event_id or ""),
        kind=kind,
        severity=severity(kind, detail),
        account=known.account,
        shop=detail.shop_id,
        shop_name=shop_names.get(detail.shop_id, ""),
        business_day=detail.business_day,
        zone=detail.zone,
        metric=detail.metric,
        currency=detail.currency,
        title=_title(kind, detail),
        expected=expected,
        observed=observed,
        differing=tuple(
            name
            for name in _COMPARED
            if name in expected and observed.get(name, expected[name]) != expected[name]
        ),
        difference_minor=detail.difference_minor,
        cause=advice.cause,
        remedy=advice.remedy,
        command=advice.command,
        sale_id=detail.sale_id or "",
        event_id=detail.event_id or "",
        event_key=detail.unit_key or detail.event_key or "",
        register=detail.register_id,
        channel=detail.channel,
        customer_id=detail.customer_id,
    )


def remainder_finding(row: AccountingRow) -> Finding:
    """Accounting that does not close: the gravest thing there is to say."""
    day = day_words(row.business_day) if row.business_day else "no day"
    return Finding(
        key=stable_key(FindingKind.REMAINDER, row.account, row.metric, row.shop, f"{day} {row.currency}"),
        kind=FindingKind.REMAINDER,
        severity=Severity.CRITICAL,
        account=row.account,
        shop=row.shop,
        shop_name=row.shop_name,
        business_day=row.business_day,
        zone=row.zone,
        metric=row.metric,
        currency=row.currency,
        title=f"The accounting of {row.metric} does not close on {day}",
        expected=_terms(row.pos_count, row.pos_minor, row.pos_remainder_count, row.pos_remainder_minor, row),
        observed=_terms(
            row.events_count, row.events_minor, row.events_remainder_count, row.events_remainder_minor, row
        ),
        differing=("not accounted for",),
        difference_minor=row.remainder_minor,
        cause=Cause("remainder", "the terms do not add up to what the sides hold", True, "The sums above."),
        remedy="Do not rely on this report: the monitor is at fault. Keep the evidence and report it.",
        command="",
    )


def stable_key(kind: FindingKind, *names: str) -> str:
    """A short name that stays the same as long as the same thing is wrong."""
    text = "\x1f".join((kind.value, *names))
    return f"{kind.value}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def severity(kind: FindingKind, detail: Detail) -> Severity:
    """How much a finding matters."""
    if kind is FindingKind.ORPHANED and (detail.reason in _PERSONAL or voided_refund(detail)):
        return Severity.WARNING
    return _SEVERITY.get(kind, Severity.ERROR)


def _expected(detail: Detail, shop_names: Mapping[str, str]) -> dict[str, str]:
    if detail.sale_id is None:
        return {}
    facts = {"sale": detail.sale_id}
    if detail.order_id and detail.order_id != detail.sale_id:
        facts["returns sale"] = detail.order_id
    if detail.line_id:
        facts["line"] = detail.line_id
    facts["shop"] = _shop_words(detail.shop_id, shop_names)
    facts["metric"] = detail.metric
    if detail.happened_at is not None:
        facts["day"] = _day(detail.happened_at, detail.zone)
        facts["time"] = local_time(detail.happened_at, detail.zone)
    facts["amount"] = money(detail.total_minor or 0, detail.unit_currency or detail.currency)
    facts["event id"] = detail.unit_key or ""
    if detail.kind in _TWICE and detail.other_id:
        facts["event"] = detail.other_id
        facts["profile"] = detail.other_profile or ""
        facts["event id"] = detail.other_unique_id or detail.other_key or facts["event id"]
    if detail.unit_item:
        facts["article"] = detail.unit_item
    if detail.unit_quantity is not None:
        facts["quantity"] = quantity(detail.unit_quantity)
    if detail.reason:
        facts["left out because"] = "; ".join(
            PLAIN_WORDS[Exclusion(code)] for code in (detail.reasons or detail.reason).split("|")
        )
    return facts


def _observed(detail: Detail) -> dict[str, str]:
    if detail.event_id is None or detail.event_at is None:
        return {}
    facts = {"event": detail.event_id}
    if detail.event_order_id:
        linked = detail.sale_id is not None and detail.order_id != detail.sale_id
        facts["returns sale" if linked else "sale"] = detail.event_order_id
    facts["metric"] = detail.metric
    facts["day"] = _day(detail.event_at, detail.zone)
    facts["time"] = local_time(detail.event_at, detail.zone)
    facts["amount"] = money(detail.value_minor or 0, detail.event_currency or detail.currency)
    facts["event id"] = (detail.unique_id if detail.kind in _TWICE else "") or detail.event_key or ""
    facts["profile"] = detail.profile_id or ""
    if detail.event_item:
        facts["article"] = detail.event_item
    if detail.event_quantity is not None:
        facts["quantity"] = quantity(detail.event_quantity)
    return facts


def _terms(count: int, minor: int, left: int, left_minor: int, row: AccountingRow) -> dict[str, str]:
    return {
        "counted": f"{count:,}, {money(minor, row.currency)}",
        "not accounted for": f"{left:,}, {money(left_minor, row.currency)}",
    }


def _title(kind: FindingKind, detail: Detail) -> str:
    thing = f"{detail.metric} of sale {detail.sale_id}"
    if detail.sale_id is None:
        thing = f"{detail.metric} {detail.event_order_id or detail.event_key or ''}"
    return f"{thing} {_PREDICATES[kind](detail)}"


def _orphaned(detail: Detail) -> str:
    if voided_refund(detail):
        return "was voided at the till, yet counts in Klaviyo"
    return (
        "has no sale in the POS" if detail.sale_id is None else "was left out on purpose, yet is in Klaviyo"
    )


def _worth(detail: Detail) -> str:
    way = "more" if detail.difference_minor > 0 else "less"
    return f"is worth {money(abs(detail.difference_minor), detail.currency)} {way} in Klaviyo"


def _days_apart(detail: Detail) -> str:
    days = local_day(detail.event_at or 0, detail.zone) - local_day(detail.happened_at or 0, detail.zone)
    return f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def _day(epoch_s: int, zone_name: str) -> str:
    return day_words(date(1970, 1, 1) + timedelta(days=local_day(epoch_s, zone_name)))


def _shop_words(shop_id: str, names: Mapping[str, str]) -> str:
    name = names.get(shop_id, "")
    return f"{name} ({shop_id})" if name else shop_id


_PREDICATES: Mapping[FindingKind, Callable[[Detail], str]] = {
    FindingKind.MISSING: lambda _: "is not in Klaviyo",
    FindingKind.LOST_REFUND: lambda _: "is not in Klaviyo",
    FindingKind.DUPLICATE: lambda _: "is in Klaviyo more than once",
    FindingKind.SAME_SECOND_COLLAPSE: lambda _: "was swallowed by another sale of the same second",
    FindingKind.DOUBLE_KEY: lambda _: "is in Klaviyo under two different ids",
    FindingKind.LINE_MISMATCH: lambda _: "names other goods in Klaviyo",
    FindingKind.ORPHANED: _orphaned,
    FindingKind.AMOUNT_MISMATCH: _worth,
    FindingKind.WRONG_CURRENCY: lambda detail: f"is in {detail.event_currency} in Klaviyo",
    FindingKind.FUTURE_DATED: lambda _: "lies in the future in Klaviyo",
    FindingKind.DAY_SHIFT: lambda detail: f"lies {_days_apart(detail)} in Klaviyo",
}
