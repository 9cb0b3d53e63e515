"""The parts of the account that are few: metrics, lists, import jobs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# The ids that recorded accounts show; they look the same everywhere.
INTEGRATIONS = {
    "API": {"object": "integration", "id": "7FtS4J", "name": "API", "category": "API"},
    "Klaviyo": {"object": "integration", "id": "0rG4eQ", "name": "Klaviyo", "category": "Internal"},
    "Shopify": {"object": "integration", "id": "0eMvjm", "name": "Shopify", "category": "eCommerce"},
}


@dataclass(slots=True)
class Account:
    """The account itself. ``zone`` is where Klaviyo's own pages put the day boundary."""

    public_id: str
    zone: str
    currency: str
    created: datetime = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Metric:
    """One metric: a name within an integration. ``has_value``: some event of it carried a value."""

    ordinal: int
    id: str
    name: str
    integration: str
    created: datetime
    updated: datetime
    visible: bool = False
    has_value: bool = False


@dataclass(slots=True)
class ProfileList:
    """One list; ``members`` maps profile ids to when they joined."""

    id: str
    name: str
    opt_in_process: str
    created: datetime
    updated: datetime
    members: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class ImportJob:
    """One bulk import of profiles; carried out once ``due`` has come."""

    id: str
    created: datetime
    due: datetime
    list_ids: list[str]
    payloads: list[dict[str, Any]]
    done: bool = False
    profile_ids: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
