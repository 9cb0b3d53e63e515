"""Our own table of limits and scopes, held against the description Klaviyo publishes where it is at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from sync.klaviyo import limits

DESCRIPTION = (
    Path(__file__).resolve().parents[3] / "../shared/vendors/klaviyo-openapi-2026-07-15.json"
).resolve()
ENDPOINTS = {
    limits.ACCOUNTS: ("get", "/api/accounts"),
    limits.METRICS: ("get", "/api/metrics"),
    limits.METRIC_AGGREGATES: ("post", "/api/metric-aggregates"),
    limits.EVENT_CREATE: ("post", "/api/events"),
    limits.EVENTS_READ: ("get", "/api/events"),
    limits.EVENT_BULK_CREATE: ("post", "/api/event-bulk-create-jobs"),
    limits.PROFILES_READ: ("get", "/api/profiles"),
    limits.PROFILE_BULK_IMPORT: ("post", "/api/profile-bulk-import-jobs"),
    limits.PROFILE_IMPORT_STATUS: ("get", "/api/profile-bulk-import-jobs/{job_id}"),
    limits.PROFILE_IMPORT_ERRORS: ("get", "/api/profile-bulk-import-jobs/{id}/import-errors"),
    limits.PROFILE_IMPORT_PROFILES: ("get", "/api/profile-bulk-import-jobs/{id}/profiles"),
    limits.LISTS_READ: ("get", "/api/lists"),
    limits.LIST_ADD: ("post", "/api/lists/{id}/relationships/profiles"),
    limits.SUBSCRIBE: ("post", "/api/profile-subscription-bulk-create-jobs"),
    limits.UNSUBSCRIBE: ("post", "/api/profile-subscription-bulk-delete-jobs"),
}


@pytest.fixture(scope="module")
def described() -> Any:
    if not DESCRIPTION.exists():
        pytest.skip("Klaviyo's API description is not beside this checkout")
    return json.loads(DESCRIPTION.read_text())["paths"]


def test_the_table_covers_every_endpoint_we_ask() -> None:
    assert set(limits.PUBLISHED) == set(limits.SCOPES) == set(ENDPOINTS)


@pytest.mark.parametrize("bucket", sorted(ENDPOINTS))
def test_limits_and_scopes_are_the_published_ones(described: Any, bucket: str) -> None:
    method, path = ENDPOINTS[bucket]
    operation = described[path][method]
    (burst, one_s), (steady, minute_s) = limits.PUBLISHED[bucket]
    published = operation["x-klaviyo-ratelimit"]
    assert (f"{burst}/s", f"{steady}/m") == (published["burst"], published["steady"])
    assert (one_s, minute_s) == (1.0, 60.0)
    assert set(limits.SCOPES[bucket].split()) == set(operation["x-klaviyo-scopes"])


def test_bulk_creation_may_go_ten_a_second_and_a_hundred_and_fifty_a_minute() -> None:
    assert limits.PUBLISHED[limits.EVENT_BULK_CREATE] == ((10, 1.0), (150, 60.0))
