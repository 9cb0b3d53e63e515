"""Profiles, imports, lists and consent in the fake Klaviyo."""

from typing import Any

import httpx
import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.kit.clock import VirtualClock


def profile(
    profile_id: str | None = None, meta: dict[str, Any] | None = None, **attributes: Any
) -> dict[str, Any]:
    resource: dict[str, Any] = {"type": "profile", "attributes": attributes}
    if profile_id:
        resource["id"] = profile_id
    if meta:
        resource["meta"] = meta
    return {"data": resource}


def create(klaviyo: Klaviyo, **attributes: Any) -> str:
    answer = klaviyo.post("/api/profiles", profile(**attributes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def test_a_created_profile_shows_every_attribute_and_null_where_nothing_is_known(klaviyo: Klaviyo) -> None:
    answer = klaviyo.post("/api/profiles", profile(email="Ann@Mail.org", location={"zip": "10017"}))
    assert answer.status_code == 201
    found = answer.json()["data"]
    assert (len(found["id"]), found["id"][:2]) == (26, "01")
    assert found["attributes"] == {
        "email": "ann@mail.org",
        "phone_number": None,
        "external_id": None,
        "first_name": None,
        "last_name": None,
        "organization": None,
        "locale": None,
        "title": None,
        "image": None,
        "created": "2026-11-21T12:00:00.000000+00:00",
        "updated": "2026-11-21T12:00:00.000000+00:00",
        "last_event_date": None,
        "location": {
            "address1": None,
            "address2": None,
            "city": None,
            "country": None,
            "region": None,
            "zip": "10017",
            "latitude": None,
            "longitude": None,
            "timezone": None,
            "ip": None,
        },
        "properties": {},
    }
    assert found["links"]["self"] == f"http://klaviyo/api/profiles/{found['id']}/"
    assert list(found["relationships"]["lists"]) == ["links"]


def test_profiles_may_live_at_domains_whose_events_are_discarded(klaviyo: Klaviyo) -> None:
    assert create(klaviyo, email="ann@example.com")


def test_creating_a_known_person_is_a_409_that_names_the_profile(klaviyo: Klaviyo) -> None:
    first = create(klaviyo, email="ann@mail.org")
    answer = klaviyo.post("/api/profiles", profile(email="ANN@mail.org"))
    assert answer.status_code == 409
    assert only_error(answer) == {
        "status": 409,
        "code": "duplicate_profile",
        "title": "Conflict.",
        "detail": "A profile already exists with one of these identifiers.",
        "source": {"pointer": "/data/attributes"},
        "links": {},
        "meta": {"duplicate_profile_id": first},
    }


def test_an_update_clears_what_is_null_and_leaves_what_is_absent(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    person = create(klaviyo, email="ann@mail.org", first_name="Ann", last_name="Lee", external_id=7)
    clock.advance(5)
    answer = klaviyo.http.patch(f"/api/profiles/{person}", json=profile(person, first_name=None, title="Dr"))
    found = answer.json()["data"]["attributes"]
    assert answer.status_code == 200
    assert (found["first_name"], found["last_name"], found["title"]) == (None, "Lee", "Dr")
    assert found["external_id"] == 7
    assert found["updated"] == "2026-11-21T12:00:05.000000+00:00"
    assert klaviyo.http.patch("/api/profiles/01NONE", json=profile("01NONE", title="x")).status_code == 404


def test_taking_anothers_email_is_a_409(klaviyo: Klaviyo) -> None:
    ann = create(klaviyo, email="ann@mail.org")
    bob = create(klaviyo, email="bob@mail.org")
    answer = klaviyo.http.patch(f"/api/profiles/{bob}", json=profile(bob, email="ann@mail.org"))
    assert answer.status_code == 409
    assert only_error(answer)["meta"] == {"duplicate_profile_id": ann}


def test_an_import_creates_once_and_updates_then(klaviyo: Klaviyo) -> None:
    body = profile(email="ann@mail.org", properties={"shop": "Main"})
    first = klaviyo.post("/api/profile-import", body)
    body["data"]["meta"] = {"patch_properties": {"append": {"tags": "pos"}, "unset": ["shop"]}}
    second = klaviyo.post("/api/profile-import", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["data"]["id"] == second.json()["data"]["id"]
    assert second.json()["data"]["attributes"]["properties"] == {"tags": ["pos"]}


def test_an_import_still_conflicts_when_email_and_phone_are_two_people(klaviyo: Klaviyo) -> None:
    create(klaviyo, email="ann@mail.org")
    owner = create(klaviyo, phone_number="+15005550006")
    both = profile(email="ann@mail.org", phone_number="+15005550006")
    answer = klaviyo.post("/api/profile-import", both)
    assert answer.status_code == 409
    assert only_error(answer)["meta"] == {"duplicate_profile_id": owner}


def test_an_import_by_id_with_anothers_email_is_a_404(klaviyo: Klaviyo) -> None:
    create(klaviyo, email="ann@mail.org")
    bob = create(klaviyo, email="bob@mail.org")
    assert klaviyo.post("/api/profile-import", profile(bob, email="ann@mail.org")).status_code == 404
    assert klaviyo.post("/api/profile-import", profile("01NONE", title="x")).status_code == 404


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"email": "nobody"}, "/data/attributes/email"),
        ({"phone_number": "555"}, "/data/attributes/phone_number"),
        ({"email": "a@mail.org", "external_id": "x" * 256}, "/data/attributes/external_id"),
        ({"email": "a@mail.org", "first_name": 5}, "/data/attributes/first_name"),
        ({"email": "a@mail.org", "location": {"planet": "Mars"}}, "/data/attributes/location/planet"),
        ({"email": "a@mail.org", "shoe_size": 43}, "/data/attributes/shoe_size"),
        ({"email": "a@mail.org", "anonymous_id": "x"}, "/data/attributes/anonymous_id"),
        ({"first_name": "Ann"}, "/data/attributes"),
        ({}, "/data"),
    ],
)
def test_a_bad_attribute_is_a_400_that_points_at_it(
    klaviyo: Klaviyo, attributes: dict[str, Any], pointer: str
) -> None:
    for path in ("/api/profiles", "/api/profile-import"):
        answer = klaviyo.post(path, profile(**attributes))
        assert answer.status_code == 400
        assert only_error(answer)["source"] == {"pointer": pointer}


