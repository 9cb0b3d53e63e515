"""Consent from the question to the answer: double opt-in, suppression, what people do by themselves."""

from typing import Any

import httpx
import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.kit.clock import VirtualClock

YES, NO = {"consent": "SUBSCRIBED"}, {"consent": "UNSUBSCRIBED"}


def ask(
    klaviyo: Klaviyo,
    said: dict[str, Any],
    *,
    email: str | None = "ann@mail.org",
    list_id: str | None = None,
    kind: str = "create",
    **attributes: Any,
) -> httpx.Response:
    person: dict[str, Any] = {"subscriptions": said} | ({"email": email} if email else {})
    person |= attributes.pop("person", {})
    kind = f"profile-subscription-bulk-{kind}-job"
    data: dict[str, Any] = {
        "type": kind,
        "attributes": {"profiles": {"data": [{"type": "profile", "attributes": person}]}} | attributes,
    }
    if list_id:
        data["relationships"] = {"list": {"data": {"type": "list", "id": list_id}}}
    return klaviyo.post(f"/api/{kind}s", {"data": data})


def suppress(klaviyo: Klaviyo, *emails: str, kind: str = "create", **relationships: Any) -> httpx.Response:
    kind = f"profile-suppression-bulk-{kind}-job"
    people = [{"type": "profile", "attributes": {"email": email}} for email in emails]
    data: dict[str, Any] = {
        "type": kind,
        "attributes": {"profiles": {"data": people}} if emails else {},
    }
    if relationships:
        data["relationships"] = relationships
    return klaviyo.post(f"/api/{kind}s", {"data": data})


def marketing(klaviyo: Klaviyo, email: str = "ann@mail.org") -> dict[str, Any]:
    asked = {"filter": f'equals(email,"{email}")', "additional-fields[profile]": "subscriptions"}
    found = klaviyo.query("/api/profiles", asked).json()["data"]
    return dict(found[0]["attributes"]["subscriptions"]["email"]["marketing"])


def reasons(klaviyo: Klaviyo) -> list[str]:
    return [one["reason"] for one in marketing(klaviyo)["suppression"]]


def test_double_opt_in_changes_nothing_until_the_person_confirms(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    shop = klaviyo.fake.state.add_list("Shop", "double_opt_in")
    assert (
        ask(klaviyo, {"email": {"marketing": YES}}, list_id=shop.id, custom_source="till").status_code == 202
    )
    assert (marketing(klaviyo)["consent"], list(shop.members)) == ("NEVER_SUBSCRIBED", [])
    (waiting,) = klaviyo.http.get("/_fake/confirmations").json()
    assert (waiting["email"], waiting["list_id"]) == ("ann@mail.org", shop.id)
    clock.advance(3600)
    done = klaviyo.http.post("/_fake/confirmations", json={"token": waiting["token"]})
    assert (done.status_code, klaviyo.http.get("/_fake/confirmations").json()) == (200, [])
    now = marketing(klaviyo)
    assert (now["consent"], now["double_optin"], now["custom_method_detail"]) == ("SUBSCRIBED", True, "till")
    assert now["consent_timestamp"] == "2026-11-21T13:00:00+00:00"
    assert list(shop.members) == done.json()["confirmed"]
    assert klaviyo.fake.state.counts["flows.list"] == 1


def test_asking_twice_is_one_question_and_a_wrong_answer_is_refused(klaviyo: Klaviyo) -> None:
    for _ in range(2):
        ask(klaviyo, {"email": {"marketing": YES}})
    assert len(klaviyo.http.get("/_fake/confirmations").json()) == 1
    nobody = klaviyo.http.post("/_fake/confirmations", json={"email": "bob@mail.org"})
    assert (nobody.status_code, "nobody waits" in nobody.json()["error"]) == (400, True)
    assert klaviyo.http.post("/_fake/confirmations", json={"email": "ann@mail.org"}).status_code == 200


def test_historical_import_needs_no_confirmation_and_fires_no_list_flow(klaviyo: Klaviyo) -> None:
    shop = klaviyo.fake.state.add_list("Shop", "double_opt_in")
    said = {"email": {"marketing": YES | {"consented_at": "2025-01-02T03:04:05Z"}}}
    assert ask(klaviyo, said, list_id=shop.id, historical_import=True).status_code == 202
    assert marketing(klaviyo)["consent_timestamp"] == "2025-01-02T03:04:05+00:00"
    assert (len(shop.members), klaviyo.fake.state.counts["flows.list"]) == (1, 0)


@pytest.mark.parametrize("given", [None, "yesterday", "2026-11-21T12:00:01Z", 7])
def test_historical_import_needs_a_time_in_the_past(klaviyo: Klaviyo, given: Any) -> None:
    answer = ask(klaviyo, {"email": {"marketing": YES | {"consented_at": given}}}, historical_import=True)
    assert answer.status_code == 400
    assert only_error(answer)["detail"] == (
        "Historical email subscription does not have a valid consented_at timestamp"
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"email": {}},
        {"fax": {"marketing": YES}},
        {"email": {"shouting": YES}},
        {"email": {"marketing": NO}},
        {"email": {"marketing": YES | {"mood": "good"}}},
        {"email": {"marketing": "SUBSCRIBED"}},
        {"push": {"marketing": YES, "tokens": [{"token": "t"}]}},
    ],
)
def test_a_malformed_subscription_changes_nobody(klaviyo: Klaviyo, said: dict[str, Any]) -> None:
    assert ask(klaviyo, said).status_code == 400
    assert klaviyo.get("/api/profiles").json()["data"] == []


