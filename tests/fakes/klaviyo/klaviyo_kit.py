"""What the tests of the fake Klaviyo share: a client that speaks to it in process, and bodies."""

from datetime import UTC, datetime
from typing import Any

import httpx

from fakes.klaviyo.app import KlaviyoFake

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Klaviyo:
    """The client side of the tests: bodies in Klaviyo's envelope, and shortcuts for what is asked often."""

    def __init__(self, fake: KlaviyoFake) -> None:
        self.fake = fake
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=fake.wsgi),
            base_url="http://klaviyo",
            headers={
                "Authorization": f"Klaviyo-API-Key {fake.credentials['api_key']}",
                "revision": "2026-10-15",
            },
        )

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.http.get(path, params={name.replace("__", "["): v for name, v in parameters.items()})

    def query(self, path: str, parameters: dict[str, Any]) -> httpx.Response:
        return self.http.get(path, params=parameters)

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers)

    def send(self, **changes: Any) -> httpx.Response:
        return self.post("/api/events", {"data": {"type": "event", "attributes": event(**changes)}})

    def send_bulk(self, *entries: dict[str, Any]) -> httpx.Response:
        return self.post("/api/event-bulk-create-jobs", bulk(*entries))

    def metric_id(self, name: str = "Placed Order") -> str:
        found = [m for m in self.get("/api/metrics").json()["data"] if m["attributes"]["name"] == name]
        return str(found[0]["id"])

    def events(self, **parameters: Any) -> list[dict[str, Any]]:
        return list(self.get("/api/events", **parameters).json()["data"])

    def count(self) -> int:
        return len(self.events())


def event(
    email: str | None = "ann@mail.org",
    metric: str = "Placed Order",
    profile: dict[str, Any] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    """Attributes of a single event."""
    person = profile if profile is not None else {"type": "profile", "attributes": {"email": email}}
    return {
        "properties": {"OrderId": "7"},
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "profile": {"data": person},
    } | attributes


def entry(email: str, *events: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """One profile with its events, for a bulk request."""
    inner = [{k: v for k, v in one.items() if k != "profile"} for one in events]
    return {
        "type": "event-bulk-create",
        "attributes": {
            "profile": {"data": {"type": "profile", "attributes": {"email": email}}},
            "events": {"data": [{"type": "event", "attributes": one} for one in inner]},
        }
        | attributes,
    }


def bulk(*entries: dict[str, Any]) -> dict[str, Any]:
    """A bulk body."""
    attributes = {"events-bulk-create": {"data": list(entries)}}
    return {"data": {"type": "event-bulk-create-job", "attributes": attributes}}


def only_error(response: httpx.Response) -> dict[str, Any]:
    """The one error of a refusal, without its random id."""
    errors = response.json()["errors"]
    assert len(errors) == 1
    assert errors[0].pop("id") == response.headers["X-Klaviyo-Req-Id"]
    return dict(errors[0])
