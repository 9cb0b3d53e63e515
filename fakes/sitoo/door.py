"""The way in: address list, password, rate limit; then the truth settles and the request is answered."""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from fakes.kit.journal import NOTE_KEY
from fakes.sitoo.errors import Errors, Refused
from fakes.sitoo.goods import site_guid
from fakes.sitoo.limits import SitooLimits
from fakes.sitoo.state import State


@dataclass(frozen=True, slots=True)
class Door:
    """Guards every data route. `passwords` is by API id."""

    state: State
    limits: SitooLimits
    errors: Errors
    passwords: dict[str, str]

    def guard(self, routes: Blueprint) -> None:
        """Check every request of a blueprint before its view."""
        routes.url_value_preprocessor(_take_place)
        routes.before_request(self.admit)
        routes.register_error_handler(Refused, lambda error: self.errors.refused(error.status, error.words))

    def admit(self) -> Response | None:
        """None lets the request in."""
        api_id = self._who()
        if api_id is None or not self.state.switches.ip_allowed:
            return self.errors.unauthorized()
        grant = self.limits.spend(api_id)
        if grant is not None and not grant.allowed:
            return self.errors.rate_limited(grant.retry_after_s)
        if g.account != self.state.account_id:
            return self.errors.unauthorized()
        self._check_site(g.site)
        self.state.settle()
        return None

    def _check_site(self, site: str | None) -> None:
        if site is None or site == str(self.state.site_id):
            return
        if self.state.switches.guid_site_id and site == site_guid(self.state):
            return
        raise Refused(404)

    def _who(self) -> str | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        known = self.passwords.get(name)
        if known is None or not hmac.compare_digest(known.encode(), password.encode()):
            return None
        return name


def _take_place(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Account and site are the door's business: views get only what is theirs."""
    given = values if values is not None else {}
    g.account, g.site = given.pop("account", None), given.pop("site", None)


def answer(value: Any) -> Response:
    """200 with JSON."""
    return Response(msgspec.json.encode(value), content_type="application/json")


def envelope(total: int, items: list[Any]) -> Response:
    """A collection; `total` counts the whole query."""
    request.environ[NOTE_KEY].counts["rows"] = len(items)
    return answer({"totalcount": total, "items": items})


def batch(items: list[Any], many: bool, one: Callable[[Any], Any]) -> Response:
    """Carry out a write for each item: an array of results; a lone object gets the bare result."""
    if not many:
        return answer(one(items[0]))
    results = []
    for item in items:
        try:
            results.append({"statuscode": 200, "return": one(item)})
        except Refused as refused:
            results.append({"statuscode": refused.status, "return": refused.words})
    return answer(results)


def whole_number(text: str) -> int:
    """An id in a path. Raises Refused(404)."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(404)
    return int(text)
