"""Counts and money of what a run met, for people and for machines."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.domain.eligibility import Exclusion
from sync.domain.errors import SetAside
from sync.domain.planning import PlannedEvent

Sum = tuple[int, int]  # count and minor units


@dataclass(slots=True)
class Tally:
    """What a run met. Money is in minor units, keyed by currency; sales are counted by their first event."""

    rows_count: int = 0  # rows the POS sent, read or set aside
    unchanged_count: int = 0  # sales read again and found as before
    events: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    excluded: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    set_aside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    noted: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by reason
    noted_words: dict[str, str] = field(default_factory=dict)  # what a reason means, as it was said first
    planned_count: int = 0  # events new to the ledger
    changed_count: int = 0  # planned events that got new contents before they were sent
    withdrawn_count: int = 0
    sent_count: int = 0
    refused_count: int = 0
    profiles_count: int = 0
    samples: dict[str, str] = field(default_factory=dict)  # of a preview: one event of each metric, as JSON
    opted_out_count: int = 0  # people whose opt-out at the till Klaviyo did not know yet
    subscribed_count: int = 0
    phones_left_out_count: int = 0  # customers whose phone number is none; the rest of them was sent

    def meet(self, planned: Iterable[PlannedEvent], names: dict[str, str]) -> None:
        """Count what a sale or shipment becomes, or why not, by metric and reason."""
        for event in planned:
            reason = event.verdict.primary
            if reason is None:
                _add(self.events, (names.get(event.kind, event.kind), event.currency), event.value_minor)
            elif event.kind != "product" and reason is not Exclusion.METRIC_OFF:
                _add(self.excluded, (reason.value, event.currency), event.value_minor)

    def notes(self, notes: Iterable[SetAside]) -> None:
        """Count what was read all the same, but a person may want to know of."""
        for note in notes:
            self.noted[note.reason] += 1
            self.noted_words.setdefault(note.reason, note.detail)

    def letters(self, reasons: Iterable[str]) -> None:
        """Count what was set aside."""
        for reason in reasons:
            self.set_aside[reason] += 1

    def take_back(self, reasons: Iterable[str]) -> None:
        """What was counted as refused and set aside waits again after all."""
        for reason in reasons:
            self.set_aside[reason] -= 1
            self.refused_count -= 1
            if not self.set_aside[reason]:
                del self.set_aside[reason]

    @property
    def set_aside_count(self) -> int:
        """How many things were set aside in all."""
        return sum(self.set_aside.values())

    def counts(self) -> dict[str, int]:
        """The plain counts, as the record of the run keeps them."""
        return {
            "rows": self.rows_count,
            "unchanged": self.unchanged_count,
            "planned": self.planned_count,
            "changed": self.changed_count,
            "withdrawn": self.withdrawn_count,
            "sent": self.sent_count,
            "refused": self.refused_count,
            "profiles": self.profiles_count,
            "opted_out": self.opted_out_count,
            "subscribed": self.subscribed_count,
            "phones_left_out": self.phones_left_out_count,
            "set_aside": self.set_aside_count,
            "notes": sum(self.noted.values()),
        }


def _add(sums: dict[tuple[str, str], list[int]], key: tuple[str, str], minor: int) -> None:
    entry = sums[key]
    entry[0] += 1
    entry[1] += minor
