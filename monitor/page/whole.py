"""The whole page as one record: everything the templates read, in the order in which it is read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.charts import share
from monitor.page import segments, text, words
from monitor.page.accounting import Statement, statements
from monitor.page.calendar import CELLS_MAX, Month, months
from monitor.page.findings import Card, Group, groups
from monitor.page.lag import LagRow, lag_rows
from monitor.page.leftout import Reason, reasons
from monitor.page.pattern import Amiss, Pattern, pattern
from monitor.page.segments import Consent, Lag, Segment, Skipped
from monitor.page.shops import ShopRow, rows
from monitor.page.witness import Witness, witness
from monitor.report_data import (
    Finding,
    Limit,
    Report,
    ReportAccount,
    SideTotals,
    VerdictCode,
    ZoneCandidate,
    ZoneDiagnosis,
    ZoneStatus,
)

STEPS_MAX = 6
COMMANDS_MAX = 3
CANDIDATES_MAX = 6
SENTENCE_LONG = 90  # characters; beyond, the verdict is set smaller


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do, and the commands that do it where they are few; else each card has its own."""

    name: str
    count: str
    remedy: str
    commands: tuple[str, ...]
    on_cards: bool  # there are commands, but too many to list here


@dataclass(frozen=True, slots=True)
class Candidate:
    """One zone hypothesis with what it leaves unexplained, as a number and as a bar."""

    words: str
    residual: str
    explained: str
    bar: int
    best: bool


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone diagnosis of one account."""

    account: str
    status: str
    settled: bool  # nothing to worry about
    sentence: str
    basis: str
    candidates: tuple[Candidate, ...]
    candidates_left: int


@dataclass(frozen=True, slots=True)
class Source:
    """Who was compared with whom, and how much of each side was read."""

    account: ReportAccount
    pos_read: str  # ", 1,204 records read …"; "" when not told
    events_read: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the reader sees, top to bottom."""

    verdict: VerdictCode
    state: str
    sentence: str
    sentence_is_long: bool
    subject: str
    days: str
    zones: str
    zone_names: tuple[str, ...]
    as_of: str
    settle: str
    next_step: str
    steps: tuple[NextStep, ...]
    steps_left: int
    limits: tuple[Limit, ...]
    statements: tuple[Statement, ...]
    statements_left: int
    months: tuple[Month, ...]
    days_left: int
    pattern: Pattern
    groups: tuple[Group, ...]
    finding_count: str
    zone_diagnoses: tuple[Zone, ...]
    reasons: tuple[Reason, ...]
    shops: tuple[ShopRow, ...]
    shops_left: int
    shops_amiss: int
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    anonymous: str
    segments: tuple[Segment, ...]
    lags: tuple[Lag, ...]
    consent: tuple[Consent, ...]
    witness: Witness
    lag_rows: tuple[LagRow, ...]
    many_accounts: bool
    meanings: tuple[tuple[str, str], ...]


def page(report: Report, amiss: Iterable[Amiss] | None = None) -> Page:
    """The page of a report. Pure; the same report gives the same page. `amiss` as `pattern` has it."""
    found = groups(report)
    drawn = statements(report)
    shops = rows(report)
    steps = _steps(report.findings)
    anchors = frozenset(card.anchor for card in _cards(found) if card.anchor)
    return Page(
        verdict=report.verdict,
        state=words.STATES[report.verdict],
        sentence=report.sentence,
        sentence_is_long=len(report.sentence) > SENTENCE_LONG,
        subject=_subject(report),
        days=text.days(report.window),
        zones=text.zones(report.window),
        zone_names=report.window.zones,
        as_of=text.instant(report.as_of),
        settle=text.span(report.settle_s),
        next_step=report.next_step,
        steps=steps[:STEPS_MAX],
        steps_left=max(0, len(steps) - STEPS_MAX),
        limits=report.limits,
        statements=drawn,
        statements_left=len(report.totals) - len(drawn),
        months=months(report, anchors),
        days_left=max(0, len(report.days) - CELLS_MAX),
        pattern=pattern(report, amiss),
        groups=found,
        finding_count=text.count(sum(total.count for total in report.findings_by_kind.values())),
        zone_diagnoses=tuple(_zone(one) for one in report.zones),
        reasons=reasons(report),
        shops=shops,
        shops_left=len(report.shops) - len(shops),
        shops_amiss=sum(not shop.agrees for shop in shops),
        sources=_sources(report),
        skipped=segments.skipped(report),
        anonymous=segments.anonymous(report),
        segments=segments.segments(report),
        lags=segments.lags(report),
        consent=segments.consent(report),
        witness=witness(report),
        lag_rows=lag_rows(report),
        many_accounts=len(report.accounts) > 1,
        meanings=words.MEANINGS,
    )


def _cards(found: Sequence[Group]) -> Iterator[Card]:
    for group in found:
        for cluster in group.clusters:
            yield from cluster.cards


def _subject(report: Report) -> str:
    names = [account.pos_name or account.name for account in report.accounts]
    if len(names) <= 3:
        return ", ".join(names)
    return text.counted(len(names), "account", "accounts")


def _steps(findings: Sequence[Finding]) -> tuple[NextStep, ...]:
    """One step per kind and remedy, in the order of the findings: gravest first."""
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in findings:
        if one.remedy or one.command:
            grouped[words.kind(one.kind).name, one.remedy].append(one.command)
    return tuple(_step(key, commands) for key, commands in grouped.items())


def _step(key: tuple[str, str], commands: Sequence[str]) -> NextStep:
    distinct = tuple(dict.fromkeys(command for command in commands if command))
    few = len(distinct) <= COMMANDS_MAX
    return NextStep(
        name=key[0],
        count=text.count(len(commands)),
        remedy=words.sentence(key[1]),
        commands=distinct if few else (),
        on_cards=not few,
    )


def _zone(diagnosis: ZoneDiagnosis) -> Zone:
    shown = diagnosis.candidates[:CANDIDATES_MAX]
    worst = max((one.residual_count for one in shown), default=0)
    return Zone(
        account=diagnosis.account,
        status=words.ZONES[diagnosis.status],
        settled=diagnosis.status is ZoneStatus.NOT_NEEDED,
        sentence=diagnosis.sentence,
        basis=(
            f"{text.counted(diagnosis.pair_count, 'pair', 'pairs')} of sale and event over "
            f"{text.counted(diagnosis.day_count, 'day', 'days')}; "
            f"{text.count(diagnosis.shifted_count)} of them on different days."
        ),
        candidates=tuple(_candidate(one, diagnosis, worst) for one in shown),
        candidates_left=len(diagnosis.candidates) - len(shown),
    )


def _candidate(one: ZoneCandidate, diagnosis: ZoneDiagnosis, worst: int) -> Candidate:
    return Candidate(
        words=words.sentence(one.words),
        residual=text.count(one.residual_count),
        explained=text.count(one.explained_count),
        bar=share(one.residual_count, worst),
        best=one == diagnosis.best and diagnosis.status is ZoneStatus.PROVEN,
    )


def _sources(report: Report) -> tuple[Source, ...]:
    sides = {side.account: side for side in report.sides}
    return tuple(_source(account, sides.get(account.name)) for account in report.accounts)


def _source(account: ReportAccount, side: SideTotals | None) -> Source:
    if side is None:
        return Source(account=account, pos_read="", events_read="")
    read = text.counted(side.pos_units_read, "record", "records")
    return Source(
        account=account,
        pos_read=f", {read} read, {text.count(side.records_unread)} could not be read",
        events_read=f", {text.counted(side.events_read, 'event', 'events')} read",
    )
