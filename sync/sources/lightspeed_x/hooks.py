"""What a webhook's body is about. It is only ever a hint: the record is read anew by its id.

The vendor posts a form with the object, in the shape of its API 1.0, as JSON in the field `payload`. The
body names no kind of event, so the object's own keys tell what it is. Money, state and people in it are
not read: deliveries are repeated, come in any order and may be days old.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

import msgspec

BODY_BYTES_MAX = 1_000_000
_FIELDS_MAX = 20
_ID_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed: read it. `version` is what the delivery names, to tell a stale one; 0 for none."""

    kind: Literal["sale", "customer", "product", "other"]
    record_id: str
    version: int = 0
    retailer_id: str = ""
    domain_prefix: str = ""


def notice_of(body: bytes) -> Notice | None:
    """What a delivery is about; None for a body that is no delivery of this vendor."""
    if len(body) > BODY_BYTES_MAX:
        return None
    try:
        form = parse_qs(body.decode("utf-8"), max_num_fields=_FIELDS_MAX, strict_parsing=True)
        found = msgspec.json.decode(form["payload"][0])
    except (ValueError, KeyError, msgspec.DecodeError):
        return None
    record_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(record_id, str) or not _plain(record_id):
        return None
    version = found.get("version")
    return Notice(
        _kind(found),
        record_id,
        version if isinstance(version, int) and version > 0 else 0,
        _text(found.get("retailer_id") or form.get("retailer_id", [""])[0]),
        _text(form.get("domain_prefix", [""])[0]),
    )


def sale_id_of(body: bytes) -> str | None:
    """The sale a delivery is about, to be read by its id; None when it is about anything else."""
    notice = notice_of(body)
    return notice.record_id if notice is not None and notice.kind == "sale" else None


def _kind(found: dict[str, object]) -> Literal["sale", "customer", "product", "other"]:
    if "register_sale_products" in found or ("invoice_number" in found and "register_id" in found):
        return "sale"
    if "customer_code" in found:
        return "customer"
    return "product" if "sku" in found and "handle" in found else "other"


def _plain(text: str) -> bool:
    return 0 < len(text) <= _ID_LENGTH_MAX and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


def _text(value: object) -> str:
    return value if isinstance(value, str) and _plain(value) else ""
