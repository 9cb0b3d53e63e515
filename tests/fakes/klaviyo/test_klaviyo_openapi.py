"""The fake beside Klaviyo's own OpenAPI description, where that file lies beside the checkout."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from klaviyo_kit import Klaviyo

from fakes.klaviyo.quotas import DAILY, ENDPOINTS, TIERS

FILE = Path(__file__).resolve().parents[4] / "shared/vendors/klaviyo-openapi-2026-07-15.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="Klaviyo's description is not beside the checkout")


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """Every operation under ``GET /api/events/<id>``."""
    document = json.loads(FILE.read_text())
    return {
        f"{method.upper()} {re.sub(r'{[^}]*}', '<id>', path)}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_each_endpoint_has_the_published_limits_and_scopes(
    described: dict[str, dict[str, Any]], endpoint: str
) -> None:
    operation = described[endpoint]
    tier, scopes = ENDPOINTS[endpoint]
    burst, steady = TIERS[tier]
    limits = {"burst": f"{burst}/s", "steady": f"{steady}/m"}
    if endpoint in DAILY:
        limits["daily"] = f"{DAILY[endpoint]}/d"
    assert operation["x-klaviyo-ratelimit"] == limits
    assert sorted(operation["x-klaviyo-scopes"]) == sorted(scopes.split())


@pytest.mark.parametrize("path", ["/api/events", "/api/metrics", "/api/profiles", "/api/lists"])
def test_every_described_filter_is_understood_or_named_as_left_out(
    described: dict[str, dict[str, Any]], klaviyo: Klaviyo, path: str
) -> None:
    klaviyo.fake.limits.enabled = False
    left_out = {"_kx"} if path == "/api/profiles" else set()
    for field, rule in described[f"GET {path}"]["x-klaviyo-filters"].items():
        if field in left_out or field.startswith("subscriptions."):
            continue
        for shape, operators in rule["operators"].items():
            for operator in operators:
                text = _condition(field, operator, shape, rule.get("value", {}))
                answer = klaviyo.query(path, {"filter": text})
                assert answer.status_code == 200, (text, answer.text)


@pytest.mark.parametrize("path", ["/api/events", "/api/profiles", "/api/lists"])
def test_every_described_sort_is_understood(
    described: dict[str, dict[str, Any]], klaviyo: Klaviyo, path: str
) -> None:
    parameters = {p["name"]: p["schema"] for p in described[f"GET {path}"]["parameters"]}
    for sort in parameters["sort"]["enum"]:
        if sort.lstrip("-").startswith("subscriptions."):
            continue
        assert klaviyo.query(path, {"sort": sort}).status_code == 200, sort
    size = parameters["page[size]"]
    assert klaviyo.query(path, {"page[size]": size["maximum"]}).status_code == 200
    assert klaviyo.query(path, {"page[size]": size["maximum"] + 1}).status_code == 400


def test_answers_hold_only_described_attributes(
    described: dict[str, dict[str, Any]], klaviyo: Klaviyo
) -> None:
    klaviyo.send(unique_id="s-1", value=1.0)
    klaviyo.fake.state.add_list("Shop")
    for path, resource in (
        ("/api/events", "event"),
        ("/api/metrics", "metric"),
        ("/api/lists", "list"),
        ("/api/profiles", "profile"),
        ("/api/accounts", "account"),
    ):
        parameters = {p["name"]: p["schema"] for p in described[f"GET {path}"]["parameters"]}
        known = set(parameters[f"fields[{resource}]"]["items"]["enum"])
        shown = klaviyo.get(path).json()["data"][0]["attributes"]
        assert set(shown) <= known, path


def _condition(field: str, operator: str, shape: str, value: dict[str, Any]) -> str:
    if shape == "none":
        return f"{operator}({field})"
    text = {"date-time": "2026-11-20T00:00:00Z"}.get(value.get("format", ""), "5")
    if value["type"] == "string" and "format" not in value:
        text = '"5"'
    return f"{operator}({field},{f'[{text}]' if shape == 'list' else text})"
