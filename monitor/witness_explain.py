"""Why a till's own total and the POS's receipts differ: the smallest set of known reasons that fits exactly.

Nothing here is a guess. A reason counts only where it, or several together, bring sales, refunds and both
counts to zero at once; otherwise what is left over is said, and nothing is explained away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sync.sources.protocol import ControlTotal


@dataclass(frozen=True, slots=True)
class Sums:
    """What one witness counted. Refunds are above zero. As a difference, every field may be below zero."""

    sales_count: int = 0
    sales_minor: int = 0
    refunds_count: int = 0
    refunds_minor: int = 0

    def plus(self, other: "Sums", sign: int = 1) -> "Sums":
        """The sum of both, or with `sign` -1 the difference."""
        return Sums(
            self.sales_count + sign * other.sales_count,
            self.sales_minor + sign * other.sales_minor,
            self.refunds_count + sign * other.refunds_count,
            self.refunds_minor + sign * other.refunds_minor,
        )

    @property
    def net_minor(self) -> int:
        """Sales less refunds."""
        return self.sales_minor - self.refunds_minor

    @property
    def count(self) -> int:
        """Sales and refunds together, signs kept."""
        return self.sales_count + self.refunds_count

    @property
    def any(self) -> bool:
        """Whether anything is not zero."""
        return self != NOTHING


NOTHING = Sums()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the POS shows of an interval: what counts, the parts of it that tills may count apart, others."""

    counted: Sums = NOTHING
    rounding: Sums = NOTHING
    tax: Sums = NOTHING
    fees: Sums = NOTHING
    cards: Sums = NOTHING
    uncounted: Mapping[str, Sums] | None = None  # by the reason why a till would not count it


@dataclass(frozen=True, slots=True)
class Term:
    """One reason: what it adds when going from the till's total to what the POS shows."""

    code: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Explained:
    """The reasons that hold, and what they leave: POS less till less reasons."""

    terms: tuple[Term, ...]
    rest: Sums


WORDS: Mapping[str, str] = {
    "rounding": "cash rounded to the coins there are, which the till counts apart",
    "tax": "sales tax on top of the prices, which the till counts apart",
    "fees": "delivery and checkout fees, which the till does not count",
    "cards": "gift cards, which the till does not count as sales",
    "practice": "rung up for practice, which the POS shows like sales",
    "voided": "cancelled after the till had counted it",
    "unpaid": "counted by the till, not paid in the POS",
    "reserved": "counted by the till, paid later in the POS",
    "unknown_kind": "of a kind that tillproof does not know yet, counted by the till",
}
_APART = ("rounding", "tax", "fees", "cards")  # parts of receipts; whether a till counts them is its way
_USUAL = {"rounding": True, "tax": True, "fees": False, "cards": False}
_LATER = ("voided", "unpaid", "reserved", "unknown_kind")


def explain(till: ControlTotal, shown: Shown) -> Explained:
    """The smallest set of reasons that leaves nothing; none of them where no set does."""
    difference = shown.counted.plus(counted(till), -1)
    terms = candidates(till, shown)
    for size in range(len(terms) + 1):
        for chosen in combinations(terms, size):
            if not _rest(difference, chosen).any:
                return Explained(chosen, NOTHING)
    return Explained((), difference)


def habits(explained: Iterable[tuple[ControlTotal, Shown, Explained]]) -> dict[str, bool]:
    """Which parts of receipts the tills of an account count apart, learnt where everything fits."""
    used: Counter[str] = Counter()
    offered: Counter[str] = Counter()
    for till, shown, found in explained:
        if not found.rest.any:
            offered.update(term.code for term in candidates(till, shown))
            used.update(term.code for term in found.terms)
    return {code: used[code] * 2 > offered[code] if offered[code] else _USUAL[code] for code in _APART}


def explain_by_habit(till: ControlTotal, shown: Shown, habit: Mapping[str, bool]) -> Explained:
    """Where no set of reasons fits: what is left when the till counts as the others do."""
    chosen = tuple(term for term in candidates(till, shown) if habit.get(term.code, False))
    return Explained(chosen, _rest(shown.counted.plus(counted(till), -1), chosen))


def counted(till: ControlTotal) -> Sums:
    """What the till says."""
    return Sums(till.sales_count, till.sales_minor, till.refunds_count, till.refunds_minor)


def candidates(till: ControlTotal, shown: Shown) -> list[Term]:
    """Every reason that is there at all, the likeliest first."""
    parts = {"rounding": shown.rounding, "tax": shown.tax, "fees": shown.fees, "cards": shown.cards}
    found = [Term(code, sums) for code, sums in parts.items() if sums.any]
    if till.practice_count:
        found.append(Term("practice", Sums(till.practice_count, till.practice_minor)))
    others = shown.uncounted or {}
    found += [Term(code, NOTHING.plus(others[code], -1)) for code in _LATER if code in others]
    return [term for term in found if term.sums.any]


def _rest(difference: Sums, chosen: Sequence[Term]) -> Sums:
    for term in chosen:
        difference = difference.plus(term.sums, -1)
    return difference
