"""Profiles in bulk: every row's fate known, a bad phone left out, nobody subscribed."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from klaviyo_world import NOON

from fakes.kit.clock import VirtualClock
from sync.http.errors import NotThere, Refused, TryLater
from sync.klaviyo.client import connect
from sync.klaviyo.write import ProfileOut, ProfileWriter

JOBS = "/api/profile-bulk-import-jobs"
Attributes = dict[str, Any]
Judge = Callable[[int, Attributes], Attributes | None]


def row(number: int, **more: str) -> ProfileOut:
    return ProfileOut(number, json.dumps({"email": f"p{number}@northwind.dev", **more}).encode())


class Imports:
    """A Klaviyo that only imports: `judge` says, per profile, None or its import error."""

    def __init__(
        self, judge: Judge = lambda _, __: None, *, statuses: tuple[str, ...] = ("complete",)
    ) -> None:
        self.judge = judge
        self.statuses = list(statuses)
        self.imported: list[list[str]] = []
        self.bodies: list[Any] = []
        self.list_calls: list[tuple[str, int]] = []
        self.paths: set[str] = set()
        self.jobs: dict[str, tuple[list[str], list[Attributes]]] = {}
        self.clock = VirtualClock(NOON)
        client = connect("k", clock=self.clock, transport=httpx.MockTransport(self.answer))
        self.writer = ProfileWriter(client)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.paths.add(re.sub(r"\d+", "N", path))
        if path == "/api/profiles":  # whose telephone numbers these are: nobody's
            return httpx.Response(200, json={"data": []})
        if path == JOBS:
            return self.start(json.loads(request.content)["data"])
        if path.startswith("/api/lists/"):
            self.list_calls.append((path, len(json.loads(request.content)["data"])))
            return httpx.Response(204)
        job_id, _, part = path.removeprefix(f"{JOBS}/").partition("/")
        good, errors = self.jobs[job_id]
        if part == "import-errors":
            return httpx.Response(200, json={"data": [{"attributes": error} for error in errors]})
        if part == "profiles":
            return httpx.Response(200, json={"data": [{"type": "profile", "id": email} for email in good]})
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return self.job(job_id, status, len(errors), 200)

    def start(self, data: Any) -> httpx.Response:
        self.bodies.append(data)
        profiles = [one["attributes"] for one in data["attributes"]["profiles"]["data"]]
        found = [(one, self.judge(at, one)) for at, one in enumerate(profiles)]
        self.imported.append([one["email"] for one in profiles])
        job_id = str(len(self.jobs))
        self.jobs[job_id] = (
            [one["email"] for one, error in found if error is None],
            [error for _, error in found if error is not None],
        )
        return self.job(job_id, "queued", 0, 202)

    def job(self, job_id: str, status: str, failed: int, code: int) -> httpx.Response:
        attributes = {"status": status, "failed_count": failed}
        return httpx.Response(code, json={"data": {"id": job_id, "attributes": attributes}})


def test_everybody_is_imported_in_one_job() -> None:
    klaviyo = Imports()
    sent = klaviyo.writer.send([row(1), row(2, first_name="Bo")])
    assert (sent.accepted, sent.refused) == ([1, 2], [])
    assert klaviyo.bodies == [
        {
            "type": "profile-bulk-import-job",
            "attributes": {
                "profiles": {
                    "data": [
                        {"type": "profile", "attributes": {"email": "p1@northwind.dev"}},
                        {"type": "profile", "attributes": {"email": "p2@northwind.dev", "first_name": "Bo"}},
                    ]
                }
            },
        }
    ]


def test_without_a_welcome_the_import_itself_puts_them_on_the_list() -> None:
    klaviyo = Imports()
    klaviyo.writer.send([row(1)], list_id="Y6nRLr")
    assert klaviyo.bodies[0]["relationships"] == {"lists": {"data": [{"type": "list", "id": "Y6nRLr"}]}}
    assert klaviyo.list_calls == []


def test_with_a_welcome_they_join_through_the_list_a_thousand_at_a_time() -> None:
    klaviyo = Imports()
    klaviyo.writer.send([row(at) for at in range(1_500)], list_id="Y6nRLr", welcome=True)
    path = "/api/lists/Y6nRLr/relationships/profiles"
    assert klaviyo.list_calls == [(path, 1_000), (path, 500)]
    assert "relationships" not in klaviyo.bodies[0]


def test_nobody_is_ever_subscribed() -> None:
    klaviyo = Imports()
    klaviyo.writer.send([row(1)], list_id="Y6nRLr", welcome=True)
    assert not [path for path in klaviyo.paths if "subscription" in path]
    assert "subscriptions" not in json.dumps(klaviyo.bodies)


def test_large_imports_are_cut_at_ten_thousand_and_at_five_megabytes() -> None:
    klaviyo = Imports()
    assert len(klaviyo.writer.send([row(at) for at in range(10_001)]).accepted) == 10_001
    assert [len(emails) for emails in klaviyo.imported] == [10_000, 1]
    heavy = Imports()
    heavy.writer.send([row(at, first_name="n" * 90_000) for at in range(60)])
    assert [len(emails) for emails in heavy.imported] == [55, 5]


def test_rows_of_one_address_are_one_profile_and_the_last_counts() -> None:
    klaviyo = Imports()
    first = ProfileOut(1, b'{"email":"p2@northwind.dev","first_name":"Old"}')
    sent = klaviyo.writer.send([first, row(2, first_name="New")])
    assert klaviyo.imported == [["p2@northwind.dev"]]
    assert klaviyo.bodies[0]["attributes"]["profiles"]["data"][0]["attributes"]["first_name"] == "New"
    assert sent.accepted == [1, 2]


def test_a_slow_import_is_waited_for() -> None:
    klaviyo = Imports(statuses=("queued", "processing", "processing", "complete"))
    assert klaviyo.writer.send([row(1)]).accepted == [1]
    assert 3 <= (klaviyo.clock.now() - NOON).total_seconds() <= 15


@pytest.mark.parametrize("status", ["processing", "cancelled"])
def test_an_import_that_never_ends_is_tried_again_later(status: str) -> None:
    with pytest.raises(TryLater):
        Imports(statuses=(status,)).writer.send([row(1)])


def _error(code: str, pointer: str = "", payload: Attributes | None = None) -> Attributes:
    return {
        "code": code,
        "title": "Invalid",
        "detail": "p3@northwind.dev cannot be imported",
        "source": {"pointer": pointer},
        "original_payload": payload,
    }


@pytest.mark.parametrize(
    "quoted",
    [
        lambda _, one: _error("invalid", payload=one),
        lambda _, one: _error("invalid", payload={"type": "profile", "attributes": one}),
        lambda _, one: _error("invalid", payload={"data": {"attributes": one}}),
        lambda at, _: _error("invalid", f"/data/attributes/profiles/data/{at}/attributes/email"),
    ],
)
def test_the_row_an_import_error_is_about_is_found(quoted: Judge) -> None:
    klaviyo = Imports(lambda at, one: quoted(at, one) if one["email"].startswith("p3@") else None)
    sent = klaviyo.writer.send([row(at) for at in range(6)])
    assert sent.accepted == [0, 1, 2, 4, 5]
    assert [(one.outbox_id, one.reason) for one in sent.refused] == [(3, "invalid")]
    assert "p3@northwind" not in sent.refused[0].detail
    assert len(klaviyo.imported) == 1


def test_an_import_error_that_names_nobody_is_searched_for() -> None:
    klaviyo = Imports(lambda _, one: _error("invalid") if one["email"].startswith("p3@") else None)
    sent = klaviyo.writer.send([row(at) for at in range(8)])
    assert [one.outbox_id for one in sent.refused] == [3]
    assert sorted(sent.accepted) == [0, 1, 2, 4, 5, 6, 7]


def test_a_phone_that_klaviyo_will_not_take_does_not_cost_the_profile() -> None:
    def judge(_: int, one: Attributes) -> Attributes | None:
        return _error("duplicate_profile", payload=one) if "phone_number" in one else None

    klaviyo = Imports(judge)
    sent = klaviyo.writer.send([row(1, phone_number="+16175550123"), row(2)])
    assert (sorted(sent.accepted), sent.refused, sent.phones_ignored_count) == ([1, 2], [], 1)
    assert klaviyo.imported == [["p1@northwind.dev", "p2@northwind.dev"], ["p1@northwind.dev"]]


def refusing(status: int, pointer: str, guilty: str) -> tuple[list[int], ProfileWriter]:
    klaviyo, sizes = Imports(), []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == JOBS:
            sizes.append(request.content.count(b'"type":"profile"'))
            if guilty.encode() in request.content:
                error = {"code": "invalid", "detail": "no", "source": {"pointer": pointer}}
                return httpx.Response(status, json={"errors": [error]})
        return klaviyo.answer(request)

    client = connect("k", clock=klaviyo.clock, transport=httpx.MockTransport(answer))
    return sizes, ProfileWriter(client)


@pytest.mark.parametrize(
    "pointer", ["", "/data/attributes/profiles/data/3/attributes/email", "/x/profiles/data/0"]
)
def test_a_refused_import_is_taken_apart_until_the_bad_row_is_alone(pointer: str) -> None:
    _, writer = refusing(400, pointer, "p3@")
    sent = writer.send([row(at) for at in range(8)])
    assert [one.outbox_id for one in sent.refused] == [3]
    assert sorted(sent.accepted) == [0, 1, 2, 4, 5, 6, 7]


def test_a_list_that_is_gone_is_told_and_nobody_is_condemned() -> None:
    _, writer = refusing(404, "/data/", "p3@")
    with pytest.raises(NotThere):
        writer.send([row(3)], list_id="gone")


def test_what_is_no_rows_fault_is_raised() -> None:
    sizes, writer = refusing(415, "", "p3@")
    with pytest.raises(Refused):
        writer.send([row(at) for at in range(8)])
    assert sizes == [8]


def test_nothing_makes_no_request() -> None:
    klaviyo = Imports()
    assert klaviyo.writer.send([]).accepted == []
    assert klaviyo.bodies == []
