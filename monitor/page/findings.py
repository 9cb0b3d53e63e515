"""Findings as cards: the sale on the left, the event on the right, why, and what mends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitor.page import text, words
from monitor.page.calendar import day_anchor
from monitor.report_data import Finding, FindingKind, KindTotal, Report

CARDS_MAX = 200
CARDS_EACH_MIN = 10  # every kind shows some cards, however many another kind has
FIELDS_MAX = 40  # facts on one card
VALUE_MAX = 300  # characters of one fact


@dataclass(frozen=True, slots=True)
class Fact:
    """One name with what either side says of it; `differs` when that is the point of the finding."""

    name: str
    sale: str
    event: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One finding, ready to be read."""

    anchor: str  # set on the first card of a day, so that the calendar can lead there
    title: str
    place: str  # shop, day with its zone, metric
    worth: str
    sale_missing: bool  # nothing on the POS side
    event_missing: bool  # nothing on Klaviyo's side
    facts: tuple[Fact, ...]
    facts_left: int
    cause: str
    proof: str
    proven: bool
    remedy: str
    command: str


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one kind; `cards` may be fewer than `count`, and `shown` then says so."""

    kind: FindingKind
    name: str
    meaning: str
    count: str
    worth: str
    shown: str
    cards: tuple[Card, ...]


def groups(report: Report) -> tuple[Group, ...]:
    """One group per kind in the report's own order, gravest first, including kinds whose cards were cut."""
    by_kind = {kind: list(found) for kind, found in groupby(_sorted(report.findings), key=lambda f: f.kind)}
    kinds = [kind for kind in FindingKind if kind in by_kind or kind.value in report.findings_by_kind]
    room = _room({kind: len(by_kind.get(kind, ())) for kind in kinds})
    places = {account.name: i for i, account in enumerate(report.accounts)}
    seen: set[str] = set()
    made = []
    for kind in kinds:
        found = by_kind.get(kind, [])
        cards = tuple(_card(one, places, seen, len(places) > 1) for one in found[: room[kind]])
        made.append(_group(kind, report.findings_by_kind.get(kind.value), found, cards))
    return tuple(made)


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    """By kind, and within a kind as the report has them."""
    order = {kind: i for i, kind in enumerate(FindingKind)}
    return sorted(findings, key=lambda finding: order[finding.kind])


def _room(held: Mapping[FindingKind, int]) -> dict[FindingKind, int]:
    """How many cards each kind may show: a few for all of them, the rest to the gravest first."""
    room = {kind: min(number, CARDS_EACH_MIN) for kind, number in held.items()}
    left = CARDS_MAX - sum(room.values())
    for kind, number in held.items():
        more = max(0, min(number - room[kind], left))
        room[kind] += more
        left -= more
    return room


def _group(
    kind: FindingKind, total: KindTotal | None, found: Sequence[Finding], cards: tuple[Card, ...]
) -> Group:
    number = total.count if total else len(found)
    spoken = words.kind(kind)
    shown = ""
    if len(cards) < number:
        shown = f"Showing {text.count(len(cards))} of {text.count(number)}. All of them are in drift.csv."
    return Group(
        kind=kind,
        name=spoken.name,
        meaning=spoken.meaning,
        count=text.count(number),
        worth=text.moneys(total.by_currency) if total else "",
        shown=shown,
        cards=cards,
    )


def _card(finding: Finding, places: Mapping[str, int], seen: set[str], name_account: bool) -> Card:
    facts = _facts(finding)
    return Card(
        anchor=_anchor(finding, places, seen),
        title=words.sentence(finding.title),
        place=_place(finding, name_account),
        worth=text.money(finding.difference_minor, finding.currency) if finding.difference_minor else "",
        sale_missing=not finding.expected,
        event_missing=not finding.observed,
        facts=facts[:FIELDS_MAX],
        facts_left=max(0, len(facts) - FIELDS_MAX),
        cause=words.sentence(finding.cause.words),
        proof=finding.cause.proof,
        proven=finding.cause.proven,
        remedy=finding.remedy,
        command=finding.command,
    )


def _anchor(finding: Finding, places: Mapping[str, int], seen: set[str]) -> str:
    if finding.business_day is None:
        return ""
    anchor = day_anchor(places.get(finding.account, -1), finding.business_day)
    if anchor in seen:
        return ""
    seen.add(anchor)
    return anchor


def _place(finding: Finding, name_account: bool) -> str:
    parts = [finding.account] if name_account else []
    parts.append(finding.shop_name or (f"shop {finding.shop}" if finding.shop else "no shop named"))
    if finding.business_day is not None:
        zone = f" ({finding.zone})" if finding.zone else ""
        parts.append(f"{text.full_day(finding.business_day)}{zone}")
    if finding.metric:
        parts.append(finding.metric)
    return " · ".join(parts)


def _facts(finding: Finding) -> tuple[Fact, ...]:
    """The union of both sides' names, the POS's order first."""
    names = list(dict.fromkeys((*finding.expected, *finding.observed)))
    return tuple(
        Fact(
            name=name,
            sale=_short(finding.expected.get(name, "")),
            event=_short(finding.observed.get(name, "")),
            differs=name in finding.differing,
        )
        for name in names
    )


def _short(value: str) -> str:
    return value if len(value) <= VALUE_MAX else f"{value[:VALUE_MAX]}…"
