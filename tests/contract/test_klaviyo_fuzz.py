"""Odd and hostile requests, made up from Klaviyo's own description, against the fake on a socket."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from klaviyo_described import ABSENT, FILE, covered, document
from klaviyo_schemas import Schemas
from klaviyo_tour import walk

from fakes.kit.clock import VirtualClock
from fakes.kit.serve import Served
from fakes.klaviyo.app import KlaviyoFake, build
from fakes.klaviyo.operations import operations
from fakes.klaviyo.records import MAPPED

# The tools warn about themselves; that is not ours to mend.
pytestmark = [
    pytest.mark.skipif(not FILE.exists(), reason=ABSENT),
    pytest.mark.filterwarnings("ignore"),
]
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Ground:
    """A served fake with something of everything in it, and what is said about its operations."""

    fake: KlaviyoFake
    url: str
    schemas: Schemas
    known: dict[str, dict[str, Any]]
    made_up: dict[str, Any]
    """By endpoint: schemathesis's operation, which makes requests up."""


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    schemathesis = pytest.importorskip("schemathesis")
    klaviyo_api = pytest.importorskip("klaviyo_api")
    whole = document()
    known, schemas = covered(whole), Schemas(whole)
    fake = build(VirtualClock(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)))
    fake.limits.enabled = False
    described = schemathesis.openapi.from_dict(closed(whole, known, schemas))
    made_up = {
        f"{one.ok().method.upper()} {one.ok().path}": one.ok() for one in described.get_all_operations()
    }
    with Served({"klaviyo": fake.wsgi}) as served:
        url = served.urls["klaviyo"]
        walk(klaviyo_api.KlaviyoAPI(fake.credentials["api_key"], max_retries=1, test_host=url), fake)
        yield Ground(fake, url, schemas, known, made_up)


def closed(whole: dict[str, Any], known: dict[str, dict[str, Any]], schemas: Schemas) -> dict[str, Any]:
    """The covered operations alone, their bodies without room for anything undeclared."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, operation in known.items():
        kept = {k: v for k, v in operation.items() if k in ("operationId", "parameters", "responses")}
        body = schemas.request_schema(operation)
        if body is not None:
            content = {"application/vnd.api+json": {"schema": body}}
            kept["requestBody"] = {"required": True, "content": content}
        paths.setdefault(operation["path"], {})[endpoint.split(" ")[0].lower()] = kept
    return {**whole, "openapi": "3.1.0", "paths": paths}


@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_no_request_gets_an_undeclared_answer(ground: Ground, kind: str) -> None:
    wrong = {}
    for endpoint in sorted(operations()):
        try:
            made_up(ground, endpoint, kind)()
        except Exception as error:  # noqa: BLE001 - every endpoint is tried before the verdict
            if type(error).__name__ != "Unsatisfiable":  # nothing about it can be wrong
                wrong[endpoint] = str(error)[:500]
    assert wrong == {}


def made_up(ground: Ground, endpoint: str, kind: str) -> Callable[[], None]:
    """A function that makes a few requests up and checks their answers, the same ones every time."""
    from schemathesis import GenerationMode

    path, draw = ground.known[endpoint]["path"], random.Random(endpoint)
    operation = ground.made_up[f"{endpoint.split(' ', 1)[0]} {path}"]

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=GenerationMode(kind)))
    def ask(case: Any) -> None:
        if draw.random() < 0.8:
            aim(case, ground.fake, path)
        check(ground, endpoint, case)

    made: Callable[[], None] = ask
    return made


def aim(case: Any, fake: KlaviyoFake, path: str) -> None:
    """Put an id that exists into the path, and into the body that must repeat it."""
    own_id = existing(fake, path)
    for name in case.path_parameters or {}:
        case.path_parameters[name] = own_id
    body = case.body
    if case.path_parameters and isinstance(body, dict) and isinstance(body.get("data"), dict):
        body["data"]["id"] = own_id


def existing(fake: KlaviyoFake, path: str) -> str:
    """The id of something that lives under this path now; a made-up one when nothing does."""
    state = fake.state
    held: dict[str, Any] = {
        "accounts": [state.account.public_id],
        "tracking-settings": [state.account.public_id],
        "events": [event.id for event in state.find_events()],
        "metrics": state.metric_by_id,
        "profiles": state.profiles.by_id,
        "lists": state.lists,
        "profile-bulk-import-jobs": state.jobs,
        "profile-suppression-bulk-create-jobs": state.extras.suppression_jobs,
        "profile-suppression-bulk-delete-jobs": state.extras.suppression_jobs,
        "custom-metrics": state.extras.custom_metrics,
        "mapped-metrics": MAPPED,
        "webhooks": state.extras.webhooks,
        "webhook-topics": ["event:klaviyo.bounced_email"],
    }
    return next(iter(held.get(path.split("/")[2], ())), "01NOBODY")


def check(ground: Ground, endpoint: str, case: Any) -> None:
    """The answer must be declared, and look as declared."""
    key = ground.fake.credentials["api_key"]
    headers = {"Authorization": f"Klaviyo-API-Key {key}", "revision": "2026-07-15"}
    answer = case.call(base_url=ground.url, headers=headers)
    assert answer.status_code < 500, answer.text
    # Whoever chooses attributes does not get the others, required or not.
    chosen = any(name.startswith("fields[") for name in case.query or ())
    validator = ground.schemas.response(ground.known[endpoint], answer.status_code, partly=chosen)
    if validator is None:
        assert answer.content == b""
    else:
        wrong = [f"{list(e.instance_path)}: {e.message[:300]}" for e in validator.iter_errors(answer.json())]
        assert wrong == [], json.dumps(answer.json())[:1000]
