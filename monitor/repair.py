"""What a repair would do: a pure plan from a run and the findings that are still open.

Klaviyo lets nobody change or delete a single event. So what is missing can be sent, and what is there too
much, or wrong, stays: the plan says so before anything is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from monitor.history_records import FindingRecord, RunRecord
from monitor.words import counted, money_of

RESEND = "sync resend"  # findings that sending mends name this command
_STAYS: Mapping[str, str] = {
    "orphaned": "Klaviyo deletes no single event; stop what sends it, and leave it out of segments.",
    "duplicate": "Klaviyo deletes no single event; stop what sends twice. The first one stays with its sale.",
    "amount_mismatch": "Klaviyo keeps the first event under an id as it came; the amount stays.",
    "wrong_currency": "Klaviyo keeps the first event under an id as it came; the currency stays.",
    "day_shift": "Klaviyo keeps the first event under an id as it came; the day stays. Mend the zone.",
    "wrong_profile": "Klaviyo moves no event to another profile, unless the two profiles are merged there.",
}
_LOOK = "It is not mended by sending; its finding says what to do."


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A finding that the report's list had no room for, as drift.csv tells it."""

    key: str
    kind: str
    metric: str
    currency: str
    sale_id: str
    difference_minor: int


@dataclass(frozen=True, slots=True)
class Left:
    """Findings of one kind that stay whatever is sent, and why."""

    kind: str
    count: int
    by_currency: Mapping[str, int]
    words: str


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What would be sent, what stays, and what should be found afterwards."""

    run: int
    account: str
    first_on: str
    last_on: str
    sale_ids: tuple[str, ...]  # to be sent once more, each with all its events
    keys: tuple[str, ...]  # of the findings that this ought to close
    send_by_metric: Mapping[str, int]  # events Klaviyo gains
    send_by_currency: Mapping[str, int]
    before: Mapping[str, int]  # open findings by kind
    after: Mapping[str, int]  # as predicted
    stays: tuple[Left, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.sale_ids

    def as_json(self) -> dict[str, Any]:
        """For machines and for the record."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The plan in words."""
        told = [f"Run {self.run} of {self.account}, {self.first_on} to {self.last_on}."]
        if self.empty:
            told.append("Nothing to send: nothing that is open would be mended by sending.")
        else:
            events = ", ".join(f"{count:,} {metric}" for metric, count in self.send_by_metric.items())
            told += [
                f"To send: {counted(len(self.sale_ids), 'sale')} once more, for {events}"
                f" ({money_of(self.send_by_currency)}).",
                "They go as history, so no flow starts; what Klaviyo has already, it keeps.",
            ]
        for left in self.stays:
            count = counted(left.count, "finding")
            told.append(f"Cannot be undone: {count} of the kind {left.kind}. {left.words}")
        before, after = sum(self.before.values()), sum(self.after.values())
        told.append(f"Predicted: {counted(before, 'open finding')} now, {after:,} afterwards.")
        return told


def plan(run: RunRecord, findings: Sequence[FindingRecord], more: Sequence[Unlisted] = ()) -> RepairPlan:
    """The plan for these open findings of one account and window.

    `more` are what the report had no room for; those of a kind that sending mends are sent too.
    """
    sendable = [one for one in findings if one.sale_id and RESEND in str(one.detail.get("command", ""))]
    keys = {one.key for one in sendable}
    rest = [one for one in findings if one.key not in keys]
    kinds = {one.kind for one in sendable} - {one.kind for one in rest}
    also = [one for one in more if one.kind in kinds and one.key not in keys and one.sale_id]
    known = {one.key for one in findings}
    before = _counts([*(one.kind for one in findings), *(one.kind for one in more if one.key not in known)])
    sent: list[FindingRecord | Unlisted] = [*sendable, *also]
    fewer = _counts(one.kind for one in sent)
    return RepairPlan(
        run=run.id,
        account=run.account,
        first_on=run.first_on.isoformat(),
        last_on=run.last_on.isoformat(),
        sale_ids=tuple(dict.fromkeys(one.sale_id for one in sent)),
        keys=tuple(sorted(keys)),
        send_by_metric=_counts(one.metric for one in sent),
        send_by_currency=_money(sent),
        before=before,
        after={kind: left for kind, count in before.items() if (left := count - fewer.get(kind, 0))},
        stays=tuple(_left(kind, rest) for kind in _counts(one.kind for one in rest)),
    )


def _left(kind: str, rest: Sequence[FindingRecord]) -> Left:
    some = [one for one in rest if one.kind == kind]
    return Left(kind, len(some), _money(some), _STAYS.get(kind, _LOOK))


def _counts(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _money(findings: Sequence[FindingRecord | Unlisted]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in findings:
        if one.currency:
            found[one.currency] = found.get(one.currency, 0) + abs(one.difference_minor)
    return dict(sorted(found.items()))
