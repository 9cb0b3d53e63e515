"""The accounting as waterfalls: one statement per account, metric and currency."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.charts import Bar, Step, StepKind, waterfall
from monitor.page import text, words
from monitor.report_data import AccountingRow, Finding, FindingKind, Report, ReportExclusion

STATEMENTS_MAX = 60

# Whole sales before their parts: a reader looks for the sales first. Other metrics follow in their order.
_SALES_FIRST = ("Placed Order", "Refunded Order", "Canceled Order")


@dataclass(frozen=True, slots=True)
class Line:
    """One term: how it is called, what it does, and how it is drawn by count and by money."""

    role: str  # total, excluded, settling, wrong, moved, delivered or remainder: what it looks like
    label: str
    count: str
    amount: str
    count_bar: Bar
    money_bar: Bar
    alarming: bool  # a term that should be zero and is not


@dataclass(frozen=True, slots=True)
class Statement:
    """One metric in one currency, closed on both sides or not."""

    account: str
    metric: str
    currency: str
    closed: bool  # both remainders are zero
    agrees: bool  # closed, and nothing is missing, orphaned, duplicate or of another amount
    summary: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    role: str
    label: str
    kind: StepKind
    count: int
    minor: int
    shown_at_zero: bool = False
    money_only: bool = False


def statements(report: Report) -> tuple[Statement, ...]:
    """The waterfalls account by account, whole sales first, at most `STATEMENTS_MAX` of them."""
    accounts = {account.name: i for i, account in enumerate(report.accounts)}
    ordered = sorted(report.totals, key=lambda row: (accounts.get(row.account, -1), _rank(row.metric)))
    return tuple(_statement(row, report) for row in ordered[:STATEMENTS_MAX])


def _rank(metric: str) -> int:
    ranks = (i for i, name in enumerate(_SALES_FIRST) if metric.startswith(name))
    return next(ranks, len(_SALES_FIRST))


def _statement(row: AccountingRow, report: Report) -> Statement:
    closed = not (row.remainder_count or row.remainder_minor)
    amiss = (row.missing_count, row.orphaned_count, row.duplicate_count, row.mismatch_count, row.gone_count)
    return Statement(
        account=row.account,
        metric=row.metric,
        currency=row.currency,
        closed=closed,
        agrees=closed and not any(amiss),
        summary=_summary(row, closed),
        lines=_lines(tuple(_terms(row, report)), row.currency),
    )


def _summary(row: AccountingRow, closed: bool) -> str:
    parts = [f"{text.count(row.pos_count)} in the POS", f"{text.count(row.events_count)} in Klaviyo"]
    for number, name in (
        (row.missing_count, "missing"),
        (row.orphaned_count, "orphaned"),
        (row.duplicate_count, "duplicate"),
        (row.mismatch_count, "of another amount"),
        (row.gone_count, "on another day"),
    ):
        if number:
            parts.append(f"{text.count(number)} {name}")
    parts.append("remainder 0" if closed else "does not add up")
    return ", ".join(parts)


def _terms(row: AccountingRow, report: Report) -> Iterator[_Term]:
    """Both sides of the books in one line: from the POS down to delivered, and up again to Klaviyo."""
    yield _Term("total", "In the POS", StepKind.TOTAL, row.pos_count, row.pos_minor, True)
    yield from _excluded(row, report.exclusions)
    yield _Term("settling", "Still settling", StepKind.DOWN, row.settling_count, row.settling_minor)
    yield from _missing(row, report.findings)
    yield _Term(
        "wrong", "Unexplained in the POS", StepKind.DOWN, row.pos_remainder_count, row.pos_remainder_minor
    )
    yield _Term("delivered", "Delivered", StepKind.RESULT, row.delivered_count, row.delivered_minor, True)
    yield _Term("wrong", "Other amount in the event", StepKind.UP, 0, row.mismatch_minor, money_only=True)
    yield _Term("wrong", "Orphaned", StepKind.UP, row.orphaned_count, row.orphaned_minor, True)
    yield _Term("wrong", "Duplicates", StepKind.UP, row.duplicate_count, row.duplicate_minor, True)
    yield _Term(
        "settling", "Too fresh to judge", StepKind.UP, row.events_settling_count, row.events_settling_minor
    )
    yield _Term("moved", "From another day", StepKind.UP, row.arrived_count, row.arrived_minor)
    yield _Term("moved", "To another day", StepKind.DOWN, row.gone_count, row.gone_minor)
    yield _Term(
        "wrong", "Unexplained in Klaviyo", StepKind.UP, row.events_remainder_count, row.events_remainder_minor
    )
    yield _Term("total", "In Klaviyo", StepKind.RESULT, row.events_count, row.events_minor, True)
    yield _Term("remainder", "Remainder", StepKind.APART, row.remainder_count, row.remainder_minor, True)


def _excluded(row: AccountingRow, exclusions: Sequence[ReportExclusion]) -> Iterator[_Term]:
    """One term per reason, largest first; what the reasons do not add up to is shown as such."""
    mine = [
        x for x in exclusions if (x.account, x.metric, x.currency) == (row.account, row.metric, row.currency)
    ]
    for one in sorted(mine, key=lambda x: (-x.excluded_count, x.reason)):
        label = f"Left out: {one.words}"
        yield _Term("excluded", label, StepKind.DOWN, one.excluded_count, one.excluded_minor)
    rest_count = row.excluded_count - sum(one.excluded_count for one in mine)
    rest_minor = row.excluded_minor - sum(one.excluded_minor for one in mine)
    yield _Term("excluded", "Left out: for a reason not listed", StepKind.DOWN, rest_count, rest_minor)


def _missing(row: AccountingRow, findings: Sequence[Finding]) -> Iterator[_Term]:
    """Missing by cause where the findings held by the report add up to the total; else in one term."""
    counts: Counter[str] = Counter()
    minors: Counter[str] = Counter()
    for one in findings:
        same = (one.account, one.metric, one.currency) == (row.account, row.metric, row.currency)
        if same and one.kind in (FindingKind.MISSING, FindingKind.LOST_REFUND):
            counts[one.cause.words] += 1
            minors[one.cause.words] += one.difference_minor
    whole = (row.missing_count, row.missing_minor)
    if len(counts) > 1 and (counts.total(), minors.total()) == whole:
        for cause, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield _Term("wrong", f"Missing: {cause.partition(';')[0]}", StepKind.DOWN, number, minors[cause])
    else:
        yield _Term("wrong", "Missing", StepKind.DOWN, *whole, True)


def _lines(terms: Sequence[_Term], currency: str) -> tuple[Line, ...]:
    shown = [term for term in terms if term.shown_at_zero or term.count or term.minor]
    by_count = waterfall([Step(term.kind, term.count) for term in shown])
    by_money = waterfall([Step(term.kind, term.minor) for term in shown])
    return tuple(
        Line(
            role=term.role,
            label=words.sentence(term.label),
            count=text.DASH if term.money_only else _signed(term, text.count(term.count)),
            amount=_signed(term, text.amount(term.minor, currency)),
            count_bar=count_bar,
            money_bar=money_bar,
            alarming=term.role in ("wrong", "remainder", "moved") and bool(term.count or term.minor),
        )
        for term, count_bar, money_bar in zip(shown, by_count, by_money, strict=True)
    )


def _signed(term: _Term, written: str) -> str:
    """What is taken away carries its minus sign, what is added its plus; zero carries none."""
    sign = {StepKind.DOWN: text.MINUS, StepKind.UP: "+"}.get(term.kind, "")
    if not sign or not written.strip("0.,"):
        return written
    if written.startswith(text.MINUS):  # taking away what is below zero adds
        flipped = {text.MINUS: "+", "+": text.MINUS}[sign]
        return f"{flipped}{written[1:]}"
    return f"{sign}{written}"
