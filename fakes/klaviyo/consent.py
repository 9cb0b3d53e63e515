"""What subscribing and unsubscribing do to a profile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fakes.klaviyo.account import ProfileList
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.state import State

CHANNELS = {
    "email": ("marketing", "open_tracking", "click_tracking"),
    "sms": ("marketing", "transactional"),
    "whatsapp": ("marketing", "transactional"),
    "push": ("marketing", "tokens"),
}
LIFTED = ("UNSUBSCRIBE", "SPAM_COMPLAINT", "USER_SUPPRESSED")


@dataclass(frozen=True, slots=True)
class Change:
    """One person's checked wish: who, and per channel when they consented."""

    profile_id: str | None
    clean: dict[str, Any]
    channels: dict[str, datetime]


def subscribe(
    state: State, change: Change, made: ProfileList | None, source: str | None, *, historical: bool
) -> None:
    """Record consent, unless double opt-in waits for the person; lifts suppressions, joins the list."""
    person = _person(state, change)
    process = made.opt_in_process if made else state.switches.account_opt_in
    if process == "double_opt_in" and not historical:
        state.counts["subscriptions.waiting"] += 1
        return
    for channel, at in change.channels.items():
        _say(state, person, channel, "SUBSCRIBED", at)
        person.consent[channel] |= {"custom_method_detail": source, "double_optin": False}
    if "email.marketing" in change.channels:
        person.suppressions = [s for s in person.suppressions if s["reason"] not in LIFTED]
        if made:
            person.list_suppressions = [s for s in person.list_suppressions if s["list_id"] != made.id]
    if made and person.id not in made.members:
        made.members[person.id] = state.clock.now()
        state.counts["flows.list"] += int(not historical)


def unsubscribe(state: State, change: Change, made: ProfileList | None) -> None:
    """Take consent back: from the list for its members, from everything for everybody else."""
    person = _person(state, change)
    now = state.clock.now()
    if made and person.id in made.members:
        del made.members[person.id]
        person.list_suppressions.append(
            {"list_id": made.id, "reason": "UNSUBSCRIBE", "timestamp": now.isoformat(timespec="seconds")}
        )
        return
    for channel in change.channels:
        _say(state, person, channel, "UNSUBSCRIBED", now)
    if "email.marketing" in change.channels:
        person.suppressions.append({"reason": "UNSUBSCRIBE", "timestamp": now.isoformat(timespec="seconds")})


def _person(state: State, change: Change) -> Profile:
    if change.profile_id and change.profile_id in state.profiles.by_id:
        return state.profiles.by_id[change.profile_id]
    holders = state.profiles.holders(change.clean)
    if holders:
        return holders[0]
    person = state.profiles.create(state.clock.now())
    state.profiles.change(person, change.clean, state.clock.now())
    return person


def _say(state: State, person: Profile, channel: str, consent: str, at: datetime) -> None:
    person.consent[channel] = {
        "consent": consent,
        "consent_timestamp": at.isoformat(timespec="seconds"),
        "last_updated": state.clock.now().isoformat(timespec="seconds"),
        "method": "API",
        "method_detail": None,
    }
