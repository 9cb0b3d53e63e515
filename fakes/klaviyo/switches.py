"""What Klaviyo leaves unknown, as named choices; FIDELITY.md gives the evidence for each default."""

from dataclasses import dataclass, field


def _choice(*choices: object) -> dict[str, tuple[object, ...]]:
    return {"choices": choices}


@dataclass(slots=True)
class Switches:
    """The choices of one fake, settable through ``/_fake/switches``."""

    # Headers, revisions, query parameters
    missing_revision: str = field(default="refuse", metadata=_choice("refuse", "fall_forward"))
    """No ``revision`` header: 400, or served as the oldest living revision."""
    unknown_parameters: str = field(default="ignore", metadata=_choice("ignore", "refuse"))
    """Query parameters that the endpoint does not know."""
    filter_shapes_enforced: bool = True
    """Whether a filter must give a list where the description only knows lists, and the other way round."""
    scopes: str = ""
    """Scopes of the private key, comma-separated; empty means all."""
    window_alignment: str = field(default="anchored", metadata=_choice("anchored", "aligned"))
    """Rate windows start at the first request, or on the clock's second and minute."""
    refresh_token_rotates: bool = True
    """Whether refreshing an OAuth token gives a new refresh token and ends the old one."""
    merchant_answer: str = field(default="allow", metadata=_choice("allow", "deny"))
    """What the merchant answers on the OAuth page."""
    ratelimit_reports: str = field(default="burst", metadata=_choice("burst", "steady"))
    """The window that ``RateLimit-Remaining`` and ``RateLimit-Reset`` describe."""

    # Events
    visibility_delay_s: float = 0.0
    """How long after its 202 an event becomes readable and countable."""
    aggregate_lag_s: float = 0.0
    """How much later than readable an event is counted by metric aggregates."""
    repeat_in_request: str = field(default="refuse", metadata=_choice("refuse", "discard"))
    """A unique_id repeated for one profile and metric inside a bulk request: 400 for all, or kept once."""
    dedupe_retention_days: float = 0.0
    """How long a de-duplication key is remembered after its event's time; 0 means for ever."""
    default_event_sort: str = field(default="datetime", metadata=_choice("datetime", "-datetime"))
    """The order of Get Events when ``sort`` is absent."""
    currency_property: str = field(
        default="$value_currency", metadata=_choice("$value_currency", "$currency_code", "none")
    )
    """Where an event's currency appears among ``event_properties`` on read."""
    backfill_levels: str = field(default="or", metadata=_choice("or", "event", "entry"))
    """Bulk: which ``backfill`` counts when entry and event differ."""
    past_events_fire_flows: bool = True
    """Whether an event dated more than a day ago fires metric flows unless it is a backfill."""
    wrong_identifiers: str = field(default="attribute", metadata=_choice("attribute", "lose"))
    """Identifiers of an event that belong to different profiles: the strongest takes it, or it is lost."""
    phone_partial_in_bulk: bool = False
    """Whether bulk endpoints ignore an invalid phone beside a valid e-mail, as the single ones do."""
    discarded_domains: str = "example.*,test.*,*.example,*.test,*.invalid"
    """E-mail domains whose events are discarded after 202, as patterns."""

    # Metric aggregates
    aggregate_naive_zone: str = field(default="utc", metadata=_choice("utc", "timezone"))
    """How a filter datetime without an offset is read."""
    aggregate_range_enforced: bool = True
    """Whether a range over one year, or a start over five years ago, is refused."""

    # Profiles, lists, consent
    email_lowercased: bool = True
    """Whether e-mails are compared and kept in lower case."""
    external_id_length_max: int = 255
    """Longest accepted external_id."""
    sms_configured: bool = True
    """Without it, phone-only events vanish after 202 and phone-only subscriptions are refused."""
    account_opt_in: str = field(default="double_opt_in", metadata=_choice("double_opt_in", "single_opt_in"))
    """The account's opt-in process, used by subscriptions without a list and by new lists."""
    list_add_fires_flows: bool = True
    """Whether Add Profiles to List fires list flows."""
    import_job_s: float = 0.0
    """How long a bulk profile import stays unfinished."""
    suppression_job_s: float = 0.0
    """How long a bulk suppression stays unfinished."""
    merge_job_s: float = 0.0
    """How long after its 201 two profiles are merged."""
    merge_duplicates: str = field(default="keep", metadata=_choice("keep", "collapse"))
    """Events of merged profiles with the same metric and unique_id: both stay, or one."""
    deletion_job_s: float = 0.0
    """How long after its 202 a profile is deleted for privacy."""
    consent_events: bool = True
    """Whether changes of consent are recorded as events of Klaviyo's own metrics."""

    # Definitions and webhooks
    custom_metrics_max: int = 50
    """How many custom metrics the account's plan has; a standard account has 1."""
    webhooks_allowed: bool = True
    """Whether the account may use webhooks (Advanced KDP, or an app)."""
    webhook_delay_s: float = 0.0
    """How long after its event a delivery leaves."""
    integration_key: bool = False
    """Whether a metric's integration carries a ``key`` member."""
