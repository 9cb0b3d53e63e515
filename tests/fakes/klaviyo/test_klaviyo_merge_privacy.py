"""Two profiles becoming one, and one becoming none: what stays, what goes, and when."""

from typing import Any

import httpx
import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.kit.clock import VirtualClock


def merge(klaviyo: Klaviyo, into: str, *sources: str) -> httpx.Response:
    held = {"profiles": {"data": [{"type": "profile", "id": source} for source in sources]}}
    return klaviyo.post(
        "/api/profile-merge", {"data": {"type": "profile-merge", "id": into, "relationships": held}}
    )


def forget(klaviyo: Klaviyo, **person: Any) -> httpx.Response:
    inner = {"data": {"type": "profile"} | person}
    attributes = {"profile": inner}
    return klaviyo.post(
        "/api/data-privacy-deletion-jobs",
        {"data": {"type": "data-privacy-deletion-job", "attributes": attributes}},
    )


def people(klaviyo: Klaviyo) -> dict[str, str]:
    """Profile ids by e-mail."""
    found = klaviyo.get("/api/profiles").json()["data"]
    return {one["attributes"]["email"]: one["id"] for one in found}


def two(klaviyo: Klaviyo) -> tuple[str, str]:
    """Ann with a first name and one sale, Bob with a phone, a first name and the same sale and another."""
    for email, sale in (("ann@mail.org", "s-1"), ("bob@mail.org", "s-1"), ("bob@mail.org", "s-2")):
        klaviyo.send(email=email, unique_id=sale, time="2026-11-21T10:00:00Z")
    held = people(klaviyo)
    for email, attributes in (
        ("ann@mail.org", {"first_name": "Ann", "properties": {"shop": "Main"}}),
        ("bob@mail.org", {"first_name": "Bob", "phone_number": "+15005550006", "properties": {"till": 3}}),
    ):
        body = {"data": {"type": "profile", "id": held[email], "attributes": attributes}}
        assert klaviyo.http.patch(f"/api/profiles/{held[email]}", json=body).status_code == 200
    return held["ann@mail.org"], held["bob@mail.org"]


def test_the_destination_keeps_what_it_has_and_takes_what_it_lacks(klaviyo: Klaviyo) -> None:
    ann, bob = two(klaviyo)
    shop = klaviyo.fake.state.add_list("Shop")
    shop.members[bob] = klaviyo.fake.clock.now()
    done = merge(klaviyo, ann, bob)
    assert (done.status_code, done.json()["data"]["id"]) == (201, ann)
    shown = klaviyo.get(f"/api/profiles/{ann}").json()["data"]["attributes"]
    assert (shown["email"], shown["first_name"], shown["phone_number"]) == (
        "ann@mail.org",
        "Ann",
        "+15005550006",
    )
    assert shown["properties"] == {"shop": "Main", "till": 3}
    assert (people(klaviyo), list(shop.members)) == ({"ann@mail.org": ann}, [ann])
    assert klaviyo.get(f"/api/profiles/{bob}").status_code == 404


@pytest.mark.parametrize(("what", "left"), [("keep", ["s-1", "s-1", "s-2"]), ("collapse", ["s-1", "s-2"])])
def test_events_move_along_and_equal_ones_stay_or_collapse(
    klaviyo: Klaviyo, what: str, left: list[str]
) -> None:
    klaviyo.fake.switches.merge_duplicates = what
    ann, bob = two(klaviyo)
    merge(klaviyo, ann, bob)
    found = klaviyo.query("/api/events", {"filter": f'equals(profile_id,"{ann}")'}).json()["data"]
    assert sorted(one["attributes"]["event_properties"]["$event_id"] for one in found) == left
    klaviyo.send(email="ann@mail.org", unique_id="s-2")
    assert klaviyo.count() == len(left)


def test_a_merge_is_carried_out_later(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.merge_job_s = 30
    ann, bob = two(klaviyo)
    merge(klaviyo, ann, bob)
    assert klaviyo.get(f"/api/profiles/{bob}").status_code == 200
    clock.advance(30)
    assert klaviyo.get(f"/api/profiles/{bob}").status_code == 404


def test_a_merge_wants_one_other_profile_that_exists(klaviyo: Klaviyo) -> None:
    ann, bob = two(klaviyo)
    assert merge(klaviyo, ann, bob, bob).status_code == 400
    assert merge(klaviyo, ann).status_code == 400
    assert merge(klaviyo, ann, ann).status_code == 400
    assert merge(klaviyo, ann, "01NOBODY").status_code == 404
    assert merge(klaviyo, "01NOBODY", bob).status_code == 404


@pytest.mark.parametrize(
    "person",
    [
        {"attributes": {"email": "BOB@mail.org"}},
        {"attributes": {"phone_number": "+15005550006"}},
        {"id": "bob"},
    ],
)
def test_whoever_is_named_by_one_identifier_is_forgotten(klaviyo: Klaviyo, person: dict[str, Any]) -> None:
    ann, bob = two(klaviyo)
    if "id" in person:
        person = {"id": bob}
    answer = forget(klaviyo, **person)
    assert (answer.status_code, answer.content) == (202, b"")
    assert people(klaviyo) == {"ann@mail.org": ann}
    assert "bob@mail.org" not in klaviyo.http.get("/_fake/state").text


def test_events_of_the_forgotten_stay_unless_asked_for_with_a_profile(klaviyo: Klaviyo) -> None:
    _, bob = two(klaviyo)
    forget(klaviyo, id=bob)
    assert klaviyo.count() == 3
    living = klaviyo.query("/api/events", {"filter": "has(profile)", "include": "profile"}).json()
    assert len(living["data"]) == 1
    gone = next(one for one in klaviyo.events() if one["relationships"]["profile"]["data"]["id"] == bob)
    assert klaviyo.get(f"/api/events/{gone['id']}/profile").json()["data"] is None
    klaviyo.send(email="bob@mail.org", unique_id="s-3")
    assert people(klaviyo)["bob@mail.org"] != bob


def test_deletion_takes_exactly_one_identifier_and_its_time(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.limits.enabled = False
    _, bob = two(klaviyo)
    both = {"email": "bob@mail.org", "phone_number": "+15005550006"}
    for person in ({"attributes": both}, {"id": bob, "attributes": {"email": "bob@mail.org"}}, {}):
        assert forget(klaviyo, **person).status_code == 400
    bad = forget(klaviyo, attributes={"email": "nobody"})
    assert only_error(bad)["source"] == {"pointer": "/data/attributes/profile/data/attributes/email"}
    assert forget(klaviyo, attributes={"email": "stranger@mail.org"}).status_code == 202
    klaviyo.fake.switches.deletion_job_s = 3600
    forget(klaviyo, id=bob)
    assert bob in people(klaviyo).values()
    clock.advance(3600)
    assert bob not in people(klaviyo).values()
