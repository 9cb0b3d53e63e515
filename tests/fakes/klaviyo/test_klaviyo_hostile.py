"""Requests that mean harm, or no sense at all: never a traceback, never a change."""

import json
import random
from typing import Any

import msgspec
import pytest
from klaviyo_kit import Klaviyo, event

from fakes.klaviyo.app import KlaviyoFake, build
from fakes.klaviyo.operations import operations

WRITES = sorted(name for name in operations() if not name.startswith("GET"))
ODD: list[Any] = [None, True, 0, -1, 1.5, "", "x", "é\u0000", [], [[]], {}, {"data": None}, 10**30]


def path_of(endpoint: str) -> str:
    return endpoint.split(" ")[1].replace("<id>", "01NOBODY")


@pytest.mark.parametrize("endpoint", WRITES)
def test_no_body_brings_the_fake_down(klaviyo: Klaviyo, endpoint: str) -> None:
    klaviyo.fake.limits.enabled = False
    draw = random.Random(endpoint)
    method, path = endpoint.split(" ", maxsplit=1)[0], path_of(endpoint)
    bodies = [b"", b"{", b"\xff\xfe", b"[" * 5_000, b'{"data":' * 2_000, b"NaN", b"\x00" * 100]
    bodies += [draw.randbytes(draw.randrange(1, 200)) for _ in range(10)]
    bodies += [json.dumps(nested(draw)).encode() for _ in range(30)]
    for body in bodies:
        answer = klaviyo.http.request(
            method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert 400 <= answer.status_code < 500 or answer.status_code == 204, (body[:100], answer.text)
    assert (klaviyo.count(), klaviyo.fake.state.lists) == (0, {})


def nested(draw: random.Random) -> Any:
    """A document that looks like one, with something odd somewhere inside."""
    attributes = {
        name: draw.choice(ODD) for name in ("email", "name", "profiles", "metric", "properties", "profile")
    }
    data = {
        "type": draw.choice(["event", "profile", "list", "webhook", 7]),
        "id": draw.choice(ODD),
        "attributes": draw.choice([attributes, *ODD]),
        "relationships": draw.choice(ODD),
    }
    return {"data": draw.choice([data, data, data, *ODD])}


@pytest.mark.parametrize(
    "parameter", ["filter", "sort", "include", "page[cursor]", "page[size]", "fields[event]"]
)
def test_no_parameter_brings_the_fake_down(klaviyo: Klaviyo, parameter: str) -> None:
    klaviyo.fake.limits.enabled = False
    klaviyo.send()
    draw = random.Random(parameter)
    values = [
        "",
        " ",
        "(",
        "and(",
        "and()",
        "equals",
        'equals(metric_id,"',
        "less-than(timestamp,1e999)",
        "a" * 5_000,
    ]
    values += [
        "less-than(datetime,9999-12-31T23:59:59-23:59)",
        "less-than(datetime,0001-01-01T00:00:00+23:59)",
    ]
    values += [
        "and(" * 3_000,
        "equals(metric_id,[" + "1," * 3_000,
        "٣",
        "W10=",
        "WzEsMiwzXQ==",
        "WyJhIiwxLDJd",
    ]
    values += ["".join(chr(draw.randrange(1, 0xD7FF)) for _ in range(20)) for _ in range(20)]
    for path in ("/api/events", "/api/profiles", "/api/lists", "/api/metrics", "/api/webhooks"):
        for value in values:
            assert klaviyo.query(path, {parameter: value}).status_code in (200, 400), (path, value[:100])


def test_ten_thousand_pages_end(klaviyo: Klaviyo) -> None:
    klaviyo.fake.limits.enabled = False
    for number in range(200):
        klaviyo.send(unique_id=str(number), time=f"2026-11-21T10:{number // 60:02}:{number % 60:02}Z")
    pages, link = 0, "/api/events?page[size]=1&sort=datetime"
    while link:
        link = klaviyo.http.get(link).json()["links"]["next"]
        pages += 1
        assert pages <= 200


def test_a_request_of_megabytes_is_turned_away(klaviyo: Klaviyo) -> None:
    body = {"data": {"type": "event", "attributes": event(properties={"x": "y" * (6 << 20)})}}
    assert klaviyo.post("/api/events", body).status_code == 413


def test_the_same_seed_and_calls_give_the_same_state_to_the_byte(klaviyo: Klaviyo, fake: KlaviyoFake) -> None:
    def played(one: KlaviyoFake) -> bytes:
        with_it = Klaviyo(one)
        with_it.send(unique_id="s-1")
        with_it.post("/api/lists", {"data": {"type": "list", "attributes": {"name": "Shop"}}})
        return msgspec.json.encode(one.state.dump())

    assert played(build(fake.clock)) == played(build(fake.clock))
