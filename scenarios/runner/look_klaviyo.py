"""Checks of what Klaviyo holds."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fakes.klaviyo.eventstore import StoredEvent
from scenarios.language.then import Counts, Event, Events, People, Profile, Requests
from scenarios.runner.events import PRODUCT, is_of, matches, nearest, same, stored, tell, tell_wanted
from scenarios.runner.failing import CannotTell, Failed, must
from scenarios.runner.in_klaviyo import profile_of
from scenarios.runner.stage import Stage


def has_only(stage: Stage, told: Events) -> None:
    """These events and no others."""
    _has(stage, told.root, only=True)


def has(stage: Stage, told: Events) -> None:
    """At least these events."""
    _has(stage, told.root, only=False)


def _has(stage: Stage, told: Sequence[Event], *, only: bool) -> None:
    wanted = _written_out(told)
    left = stored(stage)
    missing: list[Event] = []
    # What says most is matched first, so that a vague line does not take what a precise one needs.
    for one in sorted(wanted, key=_precision, reverse=True):
        found = next((event for event in left if matches(stage, event, one)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
    if not missing and (not left or not only):
        return
    raise Failed(_said(len(missing), len(left), only=only), *_both(stage, missing, left, only=only))


def _both(
    stage: Stage, missing: list[Event], left: list[StoredEvent], *, only: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Expected lines, and beside each the event that comes nearest; then the others that matter."""
    expected, actual, others = [], [], list(left)
    for one in missing:
        expected.append(tell_wanted(stage, one))
        near = nearest(stage, one, others)
        if near is not None:
            others.remove(near)
            actual.append(tell(stage, near, one))
    # Where more may be there than is named, the others say something only if nothing came near.
    more = others if only or not actual else []
    return tuple(expected), (*actual, *(tell(stage, event) for event in more))


def _said(missing: int, left: int, *, only: bool) -> str:
    told = [f"{missing} not as expected"] if missing else []
    told += [f"{left} that the story does not name"] if left and only else []
    return f"events in Klaviyo: {', '.join(told)}"


def _written_out(told: Sequence[Event]) -> list[Event]:
    """Each as often as it is to be there, followed by its products."""
    wanted: list[Event] = []
    for one in told:
        wanted += [one.model_copy(update={"products": {}})] * one.count
        for article, quantity in one.products.items():
            update: dict[str, Any] = {
                "metric": PRODUCT, "value": None, "products": {}, "only_properties": None,
                "properties": {"Name": article, "Quantity": quantity},
            }  # fmt: skip
            wanted.append(one.model_copy(update=update))
    return wanted


def _precision(one: Event) -> int:
    named = (one.for_, one.sale, one.value, one.at, one.currency, one.history, one.only_properties)
    return sum(value is not None for value in named) + len(one.properties)


def lacks(stage: Stage, told: Events) -> None:
    """None like these."""
    for one in told.root:
        found = [event for event in stored(stage) if matches(stage, event, one)]
        must(
            not found, "events in Klaviyo that must not be there", ["none"],
            [tell(stage, event) for event in found],
        )  # fmt: skip


def counts_only(stage: Stage, told: Counts) -> None:
    """So many of each metric, and of no other."""
    found = Counter(event.metric_name for event in stored(stage))
    expected = {name: count for name, count in told.root.items() if count}
    must(
        dict(found) == expected,
        "events in Klaviyo by metric",
        [f"{name}: {count}" for name, count in sorted(expected.items())],
        [f"{name}: {count}" for name, count in sorted(found.items())],
    )


_TEXTS = {
    "email": "email", "phone": "phone_number", "first_name": "first_name", "last_name": "last_name",
    "organization": "organization",
    "title": "title",
}  # fmt: skip


def profile_is(stage: Stage, told: Profile) -> None:
    """A profile as the story says."""
    found = profile_of(stage, told.of)
    expected: dict[str, Any] = {}
    actual: dict[str, Any] = {}
    for name, key in _TEXTS.items():
        if getattr(told, name) is not None:
            expected[name], actual[name] = getattr(told, name), found.attributes.get(key) or ""
    for part, held in (("location", found.location), ("properties", found.properties)):
        for name, value in getattr(told, part).items():
            expected[f"{part} {name}"], actual[f"{part} {name}"] = value, held.get(name)
    if told.consent is not None:
        expected["consent"] = told.consent
        actual["consent"] = str(
            found.consent.get("email.marketing", {}).get("consent", "NEVER_SUBSCRIBED")
        ).lower()
    if told.lists is not None:
        expected["lists"] = sorted(told.lists)
        lists = stage.chain.klaviyo.state.lists.values()
        actual["lists"] = sorted(one.name for one in lists if found.id in one.members)
    wrong = [name for name, value in expected.items() if not same(actual[name], value)]
    must(
        not wrong,
        f"the profile of {told.of}",
        [f"{name}: {_shown(expected[name])}" for name in wrong],
        [f"{name}: {_shown(actual[name])}" for name in wrong],
    )


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def knows_only(stage: Stage, told: People) -> None:
    """Profiles of these people and of nobody else."""
    profiles = list(stage.chain.klaviyo.state.profiles.by_id.values())
    names = {name: [one.id for one in profiles if is_of(one, stage.addresses(name))] for name in told.root}
    others = [one for one in profiles if one.id not in {each for ids in names.values() for each in ids}]
    actual = [name if len(ids) == 1 else f"{name}: {len(ids)} profiles" for name, ids in names.items() if ids]
    actual += [
        str(one.attributes.get("email") or one.attributes.get("phone_number") or one.id) for one in others
    ]
    must(sorted(actual) == sorted(told.root), "the people Klaviyo knows", sorted(told.root), sorted(actual))


def does_not_know(stage: Stage, told: People) -> None:
    """No profile of these people."""
    profiles = stage.chain.klaviyo.state.profiles.by_id.values()
    found = [name for name in told.root if any(is_of(one, stage.addresses(name)) for one in profiles)]
    must(not found, "people Klaviyo must not know", ["nobody of them"], found)


def requests(stage: Stage, told: Requests) -> None:
    """How often something was asked."""
    count = stage.fake(told.of).journal.count(method=told.method, path=told.path, status=told.status)
    wanted = {"": told.count, "at least ": told.at_least, "at most ": told.at_most}
    named = {word: number for word, number in wanted.items() if number is not None}
    if not named:
        raise CannotTell("say `count`, `at least` or `at most`")
    holds = {"": lambda n: count == n, "at least ": lambda n: count >= n, "at most ": lambda n: count <= n}
    must(
        all(holds[word](number) for word, number in named.items()),
        f"requests of {told.of}: {told.method} {told.path}",
        [f"{word}{number}" for word, number in named.items()],
        [str(count)],
    )


LOOK: Mapping[str, Callable[..., None]] = {
    "klaviyo has only": has_only,
    "klaviyo has": has,
    "klaviyo lacks": lacks,
    "klaviyo counts only": counts_only,
    "klaviyo profile is": profile_is,
    "klaviyo knows only": knows_only,
    "klaviyo does not know": does_not_know,
    "requests": requests,
}
