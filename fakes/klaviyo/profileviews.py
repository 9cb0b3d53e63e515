"""How profiles are shown: what a query adds to them, and what it includes beside them."""

from collections.abc import Iterable

from fakes.klaviyo import shapes, shapes_rest
from fakes.klaviyo.answers import Json, base_url, chosen
from fakes.klaviyo.profiles import Profile
from fakes.klaviyo.query import Query
from fakes.klaviyo.state import State

PREDICTED = (
    "historic_clv", "predicted_clv", "total_clv", "historic_number_of_orders", "predicted_number_of_orders",
    "average_days_between_orders", "average_order_value", "churn_probability", "expected_date_of_next_order",
    "ranked_channel_affinity",
)  # fmt: skip


def shown(state: State, person: Profile, query: Query) -> Json:
    """A profile with the additional fields that the query wants."""
    resource = shapes.profile(
        person,
        base_url(),
        state.last_event_at(person),
        subscriptions=query.adds("profile", "subscriptions"),
    )
    if query.adds("profile", "predictive_analytics"):
        resource["attributes"]["predictive_analytics"] = dict.fromkeys(PREDICTED)
    for name, found in _beside(state, person, query).items():
        data = [{"type": one["type"], "id": one["id"]} for one in found]
        if name in resource["relationships"]:
            resource["relationships"][name]["data"] = data
    return resource


def included(state: State, people: Iterable[Profile], query: Query) -> list[Json]:
    """What the query wants beside these profiles, each resource once."""
    found: dict[tuple[str, str], Json] = {}
    for person in people if query.include else ():
        for resources in _beside(state, person, query).values():
            found |= {(one["type"], one["id"]): one for one in resources}
    return chosen(list(found.values()), query)


def lists_of(state: State, person: Profile, base: str) -> list[Json]:
    """The lists that a profile is on."""
    return [shapes.profile_list(one, base) for one in state.lists.values() if person.id in one.members]


def segments_of(state: State, person: Profile, base: str) -> list[Json]:
    """The segments that a profile is in."""
    held = (one for one in state.extras.segments.values() if person.id in one.members)
    return [shapes_rest.segment(one, base) for one in held]


def tokens_of(person: Profile, base: str) -> list[Json]:
    """The profile's push tokens."""
    return [shapes_rest.push_token(token, person, base) for token in person.push_tokens]


def _beside(state: State, person: Profile, query: Query) -> dict[str, list[Json]]:
    beside: dict[str, list[Json]] = {}
    if "lists" in query.include:
        beside["lists"] = lists_of(state, person, base_url())
    if "segments" in query.include:
        beside["segments"] = segments_of(state, person, base_url())
    if "push-tokens" in query.include:
        beside["push-tokens"] = tokens_of(person, base_url())
    return beside
