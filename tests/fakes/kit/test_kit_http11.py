"""The server's own HTTP: what real and hostile clients send, byte by byte."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakes.kit.http11 import BadRequest, Reader, Request
from fakes.kit.serve import Served


def app(environ: dict[str, Any], start: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    told = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} "
    start(
        "204 No Content" if environ["PATH_INFO"] == "/none" else "200 OK", [("X-Host", environ["HTTP_HOST"])]
    )
    return [told.encode("latin-1"), str(len(body)).encode()]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Served({"app": app}) as served:
        yield served.urls["app"]


def said(url: str, *pieces: bytes) -> bytes:
    """Everything a server answers to raw bytes, until it hangs up."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        while more := connection.recv(65536):
            got += more
        return got


def read(*pieces: bytes) -> list[Request]:
    reader, found = Reader({}), []
    for piece in pieces:
        reader.feed(piece)
        while (request := reader.next()) is not None:
            found.append(request)
    return found


WHOLE = b"POST /a%20b?x=%31 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_requests_are_the_same_however_the_bytes_arrive(size: int) -> None:
    stream = WHOLE + CHUNKED + WHOLE
    found = read(*(stream[at : at + size] for at in range(0, len(stream), size)))
    assert [one.environ["PATH_INFO"] for one in found] == ["/a b", "/c", "/a b"]
    assert [one.environ["wsgi.input"].read() for one in found] == [b"hello", b"hello world", b"hello"]
    assert found[0].environ["QUERY_STRING"] == "x=%31"
    assert found[1].environ["CONTENT_LENGTH"] == "11"


def test_a_whole_url_as_clients_send_it_to_a_proxy_names_path_and_host() -> None:
    (one,) = read(b"GET http://a.klaviyo.com/api/events?x=1 HTTP/1.1\r\nHost: proxy\r\n\r\n")
    environ = one.environ
    assert (environ["HTTP_HOST"], environ["PATH_INFO"]) == ("a.klaviyo.com", "/api/events")
    assert environ["QUERY_STRING"] == "x=1"


def test_headers_of_one_name_are_joined_and_underscores_do_not_pass_for_dashes() -> None:
    (one,) = read(b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nA: 2\r\nX_Y: no\r\nCookie: a\r\nCookie: b\r\n\r\n")
    assert (one.environ["HTTP_A"], one.environ["HTTP_COOKIE"]) == ("1, 2", "a; b")
    assert "HTTP_X_Y" not in one.environ


@pytest.mark.parametrize(
    ("line", "keeps"),
    [
        (b"HTTP/1.1\r\nHost: h", True),
        (b"HTTP/1.1\r\nHost: h\r\nConnection: close", False),
        (b"HTTP/1.0\r\nHost: h", False),
        (b"HTTP/1.0\r\nHost: h\r\nConnection: keep-alive", True),
    ],
)
def test_a_connection_is_kept_as_the_client_wishes(line: bytes, keeps: bool) -> None:
    assert read(b"GET / " + line + b"\r\n\r\n")[0].keeps_alive is keeps


@pytest.mark.parametrize(
    "stream",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET noslash HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nName : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000,
    ],
)
def test_what_is_not_http_is_refused_and_hung_up_on(url: str, stream: bytes) -> None:
    with pytest.raises(BadRequest):
        read(stream)
    answer = said(url, stream)
    assert answer.split(b" ")[1] in (b"400", b"413", b"431")
    assert b"Connection: close" in answer


def test_requests_sent_ahead_are_answered_in_order(url: str) -> None:
    answer = said(url, WHOLE + CHUNKED + b"HEAD /h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.index(b"POST /a b?x=%31 5") < answer.index(b"POST /c? 11")
    assert answer.endswith(b"Connection: close\r\n\r\n")  # a HEAD has no body


def test_a_client_that_waits_for_a_sign_gets_it(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert b"200 OK" in connection.recv(1000)


def test_no_content_has_neither_body_nor_length(url: str) -> None:
    answer = httpx.get(f"{url}/none")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_any_host_is_accepted(url: str) -> None:
    for host in ("a.klaviyo.com", "demo.retail.lightspeed.app:9102", "[::1]", "x" * 300, "-._~"):
        assert httpx.get(url, headers={"Host": host}).headers["X-Host"] == host


def test_a_body_of_many_megabytes_arrives_whole(url: str) -> None:
    assert httpx.post(url, content=b"x" * 20_000_000).text == "POST /? 20000000"


def test_many_small_chunks_do_not_take_for_ever(url: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20_000):
            yield b"0123456789"

    assert httpx.post(url, content=pieces()).text == "POST /? 200000"
