"""How often Klaviyo may be asked, per endpoint and account: a second's burst, a minute's steady rate.

From the rate limits Klaviyo publishes with its API description, revision 2026-07-15. The windows are
fixed ones on Klaviyo's side; keeping them as sliding ones stays below both ends. All private keys of an
account share them with the merchant's other integrations, so a refusal is obeyed whatever this table says.
"""

from collections.abc import Mapping

Windows = tuple[tuple[int, float], ...]  # (requests, seconds), all of which hold at once


def _windows(a_second: int, a_minute: int, a_day: int | None = None) -> Windows:
    daily: Windows = ((a_day, 86_400.0),) if a_day is not None else ()
    return ((a_second, 1.0), (a_minute, 60.0), *daily)


ACCOUNTS = "accounts"
METRICS = "metrics"
METRIC_AGGREGATES = "metric_aggregates"
EVENT_CREATE = "event_create"
EVENTS_READ = "events_read"
EVENT_BULK_CREATE = "event_bulk_create"
PROFILES_READ = "profiles_read"
PROFILE_BULK_IMPORT = "profile_bulk_import"
PROFILE_IMPORT_STATUS = "profile_import_status"
PROFILE_IMPORT_ERRORS = "profile_import_errors"
PROFILE_IMPORT_PROFILES = "profile_import_profiles"
LISTS_READ = "lists_read"
LIST_ADD = "list_add"
SUBSCRIBE = "subscribe"
UNSUBSCRIBE = "unsubscribe"

PUBLISHED: Mapping[str, Windows] = {
    ACCOUNTS: _windows(1, 15),  # GET /api/accounts
    METRICS: _windows(10, 150),  # GET /api/metrics
    METRIC_AGGREGATES: _windows(3, 60),  # POST /api/metric-aggregates
    EVENT_CREATE: _windows(350, 3_500),  # POST /api/events
    EVENTS_READ: _windows(350, 3_500),  # GET /api/events
    EVENT_BULK_CREATE: _windows(10, 150),  # POST /api/event-bulk-create-jobs
    PROFILES_READ: _windows(75, 750),  # GET /api/profiles
    PROFILE_BULK_IMPORT: _windows(10, 150),  # POST /api/profile-bulk-import-jobs
    PROFILE_IMPORT_STATUS: _windows(10, 150),  # GET /api/profile-bulk-import-jobs/{id}
    PROFILE_IMPORT_ERRORS: _windows(10, 150),  # GET …/{id}/import-errors
    PROFILE_IMPORT_PROFILES: _windows(10, 150),  # GET …/{id}/profiles
    LISTS_READ: _windows(75, 750),  # GET /api/lists
    LIST_ADD: _windows(10, 150),  # POST /api/lists/{id}/relationships/profiles
    SUBSCRIBE: _windows(75, 750),  # POST /api/profile-subscription-bulk-create-jobs
    UNSUBSCRIBE: _windows(75, 750),  # POST /api/profile-subscription-bulk-delete-jobs
}

SCOPES: Mapping[str, str] = {
    ACCOUNTS: "accounts:read",
    METRICS: "metrics:read",
    METRIC_AGGREGATES: "metrics:read",
    EVENT_CREATE: "events:write",
    EVENTS_READ: "events:read",
    EVENT_BULK_CREATE: "events:write",
    PROFILES_READ: "profiles:read",
    PROFILE_BULK_IMPORT: "profiles:write lists:write",
    PROFILE_IMPORT_STATUS: "profiles:read lists:read",
    PROFILE_IMPORT_ERRORS: "profiles:read",
    PROFILE_IMPORT_PROFILES: "profiles:read",
    LISTS_READ: "lists:read",
    LIST_ADD: "lists:write profiles:write",
    SUBSCRIBE: "subscriptions:write profiles:write lists:write",
    UNSUBSCRIBE: "subscriptions:write profiles:write lists:write",
}