def test_a_bad_phone_beside_an_email_is_left_out(klaviyo: Klaviyo) -> None:
    answer = klaviyo.post("/api/profiles", profile(email="ann@mail.org", phone_number="555"))
    assert answer.headers["X-Klaviyo-Partial-Failure"] == "phone_number"
    assert answer.json()["data"]["attributes"]["phone_number"] is None


def test_a_profile_over_100_kb_is_a_413(klaviyo: Klaviyo) -> None:
    answer = klaviyo.post("/api/profiles", profile(email="a@mail.org", properties={"x": "y" * 102_400}))
    assert answer.status_code == 413


def test_profiles_are_found_by_identifier_and_paged(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    for number in range(5):
        clock.advance(1)
        create(klaviyo, email=f"p{number}@mail.org", external_id=str(number))

    def emails(**parameters: Any) -> list[str]:
        found = klaviyo.query("/api/profiles", parameters).json()
        return [p["attributes"]["email"].split("@")[0] for p in found["data"]]

    assert emails(filter='equals(email,"P3@mail.org")') == ["p3"]
    assert emails(filter='any(email,["p1@mail.org","p4@mail.org","zz@mail.org"])') == ["p1", "p4"]
    assert emails(filter='equals(external_id,"2")') == ["p2"]
    assert emails(filter="greater-than(created,2026-11-21T12:00:04Z)") == ["p4"]
    assert emails(sort="-email") == ["p4", "p3", "p2", "p1", "p0"]
    first = klaviyo.query("/api/profiles", {"page[size]": "3"}).json()
    second = klaviyo.http.get(first["links"]["next"]).json()
    assert (len(first["data"]), len(second["data"]), second["links"]["next"]) == (3, 2, None)
    assert klaviyo.query("/api/profiles", {"page[size]": "101"}).status_code == 400
    assert klaviyo.query("/api/profiles", {"filter": 'contains(email,"p")'}).status_code == 400


def test_a_profile_tells_its_last_event(klaviyo: Klaviyo) -> None:
    klaviyo.send(time="2026-11-20T10:00:00Z")
    klaviyo.send(time="2026-11-19T10:00:00Z")
    found = klaviyo.get("/api/profiles").json()["data"][0]
    assert found["attributes"]["last_event_date"] == "2026-11-20T10:00:00+00:00"


def import_job(*profiles: dict[str, Any], lists: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "data": {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": [p["data"] for p in profiles]}},
            "relationships": {"lists": {"data": [{"type": "list", "id": one} for one in lists]}},
        }
    }


def test_a_bulk_import_runs_later_and_keeps_its_failures_apart(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.import_job_s = 30
    made = klaviyo.fake.state.add_list("Shop")
    body = import_job(profile(email="ann@mail.org"), profile(email="nobody"), lists=(made.id,))
    answer = klaviyo.post("/api/profile-bulk-import-jobs", body)
    job = answer.json()["data"]
    assert (answer.status_code, job["attributes"]["status"], job["attributes"]["total_count"]) == (
        202,
        "queued",
        2,
    )
    assert job["attributes"]["expires_at"] == "2026-11-28T12:00:00.000000+00:00"
    path = f"/api/profile-bulk-import-jobs/{job['id']}"
    clock.advance(10)
    assert klaviyo.get(path).json()["data"]["attributes"]["status"] == "processing"
    clock.advance(20)
    done = klaviyo.get(path).json()["data"]["attributes"]
    assert (done["status"], done["completed_count"], done["failed_count"]) == ("complete", 1, 1)
    error = klaviyo.get(f"{path}/import-errors").json()["data"][0]["attributes"]
    assert error["source"] == {"pointer": "/data/attributes/profiles/data/1/attributes/email"}
    assert error["original_payload"]["attributes"] == {"email": "nobody"}
    imported = klaviyo.get(f"{path}/profiles").json()["data"]
    assert [p["attributes"]["email"] for p in imported] == ["ann@mail.org"]
    assert list(made.members) == [imported[0]["id"]]
    assert klaviyo.get("/api/profile-bulk-import-jobs/none").status_code == 404


def new_list(klaviyo: Klaviyo, name: str, process: str | None = None) -> str:
    attributes = {"name": name} | ({"opt_in_process": process} if process else {})
    answer = klaviyo.post("/api/lists", {"data": {"type": "list", "attributes": attributes}})
    assert answer.status_code == 201
    return str(answer.json()["data"]["id"])


def test_lists_come_ten_a_page_and_are_found_by_name(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    for number in range(11):
        clock.advance(1)
        new_list(klaviyo, f"List {number:02}")
    first = klaviyo.query("/api/lists", {"sort": "name"}).json()
    second = klaviyo.http.get(first["links"]["next"]).json()
    assert [one["attributes"]["name"] for one in second["data"]] == ["List 10"]
    found = klaviyo.query("/api/lists", {"filter": 'equals(name,["List 03"])'}).json()["data"]
    assert [one["attributes"]["opt_in_process"] for one in found] == ["double_opt_in"]


def test_only_150_lists_are_made_a_day(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    for number in range(150):
        clock.advance(10)
        new_list(klaviyo, str(number))
    clock.advance(60)
    body = {"data": {"type": "list", "attributes": {"name": "one more"}}}
    refused = klaviyo.post("/api/lists", body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "84850")


def test_members_join_without_consent_and_leave(klaviyo: Klaviyo) -> None:
    shop, person = new_list(klaviyo, "Shop"), create(klaviyo, email="ann@mail.org")
    body = {"data": [{"type": "profile", "id": person}]}
    path = f"/api/lists/{shop}/relationships/profiles"
    assert klaviyo.post(path, body).status_code == 204
    members = klaviyo.query(f"/api/lists/{shop}/profiles", {"additional-fields[profile]": "subscriptions"})
    attributes = members.json()["data"][0]["attributes"]
    assert attributes["joined_group_at"] == "2026-11-21T12:00:00+00:00"
    assert attributes["subscriptions"]["email"]["marketing"]["consent"] == "NEVER_SUBSCRIBED"
    assert attributes["subscriptions"]["email"]["marketing"]["can_receive_email_marketing"] is True
    assert klaviyo.fake.state.counts["flows.list"] == 1
    assert klaviyo.http.request("DELETE", path, json=body).status_code == 204
    assert klaviyo.get(f"/api/lists/{shop}/profiles").json()["data"] == []
    assert klaviyo.post(path, {"data": [{"type": "profile", "id": "01NONE"}]}).status_code == 404
    assert klaviyo.get("/api/lists/NoNeXx").status_code == 404


def consent_job(
    kind: str, said: str, *people: dict[str, Any], shop: str | None = None, **attributes: Any
) -> Any:
    channel = {"email": {"marketing": {"consent": said}}}
    data: dict[str, Any] = {
        "type": f"profile-subscription-bulk-{kind}-job",
        "attributes": {
            "profiles": {
                "data": [
                    {"type": "profile", "attributes": {"subscriptions": channel} | one} for one in people
                ]
            }
        }
        | attributes,
    }
    if shop:
        data["relationships"] = {"list": {"data": {"type": "list", "id": shop}}}
    return {"data": data}


def subscribe(klaviyo: Klaviyo, *people: dict[str, Any], **more: Any) -> httpx.Response:
    body = consent_job("create", "SUBSCRIBED", *people, **more)
    return klaviyo.post("/api/profile-subscription-bulk-create-jobs", body)


def unsubscribe(klaviyo: Klaviyo, *people: dict[str, Any], **more: Any) -> httpx.Response:
    body = consent_job("delete", "UNSUBSCRIBED", *people, **more)
    return klaviyo.post("/api/profile-subscription-bulk-delete-jobs", body)


def consent_of(klaviyo: Klaviyo, email: str) -> dict[str, Any]:
    parameters = {"filter": f'equals(email,"{email}")', "additional-fields[profile]": "subscriptions"}
    found = klaviyo.query("/api/profiles", parameters).json()["data"][0]["attributes"]
    return dict(found["subscriptions"]["email"]["marketing"])


ANN = {"email": "ann@mail.org"}


def test_double_opt_in_waits_for_the_person(klaviyo: Klaviyo) -> None:
    shop = new_list(klaviyo, "Shop")
    assert subscribe(klaviyo, ANN, shop=shop).status_code == 202
    assert consent_of(klaviyo, "ann@mail.org")["consent"] == "NEVER_SUBSCRIBED"
    assert klaviyo.fake.state.lists[shop].members == {}
    assert klaviyo.fake.state.counts["subscriptions.waiting"] == 1


def test_single_opt_in_subscribes_joins_and_fires_list_flows(klaviyo: Klaviyo) -> None:
    shop = new_list(klaviyo, "Shop", "single_opt_in")
    subscribe(klaviyo, ANN, shop=shop, custom_source="POS")
    found = consent_of(klaviyo, "ann@mail.org")
    assert (found["consent"], found["custom_method_detail"]) == ("SUBSCRIBED", "POS")
    assert found["consent_timestamp"] == "2026-11-21T12:00:00+00:00"
    assert len(klaviyo.fake.state.lists[shop].members) == 1
    assert klaviyo.fake.state.counts["flows.list"] == 1


def test_a_historical_import_goes_round_double_opt_in_and_list_flows(klaviyo: Klaviyo) -> None:
    shop = new_list(klaviyo, "Shop")
    past = {"email": {"marketing": {"consent": "SUBSCRIBED", "consented_at": "2020-01-01T00:00:00Z"}}}
    answer = subscribe(klaviyo, ANN | {"subscriptions": past}, shop=shop, historical_import=True)
    assert answer.status_code == 202
    assert consent_of(klaviyo, "ann@mail.org")["consent_timestamp"] == "2020-01-01T00:00:00+00:00"
    assert len(klaviyo.fake.state.lists[shop].members) == 1
    assert klaviyo.fake.state.counts["flows.list"] == 0


def test_consented_at_must_be_past_and_belongs_to_historical_imports(klaviyo: Klaviyo) -> None:
    def said(at: str | None) -> dict[str, Any]:
        marketing = {"consent": "SUBSCRIBED"} | ({"consented_at": at} if at else {})
        return ANN | {"subscriptions": {"email": {"marketing": marketing}}}

    for at in (None, "2026-11-21T12:00:01Z", "soon"):
        answer = subscribe(klaviyo, said(at), historical_import=True)
        assert answer.status_code == 400
        wanted = "Historical email subscription does not have a valid consented_at timestamp"
        assert only_error(answer)["detail"] == wanted
    assert subscribe(klaviyo, said("2020-01-01T00:00:00Z")).status_code == 400


def test_subscribing_lifts_an_earlier_opt_out(klaviyo: Klaviyo) -> None:
    unsubscribe(klaviyo, ANN)
    assert consent_of(klaviyo, "ann@mail.org")["can_receive_email_marketing"] is False
    klaviyo.fake.switches.account_opt_in = "single_opt_in"
    subscribe(klaviyo, ANN)
    found = consent_of(klaviyo, "ann@mail.org")
    assert (found["consent"], found["can_receive_email_marketing"], found["suppression"]) == (
        "SUBSCRIBED",
        True,
        [],
    )


def test_unsubscribing_from_a_list_goes_global_for_whoever_is_not_on_it(klaviyo: Klaviyo) -> None:
    shop = new_list(klaviyo, "Shop", "single_opt_in")
    subscribe(klaviyo, ANN, shop=shop)
    create(klaviyo, email="bob@mail.org")
    unsubscribe(klaviyo, ANN, {"email": "bob@mail.org"}, shop=shop)
    ann, bob = consent_of(klaviyo, "ann@mail.org"), consent_of(klaviyo, "bob@mail.org")
    assert (ann["consent"], ann["can_receive_email_marketing"]) == ("SUBSCRIBED", True)
    assert [s["list_id"] for s in ann["list_suppressions"]] == [shop]
    assert klaviyo.fake.state.lists[shop].members == {}
    assert (bob["consent"], bob["can_receive_email_marketing"]) == ("UNSUBSCRIBED", False)


def test_one_bad_person_refuses_the_whole_job(klaviyo: Klaviyo) -> None:
    answer = subscribe(klaviyo, ANN, {"email": "nobody"})
    assert only_error(answer)["source"] == {"pointer": "/data/attributes/profiles/data/1/attributes/email"}
    assert klaviyo.get("/api/profiles").json()["data"] == []


def test_sms_needs_a_phone_and_phone_only_needs_sms_set_up(klaviyo: Klaviyo) -> None:
    sms = {"sms": {"marketing": {"consent": "SUBSCRIBED"}}}
    wanted = "'phone_number' must not be empty when the sms channel is included in 'subscriptions'."
    assert only_error(subscribe(klaviyo, ANN | {"subscriptions": sms}))["detail"] == wanted
    klaviyo.fake.switches.sms_configured = False
    phone_only = {"phone_number": "+15005550006", "subscriptions": sms}
    wanted = "SMS configuration is required to subscribe phone number only profiles."
    assert only_error(subscribe(klaviyo, phone_only))["detail"] == wanted
    klaviyo.fake.switches.sms_configured = True
    assert subscribe(klaviyo, phone_only).status_code == 202


@pytest.mark.parametrize(("call", "people_max"), [(subscribe, 1000), (unsubscribe, 100)])
def test_jobs_take_only_so_many_people(klaviyo: Klaviyo, call: Any, people_max: int) -> None:
    people = [{"email": f"p{n}@mail.org"} for n in range(people_max + 1)]
    assert call(klaviyo, *people).status_code == 400
    assert call(klaviyo, *people[:people_max]).status_code == 202


@pytest.mark.parametrize("said", [{}, {"fax": {"marketing": {"consent": "SUBSCRIBED"}}}])
def test_a_job_without_a_known_channel_is_refused(klaviyo: Klaviyo, said: dict[str, Any]) -> None:
    assert subscribe(klaviyo, ANN | {"subscriptions": said}).status_code == 400


def test_the_account_is_one_element_that_names_zone_and_currency(klaviyo: Klaviyo) -> None:
    found = klaviyo.get("/api/accounts").json()["data"]
    assert [one["id"] for one in found] == [klaviyo.fake.credentials["public_id"]]
    assert found[0]["attributes"]["timezone"] == "America/New_York"
    assert found[0]["attributes"]["preferred_currency"] == "USD"
