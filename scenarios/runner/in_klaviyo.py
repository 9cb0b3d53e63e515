"""Carrying out what is done to Klaviyo behind our back: defects planted, people who change their minds."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from fakes.klaviyo.eventstore import StoredEvent
from fakes.klaviyo.merging import delete_profile, merge
from fakes.klaviyo.state import instant_of
from fakes.klaviyo.values import compact
from scenarios.language.work import Changes, Copies, EventChoice, Gains, ProfileChange
from scenarios.runner.events import chosen, is_of, stored, tell
from scenarios.runner.failing import CannotTell, Failed
from scenarios.runner.stage import Sold, Stage
from sync.domain.identity import sale_event_id


def loses(stage: Stage, told: EventChoice) -> None:
    """Events disappear."""
    for event in _victims(stage, told):
        stage.chain.klaviyo.state.delete_event(event.id)
    stage.touched()


def copies(stage: Stage, told: Copies) -> None:
    """Events are there twice, the second time on another profile."""
    for event in _victims(stage, told):
        stage.chain.klaviyo.state.copy_event(event.id, email=told.to)
    stage.touched()


def changes(stage: Stage, told: Changes) -> None:
    """Events are otherwise than they were sent."""
    state = stage.chain.klaviyo.state
    for event in _victims(stage, told):
        row = state.events.row_of(event.id)
        assert row is not None, "it was found a moment ago"
        if told.set_value is not None:
            state.set_value(event.id, told.set_value)
        if told.set_currency is not None:
            state.events.currency[row] = state.currency_number(told.set_currency)
        if told.set_properties:
            merged = {**event.properties(), **_json(told.set_properties)}
            kept = {name: value for name, value in merged.items() if value is not None}
            state.events.properties[row] = compact(kept, bytearray())
        at = instant_of(event.at) + timedelta(seconds=(told.later or 0) - (told.earlier or 0))
        if told.set_at is not None:
            at = stage.instant(told.set_at)
        if at != instant_of(event.at):
            state.set_time(event.id, at)
        if told.set_profile is not None:
            state.copy_event(event.id, email=told.set_profile)
            state.delete_event(event.id)
    stage.touched()


def gains(stage: Stage, told: Gains) -> None:
    """An event that nobody here sent."""
    state = stage.chain.klaviyo.state
    properties = _json(told.properties)
    key = told.key
    if told.sale is not None:
        sold = stage.sale(told.sale)
        properties.setdefault("OrderId", sold.order_id)
        key = key or _key(stage, sold)
    at = stage.now if told.at is None else stage.instant(told.at)
    made = key or f"story:gained:{len(state.events)}"
    state.add_event(
        told.metric, _address(stage, told.for_), made, at, told.value, properties, told.currency,
        integration=told.integration,
    )  # fmt: skip
    stage.touched()


def profile(stage: Stage, told: ProfileChange) -> None:
    """Somebody does something in Klaviyo, or somebody does it to them."""
    state = stage.chain.klaviyo.state
    found = profile_of(stage, told.for_)
    if told.consent is not None:
        stage.consent(found, told.consent)
    if told.set_email is not None:
        state.profiles.change(found, {"email": told.set_email.lower()}, stage.now)
        if told.for_ in stage.known_as:
            stage.known_as[told.for_].add(told.set_email.lower())
    if told.merge_into is not None:
        merge(state, found.id, profile_of(stage, told.merge_into).id)
    if told.delete:
        delete_profile(state, found.id)
    stage.touched()


def profile_of(stage: Stage, name: str) -> Any:
    """Somebody's profile. Raises Failed when Klaviyo has none."""
    addresses = stage.addresses(name)
    for found in stage.chain.klaviyo.state.profiles.by_id.values():
        if is_of(found, addresses):
            return found
    raise Failed(f"Klaviyo has no profile of {name}")


def _victims(stage: Stage, choice: EventChoice) -> list[StoredEvent]:
    found = chosen(stage, choice)
    if not found or (choice.count is not None and len(found) != choice.count):
        wanted = "an event" if choice.count is None else f"{choice.count} events"
        there = [tell(stage, event) for event in stored(stage)]
        raise Failed(f"there must be {wanted} like this in Klaviyo, there are {len(found)}", (), tuple(there))
    return found


def _key(stage: Stage, sold: Sold) -> str | None:
    """The unique_id under which a sale's order was sent, or would be at tills that tell their account."""
    order_id = sold.order_id
    for event in stored(stage):
        if event.properties().get("OrderId") == order_id and event.unique_id.count(":") == 2:
            return event.unique_id
    source, account = stage.chain.sources[sold.till], stage.fake(sold.till).credentials.get("account_id")
    return sale_event_id(source, str(account), sold.order_id) if account else None


def _address(stage: Stage, name: str) -> str:
    if "@" in name:
        return name
    known = sorted(one for one in stage.addresses(name) if "@" in one)
    if not known:
        raise CannotTell(f"`{name}` has no address")
    return known[0]


def _json(told: Mapping[str, Any]) -> dict[str, Any]:
    from decimal import Decimal  # noqa: PLC0415 - beside its one use

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, list):
            return [plain(one) for one in value]
        return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value

    return {name: plain(value) for name, value in told.items()}


DO: Mapping[str, Callable[..., None]] = {
    "klaviyo loses": loses,
    "klaviyo copies": copies,
    "klaviyo changes": changes,
    "klaviyo gains": gains,
    "klaviyo profile": profile,
}
