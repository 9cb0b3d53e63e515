"""The way into the fake Klaviyo: key, revision, limits, media types, and the headers that tell."""

import pytest
from klaviyo_kit import Klaviyo, event, only_error

from fakes.kit.clock import VirtualClock
from fakes.klaviyo.app import KlaviyoFake


def test_a_wrong_key_is_klaviyos_401_without_links_and_limits(klaviyo: Klaviyo) -> None:
    answer = klaviyo.http.get("/api/metrics", headers={"Authorization": "Klaviyo-API-Key pk_nope"})
    assert answer.status_code == 401
    assert only_error(answer) == {
        "status": 401,
        "code": "not_authenticated",
        "title": "Authentication credentials were not provided.",
        "detail": "Missing or invalid private key.",
        "source": {"pointer": "/data/"},
    }
    assert answer.headers["WWW-Authenticate"] == "Bearer, Klaviyo-API-Key"
    assert not {"cid", "ratelimit-limit", "x-klaviyo-api-revision"} & set(answer.headers)


def test_a_bearer_token_is_as_good_as_a_private_key(klaviyo: Klaviyo) -> None:
    token = klaviyo.fake.credentials["access_token"]
    assert klaviyo.http.get("/api/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_key_without_the_scope_is_a_403_that_names_it(klaviyo: Klaviyo) -> None:
    klaviyo.fake.switches.scopes = "profiles:write,events:read"
    answer = klaviyo.send()
    assert answer.status_code == 403
    assert only_error(answer)["detail"] == "Your API key is missing required scopes: events:write"
    assert klaviyo.get("/api/events").status_code == 200


@pytest.mark.parametrize(
    ("asked", "served", "retires"),
    [
        ("2026-10-15", "2026-10-15", None),
        ("2026-11-01", "2026-10-15", None),
        ("2026-07-15.pre", "2026-07-15", None),
        ("2025-04-15", "2025-04-15", "2027-04-15"),
        ("2024-10-15", "2025-01-15", "2027-01-15"),
        ("2023-02-22", "2025-01-15", "2027-01-15"),
    ],
)
def test_the_revision_that_served_is_told_and_retired_ones_fall_forward(
    klaviyo: Klaviyo, asked: str, served: str, retires: str | None
) -> None:
    answer = klaviyo.http.get("/api/metrics", headers={"revision": asked})
    assert answer.status_code == 200
    assert answer.headers["X-Klaviyo-Api-Revision"] == served
    assert answer.headers.get("X-Klaviyo-Api-Retirement-Date") == retires


def test_a_retired_revision_is_gone_for_whoever_declined_to_fall_forward(klaviyo: Klaviyo) -> None:
    headers = {"revision": "2024-10-15", "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1"}
    assert klaviyo.http.get("/api/metrics", headers=headers).status_code == 410
    headers["revision"] = "2025-01-15"
    assert klaviyo.http.get("/api/metrics", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("revision", "status"), [("2025-04-15", 404), ("2025-07-15", 200), ("2026-10-15", 200)]
)
def test_a_revision_has_only_the_endpoints_of_its_time(klaviyo: Klaviyo, revision: str, status: int) -> None:
    answer = klaviyo.http.get("/api/mapped-metrics", headers={"revision": revision})
    assert answer.status_code == status
    if status == 404:
        assert only_error(answer)["detail"].startswith("No valid revisions found for method")


def test_a_future_revision_is_a_404(klaviyo: Klaviyo) -> None:
    answer = klaviyo.http.get("/api/metrics", headers={"revision": "2026-11-22"})
    assert (answer.status_code, only_error(answer)["detail"]) == (
        404,
        "Unable to specify a future revision date",
    )


@pytest.mark.parametrize("revision", ["yesterday", "2026-13-01", "20261015", ""])
def test_a_malformed_revision_is_a_400(klaviyo: Klaviyo, revision: str) -> None:
    assert klaviyo.http.get("/api/metrics", headers={"revision": revision}).status_code == 400


def test_a_missing_revision_is_a_400_unless_switched(klaviyo: Klaviyo) -> None:
    del klaviyo.http.headers["revision"]
    assert klaviyo.http.get("/api/metrics").status_code == 400
    klaviyo.fake.switches.missing_revision = "fall_forward"
    answer = klaviyo.http.get("/api/metrics")
    assert (answer.status_code, answer.headers["X-Klaviyo-Api-Revision"]) == (200, "2025-01-15")


def test_a_clock_in_the_past_does_not_make_todays_revision_a_future_one(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    clock.set(clock.now().replace(year=2018))
    assert klaviyo.get("/api/metrics").headers["X-Klaviyo-Api-Revision"] == "2026-10-15"


def test_an_unknown_path_and_an_unknown_method_are_refused_in_json(klaviyo: Klaviyo) -> None:
    missing = klaviyo.get("/api/nonsense")
    assert missing.status_code == 404
    assert only_error(missing)["detail"].startswith("No valid revisions found for method")
    assert klaviyo.http.put("/api/events", json={}).status_code == 405


@pytest.mark.parametrize("slash", ["", "/"])
def test_paths_work_with_and_without_a_trailing_slash(klaviyo: Klaviyo, slash: str) -> None:
    assert klaviyo.get(f"/api/metrics{slash}").status_code == 200
    body = {"data": {"type": "event", "attributes": event()}}
    assert klaviyo.post(f"/api/events{slash}", body).status_code == 202


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 202),
        ("application/vnd.api+json", 202),
        ("application/json; charset=utf-8", 202),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_json_by_either_name_is_taken_and_nothing_else(klaviyo: Klaviyo, kind: str, status: int) -> None:
    body = {"data": {"type": "event", "attributes": event()}}
    assert klaviyo.post("/api/events", body, **{"Content-Type": kind}).status_code == status


def test_a_body_over_five_megabytes_is_a_413(klaviyo: Klaviyo) -> None:
    body = b" " * (5 * 1024 * 1024 + 1)
    answer = klaviyo.http.post("/api/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_202_has_neither_body_nor_content_type(klaviyo: Klaviyo) -> None:
    answer = klaviyo.send()
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (202, b"", "0")
    assert "content-type" not in answer.headers


def test_the_headers_tell_the_windows(klaviyo: Klaviyo) -> None:
    headers = klaviyo.get("/api/profiles").headers
    assert headers["RateLimit-Limit"] == "75, 75;w=1, 750;w=60"
    assert (headers["RateLimit-Remaining"], headers["RateLimit-Reset"]) == ("74", "1")
    klaviyo.fake.switches.ratelimit_reports = "steady"
    headers = klaviyo.get("/api/profiles").headers
    assert headers["RateLimit-Limit"] == "750, 75;w=1, 750;w=60"
    assert (headers["RateLimit-Remaining"], headers["RateLimit-Reset"]) == ("748", "60")
    assert headers["Cid"] == klaviyo.fake.credentials["public_id"]


def test_the_burst_and_then_the_steady_window_throttle_each_endpoint_by_itself(
    klaviyo: Klaviyo, clock: VirtualClock
) -> None:
    assert klaviyo.get("/api/accounts").status_code == 200
    refused = klaviyo.get("/api/accounts")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "ratelimit-limit" not in refused.headers
    assert only_error(refused) == {
        "status": 429,
        "code": "throttled",
        "title": "Request was throttled.",
        "detail": "Request was throttled. Expected available in 1 second.",
        "source": {"pointer": "/data/"},
        "links": {"type": "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling"},
        "meta": {},
    }
    assert klaviyo.get("/api/metrics").status_code == 200
    for _ in range(14):
        clock.advance(1)
        assert klaviyo.get("/api/accounts").status_code == 200
    clock.advance(1)
    assert klaviyo.get("/api/accounts").headers["Retry-After"] == "45"
    clock.advance(45)
    assert klaviyo.get("/api/accounts").status_code == 200


def test_what_an_endpoint_refuses_costs_its_parameters_nothing(klaviyo: Klaviyo) -> None:
    body = {"data": {"type": "profile", "attributes": {"email": "a@mail.org"}}}
    one = f"/api/profiles/{klaviyo.post('/api/profiles', body).json()['data']['id']}"
    costly = {"additional-fields[profile]": "predictive_analytics"}
    assert [klaviyo.get(one).status_code for _ in range(75)] == [200] * 75
    assert [klaviyo.query(one, costly).status_code for _ in range(10)] == [429] * 10
    answers = [klaviyo.query("/api/profiles", costly).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    # Nor does what a parameter refuses cost its endpoint anything.
    assert klaviyo.get("/api/profiles").headers["RateLimit-Remaining"] == "64"


def test_limits_can_be_switched_off(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    fake.limits.enabled = False
    assert [klaviyo.get("/api/accounts").status_code for _ in range(20)] == [200] * 20


def test_injected_faults_answer_in_klaviyos_words(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    fake.faults.add({"kind": "rate_limit", "retry_after": 9, "times": 1})
    throttled = klaviyo.get("/api/metrics")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "9")
    fake.faults.add({"kind": "rate_limit", "times": 1})
    assert "Retry-After" not in klaviyo.get("/api/metrics").headers
    fake.faults.add({"kind": "expired_token", "times": 1})
    assert only_error(klaviyo.get("/api/metrics"))["code"] == "not_authenticated"
    fake.faults.add({"kind": "status", "status": 503, "times": 1})
    assert only_error(klaviyo.get("/api/metrics"))["status"] == 503
