"""Klaviyo's events as a story speaks of them: choosing, matching, and telling them to people."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fakes.klaviyo.eventstore import StoredEvent
from fakes.klaviyo.state import instant_of
from scenarios.language.then import Event
from scenarios.language.work import EventChoice
from scenarios.runner.stage import Stage
from scenarios.runner.times import shown

_OWN = "Klaviyo"  # the integration of Klaviyo's own events, of which a story does not speak
PRODUCT = "Ordered Product"


def stored(stage: Stage) -> list[StoredEvent]:
    """Every readable event that an integration sent, oldest first."""
    state = stage.chain.klaviyo.state
    state.settle()
    own = {metric.id for metric in state.metrics if metric.integration == _OWN}
    found = [event for event in state.find_events() if event.metric_id not in own]
    return sorted(found, key=lambda event: event.at)


def chosen(stage: Stage, choice: EventChoice) -> list[StoredEvent]:
    """The events a story means. Raises Failed or CannotTell."""
    return [event for event in stored(stage) if _fits(stage, event, choice)]


def _fits(stage: Stage, event: StoredEvent, choice: EventChoice) -> bool:
    return (
        choice.metric in (None, event.metric_name)
        and (choice.sale is None or order_of(event) == stage.sale(choice.sale).order_id)
        and (choice.for_ is None or belongs(stage, event, choice.for_))
        and (choice.article is None or event.properties().get("Name", event.properties().get("Product Name"))
             == choice.article)
    )  # fmt: skip


def order_of(event: StoredEvent) -> str:
    """The sale an event says it is about."""
    return str(event.properties().get("OrderId", ""))


def belongs(stage: Stage, event: StoredEvent, name: str) -> bool:
    """Whether an event is on somebody's profile."""
    profile = stage.chain.klaviyo.state.profiles.by_id.get(event.profile_id)
    return profile is not None and is_of(profile, stage.addresses(name))


def is_of(profile: Any, addresses: set[str]) -> bool:
    """Whether a profile is known by one of these."""
    own = [profile.attributes.get(name) for name in ("email", "phone_number", "external_id")]
    told = {str(one).lower() for one in own if one}
    return bool(told & addresses) or any(_same_number(one, other) for one in told for other in addresses)


def _same_number(one: str, other: str) -> bool:
    """Whether two texts are one phone number, with and without its country."""
    first, second = ("".join(sign for sign in text if sign.isdigit()) for text in (one, other))
    return one.startswith("+") and len(second) >= 8 and "@" not in other and first[-8:] == second[-8:]


def matches(stage: Stage, event: StoredEvent, wanted: Event) -> bool:
    """Whether an event is as a check says."""
    properties = event.properties()
    return (
        event.metric_name == wanted.metric
        and (wanted.for_ is None or belongs(stage, event, wanted.for_))
        and (wanted.sale is None or order_of(event) == stage.sale(wanted.sale).order_id)
        and (
            wanted.value is None or event.value == wanted.value or (event.value is None and not wanted.value)
        )
        and wanted.currency in (None, event.currency)
        and wanted.history in (None, event.backfill)
        and (wanted.at is None or instant_of(event.at) == stage.instant(wanted.at))
        and all(same(properties.get(name), value) for name, value in wanted.properties.items())
        and (wanted.only_properties is None or same(properties, wanted.only_properties))
    )


def same(actual: Any, expected: Any) -> bool:
    """Whether two values are equal; numbers by their value, to the last digit that was sent."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return actual is expected
    if isinstance(expected, int | Decimal) and isinstance(actual, int | float):
        return Decimal(str(actual)) == expected
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(same(one, other) for one, other in zip(actual, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(same(actual[key], value) for key, value in expected.items())
        )
    return bool(actual == expected)


def tell(stage: Stage, event: StoredEvent, like: Sequence[Event] = ()) -> str:
    """An event in one line, with the properties that the checks speak of."""
    sold = {one.order_id: name for name, one in stage.sold.items()}
    order = order_of(event)
    told = [event.metric_name, f"for {_who(stage, event)}", f"sale {sold.get(order, order or 'none')}"]
    told.append(f"value {event.value if event.value is not None else 'none'} {event.currency or ''}".rstrip())
    told.append(f"at {shown(instant_of(event.at), stage.zone)}")
    if any(one.history is not None for one in like):
        told.append("history" if event.backfill else "live")
    properties = event.properties()
    if event.metric_name == PRODUCT:
        told.append(f"{properties.get('Quantity')} x {properties.get('Name')}")
    named = dict.fromkeys(name for one in like for name in one.properties if one.metric == event.metric_name)
    told += [f"{name}: {properties.get(name)!r}" for name in named]
    if any(one.only_properties is not None and one.metric == event.metric_name for one in like):
        told.append(f"properties {properties}")
    return ", ".join(told)


def tell_wanted(wanted: Event) -> str:
    """What a check asks for in one line, in the same order."""
    told = [wanted.metric]
    told += [f"for {wanted.for_}"] if wanted.for_ else []
    told += [f"sale {wanted.sale}"] if wanted.sale else []
    told += [f"value {wanted.value} {wanted.currency or ''}".rstrip()] if wanted.value is not None else []
    told += [f"at {wanted.at}"] if wanted.at else []
    told += [] if wanted.history is None else ["history" if wanted.history else "live"]
    told += [f"{name}: {_python(value)!r}" for name, value in wanted.properties.items()]
    told += [f"properties {_python(wanted.only_properties)}"] if wanted.only_properties is not None else []
    return ", ".join(told)


def _python(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_python(one) for one in value]
    return {key: _python(one) for key, one in value.items()} if isinstance(value, Mapping) else value


def _who(stage: Stage, event: StoredEvent) -> str:
    profile = stage.chain.klaviyo.state.profiles.by_id.get(event.profile_id)
    if profile is None:
        return "nobody"
    for name, addresses in stage.known_as.items():
        if is_of(profile, addresses):
            return name
    known = (profile.attributes.get(name) for name in ("email", "phone_number", "external_id"))
    return next((str(one) for one in known if one), "somebody unknown")
