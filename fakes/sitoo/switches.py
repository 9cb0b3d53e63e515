"""What Sitoo's public pages leave unknown or contradict, one switch each. FIDELITY.md has the evidence."""

from dataclasses import dataclass, field
from typing import Any


def _choice(*choices: Any) -> Any:
    """A field that takes one of these values; the first, the best evidence there is, is the default."""
    return field(default=choices[0], metadata={"choices": choices})


@dataclass(slots=True)
class Switches:
    """Set by the control plane or in Python at any time."""

    # Orders
    order_ids: str = _choice("arrival", "till")
    order_date_to: str = _choice("inclusive", "exclusive")
    default_list_has_items: bool = True
    empty_additionaldata: str = _choice("object", "array")
    pos_timezone: str = _choice("iana", "offset", "absent")
    practice_sales: str = _choice("absent", "marked", "plain")
    source_after_close: int = _choice(10, 20)
    line_net: str = _choice("row", "unit")
    discount_item_type: int = 20
    # Enumerations and users
    unknown_enum: str = _choice("refuse", "accept")
    staff_role: int = 30
    shipment_state_cancelled: int = 30
    log_type_state: int = 70
    # Lists and requests
    num_max: int = 1000
    num_over_max: str = _choice("clamp", "error")
    unknown_parameter: str = _choice("error", "ignore")
    unknown_field: str = _choice("error", "ignore")
    guid_site_id: bool = True
    # Errors and limits
    error_body: str = _choice("object", "text", "empty")
    ip_allowed: bool = True
    rate_limit_requests: int = 0
    rate_limit_window_s: int = 60
    rate_limit_scope: str = _choice("api_user", "account")
    rate_limit_headers: str = _choice("retry_after", "reset", "none")
    # Tills and stock
    z_report_opened: str = _choice("set", "null")
    z_report_date_to: str = _choice("inclusive", "exclusive")
    transaction_date: str = _choice("arrival", "sale")
    # Events SPI
    reply_rule: str = _choice("newer", "older")
    event_id_on_retry: str = _choice("same", "new")
    events_path: str = "/events"
    events_content_type: str = "application/json"
    events_batch_max: int = field(default=10, metadata={"choices": tuple(range(1, 11))})
