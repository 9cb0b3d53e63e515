"""What subscribing, confirming, unsubscribing and suppressing do to a profile.

Each change of consent is also an event of one of Klaviyo's own metrics, as on a real account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fakes.klaviyo.account import ProfileList
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.records import Pending

if TYPE_CHECKING:
    from fakes.klaviyo.state import State

CHANNELS = {
    "email": ("marketing", "open_tracking", "click_tracking"),
    "sms": ("marketing", "transactional"),
    "whatsapp": ("marketing", "transactional", "conversational"),
    "push": ("marketing",),
}
LIFTED = ("UNSUBSCRIBE", "SPAM_COMPLAINT", "USER_SUPPRESSED")
REASONS = ("HARD_BOUNCE", "INVALID_EMAIL", "SPAM_COMPLAINT", "UNSUBSCRIBE", "USER_SUPPRESSED")
_METRICS = {"email.marketing": "Email Marketing", "sms.marketing": "SMS Marketing"}
_SUPPRESSED = {
    "USER_SUPPRESSED": "Manually Suppressed from Email Marketing",
    "HARD_BOUNCE": "Bounced Email",
    "SPAM_COMPLAINT": "Marked Email as Spam",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One person's checked wish: who, and per channel when they consented."""

    profile_id: str | None
    clean: dict[str, Any]
    channels: dict[str, datetime]
    push_tokens: tuple[dict[str, Any], ...] = ()


def subscribe(
    state: "State", change: Change, made: ProfileList | None, source: str | None, *, historical: bool
) -> None:
    """Record consent, unless double opt-in waits for the person; lifts suppressions, joins the list."""
    person = _person(state, change)
    process = made.opt_in_process if made else state.switches.account_opt_in
    if process == "double_opt_in" and not historical:
        _ask(state, person, change, made, source)
        return
    _agree(state, person, change.channels, source, double_optin=False, method="API")
    for token in change.push_tokens:
        person.push_tokens = [one for one in person.push_tokens if one["token"] != token["token"]]
        person.push_tokens.append(token)
    _join(state, person, made, fires_flows=not historical)


def confirm(state: "State", token: str) -> Profile:
    """What the person's click on the confirmation link does. Raises KeyError for an unknown token."""
    if token not in state.extras.pending:
        raise KeyError(f"nobody was asked to confirm {token!r}")
    pending = state.extras.pending.pop(token)
    person = state.profiles.by_id[pending.profile_id]
    now = state.clock.now()
    channels = dict.fromkeys(pending.channels, now)
    _agree(state, person, channels, pending.source, double_optin=True, method="CONSENT_PAGE")
    _join(state, person, state.lists.get(pending.list_id or ""), fires_flows=True)
    return person


def unsubscribe(state: "State", change: Change, made: ProfileList | None) -> None:
    """Take consent back: from the list for its members, from everything for everybody else."""
    person = _person(state, change)
    now = state.clock.now()
    gone = {token["token"] for token in change.push_tokens}
    person.push_tokens = [one for one in person.push_tokens if one["token"] not in gone]
    if made and person.id in made.members:
        del made.members[person.id]
        person.list_suppressions.append(
            {"list_id": made.id, "reason": "UNSUBSCRIBE", "timestamp": now.isoformat(timespec="seconds")}
        )
        return
    refuse(state, person, tuple(change.channels), method="API")


def refuse(state: "State", person: Profile, channels: tuple[str, ...], *, method: str) -> None:
    """Take consent back everywhere, as the API or the person's own click on the unsubscribe link does."""
    now = state.clock.now()
    for channel in channels:
        _say(state, person, channel, "UNSUBSCRIBED", now, method)
        if channel in _METRICS:
            state.happened(person, f"Unsubscribed from {_METRICS[channel]}", {"Method": method})
    if "email.marketing" in channels and not _is_suppressed(person, "UNSUBSCRIBE"):
        _suppressed(person, "UNSUBSCRIBE", now)


def suppress(state: "State", person: Profile, reason: str) -> bool:
    """Bar a profile from e-mail for a reason; False if it already was for that reason."""
    if reason not in REASONS:
        raise ValueError(f"unknown reason {reason!r}; known: {', '.join(REASONS)}")
    if _is_suppressed(person, reason):
        return False
    _suppressed(person, reason, state.clock.now())
    if reason in _SUPPRESSED:
        state.happened(person, _SUPPRESSED[reason], {})
    return True


def unsuppress(state: "State", person: Profile) -> bool:
    """Lift what a user put on, nothing else; False if there was no such thing."""
    if not _is_suppressed(person, "USER_SUPPRESSED"):
        return False
    person.suppressions = [one for one in person.suppressions if one["reason"] != "USER_SUPPRESSED"]
    state.happened(person, "Manually Unsuppressed from Email Marketing", {})
    return True


def _agree(
    state: "State",
    person: Profile,
    channels: dict[str, datetime],
    source: str | None,
    *,
    double_optin: bool,
    method: str,
) -> None:
    for channel, at in channels.items():
        _say(state, person, channel, "SUBSCRIBED", at, method)
        person.consent[channel] |= {"custom_method_detail": source, "double_optin": double_optin}
        if channel in _METRICS:
            state.happened(person, f"Subscribed to {_METRICS[channel]}", {"Method": method})
    if "email.marketing" in channels:
        person.suppressions = [one for one in person.suppressions if one["reason"] not in LIFTED]


def _join(state: "State", person: Profile, made: ProfileList | None, *, fires_flows: bool) -> None:
    if made is None:
        return
    person.list_suppressions = [one for one in person.list_suppressions if one["list_id"] != made.id]
    if person.id not in made.members:
        made.members[person.id] = state.clock.now()
        state.counts["flows.list"] += int(fires_flows)


def _ask(
    state: "State", person: Profile, change: Change, made: ProfileList | None, source: str | None
) -> None:
    """Ask once per person and list; asking again renews the question."""
    state.counts["subscriptions.waiting"] += 1
    list_id = made.id if made else None
    held = (p for p in state.extras.pending.values() if (p.profile_id, p.list_id) == (person.id, list_id))
    old = next(held, None)
    token = old.token if old else state.ids.hexadecimal(24)
    channels = (old.channels if old else {}) | change.channels
    state.extras.pending[token] = Pending(token, person.id, list_id, channels, source, state.clock.now())


def _person(state: "State", change: Change) -> Profile:
    if change.profile_id and change.profile_id in state.profiles.by_id:
        return state.profiles.by_id[change.profile_id]
    holders = state.profiles.holders(change.clean)
    if holders:
        return holders[0]
    person = state.profiles.create(state.clock.now())
    state.profiles.change(person, change.clean, state.clock.now())
    return person


def _is_suppressed(person: Profile, reason: str) -> bool:
    return any(one["reason"] == reason for one in person.suppressions)


def _suppressed(person: Profile, reason: str, at: datetime) -> None:
    person.suppressions.append({"reason": reason, "timestamp": at.isoformat(timespec="seconds")})


def _say(  # noqa: PLR0917 - who, where, what, when, how: the order in which one tells it
    state: "State", person: Profile, channel: str, consent: str, at: datetime, method: str
) -> None:
    person.consent[channel] = {
        "consent": consent,
        "consent_timestamp": at.isoformat(timespec="seconds"),
        "last_updated": state.clock.now().isoformat(timespec="seconds"),
        "method": method,
        "method_detail": None,
    }
