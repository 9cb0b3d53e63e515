"""The journal: asserted on by tests, read by people, capped, and fit to be pasted into a ticket."""

import httpx
import pytest

from fakes.kit.journal import Entry, Journal, masked


def entry(method: str = "GET", path: str = "/api/events", query: str = "", status: int = 200) -> Entry:
    return Entry(method, path, query, status, "2026-11-21T12:00:00.123456+00:00", 0.0, {})


def filled() -> Journal:
    journal = Journal(kept_max=3)
    journal.record(entry("POST", status=202), "/api/events")
    journal.record(entry(query="page[size]=2"), "/api/events")
    journal.record(entry(path="/api/events/7", status=0), "/api/events/<id>")
    return journal


def test_it_can_be_asserted_on_by_method_path_and_status() -> None:
    journal = filled()
    assert journal.count() == 3
    assert journal.count(method="post") == 1
    assert journal.count(path="/api/events*", status=200) == 1
    assert [one.path for one in journal.entries(status=0)] == ["/api/events/7"]


def test_only_the_last_are_remembered_but_all_are_counted() -> None:
    journal = filled()
    journal.record(entry(path="/api/metrics"), "/api/metrics")
    assert [one.method for one in journal.entries()] == ["GET", "GET", "GET"]
    assert journal.counts["requests"] == 4
    journal.cap(1)
    assert [one.path for one in journal.entries()] == ["/api/metrics"]


def test_people_read_one_line_per_request() -> None:
    assert filled().text().splitlines() == [
        "2026-11-21T12:00:00.123  202     POST    /api/events",
        "2026-11-21T12:00:00.123  200     GET     /api/events?page[size]=2",
        "2026-11-21T12:00:00.123  closed  GET     /api/events/7",
    ]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("filter=equals(email,%22ann%40mail.org%22)", 'filter=equals(email,"***")'),
        ("filter=equals(phone_number,%22%2B15005550006%22)", 'filter=equals(phone_number,"***")'),
        ("code=s3cret&state=x", "code=***&state=x"),
        ("a=1&client_secret=s3cret&Access_Token=t0k", "a=1&client_secret=***&Access_Token=***"),
        ("timeStamp=%3E%3D,2026-11-21T10:00:00%2B00:00", "timeStamp=>=,2026-11-21T10:00:00+00:00"),
        ("filter=greater-than(datetime,2026-11-21)", "filter=greater-than(datetime,2026-11-21)"),
        ("broken=%zz%ff", "broken=%zz\ufffd"),
    ],
)
def test_what_is_shown_has_neither_people_nor_secrets(query: str, shown: str) -> None:
    assert masked(query) == shown


def test_a_long_query_is_cut_and_masking_it_does_not_hang() -> None:
    assert len(masked("x" * 100_000)) == 500
    assert len(masked("a@" * 50_000)) <= 500


def test_it_is_read_over_http_whole_in_part_and_as_text() -> None:
    from datetime import UTC, datetime

    from fakes.kit.clock import VirtualClock
    from fakes.klaviyo.app import build

    fake = build(VirtualClock(datetime(2026, 11, 21, tzinfo=UTC)))
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="http://fake") as client:
        client.get("/api/profiles", params={"filter": 'equals(email,"ann@mail.org")'})
        client.get("/api/metrics")
        whole = client.get("/_fake/journal")
        assert "ann@mail.org" not in whole.text
        assert len(whole.json()["entries"]) == 2
        part = client.get("/_fake/journal", params={"path": "*/metrics", "status": 401})
        assert [one["path"] for one in part.json()["entries"]] == ["/api/metrics"]
        text = client.get("/_fake/journal", params={"format": "text"})
        assert text.text.splitlines()[1] == "2026-11-21T00:00:00+00:  401     GET     /api/metrics"
        assert client.get("/_fake/journal", params={"status": "many"}).status_code == 400
        client.delete("/_fake/journal")
        assert client.get("/_fake/journal").json()["counts"] == {}
