"""Hostile clients: whatever they send, a fake answers as its vendor would; never a bug, never a hang.

In process a bug raises; served it would be a 500: both are tried. Everything is drawn from a seed.
"""

import json
import random
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.vendors import BUILT
from fakes.world import AnyFake, build_world

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NASTY = (
    "", "0", "-1", "9" * 400, "1e999", "NaN", "null", "true", "[]", "{}", "'", '"', "\\", "%00", "\x00", "ü",
    "💥", "../../etc/passwd", "a" * 5000, "{{7*7}}", "<script>", "2026-13-45T99:99:99Z", "|".join("ab" * 300),
    "2026-11-21T10:00:00+99:99", "equals(email,", 'equals(id,"' + "(" * 300, "))))", ">,", "><,1", "W10=",
    "IN,[" + "1," * 500 + "]", "////", "bmV4dA==", "id desc", "-", ",", ",".join("abc" * 50),
)  # fmt: skip
PARAMETERS = (
    "filter", "sort", "page[size]", "page[cursor]", "page[number]", "include", "fields[event]", "deleted",
    "fields[profile]", "additional-fields[profile]", "limit", "offset", "count", "orderby", "load_relations",
    "or", "archived", "timeStamp", "updatetime", "after", "before", "page_size", "version", "num", "start",
    "q", "after_id", "type", "customerID", "saleID", "outlet_id", "date_from", "fields", "barcode", "state",
    "email",
)  # fmt: skip
KEYS = ("data", "type", "id", "attributes", "profile", "email", "metric", "name", "events", "time", "value")
ODD_HEADERS = ("revision", "Accept", "Cookie", "X-Forwarded-For", "Content-Encoding", "Range", "Host")
ODD_VALUES = (b"gzip", b"9" * 500, b"2026-99-99", b"a=b; c", b"text/xml")


def auth(fake: AnyFake) -> dict[str, str]:
    """The way in, as this vendor wants it."""
    secret = fake.credentials
    if "api_key" in secret:
        return {"Authorization": f"Klaviyo-API-Key {secret['api_key']}", "revision": "2026-10-15"}
    if "access_token" in secret:
        return {"Authorization": f"Bearer {secret['access_token']}"}
    basic = httpx.BasicAuth(secret.get("api_id", ""), secret.get("password", ""))
    return {"Authorization": str(basic._auth_header)}


def routes(fake: AnyFake) -> list[tuple[str, str]]:
    """Every method and path of a fake, the control plane included, with places filled in sensibly."""
    found = set()
    for rule in fake.flask.url_map.iter_rules():
        path = str(rule.rule)
        for argument in sorted(rule.arguments):
            path = _fill(path, argument, fake.credentials)
        found |= {(method, path) for method in rule.methods - {"OPTIONS"}}
    return sorted(found)


def _fill(path: str, argument: str, secret: dict[str, str]) -> str:
    value = {
        "account": secret.get("account_id", "1"),
        "account_id": secret.get("account_id", "1"),
        "accountid": secret.get("account_id", "1"),
        "site_id": secret.get("site_id", "1"),
        "siteid": secret.get("site_id", "1"),
        "entity": "Sale.json",
    }.get(argument, "1")
    before, _, rest = path.partition("<")
    while rest.partition(">")[0].rpartition(":")[2] != argument:
        skipped, _, rest = rest.partition("<")
        before += f"<{skipped}"
    return before + value + rest.partition(">")[2]


def bodies(draw: random.Random) -> bytes:
    """A body nobody should send."""
    deep = draw.choice((b"[", b'{"a":', b'{"data":'))
    return draw.choice(
        (
            lambda: b"",
            lambda: draw.randbytes(draw.randrange(1, 400)),
            lambda: deep * draw.choice((50, 3000, 60_000)),
            lambda: json.dumps(_wrong(draw, 4)).encode("utf-16" if draw.random() < 0.1 else "utf-8"),
            lambda: json.dumps({"data": _wrong(draw, 4)}).encode(),
            lambda: json.dumps({"data": {"type": "event", "attributes": _wrong(draw, 3)}}).encode(),
            lambda: b'{"a": "\xff\xfe"}',
            lambda: b'{"a": 1' + b"0" * 5000 + b"}",
            lambda: b'{"data": "' + b"x" * draw.choice((100_000, 2_000_000)) + b'"}',
            lambda: ("&".join(f"{quote(n)}={quote(draw.choice(NASTY))}" for n in PARAMETERS[:6])).encode(),
        )
    )()


def _wrong(draw: random.Random, depth: int) -> Any:
    leaves = (None, True, 0, -1, 1e308, 10**30, "", "x", "2026-11-21", [], {}, draw.choice(NASTY))
    if depth == 0 or draw.random() < 0.3:
        return draw.choice(leaves)
    if draw.random() < 0.4:
        return [_wrong(draw, depth - 1) for _ in range(draw.randrange(4))]
    names = (
        "data",
        "type",
        "id",
        "attributes",
        "profile",
        "email",
        "metric",
        "name",
        "events",
        "time",
        "value",
    )
    return {draw.choice(names): _wrong(draw, depth - 1) for _ in range(draw.randrange(5))}


