"""Our bodies, read by the models of Klaviyo's own client: an independent judge of their shape."""

import json
import warnings
from typing import Any

import pytest
from klaviyo_world import event, opened, planned

from sync.domain.presets import KLAVIYO_NATIVE
from sync.klaviyo import bodies
from sync.klaviyo.bodies import Outgoing
from sync.klaviyo.payload import build


@pytest.fixture(scope="module")
def models() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the vendor's generated code, not ours
        return pytest.importorskip("openapi_client.models")


def receipt_events() -> list[Outgoing]:
    made = [build(one, preset=KLAVIYO_NATIVE, shop=None, backfill=True) for one in planned()]
    return [Outgoing(row, one.profile, one.event) for row, one in enumerate(made)]


def test_the_official_client_reads_a_bulk_body_as_we_meant_it(models: Any) -> None:
    events = receipt_events()
    body = json.loads(bodies.bulk(bodies.grouped(events)))
    job = models.EventsBulkCreateJob.from_dict(body)
    (entry,) = job.data.attributes.events_bulk_create.data
    assert entry.attributes.profile.data.attributes.email == "ann.lee@northwind.dev"
    assert entry.attributes.backfill is True
    read = entry.attributes.events.data
    assert [one.attributes.unique_id for one in read] == [opened(one.event)["unique_id"] for one in events]
    assert [one.attributes.metric.data.attributes.name for one in read] == [
        "Placed Order",
        "Ordered Product",
        "Ordered Product",
    ]
    assert read[0].attributes.properties["OrderId"] == "1001"
    known = {field.alias or name for name, field in type(read[0].attributes).model_fields.items()}
    assert {name for one in events for name in opened(one.event)} <= known, "no member it does not know"


def test_the_official_client_reads_a_single_body_as_we_meant_it(models: Any) -> None:
    body = json.loads(bodies.single(event(7)))
    read = models.EventCreateQueryV2.from_dict(body).data.attributes
    assert (read.unique_id, read.value, read.backfill) == ("sale-7", 9.99, False)
    assert read.metric.data.attributes.name == "Placed Order"
    assert read.profile.data.attributes.email == "ann@northwind.dev"
