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
        and (choice.dated is None or instant_of(event.at) == stage.instant(choice.dated))
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


def tell(stage: Stage, event: StoredEvent, like: Event | None = None) -> str:
    """An event in one line: what a check asks of it, or what anybody would want to know."""
    properties = event.properties()
    sold = {one.order_id: name for name, one in stage.sold.items()}
    order = order_of(event)
    told = {
        "for": _who(stage, event),
        "sale": sold.get(order, order or "none"),
        "value": _amount(event.value),
        "currency": event.currency or "none",
        "at": shown(instant_of(event.at), stage.zone),
        "history": str(event.backfill).lower(),
    }
    if like is None:
        goods = (
            [f"{properties.get('Quantity')} x {properties.get('Name')}"]
            if event.metric_name == PRODUCT
            else []
        )
        return _line(event.metric_name, {name: told[name] for name in ("for", "sale", "value", "at")}, goods)
    named = {name: told[name] for name in _asked(like)}
    more = [f"{name}: {_python(properties.get(name))!r}" for name in like.properties]
    more += [f"properties: {dict(sorted(properties.items()))}"] if like.only_properties is not None else []
    return _line(event.metric_name, named, more)


def tell_wanted(stage: Stage, wanted: Event) -> str:
    """What a check asks for, in the same words and order."""
    told = {
        "for": wanted.for_ or "",
        "sale": wanted.sale or "",
        "value": _amount(wanted.value),
        "currency": wanted.currency or "",
        "at": shown(stage.instant(wanted.at), stage.zone) if wanted.at else "",
        "history": str(wanted.history).lower(),
    }
    more = [f"{name}: {_python(value)!r}" for name, value in wanted.properties.items()]
    if wanted.only_properties is not None:
        more.append(f"properties: {dict(sorted(_python(wanted.only_properties).items()))}")
    return _line(wanted.metric, {name: told[name] for name in _asked(wanted)}, more)


def nearest(stage: Stage, wanted: Event, left: Sequence[StoredEvent]) -> StoredEvent | None:
    """The event that a check probably means though it is not quite as it says."""
    alike = [event for event in left if event.metric_name == wanted.metric]
    line = tell_wanted(stage, wanted)

    def shared(event: StoredEvent) -> int:
        return len(set(line.split(", ")) & set(tell(stage, event, wanted).split(", ")))

    return max(alike, key=shared, default=None)


def _asked(wanted: Event) -> list[str]:
    """What a check says of an event, beside its properties."""
    told = {
        "for": wanted.for_, "sale": wanted.sale, "value": wanted.value, "currency": wanted.currency,
        "at": wanted.at, "history": wanted.history,
    }  # fmt: skip
    return [name for name, value in told.items() if value is not None]


def _line(metric: str, named: Mapping[str, str], more: Sequence[str]) -> str:
    return ", ".join([metric, *(f"{name} {value}" for name, value in named.items()), *more])


def _amount(value: Decimal | None) -> str:
    return (
        "none" if value is None else f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
    )


def _python(value: Any) -> Any:
    """A value as Klaviyo's JSON has it, so that both sides are written alike."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, float) and value == int(value):
        return int(value)
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
