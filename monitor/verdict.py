"""The verdict in one sentence and the next step: what is read at eight in the morning."""

from collections.abc import Mapping, Sequence

from monitor.report_data import FindingKind, KindTotal, Limit, SideTotals, VerdictCode
from monitor.words import counted, money_of, plural

_NOUNS = {
    FindingKind.REMAINDER: "row that does not add up",
    FindingKind.SILENCE: "suspicious silence",
    FindingKind.CONTROL_TOTAL: "till total that differs",
    FindingKind.DUPLICATE: "duplicate",
    FindingKind.ORPHANED: "event without a sale",
    FindingKind.AMOUNT_MISMATCH: "wrong amount",
    FindingKind.WRONG_CURRENCY: "wrong currency",
    FindingKind.DAY_SHIFT: "event on another day",
    FindingKind.FUTURE_DATED: "event in the future",
    FindingKind.WRONG_PROFILE: "event on the wrong profile",
    FindingKind.LINE_MISMATCH: "event with other goods",
    FindingKind.DOUBLE_KEY: "sale under two ids",
    FindingKind.TWIN_METRIC: "metric that counts twice",
    FindingKind.CONSENT_MISMATCH: "person whose consent differs",
    FindingKind.LATE: "late sale",
}
_PLURALS = {
    FindingKind.REMAINDER: "rows that do not add up",
    FindingKind.CONTROL_TOTAL: "till totals that differ",
    FindingKind.ORPHANED: "events without a sale",
    FindingKind.DAY_SHIFT: "events on another day",
    FindingKind.FUTURE_DATED: "events in the future",
    FindingKind.WRONG_PROFILE: "events on the wrong profile",
    FindingKind.LINE_MISMATCH: "events with other goods",
    FindingKind.DOUBLE_KEY: "sales under two ids",
    FindingKind.TWIN_METRIC: "metrics that count twice",
    FindingKind.CONSENT_MISMATCH: "people whose consent differs",
}
_STEPS = {
    FindingKind.REMAINDER: "Do not rely on this report: its sums do not close. Keep and report it.",
    FindingKind.SILENCE: "Start with the silence: something is cut off, and the rest may follow from it.",
    FindingKind.MISSING: "Send the missing ones once more (tillproof sync resend), then reconcile again.",
    FindingKind.LOST_REFUND: "Send the lost refunds once more (tillproof sync resend), then reconcile again.",
    FindingKind.CONTROL_TOTAL: (
        "Look into the registers and intervals named below: a till counted what nobody else knows of."
    ),
    FindingKind.DUPLICATE: "Find out what sends events twice before more arrive.",
    FindingKind.ORPHANED: "Find out what sends events that have no sale.",
    FindingKind.AMOUNT_MISMATCH: "Compare the amounts below with the receipts.",
    FindingKind.SAME_SECOND_COLLAPSE: "Have every sale sent with an id of its own.",
    FindingKind.DOUBLE_KEY: "Find out which two senders report the same sales, and stop one.",
    FindingKind.TWIN_METRIC: "Stop one of the two integrations that report the same sales.",
    FindingKind.WRONG_PROFILE: "Look at the customers named below before mailing anybody about these sales.",
    FindingKind.CONSENT_MISMATCH: "Take those who opted out at the till off Klaviyo's lists first.",
    FindingKind.LATE: "See how often the sync runs and what kept it.",
    FindingKind.WRONG_CURRENCY: "Set the currency right before more is sent.",
    FindingKind.DAY_SHIFT: "Read the zone diagnosis below.",
}
_THEIR_STEPS = {
    FindingKind.MISSING: "Have the missing ones sent by whoever runs the integration, then compare again.",
    FindingKind.LOST_REFUND: "Have lost refunds sent by whoever runs the integration, then compare again.",
}


def code(totals: Mapping[str, KindTotal], limits: Sequence[Limit], *, judged: bool) -> VerdictCode:
    """Drift once anything is found; agreement only if everything was read; otherwise no judgement."""
    if not judged:
        return VerdictCode.COULD_NOT_JUDGE
    if totals:
        return VerdictCode.DRIFT
    return VerdictCode.COULD_NOT_JUDGE if any(limit.blocks for limit in limits) else VerdictCode.AGREES


def sentence(
    verdict: VerdictCode,
    sides: Sequence[SideTotals],
    totals: Mapping[str, KindTotal],
    limits: Sequence[Limit],
    *,
    missing_by_metric: Mapping[str, int],
    sale_metrics: frozenset[str],
    not_compared: Sequence[str] = (),
) -> str:
    """`1,204 sales, 1,187 in Klaviyo, 14 left out on purpose, 3 missing: $212.40`, and what else there is."""
    blocked = [limit.words for limit in limits if limit.blocks]
    if not sides:
        return f"Could not judge: {blocked[0] if blocked else 'nothing could be read'}"
    others = [
        f"{count:,} {metric} missing"
        for metric, count in sorted(missing_by_metric.items())
        if count and metric not in sale_metrics
    ]
    others += [_counted(kind, totals[kind.value].count) for kind in _NOUNS if kind.value in totals]
    told = "; ".join(part for part in (_sales(sides), ", ".join(others)) if part)
    if not_compared:
        told += f"; not compared: {', '.join(not_compared)}"
    if verdict is VerdictCode.COULD_NOT_JUDGE:
        return f"Could not judge everything: {told}; {blocked[0]}"
    return told


def next_step(
    verdict: VerdictCode, totals: Mapping[str, KindTotal], limits: Sequence[Limit], *, ours: bool = True
) -> str:
    """What to do now, about the gravest thing there is; `ours` when our own sync sends the events."""
    if verdict is VerdictCode.COULD_NOT_JUDGE:
        return next((limit.remedy for limit in limits if limit.blocks), "Run it again.")
    for kind in FindingKind:
        if kind.value in totals:
            return (_STEPS if ours else _THEIR_STEPS).get(kind, _STEPS.get(kind, "Read the findings below."))
    return "Nothing to do."


def _sales(sides: Sequence[SideTotals]) -> str:
    sales = sum(side.sales_count for side in sides)
    if not sales:
        return "no sales in this window"
    missing = sum(side.sales_missing_count for side in sides)
    settling = sum(side.sales_settling_count for side in sides)
    parts = [
        counted(sales, "sale"),
        f"{sum(side.sales_delivered_count for side in sides):,} in Klaviyo",
        f"{sum(side.sales_excluded_count for side in sides):,} left out on purpose",
    ]
    if settling:
        parts.append(f"{settling:,} too fresh to judge")
    if not missing:
        return ", ".join((*parts, "none missing"))
    money: dict[str, int] = {}
    for side in sides:
        for currency, minor in side.sales_missing_minor.items():
            money[currency] = money.get(currency, 0) + minor
    return f"{', '.join(parts)}, {missing:,} missing: {money_of(money)}"


def _counted(kind: FindingKind, count: int) -> str:
    if count == 1:
        return counted(1, _NOUNS[kind])
    return f"{count:,} {_PLURALS.get(kind, plural(_NOUNS[kind]))}"
