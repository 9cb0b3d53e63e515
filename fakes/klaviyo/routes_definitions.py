"""Custom metrics (saved definitions over metrics) and mapped metrics (which metric means what)."""

from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from fakes.klaviyo import shapes, shapes_rest
from fakes.klaviyo.answers import Json, base_url, chosen, collection, no_content, one, single
from fakes.klaviyo.decoding import decode
from fakes.klaviyo.document import Document
from fakes.klaviyo.errors import Refusal, invalid, nothing_included
from fakes.klaviyo.lookup import the_custom_metric, the_mapped_metric, the_metric
from fakes.klaviyo.query import Query, asked
from fakes.klaviyo.records import MAPPED, CustomMetric, MappedMetric
from fakes.klaviyo.state import State

FILTER_KINDS = {
    "numeric": (
        "equals", "greater-than", "greater-than-or-equal", "less-than", "less-than-or-equal", "not-equals",
    ),
    "string": (
        "contains", "ends-with", "equals", "in", "not-contains", "not-ends-with", "not-equals",
        "not-starts-with", "nregex", "regex", "starts-with",
    ),
    "existence": ("is-set", "not-set"),
    "boolean": ("equals",),
    "list": (
        "contains", "not-contains", "contains-ends-with", "contains-starts-with", "not-contains-ends-with",
        "not-contains-starts-with", "contains-substring", "not-contains-substring",
    ),
}  # fmt: skip


class MetricFilter(Struct, forbid_unknown_fields=True):
    property: str
    filter: dict[str, Any]


class Group(Struct, forbid_unknown_fields=True, omit_defaults=False):
    metric_id: str
    metric_filters: list[MetricFilter] | None = None
    value_property: str | None = None


class Definition(Struct, forbid_unknown_fields=True):
    aggregation_method: Literal["count", "value"]
    metric_groups: list[Group]


class NewAttributes(Struct, forbid_unknown_fields=True):
    name: str
    definition: Definition


class NewData(Struct, forbid_unknown_fields=True):
    type: Literal["custom-metric"]
    attributes: NewAttributes


class Changes(Struct, forbid_unknown_fields=True):
    name: str | None = None
    definition: Definition | None = None


class ChangedData(Struct, forbid_unknown_fields=True):
    type: Literal["custom-metric"]
    id: str
    attributes: Changes


class MetricId(Struct, forbid_unknown_fields=True):
    type: Literal["metric"]
    id: str


class CustomMetricId(Struct, forbid_unknown_fields=True):
    type: Literal["custom-metric"]
    id: str


class Mapping(Struct, forbid_unknown_fields=True, rename={"custom_metric": "custom-metric"}):
    metric: Document[MetricId] | None = None
    custom_metric: Document[CustomMetricId] | None = None


class MappedData(Struct, forbid_unknown_fields=True):
    type: Literal["mapped-metric"]
    id: str
    relationships: Mapping | None = None


_NEW = msgspec.json.Decoder(Document[NewData])
_CHANGED = msgspec.json.Decoder(Document[ChangedData])
_MAPPED = msgspec.json.Decoder(Document[MappedData])


def add_definition_routes(api: Blueprint, state: State) -> None:
    """The endpoints of both."""
    _add_custom(api, state)
    _add_mapped(api, state)


def _add_custom(api: Blueprint, state: State) -> None:
    @api.get("/api/custom-metrics")
    def get_custom_metrics() -> Response:
        return _answer_custom(state, list(state.extras.custom_metrics.values()))

    @api.post("/api/custom-metrics")
    def create_custom_metric() -> Response:
        wanted = decode(_NEW, request.get_data(cache=False), "custom-metric").data.attributes
        if len(state.extras.custom_metrics) >= state.switches.custom_metrics_max:
            raise Refusal(
                400, "invalid", "Invalid input.", "The account has reached its limit of custom metrics."
            )
        definition, now = _checked(state, wanted.definition), state.clock.now()
        made = CustomMetric(state.ids.short(), _named(wanted.name), definition, now, now)
        state.extras.custom_metrics[made.id] = made
        return one(shapes_rest.custom_metric(made, base_url()), asked(state.switches), 201)

    @api.get("/api/custom-metrics/<id>")
    def get_custom_metric(id: str) -> Response:
        return _answer_custom(state, [the_custom_metric(state, id)], one=True)

    @api.patch("/api/custom-metrics/<id>")
    def update_custom_metric(id: str) -> Response:
        made = the_custom_metric(state, id)
        changed = decode(_CHANGED, request.get_data(cache=False), "custom-metric").data
        if changed.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        name = made.name if changed.attributes.name is None else _named(changed.attributes.name)
        definition = changed.attributes.definition
        made.definition = made.definition if definition is None else _checked(state, definition)
        made.name, made.updated = name, state.clock.now()
        return one(shapes_rest.custom_metric(made, base_url()), asked(state.switches))

    @api.delete("/api/custom-metrics/<id>")
    def delete_custom_metric(id: str) -> Response:
        the_custom_metric(state, id)
        del state.extras.custom_metrics[id]
        for mapped in state.extras.mapped_metrics.values():
            if mapped.custom_metric_id == id:
                mapped.custom_metric_id = None
        return no_content()


