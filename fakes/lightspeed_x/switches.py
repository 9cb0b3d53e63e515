"""What X-Series leaves unknown or does in several ways, one switch each. FIDELITY.md has the evidence."""

from dataclasses import dataclass, field
from typing import Any


def _choice(*choices: Any) -> Any:
    """A field that takes one of these values; the first, the best evidence there is, is the default."""
    return field(default=choices[0], metadata={"choices": choices})


@dataclass(slots=True)
class Switches:
    """Set by the control plane or in Python at any time."""

    # Lists and the version cursor
    page_size_default: int = 200
    page_max: int = 10_000
    sales_page_max: int = 500
    search_page_max: int = 1_000
    short_page_rows: int = 0
    before_inclusive: bool = False
    version_gap_max: int = 7
    sales_hide_unfinished: bool = False
    page_block_09: str = _choice("absent_when_one", "block", "top_level")
    expired_version: str = _choice("fall_back", "gone")
    search_lag_s: int = 0
    # How rows are written
    id_style: str = _choice("vend", "rfc4")
    null_keys: str = _choice("null", "missing")
    empty_relation: str = _choice("null", "object")
    loose_types: bool = False
    placeholder_image: str = _choice("url", "null")
    dated_status: bool = False
    dated_top_version: bool = False
    adjustment_keys: str = _choice("type_value", "adjustment_type_value")
    return_action_shape: str = _choice("flat", "nested")
    # What happens at the till
    no_customer: str = _choice("walkin", "null")
    sale_bumps_customer: bool = True
    void_keeps_payments: bool = True
    change_booking: str = _choice("net", "negative_payment")
    parked_siblings: str = _choice("voided", "kept")
    closed_may_reopen: bool = False
    # People
    email_unique: bool = False
    merge_repoints_sales: bool = True
    deleted_customer: str = _choice("kept", "blanked")
    # Rate limits
    limit_window: str = _choice("fixed", "sliding")
    limit_scope: str = _choice("application", "retailer")
    refused_calls_count: bool = False
    deleted_registers_count: bool = False
    retry_after: str = _choice("date", "seconds", "absent")
    limit_body: str = _choice("both", "documented", "old")
    token_limit: int = 10
    # OAuth and access
    scope_required: bool = True
    access_token_life_s: int = 86_400
    refresh_token_life_s: int = 0
    redirect_uri: str = "https://127.0.0.1:8443/oauth/lightspeed_x/callback"
    user_agent_required: bool = False
    # Webhooks
    signature_over: str = _choice("form_body", "payload")
    signature_case: str = _choice("lower", "upper")
    webhook_extras: bool = True
    webhook_retry_4xx: bool = False
    webhook_black_hole: bool = True
