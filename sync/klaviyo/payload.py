"""A planned event as the bytes Klaviyo gets, and a customer as the profile they have there.

The bytes are made once and kept, so that every retry repeats them. An event carries an identifier of its
profile and nothing else of the person: attributes go by profile import, from the customer as known today,
lest a backfill put last year's address on a profile. Sizes and limits: Klaviyo's events API overview.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from sync.domain.clock import iso
from sync.domain.contact import usable_email, usable_phone
from sync.domain.facts import Customer, Shop
from sync.domain.masking import mask_text
from sync.domain.money import major_text
from sync.domain.planning import PlannedEvent
from sync.domain.presets import Preset
from sync.domain.profile import EMAIL, EXTERNAL_ID, anchor, named, usable_external_id
from sync.klaviyo import klavx, native, sitoo
from sync.klaviyo.errors import CannotSend
from sync.klaviyo.fieldnames import renamed
from sync.klaviyo.jsontext import pair, quoted

__all__ = ["CannotSend", "Payload", "build", "otherwise_delivered", "profile_attributes"]

MAPPINGS: Mapping[str, Callable[[PlannedEvent, str, Shop | None], str]] = {
    "klaviyo-native": native.properties,
    "sitoo": sitoo.properties,
    "klavx": klavx.properties,
}
_OF_PROFILES: Mapping[str, Callable[[Customer], str]] = {"klavx": klavx.profile_properties}
EVENT_BYTES_MAX = 4_990_000  # 5 MB with room for the request around it
PROFILE_BYTES_MAX = 95_000
TEXT_BYTES_MAX = 100_000
UNIQUE_ID_LENGTH_MAX = 255
_BY_EMAIL = (EMAIL,)
_METRIC_LENGTH_MAX = 127
_EARLIEST_AT = datetime(2000, 1, 1, tzinfo=UTC)  # Klaviyo's pages say 1990 and 2000; both take this one
_AHEAD_MAX = timedelta(days=364)  # Klaviyo takes at most a year


@dataclass(frozen=True, slots=True)
class Payload:
    """One event ready to be kept and sent.

    `profile` is the whole JSON:API object of the identifiers. `event` is the inside of the event's
    `attributes` without braces, so that the single and the bulk body are put together around it; it ends
    with `"backfill":…,"unique_id":…,"metric":…` in this order.
    """

    metric: str
    email: str  # or what else the profile is known by, as `sync.domain.profile` writes it
    profile: bytes
    event: bytes


@dataclass(frozen=True, slots=True)
class _Person:
    email: str  # or what else they are known by
    domain: str  # quoted
    profile: bytes


def build(
    planned: PlannedEvent,
    *,
    preset: Preset,
    shop: Shop | None,
    backfill: bool,
    now_at: datetime | None = None,
) -> Payload:
    """The event as Klaviyo gets it, under the preset's metric name and property mapping.

    The same facts give the same bytes. `now_at` switches on the check for instants too far ahead.
    Raises CannotSend for what Klaviyo would refuse or swallow.
    """
    person = _person_of(planned.customer, preset.policy.identifiers)
    metric = preset.metrics.get(planned.kind)
    if metric is None:
        raise CannotSend("metric_off", "the preset sends no events of this kind")
    properties = MAPPINGS[preset.mapping](planned, person.domain, shop)
    if preset.event_fields.changes:
        properties = renamed(properties, preset.event_fields)
    text = (
        f'"properties":{{{properties}}},"time":"{_time(planned.happened_at, now_at)}",'
        f'"value":{major_text(planned.value_minor, planned.currency)},{_currency(planned.currency)}'
        f'"backfill":{"true" if backfill else "false"},"unique_id":{_unique_id(planned.event_id)},'
        f"{_metric(metric)}"
    )
    event = text.encode()
    if len(event) > TEXT_BYTES_MAX:
        _check_sizes(event)
    return Payload(metric, person.email, person.profile, event)


def otherwise_delivered(event: bytes) -> bytes:
    """The same event sent live instead of as history, or the other way round."""
    # Quotes inside a JSON string are escaped, so the last one can only be the member of that name.
    head, mark, tail = event.rpartition(b'"backfill":')
    flag, comma, rest = tail.partition(b",")
    return head + mark + (b"false" if flag == b"true" else b"true") + comma + rest


def properties_of(event: bytes, address: str = "") -> str:
    """The properties of a built event as JSON, for somebody to look at before anything is sent.

    What is personal in them is masked: the domain of `address`, and addresses and numbers in any text.
    """
    found = msgspec.json.decode(b"{%b}" % event, type=_Built)
    told = mask_text(bytes(found.properties).decode())
    domain = address.rpartition("@")[2]
    return told.replace(quoted(domain), '"***"') if domain else told


class _Built(msgspec.Struct):
    properties: msgspec.Raw


def profile_attributes(customer: Customer, country: str, preset: Preset | None = None) -> bytes:
    """The attributes of the customer's profile as a JSON object, from the customer as known today.

    The phone number goes along only when it is valid, read with `country` (ISO 3166 alpha-2). What the
    till does not know is left out, so that it does not wipe what Klaviyo knows; `preset` may add properties
    of its own. Raises CannotSend when there is no usable e-mail address or the record is too large.
    """
    identifiers = preset.policy.identifiers if preset is not None else _BY_EMAIL
    _person_of(customer, identifiers)
    number = usable_external_id(customer.external_id) if EXTERNAL_ID in identifiers else None
    location = "".join(
        pair(name, text.strip())
        for name, text in (
            ("city", customer.city),
            ("region", customer.region),
            ("zip", customer.zip),
            ("country", customer.country),
        )
    ).rstrip(",")
    attributes = (
        f"{pair('email', usable_email(customer.email) or '')}"
        f"{pair('phone_number', usable_phone(customer.phone, country) or '')}"
        f"{pair('external_id', number or '')}"
        f"{pair('first_name', customer.first_name.strip())}{pair('last_name', customer.last_name.strip())}"
        f"{pair('organization', customer.company.strip())}{pair('title', customer.title.strip())}"
        + (f'"location":{{{location}}},' if location else "")
        + _custom(customer, preset)
    )
    encoded = f"{{{attributes.rstrip(',')}}}".encode()
    if len(encoded) > PROFILE_BYTES_MAX:
        raise CannotSend("profile_too_large", "the customer record is larger than Klaviyo takes (95 KB)")
    return encoded


def _custom(customer: Customer, preset: Preset | None) -> str:
    if preset is None or preset.mapping not in _OF_PROFILES:
        return ""
    text = _OF_PROFILES[preset.mapping](customer)
    if preset.profile_fields.changes:
        text = renamed(text, preset.profile_fields)
    return f'"properties":{{{text}}}' if text else ""


def _person_of(customer: Customer | None, identifiers: Sequence[str]) -> _Person:
    if len(identifiers) > 1:
        key = anchor(customer, identifiers) if customer is not None else None
        if key is None:
            raise CannotSend("no_identifier", "nothing names the profile in a form that Klaviyo takes")
        return _known_by(key)
    raw = customer.email if customer is not None else ""
    if not raw:
        raise CannotSend("no_email", "there is no e-mail address to send the event to")
    person = _person(raw)
    if person is None:
        raise CannotSend("unusable_email", "the customer's e-mail address is one that Klaviyo does not take")
    return person


@lru_cache(maxsize=4_096)
def _person(raw_email: str) -> _Person | None:
    email = usable_email(raw_email)
    if email is None:
        return None
    profile = f'{{"type":"profile","attributes":{{"email":{quoted(email)}}}}}'
    return _Person(email, quoted(email.rpartition("@")[2]), profile.encode())


@lru_cache(maxsize=4_096)
def _known_by(key: str) -> _Person:
    name, value = named(key)
    profile = f'{{"type":"profile","attributes":{{"{name}":{quoted(value)}}}}}'
    return _Person(key, quoted(value.rpartition("@")[2] if name == EMAIL else ""), profile.encode())


def _time(happened_at: datetime | None, now_at: datetime | None) -> str:
    if happened_at is None:
        raise CannotSend("no_time", "the sale does not say when it was completed")
    if happened_at < _EARLIEST_AT:
        raise CannotSend(
            "time_too_old", "the sale is dated before the year 2000, which Klaviyo does not take"
        )
    if now_at is not None and happened_at > now_at + _AHEAD_MAX:
        raise CannotSend("time_too_far_ahead", "the sale is dated a year or more in the future")
    return iso(happened_at)


@lru_cache(maxsize=256)
def _currency(currency: str) -> str:
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise CannotSend("unknown_currency", "the sale's currency is no ISO 4217 code")
    return f'"value_currency":"{currency}",'


def _unique_id(event_id: str) -> str:
    if not 0 < len(event_id) <= UNIQUE_ID_LENGTH_MAX:
        raise CannotSend("unique_id_length", "the event's id is empty or longer than 255 characters")
    return quoted(event_id)


@lru_cache(maxsize=256)
def _metric(name: str) -> str:
    if not 0 < len(name) <= _METRIC_LENGTH_MAX:
        raise CannotSend("metric_name_length", "the metric's name is empty or longer than 127 characters")
    return f'"metric":{{"data":{{"type":"metric","attributes":{{"name":{quoted(name)}}}}}}}'


def _check_sizes(event: bytes) -> None:
    if len(event) > EVENT_BYTES_MAX:
        raise CannotSend("event_too_large", "the event is larger than Klaviyo takes (5 MB)")
    tree = msgspec.json.decode(b"{%b}" % event)
    if any(len(text.encode()) > TEXT_BYTES_MAX for text in _texts(tree)):
        raise CannotSend("text_too_long", "a text of the sale is longer than Klaviyo takes (100 KB)")


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _texts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _texts(value)
