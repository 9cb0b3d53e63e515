"""Klaviyo read back: every event once, amounts exact, and properties of any type taken as they come."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from klaviyo_world import NOON, Mounted, mounted

from fakes.kit.clock import VirtualClock
from sync.domain.clock import Window, day_window, days_window
from sync.http.errors import NotThere, Refused, TooMuch, TryLater, Unintelligible
from sync.klaviyo.client import connect
from sync.klaviyo.eventpages import page_decoder
from sync.klaviyo.limits import EVENTS_READ
from sync.klaviyo.read import DayCount, EventRow, KlaviyoAccount, KlaviyoReader

DAY = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


def planted(count: int, *, metric: str = "Placed Order", every_s: int = 60) -> Mounted:
    """`count` sales from midnight UTC on the first of March, one every minute, 10.05 dollars each."""
    world = mounted()
    for at in range(count):
        world.fake.state.add_event(
            metric,
            f"p{at % 7}@northwind.dev",
            f"sale-{at}",
            DAY.start_at + timedelta(seconds=every_s * at),
            Decimal("10.05"),
            {"OrderId": str(at), "ShopID": "3"},
        )
    return world


def metric_id(world: Mounted, name: str = "Placed Order") -> str:
    return next(one.id for one in KlaviyoReader(world.client).metrics() if one.name == name)


def test_the_account_says_its_zone_and_currency() -> None:
    account = KlaviyoReader(mounted().client).account()
    assert account == KlaviyoAccount("FaKe01", "America/New_York", "USD")


def test_metrics_say_who_owns_them() -> None:
    world = planted(1)
    assert [(one.name, one.integration) for one in KlaviyoReader(world.client).metrics()] == [
        ("Placed Order", "API")
    ]


def test_events_of_a_window_come_once_each_in_order_over_all_pages() -> None:
    world = planted(1_450)  # one a minute: 1,440 of them lie in the day
    pages = list(KlaviyoReader(world.client).events(metric_id(world), DAY))
    assert [len(page) for page in pages] == [1_000, 440]
    assert [row.unique_id for page in pages for row in page] == [f"sale-{at}" for at in range(1_440)]


def test_a_row_tells_what_the_event_says() -> None:
    world = planted(1)
    ((row,),) = KlaviyoReader(world.client).events(metric_id(world), DAY)
    stored = world.fake.state.find_events()[0]
    assert row == EventRow(
        id=stored.id,
        at=1772323200,
        profile_id=stored.profile_id,
        unique_id="sale-0",
        order_id="0",
        shop_id="3",
        value=Decimal("10.05"),
        currency="USD",
    )


def test_other_properties_are_read_when_asked_for_and_missing_values_are_none() -> None:
    world = mounted()
    world.fake.state.add_event(
        "Placed Order", "a@northwind.dev", "u", DAY.start_at, None, {"Shop": "Harbour", "Item Count": 3}
    )
    wanted = ("$event_id", "OrderId", "Shop", "Item Count", "Nothing")
    ((row,),) = KlaviyoReader(world.client).events(metric_id(world), DAY, wanted)
    assert (row.value, row.order_id, row.others) == (None, "", ("Harbour", "3", ""))


def test_a_window_without_events_has_one_empty_page() -> None:
    world = planted(1)
    empty = Window(DAY.end_at, DAY.end_at + timedelta(days=1))
    assert list(KlaviyoReader(world.client).events(metric_id(world), empty)) == [[]]


def wire(properties: dict[str, object], **attributes: object) -> bytes:
    event = {
        "type": "event",
        "id": "E1",
        "attributes": {"timestamp": 7, "event_properties": properties, **attributes},
        "relationships": {"profile": {"data": {"type": "profile", "id": "P1"}}},
    }
    return json.dumps({"data": [event], "links": {"self": "x", "next": None}}).encode()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"$value": 0.1, "OrderId": 42}, ("", "42", Decimal("0.1"))),
        ({"$value": "12.50", "$event_id": "e"}, ("e", "", Decimal("12.50"))),
        ({"$value": "a lot", "$event_id": 7}, ("7", "", None)),
        ({"$value": {"amount": 3}, "OrderId": None}, ("", "", None)),
        ({"$value": True, "OrderId": ["1"], "$event_id": False}, ("", "", None)),
        ({"$value": None, "OrderId": 4.5}, ("", "4.5", None)),
    ],
)
def test_properties_of_any_type_are_taken(
    properties: dict[str, object], expected: tuple[str, str, Decimal | None]
) -> None:
    (row,) = page_decoder(())(wire(properties)).rows
    assert (row.unique_id, row.order_id, row.value) == expected
    assert (row.id, row.at, row.profile_id) == ("E1", 7, "P1")


def test_an_amount_is_read_to_the_last_digit() -> None:
    content = wire({"$value": 1}).replace(b'"$value": 1', b'"$value": 1234567890123456.78')
    (row,) = page_decoder(())(content).rows
    assert row.value == Decimal("1234567890123456.78")


def test_events_of_deleted_profiles_and_unknown_members_do_not_disturb() -> None:
    content = wire({}, uuid="x").replace(b'"data": {"type": "profile", "id": "P1"}', b'"data": null')
    (row,) = page_decoder(())(content).rows
    assert row.profile_id == ""


def test_days_are_counted_in_the_zone_asked_for_also_when_the_clocks_change() -> None:
    world = mounted(start=datetime(2026, 3, 20, tzinfo=UTC))
    for hour in range(72):  # from midnight in New York on the 7th; the 8th has only 23 hours
        at = datetime(2026, 3, 7, 5, tzinfo=UTC) + timedelta(hours=hour)
        world.fake.state.add_event("Placed Order", "a@northwind.dev", str(hour), at, Decimal("0.10"), {})
    window = days_window(date(2026, 3, 7), date(2026, 3, 9), "America/New_York")
    days = KlaviyoReader(world.client).aggregates(metric_id(world), window, "America/New_York")
    assert days == [
        DayCount(datetime(2026, 3, 7, 5, tzinfo=UTC), 24, Decimal("2.4")),
        DayCount(datetime(2026, 3, 8, 5, tzinfo=UTC), 23, Decimal("2.3")),
        DayCount(datetime(2026, 3, 9, 4, tzinfo=UTC), 24, Decimal("2.4")),
    ]


def test_more_than_a_year_is_asked_for_in_parts_and_no_day_is_counted_twice() -> None:
    world = planted(800, every_s=86_400)
    world.clock.set(datetime(2028, 6, 1, tzinfo=UTC))
    window = Window(DAY.start_at, DAY.start_at + timedelta(days=800))
    days = KlaviyoReader(world.client).aggregates(metric_id(world), window, "UTC")
    assert sum(day.count for day in days) == 800
    assert len({day.start_at for day in days}) == len(days)
    assert world.asked("/api/metric-aggregates") == [200, 200, 200]


def test_a_day_cut_by_a_part_is_put_together_again() -> None:
    world = mounted(start=datetime(2028, 1, 1, tzinfo=UTC))
    start = day_window(date(2026, 3, 2), "America/New_York").start_at
    seam = start + timedelta(days=360)
    for at in (seam - timedelta(minutes=1), seam + timedelta(minutes=1)):
        world.fake.state.add_event("Placed Order", "a@northwind.dev", str(at), at, Decimal(1), {})
    zone = "Asia/Tokyo"  # its days do not begin at New York's midnight
    days = KlaviyoReader(world.client).aggregates(
        metric_id(world), Window(start, start + timedelta(days=400)), zone
    )
    assert [day.count for day in days if day.count] == [2]


def test_a_zone_klaviyo_knows_only_by_an_older_name_is_asked_for_by_that() -> None:
    world = planted(1)
    days = KlaviyoReader(world.client).aggregates(metric_id(world), DAY, "Europe/Kyiv")
    assert sum(day.count for day in days) == 1


def test_a_refused_question_says_what_was_wrong() -> None:
    world = planted(1)
    with pytest.raises(Refused) as caught:
        KlaviyoReader(world.client).aggregates(metric_id(world), DAY, "Mars/Olympus")
    assert caught.value.status == 400


def test_reading_survives_resets_outages_and_garbled_pages() -> None:
    world = planted(1_200)
    metric = metric_id(world)
    path = {"path": "/api/events*"}
    world.fake.faults.add(
        {"kind": "reset_before", "match": path, "times": 1},
        {"kind": "status", "status": 502, "match": path, "times": 1, "after": 1},
        {"kind": "truncated", "match": path, "times": 1, "after": 2},
        {"kind": "html", "match": path, "times": 1, "after": 3},
    )
    pages = list(KlaviyoReader(world.client).events(metric, DAY))
    assert [row.unique_id for page in pages for row in page] == [f"sale-{at}" for at in range(1_200)]


def test_garbage_without_end_is_called_that() -> None:
    world = planted(1)
    metric = metric_id(world)
    world.fake.faults.add({"kind": "truncated", "match": {"path": "/api/events*"}})
    with pytest.raises(Unintelligible):
        list(KlaviyoReader(world.client).events(metric, DAY))


def answering(*bodies: str) -> KlaviyoReader:
    """A reader of a Klaviyo that gives these answers in turn, the last one for ever."""
    left = list(bodies)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=left.pop(0) if len(left) > 1 else left[0])

    return KlaviyoReader(connect("k", clock=VirtualClock(NOON), transport=httpx.MockTransport(answer)))


def test_a_link_to_another_host_is_not_followed() -> None:
    page = '{"data":[],"links":{"next":"https://elsewhere.dev/api/metrics"}}'
    with pytest.raises(Unintelligible, match="another host"):
        answering(page).metrics()


def test_a_page_that_links_to_itself_ends() -> None:
    page = '{"data":[],"links":{"next":"https://a.klaviyo.com/api/metrics?page=1"}}'
    with pytest.raises(Unintelligible, match="links to itself"):
        answering(page).metrics()


def test_pages_have_a_limit_that_is_said() -> None:
    world = planted(1_200)
    window_filter = {
        "filter": f'equals(metric_id,"{metric_id(world)}")',
        "page[size]": "10",
        "sort": "datetime",
    }
    pages = world.client.pages(page_decoder(()), "api/events", EVENTS_READ, window_filter, pages_max=3)
    with pytest.raises(TooMuch, match="more than 3 pages"):
        list(pages)


def test_a_key_without_an_account_is_told() -> None:
    with pytest.raises(Unintelligible, match="no account"):
        answering('{"data":[]}').account()


def test_a_retired_revision_is_an_error_that_says_what_to_do() -> None:
    gone = httpx.MockTransport(lambda _: httpx.Response(410, json={"errors": [{"code": "gone"}]}))
    client = connect("k", clock=VirtualClock(NOON), transport=gone)
    with pytest.raises(NotThere, match="update tillproof"):
        KlaviyoReader(client).metrics()


def test_too_many_requests_are_waited_out() -> None:
    world = planted(1)
    world.fake.faults.add({"kind": "rate_limit", "match": {"path": "/api/accounts*"}, "times": 2})
    assert KlaviyoReader(world.client).account().public_id == "FaKe01"


def test_a_long_rate_limit_is_handed_to_the_caller() -> None:
    world = planted(1)
    world.fake.faults.add({"kind": "rate_limit", "retry_after": 3_600})
    with pytest.raises(TryLater) as caught:
        KlaviyoReader(world.client).account()
    assert caught.value.after_s == 3_600


def test_every_request_pins_its_revision_and_forbids_silent_replacement() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, text='{"data":[]}')

    client = connect("pk_1", clock=VirtualClock(NOON), transport=httpx.MockTransport(answer))
    KlaviyoReader(client).metrics()
    assert seen[0]["revision"] == "2026-07-15"
    assert seen[0]["x-klaviyo-revision-fall-forward-opt-out"] == "1"
    assert seen[0]["authorization"] == "Klaviyo-API-Key pk_1"
