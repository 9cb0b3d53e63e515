"""Query filters: `field=value`, `field=OP,value`, and `or=`; parsed to typed conditions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from fakes.kit.refusing import Refused

IN_MAX = 100
_OPERATOR = re.compile(r"(>=|<=|><|!=|!~|=|>|<|~|IN),(.*)\Z", re.DOTALL)
_TIMES = ("timestamp", "createtime", "updatetime", "completetime", "opentime", "issuedate", "dob")
# Digits in these are a name, not a number.
_TEXTS = frozenset(
    (
        "upc",
        "ean",
        "customSku",
        "manufacturerSku",
        "systemSku",
        "ticketNumber",
        "referenceNumber",
        "zip",
        "name",
        "firstName",
        "lastName",
        "description",
        "publicID",
        "code",
    )
)

Value = int | Decimal | str


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `field` may be dotted; `values` are epoch seconds, Decimals or text in lower case."""

    field: str
    operator: str
    values: tuple[Value, ...]


def is_range(condition: Condition) -> bool:
    return condition.operator in (">", ">=", "<", "<=", "><")


def parse(field: str, text: str) -> Condition:
    """The condition a parameter states. Raises `Refused` (400) for values that do not fit the operator."""
    match = _OPERATOR.match(text)
    operator, operand = (match[1], match[2]) if match else ("=", text)
    if field.lower() == "updatetime":
        field = "updatetime"
    if operator == "IN":
        raw = _listed(operand)
        if len(raw) > IN_MAX:
            raise Refused(400, f"A maximum of {IN_MAX} values may be passed in to the IN operator.")
    elif operator == "><":
        raw = operand.split(",")
        if len(raw) != 2:
            raise Refused(400, f"The between operator for '{field}' takes two values.")
    else:
        raw = [operand]
    if operator in ("~", "!~"):
        return Condition(field, operator, (operand.casefold(),))
    return Condition(field, operator, tuple(typed(field, value, asked=True) for value in raw))


def parse_or(raw_query: str) -> list[Condition]:
    """The operands of a raw (still encoded) `or=` value: split at literal pipes, then decoded."""
    operands = []
    for part in raw_query.split("|"):
        field, equals, text = unquote_plus(part).partition("=")
        if not equals:
            raise Refused(400, "Every operand of 'or' needs a field and an encoded '='.")
        operands.append(parse(field, unquote_plus(text)))
    return operands


def typed(field: str, text: str, *, asked: bool = False) -> Value:
    """A wire value as something that compares: seconds, a Decimal, or text in lower case."""
    name = field.rpartition(".")[2]
    if name.lower() in _TIMES:
        return instant(field, text) if text or asked else ""
    if name in _TEXTS:
        return text.casefold()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text.casefold()
    return number if number.is_finite() else text.casefold()


def test(condition: Condition) -> Callable[[Any], bool]:
    """A predicate over one typed value; None (an absent field) satisfies only the negative operators."""
    operator, values = condition.operator, condition.values
    if operator in ("~", "!~"):
        like = _like(str(values[0]))
        return (lambda v: bool(like(v))) if operator == "~" else (lambda v: not like(v))
    if operator in ("=", "IN"):
        wanted = frozenset(values)
        return lambda v: v in wanted
    if operator == "!=":
        return lambda v: v != values[0]
    low, high = _bounds(operator, values)
    if isinstance(values[0], str):
        return lambda v: isinstance(v, str) and _within(v, low, high)
    return lambda v: v is not None and not isinstance(v, str) and _within(v, low, high)


def _bounds(operator: str, values: tuple[Value, ...]) -> tuple[Any, Any]:
    """(value, inclusive) below and above; None where open."""
    if operator == "><":
        return (values[0], True), (values[1], True)
    bound = (values[0], operator.endswith("="))
    return (bound, None) if operator.startswith(">") else (None, bound)


def _within(value: Any, low: Any, high: Any) -> bool:
    if low and not (value > low[0] or (low[1] and value == low[0])):
        return False
    return not high or bool(value < high[0] or (high[1] and value == high[0]))


def _like(pattern: str) -> Callable[[Any], Any]:
    """SQL LIKE without case, `%` for anything; an empty pattern matches only emptiness."""
    compiled = re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL)
    return lambda v: compiled.fullmatch("" if v is None else str(v).casefold())


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return text.split(",")
    try:
        return [str(value) for value in msgspec.json.decode(text, type=list[int | str])]
    except msgspec.MsgspecError:
        raise Refused(400, "The IN operator takes a comma separated list or a JSON array.") from None


def instant(field: str, text: str) -> int:
    # A raw "+" of an offset arrives as a blank.
    mended = re.sub(r" (\d\d:?\d\d)\Z", r"+\1", text)
    try:
        parsed = datetime.fromisoformat(mended)
    except ValueError:
        raise Refused(400, f"'{field}' needs a date and time like 2016-11-01T00:00:00-0400.") from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
