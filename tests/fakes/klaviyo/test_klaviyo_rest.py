"""Definitions, tracking, lists changed, pages back and forth, costly parameters, the edge's own pages."""

from datetime import timedelta
from typing import Any

import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.kit.clock import VirtualClock


def definition(metric_id: str, **changes: Any) -> dict[str, Any]:
    return {"aggregation_method": "count", "metric_groups": [{"metric_id": metric_id}]} | changes


def custom(klaviyo: Klaviyo, name: str, defined: dict[str, Any]) -> Any:
    attributes = {"name": name, "definition": defined}
    return klaviyo.post("/api/custom-metrics", {"data": {"type": "custom-metric", "attributes": attributes}})


def test_a_custom_metric_is_a_definition_over_metrics_that_exist(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    klaviyo.send()
    metric = klaviyo.metric_id()
    made = custom(klaviyo, "Till sales", definition(metric))
    assert made.status_code == 201
    shown = made.json()["data"]
    assert shown["relationships"]["metrics"]["data"] == [{"type": "metric", "id": metric}]
    path = f"/api/custom-metrics/{shown['id']}"
    body = {"data": {"type": "custom-metric", "id": shown["id"], "attributes": {"name": "Sales"}}}
    assert klaviyo.http.patch(path, json=body).json()["data"]["attributes"]["name"] == "Sales"
    beside = klaviyo.query(path, {"include": "metrics"}).json()["included"]
    assert [one["id"] for one in beside] == [metric]
    assert klaviyo.http.delete(path).status_code == 204
    assert klaviyo.get("/api/custom-metrics").json()["data"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"metric_groups": []},
        {"aggregation_method": "mean"},
        {"aggregation_method": "value"},
        {
            "metric_groups": [
                {"metric_id": "M", "metric_filters": [{"property": "p", "filter": {"type": "odd"}}]}
            ]
        },
        {"colour": "red"},
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(klaviyo: Klaviyo, changes: dict[str, Any]) -> None:
    klaviyo.send()
    wanted = definition(klaviyo.metric_id(), **changes)
    for group in wanted["metric_groups"]:
        group["metric_id"] = klaviyo.metric_id()
    assert custom(klaviyo, "Till sales", wanted).status_code == 400


def test_a_plan_has_only_so_many_custom_metrics(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    klaviyo.fake.switches.custom_metrics_max = 1
    klaviyo.send()
    assert custom(klaviyo, "One", definition("none")).status_code == 404
    codes = [custom(klaviyo, name, definition(klaviyo.metric_id())).status_code for name in ("One", "Two")]
    assert codes == [201, 400]


def test_revenue_can_be_mapped_to_the_tills_own_metric(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    klaviyo.send()
    metric = klaviyo.metric_id()
    names = [one["id"] for one in klaviyo.get("/api/mapped-metrics").json()["data"]]
    assert names == [
        "added_to_cart", "cancelled_sales", "ordered_product", "refunded_sales", "revenue",
        "started_checkout", "viewed_product",
    ]  # fmt: skip
    assert klaviyo.get("/api/mapped-metrics/revenue/metric").json()["data"] is None
    held = {"metric": {"data": {"type": "metric", "id": metric}}}
    body: dict[str, Any] = {"data": {"type": "mapped-metric", "id": "revenue", "relationships": held}}
    assert klaviyo.http.patch("/api/mapped-metrics/revenue", json=body).status_code == 200
    assert klaviyo.get("/api/mapped-metrics/revenue/metric").json()["data"]["id"] == metric
    body["data"]["relationships"] = {}
    assert klaviyo.http.patch("/api/mapped-metrics/revenue", json=body).status_code == 400
    assert klaviyo.get("/api/mapped-metrics/glory").status_code == 404


def test_the_properties_of_a_metric_tell_what_its_events_carry(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1", value=2.5, properties={"Shop": "Main", "Items": ["Tea"], "Gift": True})
    path = f"/api/metrics/{klaviyo.metric_id()}/metric-properties"
    asked = {"additional-fields[metric-property]": "sample_values"}
    found = {
        one["attributes"]["property"]: one["attributes"] for one in klaviyo.query(path, asked).json()["data"]
    }
    assert {name: one["inferred_type"] for name, one in found.items()} == {
        "$event_id": "string", "$value": "numeric", "Gift": "boolean", "Items": "list", "Shop": "string",
    }  # fmt: skip
    assert (found["Shop"]["sample_values"], found["Items"]["sample_values"]) == (["Main"], [])


def test_the_tracking_setting_changes_only_where_told(klaviyo: Klaviyo) -> None:
    path = "/api/tracking-settings/FaKe01"
    before = klaviyo.get(path).json()["data"]["attributes"]
    source = {"flow": {"type": "static", "value": "till"}, "campaign": None}
    said: dict[str, Any] = {"type": "tracking-setting", "id": "FaKe01", "attributes": {"utm_source": source}}
    after = klaviyo.http.patch(path, json={"data": said}).json()["data"]["attributes"]
    assert after == before | {"utm_source": source}
    said["attributes"] = {"utm_id": {"flow": {"type": "dynamic", "value": "campaign_id"}}}
    refused = klaviyo.http.patch(path, json={"data": said})
    assert only_error(refused)["source"] == {"pointer": "/data/attributes/utm_id/flow/value"}
    assert klaviyo.get("/api/tracking-settings/other").status_code == 404


def test_a_list_can_be_renamed_and_deleted(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    made = klaviyo.fake.state.add_list("Shop")
    clock.advance(60)
    body: dict[str, Any] = {"data": {"type": "list", "id": made.id, "attributes": {"name": "Shops"}}}
    shown = klaviyo.http.patch(f"/api/lists/{made.id}", json=body).json()["data"]["attributes"]
    assert (shown["name"], shown["updated"]) == ("Shops", "2026-11-21T12:01:00+00:00")
    body["data"]["attributes"] = {"name": " "}
    assert klaviyo.http.patch(f"/api/lists/{made.id}", json=body).status_code == 400
    body["data"] |= {"id": "other", "attributes": {"name": "X"}}
    assert klaviyo.http.patch(f"/api/lists/{made.id}", json=body).status_code == 400
    assert klaviyo.http.delete(f"/api/lists/{made.id}").status_code == 204
    assert klaviyo.http.delete(f"/api/lists/{made.id}").status_code == 404


@pytest.mark.parametrize("sort", ["datetime", "-datetime"])
def test_pages_of_events_lead_forth_and_back(klaviyo: Klaviyo, sort: str) -> None:
    for number in range(7):
        klaviyo.send(unique_id=str(number), time=f"2026-11-21T10:00:0{number}Z")
    pages, back = [], []
    page = klaviyo.query("/api/events", {"sort": sort, "page[size]": "3"}).json()
    assert page["links"]["prev"] is None
    while True:
        pages.append(ids(page))
        if page["links"]["next"] is None:
            break
        page = klaviyo.http.get(page["links"]["next"]).json()
    while True:
        back.append(ids(page))
        if page["links"]["prev"] is None:
            break
        page = klaviyo.http.get(page["links"]["prev"]).json()
    order = [str(number) for number in range(7)][:: -1 if sort.startswith("-") else 1]
    assert [one for part in pages for one in part] == order
    # Going back from the last page, which has one event, the page before it has the three before.
    assert back == pages[::-1]


def test_pages_of_profiles_lead_forth_and_back(klaviyo: Klaviyo) -> None:
    for number in range(3):
        klaviyo.fake.state.profile(f"p{number}@mail.org")
    first = klaviyo.query("/api/profiles", {"page[size]": "2"}).json()
    second = klaviyo.http.get(first["links"]["next"]).json()
    assert (first["links"]["prev"], second["links"]["next"]) == (None, None)
    assert klaviyo.http.get(second["links"]["prev"]).json()["data"] == first["data"]


def test_a_profile_brings_its_lists_and_segments_along(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    ann = state.profile("ann@mail.org").id
    shop = state.add_list("Shop")
    shop.members[ann] = klaviyo.fake.clock.now()
    regulars = state.add_segment("Regulars", [ann])
    asked = {"include": "lists,segments", "fields[list]": "name", "fields[segment]": "name"}
    shown = klaviyo.query(f"/api/profiles/{ann}", asked).json()
    assert shown["data"]["relationships"]["lists"]["data"] == [{"type": "list", "id": shop.id}]
    assert [(one["id"], one["attributes"]) for one in shown["included"]] == [
        (shop.id, {"name": "Shop"}),
        (regulars.id, {"name": "Regulars"}),
    ]


def test_an_attribution_is_shown_and_included(klaviyo: Klaviyo) -> None:
    klaviyo.send(unique_id="s-1")
    (stored,) = klaviyo.fake.state.find_events()
    made = klaviyo.fake.state.attribute(stored.id, flow="FloW01", flow_message="Msg001")
    shown = klaviyo.query("/api/events", {"include": "attributions"}).json()
    held = shown["data"][0]["relationships"]["attributions"]["data"]
    assert held == [{"type": "attribution", "id": made.id}]
    (beside,) = shown["included"]
    assert beside["relationships"]["flow"]["data"] == {"type": "flow", "id": "FloW01"}
    assert beside["relationships"]["flow-message"]["data"] == {"type": "flow-message", "id": "Msg001"}


def test_a_costly_parameter_spends_from_a_bucket_of_its_own_everywhere(klaviyo: Klaviyo) -> None:
    state = klaviyo.fake.state
    one, other = state.add_list("One").id, state.add_list("Other").id
    costly = {"additional-fields[list]": "profile_count"}
    assert klaviyo.query(f"/api/lists/{one}", costly).headers["RateLimit-Limit"] == "1, 1;w=1, 15;w=60"
    assert klaviyo.query(f"/api/lists/{other}", costly).status_code == 429
    assert klaviyo.get(f"/api/lists/{other}").status_code == 200


def test_custom_metrics_have_a_daily_limit_too(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.send()
    wanted = definition(klaviyo.metric_id())
    codes = []
    for number in range(16):
        codes.append(custom(klaviyo, f"M{number}", wanted).status_code)
        clock.advance(61)
    assert codes == [201] * 15 + [429]
    clock.advance(timedelta(days=1).total_seconds())
    assert custom(klaviyo, "M16", wanted).status_code == 201


def test_the_edge_answers_in_html(klaviyo: Klaviyo) -> None:
    klaviyo.fake.faults.add({"kind": "html", "status": 403, "times": 1})
    challenge = klaviyo.get("/api/metrics")
    assert (challenge.status_code, challenge.headers["Content-Type"]) == (403, "text/html; charset=UTF-8")
    assert challenge.text.startswith("<!DOCTYPE html>")
    assert klaviyo.get("/api/metrics").status_code == 200


def test_a_parameter_is_refused_before_anything_takes_effect(klaviyo: Klaviyo) -> None:
    body = {"data": {"type": "list", "attributes": {"name": "Shop"}}}
    refused = klaviyo.http.post("/api/lists?fields[list]=colour", json=body)
    assert only_error(refused)["source"] == {"parameter": "fields[list]"}
    assert klaviyo.fake.state.lists == {}


def test_unknown_parameters_are_refused_by_switch(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    for parameter in ("colour", "fields[colour]", "page[number]", "sort"):
        assert klaviyo.query("/api/accounts", {parameter: "x"}).status_code in (200, 400)
    klaviyo.fake.switches.unknown_parameters = "refuse"
    for parameter in ("colour", "fields[colour]", "page[number]", "sort"):
        refused = klaviyo.query("/api/accounts", {parameter: "x"})
        assert only_error(refused)["source"] == {"parameter": parameter}


def test_a_single_value_where_a_list_is_described_is_refused_unless_switched(klaviyo: Klaviyo) -> None:
    asked = {"filter": 'equals(name,"Shop")'}
    assert only_error(klaviyo.query("/api/lists", asked))["source"] == {"parameter": "filter"}
    klaviyo.fake.switches.filter_shapes_enforced = False
    assert klaviyo.query("/api/lists", asked).status_code == 200


def ids(page: dict[str, Any]) -> list[str]:
    return [one["attributes"]["event_properties"]["$event_id"] for one in page["data"]]
