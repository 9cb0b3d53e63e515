"""What Lightspeed leaves unknown or contradicts itself on, one switch each. FIDELITY.md has the evidence."""

from dataclasses import dataclass, field
from typing import Any


def _choice(*choices: Any) -> Any:
    """A field that takes one of these values; the first, the best evidence there is, is the default."""
    return field(default=choices[0], metadata={"choices": choices})


@dataclass(slots=True)
class Switches:
    """Set by the control plane or in Python at any time."""

    # Spelling and semantics of times
    update_time_key: str = _choice("updateTime", "updatetime")
    update_lag_s: int = 1
    late_upload_stamp: str = _choice("complete", "upload")
    void_moves_time_stamp: bool = False
    void_keeps_completed: bool = True
    void_keeps_complete_time: bool = True
    child_edits_bump_sale: bool = False
    merge_repoints_sales: bool = True
    # Lists
    zero_rows: str = _choice("absent", "empty_string", "empty_list")
    bad_sort_status: int = _choice(400, 422)
    unknown_relation: str = _choice("error", "ignore")
    unknown_filter: str = _choice("error", "ignore")
    repeated_parameter: str = _choice("last", "all", "error")
    update_time_filter: bool = True
    v2_offset_cost: str = _choice("0.0005", "0.005")
    # Writes
    unknown_write_field: str = _choice("error", "ignore")
    ship_to_writable: bool = False
    validation_status: int = _choice(400, 422)
    # Errors
    error_content_type: str = _choice("html", "json")
    unauthorized_body: str = _choice("new", "old")
    maintenance: bool = False
    # OAuth
    expires_in_s: int = 1800
    refresh_revocation: str = _choice("deferred", "immediate")
    token_rejects_scope: bool = False
    token_accepts_json: bool = True
    customers_read_opens_ship_to: bool = False
    redirect_uri: str = "https://127.0.0.1:8443/oauth/lightspeed_r/callback"
    # Rate limits
    burst_max: int = 0
    blocked_requests_cost: bool = False
    relation_doubling: str = _choice("once", "twice")
