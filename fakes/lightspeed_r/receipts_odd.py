"""What the receipts lack: returns, voids, shipments and everything else a till does, added in known numbers.

Every odd sale is one whose fate would otherwise be plain (a positive value, a customer with a usable e-mail
address), and no sale is odd twice, so that each number can be followed to one place in a report.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from fakes.lightspeed_r.receipts_people import Unreachable

if TYPE_CHECKING:
    from fakes.lightspeed_r.receipts_data import Receipts

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


# Of a thousand sales, so many; at least one of each where there are sales at all.
PER_THOUSAND = {
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

    def __add__(self, other: "Oddities") -> "Oddities":
        """Both together."""
        return Oddities(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


def count(chosen: dict[int, Odd]) -> Oddities:
    """The numbers of a choice."""
    return Oddities(**Counter(odd.value for odd in chosen.values()))


def choose_people(households: list[int], seed: int) -> Unreachable:
    """Which households cannot be reached by e-mail."""
    rest = random.Random(f"{seed}/unreachable").sample(households, len(households))
    chosen: list[frozenset[int]] = []
    for rate in (WITHOUT_EMAIL_PER_THOUSAND, SWALLOWED_PER_THOUSAND, BROKEN_PER_THOUSAND):
        number = _share(len(households), rate)
        chosen.append(frozenset(rest[:number]))
        rest = rest[number:]
    return Unreachable(*chosen)


def choose(receipts: "Receipts", plain: list[int], part: str, seed: int, *, trading: bool) -> dict[int, Odd]:
    """The odd ones among the `plain` baskets of one part.

    A void hours later needs somebody to read in between, so that kind occurs only while `trading`.
    """
    pool = random.Random(f"{seed}/odd/{part}").sample(plain, len(plain))
    fits = _fitness(receipts)
    chosen: dict[int, Odd] = {}
    for odd, rate in PER_THOUSAND.items():
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
    lines_needed = {Odd.SECOND_REFUND: 3, Odd.PARTIAL_REFUND: 2, Odd.FULL_REFUND: 1, Odd.EXCHANGE: 2}

    def fits(basket: int, odd: Odd) -> bool:
        if odd in lines_needed:
            return len(returnable(receipts, basket)) >= lines_needed[odd]
        if odd is Odd.VOIDED_EARLY:
            # Sold and voided between two full hours: an hourly reader never sees it alive.
            return 300 <= int(receipts.at[basket]) % 3600 <= 3000
        return True

    return fits
