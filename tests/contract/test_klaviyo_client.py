"""Klaviyo's own Python client against the fake: every call, and every byte of it held to the description."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from klaviyo_described import ABSENT, FILE, covered, document
from klaviyo_schemas import Schemas
from klaviyo_tour import Exchange, Recorder, Walk, walk

from fakes.kit.clock import VirtualClock
from fakes.kit.serve import Served
from fakes.klaviyo.app import build
from fakes.klaviyo.operations import operations

# The client warns about itself on import and on use; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")
described = pytest.mark.skipif(not FILE.exists(), reason=ABSENT)


@pytest.fixture(scope="module")
def walked() -> Iterator[tuple[Walk, list[Exchange]]]:
    klaviyo_api = pytest.importorskip("klaviyo_api")
    fake = build(VirtualClock(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)))
    fake.limits.enabled = False
    recorder = Recorder(fake.wsgi)
    with Served({"klaviyo": recorder}) as served:
        key = fake.credentials["api_key"]
        sdk = klaviyo_api.KlaviyoAPI(key, max_retries=1, test_host=served.urls["klaviyo"])
        yield walk(sdk, fake), recorder.exchanges


def endpoint_of(exchange: Exchange) -> str:
    """The covered operation of a request: the one with fewest placeholders that fits."""
    fitting = [
        name
        for name in operations()
        if re.fullmatch(name.replace("<id>", "[^/]+"), f"{exchange.method} {exchange.path}")
    ]
    return min(fitting, key=lambda name: name.count("<id>"))


def test_the_client_drives_every_covered_operation(walked: tuple[Walk, list[Exchange]]) -> None:
    assert {endpoint_of(one) for one in walked[1]} == set(operations())
    assert {one.status for one in walked[1]} == {200, 201, 202, 204}


def test_the_clients_strict_models_read_every_answer(walked: tuple[Walk, list[Exchange]]) -> None:
    plain = {name for name, answer in walked[0].given.items() if isinstance(answer, dict)}
    assert plain == set()


@described
def test_what_the_client_sends_is_what_klaviyo_describes(walked: tuple[Walk, list[Exchange]]) -> None:
    whole = document()
    known, schemas = covered(whole), Schemas(whole)
    for one in walked[1]:
        validator = schemas.request(known[endpoint_of(one)])
        if validator is not None:
            assert problems(validator, one.sent) == [], endpoint_of(one)


@described
def test_every_answer_has_the_described_shape_and_nothing_more(walked: tuple[Walk, list[Exchange]]) -> None:
    whole = document()
    known, schemas = covered(whole), Schemas(whole)
    found = {}
    for one in walked[1]:
        validator = schemas.response(known[endpoint_of(one)], one.status)
        if validator is None:
            assert (one.got, one.kind) == (b"", None), endpoint_of(one)
        else:
            assert one.kind == "application/vnd.api+json"
            found[f"{one.method} {one.path}"] = problems(validator, one.got)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def problems(validator: Any, text: bytes) -> list[str]:
    return [f"{list(e.instance_path)}: {e.message[:300]}" for e in validator.iter_errors(json.loads(text))]


def test_the_whole_state_travels_as_json_and_back(walked: tuple[Walk, list[Exchange]]) -> None:
    fake = walked[0].fake
    dumped = msgspec.json.encode(fake.state.dump())
    other = build(fake.clock)
    other.state.load(msgspec.json.decode(dumped))
    assert msgspec.json.encode(other.state.dump()) == dumped
