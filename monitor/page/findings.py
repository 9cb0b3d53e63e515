"""Findings as cards: the sale on the left, the event on the right, and why, once for all alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitor.page import text, words
from monitor.page.calendar import day_anchor
from monitor.report_data import Finding, FindingKind, KindTotal, Report

CARDS_MAX = 200
CARDS_EACH_MIN = 10  # every kind shows some cards, however many another kind has
FIELDS_MAX = 40  # facts on one card
VALUE_MAX = 300  # characters of one fact
# The line under a card's title has these; they are shown again only where they differ.
_SAID_ABOVE = frozenset({"shop", "metric", "day"})
_BOTH_ENDS = ("Sale in the POS", "Event in Klaviyo")
_TWICE = ("The event that counts", "The extra event")
_SIDES = {
    FindingKind.DUPLICATE: _TWICE,
    FindingKind.DOUBLE_KEY: _TWICE,
    FindingKind.CONSENT_MISMATCH: ("At the till", "In Klaviyo"),
    FindingKind.TWIN_METRIC: ("Ours", "The other integration's"),
}

Placed = Callable[[Finding], tuple[str, str]]  # the anchor of a finding and where it happened


@dataclass(frozen=True, slots=True)
class Fact:
    """One name with what either side says of it; `differs` when that is the point of the finding."""

    name: str
    sale: str
    event: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One finding, ready to be read. `proof` and `command` are empty where the cluster has them for all."""

    anchor: str  # set on the first card of a day, so that the calendar can lead there
    title: str
    place: str  # shop, day with its zone, metric
    worth: str
    left: str  # what stands in the left column
    right: str
    sale_missing: bool  # nothing on the POS side
    event_missing: bool  # nothing on Klaviyo's side
    facts: tuple[Fact, ...]
    facts_left: int
    proof: str
    command: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Findings of one kind with one cause and one remedy: the reader needs both only once."""

    count: str
    several: bool
    cause: str
    proven: bool
    proof: str  # where all have the same
    remedy: str
    command: str  # where all have the same
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one kind; fewer may be drawn than `count`, and `shown` then says so."""

    kind: FindingKind
    name: str
    meaning: str
    count: str
    worth: str
    shown: str
    clusters: tuple[Cluster, ...]


def groups(report: Report) -> tuple[Group, ...]:
    """One group per kind in the report's own order, gravest first, including kinds whose cards were cut."""
    by_kind = {kind: list(found) for kind, found in groupby(_sorted(report.findings), key=lambda f: f.kind)}
    kinds = [kind for kind in FindingKind if kind in by_kind or kind.value in report.findings_by_kind]
    room = _room({kind: len(by_kind.get(kind, ())) for kind in kinds})
    places = {account.name: i for i, account in enumerate(report.accounts)}
    seen: set[str] = set()
    return tuple(
        _group(
            kind,
            report.findings_by_kind.get(kind.value, KindTotal(len(by_kind.get(kind, ())), 0, {})),
            by_kind.get(kind, [])[: room[kind]],
            lambda one: (_anchor(one, places, seen), _place(one, len(places) > 1)),
        )
        for kind in kinds
    )


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


def _group(kind: FindingKind, total: KindTotal, drawn: Sequence[Finding], placed: Placed) -> Group:
    spoken = words.kind(kind)
    shown = ""
    if len(drawn) < total.count:
        shown = (
            f"Showing {text.count(len(drawn))} of {text.count(total.count)}. All of them are in drift.csv."
        )
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for one in drawn:
        alike.setdefault((one.cause.code, one.cause.words, one.remedy), []).append(one)
    return Group(
        kind=kind,
        name=spoken.name,
        meaning=spoken.meaning,
        count=text.count(total.count),
        worth=text.moneys(total.by_currency),
        shown=shown,
        clusters=tuple(_cluster(found, placed) for found in alike.values()),
    )


def _cluster(found: Sequence[Finding], placed: Placed) -> Cluster:
    proof = _shared([one.cause.proof for one in found])
    command = _shared([one.command for one in found])
    first = found[0]
    return Cluster(
        count=text.count(len(found)),
        several=len(found) > 1,
        cause=words.sentence(first.cause.words),
        proven=first.cause.proven,
        proof=words.sentence(proof or ""),
        remedy=words.sentence(first.remedy),
        command=command or "",
        cards=tuple(_card(one, *placed(one), proof is None, command is None) for one in found),
    )


def _shared(values: Sequence[str]) -> str | None:
    """What all of them say, or None where they differ."""
    return values[0] if len(set(values)) == 1 else None


def _card(finding: Finding, anchor: str, place: str, own_proof: bool, own_command: bool) -> Card:
    facts = _facts(finding)
    left, right = _SIDES.get(finding.kind, _BOTH_ENDS)
    return Card(
        anchor=anchor,
        title=words.sentence(finding.title),
        place=place,
        worth=text.money(finding.difference_minor, finding.currency) if finding.difference_minor else "",
        left=left,
        right=right,
        sale_missing=not finding.expected,
        event_missing=not finding.observed,
        facts=facts[:FIELDS_MAX],
        facts_left=max(0, len(facts) - FIELDS_MAX),
        proof=words.sentence(finding.cause.proof) if own_proof else "",
        command=finding.command if own_command else "",
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
    """The union of both sides' names: what differs first, then the POS's order."""
    union = dict.fromkeys((*finding.expected, *finding.observed))
    names = sorted(
        (name for name in union if name in finding.differing or name not in _SAID_ABOVE),
        key=lambda name: name not in finding.differing,
    )
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
