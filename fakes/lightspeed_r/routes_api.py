"""The data API, V2 and V3: who asks, what it costs, which rows, in which envelope and format."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY
from fakes.kit.refusing import Refused
from fakes.lightspeed_r import costs
from fakes.lightspeed_r.entities import Entity, text_of
from fakes.lightspeed_r.errors import Errors
from fakes.lightspeed_r.filters import Condition
from fakes.lightspeed_r.formats import JSON, XML, bare, read_body, root_of, wants_xml, xml_of
from fakes.lightspeed_r.gate import Gate
from fakes.lightspeed_r.limits import RLimits
from fakes.lightspeed_r.oauth import Authority
from fakes.lightspeed_r.page_faults import tampered
from fakes.lightspeed_r.paging import Pager, link
from fakes.lightspeed_r.request import ListRequest, read_list, read_single
from fakes.lightspeed_r.select import Selector
from fakes.lightspeed_r.session import account_json, own_account_json, session_json
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.target import ACTIONS, Target, resolve
from fakes.lightspeed_r.wire import joined
from fakes.lightspeed_r.writing import Writing, body_cost

METHODS = ["GET", "POST", "PUT", "DELETE"]
_UNMASKED = frozenset({"unmasked"})


class Api:
    """Answers data requests over one state in one version of the API."""

    def __init__(
        self,
        state: State,
        authority: Authority,
        limits: RLimits,
        errors: Errors,
        faults: Faults,
        *,
        version: int = 3,
    ) -> None:
        self.state = state
        self.switches = state.switches
        self.errors = errors
        self.faults = faults
        self.version = version
        self.gate = Gate(state, authority, limits, errors)
        self.pager = Pager(state, Selector(state))
        self.writing = Writing(state)

    def blueprint(self) -> Blueprint:
        """`/API/V3/...`, or `/API/...` for V2."""
        prefix = "/API/V3" if self.version == 3 else "/API"
        routes = Blueprint(f"api_v{self.version}", __name__, url_prefix=prefix)
        for name, view in (("Account", self.own_account), ("Session", self.session)):
            for path in (f"/{name}.json", f"/{name}"):
                routes.add_url_rule(
                    path, endpoint=path.strip("/").replace(".", "_"), view_func=view, methods=["GET"]
                )
        for path in ("/Account/<account>.json", "/Account/<account>"):
            routes.add_url_rule(
                path, view_func=self.account, endpoint=path[9:].replace(".", "_"), methods=["GET"]
            )
        base = "/Account/<account>/<entity>"
        routes.add_url_rule(base, endpoint="rows", view_func=self.data, methods=["GET", "POST"])
        for path in ("/<row>", "/<row>/<child>", "/<row>/<child>/<child_row>"):
            routes.add_url_rule(f"{base}{path}", endpoint=path, view_func=self.data, methods=METHODS)
        routes.register_error_handler(Refused, self._refused)
        return routes

    def own_account(self) -> Response:
        """Which account the token belongs to."""
        return self._answered("", None, "Accounts", lambda: own_account_json(self.state, self.version))

    def session(self) -> Response:
        """Who the token speaks for."""
        return self._answered("", None, "Session", lambda: session_json(self.state))

    def account(self, account: str) -> Response:
        """The account itself; in V2 as `Account.json` shows it."""
        account = bare(account)
        if self.version == 2:
            return self._answered(account, None, "Accounts", lambda: own_account_json(self.state, 2))
        return self._answered(account, None, "Account", lambda: account_json(self.state))

    def data(self, account: str, **segments: str) -> Response:
        """Every other path: a list, a row, a row below a row, something done to a row."""
        target = resolve(list(segments.values()))
        if request.method not in ("GET", "HEAD"):
            return self._write(account, target)
        if target.action:
            raise Refused(405, "Method not allowed.")
        if target.row_id is None:
            return self._list(account, target)
        loaded = read_single(target.entity, _query(), self.switches)
        cost = costs.BASE + self._relations_cost(target.entity, loaded, many_rows=False)
        root = root_of(target.entity.wire)
        return self._answered(account, target.entity, root, lambda: self._row(target, loaded), cost)

    def _list(self, account: str, target: Target) -> Response:
        entity = target.entity
        asked = read_list(entity, _query(), self.switches, version=self.version)
        extra = () if target.parent is None else (Condition(target.parent[0], "=", (target.parent[1],)),)
        if entity.wire_name:
            extra = (Condition("of", "=", (entity.name.partition("/")[0].casefold(),)),)
        asked = replace(asked, conditions=(*asked.conditions, *extra)) if extra else asked
        answer = self._page if self.version == 3 else self._offset_page
        root, cost = root_of(entity.wire), self._list_cost(entity, asked)
        return self._answered(account, entity, root, lambda: answer(entity, asked), cost)

    def _write(self, account: str, target: Target) -> Response:
        verb, entity = request.method, target.entity
        if not self.writing.allows(verb, target):
            raise Refused(405, "Method not allowed.")
        body, nonsense = _body() if verb != "DELETE" else ({}, None)
        loaded = read_single(entity, _query(), self.switches)
        cost = body_cost(entity.name, verb, body, ACTIONS.get((entity.name, target.action)))
        cost += self._relations_cost(entity, loaded, many_rows=False)

        def done() -> bytes:
            if nonsense is not None:
                raise nonsense
            answer = self.writing.carry_out(verb, target, body)
            if answer.message is not None:
                return msgspec.json.encode(answer.message)
            if answer.text is not None:
                return self._envelope(entity, answer.text)
            shown = replace(target, entity=entity, row_id=answer.row_id, parent=None, action="")
            return self._row(shown, loaded | answer.loaded, answer.extra)

        return self._answered(account, entity, root_of(entity.wire), done, cost, writes=True)

    def _page(self, entity: Entity, asked: ListRequest) -> bytes:
        if asked.count:
            return msgspec.json.encode({"@attributes": {"count": str(self.pager.count(entity, asked))}})
        page = self.pager.page(entity, asked)
        base = f"{request.host_url.rstrip('/')}{request.path}"
        attributes = {
            "next": link(base, asked, "after", page.after),
            "previous": link(base, asked, "before", page.before),
        }
        return self._listed(entity, asked, page.rows, attributes)

    def _offset_page(self, entity: Entity, asked: ListRequest) -> bytes:
        rows, total = self.pager.offset_page(entity, asked)
        if not total:
            return b'{"@attributes":{"count":"0"}}'
        attributes = {"count": str(total), "offset": str(asked.offset), "limit": str(asked.limit)}
        return self._listed(entity, asked, rows, attributes)

    def _listed(
        self, entity: Entity, asked: ListRequest, rows: list[object], attributes: dict[str, str]
    ) -> bytes:
        state, loaded = self.state, asked.loaded | self.gate.seen
        shown = tampered(self.faults, request, rows, state.now())
        texts = [text_of(entity, state, row, loaded) for row in shown]
        request.environ[NOTE_KEY].counts["rows"] = len(texts)
        head = f'{{"@attributes":{msgspec.json.encode(attributes).decode()}'
        return f"{head}{self._rows(entity.wire, texts)}}}".encode()

    def _rows(self, name: str, texts: list[str]) -> str:
        """One row is an object, none leaves the key away (or, by switch, is "" or [])."""
        if len(texts) == 1:
            return f',"{name}":{texts[0]}'
        if texts:
            return f',"{name}":[{joined(texts)}]'
        empty = {"absent": "", "empty_string": f',"{name}":""', "empty_list": f',"{name}":[]'}
        return empty[self.switches.zero_rows]

    def _row(self, target: Target, loaded: frozenset[str], extra: str = "") -> bytes:
        entity, row_id = target.entity, target.row_id or 0
        row = entity.find(self.state, row_id)
        parent = target.parent
        if row is None or (parent and int(entity.fast[parent[0]](self.state, row)) != parent[1]):
            raise Refused(404, f"Object of type '{entity.wire}' not found with primary ID '{row_id}'.")
        text = text_of(entity, self.state, row, loaded | self.gate.seen)
        return self._envelope(entity, f"{text[:-1]}{extra}}}" if extra else text)

    def _envelope(self, entity: Entity, text: str) -> bytes:
        return f'{{"@attributes":{{"count":"1"}},"{entity.wire}":{text}}}'.encode()

    def _list_cost(self, entity: Entity, asked: ListRequest) -> Decimal:
        if asked.count:
            return costs.COUNT
        relations = self._relations_cost(entity, asked.loaded, many_rows=True)
        cost = costs.BASE + relations + costs.or_cost(list(asked.alternatives))
        if self.version == 2:
            cost += costs.v2_cost(
                asked.offset, self.switches.v2_offset_cost, sortable=asked.sort in entity.sortable
            )
        return cost

    def _relations_cost(self, entity: Entity, loaded: frozenset[str], *, many_rows: bool) -> Decimal:
        twice = self.switches.relation_doubling == "twice"
        return costs.relations_cost(entity.name, loaded, many_rows=many_rows, twice=twice)

    def _answered(
        self,
        account: str,
        entity: Entity | None,
        root: str,
        answer: Callable[[], bytes],
        cost: Decimal = costs.BASE,
        *,
        writes: bool = False,
    ) -> Response:
        """What the gate lets through, in the format asked for; limit headers on everything but a 401."""
        response = self.gate.stopped(cost)
        if response is None:
            try:
                self.gate.check_rights(account, entity, writes=writes)
                self.state.settle()
                response = self._formatted(root, answer())
            except Refused as refused:
                response = self._refused(refused)
        return self.gate.with_headers(response)

    def _formatted(self, root: str, body: bytes) -> Response:
        if not wants_xml(request.headers.get("Accept", ""), request.path):
            return Response(body, content_type=JSON)
        return Response(xml_of(root, body, self.state.account.currency), content_type=XML)

    def _refused(self, error: Refused) -> Response:
        response = self.errors.refused(error.status, error.message)
        if wants_xml(request.headers.get("Accept", ""), request.path):
            response.set_data(xml_of("Error", response.get_data(), ""))
            if response.content_type == JSON:
                response.content_type = XML
        return response


def _body() -> tuple[dict[str, Any], Refused | None]:
    """The body, or what is wrong with it: that is told only to those who may write."""
    try:
        return read_body(request.get_data()), None
    except Refused as refused:
        return {}, refused


def _query() -> str:
    raw: str = request.environ.get("QUERY_STRING", "")
    # Servers hand a raw query over as latin-1; clients that do not encode send UTF-8.
    return raw.encode("latin-1").decode("utf-8", "replace")
