"""The control plane's view of what a fake sends by itself."""

from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response

from fakes.kit.push import Delivery, Push

if TYPE_CHECKING:
    from fakes.kit.control import Controllable


def add_deliveries(plane: Blueprint, fake: "Controllable") -> None:
    """``/_fake/deliveries``: list, look at one, send one again, send what is due."""

    @plane.get("/deliveries")
    def deliveries() -> Response:
        return answer([] if fake.push is None else [told(one) for one in fake.push.deliveries()])

    @plane.get("/deliveries/<id>")
    def delivery(id: str) -> Response:
        one = found(fake.push, id)
        if one is None:
            return _unknown(id)
        shown = {"headers": one.headers, "body": one.body.decode("utf-8", "replace")}
        return answer(told(one) | shown)

    @plane.post("/deliveries/<id>/again")
    def again(id: str) -> Response:
        one = found(fake.push, id)
        if one is None or fake.push is None:
            return _unknown(id)
        return answer({"status": fake.push.again(id), "delivery": told(one)})

    @plane.post("/deliveries/pump")
    def pump() -> Response:
        return answer({"attempts": 0 if fake.push is None else fake.push.deliver_due()})


def told(one: Delivery) -> dict[str, Any]:
    """One delivery without what it carries."""
    return {
        "id": one.id,
        "label": one.label,
        "url": one.url,
        "state": one.state,
        "attempt_count": one.attempt_count,
        "attempts": [{"at": attempt.at.isoformat(), "status": attempt.status} for attempt in one.attempts],
        "next_at": one.at.isoformat() if one.state == "queued" else None,
        "body_bytes": len(one.body),
    }


def found(push: Push | None, id: str) -> Delivery | None:
    """The delivery of that id, if it is remembered."""
    try:
        return None if push is None else push.get(id)
    except KeyError:
        return None


def answer(content: object, status: int = 200) -> Response:
    """A JSON answer of the control plane."""
    return Response(msgspec.json.encode(content), status=status, mimetype="application/json")


def _unknown(id: str) -> Response:
    return answer({"error": f"no delivery {id!r} is remembered"}, 404)
