"""Metrics, metric aggregates and the account."""

from typing import Any

from flask import Blueprint, Response, request

from fakes.klaviyo import shapes
from fakes.klaviyo.aggregates import aggregate
from fakes.klaviyo.answers import base_url, collection, document, page_of, single
from fakes.klaviyo.errors import not_found
from fakes.klaviyo.query import Accepted, parse_query
from fakes.klaviyo.state import State

PAGE_SIZE = 200
_ACCEPTED = Accepted(
    filters={"integration.name": ("equals",), "integration.category": ("equals",)},
    includes=("flow-triggers",),
    fields={"metric": shapes.METRIC_FIELDS},
)
_AGGREGATE = Accepted(filters={}, fields={"metric-aggregate": ("data", "dates", "id")})


def add_metric_routes(api: Blueprint, state: State) -> None:
    """The metric endpoints."""

    @api.get("/api/metrics")
    def get_metrics() -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        made = [
            shapes.metric(m, base_url(), with_key=state.switches.integration_key)
            for m in state.visible_metrics()
        ]
        for clause in query.clauses:
            name = clause.field.removeprefix("integration.")
            made = [m for m in made if m["attributes"]["integration"][name] == clause.text()]
        page, following = page_of(made, query.cursor, PAGE_SIZE)
        return collection([shapes.sparse(m, query.fields.get("metric")) for m in page], following)

    @api.get("/api/metrics/<id>")
    def get_metric(id: str) -> Response:
        query = parse_query(request.args, _ACCEPTED, unknown=state.switches.unknown_parameters)
        made = next((m for m in state.visible_metrics() if m.id == id), None)
        if made is None:
            raise not_found("metric", id)
        resource = shapes.metric(made, base_url(), with_key=state.switches.integration_key)
        return single(shapes.sparse(resource, query.fields.get("metric")))

    @api.post("/api/metric-aggregates")
    def query_metric_aggregates() -> Response:
        query = parse_query(request.args, _AGGREGATE, unknown=state.switches.unknown_parameters)
        attributes = aggregate(state, request.get_data(cache=False))
        own = {"self": f"{base_url()}/api/metric-aggregates/"}
        resource: dict[str, Any] = {
            "type": "metric-aggregate",
            "id": state.ids.uuid(),
            "attributes": attributes,
            "links": own,
        }
        resource = shapes.sparse(resource, query.fields.get("metric-aggregate"))
        return document({"data": resource, "links": own})
