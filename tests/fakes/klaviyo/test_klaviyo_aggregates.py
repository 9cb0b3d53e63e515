"""Metric aggregates of the fake Klaviyo: buckets in a zone, told in UTC."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from klaviyo_kit import Klaviyo, only_error

from fakes.kit.clock import VirtualClock


@pytest.fixture
def filled(klaviyo: Klaviyo) -> Klaviyo:
    """Sales round two local midnights of New York, and one in euros."""
    klaviyo.fake.limits.enabled = False
    for number, (at, email, value, currency) in enumerate(
        [
            ("2026-11-01T03:59:59+00:00", "ann@mail.org", "1.10", "USD"),  # 31 October, 23:59:59
            ("2026-11-01T04:00:00+00:00", "ann@mail.org", "2.20", "USD"),  # 1 November, a day of 25 hours
            ("2026-11-02T04:59:59+00:00", "ann@mail.org", "3.30", "USD"),
            ("2026-11-02T04:00:00+00:00", "bob@mail.org", "0.10", "EUR"),
            ("2026-11-02T05:00:00+00:00", "bob@mail.org", "0.20", "USD"),  # 2 November
        ]
    ):
        klaviyo.fake.state.add_event(
            "Placed Order", email, str(number), datetime.fromisoformat(at), Decimal(value), {}, currency
        )
    return klaviyo


def ask(klaviyo: Klaviyo, low: str, high: str, **changes: Any) -> httpx.Response:
    attributes = {
        "metric_id": klaviyo.metric_id(),
        "measurements": ["count", "sum_value", "unique"],
        "interval": "day",
        "timezone": "America/New_York",
        "filter": [f"greater-or-equal(datetime,{low})", f"less-than(datetime,{high})"],
    } | changes
    return klaviyo.post(
        "/api/metric-aggregates", {"data": {"type": "metric-aggregate", "attributes": attributes}}
    )


def attributes(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"]["attributes"])


def test_days_of_a_zone_are_told_by_their_start_in_utc(filled: Klaviyo) -> None:
    found = attributes(ask(filled, "2026-10-31T00:00:00-04:00", "2026-11-03T00:00:00-05:00"))
    assert found == {
        "dates": ["2026-10-31T04:00:00+00:00", "2026-11-01T04:00:00+00:00", "2026-11-02T05:00:00+00:00"],
        "data": [
            {
                "dimensions": [],
                "measurements": {
                    "count": [1.0, 3.0, 1.0],
                    "sum_value": [1.1, 5.6, 0.2],
                    "unique": [1.0, 2.0, 1.0],
                },
            }
        ],
    }


def test_the_default_is_days_of_utc(filled: Klaviyo) -> None:
    answer = ask(
        filled, "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", timezone="UTC", measurements=["count"]
    )
    found = attributes(answer)
    assert found["dates"] == ["2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"]
    assert found["data"] == [{"dimensions": [], "measurements": {"count": [2.0, 3.0]}}]


def test_the_first_bucket_snaps_back_but_counts_only_the_range(filled: Klaviyo) -> None:
    answer = ask(filled, "2026-11-01T12:00:00Z", "2026-11-03T00:00:00Z", interval="month")
    found = attributes(answer)
    assert found["dates"] == ["2026-11-01T04:00:00+00:00"]
    assert found["data"][0]["measurements"]["count"] == [3.0]


def test_weeks_start_on_monday_and_hours_on_the_hour(filled: Klaviyo) -> None:
    weeks = attributes(ask(filled, "2026-11-01T00:00:00-04:00", "2026-11-03T00:00:00-05:00", interval="week"))
    assert weeks["dates"] == ["2026-10-26T04:00:00+00:00", "2026-11-02T05:00:00+00:00"]
    hours = attributes(ask(filled, "2026-11-02T04:30:00Z", "2026-11-02T05:30:00Z", interval="hour"))
    assert hours["dates"] == ["2026-11-02T04:00:00+00:00", "2026-11-02T05:00:00+00:00"]
    assert hours["data"][0]["measurements"]["count"] == [1.0, 1.0]


def test_currency_is_a_dimension(filled: Klaviyo) -> None:
    answer = ask(
        filled, "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", interval="month", by=["$value_currency"]
    )
    found = {tuple(d["dimensions"]): d["measurements"]["sum_value"] for d in attributes(answer)["data"]}
    assert found == {("EUR",): [0.0, 0.1], ("USD",): [1.1, 5.7]}


def test_empty_days_are_zeros(filled: Klaviyo) -> None:
    found = attributes(ask(filled, "2026-11-05T00:00:00-05:00", "2026-11-07T00:00:00-05:00"))
    assert found["data"][0]["measurements"]["count"] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"timezone": "america/new_york"}, "timezone"),
        ({"timezone": "Europe/Kyiv"}, "timezone"),
        ({"timezone": "Factory"}, "timezone"),
        ({"by": ["Shop"]}, "by"),
        ({"filter": []}, "filter"),
        ({"filter": ["greater-or-equal(datetime,2026-11-01T00:00:00Z)"]}, "filter"),
        ({"measurements": ["median"]}, "measurements/0"),
        ({"interval": "year"}, "interval"),
        (
            {"filter": ["greater-or-equal(datetime,2025-01-01)", "less-than(datetime,2026-11-01)"]},
            "filter",
        ),
        (
            {"filter": ["greater-or-equal(datetime,2021-01-01)", "less-than(datetime,2021-02-01)"]},
            "filter",
        ),
    ],
)
def test_a_bad_question_is_a_400_that_points_at_it(
    filled: Klaviyo, changes: dict[str, Any], member: str
) -> None:
    answer = ask(filled, "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", **changes)
    assert answer.status_code == 400
    assert only_error(answer)["source"] == {"pointer": f"/data/attributes/{member}"}


def test_quoted_datetimes_are_refused_and_an_unknown_metric_is_a_404(filled: Klaviyo) -> None:
    assert ask(filled, '"2026-11-01T00:00:00Z"', "2026-11-03T00:00:00Z").status_code == 400
    assert ask(filled, "2026-11-01", "2026-11-03", metric_id="NoNeXx").status_code == 404


def test_a_datetime_without_an_offset_is_read_in_utc_or_in_the_zone(filled: Klaviyo) -> None:
    def count() -> list[float]:
        found = attributes(ask(filled, "2026-11-02T00:00:00", "2026-11-03T00:00:00", measurements=["count"]))
        return list(found["data"][0]["measurements"]["count"])

    assert count() == [2.0, 1.0]
    filled.fake.switches.aggregate_naive_zone = "timezone"
    assert count() == [1.0]


def test_aggregates_may_lag_behind_reads(klaviyo: Klaviyo, clock: VirtualClock) -> None:
    klaviyo.fake.switches.aggregate_lag_s = 60
    klaviyo.send(time="2026-11-21T10:00:00Z")

    def count() -> list[float]:
        answer = ask(klaviyo, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", timezone="UTC")
        return list(attributes(answer)["data"][0]["measurements"]["count"])

    assert (klaviyo.count(), count()) == (1, [0.0])
    clock.advance(60)
    assert count() == [1.0]


def test_sums_are_the_cents_that_were_sent(klaviyo: Klaviyo) -> None:
    for number in range(10):
        at = datetime(2026, 11, 20, 10, 0, number, tzinfo=UTC)
        klaviyo.fake.state.add_event("Placed Order", "a@mail.org", str(number), at, Decimal("0.10"), {})
    answer = ask(klaviyo, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", timezone="UTC")
    assert attributes(answer)["data"][0]["measurements"]["sum_value"] == [1.0]


WEEK = ("2026-10-28T00:00:00-04:00", "2026-11-04T00:00:00-05:00")


def grouped(answer: httpx.Response) -> list[tuple[list[str], float]]:
    """Dimensions with the sum over all buckets."""
    return [(row["dimensions"], sum(row["measurements"]["count"])) for row in attributes(answer)["data"]]


def test_a_filter_on_a_dimension_leaves_the_others_out(filled: Klaviyo) -> None:
    only = ['equals($value_currency,"EUR")']
    low, high = WEEK
    span = [f"greater-or-equal(datetime,{low})", f"less-than(datetime,{high})"]
    assert grouped(ask(filled, low, high, filter=span + only)) == [([], 1.0)]
    assert grouped(ask(filled, low, high, filter=[*span, 'any($value_currency,["EUR","USD"])'])) == [
        ([], 5.0)
    ]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, ["EUR", "USD"]),
        ("-$value_currency", ["USD", "EUR"]),
        ("count", ["EUR", "USD"]),
        ("-sum_value", ["USD", "EUR"]),
    ],
)
def test_groups_are_sorted_by_a_dimension_or_a_measurement(
    filled: Klaviyo, sort: str | None, order: list[str]
) -> None:
    asked = {"by": ["$value_currency"]} | ({"sort": sort} if sort else {})
    assert [names[0] for names, _ in grouped(ask(filled, *WEEK, **asked))] == order
    assert len(grouped(ask(filled, *WEEK, page_size=1, **asked))) == 1


def test_a_sort_by_what_was_not_asked_for_and_an_empty_page_are_refused(filled: Klaviyo) -> None:
    assert only_error(ask(filled, *WEEK, sort="Subject"))["source"] == {"pointer": "/data/attributes/sort"}
    assert ask(filled, *WEEK, page_size=0).status_code == 400


def test_a_dimension_is_the_events_own_property_of_that_name(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    for number, domain in enumerate(["mail.org", "post.net", "mail.org"]):
        klaviyo.send(unique_id=str(number), properties={"Email Domain": domain}, time="2026-11-01T10:00:00Z")
    assert grouped(ask(klaviyo, *WEEK, by=["Email Domain"])) == [(["mail.org"], 2.0), (["post.net"], 1.0)]
    low, high = WEEK
    span = [f"greater-or-equal(datetime,{low})", f"less-than(datetime,{high})"]
    assert grouped(ask(klaviyo, low, high, filter=[*span, 'contains("Email Domain","post")'])) == [([], 1.0)]
