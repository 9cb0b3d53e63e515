"""The data API, V3 in JSON: who asks, what it costs, which rows, in which envelope."""

from decimal import Decimal
from typing import Any

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.lightspeed_r import costs
from fakes.lightspeed_r.entities import ENTITIES, Entity
from fakes.lightspeed_r.errors import Errors, Refused
from fakes.lightspeed_r.limits import BUCKET, BURST, RLimits
from fakes.lightspeed_r.oauth import Authority, Pair
from fakes.lightspeed_r.page_faults import tampered
from fakes.lightspeed_r.paging import Pager, link
from fakes.lightspeed_r.request import ListRequest, read_list, read_single
from fakes.lightspeed_r.select import Selector
from fakes.lightspeed_r.session import account_json, own_account_json, session_json
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.wire import joined


class Api:
    """Answers data requests over one state."""

    def __init__(
        self, state: State, authority: Authority, limits: RLimits, errors: Errors, faults: Faults
    ) -> None:
        self.state = state
        self.switches = state.switches
        self.authority = authority
        self.limits = limits
        self.errors = errors
        self.faults = faults
        self.pager = Pager(state, Selector(state))

    def blueprint(self) -> Blueprint:
        """`/API/V3/...`."""
        routes = Blueprint("api", __name__, url_prefix="/API/V3")
        routes.add_url_rule("/Account.json", view_func=self.own_account, methods=["GET"])
        routes.add_url_rule("/Session.json", view_func=self.session, methods=["GET"])
        routes.add_url_rule("/Account/<account>.json", view_func=self.account, methods=["GET"])
        routes.add_url_rule("/Account/<account>/<entity>", view_func=self.list_rows, methods=["GET"])
        routes.add_url_rule("/Account/<account>/<entity>/<row>", view_func=self.single, methods=["GET"])
        routes.register_error_handler(Refused, lambda error: self.errors.refused(error.status, error.message))
        return routes

    def own_account(self) -> Response:
        return self._guarded("", None, lambda: own_account_json(self.state))

    def session(self) -> Response:
        return self._guarded("", None, lambda: session_json(self.state))

    def account(self, account: str) -> Response:
        return self._guarded(account, None, lambda: account_json(self.state))

    def list_rows(self, account: str, entity: str) -> Response:
        """One page, or a count."""
        found = _entity(_json_name(entity))
        asked = read_list(found, _query(), self.switches)
        return self._guarded(account, found, lambda: self._page(found, asked), self._list_cost(found, asked))

    def single(self, account: str, entity: str, row: str) -> Response:
        """One row by its id, archived or not."""
        found, row_id = _entity(entity), _row_id(_json_name(row))
        loaded = read_single(found, _query(), self.switches)
        twice = self.switches.relation_doubling == "twice"
        cost = costs.BASE + costs.relations_cost(found.name, loaded, many_rows=False, twice=twice)
        return self._guarded(account, found, lambda: self._row(found, row_id, loaded), cost)

    def _page(self, entity: Entity, asked: ListRequest) -> bytes:
        if asked.count:
            return msgspec.json.encode({"@attributes": {"count": str(self.pager.count(entity, asked))}})
        page = self.pager.page(entity, asked)
        base = f"{request.host_url.rstrip('/')}{request.path}"
        attributes = {
            "next": link(base, asked, "after", page.after),
            "previous": link(base, asked, "before", page.before),
        }
        state, loaded = self.state, asked.loaded
        rows = tampered(self.faults, request, page.rows, state.now())
        texts = [entity.write(state, row, loaded) for row in rows]
        request.environ[NOTE_KEY].counts["rows"] = len(texts)
        head = f'{{"@attributes":{msgspec.json.encode(attributes).decode()}'
        return f"{head}{self._rows(entity.name, texts)}}}".encode()

    def _rows(self, name: str, texts: list[str]) -> str:
        """One row is an object, none leaves the key away (or, by switch, is "" or [])."""
        if len(texts) == 1:
            return f',"{name}":{texts[0]}'
        if texts:
            return f',"{name}":[{joined(texts)}]'
        empty = {"absent": "", "empty_string": f',"{name}":""', "empty_list": f',"{name}":[]'}
        return empty[self.switches.zero_rows]

    def _row(self, entity: Entity, row_id: int, loaded: frozenset[str]) -> bytes:
        row = entity.find(self.state, row_id)
        if row is None:
            raise Refused(404, f"Object of type '{entity.name}' not found with primary ID '{row_id}'.")
        text = entity.write(self.state, row, loaded)
        return f'{{"@attributes":{{"count":"1"}},"{entity.name}":{text}}}'.encode()

    def _list_cost(self, entity: Entity, asked: ListRequest) -> Decimal:
        if asked.count:
            return costs.COUNT
        twice = self.switches.relation_doubling == "twice"
        relations = costs.relations_cost(entity.name, asked.loaded, many_rows=True, twice=twice)
        return costs.BASE + relations + costs.or_cost(list(asked.alternatives))

    def _guarded(
        self, account: str, entity: Entity | None, answer: Any, cost: Decimal = costs.BASE
    ) -> Response:
        """Check token, account, limits and scope, in this order; then answer with the limit headers."""
        if self.switches.maintenance:
            return self.errors.server_error(503)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        pair, hint = self.authority.check(token)
        if pair is None:
            return self.errors.unauthorized(hint)
        drip, headers = self.limits.spend(cost)
        request.environ[NOTE_KEY].cost = 0.0 if drip.blocked_by else float(cost)
        if drip.blocked_by:
            by = BURST if drip.blocked_by == "burst" else BUCKET
            return self._with_headers(self.errors.rate_limited(drip.retry_after_s, by), headers)
        try:
            self._check_rights(account, entity, pair)
            self.state.settle()
            response = Response(answer(), content_type="application/json")
        except Refused as refused:
            response = self.errors.refused(refused.status, refused.message)
        return self._with_headers(response, headers)

    def _check_rights(self, account: str, entity: Entity | None, pair: Pair) -> None:
        if account and account != self.state.account.id:
            raise Refused(403, "This token is for another account.")
        granted = set(pair.scope.split())
        wanted = set(entity.scopes) if entity else set()
        if entity and entity.name == "ShipTo" and self.switches.customers_read_opens_ship_to:
            wanted.add("employee:customers_read")
        if wanted and not wanted & granted and "employee:all" not in granted:
            raise Refused(403, "The access token lacks the scope this endpoint needs.")

    def _with_headers(self, response: Response, headers: dict[str, str]) -> Response:
        response.headers.extend(headers)
        response.headers["X-LS-Acct-Id"] = self.state.account.id
        response.headers["X-LS-Oauth-Client-Id"] = self.authority.client_id
        response.headers["Cf-Ray"] = f"{self.authority.seed:016x}-FAK"
        return response


def _query() -> str:
    raw: str = request.environ.get("QUERY_STRING", "")
    # Servers hand a raw query over as latin-1; clients that do not encode send UTF-8.
    return raw.encode("latin-1").decode("utf-8", "replace")


def _json_name(name: str) -> str:
    """The name without `.json`. The Accept header wins over the extension; XML is not imitated."""
    accepted = request.headers.get("Accept", "")
    json = "json" in accepted or (name.endswith(".json") and "xml" not in accepted)
    if not json:
        raise Refused(406, "This fake answers in JSON only: end the path with .json.")
    return name.removesuffix(".json")


def _row_id(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refused(404, f"There is no row '{text}'.")
    return int(text)


def _entity(name: str) -> Entity:
    if name not in ENTITIES:
        raise Refused(404, f"Controller for '{name}' not found.")
    return ENTITIES[name]
