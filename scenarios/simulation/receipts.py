"""A till's truth in a few plain records, and what ought to lie in Klaviyo for it, worked out anew.

Nothing of the sync's or the monitor's rules is used here: a mistake they share, the judge must not share.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

PLACED, PRODUCT, REFUNDED, SHIPPED, CANCELED = "placed", "product", "refunded", "shipped", "canceled"
Key = tuple[str, str]  # kind and unique id
_ADDRESS = re.compile(r"[a-z0-9.+_-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. A returned one has positive amounts and names the sale it was bought with."""

    line_id: str
    worth_minor: int  # before discounts: what a product's own event says
    total_minor: int
    of_sale: str = ""
    whole: bool = False  # whether this receipt returns everything of that sale
    pieces: int = 1
    of_person: str = ""  # who bought it, for a receipt of returns that names nobody


@dataclass(frozen=True, slots=True)
class Receipt:
    """One sale as the till has it now."""

    sale_id: str
    at_s: int
    state: str  # done, open or void
    person: str  # "" without one
    bought: tuple[Line, ...] = ()
    returned: tuple[Line, ...] = ()
    web: bool = False
    posted: bool = False  # to be shipped
    shipped: tuple[tuple[str, int, str], ...] = ()  # shipments that have left: id, when, to whom


@dataclass(frozen=True, slots=True)
class Want:
    """One event that ought to exist."""

    value_minor: int
    at_s: int
    people: tuple[str, ...]  # on whose profile it may lie; the first one decides whether it is sent
    sale_id: str  # the receipt that caused it


@dataclass(frozen=True, slots=True)
class House:
    """What the merchant's settings mean for the rule: how ids begin, what goes out, whether zero counts."""

    head: str  # `source:account:`
    kinds: frozenset[str]
    zero_counts: bool = False


def usable(address: str) -> bool:
    """Whether Klaviyo takes the address and keeps what is sent for it."""
    labels = address.lower().rpartition("@")[2].split(".")
    return bool(_ADDRESS.fullmatch(address)) and not {"example", "test"} & set(labels[-2:])


def wanted(receipts: Iterable[Receipt], house: House, allowed: Callable[[str], bool]) -> Mapping[Key, Want]:
    """Every event that these receipts ask for; `allowed` says whether a person may be written to."""
    found: dict[Key, Want] = {}
    for receipt in receipts:
        if receipt.state == "done" and not receipt.web:
            found.update(_purchase(receipt, house))
            found.update(_returns(receipt, house))
    return {
        key: want
        for key, want in found.items()
        if key[0] in house.kinds and want.people[0] and allowed(want.people[0])
    }


def placed(receipt: Receipt, house: House) -> Key:
    """The key of a sale's own event."""
    return PLACED, f"{house.head}{receipt.sale_id}"


def canceled(receipt: Receipt, house: House) -> Key:
    """The key of the event that takes a voided sale back."""
    return CANCELED, f"{house.head}{receipt.sale_id}"


def _purchase(receipt: Receipt, house: House) -> Mapping[Key, Want]:
    whole_minor = sum(line.total_minor for line in receipt.bought)
    if not receipt.bought or whole_minor < 0 or (whole_minor == 0 and not house.zero_counts):
        return {}
    buyer, at_s, sale_id = receipt.person, receipt.at_s, receipt.sale_id
    name = placed(receipt, house)[1]
    found = {(PLACED, name): Want(whole_minor, at_s, (buyer,), sale_id)}
    for line in receipt.bought:
        found[PRODUCT, f"{name}:line:{line.line_id}"] = Want(line.worth_minor, at_s, (buyer,), sale_id)
    for shipment_id, left_s, to in receipt.shipped:
        people = (to or buyer, buyer)
        found[SHIPPED, f"{name}:shipment:{shipment_id}"] = Want(whole_minor, left_s, people, sale_id)
    return found


def _returns(receipt: Receipt, house: House) -> Mapping[Key, Want]:
    found: dict[Key, Want] = {}
    back: dict[str, list[Line]] = defaultdict(list)
    for line in receipt.returned:
        back[line.of_sale].append(line)
    for sold, lines in back.items():
        minor = sum(line.total_minor for line in lines)
        if minor > 0 or house.zero_counts:
            people = (receipt.person or lines[0].of_person,)
            key = REFUNDED, house.head + _refund_key(receipt, sold, lines)
            found[key] = Want(minor, receipt.at_s, people, receipt.sale_id)
    return found


def _refund_key(receipt: Receipt, sold: str, lines: list[Line]) -> str:
    if not sold:
        return f"{receipt.sale_id}:refund"
    return sold if all(line.whole for line in lines) else f"{sold}:refund:{receipt.sale_id}"
