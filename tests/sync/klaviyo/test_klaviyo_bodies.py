"""Bodies as they go over the wire, and batches cut where Klaviyo would refuse them."""

import json

from klaviyo_world import event, profile

from sync.klaviyo.bodies import BODY_BYTES_MAX, Outgoing, batches, bulk, grouped, single

PLACED = {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}


def _attributes(row: int) -> dict[str, object]:
    return {
        "properties": {"OrderId": str(row)},
        "time": "2026-03-02T16:00:00+00:00",
        "value": 9.99,
        "backfill": False,
        "unique_id": f"sale-{row}",
        "metric": PLACED,
    }


def test_a_single_event_is_its_payload_with_its_profile() -> None:
    body = json.loads(single(event(7)))
    ann = {"type": "profile", "attributes": {"email": "ann@northwind.dev"}}
    assert body == {
        "data": {"type": "event", "attributes": {**_attributes(7), "profile": {"data": ann}}},
    }


def test_consecutive_events_of_one_profile_share_an_entry() -> None:
    body = json.loads(bulk(grouped([event(1), event(2), event(3, "bob@northwind.dev"), event(4)])))
    entries = body["data"]["attributes"]["events-bulk-create"]["data"]
    assert body["data"]["type"] == "event-bulk-create-job"
    assert [entry["type"] for entry in entries] == ["event-bulk-create"] * 3
    assert [entry["attributes"]["profile"]["data"]["attributes"]["email"] for entry in entries] == [
        "ann@northwind.dev",
        "bob@northwind.dev",
        "ann@northwind.dev",
    ]
    first = entries[0]["attributes"]
    assert first["backfill"] is False
    assert first["events"] == {
        "data": [
            {"type": "event", "attributes": _attributes(1)},
            {"type": "event", "attributes": _attributes(2)},
        ]
    }


def test_an_entry_says_backfill_exactly_when_its_events_do() -> None:
    groups = grouped([event(1), event(2, backfill="true"), event(3, backfill="true")])
    assert [[one.outbox_id for one in group] for group in groups] == [[1], [2, 3]]
    entries = json.loads(bulk(groups))["data"]["attributes"]["events-bulk-create"]["data"]
    assert [entry["attributes"]["backfill"] for entry in entries] == [False, True]


def test_a_metric_that_looks_like_a_member_does_not_confuse_the_split() -> None:
    name = '"backfill":true,"unique_id":"x"'
    metric = json.dumps({"data": {"type": "metric", "attributes": {"name": name}}})
    entries = json.loads(bulk(grouped([event(1, metric=metric)])))
    inside = entries["data"]["attributes"]["events-bulk-create"]["data"][0]["attributes"]
    assert inside["backfill"] is False
    assert inside["events"]["data"][0]["attributes"]["metric"]["data"]["attributes"]["name"] == name


def test_batches_are_full_and_keep_the_order() -> None:
    cut = [[one.outbox_id for one in part] for part in batches([event(row) for row in range(2_500)])]
    assert [len(part) for part in cut] == [1_000, 1_000, 500]
    assert [row for part in cut for row in part] == list(range(2_500))


def test_no_body_is_larger_than_five_megabytes() -> None:
    big = [
        event(row, f"p{row}@northwind.dev", properties=f'{{"Note":"{"n" * 49_000}"}}') for row in range(250)
    ]
    parts = list(batches(big))
    sizes = [len(bulk(grouped(part))) for part in parts]
    assert [len(part) for part in parts] == [101, 101, 48]
    assert max(sizes) <= BODY_BYTES_MAX
    assert min(sizes[:2]) > 4_900_000


def test_the_same_id_waits_for_the_next_request_but_other_metrics_and_profiles_do_not() -> None:
    canceled = '{"data":{"type":"metric","attributes":{"name":"Canceled Order"}}}'
    same = [
        event(1, unique_id='"s"'),
        event(2, unique_id='"s"', metric=canceled),
        event(3, "bob@northwind.dev", unique_id='"s"'),
        event(4, unique_id='"s"', value="1.00", backfill="true"),
        event(5),
    ]
    assert [[one.outbox_id for one in part] for part in batches(same)] == [[1, 2, 3, 5], [4]]


def test_nothing_makes_no_request() -> None:
    assert list(batches([])) == []


def test_the_size_given_by_the_caller_is_not_trusted() -> None:
    events = [Outgoing(row, profile("a@b.dev"), event(row).event, size=1) for row in range(3)]
    assert len(list(batches(events))) == 1
