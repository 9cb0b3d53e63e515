"""The third witness on the page: a table per register, till, POS and Klaviyo side by side."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.page import text, words
from monitor.report_data import ControlSide, ControlStatus, ControlTerm, Report, ReportControl
from monitor.witness_findings import span_words

REGISTERS_MAX = 60
INTERVALS_MAX = 12  # of a register, named one by one

STATES: Mapping[ControlStatus, str] = {
    ControlStatus.DIFFERS: "differs",
    ControlStatus.NOT_JUDGED: "cannot be told",
    ControlStatus.SETTLING: "still settling",
    ControlStatus.OPEN: "still open",
    ControlStatus.AGREES: "agrees",
}
_SHAPES: Mapping[ControlStatus, str] = {
    ControlStatus.DIFFERS: "drift",
    ControlStatus.NOT_JUDGED: "settling",
    ControlStatus.SETTLING: "settling",
    ControlStatus.OPEN: "settling",
    ControlStatus.AGREES: "agrees",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a register's table; a column is empty where it has nothing to say."""

    name: str
    till: str = ""
    pos: str = ""
    klaviyo: str = ""
    role: str = ""  # `total`, `why`, `rest` or `rest bad`


@dataclass(frozen=True, slots=True)
class Register:
    """One register over the whole window, in one currency."""

    account: str
    name: str
    shop: str
    state: str
    shape: str
    amiss: bool
    sentence: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]  # intervals that do not simply agree
    notes_left: int


@dataclass(frozen=True, slots=True)
class Witness:
    """All registers, those that differ first."""

    registers: tuple[Register, ...]
    left: int  # registers that are in report.json only
    sentence: str


def witness(report: Report) -> Witness:
    """The section; without registers where no till keeps totals."""
    grouped: dict[tuple[str, str, str], list[ReportControl]] = defaultdict(list)
    for one in report.controls:
        grouped[one.account, one.register, one.currency].append(one)
    made = [_register(some) for some in grouped.values()]
    made.sort(key=lambda one: (not one.amiss, one.account, one.shop, one.name))
    return Witness(tuple(made[:REGISTERS_MAX]), max(0, len(made) - REGISTERS_MAX), _sentence(report.controls))


def _sentence(controls: Sequence[ReportControl]) -> str:
    closed = [one for one in controls if one.till is not None]
    if not closed:
        return "No register has made a total of these days yet." if controls else ""
    differ = sum(one.status is ControlStatus.DIFFERS for one in closed)
    told = text.counted(len(closed), "total of a register was", "totals of registers were")
    if not differ:
        return f"{told} read, and none differs from what the POS shows without a reason."
    verb = "differs" if differ == 1 else "differ"
    return f"{told} read; {text.count(differ)} {verb} from what the POS shows, and nothing known explains it."


def _register(some: Sequence[ReportControl]) -> Register:
    first, worst = some[0], min((one.status for one in some), key=list(STATES).index)
    closed = [one for one in some if one.till is not None]
    odd = [one for one in some if one.status is not ControlStatus.AGREES]
    return Register(
        account=first.account,
        name=first.register_name,
        shop=first.shop_name or f"Shop {first.shop}",
        state=STATES[worst],
        shape=_SHAPES[worst],
        amiss=worst is ControlStatus.DIFFERS,
        sentence=_totals(closed, first.currency),
        lines=_lines(closed, first.currency) if closed else (),
        notes=tuple(map(_note, odd[:INTERVALS_MAX])),
        notes_left=max(0, len(odd) - INTERVALS_MAX),
    )


def _totals(closed: Sequence[ReportControl], currency: str) -> str:
    if not closed:
        return "no total yet"
    worth = sum(one.till.net_minor for one in closed if one.till)
    return f"{text.counted(len(closed), 'total', 'totals')}, {text.money(worth, currency)}"


def _lines(closed: Sequence[ReportControl], currency: str) -> tuple[Line, ...]:
    sides = [
        _added(one.till for one in closed),
        _added(one.pos for one in closed),
        _added(one.klaviyo for one in closed),
    ]
    till, pos, klaviyo = (text.money(one.net_minor, currency) for one in sides)
    rest = sum(one.till_rest_minor for one in closed), sum(one.klaviyo_rest_minor for one in closed)
    bad = any(one.till_rest_minor or one.till_rest_count or one.klaviyo_rest_minor for one in closed)
    return (
        Line("Sales", *[_counted(one.sales_count, one.sales_minor, currency) for one in sides]),
        Line("Refunds", *[_counted(one.refunds_count, one.refunds_minor, currency) for one in sides]),
        Line("Sales less refunds", till, pos, klaviyo, "total"),
        *_why(_terms(one.till_to_pos for one in closed), currency, pos=True),
        *_why(_terms(one.pos_to_klaviyo for one in closed), currency, pos=False),
        *_practice(closed, currency),
        Line(
            "Not explained", "", text.money(rest[0], currency), text.money(-rest[1], currency),
            "rest bad" if bad else "rest",
        ),
    )  # fmt: skip


def _why(terms: Iterable[ControlTerm], currency: str, *, pos: bool) -> Iterable[Line]:
    """Each reason under the column that differs from the one before it because of it."""
    for one in terms:
        shown = text.money(one.net_minor if pos else -one.net_minor, currency)
        yield Line(words.sentence(one.words), "", shown if pos else "", "" if pos else shown, "why")


def _practice(closed: Sequence[ReportControl], currency: str) -> Iterable[Line]:
    apart = [one for one in closed if all(term.code != "practice" for term in one.till_to_pos)]
    count, minor = sum(one.practice_count for one in apart), sum(one.practice_minor for one in apart)
    if count:
        told = f"Rung up for practice, not in the sums above: {_counted(count, minor, currency)}"
        yield Line(told, "", "", "", "why")


def _terms(several: Iterable[Sequence[ControlTerm]]) -> list[ControlTerm]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for terms in several:
        for one in terms:
            count, minor = found.get((one.code, one.words), (0, 0))
            found[one.code, one.words] = count + one.count, minor + one.net_minor
    return [ControlTerm(*names, *sums) for names, sums in sorted(found.items())]


def _added(sides: Iterable[ControlSide | None]) -> ControlSide:
    told = [one for one in sides if one is not None]
    return ControlSide(
        sum(one.sales_count for one in told),
        sum(one.sales_minor for one in told),
        sum(one.refunds_count for one in told),
        sum(one.refunds_minor for one in told),
        sum(one.net_minor for one in told),
    )


def _counted(count: int, minor: int, currency: str) -> str:
    return f"{text.count(count)} · {text.money(minor, currency)}"


def _note(one: ReportControl) -> str:
    span = span_words(one.opened_at, one.closed_at, one.zone)
    told = f"{span}: {one.words}"
    if one.status is ControlStatus.OPEN:
        net = text.money(one.pos.net_minor, one.currency)
        return f"{told} They come to {net}."
    if one.status is ControlStatus.DIFFERS:
        left = text.money(one.till_rest_minor, one.currency)
        return f"{told} Between till and POS {left} are left."
    return told