def test_a_push_token_comes_with_consent_and_goes_with_it(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.account_opt_in = "single_opt_in"
    token = {"token": "t-1", "platform": "ios", "vendor": "apns"}
    ask(klaviyo, {"push": {"marketing": YES, "tokens": [token]}})
    person = klaviyo.get("/api/profiles").json()["data"][0]["id"]
    (held,) = klaviyo.get(f"/api/profiles/{person}/push-tokens").json()["data"]
    assert (held["attributes"]["token"], held["attributes"]["platform"]) == ("t-1", "ios")
    ask(klaviyo, {"push": {"marketing": NO, "tokens": [token]}}, kind="delete")
    assert klaviyo.get(f"/api/profiles/{person}/push-tokens").json()["data"] == []


def test_a_suppression_is_a_job_whose_lifting_lifts_nothing_else(klaviyo: Klaviyo) -> None:
    ask(klaviyo, {"email": {"marketing": NO}}, kind="delete")
    job = suppress(klaviyo, "ann@mail.org", "new@mail.org")
    assert (job.status_code, job.json()["data"]["attributes"]["total_count"]) == (202, 2)
    done = klaviyo.get(f"/api/profile-suppression-bulk-create-jobs/{job.json()['data']['id']}").json()["data"]
    assert (done["attributes"]["status"], done["attributes"]["completed_count"]) == ("complete", 2)
    assert reasons(klaviyo) == ["UNSUBSCRIBE", "USER_SUPPRESSED"]
    lifted = suppress(klaviyo, "ann@mail.org", "nobody@mail.org", kind="delete").json()["data"]["id"]
    shown = klaviyo.get(f"/api/profile-suppression-bulk-delete-jobs/{lifted}").json()["data"]["attributes"]
    assert (shown["completed_count"], shown["skipped_count"]) == (1, 1)
    assert reasons(klaviyo) == ["UNSUBSCRIBE"]


def test_a_job_takes_its_time_and_can_be_found_by_its_state(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.suppression_job_s = 60
    shop = klaviyo.fake.state.add_list("Shop")
    shop.members[klaviyo.fake.state.profile("ann@mail.org").id] = clock.now()
    suppress(klaviyo, list={"data": {"type": "list", "id": shop.id}})
    path = "/api/profile-suppression-bulk-create-jobs"

    def found(state: str) -> int:
        return len(klaviyo.query(path, {"filter": f'equals(status,"{state}")'}).json()["data"])

    assert (found("processing"), reasons(klaviyo)) == (1, [])
    clock.advance(60)
    assert (found("processing"), found("complete"), reasons(klaviyo)) == (0, 1, ["USER_SUPPRESSED"])
    asked = {"filter": f'equals(list_id,"{shop.id}")'}
    assert len(klaviyo.query(path, asked).json()["data"]) == 1


def test_suppressing_wants_exactly_one_kind_of_people(klaviyo: Klaviyo) -> None:
    shop = klaviyo.fake.state.add_list("Shop")
    both = suppress(klaviyo, "ann@mail.org", list={"data": {"type": "list", "id": shop.id}})
    assert (both.status_code, suppress(klaviyo).status_code) == (400, 400)
    assert suppress(klaviyo, *(f"p{n}@mail.org" for n in range(101))).status_code == 400
    bad = suppress(klaviyo, "ann@mail.org", "nobody")
    assert only_error(bad)["source"] == {"pointer": "/data/attributes/profiles/data/1/attributes/email"}


def test_what_a_person_does_bars_the_mail_and_a_new_consent_lifts_most_of_it(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.account_opt_in = "single_opt_in"
    ask(klaviyo, {"email": {"marketing": YES}})
    for deed in ("unsubscribe", "hard_bounce", "spam_complaint"):
        done = klaviyo.http.post("/_fake/recipients", json={"email": "ann@mail.org", "did": deed})
        assert done.status_code == 200
    assert reasons(klaviyo) == ["UNSUBSCRIBE", "HARD_BOUNCE", "SPAM_COMPLAINT"]
    assert (marketing(klaviyo)["consent"], marketing(klaviyo)["method"]) == (
        "UNSUBSCRIBED",
        "PREFERENCE_PAGE",
    )
    ask(klaviyo, {"email": {"marketing": YES}})
    assert (marketing(klaviyo)["consent"], reasons(klaviyo)) == ("SUBSCRIBED", ["HARD_BOUNCE"])
    assert marketing(klaviyo)["can_receive_email_marketing"] is False
    for asked in ({"email": "bob@mail.org", "did": "unsubscribe"}, {"email": "ann@mail.org", "did": "sing"}):
        assert klaviyo.http.post("/_fake/recipients", json=asked).status_code == 400


def test_consent_shows_as_events_of_klaviyos_own_metrics(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.account_opt_in = "single_opt_in"
    ask(klaviyo, {"email": {"marketing": YES}})
    (metric,) = klaviyo.get("/api/metrics").json()["data"]
    assert metric["attributes"]["name"] == "Subscribed to Email Marketing"
    assert metric["attributes"]["integration"]["name"] == "Klaviyo"
    klaviyo.fake.switches.consent_events = False
    ask(klaviyo, {"email": {"marketing": NO}}, kind="delete")
    assert len(klaviyo.get("/api/metrics").json()["data"]) == 1


def test_profiles_are_found_by_why_they_may_not_be_mailed(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    suppress(klaviyo, "ann@mail.org")
    clock.advance(60)
    klaviyo.fake.state.profile("bob@mail.org")
    klaviyo.http.post("/_fake/recipients", json={"email": "bob@mail.org", "did": "hard_bounce"})
    shop = klaviyo.fake.state.add_list("Shop", "single_opt_in")
    ask(klaviyo, {"email": {"marketing": YES}}, email="cyd@mail.org", list_id=shop.id)
    ask(klaviyo, {"email": {"marketing": NO}}, email="cyd@mail.org", list_id=shop.id, kind="delete")
    field = "subscriptions.email.marketing"

    def found(text: str) -> list[str]:
        answer = klaviyo.query("/api/profiles", {"filter": text, "sort": f"-{field}.suppression.timestamp"})
        return [one["attributes"]["email"] for one in answer.json()["data"]]

    since = f"greater-or-equal({field}.suppression.timestamp,2026-11-21T12:00:00Z)"
    assert found(since) == ["bob@mail.org", "ann@mail.org"]
    assert found(f'equals({field}.suppression.reason,"HARD_BOUNCE")') == ["bob@mail.org"]
    assert found(f'equals({field}.list_suppressions.list_id,"{shop.id}")') == ["cyd@mail.org"]
    for text in (
        f'equals({field}.list_suppressions.reason,"UNSUBSCRIBE")',
        f'equals({field}.list_suppressions.list_id,"x"),equals({field}.suppression.reason,"x")',
        f"{since},{since}",
    ):
        assert klaviyo.query("/api/profiles", {"filter": text}).status_code == 400
