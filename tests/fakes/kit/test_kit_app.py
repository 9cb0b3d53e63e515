"""Promises of the shared plumbing: layers, control plane, serving; tried on a fake of one route."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from flask import Response, request

from fakes.kit.app import Fake, make
from fakes.kit.clock import VirtualClock
from fakes.kit.faults import ConnectionReset
from fakes.kit.journal import NOTE_KEY
from fakes.kit.serve import Served

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Tally:
    """The smallest truth: one number."""

    def __init__(self) -> None:
        self.value = 0

    def reset(self) -> None:
        self.value = 0

    def dump(self) -> dict[str, Any]:
        return {"value": self.value}

    def load(self, dumped: Mapping[str, Any]) -> None:
        self.value = dumped["value"]


@dataclass
class NoLimits:
    enabled: bool = True

    def reset(self) -> None:
        pass


@dataclass
class Knobs:
    loud: bool = False


class Errors:
    def rate_limited(self, retry_after_s: float | None) -> Response:
        headers = {} if retry_after_s is None else {"Retry-After": str(int(retry_after_s))}
        return Response("slow down", 429, headers=headers)

    def expired_token(self) -> Response:
        return Response("who are you", 401)

    def server_error(self, status: int) -> Response:
        return Response("trouble", status)


def build() -> Fake[Tally, Knobs, NoLimits]:
    tally = Tally()
    fake = make(
        name="tally",
        clock=VirtualClock(NOON),
        state=tally,
        switches=Knobs(),
        limits=NoLimits(),
        errors=Errors(),
        credentials={"key": "k"},
        seed=1,
        seeder=lambda options: {"seeded": dict(options)},
    )

    @fake.flask.post("/things/<name>")
    def add(name: str) -> Response:
        tally.value += 1
        note = request.environ[NOTE_KEY]
        note.cost, note.counts["things"] = 1.5, 1
        return Response(f'{{"name":"{name}","value":{tally.value}}}', 202, mimetype="application/json")

    @fake.flask.get("/bug")
    def bug() -> Response:
        raise ZeroDivisionError("a bug of the fake")

    return fake


@pytest.fixture
def fake() -> Fake[Tally, Knobs, NoLimits]:
    return build()


@pytest.fixture
def client(fake: Fake[Tally, Knobs, NoLimits]) -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="http://fake")


def test_a_request_takes_effect_and_is_written_down(client: httpx.Client) -> None:
    assert client.post("/things/a?x=1").json() == {"name": "a", "value": 1}
    journal = client.get("/_fake/journal").json()
    assert journal["counts"] == {
        "requests": 1,
        "route.POST /things/<name>": 1,
        "status.202": 1,
        "things": 1,
    }
    assert journal["entries"][0] == {
        "method": "POST",
        "path": "/things/a",
        "query": "x=1",
        "status": 202,
        "at": "2026-11-21T12:00:00+00:00",
        "cost": 1.5,
        "counts": {"things": 1},
    }


def test_a_bug_in_a_fake_surfaces_instead_of_looking_like_the_vendors_500(client: httpx.Client) -> None:
    with pytest.raises(ZeroDivisionError):
        client.get("/bug")


def test_a_reset_before_leaves_no_effect_and_a_reset_after_does(
    fake: Fake[Tally, Knobs, NoLimits], client: httpx.Client
) -> None:
    client.post("/_fake/faults", json=[{"kind": "reset_before", "times": 1}])
    with pytest.raises(ConnectionReset):
        client.post("/things/a")
    assert fake.state.value == 0
    client.post("/_fake/faults", json={"kind": "reset_after", "times": 1})
    with pytest.raises(ConnectionReset):
        client.post("/things/a")
    assert fake.state.value == 1
    assert fake.journal.counts["status.0"] == 2


def test_each_transport_fault_has_its_own_face(client: httpx.Client) -> None:
    def answer(**fault: object) -> httpx.Response:
        client.delete("/_fake/faults")
        client.post("/_fake/faults", json=[fault])
        return client.post("/things/a")

    assert (answer(kind="status", status=503).status_code) == 503
    teapot = answer(kind="status", status=418, body="tea", headers={"X-Pot": "1"})
    assert (teapot.text, teapot.headers["x-pot"]) == ("tea", "1")
    assert "Retry-After" not in answer(kind="rate_limit").headers
    assert answer(kind="rate_limit", retry_after=7).headers["Retry-After"] == "7"
    assert answer(kind="expired_token").status_code == 401
    html = answer(kind="html")
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    cut = answer(kind="truncated")
    assert cut.status_code == 202
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        cut.json()


def test_a_delay_passes_on_the_injected_clock_and_the_answer_still_comes(
    fake: Fake[Tally, Knobs, NoLimits], client: httpx.Client
) -> None:
    fake.faults.add({"kind": "delay", "seconds": 45})
    assert client.post("/things/a").status_code == 202
    assert fake.clock.monotonic() == 45


def test_the_control_plane_works_on_a_broken_fake(client: httpx.Client) -> None:
    client.post("/_fake/faults", json=[{"kind": "reset_before"}])
    assert client.get("/_fake/health").json() == {
        "fake": "tally",
        "status": "ok",
        "now": "2026-11-21T12:00:00+00:00",
    }


def test_clock_state_switches_limits_and_seed_are_steered_over_http(
    fake: Fake[Tally, Knobs, NoLimits], client: httpx.Client
) -> None:
    assert client.post("/_fake/clock", json={"advance_s": 60}).json() == {"now": "2026-11-21T12:01:00+00:00"}
    assert client.post("/_fake/clock", json={"now": "2026-11-22T00:00:00-05:00"}).json() == {
        "now": "2026-11-22T05:00:00+00:00"
    }
    client.put("/_fake/state", json={"value": 41})
    client.post("/things/a")
    assert client.get("/_fake/state").json() == {"value": 42}
    assert client.put("/_fake/switches", json={"loud": True}).json() == {"loud": True}
    assert client.post("/_fake/limits", json={"enabled": False}).json() == {"enabled": False}
    assert client.post("/_fake/seed", json={"sales": 3}).json() == {"seeded": {"sales": 3}}
    client.post("/_fake/reset")
    assert (fake.state.value, fake.switches.loud, fake.limits.enabled) == (0, False, True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "faults", [{"kind": "meteor"}]),
        ("POST", "faults", ["status"]),
        ("PUT", "switches", {"nope": 1}),
        ("PUT", "state", {"wrong": 1}),
        ("POST", "clock", {"now": "yesterday"}),
        ("POST", "limits", {}),
    ],
)
def test_a_wrong_order_to_the_control_plane_is_a_400_that_says_why(
    client: httpx.Client, method: str, path: str, body: object
) -> None:
    answer = client.request(method, f"/_fake/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_two_fakes_are_served_at_once_and_ports_are_free_again_afterwards() -> None:
    one, two = build(), build()
    with Served({"one": one.wsgi, "two": two.wsgi}) as served:
        httpx.post(served.urls["one"] + "/things/a")
        port = int(served.urls["one"].rsplit(":", 1)[1])
    assert (one.state.value, two.state.value) == (1, 0)
    with Served({"again": one.wsgi}, ports={"again": port}) as served:
        assert httpx.get(served.urls["again"] + "/_fake/health").status_code == 200


def test_a_reset_is_a_closed_socket_when_served() -> None:
    fake = build()
    fake.faults.add({"kind": "reset_after", "times": 1})
    with Served({"tally": fake.wsgi}) as served, httpx.Client(base_url=served.urls["tally"]) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/things/a")
        assert client.post("/things/a").json()["value"] == 2
