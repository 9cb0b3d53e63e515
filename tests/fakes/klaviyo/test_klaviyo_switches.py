"""Switches that other tests do not turn: each changes what it says."""

from typing import Any

import pytest
from klaviyo_kit import Klaviyo, entry, event

from fakes.kit.clock import VirtualClock


def person(**attributes: Any) -> dict[str, Any]:
    return {"type": "profile", "attributes": attributes}


def test_a_key_may_be_forgotten_after_some_days(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.dedupe_retention_days = 7
    sent = {"unique_id": "s-1", "time": "2026-11-21T10:00:00Z"}
    klaviyo.send(**sent)
    clock.advance(6 * 86_400)
    klaviyo.send(**sent)
    assert klaviyo.count() == 1
    clock.advance(2 * 86_400)
    klaviyo.send(**sent)
    assert klaviyo.count() == 2


def test_old_events_may_fire_no_flows(klaviyo: Klaviyo) -> None:
    klaviyo.send(time="2026-11-01T00:00:00Z")
    assert klaviyo.fake.state.counts["flows.metric"] == 1
    klaviyo.fake.switches.past_events_fire_flows = False
    klaviyo.send(time="2026-11-02T00:00:00Z")
    klaviyo.send(time="2026-11-21T11:00:00Z")
    assert klaviyo.fake.state.counts["flows.metric"] == 2


def test_identifiers_of_two_people_go_to_the_stronger_or_are_lost(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    klaviyo.send(profile=person(email="ann@mail.org"), unique_id="1")
    klaviyo.send(profile=person(phone_number="+15005550006"), unique_id="2")
    both = person(email="ann@mail.org", phone_number="+15005550006")
    klaviyo.send(profile=both, unique_id="3")
    assert [e.email for e in state.find_events()] == ["ann@mail.org", None, "ann@mail.org"]
    klaviyo.fake.switches.wrong_identifiers = "lose"
    assert klaviyo.send(profile=both, unique_id="4").status_code == 202
    assert (len(state.find_events()), state.counts["events.lost.wrong_identifiers"]) == (3, 1)


def test_a_phone_known_without_an_email_gains_one(klaviyo: Klaviyo) -> None:
    klaviyo.send(profile=person(phone_number="+15005550006"), unique_id="1")
    klaviyo.send(profile=person(email="ann@mail.org", phone_number="+15005550006"), unique_id="2")
    assert [p.attributes["email"] for p in klaviyo.fake.state.profiles.all] == ["ann@mail.org"]


def test_an_external_id_never_takes_over_another_email(klaviyo: Klaviyo) -> None:
    klaviyo.send(profile=person(email="ann@mail.org", external_id="7"), unique_id="1")
    klaviyo.send(profile=person(email="anne@mail.org", external_id="7"), unique_id="1")
    held = [(p.attributes["email"], p.attributes.get("external_id")) for p in klaviyo.fake.state.profiles.all]
    assert held == [("ann@mail.org", "7"), ("anne@mail.org", None)]


def test_bulk_requests_may_ignore_a_bad_phone_too(klaviyo: Klaviyo) -> None:
    bad = entry("ann@mail.org", event(unique_id="1"))
    bad["attributes"]["profile"]["data"]["attributes"]["phone_number"] = "555"
    assert klaviyo.send_bulk(bad).status_code == 400
    klaviyo.fake.switches.phone_partial_in_bulk = True
    assert klaviyo.send_bulk(bad).status_code == 202
    assert klaviyo.count() == 1


def test_phone_only_events_vanish_where_sms_is_not_set_up(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.sms_configured = False
    assert klaviyo.send(profile=person(phone_number="+15005550006")).status_code == 202
    assert klaviyo.fake.state.counts["events.lost.sms_not_configured"] == 1


def test_emails_may_keep_their_capitals(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.email_lowercased = False
    klaviyo.send(email="Ann@mail.org", unique_id="1")
    klaviyo.send(email="ann@mail.org", unique_id="1")
    assert klaviyo.count() == 2


@pytest.mark.parametrize("name", ["$value_currency", "$currency_code", "none"])
def test_the_currency_shows_under_the_chosen_name(klaviyo: Klaviyo, name: str) -> None:
    klaviyo.fake.switches.currency_property = name
    klaviyo.send(value=1.0, value_currency="EUR", unique_id="1", properties={})
    shown = klaviyo.events()[0]["attributes"]["event_properties"]
    assert shown == {"$event_id": "1", "$value": 1} | ({} if name == "none" else {name: "EUR"})


def test_external_ids_are_as_long_as_allowed(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.external_id_length_max = 3
    assert klaviyo.send(profile=person(email="a@mail.org", external_id="1234")).status_code == 400
    assert klaviyo.send(profile=person(email="a@mail.org", external_id="123")).status_code == 202


def test_an_integration_may_carry_a_key(klaviyo: Klaviyo) -> None:
    klaviyo.send()
    klaviyo.fake.switches.integration_key = True
    metric = klaviyo.get("/api/metrics").json()["data"][0]
    assert metric["attributes"]["integration"]["key"] == "api"


@pytest.mark.parametrize(("alignment", "wait"), [("anchored", "45"), ("aligned", "9")])
def test_windows_may_follow_the_clock(
    klaviyo: Klaviyo, clock: VirtualClock, alignment: str, wait: str
) -> None:
    klaviyo.fake.switches.window_alignment = alignment
    clock.advance(36)
    for _ in range(15):
        assert klaviyo.get("/api/accounts").status_code == 200
        clock.advance(1)
    assert klaviyo.get("/api/accounts").headers["Retry-After"] == wait


def test_list_joins_may_fire_no_flows(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.list_add_fires_flows = False
    state = klaviyo.fake.state
    made, somebody = state.add_list("Shop"), state.profile("ann@mail.org")
    body = {"data": [{"type": "profile", "id": somebody.id}]}
    klaviyo.post(f"/api/lists/{made.id}/relationships/profiles", body)
    assert (len(made.members), state.counts["flows.list"]) == (1, 0)
