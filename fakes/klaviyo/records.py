"""What an account has beside profiles, events and lists: jobs, segments, webhooks, definitions, OAuth."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fakes.klaviyo.oauth import Code, Install

MAPPED = (
    "added_to_cart", "cancelled_sales", "ordered_product", "refunded_sales", "revenue", "started_checkout",
    "viewed_product",
)  # fmt: skip


@dataclass(slots=True)
class Segment:
    """One segment. The fake computes none: a script says who is in it."""

    id: str
    name: str
    created: datetime
    updated: datetime
    members: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class SuppressionJob:
    """One bulk suppression, or with ``lifts`` its opposite; ``emails`` is None for a list or segment."""

    id: str
    lifts: bool
    created: datetime
    due: datetime
    emails: list[str] | None
    list_id: str | None
    segment_id: str | None
    total_count: int
    completed_count: int = 0
    skipped_count: int = 0
    done: bool = False


@dataclass(slots=True)
class MergeJob:
    """One profile to be merged into another."""

    source_id: str
    destination_id: str
    due: datetime
    done: bool = False


@dataclass(slots=True)
class DeletionJob:
    """Profiles that are to be forgotten."""

    profile_ids: list[str]
    due: datetime
    done: bool = False


@dataclass(slots=True)
class Pending:
    """Somebody who was asked to confirm a subscription (double opt-in) and has not answered yet."""

    token: str
    profile_id: str
    list_id: str | None
    channels: dict[str, datetime]
    source: str | None
    asked: datetime


@dataclass(slots=True)
class Webhook:
    """One system webhook."""

    id: str
    name: str
    description: str | None
    endpoint_url: str
    secret_key: str
    topics: list[str]
    created: datetime
    updated: datetime
    enabled: bool = True


@dataclass(slots=True)
class CustomMetric:
    """A saved definition over metrics."""

    id: str
    name: str
    definition: dict[str, Any]
    created: datetime
    updated: datetime


@dataclass(slots=True)
class MappedMetric:
    """Which metric stands for one of Klaviyo's fixed meanings."""

    id: str
    updated: datetime
    metric_id: str | None = None
    custom_metric_id: str | None = None


@dataclass(slots=True)
class Attribution:
    """What an event is credited to: ids by relationship (``flow``, ``campaign``, ``attributed-event``, …)."""

    id: str
    event_id: str
    credited: dict[str, str]


@dataclass(slots=True)
class Extras:
    """All of it, empty on a new account. Plain data, so that it travels as JSON as it is."""

    segments: dict[str, Segment] = field(default_factory=dict)
    suppression_jobs: dict[str, SuppressionJob] = field(default_factory=dict)
    merges: list[MergeJob] = field(default_factory=list)
    deletions: list[DeletionJob] = field(default_factory=list)
    pending: dict[str, Pending] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    custom_metrics: dict[str, CustomMetric] = field(default_factory=dict)
    mapped_metrics: dict[str, MappedMetric] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)
    attributions: dict[str, list[Attribution]] = field(default_factory=dict)
    """By the id of the credited event."""
    oauth_codes: dict[str, Code] = field(default_factory=dict)
    oauth_installs: dict[str, Install] = field(default_factory=dict)
