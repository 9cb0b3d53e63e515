"""Profiles and lists against the mounted fake: updated, joined, read back; consent as it was."""

import json
from datetime import timedelta

import pytest
from klaviyo_world import NOON, Mounted, mounted

from fakes.klaviyo.profiles import Profile
from sync.http.errors import NotPermitted, NotThere
from sync.klaviyo.read import KlaviyoList, KlaviyoReader
from sync.klaviyo.write import ProfileOut, ProfileWriter


def row(number: int, **more: object) -> ProfileOut:
    return ProfileOut(number, json.dumps({"email": f"p{number}@northwind.dev", **more}).encode())


def person(world: Mounted, number: int) -> Profile:
    email = f"p{number}@northwind.dev"
    return next(one for one in world.fake.state.profiles.all if one.attributes["email"] == email)


def test_a_profile_is_made_and_later_brought_up_to_date() -> None:
    world = mounted()
    writer = ProfileWriter(world.client)
    writer.send([row(1, first_name="Ann", location={"city": "Boston"})])
    sent = writer.send([row(1, last_name="Lee", location={"city": "Salem"})])
    assert sent.accepted == [1]
    found = person(world, 1)
    assert (found.attributes["first_name"], found.attributes["last_name"]) == ("Ann", "Lee")
    assert found.location["city"] == "Salem"


def test_an_import_that_takes_its_time_is_waited_for() -> None:
    world = mounted()
    world.fake.switches.import_job_s = 20.0
    assert ProfileWriter(world.client).send([row(1)]).accepted == [1]
    assert timedelta(seconds=20) <= world.clock.now() - NOON < timedelta(seconds=40)


def test_a_bad_phone_is_left_out_and_a_bad_address_is_refused_by_name() -> None:
    world = mounted()
    bad = ProfileOut(3, b'{"email":"no address"}')
    sent = ProfileWriter(world.client).send([row(1, phone_number="12"), row(2), bad])
    assert (sorted(sent.accepted), sent.phones_ignored_count) == ([1, 2], 1)
    assert [(one.outbox_id, one.reason) for one in sent.refused] == [(3, "invalid")]
    assert person(world, 1).attributes.get("phone_number") is None


def test_a_phone_that_belongs_to_another_profile_does_not_cost_the_profile() -> None:
    world = mounted()
    writer = ProfileWriter(world.client)
    writer.send([row(1, phone_number="+16175550123"), row(2)])
    sent = writer.send([row(2, phone_number="+16175550123", first_name="Bo")])
    assert (sent.accepted, sent.phones_ignored_count) == ([2], 1)
    assert person(world, 2).attributes["first_name"] == "Bo"


def test_a_newcomer_with_somebodys_phone_does_not_take_over_their_profile() -> None:
    world = mounted()
    writer = ProfileWriter(world.client)
    writer.send([row(1, phone_number="+16175550123", first_name="Ann")])
    sent = writer.send([row(2, phone_number="+16175550123", first_name="Bo")])
    assert (sent.accepted, sent.phones_ignored_count) == ([2], 1)
    assert person(world, 1).attributes["phone_number"] == "+16175550123"
    assert person(world, 2).attributes.get("phone_number") is None


def test_of_two_newcomers_with_one_phone_neither_has_it() -> None:
    world = mounted()
    rows = [row(at, phone_number="+16175550123", first_name=name) for at, name in ((1, "Ann"), (2, "Bo"))]
    assert ProfileWriter(world.client).send(rows).phones_ignored_count == 2
    assert person(world, 1).attributes["first_name"] == "Ann"
    assert [person(world, at).attributes.get("phone_number") for at in (1, 2)] == [None, None]


def test_somebody_keeps_their_own_phone_and_nobody_is_asked_about_rows_without_one() -> None:
    world = mounted()
    writer = ProfileWriter(world.client)
    for _ in range(2):
        assert writer.send([row(1, phone_number="+16175550123")]).phones_ignored_count == 0
    assert person(world, 1).attributes["phone_number"] == "+16175550123"
    asked = world.fake.journal.count(method="GET", path="/api/profiles*")
    writer.send([row(2)])
    assert (asked, world.fake.journal.count(method="GET", path="/api/profiles*")) == (2, 2)


def test_a_profile_of_a_number_alone_is_that_of_whoever_comes_with_an_address() -> None:
    world = mounted()
    writer = ProfileWriter(world.client)
    writer.send([ProfileOut(1, b'{"phone_number":"+16175550123"}')])
    assert writer.send([row(2, phone_number="+16175550123")]).phones_ignored_count == 0
    assert person(world, 2).attributes["phone_number"] == "+16175550123"


def test_a_lost_answer_of_an_import_changes_nothing() -> None:
    world = mounted()
    world.fake.faults.add(
        {"kind": "reset_after", "match": {"path": "/api/profile-bulk-import-jobs*"}, "times": 2}
    )
    assert ProfileWriter(world.client).send([row(1), row(2)]).accepted == [1, 2]
    assert len(world.fake.state.profiles.all) == 2


@pytest.mark.parametrize(("welcome", "greeted"), [(False, 0), (True, 250)])
def test_all_are_on_the_list_but_only_a_welcome_starts_its_flows(welcome: bool, greeted: int) -> None:
    world = mounted()
    made = world.fake.state.add_list("Shop floor", "single_opt_in")
    people = [row(at) for at in range(250)]
    ProfileWriter(world.client).send(people, list_id=made.id, welcome=welcome)
    assert len(world.fake.state.lists[made.id].members) == 250
    assert world.fake.state.counts["flows.list"] == greeted
    assert not any(one.consent for one in world.fake.state.profiles.all), "consent is as it was"
    assert not [entry for entry in world.fake.journal.entries() if "subscription" in entry.path]


def test_a_list_that_does_not_exist_is_named_and_nothing_is_imported() -> None:
    world = mounted()
    with pytest.raises(NotThere, match="list"):
        ProfileWriter(world.client).send([row(1)], list_id="gone")
    assert len(world.fake.state.profiles.all) == 0


def test_the_import_needs_the_scope_for_lists_and_says_so() -> None:
    world = mounted()
    world.fake.switches.scopes = "profiles:write,events:write"
    with pytest.raises(NotPermitted, match="lists:write"):
        ProfileWriter(world.client).send([row(1)])


def test_all_lists_are_read_over_their_small_pages() -> None:
    world = mounted()
    for number in range(23):
        world.fake.state.add_list(f"List {number}", "double_opt_in" if number % 2 else "single_opt_in")
    lists = KlaviyoReader(world.client).lists()
    assert sorted(one.name for one in lists) == sorted(f"List {number}" for number in range(23))
    assert KlaviyoList(lists[0].id, lists[0].name, lists[0].double_opt_in) == lists[0]
    assert sum(one.double_opt_in for one in lists) == 11


def test_addresses_are_asked_for_by_profile_id_so_that_none_stands_in_a_url() -> None:
    world = mounted()
    ProfileWriter(world.client).send([row(at) for at in range(130)])
    ids = {one.id: one.attributes["email"] for one in world.fake.state.profiles.all}
    assert KlaviyoReader(world.client).emails([*ids, "01GONE"]) == ids
    assert not [entry for entry in world.fake.journal.entries() if "%40" in entry.query or "@" in entry.query]
