"""The fake Klaviyo beside Klaviyo's own OpenAPI description, and beside the list of endpoints it promises."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from klaviyo_described import ABSENT, FILE, covered, document, operations

from fakes.kit.clock import VirtualClock
from fakes.klaviyo.app import KlaviyoFake, build
from fakes.klaviyo.operations import operations as kept

MADE = Path(__file__).resolve().parents[2] / "fakes/klaviyo/operations.json"
described = pytest.mark.skipif(not FILE.exists(), reason=ABSENT)

# Written by hand: the endpoints that the fake promises.
PROMISED = """
GET /api/accounts
POST GET /api/events
GET /api/events/<id> /api/events/<id>/metric /api/events/<id>/relationships/metric
GET /api/events/<id>/profile /api/events/<id>/relationships/profile
POST /api/event-bulk-create-jobs
GET /api/metrics /api/metrics/<id> /api/metrics/<id>/metric-properties
POST /api/metric-aggregates
GET POST /api/custom-metrics
PATCH /api/custom-metrics/<id>
GET /api/mapped-metrics
PATCH /api/mapped-metrics/<id>
GET POST /api/profiles
GET PATCH /api/profiles/<id>
POST /api/profile-import
POST GET /api/profile-bulk-import-jobs
GET /api/profile-bulk-import-jobs/<id> /api/profile-bulk-import-jobs/<id>/import-errors
GET /api/profile-bulk-import-jobs/<id>/profiles
POST /api/profile-merge
POST /api/profile-subscription-bulk-create-jobs /api/profile-subscription-bulk-delete-jobs
POST /api/profile-suppression-bulk-create-jobs /api/profile-suppression-bulk-delete-jobs
GET POST /api/lists
GET PATCH DELETE /api/lists/<id>
GET /api/lists/<id>/profiles
POST DELETE /api/lists/<id>/relationships/profiles
POST /api/data-privacy-deletion-jobs
GET /api/tracking-settings
PATCH /api/tracking-settings/<id>
GET POST /api/webhooks
GET PATCH DELETE /api/webhooks/<id>
GET /api/webhook-topics /api/webhook-topics/<id>
"""


def promised() -> Iterator[str]:
    for line in PROMISED.strip().splitlines():
        words = line.split()
        paths = [word for word in words if word.startswith("/")]
        for method in [word for word in words if not word.startswith("/")]:
            yield from (f"{method} {path}" for path in paths)


def routed(fake: KlaviyoFake) -> set[str]:
    rules = (rule for rule in fake.flask.url_map.iter_rules() if rule.rule.startswith("/api/"))
    return {f"{m} {rule.rule}" for rule in rules for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


@pytest.fixture(scope="module")
def fake() -> KlaviyoFake:
    made = build(VirtualClock(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)))
    made.limits.enabled = False
    return made


@pytest.fixture(scope="module")
def http(fake: KlaviyoFake) -> Iterator[httpx.Client]:
    headers = {
        "Authorization": f"Klaviyo-API-Key {fake.credentials['api_key']}",
        "revision": "2026-07-15",
    }
    transport = httpx.WSGITransport(app=fake.wsgi)
    with httpx.Client(transport=transport, base_url="http://klaviyo", headers=headers) as client:
        yield client


@pytest.mark.parametrize("endpoint", sorted(promised()))
def test_every_promised_endpoint_is_routed(fake: KlaviyoFake, endpoint: str) -> None:
    assert endpoint in routed(fake)


def test_every_route_has_its_quotas_scopes_and_grammar_and_every_one_of_these_a_route(
    fake: KlaviyoFake,
) -> None:
    assert routed(fake) == set(kept())


@described
def test_the_kept_grammar_is_what_klaviyo_describes() -> None:
    assert json.loads(MADE.read_text()) == operations(document())


@described
def test_every_described_filter_is_understood(http: httpx.Client) -> None:
    for endpoint, operation in covered(document()).items():
        for field, rule in (operation.get("x-klaviyo-filters") or {}).items():
            for shape, operators in rule["operators"].items():
                for operator in operators:
                    text = condition(field, operator, shape, rule.get("value", {}))
                    answer = http.get(path_of(endpoint), params={"filter": text})
                    assert answer.status_code in (200, 404), (endpoint, text, answer.text)


@described
def test_every_described_sort_and_include_is_understood_and_no_other(http: httpx.Client) -> None:
    for endpoint, operation in covered(document()).items():
        if not endpoint.startswith("GET"):
            continue
        schemas = {p["name"]: p["schema"] for p in operation.get("parameters", ())}
        for sort in schemas.get("sort", {}).get("enum", ()):
            assert http.get(path_of(endpoint), params={"sort": sort}).status_code in (200, 404), sort
        for name in schemas.get("include", {}).get("items", {}).get("enum", ()):
            assert http.get(path_of(endpoint), params={"include": name}).status_code in (200, 404), name
        refused = http.get(path_of(endpoint), params={"include": "profiless"})
        assert refused.json()["errors"][0]["source"] == {"parameter": "include"}


@described
def test_pages_are_as_large_as_described_and_no_larger(http: httpx.Client) -> None:
    for endpoint, operation in covered(document()).items():
        size = next((p["schema"] for p in operation.get("parameters", ()) if p["name"] == "page[size]"), None)
        if size is None:
            continue
        largest = http.get(path_of(endpoint), params={"page[size]": size["maximum"]})
        assert largest.status_code in (200, 404), endpoint
        assert http.get(path_of(endpoint), params={"page[size]": size["maximum"] + 1}).status_code == 400
        assert http.get(path_of(endpoint), params={"page[size]": 0}).status_code == 400


def path_of(endpoint: str) -> str:
    return endpoint.split(" ")[1].replace("<id>", "01NOBODY")


def condition(field: str, operator: str, shape: str, value: dict[str, Any]) -> str:
    if shape == "none":
        return f"{operator}({field})"
    text = {"date-time": "2026-11-20T00:00:00Z"}.get(value.get("format", ""), "5")
    if value["type"] == "string" and "format" not in value:
        text = '"5"'
    needed = ""
    if ".list_suppressions." in field and not field.endswith("list_id"):
        needed = ',equals(subscriptions.email.marketing.list_suppressions.list_id,"5")'
    return f"{operator}({field},{f'[{text}]' if shape == 'list' else text}){needed}"
