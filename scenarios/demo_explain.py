"""What the receipts let one predict, and whether it came true: every number traced to its cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from fakes.receipts.load import Loaded
from monitor.report_data import Report
from scenarios.demo_tills import TillPlan
from scenarios.harness.sabotage import Planted

# Oddities that change nothing in the end: the sale's events must look as if nothing had happened.
UNSEEN = ("note_edited", "customer_attached_later", "uploaded_hours_late", "back_dated")


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


def explain_events(plan: TillPlan, loaded: Loaded, in_klaviyo: Mapping[str, int]) -> list[Line]:
    """Events by metric, foretold against counted in Klaviyo before anything was spoiled."""
    words = {
        plan.order_metric: "every sale not left out, and each exchange",
        "Ordered Product": "every line of those",
        "Refunded Order": "every return, and each exchange",
        "Shipped Order": "shipments that left",
        "Canceled Order": "sales voided after they were sent",
    }
    return [
        Line(metric, number, words[metric], in_klaviyo.get(metric, 0))
        for metric, number in plan.foretell(loaded).items()
    ]


def explain_left_out(plan: TillPlan, loaded: Loaded, report: Report) -> list[Line]:
    """Sales that must not be events, by the reason the accounting gives for them."""
    counted: dict[str, int] = {}
    for row in report.exclusions:
        if row.metric == plan.order_metric:
            counted[row.reason] = counted.get(row.reason, 0) + row.excluded_count
    foretold: dict[str, int] = {}
    for fate, reason in plan.left_out.items():
        foretold[reason] = foretold.get(reason, 0) + loaded.fates.get(fate, 0)
    because: dict[str, list[str]] = {}
    for fate, reason in plan.left_out.items():
        because.setdefault(reason, []).append(fate.replace("_", " "))
    return [
        Line(reason, foretold.get(reason, 0), ", ".join(because.get(reason, ())), counted.get(reason, 0))
        for reason in sorted(foretold.keys() | counted.keys())
    ]


def explain_sales(plan: TillPlan, loaded: Loaded, report: Report) -> Line:
    """How many sales the till has, and how that follows from the receipts."""
    foretold, words = plan.sales(loaded)
    return Line("sales", foretold, words, sum(side.sales_count for side in report.sides))


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
