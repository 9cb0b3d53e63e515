"""The third witness: what tills counted by themselves, against the POS's receipts, against Klaviyo.

A sale that the POS's own lists do not show is missed by the sync and by the monitor alike, and both sides
agree. The till's total of the interval still holds it. Only where a source has such totals
(`HasControlTotals`): Sitoo's Z-reports. The Lightspeed series publish no totals of a register by interval.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.compare import Comparison
from monitor.reading import Sides, Watched
from monitor.report_data import ControlSide, ControlStatus, ControlTerm, Finding, Limit, ReportControl
from monitor.witness_explain import (
    NOTHING,
    WORDS,
    Explained,
    Shown,
    Sums,
    counted,
    explain,
    explain_by_habit,
    habits,
)
from monitor.witness_findings import control_finding
from monitor.witness_intervals import LOOK_BACK, Interval, intervals
from monitor.witness_sums import Added, Became, OpenTill, add_up
from sync.domain.clock import Window, business_day
from sync.domain.eligibility import PLAIN_WORDS, Exclusion
from sync.sources.protocol import HasControlTotals

CONTROLS_MAX = 2_000  # intervals told in the report; the findings among them are always complete


@dataclass(frozen=True, slots=True)
class Judging:
    """What decides whether a difference counts."""

    as_of: datetime
    settle_s: int
    tolerance_minor: int = 0  # by how much the amount of one receipt may differ


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Every interval of the window by its three witnesses, and those that differ as findings."""

    controls: tuple[ReportControl, ...] = ()
    findings: tuple[Finding, ...] = ()
    limits: tuple[Limit, ...] = ()


