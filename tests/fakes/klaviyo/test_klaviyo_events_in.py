"""Events on their way in: what is checked, what is de-duplicated, what vanishes."""

from typing import Any

import pytest
from klaviyo_kit import Klaviyo, bulk, entry, event, only_error

from fakes.kit.clock import VirtualClock
from fakes.klaviyo.app import KlaviyoFake

ERROR = {"status": 400, "code": "invalid", "title": "Invalid input.", "links": {}, "meta": {}}


def test_the_first_event_of_a_key_wins_and_later_ones_vanish_after_their_202(klaviyo: Klaviyo) -> None:
    assert klaviyo.send(unique_id="s-1", value=10.0).status_code == 202
    assert klaviyo.send(unique_id="s-1", value=99.0).status_code == 202
    assert [e["attributes"]["event_properties"]["$value"] for e in klaviyo.events()] == [10]
    assert klaviyo.fake.state.counts["events.duplicate"] == 1


def test_another_profile_or_metric_makes_another_key(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1")
    klaviyo.send(unique_id="s-1", email="bob@mail.org")
    klaviyo.send(unique_id="s-1", metric="Refunded Order")
    assert klaviyo.count() == 3


def test_without_a_unique_id_the_whole_second_is_the_key(klaviyo: Klaviyo) -> None:
    klaviyo.send(time="2026-11-21T10:00:00.100Z")
    klaviyo.send(time="2026-11-21T10:00:00.900Z")
    klaviyo.send(time="2026-11-21T10:00:01Z")
    ids = [e["attributes"]["event_properties"]["$event_id"] for e in klaviyo.events(sort="datetime")]
    assert ids == ["1795255200", "1795255201"]


def test_a_property_named_event_id_is_not_the_key(klaviyo: Klaviyo) -> None:
    klaviyo.send(properties={"$event_id": "s-1"}, time="2026-11-21T10:00:00Z")
    klaviyo.send(unique_id="s-1", time="2026-11-21T10:00:00Z")
    shown = [e["attributes"]["event_properties"]["$event_id"] for e in klaviyo.events()]
    assert shown == ["s-1", "s-1"]


def test_ids_are_the_same_for_the_same_seed_and_requests(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    from fakes.klaviyo.app import build

    twin = Klaviyo(build(clock))
    for client in (klaviyo, twin):
        client.send(unique_id="s-1")
    assert klaviyo.events() == twin.events()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-11-21T09:00:00-05:00", "2026-11-21T14:00:00+00:00"),
        ("2026-11-21T09:00:00.999Z", "2026-11-21T09:00:00+00:00"),
        ("2026-11-21T09:00:00", "2026-11-21T09:00:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00+00:00"),
        ("2027-11-21T12:00:00Z", "2027-11-21T12:00:00+00:00"),
        (None, "2026-11-21T12:00:00+00:00"),
    ],
)
def test_times_are_kept_in_utc_and_whole_seconds(klaviyo: Klaviyo, sent: str | None, kept: str) -> None:
    assert klaviyo.send(time=sent).status_code == 202
    assert klaviyo.events()[0]["attributes"]["datetime"] == kept


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"time": "1989-12-31T23:59:59Z"}, "time"),
        ({"time": "2027-11-21T12:00:01Z"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": 1763000000}, "time"),
        ({"value": "29.98"}, "value"),
        ({"value_currency": "dollars"}, "value_currency"),
        ({"unique_id": ""}, "unique_id"),
        ({"unique_id": "x" * 256}, "unique_id"),
        ({"email": "no mail"}, "email"),
        ({"email": "a" * 92 + "@mail.org"}, "email"),
        ({"properties": {f"p{n}": 1 for n in range(401)}}, "properties"),
        ({"properties": {"text": "x" * 102_401}}, "properties"),
        ({"properties": {"items": [1] * 4_001}}, "properties"),
        ({"properties": {"big": 1 << 63}}, "properties"),
        ({"metric": "x" * 128}, "metric/data/attributes/name"),
        (
            {"profile": {"type": "profile", "attributes": {"nickname": "A"}}},
            "profile/data/attributes/nickname",
        ),
        ({"profile": {"type": "profile", "attributes": {"first_name": "A"}}}, "profile"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_value_is_a_400_that_points_at_it(
    klaviyo: Klaviyo, changes: dict[str, Any], member: str
) -> None:
    answer = klaviyo.send(**changes)
    assert answer.status_code == 400
    assert only_error(answer)["source"] == {"pointer": f"/data/attributes/{member}"}
    assert klaviyo.count() == 0


def test_nesting_ends_at_the_tenth_level(klaviyo: Klaviyo) -> None:
    def nested(levels: int) -> dict[str, Any]:
        return {"deep": nested(levels - 1)} if levels else {"leaf": 1}

    assert klaviyo.send(properties=nested(9)).status_code == 202
    assert klaviyo.send(properties=nested(10)).status_code == 400


def test_a_bad_email_is_told_in_klaviyos_words(klaviyo: Klaviyo) -> None:
    assert only_error(klaviyo.send(email="nobody")) == ERROR | {
        "detail": "Invalid email address",
        "source": {"pointer": "/data/attributes/email"},
    }


def test_a_metric_without_a_name_gets_the_unhelpful_pointer(klaviyo: Klaviyo) -> None:
    body = event() | {"metric": {"data": {"type": "metric", "attributes": {}}}}
    answer = klaviyo.post("/api/events", {"data": {"type": "event", "attributes": body}})
    assert only_error(answer) == ERROR | {
        "detail": "One of `attributes`, `relationships` or `id` must be included in the request payload.",
        "source": {"pointer": "/data"},
    }


def test_broken_json_is_a_400(klaviyo: Klaviyo) -> None:
    headers = {"Content-Type": "application/json"}
    assert klaviyo.http.post("/api/events", content=b'{"data":', headers=headers).status_code == 400


def test_zero_null_and_empty_properties_are_stored_as_if_absent_and_false_is_not(klaviyo: Klaviyo) -> None:
    sent = {"OrderId": "7", "a": 0, "b": None, "c": "", "d": 0.0, "e": False, "f": [], "g": {"h": 0}}
    klaviyo.send(properties=sent, unique_id="s-1")
    assert klaviyo.events()[0]["attributes"]["event_properties"] == {
        "$event_id": "s-1",
        "OrderId": "7",
        "e": False,
        "f": [],
        "g": {"h": 0},
    }


def test_a_value_of_zero_is_not_shown_and_a_missing_one_counts_as_zero_once_the_metric_had_one(
    klaviyo: Klaviyo, fake: KlaviyoFake
) -> None:
    klaviyo.send(unique_id="before")
    klaviyo.send(unique_id="with", value=29.98, value_currency="USD")
    klaviyo.send(unique_id="zero", value=0)
    klaviyo.send(unique_id="after")
    values = {e.unique_id: e.value for e in fake.state.find_events()}
    assert {key: None if value is None else str(value) for key, value in values.items()} == {
        "before": None,
        "with": "29.98",
        "zero": "0",
        "after": "0",
    }
    shown = {e["attributes"]["event_properties"]["$event_id"]: e for e in klaviyo.events()}
    assert shown["with"]["attributes"]["event_properties"]["$value"] == 29.98
    assert shown["with"]["attributes"]["event_properties"]["$value_currency"] == "USD"
    assert "$value" not in shown["zero"]["attributes"]["event_properties"]


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.org", "test.com", "shop.test", "a.invalid"])
def test_events_for_made_up_domains_vanish_after_their_202(klaviyo: Klaviyo, domain: str) -> None:
    assert klaviyo.send(email=f"ann@{domain}").status_code == 202
    assert klaviyo.count() == 0
    assert klaviyo.fake.state.counts["events.lost.domain"] == 1
    assert klaviyo.send(email="ann@test-shop.com").status_code == 202
    assert klaviyo.count() == 1


def test_an_event_becomes_readable_and_countable_only_after_the_delay(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    klaviyo.fake.switches.visibility_delay_s = 120
    klaviyo.send(unique_id="s-1")
    event_id = klaviyo.fake.state.find_events()[0].id
    clock.advance(119)
    assert klaviyo.get("/api/metrics").json()["data"] == []
    assert (klaviyo.count(), klaviyo.get(f"/api/events/{event_id}").status_code) == (0, 404)
    clock.advance(1)
    assert (klaviyo.count(), klaviyo.get(f"/api/events/{event_id}").status_code) == (1, 200)


def test_scripted_events_are_dropped_doubled_or_late(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    match = {"method": "POST", "path": "/api/event*"}
    klaviyo.fake.faults.add({"kind": "drop_after_202", "match": match, "times": 1})
    klaviyo.send(unique_id="dropped")
    klaviyo.fake.faults.add({"kind": "duplicate", "match": match, "times": 1})
    klaviyo.send(unique_id="doubled")
    klaviyo.fake.faults.add({"kind": "late_visibility", "match": match, "seconds": 300, "times": 1})
    klaviyo.send(unique_id="late")

    def shown() -> list[str]:
        return sorted(e["attributes"]["event_properties"]["$event_id"] for e in klaviyo.events())

    assert shown() == ["doubled", "doubled"]
    clock.advance(300)
    assert shown() == ["doubled", "doubled", "late"]


def test_an_invalid_phone_beside_an_email_is_ignored_and_told_in_a_header(klaviyo: Klaviyo) -> None:
    both = {"type": "profile", "attributes": {"email": "ann@mail.org", "phone_number": "555"}}
    answer = klaviyo.send(profile=both)
    assert (answer.status_code, answer.headers["X-Klaviyo-Partial-Failure"]) == (202, "phone_number")
    alone = {"type": "profile", "attributes": {"phone_number": "555"}}
    assert klaviyo.send(profile=alone).status_code == 400


def test_profile_fields_of_an_event_overwrite_the_profile(klaviyo: Klaviyo) -> None:
    def send(**attributes: Any) -> None:
        person = {"type": "profile", "attributes": {"email": "ann@mail.org"} | attributes}
        klaviyo.send(profile=person, time=None)

    send(first_name="Ann", location={"city": "Boston"})
    send(first_name="Anne")
    person = klaviyo.get("/api/profiles").json()["data"][0]["attributes"]
    assert (person["first_name"], person["location"]["city"]) == ("Anne", "Boston")


@pytest.mark.parametrize(("revision", "inside"), [("2026-07-15", True), ("2026-10-15", False)])
def test_the_profiles_meta_moved_with_the_newest_revision(
    klaviyo: Klaviyo, revision: str, inside: bool
) -> None:
    meta = {"patch_properties": {"append": {"shops": "Main"}}}
    attributes: dict[str, Any] = {"email": "ann@mail.org"}
    right = {"type": "profile", "attributes": attributes | ({"meta": meta} if inside else {})}
    wrong = {"type": "profile", "attributes": attributes | ({} if inside else {"meta": meta})}
    (wrong if inside else right)["meta"] = meta

    def send(person: dict[str, Any]) -> int:
        body = {"data": {"type": "event", "attributes": event(profile=person)}}
        return klaviyo.post("/api/events", body, revision=revision).status_code

    assert (send(right), send(wrong)) == (202, 400)
    assert klaviyo.fake.state.profiles.all[0].properties == {"shops": ["Main"]}


def test_backfill_is_unknown_before_its_revision_and_fires_no_flows_after(klaviyo: Klaviyo) -> None:
    body = {"data": {"type": "event", "attributes": event(backfill=True)}}
    assert klaviyo.post("/api/events", body, revision="2026-01-15").status_code == 400
    assert klaviyo.post("/api/events", body, revision="2026-04-15").status_code == 202
    assert klaviyo.fake.state.counts["flows.metric"] == 0
    klaviyo.send(unique_id="live")
    assert klaviyo.fake.state.counts["flows.metric"] == 1
    assert [e.backfill for e in klaviyo.fake.state.find_events()] == [True, False]


def test_a_bulk_request_stores_every_event_of_every_profile(klaviyo: Klaviyo) -> None:
    answer = klaviyo.send_bulk(
        entry("ann@mail.org", event(unique_id="1", value=1.5), event(unique_id="2")),
        entry("bob@mail.org", event(unique_id="1"), backfill=True),
    )
    assert (answer.status_code, answer.content) == (202, b"")
    stored = [(e.email, e.unique_id, e.backfill) for e in klaviyo.fake.state.find_events()]
    assert stored == [
        ("ann@mail.org", "1", False),
        ("ann@mail.org", "2", False),
        ("bob@mail.org", "1", True),
    ]
    assert klaviyo.fake.journal.counts["events"] == 3


def test_one_bad_entry_refuses_the_whole_bulk_request_and_names_its_number(klaviyo: Klaviyo) -> None:
    answer = klaviyo.send_bulk(
        entry("ann@mail.org", event(unique_id="1")), entry("bob", event(unique_id="2"))
    )
    assert only_error(answer) == ERROR | {
        "detail": "Invalid input",
        "source": {"pointer": "/data/attributes/events-bulk-create/data/1/attributes/email"},
    }
    assert klaviyo.count() == 0


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        (event(time="nonsense"), "/1/attributes/events/data/0/attributes/time"),
        (event(value="3"), "/1/attributes/events/data/0/attributes/value"),
        (event(surprise=1), "/1/attributes/events/data/0/attributes/surprise"),
    ],
)
def test_the_number_is_named_whatever_is_wrong(klaviyo: Klaviyo, bad: dict[str, Any], pointer: str) -> None:
    answer = klaviyo.send_bulk(entry("ann@mail.org", event()), entry("bob@mail.org", bad))
    assert only_error(answer)["source"] == {"pointer": f"/data/attributes/events-bulk-create/data{pointer}"}


def test_a_unique_id_repeated_inside_one_request_refuses_it_unless_switched(klaviyo: Klaviyo) -> None:
    body = (entry("ann@mail.org", event(unique_id="1")), entry("ann@mail.org", event(unique_id="1")))
    assert klaviyo.send_bulk(*body).status_code == 400
    assert klaviyo.count() == 0
    klaviyo.fake.switches.repeat_in_request = "discard"
    assert klaviyo.send_bulk(*body).status_code == 202
    assert klaviyo.count() == 1


def test_an_event_already_stored_is_discarded_in_silence_by_a_bulk_request(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="1")
    assert klaviyo.send_bulk(entry("ann@mail.org", event(unique_id="1"))).status_code == 202
    assert klaviyo.count() == 1


def test_a_bulk_request_takes_a_thousand_events_and_not_one_more(klaviyo: Klaviyo) -> None:
    events = [event(unique_id=str(n)) for n in range(1_000)]
    assert klaviyo.send_bulk(entry("ann@mail.org", *events)).status_code == 202
    one_more = klaviyo.send_bulk(entry("ann@mail.org", *events), entry("bob@mail.org", event()))
    assert one_more.status_code == 400
    assert len(klaviyo.fake.state.find_events()) == 1_000


@pytest.mark.parametrize(
    ("rule", "kept"), [("or", [True, True]), ("event", [False, True]), ("entry", [True, True])]
)
def test_which_backfill_counts_is_a_switch(klaviyo: Klaviyo, rule: str, kept: list[bool]) -> None:
    klaviyo.fake.switches.backfill_levels = rule
    klaviyo.send_bulk(
        entry("ann@mail.org", event(unique_id="1"), event(unique_id="2", backfill=True), backfill=True)
    )
    assert [e.backfill for e in klaviyo.fake.state.find_events()] == kept


def test_emails_are_one_person_in_capitals_or_not(klaviyo: Klaviyo) -> None:
    klaviyo.send(email="Ann@Mail.org", unique_id="1")
    klaviyo.send(email="ann@mail.org", unique_id="1")
    assert (klaviyo.count(), len(klaviyo.fake.state.profiles.all)) == (1, 1)


def test_a_bulk_body_that_is_no_bulk_body_is_a_400(klaviyo: Klaviyo) -> None:
    for body in ({}, {"data": []}, {"data": {"type": "event"}}, bulk("x"), []):  # type: ignore[arg-type] # wrong on purpose
        assert klaviyo.post("/api/event-bulk-create-jobs", body).status_code == 400


def test_an_event_with_an_unknown_profile_id_is_lost_in_silence(klaviyo: Klaviyo) -> None:
    person = {"type": "profile", "id": "01NOBODY", "attributes": {"email": "ann@mail.org"}}
    assert klaviyo.send(profile=person).status_code == 202
    assert (klaviyo.count(), klaviyo.fake.state.counts["events.lost.unknown_profile"]) == (0, 1)
