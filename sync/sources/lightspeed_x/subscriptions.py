"""Registering webhooks with X-Series. An application sees and changes only its own.

Source: the vendor's page on webhooks and its API description: JSON `{type, url, active}`, 409 for a type and
address that are there already, scope `webhooks`.
"""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from sync.http.errors import NotThere, Refused, Unintelligible
from sync.sources.lightspeed_x.client import LightspeedXClient
from sync.sources.lightspeed_x.wire import UPSTREAM
from sync.sources.notices import Subscription


class _Hook(msgspec.Struct):
    id: str
    type: str
    url: str
    active: bool = True


class _Hooks(msgspec.Struct):
    data: list[_Hook]


class Webhooks:
    """One store's registrations."""

    names: tuple[str, ...] = (
        "sale.update",
    )  # whatever else changes is read by the poller, and with the sale itself

    def __init__(self, client: LightspeedXClient, url: str) -> None:
        """`url` is where the account's deliveries go; each kind has an address of its own behind it."""
        self._client = client
        self._url = url.rstrip("/")

    def address(self, name: str) -> str:
        """Where deliveries of this kind go: the body does not say of which kind it is."""
        return f"{self._url}/{name}"

    def listed(self) -> Sequence[Subscription]:
        """Those that are ours, in the vendor's order."""
        answer = self._client.send("GET", "webhooks")
        try:
            found = msgspec.json.decode(answer, type=_Hooks)
        except msgspec.DecodeError:
            raise Unintelligible(
                UPSTREAM, "the list of webhooks cannot be read; try again later, and report it if it lasts"
            ) from None
        return [Subscription(one.id, one.type, one.url, one.active) for one in found.data]

    def add(self, name: str, url: str) -> None:
        """Register; one that exists already is left as it is."""
        body = msgspec.json.encode({"type": name, "url": url, "active": True})
        try:
            self._client.send("POST", "webhooks", body)
        except Refused as trouble:
            if trouble.status != 409:
                raise

    def activate(self, one: Subscription) -> None:
        """Switch it on again."""
        body = msgspec.json.encode({"type": one.name, "url": one.url, "active": True})
        self._client.send("PUT", f"webhooks/{one.id}", body)

    def remove(self, one: Subscription) -> None:
        """Take it back."""
        with suppress(NotThere):
            self._client.send("DELETE", f"webhooks/{one.id}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
