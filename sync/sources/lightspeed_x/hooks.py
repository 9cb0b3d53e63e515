"""Webhooks: whose they are, and what a body is about. It is only ever a hint: the record is read anew.

The vendor posts a form with the object, in the shape of its API 1.0, as JSON in the field `payload`. The
body names no kind of event, so the object's own keys tell what it is. Money, state and people in it are
not read: deliveries are repeated, come in any order and may be days old.

Those of an OAuth application are signed with its secret; hooks made by hand in the store's pages, or with a
personal token, are not, and are not taken. Source: the vendor's page on webhooks.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal
from urllib.parse import parse_qs

import msgspec

from sync.sources.fields import WrongSettings
from sync.sources.lightspeed_x import pos
from sync.sources.lightspeed_x.settings import Settings
from sync.sources.notices import Delivery, Heard, Hint, Subscriptions, Turned
from sync.sources.protocol import Link

BODY_BYTES_MAX = 1_000_000
_FIELDS_MAX = 20
_ID_LENGTH_MAX = 64

_FORM = "application/x-www-form-urlencoded"
_ALGORITHM = "HMAC-SHA256"
TYPES = frozenset(
    {"sale.update", "customer.update", "product.update", "inventory.update", "register_closure.create",
     "consignment.send", "consignment.receive"}
)  # fmt: skip


def reader(settings: Settings) -> "Hooks":
    """Reads the deliveries for one store. Raises WrongSettings without the secret they are signed with."""
    if settings.personal_token or not settings.client_secret:
        raise WrongSettings(
            "webhooks of a personal token are not signed, so anybody could forge them; connect the store by "
            "client_id and client_secret to be told in real time"
        )
    secrets = (settings.client_secret, settings.previous_client_secret)
    return Hooks([secret for secret in secrets if secret], settings.domain_prefix)


def subscribing(link: Link, settings: Settings, url: str) -> Subscriptions:
    """The store's webhooks that are ours. Raises WrongSettings where deliveries could not be verified."""
    reader(settings)
    return pos.webhooks(link, settings, url)


class Hooks:
    """Reads one store's deliveries."""

    def __init__(self, secrets: Sequence[str], domain_prefix: str) -> None:
        """Any of the secrets may have signed a delivery: there are two while they are being exchanged."""
        self.names = TYPES
        self.remark = ""
        self._secrets = [secret.encode() for secret in secrets]
        self._prefix = domain_prefix

    def read(self, delivery: Delivery) -> Heard:
        """The sale a delivery is about. Raises Turned, checking the signature before anything is read."""
        if not self._genuine(delivery):
            raise Turned(401, "forged", "the signature is missing or wrong")
        if delivery.content_type != _FORM:
            raise Turned(415, "malformed", f"send a form ({_FORM}) with the object in the field payload")
        notice = notice_of(delivery.body)
        if notice is None:
            raise Turned(400, "malformed", "the form holds no object with an id in the field payload")
        if notice.domain_prefix not in {"", self._prefix}:
            raise Turned(403, "foreign", "this address belongs to another store")
        if notice.kind != "sale":
            return Heard((), 1)
        # A repetition is the same to the byte; a later change of the sale has another version.
        key = blake2b(delivery.body, digest_size=16).hexdigest()
        return Heard((Hint(notice.record_id, notice.version, key),))

    def _genuine(self, delivery: Delivery) -> bool:
        """Whether one of our secrets signed the body as it came.

        The vendor does not say whether the whole form is signed or only the object in it, so either counts.
        """
        parts = dict(part.strip().split("=", 1) for part in _parts(delivery.headers.get("x-signature", "")))
        told = parts.get("signature", "").lower()
        if not told.isascii() or parts.get("algorithm", _ALGORITHM).upper() != _ALGORITHM:
            return False
        if self._signed(delivery.body, told):
            return True
        payload = _payload(delivery.body)
        return payload is not None and self._signed(payload, told)

    def _signed(self, text: bytes, told: str) -> bool:
        return any(
            hmac.compare_digest(hmac.new(secret, text, "sha256").hexdigest(), told)
            for secret in self._secrets
        )


def _parts(header: str) -> list[str]:
    return [part for part in header.split(",")[:4] if "=" in part]


def _payload(body: bytes) -> bytes | None:
    """The object in the form as the vendor wrote it."""
    try:
        form = parse_qs(body.decode("utf-8"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return None
    return form["payload"][0].encode() if "payload" in form else None


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