def _add_mapped(api: Blueprint, state: State) -> None:
    @api.get("/api/mapped-metrics")
    def get_mapped_metrics() -> Response:
        return _answer_mapped(state, [the_mapped_metric(state, name) for name in MAPPED])

    @api.get("/api/mapped-metrics/<id>")
    def get_mapped_metric(id: str) -> Response:
        return _answer_mapped(state, [the_mapped_metric(state, id)], one=True)

    @api.patch("/api/mapped-metrics/<id>")
    def update_mapped_metric(id: str) -> Response:
        made = the_mapped_metric(state, id)
        changed = decode(_MAPPED, request.get_data(cache=False), "mapped-metric").data
        if changed.id != id:
            raise invalid("The id in the body must be the id in the path.", "/data/id")
        wanted = changed.relationships or Mapping()
        if (wanted.metric is None) == (wanted.custom_metric is None):
            raise nothing_included() if wanted.metric is None else _both()
        made.metric_id = the_metric(state, wanted.metric.data.id).id if wanted.metric else None
        made.custom_metric_id = (
            the_custom_metric(state, wanted.custom_metric.data.id).id if wanted.custom_metric else None
        )
        made.updated = state.clock.now()
        state.extras.mapped_metrics[id] = made
        return one(shapes_rest.mapped_metric(made, base_url()), asked(state.switches))


def _answer_custom(state: State, held: list[CustomMetric], *, one: bool = False) -> Response:
    query = asked(state.switches)
    wanted = [i for made in held for i in shapes_rest.metric_ids_of(made.definition)]
    beside = _metrics(state, wanted, query) if "metrics" in query.include else []
    shown = chosen([shapes_rest.custom_metric(made, base_url()) for made in held], query)
    return single(shown[0], 200, beside) if one else collection(shown, included=beside)


def _answer_mapped(state: State, held: list[MappedMetric], *, one: bool = False) -> Response:
    query, beside = asked(state.switches), []
    if "metric" in query.include:
        beside = _metrics(state, [made.metric_id for made in held if made.metric_id], query)
    if "custom-metric" in query.include:
        ids = dict.fromkeys(made.custom_metric_id for made in held if made.custom_metric_id)
        found = [shapes_rest.custom_metric(the_custom_metric(state, i), base_url()) for i in ids]
        beside += chosen(found, query)
    shown = chosen([shapes_rest.mapped_metric(made, base_url()) for made in held], query)
    return single(shown[0], 200, beside) if one else collection(shown, included=beside)


def _metrics(state: State, ids: list[str], query: Query) -> list[Json]:
    with_key = state.switches.integration_key
    found = [the_metric(state, i) for i in dict.fromkeys(ids)]
    return chosen([shapes.metric(made, base_url(), with_key=with_key) for made in found], query)


def _checked(state: State, definition: Definition) -> dict[str, Any]:
    pointer = "/data/attributes/definition/metric_groups"
    if not definition.metric_groups:
        raise invalid("At least one metric group is required.", pointer)
    for number, group in enumerate(definition.metric_groups):
        the_metric(state, group.metric_id)
        if definition.aggregation_method == "value" and not group.value_property:
            raise invalid("value_property is required to sum values.", f"{pointer}/{number}/value_property")
        for place, said in enumerate(group.metric_filters or ()):
            if said.filter.get("operator") not in FILTER_KINDS.get(str(said.filter.get("type")), ()):
                raise invalid("Invalid input", f"{pointer}/{number}/metric_filters/{place}/filter")
    kept: dict[str, Any] = msgspec.to_builtins(definition)
    return kept


def _named(name: str) -> str:
    if not name.strip():
        raise invalid("This field may not be blank.", "/data/attributes/name")
    return name


def _both() -> Refusal:
    return invalid("Only one of metric and custom-metric may be given.", "/data/relationships")