def request(draw: random.Random, known: list[tuple[str, str]], way_in: dict[str, str]) -> dict[str, Any]:
    """One hostile request."""
    method, path = draw.choice(known)
    if draw.random() < 0.15:
        path = "/" + quote(draw.choice(NASTY)) + draw.choice(("", path))
    if draw.random() < 0.15:
        path = path.replace("1", quote(draw.choice(NASTY)[:900]) or "x", 1)
    if draw.random() < 0.05:
        method = draw.choice(("PATCH", "OPTIONS", "TRACE", "FOO", "get"))
    params = [(draw.choice(PARAMETERS), draw.choice(NASTY)) for _ in range(draw.randrange(4))]
    headers: dict[str, Any] = dict(way_in)
    if draw.random() < 0.1:
        headers["Authorization"] = "Bearer " + "x" * 3000
    kinds = ("application/json", "application/vnd.api+json", "text/plain", "multipart/form-data", "x", "")
    headers["Content-Type"] = draw.choice(kinds[:2]) if draw.random() < 0.7 else draw.choice(kinds)
    if draw.random() < 0.1:
        headers[draw.choice(ODD_HEADERS)] = draw.choice(ODD_VALUES)
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in params)
    # A GET with a body is odd too, but no client sends one.
    content = bodies(draw) if method not in ("GET", "HEAD") else b""
    url = path + (f"?{query}" if query else "")
    return {"method": method, "url": url, "headers": headers, "content": content}


def sent(client: httpx.Client, base: str, asked: dict[str, Any]) -> None:
    """Send it; whatever comes back, it is no bug."""
    answer = client.request(**asked | {"url": base + asked["url"]})
    assert answer.status_code < 500, (asked["method"], asked["url"][:200], asked["content"][:200])


@pytest.fixture(params=BUILT)
def fake(request: pytest.FixtureRequest) -> AnyFake:
    """Each vendor with a few sales and no rate limits."""
    made = build_world(VirtualClock(NOON), only=[request.param])[request.param]
    made.seeder({"seed": 1, "shops": 2, "customers": 5, "sales": 20, "days": 3})
    made.limits.enabled = False
    return made


@pytest.fixture
def inside(fake: AnyFake) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="http://fake.test") as client:
        yield client


def plain(known: list[tuple[str, str]], keep: Callable[[str], bool]) -> list[tuple[str, str]]:
    return [(method, path) for method, path in known if keep(path)]


@pytest.mark.parametrize("seed", range(3))
def test_hundreds_of_hostile_requests_meet_no_bug(fake: AnyFake, inside: httpx.Client, seed: int) -> None:
    draw = random.Random(seed)
    known = plain(routes(fake), lambda path: not path.startswith("/_fake"))
    for _ in range(200):
        sent(inside, "http://fake.test", request(draw, known, auth(fake)))


def test_the_control_plane_refuses_nonsense_in_words(fake: AnyFake, inside: httpx.Client) -> None:
    draw = random.Random(7)
    known = plain(routes(fake), lambda path: path.startswith("/_fake") and "/page" not in path)
    for _ in range(150):
        method, path = draw.choice(known)
        body = b"" if method in ("GET", "HEAD") else bodies(draw)
        answer = inside.request(method, path, content=body)
        assert answer.status_code < 500, (method, path, body[:200])
        if answer.status_code >= 400 and method != "HEAD" and path != "/_fake/faults/1":
            assert answer.status_code in (400, 404, 409), (method, path)


def test_served_nothing_becomes_a_500_and_nothing_hangs(fake: AnyFake) -> None:
    from fakes.kit.serve import Served

    draw = random.Random(11)
    known = plain(routes(fake), lambda path: "/page" not in path)
    with Served({"fake": fake.wsgi}) as served:
        with httpx.Client(timeout=10) as client:
            for _ in range(150):
                sent(client, served.urls["fake"], request(draw, known, auth(fake)))
        host, port = served.urls["fake"].removeprefix("http://").split(":")
        for number in range(30):
            with socket.create_connection((host, int(port)), timeout=5) as raw:
                noise = draw.randbytes(draw.randrange(1, 3000))
                odd = b"GET /api/\xff%ff HTTP/1.1\r\nHost: \xe9\r\nrevision: \xe9\r\nAuthorization: \xff"
                raw.sendall((odd if number % 3 == 0 else noise) + b"\r\n\r\n")
                raw.shutdown(socket.SHUT_WR)
                told = raw.recv(100)
                assert told == b"" or not told.startswith(b"HTTP/1.1 5")
        assert httpx.get(f"{served.urls['fake']}/_fake/health").status_code == 200


def test_ten_thousand_pages_are_ten_thousand_answers() -> None:
    fake = build_world(VirtualClock(NOON), only=["klaviyo"]).klaviyo
    fake.limits.enabled = False
    for number in range(10_000):
        fake.state.profile(f"p{number}@shop-mail.net")
    pages, seen = 0, set()
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), headers=auth(fake)) as client:
        link: str | None = "http://fake.test/api/profiles?page[size]=1&fields[profile]=email"
        while link:
            page = client.get(link).json()
            pages, link = pages + 1, page["links"]["next"]
            seen |= {one["id"] for one in page["data"]}
    assert (pages, len(seen)) == (10_000, 10_000)
