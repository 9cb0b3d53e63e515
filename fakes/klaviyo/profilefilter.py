"""Which profiles a query wants, and in which order."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from fakes.klaviyo.filters import Clause, bad_filter
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.query import Query
from fakes.klaviyo.state import State

_EMAIL = "subscriptions.email.marketing."
GLOBAL, ON_LISTS = f"{_EMAIL}suppression.", f"{_EMAIL}list_suppressions."
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "greater-than": lambda a, b: a > b,
    "greater-or-equal": lambda a, b: a >= b,
    "less-than": lambda a, b: a < b,
    "less-or-equal": lambda a, b: a <= b,
}


def matching(state: State, query: Query) -> Sequence[Profile]:
    """The profiles in the query's order; without one, in order of creation."""
    found: Sequence[Profile] = state.profiles.all
    if len(state.profiles.by_id) != len(found):
        found = list(state.profiles.by_id.values())
    suppressed = [clause for clause in query.clauses if clause.field.startswith(_EMAIL)]
    for clause in query.clauses:
        if clause not in suppressed:
            found = list(_kept(state, found, clause))
    if suppressed:
        found = _suppressed(found, suppressed)
    if query.sort:
        name, descending = query.sorted_by("")
        found = sorted(found, key=lambda p: (_sort_key(p, name), p.id), reverse=descending)
    return found


def _kept(state: State, found: Iterable[Profile], clause: Clause) -> Iterable[Profile]:
    if clause.field in ("created", "updated"):
        at, compare = clause.instant(), COMPARE[clause.operator]
        return [p for p in found if compare(getattr(p, clause.field), at)]
    wanted = clause.texts()
    if clause.field == "_kx":
        # The fake never gave an exchange token to anybody's browser.
        return []
    if clause.field == "email" and state.switches.email_lowercased:
        wanted = tuple(text.lower() for text in wanted)
    if clause.field == "id":
        holders = [state.profiles.by_id.get(text) for text in wanted]
    else:
        holders = [state.profiles.owner(clause.field, text) for text in wanted]
    if found is state.profiles.all:
        return sorted({p.ordinal: p for p in holders if p}.values(), key=lambda p: p.ordinal)
    ordinals = {person.ordinal for person in holders if person is not None}
    return [p for p in found if p.ordinal in ordinals]


def _suppressed(found: Iterable[Profile], clauses: Sequence[Clause]) -> list[Profile]:
    """Profiles with one suppression for which every clause holds."""
    names = [clause.field for clause in clauses]
    on_lists = names[0].startswith(ON_LISTS)
    if any(name.startswith(ON_LISTS) != on_lists for name in names):
        raise bad_filter("suppression and list_suppressions cannot be mixed")
    if on_lists and f"{ON_LISTS}list_id" not in names:
        raise bad_filter("list_suppressions needs a list_id")
    if sum(name.endswith(".timestamp") for name in names) > 1:
        raise bad_filter("only one date filter is allowed")
    checks = [_check(clause) for clause in clauses]
    return [
        person
        for person in found
        if any(all(check(one) for check in checks) for one in _entries(person, on_lists=on_lists))
    ]


def _check(clause: Clause) -> Callable[[dict[str, Any]], bool]:
    name = clause.field.rpartition(".")[2]
    if name == "timestamp":
        at, compare = clause.instant(), COMPARE[clause.operator]
        return lambda one: compare(datetime.fromisoformat(one["timestamp"]), at)
    wanted = clause.text()
    return lambda one: bool(one[name] == wanted)


def _entries(person: Profile, *, on_lists: bool) -> list[dict[str, Any]]:
    return person.list_suppressions if on_lists else person.suppressions


def _sort_key(person: Profile, name: str) -> Any:
    if name.startswith(_EMAIL):
        held = _entries(person, on_lists=name.startswith(ON_LISTS))
        return max((one["timestamp"] for one in held), default="")
    if name == "email":
        return person.attributes.get("email") or ""
    return getattr(person, name)
