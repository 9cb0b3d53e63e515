"""How R-Series writes values: all strings, decimals in their shortest form, instants in UTC to the second.

Inside the fake money is an `int` scaled by 10^7 (line taxes carry up to seven decimals) and an instant is
whole seconds since 1970, so that a year of receipts fits in memory and sorts as plain integers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

SCALE = 10_000_000
CENT = SCALE // 100


def scaled(amount: Decimal | str | int) -> int:
    """Money as an integer of 10^-7 units; `ValueError` when the amount is finer than R-Series can hold."""
    if not amount:
        return 0
    exact = (amount if type(amount) is Decimal else Decimal(amount)) * SCALE
    whole = int(exact)
    if whole != exact:
        raise ValueError("an amount has more than seven decimals")
    return whole


def to_cents(amount: int) -> int:
    """The scaled amount rounded half away from zero to whole cents, still scaled."""
    rounded = (abs(amount) + CENT // 2) // CENT * CENT
    return rounded if amount >= 0 else -rounded


@lru_cache(maxsize=65_536)
def decimal_text(amount: int) -> str:
    """A scaled amount in its shortest form: "39.98", "0", "-34.48", "11.4860025"."""
    whole, part = divmod(abs(amount), SCALE)
    text = f"{whole}.{part:07d}".rstrip("0") if part else str(whole)
    return f"-{text}" if amount < 0 else text


def fraction_text(fraction: Decimal | str) -> str:
    """A fraction of any fineness in its shortest form: "0.4", "0"."""
    return format(Decimal(fraction).normalize(), "f")


@lru_cache(maxsize=65_536)
def time_text(seconds: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS+00:00`, always UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 of an aware instant; a naive one is a bug in the script and raises."""
    if instant.tzinfo is None:
        raise ValueError("instants are aware: give the datetime a zone")
    return int(instant.timestamp())


def flag(value: bool) -> str:
    return "true" if value else "false"


def safe(text: str) -> str:
    """Free text made fit to stand between the quotes of a JSON string."""
    return msgspec.json.encode(text).decode()[1:-1]


def encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()


def one_or_many(key: str, texts: Sequence[str]) -> str:
    """The quirk: one row is a bare object, several are an array, none leaves the key away (empty text)."""
    if not texts:
        return ""
    if len(texts) == 1:
        return f'"{key}":{texts[0]}'
    return f'"{key}":[{",".join(texts)}]'


def child(relation: str, key: str, texts: Sequence[str]) -> str:
    """A to-many relation as a fragment to append inside an object, or nothing when there are no rows."""
    return f',"{relation}":{{{one_or_many(key, texts)}}}' if texts else ""


class Shape:
    """The keys of one entity in wire order, compiled once into a template.

    Written as words `key=value`; `key=%s` varies by row, anything else is a constant of this fake. The text
    made is an object *without* its closing brace, so that relations can be appended.
    """

    __slots__ = ("keys", "template")

    def __init__(self, words: str) -> None:
        pairs = [word.partition("=") for word in words.split()]
        self.keys: tuple[str, ...] = tuple(key for key, _, _ in pairs)
        self.template = "{" + ",".join(f'"{key}":"{value}"' for key, _, value in pairs)

    def open(self, values: tuple[object, ...]) -> str:
        return self.template % values


def overlaid(opened: str, more: Mapping[str, str]) -> str:
    """An opened shape with other texts under the keys it has; keys it has not stay out."""
    record = msgspec.json.decode(f"{opened}}}")
    record.update({key: text for key, text in more.items() if key in record})
    return msgspec.json.encode(record).decode()[:-1]


def object_of(opened: str, *fragments: str) -> str:
    """Close an opened shape after appending its relation fragments."""
    return f"{opened}{''.join(fragments)}}}"


def joined(texts: Iterable[str]) -> str:
    return ",".join(texts)
