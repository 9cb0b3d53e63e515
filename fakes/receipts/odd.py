"""What the receipts lack: returns, voids, shipments and everything else a till does, added in known numbers.

Every odd sale is one whose fate would otherwise be plain (a positive value, a customer with a usable e-mail
address), and no sale is odd twice, so that each number can be followed to one place in a report.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from fakes.receipts.people import Unreachable

if TYPE_CHECKING:
    from fakes.receipts.data import Receipts

RETURNABLE_CENTS = 100  # a ninth of it is still some cents


class Odd(StrEnum):
    """What may happen to a sale."""

    SECOND_REFUND = "refunded_in_two_parts"
    PARTIAL_REFUND = "refunded_partly"
    FULL_REFUND = "refunded_fully"
    EXCHANGE = "exchanged"
    VOIDED_EARLY = "voided_within_the_hour"
    VOIDED_LATE = "voided_hours_later"
    NO_CUSTOMER = "sold_without_a_customer"
    ATTACHED_LATER = "customer_attached_later"
    WEB_SHOP = "sold_by_a_web_shop"
    UNCOMPLETED = "never_completed"
    SHIPPED = "shipped_later"
    NOT_SHIPPED = "still_waiting_to_be_shipped"
    LATE_UPLOAD = "uploaded_hours_late"
    BACK_DATED = "back_dated"
    NOTE_EDITED = "note_edited"
    PARKED = "parked_and_rung_up_later"  # X, Sitoo: saved first, sold when the customer came back
    LAYBY = "paid_off_later"  # X: a deposit first, closed with the rest
    ON_ACCOUNT = "sold_on_account"  # X: nothing paid yet, counts as sold
    BOOKED = "booked_and_collected"  # Sitoo: a booking, closed by a sale
    PRACTICE = "rung_up_for_practice"  # Sitoo
    NETTED = "exchanged_as_a_pair"  # Sitoo: a refund and a purchase netted against each other


# Of a thousand sales of an R-Series till, so many; at least one of each where there are sales at all.
PER_THOUSAND: Mapping[Odd, int] = {
    Odd.SECOND_REFUND: 3,
    Odd.PARTIAL_REFUND: 8,
    Odd.FULL_REFUND: 6,
    Odd.EXCHANGE: 4,
    Odd.VOIDED_EARLY: 4,
    Odd.VOIDED_LATE: 4,
    Odd.NO_CUSTOMER: 30,
    Odd.ATTACHED_LATER: 6,
    Odd.WEB_SHOP: 10,
    Odd.UNCOMPLETED: 5,
    Odd.SHIPPED: 10,
    Odd.NOT_SHIPPED: 3,
    Odd.LATE_UPLOAD: 6,
    Odd.BACK_DATED: 4,
    Odd.NOTE_EDITED: 8,
}
WITHOUT_EMAIL_PER_THOUSAND = 40
SWALLOWED_PER_THOUSAND = 6
BROKEN_PER_THOUSAND = 6
OPTED_OUT_PER_THOUSAND = 120
KNOWN_OF_OPTED_OUT = 3  # one of three has a profile all the same


@dataclass(frozen=True, slots=True)
class Oddities:
    """How many sales of each odd kind were made."""

    refunded_in_two_parts: int = 0
    refunded_partly: int = 0
    refunded_fully: int = 0
    exchanged: int = 0
    voided_within_the_hour: int = 0
    voided_hours_later: int = 0
    sold_without_a_customer: int = 0
    customer_attached_later: int = 0
    sold_by_a_web_shop: int = 0
    never_completed: int = 0
    shipped_later: int = 0
    still_waiting_to_be_shipped: int = 0
    uploaded_hours_late: int = 0
    back_dated: int = 0
    note_edited: int = 0
    parked_and_rung_up_later: int = 0
    paid_off_later: int = 0
    sold_on_account: int = 0
    booked_and_collected: int = 0
    rung_up_for_practice: int = 0
    exchanged_as_a_pair: int = 0

    def __add__(self, other: "Oddities") -> "Oddities":
        """Both together."""
        return Oddities(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


def count(chosen: dict[int, Odd]) -> Oddities:
    """The numbers of a choice."""
    return Oddities(**Counter(odd.value for odd in chosen.values()))


def choose_people(households: list[int], seed: int, *, consent: bool = False) -> Unreachable:
    """Which households cannot be reached by e-mail; with `consent`, also who did not agree to marketing."""
    rest = random.Random(f"{seed}/unreachable").sample(households, len(households))
    chosen: list[frozenset[int]] = []
    rates = [WITHOUT_EMAIL_PER_THOUSAND, SWALLOWED_PER_THOUSAND, BROKEN_PER_THOUSAND]
    for rate in rates + ([OPTED_OUT_PER_THOUSAND] if consent else []):
        number = _share(len(households), rate)
        chosen.append(frozenset(rest[:number]))
        rest = rest[number:]
    if consent:
        opted_out = sorted(chosen[-1])
        chosen.append(frozenset(opted_out[: len(opted_out) // KNOWN_OF_OPTED_OUT]))
    return Unreachable(*chosen)


def choose(
    receipts: "Receipts", plain: list[int], part: str, seed: int, *, rates: Mapping[Odd, int], trading: bool
) -> dict[int, Odd]:
    """The odd ones among the `plain` baskets of one part, `rates` per thousand of each kind.

    A void hours later needs somebody to read in between, so that kind occurs only while `trading`.
    """
    pool = random.Random(f"{seed}/odd/{part}").sample(plain, len(plain))
    fits = _fitness(receipts)
    chosen: dict[int, Odd] = {}
    for odd, rate in rates.items():
        wanted = 0 if odd is Odd.VOIDED_LATE and not trading else _share(len(plain), rate)
        for basket in pool:
            if not wanted:
                break
            if basket not in chosen and fits(basket, odd):
                chosen[basket] = odd
                wanted -= 1
    return chosen


def returnable(receipts: "Receipts", basket: int) -> list[int]:
    """The places within the basket of the lines worth bringing back."""
    sales = receipts.sales[receipts.first[basket] : receipts.stop[basket]].tolist()
    return [place for place, cents in enumerate(sales) if cents >= RETURNABLE_CENTS]


def _share(number: int, per_thousand: int) -> int:
    return max(1, round(number * per_thousand / 1000)) if number else 0


def _fitness(receipts: "Receipts") -> Callable[[int, Odd], bool]:
    lines_needed = {
        Odd.SECOND_REFUND: 3,
        Odd.PARTIAL_REFUND: 2,
        Odd.FULL_REFUND: 1,
        Odd.EXCHANGE: 2,
        Odd.NETTED: 2,
    }

    def fits(basket: int, odd: Odd) -> bool:
        if odd in lines_needed:
            return len(returnable(receipts, basket)) >= lines_needed[odd]
        if odd is Odd.VOIDED_EARLY:
            # Sold and voided between two full hours: an hourly reader never sees it alive.
            return 300 <= int(receipts.at[basket]) % 3600 <= 3000
        return True

    return fits
