"""Taking a refused request apart, until each bad row is alone and everything else is through.

A pointer only accuses: Klaviyo calls its own pointers unreliable in places, so a row counts as refused
only when it was refused alone. Whoever is accused is sent apart from the rest; without a pointer the
request is halved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sync.http.client import Response
from sync.http.errors import Refused
from sync.klaviyo.errors import Complaint, EntriesRefused

T = TypeVar("T")

_OUR_FAULT = frozenset({400, 409, 413, 422})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that Klaviyo will not take: a stable code and its words, e-mail addresses masked."""

    outbox_id: int
    reason: str
    detail: str


def blames_a_row(trouble: Refused) -> bool:
    """Whether the refusal can be one row's fault, rather than that of the request as such."""
    return trouble.status in _OUR_FAULT


def complaints_of(trouble: Refused) -> tuple[Complaint, ...]:
    """Every complaint of a refusal."""
    return trouble.complaints if isinstance(trouble, EntriesRefused) else ()


def refusal(row_id: int, trouble: Refused) -> Refusal:
    """A refused request as the refusal of its one row."""
    code = trouble.code or f"status_{trouble.status}"
    return Refusal(row_id, code, in_words(trouble.detail, trouble.pointer))


def in_words(detail: str, pointer: str) -> str:
    """What was said and about which place."""
    said = detail or "refused without a reason"
    return f"{said} (at {pointer})" if pointer else said


def apart(part: Sequence[T], accused: set[int]) -> list[list[T]]:
    """The accused positions and the rest as requests of their own; halves where nobody or everybody is."""
    if len(accused) in (0, len(part)):
        middle = len(part) // 2
        return [list(part[:middle]), list(part[middle:])]
    rest = [row for at, row in enumerate(part) if at not in accused]
    return [rest, [part[at] for at in sorted(accused)]]


def phone_ignored(response: Response) -> bool:
    """Whether Klaviyo took the request but dropped a phone number it found invalid."""
    return "phone_number" in response.headers.get("x-klaviyo-partial-failure", "")
