"""The account's UTM defaults: one setting, whose id is the account's."""

from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import UNSET, Struct, UnsetType

from fakes.klaviyo.answers import base_url, chosen, collection, one, page_of
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document
from fakes.klaviyo.errors import invalid, not_found, nothing_included
from fakes.klaviyo.query import asked
from fakes.klaviyo.shapes_rest import tracking_setting
from fakes.klaviyo.state import State

_COMMON = "email_subject", "link_alt_text", "message_type", "profile_external_id", "profile_id"
FLOW_VALUES = (*_COMMON, "flow_id", "flow_name", "message_name", "message_name_id")
CAMPAIGN_VALUES = (
    *(*_COMMON, "campaign_id", "campaign_name", "campaign_name_id", "campaign_name_send_day"),
    *("group_id", "group_name", "group_name_id"),
)


class Value(Struct, forbid_unknown_fields=True):
    type: Literal["dynamic", "static"]
    value: str


class Utm(Struct, forbid_unknown_fields=True):
    flow: Value | None = None
    campaign: Value | None = None


class CustomParameter(Struct, forbid_unknown_fields=True):
    name: str
    flow: Value | None = None
    campaign: Value | None = None


class Attributes(Struct, forbid_unknown_fields=True):
    auto_add_parameters: bool | UnsetType | None = UNSET
    utm_source: Utm | UnsetType = UNSET
    utm_medium: Utm | UnsetType = UNSET
    utm_campaign: Utm | UnsetType = UNSET
    utm_id: Utm | UnsetType = UNSET
    utm_term: Utm | UnsetType = UNSET
    custom_parameters: list[CustomParameter] | UnsetType | None = UNSET


class Data(Struct, forbid_unknown_fields=True):
    type: Literal["tracking-setting"]
    id: str
    attributes: Attributes


_BODY = msgspec.json.Decoder(Document[Data])


def add_tracking_routes(api: Blueprint, state: State) -> None:
    """The three endpoints."""

    @api.get("/api/tracking-settings")
    def get_tracking_settings() -> Response:
        query = asked(state.switches)
        page, cursors = page_of([_shown(state)], query)
        return collection(chosen(page, query), cursors)

    @api.get("/api/tracking-settings/<id>")
    def get_tracking_setting(id: str) -> Response:
        query = asked(state.switches)
        _check_id(state, id)
        return one(_shown(state), query)

    @api.patch("/api/tracking-settings/<id>")
    def update_tracking_setting(id: str) -> Response:
        _check_id(state, id)
        changed = decode(_BODY, request.get_data(cache=False), "tracking-setting").data
        if changed.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        said: dict[str, Any] = msgspec.to_builtins(changed.attributes)
        if not said:
            raise nothing_included()
        for name, value in said.items():
            _check(name, value)
        if said.get("auto_add_parameters") is None:
            said.pop("auto_add_parameters", None)
        state.extras.tracking |= said
        return one(_shown(state), asked(state.switches))


def _check(name: str, value: Any) -> None:
    """A dynamic value must be one that flows, or campaigns, know."""
    for entry in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
        for kind, known in (("flow", FLOW_VALUES), ("campaign", CAMPAIGN_VALUES)):
            said = entry.get(kind)
            if said and said["type"] == "dynamic" and said["value"] not in known:
                raise invalid("Invalid input", f"/data/attributes/{name}/{kind}/value")


def _shown(state: State) -> dict[str, Any]:
    return tracking_setting(state.account.public_id, state.extras.tracking, base_url())


def _check_id(state: State, own_id: str) -> None:
    if own_id != state.account.public_id:
        raise not_found("tracking-setting", own_id)
