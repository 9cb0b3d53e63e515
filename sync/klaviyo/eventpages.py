"""Decoding pages of events, thousands of rows a request, into flat records.

Works on events of any integration, so values of any type are read: an order id may be text or a number, a
value may be missing (Klaviyo does not keep zeros) or nonsense. Amounts are read as exact decimals.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from sync.klaviyo.client import Links

UNIQUE_ID, VALUE, CURRENCY = "$event_id", "$value", "$value_currency"
ORDER_ID, SHOP_ID = "OrderId", "ShopID"
OWN_PROPERTIES = {
    "unique_id": UNIQUE_ID,
    "value": VALUE,
    "currency": CURRENCY,
    "order_id": ORDER_ID,
    "shop_id": SHOP_ID,
}


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One event as Klaviyo holds it. Texts that are absent are empty; `value` is None where Klaviyo has none.

    `value` is in major units of `currency`, which is empty where the event does not say it. `others` holds
    the further properties asked for, as text, in the order asked.
    """

    id: str
    at: int  # seconds since 1970
    profile_id: str
    unique_id: str
    order_id: str
    shop_id: str
    value: Decimal | None
    currency: str
    others: tuple[str, ...] = ()


class EventPage(msgspec.Struct):
    """A page of rows and the link to the next one."""

    rows: list[EventRow]
    links: Links


Decode = Callable[[bytes], EventPage]


class _Linked(msgspec.Struct, gc=False):
    id: str = ""


class _Linkage(msgspec.Struct, gc=False):
    data: _Linked | None = None


class _Relationships(msgspec.Struct, gc=False):
    profile: _Linkage | None = None


@lru_cache(maxsize=32)
def page_decoder(extra: tuple[str, ...]) -> Decode:
    """A decoder of event pages that also reads the properties named in `extra`.

    It raises msgspec.DecodeError for what is no page of events.
    """
    usual = _decoder(extra, text=str, number=Decimal | None, order=str | int)
    odd = _decoder(extra, text=Any, number=Any, order=Any)

    def decode(content: bytes) -> EventPage:
        try:
            page = usual(content)
        except msgspec.ValidationError:  # some property is of a type of its own; take any
            page = odd(content)
            return EventPage([_odd_row(one) for one in page.data], page.links)
        return EventPage([_row(one) for one in page.data], page.links)

    return decode


def _decoder(
    extra: tuple[str, ...], *, text: object, number: object, order: object
) -> Callable[[bytes], Any]:
    """A decoder of the wire's nesting with these types for the properties; the rest is skipped unread."""
    names = {f"other_{at}": name for at, name in enumerate(extra)}
    properties = msgspec.defstruct(
        "Properties",
        [
            ("unique_id", text, ""),
            ("value", number, None),
            ("currency", text, ""),
            ("order_id", order, ""),
            ("shop_id", order, ""),
            *[(field, Any, "") for field in names],
        ],
        rename={**OWN_PROPERTIES, **names},
        gc=False,
    )
    attributes = msgspec.defstruct(
        "Attributes", [("timestamp", int), ("event_properties", properties)], gc=False
    )
    event = msgspec.defstruct(
        "Event", [("id", str), ("attributes", attributes), ("relationships", _Relationships | None, None)]
    )
    page = msgspec.defstruct("Page", [("data", list[event]), ("links", Links, Links())])  # type: ignore[valid-type]  # made at run time
    return msgspec.json.Decoder(page).decode


def _row(event: Any) -> EventRow:
    attributes = event.attributes
    found = attributes.event_properties
    order_id, shop_id = found.order_id, found.shop_id
    return EventRow(
        event.id,
        attributes.timestamp,
        _profile_id(event.relationships),
        found.unique_id,
        order_id if order_id.__class__ is str else str(order_id),
        shop_id if shop_id.__class__ is str else str(shop_id),
        found.value,
        found.currency,
        _others(found),
    )


def _odd_row(event: Any) -> EventRow:
    found = event.attributes.event_properties
    return EventRow(
        event.id,
        event.attributes.timestamp,
        _profile_id(event.relationships),
        _as_text(found.unique_id),
        _as_text(found.order_id),
        _as_text(found.shop_id),
        _as_amount(found.value),
        _as_text(found.currency),
        _others(found),
    )


def _profile_id(relationships: _Relationships | None) -> str:
    if relationships is None or relationships.profile is None or relationships.profile.data is None:
        return ""
    return relationships.profile.data.id


def _others(found: Any) -> tuple[str, ...]:
    names = found.__struct_fields__[len(OWN_PROPERTIES) :]
    return tuple([_as_text(getattr(found, name)) for name in names]) if names else ()


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool | list | dict) else str(value)


def _as_amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
