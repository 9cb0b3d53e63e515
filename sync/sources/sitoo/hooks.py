"""Sitoo's Events SPI: arrays of one to ten events that name orders and nothing else.

Deliveries are not signed; Basic auth with credentials of ours is all there is. Whatever is not a fault of the
delivery itself must be answered with 503, for under one of the two published rules any other refusal makes
Sitoo throw the whole batch away. Source: the page of the Events SPI, in both stored versions.
"""

import base64
import binascii
import hmac

import msgspec

from sync.sources.notices import Delivery, Heard, Hint, Turned
from sync.sources.protocol import Link
from sync.sources.sitoo.settings import Settings

EVENTS_MAX = 100  # ten are promised; a vendor that sends more is better heard than refused
_OF_ORDERS = frozenset({"order", "order-delivery", "booking"})
_NOT_JSON = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/html", "text/xml",
                       "application/xml"})  # fmt: skip
_FORM_WORDS = "send a JSON array of one to ten events, as the Events SPI describes"
_KEY_LENGTH_MAX = 64


def reader(settings: Settings) -> "Events":
    """Reads the deliveries for one account."""
    account_id = settings.account_id or settings.api_id.rpartition("-")[0]
    return Events(account_id, settings.site_id, settings.events_username, settings.events_password)


def subscribing(_link: Link, settings: Settings, url: str) -> str:
    """What a person pastes under Events Subscriptions in the back office; the password stays with them."""
    told: dict[str, object] = {"base_url": url, "event_types": sorted(_OF_ORDERS)}
    if settings.events_password:
        told |= {"username": settings.events_username, "password": "…"}
    return msgspec.json.format(msgspec.json.encode([told]), indent=2).decode()


class Events:
    """Reads one account's deliveries."""

    def __init__(self, account_id: str, site_id: int, username: str, password: str) -> None:
        """Without a password anybody is heard."""
        self.names = frozenset({"events"})
        self.remark = (
            ""
            if password
            else "anybody who learns the address may make us read orders again; set events_username and "
            "events_password to hear only Sitoo"
        )
        self._account_id = account_id
        self._site_id = site_id
        self._expected = f"{username}:{password}".encode() if password else None

    def read(self, delivery: Delivery) -> Heard:
        """The orders a batch of events is about. Raises Turned."""
        if self._expected is not None and not self._knows_us(delivery.headers.get("authorization", "")):
            raise Turned(401, "forged", "the user name or password is missing or wrong")
        if delivery.content_type in _NOT_JSON:
            raise Turned(415, "malformed", _FORM_WORDS)
        hints: dict[str, Hint] = {}
        other = 0
        for event in _events(delivery.body):
            hint = self._hint(event)
            if hint is None:
                other += 1
            else:
                hints.setdefault(hint.key, hint)
        return Heard(tuple(hints.values()), other)

    def _knows_us(self, header: str) -> bool:
        scheme, _, pair = header.partition(" ")
        try:
            told = base64.b64decode(pair.strip(), validate=True)
        except (binascii.Error, ValueError):
            told = b""
        return scheme.lower() == "basic" and hmac.compare_digest(told, self._expected or b"")

    def _hint(self, event: dict[str, object]) -> Hint | None:
        """The order an event is about; None for one about anything else, or of another account or site."""
        data = event.get("data")
        if event.get("event_type") not in _OF_ORDERS or not isinstance(data, dict):
            return None
        if str(event.get("account_id", self._account_id)) != self._account_id:
            return None
        if str(data.get("eshop_id", self._site_id)) != str(self._site_id):
            return None
        order_id = _digits(data.get("order_id"))
        if not order_id:
            return None
        return Hint(order_id, 0, _key(event, order_id, data))


def _events(body: bytes) -> list[dict[str, object]]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Turned(400, "malformed", f"this is no JSON; {_FORM_WORDS}") from None
    if isinstance(found, dict):
        raise Turned(400, "malformed", f"a single object is an older form that is not taken; {_FORM_WORDS}")
    if not isinstance(found, list) or len(found) > EVENTS_MAX or not all(isinstance(e, dict) for e in found):
        raise Turned(400, "malformed", _FORM_WORDS)
    return found


def _key(event: dict[str, object], order_id: str, data: dict[str, object]) -> str:
    """What tells a repetition: the event's own id; without one, what and when it tells."""
    told = event.get("event_id")
    if isinstance(told, str) and 0 < len(told) <= _KEY_LENGTH_MAX and told.isalnum() and told.isascii():
        return f"{told}:{order_id}"
    kind = str(data.get("order_event_type", ""))[:32]
    return f"{order_id}:{event.get('event_type')}:{kind}:{_digits(event.get('event_date'))}"


def _digits(value: object) -> str:
    """A number on the wire, as text; empty for anything else."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 20 else ""
