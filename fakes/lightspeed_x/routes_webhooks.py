"""Registering webhooks: JSON in the newer versions, one form field `data` in 0.9."""

from typing import Any

import msgspec
from flask import request

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking
from fakes.lightspeed_x.gate import ANY, Call, Gate
from fakes.lightspeed_x.hooks import TYPES
from fakes.lightspeed_x.records import Row
from fakes.lightspeed_x.wire import decoded

SCOPE = ("webhooks",)


class Webhooks:
    """CRUD of the caller's own hooks. Those made in the store's pages are unsigned and not listed."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state

    def add(self) -> None:
        route, one = self.gate.route, "/webhooks/<row_id>"
        route("GET", "/webhooks", self.list_all, scopes=SCOPE, generations=ANY)
        route("POST", "/webhooks", self.create, scopes=SCOPE, generations=ANY)
        route("GET", one, self.single, scopes=SCOPE, generations=ANY)
        route("PUT", one, self.update, scopes=SCOPE, generations=ANY)
        route("DELETE", one, self.delete, scopes=SCOPE, generations=ANY)

    def list_all(self, call: Call) -> tuple[Any, int]:
        rows = [self._shown(row) for row in self.state.webhooks if row.data["signed"]]
        return (rows if call.generation == "0.9" else {"data": rows}), 200

    def single(self, call: Call) -> tuple[Any, int]:
        return self._answer(call, self._own(call)), 200

    def create(self, call: Call) -> tuple[Any, int]:
        body = self._body(call)
        data = {
            "type": self._type(body, None),
            "url": self._url(body, None),
            "active": asking.flag(body, "active", default=True),
            "signed": bool(call.pair.refresh),
        }
        self._check_free(data, None)
        row = Row(self.state.new_id(), data, call.at, call.at)
        self.state.add(self.state.webhooks, row, call.at)
        return self._answer(call, row), 200 if call.generation == "0.9" else 201

    def update(self, call: Call) -> tuple[Any, int]:
        row, body = self._own(call), self._body(call)
        data = {
            **row.data,
            "type": self._type(body, row),
            "url": self._url(body, row),
            "active": asking.flag(body, "active", default=row.data["active"]),
        }
        self._check_free(data, row)
        row.data = data
        self.state.changed(self.state.webhooks, row, call.at)
        return self._answer(call, row), 200

    def delete(self, call: Call) -> tuple[Any, int]:
        row = self._own(call)
        self.state.webhooks.feed.drop(row.version)
        del self.state.webhooks.rows[row.id]
        return ({"status": "success"}, 200) if call.generation == "0.9" else (None, 204)

    def _body(self, call: Call) -> dict[str, Any]:
        """0.9 sends the JSON inside a form."""
        if call.generation != "0.9" or "data" not in request.form:
            return call.body()
        try:
            sent = decoded(request.form["data"].encode())
        except (msgspec.MsgspecError, ArithmeticError, RecursionError):
            raise Refused(400, "the field data is not valid JSON") from None
        if not isinstance(sent, dict):
            raise Refused(400, "the field data must hold a JSON object")
        return sent

    def _own(self, call: Call) -> Row:
        row = self.state.webhooks.find(call.path["row_id"])
        if row is None or not row.data["signed"]:
            raise Refused(404, "webhook not found")
        return row

    def _type(self, body: dict[str, Any], old: Row | None) -> str:
        kind = asking.text(body, "type", required=old is None) or (old.data["type"] if old else "")
        if kind not in TYPES:
            raise Refused(422, f"type must be one of {', '.join(TYPES)}")
        return str(kind)

    def _url(self, body: dict[str, Any], old: Row | None) -> str:
        url = asking.text(body, "url", required=old is None) or (old.data["url"] if old else "")
        if not url.startswith(("https://", "http://")):
            raise Refused(422, "url must be an http address")
        return str(url)

    def _check_free(self, data: dict[str, Any], own: Row | None) -> None:
        for row in self.state.webhooks:
            if row is not own and (row.data["type"], row.data["url"]) == (data["type"], data["url"]):
                raise Refused(409, "a webhook with this type and url already exists")

    def _answer(self, call: Call, row: Row) -> dict[str, Any]:
        shown = self._shown(row)
        return shown if call.generation == "0.9" else {"data": shown}

    def _shown(self, row: Row) -> dict[str, Any]:
        return {
            "id": row.id,
            "retailer_id": self.state.retailer_id,
            "type": row.data["type"],
            "url": row.data["url"],
            "active": row.data["active"],
        }
