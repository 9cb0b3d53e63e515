"""Metrics, what their events carry, and metric aggregates."""

from collections import defaultdict
from itertools import islice
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from fakes.klaviyo import shapes, shapes_rest
from fakes.klaviyo.account import Metric
from fakes.klaviyo.aggregates import aggregate
from fakes.klaviyo.answers import Json, base_url, chosen, collection, document, ids_of, one, page_of
from fakes.klaviyo.lookup import the_metric
from fakes.klaviyo.query import asked
from fakes.klaviyo.state import State
from fakes.klaviyo.timeindex import ROW_MASK

PAGE_SIZE = 200
LOOKED_AT_MAX = 1_000
SAMPLES_MAX = 10
_KINDS = {bool: "boolean", int: "numeric", float: "numeric", str: "string", list: "list", dict: "object"}


def add_metric_routes(api: Blueprint, state: State) -> None:
    """The metric endpoints."""

    @api.get("/api/metrics")
    def get_metrics() -> Response:
        query = asked(state.switches)
        made = [_shape(state, one) for one in state.visible_metrics()]
        for clause in query.clauses:
            name, wanted = clause.field.removeprefix("integration."), clause.text()
            made = [one for one in made if one["attributes"]["integration"][name] == wanted]
        page, cursors = page_of(made, query, PAGE_SIZE)
        return collection(chosen(page, query), cursors)

    @api.get("/api/metrics/<id>")
    def get_metric(id: str) -> Response:
        query = asked(state.switches)
        return one(_shape(state, the_metric(state, id)), query)

    @api.post("/api/metric-aggregates")
    def query_metric_aggregates() -> Response:
        query = asked(state.switches)
        attributes = aggregate(state, request.get_data(cache=False))
        own = {"self": f"{base_url()}/api/metric-aggregates/"}
        resource: Json = {
            "type": "metric-aggregate",
            "id": state.ids.uuid(),
            "attributes": attributes,
            "links": own,
        }
        return document({"data": chosen([resource], query)[0], "links": own})


def add_property_routes(api: Blueprint, state: State) -> None:
    """What the events of a metric carry."""

    @api.get("/api/metrics/<id>/metric-properties")
    def get_metric_properties(id: str) -> Response:
        query = asked(state.switches)
        sampled = query.adds("metric-property", "sample_values")
        return collection(chosen(_properties(state, the_metric(state, id), sampled=sampled), query))

    @api.get("/api/metrics/<id>/relationships/metric-properties")
    def get_metric_property_ids(id: str) -> Response:
        asked(state.switches)
        return collection(ids_of(_properties(state, the_metric(state, id), sampled=False)))


def _shape(state: State, made: Metric) -> Json:
    return shapes.metric(made, base_url(), with_key=state.switches.integration_key)


def _properties(state: State, made: Metric, *, sampled: bool) -> list[Json]:
    """The properties seen on the latest events, by name."""
    seen: dict[str, list[Any]] = defaultdict(list)
    newest = state.events.indexes[made.ordinal].descending(0, 1 << 64)
    for key in islice(newest, LOOKED_AT_MAX):
        for name, value in msgspec.json.decode(shapes.event_properties(state, key & ROW_MASK)).items():
            seen[name].append(value)
    return [
        shapes_rest.metric_property(
            made.id, name, _kind(values), _samples(values) if sampled else None, base_url()
        )
        for name, values in sorted(seen.items())
    ]


def _kind(values: list[Any]) -> str:
    kinds = {_KINDS.get(type(value), "null") for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else "string"


def _samples(values: list[Any]) -> list[Any]:
    plain = [value for value in values if isinstance(value, bool | int | float | str)]
    return list(dict.fromkeys(plain))[:SAMPLES_MAX]
