"""What the receipts let one predict, and whether it came true: every number traced to its cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from fakes.lightspeed_r.receipts import Loaded
from monitor.report_data import Report
from scenarios.harness.sabotage import Planted

# Sales that end as a Placed Order. One voided hours later was one by then, and gets a Canceled Order too.
PLACED = (
    "plain",
    "note_edited",
    "customer_attached_later",
    "uploaded_hours_late",
    "back_dated",
    "refunded_fully",
    "refunded_partly",
    "refunded_in_two_parts",
    "exchanged",
    "shipped_later",
    "still_waiting_to_be_shipped",
    "voided_hours_later",
)
# Sales that end as nothing, and the reason the accounting gives.
LEFT_OUT: Mapping[str, str] = {
    "sold_without_a_customer": "no_customer",
    "no_email": "no_email",
    "unusable_email": "unusable_email",
    "zero_value": "zero_value",
    "sold_by_a_web_shop": "ecommerce",
    "voided_within_the_hour": "voided",
}
# Oddities that change nothing in the end: the sale's events must look as if nothing had happened.
UNSEEN = ("note_edited", "customer_attached_later", "uploaded_hours_late", "back_dated")
ORDER_METRIC = "Placed Order"


@dataclass(frozen=True, slots=True)
class Line:
    """One number foretold from the receipts, and what was counted; None where nothing can be."""

    what: str
    foretold: int
    where: str
    counted: int | None

    @property
    def holds(self) -> bool:
        """Whether it came true."""
        return self.counted is None or self.counted == self.foretold


@dataclass(frozen=True, slots=True)
class Match:
    """One kind of finding: what was planted, what was found, and the keys on one side only."""

    kind: str
    planted: int
    found: int
    planted_minor: int
    found_minor: int
    not_found: tuple[str, ...]
    not_planted: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether found and planted are the same, one by one and in money."""
        same = self.planted == self.found and self.planted_minor == self.found_minor
        return same and not self.not_found and not self.not_planted


def foretell_events(loaded: Loaded) -> dict[str, int]:
    """How many events of each metric a perfect sync leaves in Klaviyo."""
    fates, lines = loaded.fates, loaded.lines_by_fate
    exchanges = fates.get("exchange", 0)
    return {
        "Placed Order": sum(fates.get(fate, 0) for fate in PLACED) + exchanges,
        "Ordered Product": sum(lines.get(fate, 0) for fate in PLACED) + lines.get("exchange", 0),
        "Refunded Order": fates.get("refund", 0) + exchanges,
        "Shipped Order": fates.get("shipped_later", 0),
        "Canceled Order": fates.get("voided_hours_later", 0),
    }


def explain_events(loaded: Loaded, in_klaviyo: Mapping[str, int]) -> list[Line]:
    """Events by metric, foretold against counted in Klaviyo before anything was spoiled."""
    words = {
        "Placed Order": "every sale not left out, and each exchange",
        "Ordered Product": "every line of those",
        "Refunded Order": "every return, and each exchange",
        "Shipped Order": "shipments that left",
        "Canceled Order": "sales voided after they were sent",
    }
    return [
        Line(metric, number, words[metric], in_klaviyo.get(metric, 0))
        for metric, number in foretell_events(loaded).items()
    ]


def explain_left_out(loaded: Loaded, report: Report) -> list[Line]:
    """Sales that must not be events, by the reason the accounting gives for them."""
    counted: dict[str, int] = {}
    for row in report.exclusions:
        if row.metric == ORDER_METRIC:
            counted[row.reason] = counted.get(row.reason, 0) + row.excluded_count
    foretold: dict[str, int] = {}
    for fate, reason in LEFT_OUT.items():
        foretold[reason] = foretold.get(reason, 0) + loaded.fates.get(fate, 0)
    because: dict[str, list[str]] = {}
    for fate, reason in LEFT_OUT.items():
        because.setdefault(reason, []).append(fate.replace("_", " "))
    return [
        Line(reason, foretold.get(reason, 0), ", ".join(because.get(reason, ())), counted.get(reason, 0))
        for reason in sorted(foretold.keys() | counted.keys())
    ]


def explain_sales(loaded: Loaded, report: Report) -> Line:
    """How many sales the till has, and how that follows from the receipts."""
    fates = loaded.fates
    returns, exchanges = fates.get("refund", 0), fates.get("exchange", 0)
    parked = fates.get("never_completed", 0)
    receipts = loaded.sales - returns - exchanges
    words = (
        f"{receipts:,} receipts + {returns:,} returns + {exchanges:,} exchanges - {parked:,} never completed"
    )
    return Line("sales", loaded.sales - parked, words, sum(side.sales_count for side in report.sides))


def compare(planted: list[Planted], report: Report) -> list[Match]:
    """Planted against found, kind by kind and key by key. Kinds on either side only are there too."""
    kinds = sorted(
        {p.kind for p in planted} | {str(k) for k, t in report.findings_by_kind.items() if t.count}
    )
    return [_match(kind, [p for p in planted if p.kind == kind], report) for kind in kinds]


def _match(kind: str, planted: list[Planted], report: Report) -> Match:
    total = report.findings_by_kind.get(kind)
    wanted = {f"{p.metric} {p.event_key}" for p in planted}
    found = {f"{f.metric} {f.event_key}" for f in report.findings if f.kind == kind}
    return Match(
        kind=kind,
        planted=len(planted),
        found=total.count if total else 0,
        planted_minor=sum(p.difference_minor for p in planted),
        found_minor=total.total_minor if total else 0,
        not_found=tuple(sorted(wanted - found)),
        not_planted=tuple(sorted(found - wanted)),
    )


def remainders(report: Report) -> tuple[int, int]:
    """What the accounting cannot explain, in counts and in minor units. Must be nothing."""
    rows = report.accounting
    return sum(r.remainder_count for r in rows), sum(r.remainder_minor for r in rows)
