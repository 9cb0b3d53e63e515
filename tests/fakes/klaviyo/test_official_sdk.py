"""Klaviyo's own Python client on a socket: what it sends is understood, what we answer it can read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from klaviyo_kit import NOON, bulk, entry, event

from fakes.kit.clock import VirtualClock
from fakes.kit.serve import Served
from fakes.klaviyo.app import KlaviyoFake, build

# The client warns about itself on import and on use; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def fake() -> KlaviyoFake:
    return build(VirtualClock(NOON))


@pytest.fixture(scope="module")
def sdk(fake: KlaviyoFake) -> Iterator[Any]:
    klaviyo_api = pytest.importorskip("klaviyo_api")
    with Served({"klaviyo": fake.wsgi}) as served:
        yield klaviyo_api.KlaviyoAPI(
            fake.credentials["api_key"], max_retries=1, test_host=served.urls["klaviyo"]
        )


@pytest.fixture(autouse=True)
def fresh(fake: KlaviyoFake, sdk: Any) -> None:
    fake.reset()


def test_it_creates_an_event_and_reads_it_back(sdk: Any) -> None:
    sent = event(unique_id="s-1", value=29.98, value_currency="USD", time="2026-11-21T10:00:00Z")
    sdk.Events.create_event({"data": {"type": "event", "attributes": sent}})
    metric = sdk.Metrics.get_metrics().data[0]
    assert (metric.attributes.name, metric.attributes.integration["name"]) == ("Placed Order", "API")
    found = sdk.Events.get_events(filter=f'equals(metric_id,"{metric.id}")', sort="datetime", page_size=1000)
    assert [e.attributes.event_properties["$event_id"] for e in found.data] == ["s-1"]
    assert found.data[0].attributes.datetime_ == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert sdk.Events.get_event(found.data[0].id).data.attributes.event_properties["$value"] == 29.98


def test_it_sends_events_in_bulk_and_follows_the_cursor(sdk: Any) -> None:
    many = [event(unique_id=str(n), time=f"2026-11-21T10:00:{n:02}Z") for n in range(5)]
    sdk.Events.bulk_create_events(bulk(entry("ann@mail.org", *many)))
    first = sdk.Events.get_events(sort="datetime", page_size=3)
    # The client takes a whole link for its cursor, but only from https.
    link = first.links.next.replace("http://", "https://")
    second = sdk.Events.get_events(sort="datetime", page_size=3, page_cursor=link)
    seen = [e.attributes.event_properties["$event_id"] for e in [*first.data, *second.data]]
    assert seen == ["0", "1", "2", "3", "4"]
    assert second.links.next is None


def test_it_counts_by_day(sdk: Any) -> None:
    sdk.Events.create_event({"data": {"type": "event", "attributes": event(time="2026-11-20T10:00:00Z")}})
    asked = {
        "metric_id": sdk.Metrics.get_metrics().data[0].id,
        "measurements": ["count"],
        "interval": "day",
        "timezone": "UTC",
        "filter": [
            "greater-or-equal(datetime,2026-11-20T00:00:00Z)",
            "less-than(datetime,2026-11-22T00:00:00Z)",
        ],
    }
    answer = sdk.Metrics.query_metric_aggregates({"data": {"type": "metric-aggregate", "attributes": asked}})
    assert answer.data.attributes.data[0].measurements == {"count": [1.0, 0.0]}


def test_it_reads_the_account(sdk: Any) -> None:
    assert sdk.Accounts.get_accounts().data[0].attributes.timezone == "America/New_York"


def test_it_creates_imports_and_lists_profiles(sdk: Any, fake: KlaviyoFake) -> None:
    person = {"data": {"type": "profile", "attributes": {"email": "ann@mail.org", "first_name": "Ann"}}}
    made = sdk.Profiles.create_profile(person).data
    again = sdk.Profiles.create_or_update_profile(person).data
    assert (again.id, again.attributes.first_name) == (made.id, "Ann")
    found = sdk.Profiles.get_profiles(additional_fields_profile=["subscriptions"]).data
    assert found[0].attributes.subscriptions.email.marketing.consent == "NEVER_SUBSCRIBED"
    job = sdk.Profiles.bulk_import_profiles(
        {
            "data": {
                "type": "profile-bulk-import-job",
                "attributes": {
                    "profiles": {"data": [{"type": "profile", "attributes": {"email": "bob@mail.org"}}]}
                },
            }
        }
    )
    assert sdk.Profiles.get_bulk_import_profiles_job(job.data.id).data.attributes.status == "complete"
    assert len(fake.state.profiles.all) == 2


def test_it_keeps_lists_and_consent(sdk: Any) -> None:
    body = {"data": {"type": "list", "attributes": {"name": "Shop", "opt_in_process": "single_opt_in"}}}
    made = sdk.Lists.create_list(body).data
    assert [one.attributes.name for one in sdk.Lists.get_lists().data] == ["Shop"]
    said = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
    sdk.Profiles.bulk_subscribe_profiles(
        {
            "data": {
                "type": "profile-subscription-bulk-create-job",
                "attributes": {
                    "profiles": {
                        "data": [
                            {
                                "type": "profile",
                                "attributes": {"email": "ann@mail.org", "subscriptions": said},
                            }
                        ]
                    }
                },
                "relationships": {"list": {"data": {"type": "list", "id": made.id}}},
            }
        }
    )
    members = sdk.Lists.get_profiles_for_list(made.id).data
    assert [one.attributes.email for one in members] == ["ann@mail.org"]


def test_it_names_our_refusals(sdk: Any) -> None:
    from openapi_client.exceptions import ApiException

    with pytest.raises(ApiException) as refused:
        sdk.Events.create_event({"data": {"type": "event", "attributes": event(email="nobody")}})
    assert refused.value.status == 400
    assert "Invalid email address" in str(refused.value.body)
