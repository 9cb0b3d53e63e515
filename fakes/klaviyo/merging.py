"""Two profiles becoming one, and one becoming none."""

from datetime import datetime
from typing import TYPE_CHECKING

from fakes.klaviyo.profiles import Profile

if TYPE_CHECKING:
    from fakes.klaviyo.state import State


def merge(state: "State", source_id: str, destination_id: str) -> None:
    """Move everything of the source to the destination, which keeps what it has; the source is deleted.

    Nothing happens when one of them has gone in the meantime.
    """
    source, into = state.profiles.by_id.get(source_id), state.profiles.by_id.get(destination_id)
    if source is None or into is None or source is into:
        return
    attributes, known = dict(source.attributes), into.attributes
    _move_places(state, source, into)
    state.events.reassign(
        source.ordinal, into.ordinal, collapse=state.switches.merge_duplicates == "collapse"
    )
    into.location = source.location | into.location
    into.properties = source.properties | into.properties
    into.consent = source.consent | into.consent
    into.suppressions += [one for one in source.suppressions if one not in into.suppressions]
    into.list_suppressions += [one for one in source.list_suppressions if one not in into.list_suppressions]
    into.push_tokens += source.push_tokens
    state.profiles.delete(source)
    missing = {name: value for name, value in attributes.items() if name not in known}
    state.profiles.change(into, missing, state.clock.now())
    state.counts["profiles.merged"] += 1


def delete_profile(state: "State", profile_id: str) -> None:
    """Forget a person; events stay, without anybody they lead to."""
    person = state.profiles.by_id.get(profile_id)
    if person is None:
        return
    for members in _groups(state):
        members.pop(profile_id, None)
    for token in [one.token for one in state.extras.pending.values() if one.profile_id == profile_id]:
        del state.extras.pending[token]
    state.profiles.delete(person)
    state.counts["profiles.deleted"] += 1


def _move_places(state: "State", source: Profile, into: Profile) -> None:
    """Memberships and unanswered questions."""
    for members in _groups(state):
        joined = members.pop(source.id, None)
        if joined is not None:
            members.setdefault(into.id, joined)
    for pending in state.extras.pending.values():
        if pending.profile_id == source.id:
            pending.profile_id = into.id


def _groups(state: "State") -> list[dict[str, datetime]]:
    """The members of every list and segment."""
    lists, segments = state.lists.values(), state.extras.segments.values()
    return [one.members for one in lists] + [one.members for one in segments]
