"""What happens after the 202: who the events belong to, which are discarded, when the rest can be read."""

from datetime import timedelta

from flask import Request

from fakes.kit.faults import Faults
from fakes.klaviyo.identity import is_discarded
from fakes.klaviyo.intake import Ready, ReadyEvent
from fakes.klaviyo.profiles import KEYED, Profile, patch_properties
from fakes.klaviyo.state import State
from fakes.klaviyo.webhooks import announce

_PAST = timedelta(days=1)


def process(state: State, ready: list[Ready], faults: Faults, request: Request) -> None:
    """Store accepted events. What Klaviyo discards in silence is only counted, in ``state.counts``."""
    before = len(state.events)
    scripted = [kind for kind in ("drop_after_202", "late_visibility", "duplicate") if faults.has(kind)]
    first = len(state.events)
    for entry in ready:
        person = _owner(state, entry)
        if person is None:
            continue
        for event in entry.events:
            if scripted:
                _store_with_faults(state, person, event, faults, request)
                first = len(state.events)
            elif state.store(person, event) is not None:
                _fire_flows(state, event)
    state.publish(first, state.switches.visibility_delay_s)
    if state.extras.webhooks:
        announce(state, before, len(state.events))


def _owner(state: State, entry: Ready) -> Profile | None:
    """The profile that the entry's events go to, created or updated; None if they are lost."""
    reason = _lost(state, entry)
    if reason:
        state.counts[f"events.lost.{reason}"] += len(entry.events)
        return None
    person = _find(state, entry)
    if person is None:
        person = state.profiles.create(state.clock.now())
    clean = entry.attributes
    if _says_something_new(person, clean):
        free = {name: value for name, value in clean.items() if not _is_anothers(state, person, name, value)}
        state.profiles.change(person, free, state.clock.now())
    if entry.patch:
        patch_properties(person.properties, entry.patch)
    return person


def _lost(state: State, entry: Ready) -> str:
    """Why the events vanish after their 202; empty if they do not."""
    clean, switches = entry.attributes, state.switches
    email = clean.get("email")
    if email is not None and is_discarded(email, switches.discarded_domains):
        return "domain"
    if entry.only_kx:
        return "unknown_token"
    phone_only = clean.get("phone_number") is not None and not any(
        clean.get(name) is not None for name in ("email", "external_id", "anonymous_id")
    )
    if phone_only and not entry.profile_id and not switches.sms_configured:
        return "sms_not_configured"
    if entry.profile_id and entry.profile_id not in state.profiles.by_id:
        return "unknown_profile"
    if switches.wrong_identifiers == "lose":
        holders = {holder.id for holder in state.profiles.holders(clean)}
        if len(holders | ({entry.profile_id} if entry.profile_id else set())) > 1:
            return "wrong_identifiers"
    return ""


def _find(state: State, entry: Ready) -> Profile | None:
    """By id, else by the strongest identifier that is known; a weaker one never takes over another e-mail."""
    if entry.profile_id:
        return state.profiles.by_id[entry.profile_id]
    email = entry.attributes.get("email")
    for holder in state.profiles.holders(entry.attributes):
        if email is None or holder.attributes.get("email") in (None, email):
            return holder
    return None


def _says_something_new(person: Profile, clean: dict[str, object]) -> bool:
    known = person.attributes
    return any(known.get(name) != value for name, value in clean.items())


def _is_anothers(state: State, person: Profile, name: str, value: object) -> bool:
    """An identifier that another profile has stays there."""
    if name not in KEYED or value is None:
        return False
    holder = state.profiles.owner(name, value)
    return holder is not None and holder is not person


def _store_with_faults(
    state: State, person: Profile, event: ReadyEvent, faults: Faults, request: Request
) -> None:
    if faults.take("drop_after_202", request):
        state.counts["events.lost.fault"] += 1
        return
    first = len(state.events)
    row = state.store(person, event)
    if row is None:
        return
    _fire_flows(state, event)
    if faults.take("duplicate", request):
        state.store_again(row)
    late = faults.take("late_visibility", request)
    state.publish(first, late.seconds(60.0) if late else state.switches.visibility_delay_s)


def _fire_flows(state: State, event: ReadyEvent) -> None:
    """Count the metric flows that this event would start."""
    if event.backfill:
        return
    if state.switches.past_events_fire_flows or event.at >= (state.clock.now() - _PAST).timestamp():
        state.counts["flows.metric"] += 1
