"""Klaviyo's own OpenAPI description, cut down to what the fake covers: shared by the contract tests.

``operations(document)`` is also how ``fakes/klaviyo/operations.json`` was made; to make it anew::

    python tests/contract/klaviyo_described.py > fakes/klaviyo/operations.json
"""

import json
import re
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "shared/vendors/klaviyo-openapi-2026-07-15.json"
ABSENT = "Klaviyo's description is not beside the checkout"
RESOURCES = (
    "accounts", "custom-metrics", "data-privacy-deletion-jobs", "event-bulk-create-jobs", "events", "lists",
    "mapped-metrics", "metric-aggregates", "metrics", "profile-bulk-import-jobs", "profile-import",
    "profile-merge", "profile-subscription-bulk-create-jobs", "profile-subscription-bulk-delete-jobs",
    "profile-suppression-bulk-create-jobs", "profile-suppression-bulk-delete-jobs", "profiles",
    "tracking-settings", "webhook-topics", "webhooks",
)  # fmt: skip
_METHODS = ("get", "post", "patch", "delete")


def document() -> dict[str, Any]:
    """The whole description."""
    loaded: dict[str, Any] = json.loads(FILE.read_text())
    return loaded


def covered(whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every covered operation as described, under ``GET /api/events/<id>``; ``path`` is added to each."""
    return {
        f"{method.upper()} {re.sub(r'{[^}]*}', '<id>', path)}": methods[method] | {"path": path}
        for path, methods in whole["paths"].items()
        for method in _METHODS
        if method in methods and path.startswith("/api/") and path.split("/")[2] in RESOURCES
    }


def operations(whole: dict[str, Any]) -> dict[str, Any]:
    """What the fake keeps of each operation; sparse fieldsets are numbered, because they repeat."""
    fieldsets: list[list[str]] = []
    made = {endpoint: _kept(operation, fieldsets) for endpoint, operation in sorted(covered(whole).items())}
    return {"fieldsets": fieldsets, "operations": made}


def _kept(operation: dict[str, Any], fieldsets: list[list[str]]) -> dict[str, Any]:
    limits = operation["x-klaviyo-ratelimit"]
    schemas = {p["name"]: p["schema"] for p in operation.get("parameters", ()) if p["in"] == "query"}
    kept: dict[str, Any] = {
        "name": operation["operationId"],
        "quotas": [_number(limits["burst"]), _number(limits["steady"]), _number(limits.get("daily", "0/d"))],
        "scopes": sorted(operation["x-klaviyo-scopes"]),
    }
    filters = operation.get("x-klaviyo-filters") or {}
    if filters:
        kept["filters"] = {name: rule["operators"] for name, rule in filters.items()}
    if "sort" in schemas:
        kept["sorts"] = [name for name in schemas["sort"]["enum"] if not name.startswith("-")]
    if "page[size]" in schemas:
        kept["size"] = [schemas["page[size]"]["default"], schemas["page[size]"]["maximum"]]
    if "include" in schemas:
        kept["includes"] = schemas["include"]["items"]["enum"]
    for family in ("fields", "additional-fields"):
        named = _fieldsets(schemas, family)
        if named:
            kept[family.replace("-", "_")] = {
                name: _place(fieldsets, values) for name, values in named.items()
            }
    return kept


def _fieldsets(schemas: dict[str, Any], family: str) -> dict[str, list[str]]:
    return {
        name[len(family) + 1 : -1]: sorted(schema["items"]["enum"])
        for name, schema in schemas.items()
        if name.startswith(f"{family}[") and "enum" in schema["items"]
    }


def _place(fieldsets: list[list[str]], values: list[str]) -> int:
    if values not in fieldsets:
        fieldsets.append(values)
    return fieldsets.index(values)


def _number(limit: str) -> int:
    return int(limit.split("/", maxsplit=1)[0])


if __name__ == "__main__":
    print(json.dumps(operations(document()), indent=1, ensure_ascii=False))  # noqa: T201 - it is a command
