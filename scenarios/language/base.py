"""What the words of a story are made of."""

import difflib
import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_SPAN = re.compile(r"([0-9]{1,9})\s*(s|m|h|d|seconds?|minutes?|hours?|days?)")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AT = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2}|tomorrow) )?([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?: (first|second))?(?: (UTC|in [A-Za-z_+\-/0-9]+))?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_FAR = 20 * 366 * 86_400  # seconds: no story lasts longer


def spoken(name: str) -> str:
    """A field's name as a story writes it."""
    return name.rstrip("_").replace("_", " ")


class Words(BaseModel):
    """What may stand behind a word: named things, no others. `SHORT` names the one that may stand alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=spoken)
    SHORT: ClassVar[str] = ""


def _amount(told: object) -> object:
    if isinstance(told, int | Decimal) and not isinstance(told, bool):
        return Decimal(told)
    raise ValueError("must be an amount such as 12.00")


def _name(told: object) -> object:
    if isinstance(told, int) and not isinstance(told, bool):
        return str(told)
    return told


def _span(told: object) -> object:
    found = _SPAN.fullmatch(told.strip()) if isinstance(told, str) else None
    if found is None:
        raise ValueError("must be a span such as 90s, 15m, 2h or 3 days")
    seconds = int(found[1]) * _UNITS_S[found[2][0]]
    if seconds > _FAR:
        raise ValueError("is longer than any story; a span is at most 20 years")
    return seconds


def _moment(told: object) -> object:
    found = _AT.fullmatch(told.strip()) if isinstance(told, str) else None
    if found is None:
        raise ValueError(
            "must be a time such as 10:15, 2026-05-04 10:15, tomorrow 06:00, 2026-05-04 10:15 UTC, "
            "2026-05-04 10:15 in Europe/Stockholm, or 2026-11-01 01:30 second"
        )
    day, clock, _, zone = found.groups()
    if day not in {None, "tomorrow"}:
        _on_the_calendar(day)
    try:
        time.fromisoformat(clock)
    except ValueError:
        raise ValueError(f"there is no time of day {clock}") from None
    if zone:
        _zone(zone.removeprefix("in "))
    return found[0]


def _day(told: object) -> object:
    if not isinstance(told, str) or not _DAY.fullmatch(told):
        raise ValueError("must be a day such as 2026-05-04")
    _on_the_calendar(told)
    return told


def _on_the_calendar(day: str) -> None:
    try:
        far = not 1970 <= date.fromisoformat(day).year <= 2100
    except ValueError:
        raise ValueError(f"there is no day {day}") from None
    if far:
        raise ValueError(f"{day} is too far away; stories are told from 1970 to 2100")


def _zone(told: object) -> object:
    try:
        return ZoneInfo(str(told)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(str(told), sorted(available_timezones()), n=1)
        hint = f"did you mean `{near[0]}`?" if near else "write one such as Europe/Stockholm"
        raise ValueError(f"there is no time zone {told}; {hint}") from None


def _currency(told: object) -> object:
    if not isinstance(told, str) or not _CURRENCY.fullmatch(told):
        raise ValueError("must be a currency such as USD")
    return told


def _many(told: object) -> object:
    return told if isinstance(told, list | dict) else [told]


def _pieces(told: object) -> object:
    """`{Mug: 3}` or `[Mug, {article: Tea, …}]` as a list of items."""
    if isinstance(told, dict):
        return [{"article": article, "quantity": quantity} for article, quantity in told.items()]
    if isinstance(told, list):
        return [{"article": one} if isinstance(one, str) else one for one in told]
    raise ValueError("must say what and how many, such as {Mug: 3}")


def moment_parts(text: str) -> tuple[str, str, str, str]:
    """Day, time, `first` or `second`, and zone of a time as a story writes it; empty where not said."""
    found = _AT.fullmatch(text)
    assert found is not None, text
    day, clock, fold, zone = (part or "" for part in found.groups())
    return day, clock, fold, zone.removeprefix("in ")


_TIMES = "10:15, 2026-05-04 10:15, tomorrow 06:00, … UTC, … in Europe/Stockholm"


def _like(pattern: re.Pattern[str], meant: str) -> Any:
    """What editors check of a text: its shape. What no pattern knows, such as the calendar, is left to us."""
    return Annotated[str, Field(pattern=f"^{pattern.pattern}$", description=meant)]


Amount = Annotated[Decimal, BeforeValidator(_amount, json_schema_input_type=float)]
Name = Annotated[str, BeforeValidator(_name, json_schema_input_type=str | int), Field(min_length=1)]
Span = Annotated[int, BeforeValidator(_span, json_schema_input_type=_like(_SPAN, "90s, 15m, 2h or 3 days"))]
Moment = Annotated[str, BeforeValidator(_moment, json_schema_input_type=_like(_AT, _TIMES))]
Day = Annotated[str, BeforeValidator(_day, json_schema_input_type=_like(_DAY, "2026-05-04"))]
Zone = Annotated[str, BeforeValidator(_zone, json_schema_input_type=str)]
Currency = Annotated[str, BeforeValidator(_currency, json_schema_input_type=_like(_CURRENCY, "USD"))]
Names = Annotated[list[Name], BeforeValidator(_many, json_schema_input_type=list[str | int] | str)]
Anything = dict[str, Any]


class Item(Words):
    """One line of a receipt. A plain `{Mug: 3}` is a quantity at the article's price."""

    article: Name
    quantity: Amount = Decimal(1)
    price: Amount | None = None  # of one; none: the article's
    discount: Amount | None = None  # of the whole line
    tax: Amount | None = (
        None  # of the whole line (lightspeed_r); a rate such as 0.08 (lightspeed_x); percent (sitoo)
    )
    offer: str = ""  # the name of the discount (lightspeed_r)
    note: str = ""
    extra: Anything = Field(default_factory=dict)  # more of the fake's own LineIn


Items = Annotated[
    list[Item],
    BeforeValidator(
        _pieces, json_schema_input_type=list[Item | Annotated[str, Field(min_length=1)]] | dict[str, float]
    ),
]
Returned = Annotated[dict[Name, Amount], Field(min_length=1)]
