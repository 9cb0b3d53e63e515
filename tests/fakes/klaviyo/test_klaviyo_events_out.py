"""Reading events, metrics and aggregates back from the fake Klaviyo."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.klaviyo.app import KlaviyoFake

DAY = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


@pytest.fixture
def filled(klaviyo: Klaviyo) -> Klaviyo:
    """Ten Placed Orders, one an hour, alternating between two people; and one refund in between."""
    state = klaviyo.fake.state
    for hour in range(10):
        email = "ann@mail.org" if hour % 2 == 0 else "bob@mail.org"
        at = DAY + timedelta(hours=hour)
        state.add_event("Placed Order", email, f"s-{hour}", at, Decimal(hour), {"OrderId": str(hour)})
    state.add_event("Refunded Order", "ann@mail.org", "s-4", DAY + timedelta(hours=4), Decimal(4), {})
    return klaviyo


def orders(events: list[dict[str, Any]]) -> list[str]:
    return [e["attributes"]["event_properties"]["$event_id"] for e in events]


def test_an_event_reads_as_klaviyo_writes_it(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    at = datetime(2021, 5, 17, 23, 43, 28, tzinfo=UTC)
    value, properties = Decimal("29.98"), {"OrderId": "1234"}
    event_id = fake.state.add_event("Placed Order", "ann@mail.org", "s-1", at, value, properties)
    person, metric = fake.state.profiles.all[0].id, fake.state.metrics[0].id
    own = f"http://klaviyo/api/events/{event_id}/"

    def links(name: str) -> dict[str, str]:
        return {"self": f"{own}relationships/{name}/", "related": f"{own}{name}/"}

    answer = klaviyo.get("/api/events")
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    found = answer.json()["data"][0]
    assert uuid.UUID(found["attributes"].pop("uuid")).version == 1
    assert found == {
        "type": "event",
        "id": event_id,
        "attributes": {
            "datetime": "2021-05-17T23:43:28+00:00",
            "timestamp": 1621295008,
            "event_properties": {
                "$event_id": "s-1",
                "$value": 29.98,
                "$value_currency": "USD",
                "OrderId": "1234",
            },
        },
        "relationships": {
            "profile": {"data": {"type": "profile", "id": person}, "links": links("profile")},
            "metric": {"data": {"type": "metric", "id": metric}, "links": links("metric")},
            "attributions": {"data": [], "links": links("attributions")},
        },
        "links": {"self": own},
    }


def test_the_uuid_holds_the_events_own_second(filled: Klaviyo) -> None:
    first = filled.query("/api/events", {"sort": "datetime"}).json()["data"][0]["attributes"]
    ticks = uuid.UUID(first["uuid"]).time
    assert datetime(1582, 10, 15, tzinfo=UTC) + timedelta(microseconds=ticks // 10) == DAY


def test_events_come_in_time_order_both_ways_across_metrics(filled: Klaviyo) -> None:
    up = orders(filled.query("/api/events", {"sort": "datetime"}).json()["data"])
    down = orders(filled.query("/api/events", {"sort": "-datetime"}).json()["data"])
    assert up == [f"s-{n}" for n in (0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9)]
    assert down == up[::-1]
    assert orders(filled.events()) == up
    filled.fake.switches.default_event_sort = "-datetime"
    assert orders(filled.events()) == down


@pytest.mark.parametrize("sort", ["datetime", "-datetime"])
def test_paging_by_next_links_shows_every_event_once(filled: Klaviyo, sort: str) -> None:
    metric = filled.metric_id()
    parameters = {"filter": f'equals(metric_id,"{metric}")', "sort": sort, "page[size]": "3"}
    answer = filled.query("/api/events", parameters).json()
    seen, pages = orders(answer["data"]), 1
    while answer["links"]["next"]:
        assert answer["links"]["next"].startswith("http://klaviyo/api/events?")
        answer = filled.http.get(answer["links"]["next"]).json()
        seen += orders(answer["data"])
        pages += 1
    assert pages == 4
    assert seen == sorted((f"s-{n}" for n in range(10)), reverse=sort == "-datetime")


def test_events_that_arrive_while_paging_neither_repeat_nor_hide_others(filled: Klaviyo) -> None:
    parameters = {"sort": "datetime", "page[size]": "5"}
    first = filled.query("/api/events", parameters).json()
    filled.fake.state.add_event("Placed Order", "c@mail.org", "early", DAY, None, {})
    rest = filled.http.get(first["links"]["next"]).json()
    assert orders(first["data"]) + orders(rest["data"])[:1] == [f"s-{n}" for n in (0, 1, 2, 3, 4, 4)]


@pytest.mark.parametrize(
    ("condition", "hours"),
    [
        ("greater-or-equal(datetime,2026-11-20T03:00:00Z)", range(3, 10)),
        ("greater-than(datetime,2026-11-20T03:00:00+00:00)", range(4, 10)),
        ("less-than(datetime,2026-11-20T03:00:00Z)", range(3)),
        ("less-or-equal(datetime,2026-11-20T03:00:00)", range(4)),
        ("greater-than(datetime,2026-11-19T22:00:00.5-05:00)", range(4, 10)),
        ("greater-or-equal(timestamp,1795143600)", range(3, 10)),
        ("and(greater-than(datetime,2026-11-20T01:00Z),less-than(datetime,2026-11-20T04:00Z))", (2, 3)),
        ("greater-or-equal(datetime,2026-11-20T08:00:00Z),has(profile),has(metric)", (8, 9)),
        ("less-than(datetime,2026-11-20)", ()),
    ],
)  # fmt: skip
def test_time_filters_mean_what_they_say(filled: Klaviyo, condition: str, hours: Any) -> None:
    text = f'equals(metric_id,"{filled.metric_id()}"),{condition}'
    found = filled.query("/api/events", {"filter": text, "sort": "datetime"}).json()["data"]
    assert orders(found) == [f"s-{n}" for n in hours]


def test_metric_filters_take_one_or_several_and_unknown_ones_match_nothing(filled: Klaviyo) -> None:
    one, two = filled.metric_id(), filled.metric_id("Refunded Order")

    def count(condition: str) -> int:
        return len(filled.query("/api/events", {"filter": condition}).json()["data"])

    assert count(f"equals(metric_id,'{two}')") == 1
    assert count(f'equals(metric_id,["{one}","{two}"])') == 11
    assert count('equals(metric_id,"nobody")') == 0


def test_a_profiles_events_are_found(filled: Klaviyo) -> None:
    person = filled.fake.state.profile("bob@mail.org").id
    parameters = {"filter": f'equals(profile_id,"{person}")', "sort": "-timestamp", "page[size]": "2"}
    first = filled.query("/api/events", parameters).json()
    second = filled.http.get(first["links"]["next"]).json()
    assert orders(first["data"]) + orders(second["data"]) == ["s-9", "s-7", "s-5", "s-3"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter", 'greater-than(datetime,"2026-11-20T00:00:00Z")'),
        ("filter", 'equals(OrderId,"7")'),
        ("filter", 'contains(metric_id,"7")'),
        ("filter", "equals(metric_id,unquoted)"),
        ("filter", "equals(metric_id,"),
        ("filter", 'or(equals(metric_id,"A"),equals(metric_id,"B"))'),
        ("filter", 'equals(metric_id,"A") trailing'),
        ("sort", "value"),
        ("page[size]", "0"),
        ("page[size]", "1001"),
        ("page[size]", "many"),
        ("page[cursor]", "!!!"),
        ("page[cursor]", "W10="),
        ("include", "profiless"),
        ("fields[event]", "colour"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(filled: Klaviyo, name: str, value: str) -> None:
    answer = filled.query("/api/events", {name: value})
    assert answer.status_code == 400
    assert only_error(answer)["source"] == {"parameter": name}


def test_a_bad_include_is_told_in_klaviyos_words(filled: Klaviyo) -> None:
    error = only_error(filled.query("/api/events", {"include": "profiless"}))
    assert error["detail"] == "'profiless' is not an allowed include parameter for this resource."


def test_unknown_parameters_are_ignored_unless_switched(filled: Klaviyo) -> None:
    assert filled.query("/api/events", {"colour": "red"}).status_code == 200
    filled.fake.switches.unknown_parameters = "refuse"
    assert filled.query("/api/events", {"colour": "red"}).status_code == 400


def test_page_size_is_ignored_before_its_revision(filled: Klaviyo) -> None:
    answer = filled.http.get("/api/events", params={"page[size]": "3"}, headers={"revision": "2025-10-15"})
    assert len(answer.json()["data"]) == 11


def test_includes_come_once_each_and_fieldsets_keep_what_was_asked(filled: Klaviyo) -> None:
    answer = filled.query(
        "/api/events",
        {
            "include": "metric,profile",
            "fields[event]": "datetime",
            "fields[metric]": "name",
            "fields[profile]": "email,location.city",
        },
    ).json()
    assert list(answer["data"][0]["attributes"]) == ["datetime"]
    included = [(i["type"], i["attributes"]) for i in answer["included"]]
    assert included == [
        ("metric", {"name": "Placed Order"}),
        ("metric", {"name": "Refunded Order"}),
        ("profile", {"email": "ann@mail.org", "location": {"city": None}}),
        ("profile", {"email": "bob@mail.org", "location": {"city": None}}),
    ]


def test_one_event_and_its_relations_are_read_by_id(filled: Klaviyo) -> None:
    wanted = filled.fake.state.find_events("Refunded Order")[0]
    one = filled.get(f"/api/events/{wanted.id}").json()
    assert one["data"]["id"] == wanted.id
    assert (
        filled.get(f"/api/events/{wanted.id}/metric").json()["data"]["attributes"]["name"] == "Refunded Order"
    )
    related = filled.get(f"/api/events/{wanted.id}/relationships/profile").json()["data"]
    assert related == {"type": "profile", "id": wanted.profile_id}
    missing = filled.get("/api/events/nothere")
    assert missing.status_code == 404
    assert only_error(missing) == {
        "status": 404,
        "code": "not_found",
        "title": "Not found.",
        "detail": "An event with id `nothere` does not exist.",
        "source": {"pointer": "/data/"},
    }


def test_a_reordered_page_holds_the_same_events(filled: Klaviyo) -> None:
    straight = orders(filled.query("/api/events", {"sort": "datetime"}).json()["data"])
    filled.fake.faults.add({"kind": "reorder", "times": 1})
    shuffled = orders(filled.query("/api/events", {"sort": "datetime"}).json()["data"])
    assert shuffled != straight
    assert sorted(shuffled) == sorted(straight)


def test_metrics_are_told_apart_by_name_and_integration(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    klaviyo.send()
    fake.state.add_metric("Placed Order", "Shopify", visible=True)
    every = klaviyo.get("/api/metrics").json()["data"]
    assert [m["attributes"]["integration"]["name"] for m in every] == ["API", "Shopify"]
    ours = klaviyo.query("/api/metrics", {"filter": "equals(integration.name,'API')"}).json()["data"]
    assert [m["id"] for m in ours] == [every[0]["id"]]
    assert ours[0]["attributes"] == {
        "name": "Placed Order",
        "created": "2026-11-21T12:00:00+00:00",
        "updated": "2026-11-21T12:00:00+00:00",
        "integration": {"object": "integration", "id": "7FtS4J", "name": "API", "category": "API"},
    }
    one = klaviyo.get(f"/api/metrics/{every[1]['id']}").json()["data"]
    assert one["attributes"]["integration"]["category"] == "eCommerce"
    assert klaviyo.get("/api/metrics/NoNeXx").status_code == 404


def test_metrics_come_two_hundred_a_page(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    for number in range(201):
        fake.state.add_metric(f"Metric {number}", visible=True)
    first = klaviyo.get("/api/metrics").json()
    assert len(first["data"]) == 200
    second = klaviyo.http.get(first["links"]["next"]).json()
    assert [m["attributes"]["name"] for m in second["data"]] == ["Metric 200"]
    assert second["links"]["next"] is None