def witnessed(
    comparison: Comparison, watched: Watched, sides: Sides, judging: Judging, names: Mapping[str, str]
) -> Witnessed:
    """Ask the tills and compare; nothing where they keep no totals. Raises ApiTrouble and CannotRead.

    `names` are the shops' names by id.
    """
    if not isinstance(watched.source, HasControlTotals) or sides.receipts_path is None:
        return Witnessed()
    read = sides.read_window
    until = max(read.start_at, min(read.end_at, judging.as_of + timedelta(seconds=1)))
    totals = watched.source.control_totals(Window(read.start_at - LOOK_BACK, until))
    spans = intervals(totals, read, sides.places)
    window_s = int(sides.window.start_at.timestamp()), int(sides.window.end_at.timestamp())
    added = add_up(comparison, sides.receipts_path, spans, window_s)
    ((first_day, last_day),) = comparison.rows("SELECT first_day, last_day FROM params")
    mine = [one for one in spans if first_day <= one.day <= last_day]
    head = _Head(
        watched.name, names, {one.register_id: one.register_name for one in totals if one.register_name}
    )
    told = [_closed(head, judging, one) for one in _explained(mine, added)]
    told += [_open(head, sides, one) for one in added.open]
    told.sort(key=_gravest)
    return Witnessed(
        tuple(told[:CONTROLS_MAX]),
        tuple(control_finding(one) for one in told if one.status is ControlStatus.DIFFERS),
        tuple(_cut(len(told))),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """What all rows of an account have in common."""

    account: str
    shops: Mapping[str, str]  # names by id
    registers: Mapping[str, str]  # the same


@dataclass(frozen=True, slots=True)
class _Told:
    """One interval with what the POS shows of it, why they differ, and what became of it in Klaviyo."""

    interval: Interval
    shown: Shown
    found: Explained
    became: Sequence[Became]


def _explained(spans: Sequence[Interval], added: Added) -> Iterator[_Told]:
    """Each interval with the reasons that hold; where none fit, the other tills say how they count."""
    first = [
        (one, shown, explain(one.total, shown))
        for one in spans
        for shown in [added.shown.get(one.number, Shown())]
    ]
    habit = habits((one.total, shown, found) for one, shown, found in first)
    for one, shown, found in first:
        best = explain_by_habit(one.total, shown, habit) if found.rest.any else found
        yield _Told(one, shown, best, added.became.get(one.number, ()))


def _closed(head: _Head, judging: Judging, told: _Told) -> ReportControl:
    one, shown, found, became = told.interval, told.shown, told.found, told.became
    total = one.total
    status, words = _status(judging, one, shown, found)
    return ReportControl(
        account=head.account,
        shop=total.shop_id,
        shop_name=head.shops.get(total.shop_id, ""),
        zone=one.zone,
        register=total.register_id,
        register_name=total.register_name or total.register_id,
        report_id=total.report_id,
        business_day=one.day,
        opened_at=one.start_at,
        closed_at=total.closed_at,
        currency=total.currency,
        status=status,
        words=words,
        till=_side(counted(total)),
        pos=_side(shown.counted),
        klaviyo=_side(_in_klaviyo(became)),
        till_to_pos=tuple(
            ControlTerm(term.code, WORDS[term.code], term.sums.count, term.sums.net_minor)
            for term in found.terms
        ),
        till_rest_count=found.rest.count,
        till_rest_minor=found.rest.net_minor,
        pos_to_klaviyo=tuple(_klaviyo_terms(became)),
        klaviyo_rest_minor=_klaviyo_rest(shown, became),
        practice_count=total.practice_count,
        practice_minor=total.practice_minor,
    )


def _open(head: _Head, sides: Sides, one: OpenTill) -> ReportControl:
    zone = sides.places.zone_of(one.shop_id)
    first_at = datetime.fromtimestamp(one.first_s, UTC)
    return ReportControl(
        account=head.account,
        shop=one.shop_id,
        shop_name=head.shops.get(one.shop_id, ""),
        zone=zone,
        register=one.register_id,
        register_name=head.registers.get(one.register_id, one.register_id),
        report_id="",
        business_day=business_day(first_at, zone),
        opened_at=first_at,
        closed_at=None,
        currency=one.currency,
        status=ControlStatus.OPEN,
        words="The till has made no total yet that covers these receipts.",
        till=None,
        pos=_side(one.shown.counted),
        klaviyo=_side(_in_klaviyo(one.became)),
        till_to_pos=(),
        till_rest_count=0,
        till_rest_minor=0,
        pos_to_klaviyo=tuple(_klaviyo_terms(one.became)),
        klaviyo_rest_minor=_klaviyo_rest(one.shown, one.became),
        practice_count=0,
        practice_minor=0,
    )


def _status(judging: Judging, one: Interval, shown: Shown, found: Explained) -> tuple[ControlStatus, str]:
    if not found.rest.any:
        words = "Till and POS agree; what differs is explained." if found.terms else "Till and POS agree."
        return ControlStatus.AGREES, words
    if _within(found.rest, judging.tolerance_minor * max(1, shown.counted.count)):
        return ControlStatus.AGREES, "Till and POS agree but for less than the tolerance set."
    if not one.whole:
        return (
            ControlStatus.NOT_JUDGED,
            "It cannot be told: the interval reaches beyond the days read, or does not say when it began.",
        )
    if (judging.as_of - one.total.closed_at).total_seconds() < judging.settle_s:
        return ControlStatus.SETTLING, "Closed so lately that receipts may still be on their way."
    return ControlStatus.DIFFERS, "Till and POS differ, and nothing known explains it."


def _within(rest: Sums, minor: int) -> bool:
    counts = rest.sales_count or rest.refunds_count
    return not counts and abs(rest.sales_minor) <= minor and abs(rest.refunds_minor) <= minor


def _side(sums: Sums) -> ControlSide:
    return ControlSide(
        sums.sales_count, sums.sales_minor, sums.refunds_count, sums.refunds_minor, sums.net_minor
    )


def _in_klaviyo(became: Iterable[Became]) -> Sums:
    found = NOTHING
    for one in became:
        found = found.plus(one.event_sums)
    return found


def _klaviyo_terms(became: Iterable[Became]) -> Iterator[ControlTerm]:
    """Why Klaviyo has less than the POS shows: left out on purpose, settling, missing, another amount."""
    for one in became:
        if one.status == "excluded":
            words = PLAIN_WORDS[Exclusion(one.reason)]
            yield ControlTerm(one.reason, f"left out: {words}", one.sums.count, one.sums.net_minor)
        elif one.status in _FATES:
            yield ControlTerm(one.status, _FATES[one.status], one.sums.count, one.sums.net_minor)
        elif one.sums.net_minor != one.event_sums.net_minor:
            apart = one.sums.net_minor - one.event_sums.net_minor
            yield ControlTerm("amount", "delivered with another amount", 0, apart)


def _klaviyo_rest(shown: Shown, became: Iterable[Became]) -> int:
    return shown.counted.net_minor - sum(one.sums.net_minor for one in became)


def _gravest(one: ReportControl) -> tuple[int, str, str, datetime]:
    return _ORDER.index(one.status), one.shop, one.register, one.opened_at


def _cut(count: int) -> Iterator[Limit]:
    if count > CONTROLS_MAX:
        yield Limit(
            "controls_cut",
            f"the report shows {CONTROLS_MAX:,} of {count:,} intervals of tills, those that differ first",
            "Reconcile fewer days at once to see them all.",
        )


_FATES = {"settling": "too fresh to judge", "missing": "missing in Klaviyo"}
_ORDER = (
    ControlStatus.DIFFERS,
    ControlStatus.NOT_JUDGED,
    ControlStatus.SETTLING,
    ControlStatus.OPEN,
    ControlStatus.AGREES,
)
