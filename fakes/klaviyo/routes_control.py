"""What only people do, as control hooks: answering a double opt-in, unsubscribing, bouncing, complaining."""

from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from fakes.klaviyo.consent import confirm, refuse, suppress
from fakes.klaviyo.records import Pending
from fakes.klaviyo.state import State
from fakes.klaviyo.webhooks import flush

DEEDS = {"hard_bounce": "HARD_BOUNCE", "invalid_email": "INVALID_EMAIL", "spam_complaint": "SPAM_COMPLAINT"}


def add_control_routes(plane: Blueprint, state: State) -> None:
    """``/_fake/confirmations`` and ``/_fake/recipients``."""

    @plane.get("/_fake/confirmations")
    def waiting() -> Response:
        return _json([_pending(state, one) for one in state.extras.pending.values()])

    @plane.post("/_fake/confirmations")
    def answer() -> Response:
        asked = _body()
        found = [one for one in state.extras.pending.values() if _is_meant(state, one, asked)]
        if not found:
            raise ValueError("nobody waits for such a confirmation; give token, email, or email and list_id")
        people = [confirm(state, one.token) for one in found]
        flush(state, request.host_url.rstrip("/"))
        return _json({"confirmed": [person.id for person in people]})

    @plane.post("/_fake/recipients")
    def recipient() -> Response:
        asked = _body()
        person = state.profiles.owner("email", str(asked.get("email", "")).lower())
        if person is None:
            raise ValueError("no profile has this e-mail address")
        deed = asked.get("did")
        if deed == "unsubscribe":
            refuse(state, person, ("email.marketing",), method="PREFERENCE_PAGE")
        elif deed in DEEDS:
            suppress(state, person, DEEDS[str(deed)])
        else:
            raise ValueError(f"unknown deed {deed!r}; known: {', '.join(['unsubscribe', *DEEDS])}")
        flush(state, request.host_url.rstrip("/"))
        return _json({"id": person.id, "did": deed})

    @plane.errorhandler(ValueError)
    def refused(error: ValueError) -> Response:
        return _json({"error": str(error)}, 400)


def _pending(state: State, one: Pending) -> dict[str, Any]:
    return {
        "token": one.token,
        "email": state.profiles.by_id[one.profile_id].attributes.get("email"),
        "phone_number": state.profiles.by_id[one.profile_id].attributes.get("phone_number"),
        "list_id": one.list_id,
        "channels": sorted(one.channels),
        "asked": one.asked,
    }


def _is_meant(state: State, one: Pending, asked: Mapping[str, Any]) -> bool:
    if "token" in asked:
        return bool(one.token == asked["token"])
    shown = _pending(state, one)
    wanted = {name: asked[name] for name in ("email", "phone_number", "list_id") if name in asked}
    return bool(wanted) and all(shown[name] == value for name, value in wanted.items())


def _body() -> dict[str, Any]:
    asked = msgspec.json.decode(request.get_data() or b"{}")
    if not isinstance(asked, dict):
        raise ValueError("a JSON object is wanted")
    return asked


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status=status, mimetype="application/json")
