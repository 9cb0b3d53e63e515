"""HTTP/1.1 as it arrives on a connection: heads and bodies cut out of the bytes, strictly and incrementally.

Own code, because a fake must hang up on purpose, answer within one thread of the interpreter and never be
slower than what it imitates; servers for production offer none of the three (see ``fakes.kit.serve``).
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 1024 * 1024 * 1024
"""Beyond this nothing is read; a vendor's own, lower limit is the fake's business."""
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_END = b"\r\n\r\n"


class BadRequest(ValueError):
    """What was sent is not HTTP, or more than will be read; ``status`` is the answer before hanging up."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(slots=True)
class Request:
    """One request, complete."""

    environ: dict[str, Any]
    keeps_alive: bool
    is_head: bool


@dataclass(slots=True)
class Reader:
    """Cuts requests out of the bytes of one connection."""

    fixed: dict[str, Any]
    """What the environ of every request holds: server name, port, scheme, client."""
    _bytes: bytearray = field(default_factory=bytearray)
    _searched: int = 0
    _environ: dict[str, Any] | None = None
    _length: int = 0
    _chunked: bool = False
    _at: int = 0
    _body: bytearray = field(default_factory=bytearray)
    _trailers: bool = False
    expects_continue: bool = False
    """Set when a client waits for a sign before it sends its body; whoever gives it sets it back."""

    def feed(self, data: bytes) -> None:
        """More bytes came."""
        self._bytes += data

    def next(self) -> Request | None:
        """The next complete request; None until more bytes come. Raises BadRequest."""
        if self._environ is None and not self._read_head():
            return None
        body = self._read_chunks() if self._chunked else self._read_length()
        return None if body is None else self._done(body)

    def _read_head(self) -> bool:
        while self._bytes[:2] == b"\r\n":  # some clients end a body with a line break too many
            del self._bytes[:2]
        end = self._bytes.find(_END, max(0, self._searched - 3))
        if end < 0 or end > HEAD_BYTES_MAX:
            self._searched = len(self._bytes)
            if self._searched > HEAD_BYTES_MAX:
                raise BadRequest("431 Request Header Fields Too Large", "the head is larger than 64 KB")
            return False
        head = bytes(self._bytes[:end])
        del self._bytes[: end + 4]
        self._searched = 0
        self._environ = self._parse(head)
        return True

    def _parse(self, head: bytes) -> dict[str, Any]:
        first, *lines = head.split(b"\r\n")
        environ = dict(self.fixed)
        _request_line(environ, first)
        for line in lines:
            _header(environ, line)
        self._frame(environ)
        self.expects_continue = environ.get("HTTP_EXPECT", "").lower() == "100-continue"
        return environ

    def _frame(self, environ: dict[str, Any]) -> None:
        coding = environ.pop("HTTP_TRANSFER_ENCODING", None)
        length = environ.get("CONTENT_LENGTH", "0")
        if coding is not None and (coding.lower() != "chunked" or "CONTENT_LENGTH" in environ):
            raise BadRequest("400 Bad Request", "only 'chunked', without a Content-Length, is understood")
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("400 Bad Request", "Content-Length is not a number")
        self._chunked, self._at, self._trailers = coding is not None, 0, False
        self._length = min(int(length), BODY_BYTES_MAX + 1) if len(length) < 20 else BODY_BYTES_MAX + 1
        if self._length > BODY_BYTES_MAX:
            raise BadRequest("413 Content Too Large", "the body is larger than will be read")

    def _read_length(self) -> bytes | None:
        if len(self._bytes) < self._length:
            return None
        body = bytes(self._bytes[: self._length])
        del self._bytes[: self._length]
        return body

    def _read_chunks(self) -> bytes | None:
        while not self._trailers:
            end = self._bytes.find(b"\r\n", self._at)
            if end < 0:
                if len(self._bytes) - self._at > HEAD_BYTES_MAX:
                    raise BadRequest("400 Bad Request", "a chunk without an end")
                return None
            size = _chunk_size(bytes(self._bytes[self._at : end]))
            if size and len(self._bytes) < end + 4 + size:
                return None
            self._take_chunk(end + 2, size)
        return self._skip_trailers()

    def _take_chunk(self, start: int, size: int) -> None:
        if size == 0:
            self._at, self._trailers = start, True
            return
        if self._bytes[start + size : start + size + 2] != b"\r\n":
            raise BadRequest("400 Bad Request", "a chunk is longer than it says")
        self._body += self._bytes[start : start + size]
        if len(self._body) > BODY_BYTES_MAX:
            raise BadRequest("413 Content Too Large", "the body is larger than will be read")
        self._at = start + size + 2
        if self._at > HEAD_BYTES_MAX:  # now and then, so that many small chunks cost no copying
            del self._bytes[: self._at]
            self._at = 0

    def _skip_trailers(self) -> bytes | None:
        while (end := self._bytes.find(b"\r\n", self._at)) >= 0:
            blank, self._at = end == self._at, end + 2
            if blank:
                del self._bytes[: self._at]
                body, self._body = bytes(self._body), bytearray()
                return body
        if len(self._bytes) - self._at > HEAD_BYTES_MAX:
            raise BadRequest("431 Request Header Fields Too Large", "the trailers are larger than 64 KB")
        return None

    def _done(self, body: bytes) -> Request:
        environ = self._environ
        assert environ is not None
        self._environ, self.expects_continue = None, False
        environ["wsgi.input"] = io.BytesIO(body)
        if self._chunked:
            environ["CONTENT_LENGTH"] = str(len(body))
        connection = environ.get("HTTP_CONNECTION", "").lower()
        new = environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        keeps = "close" not in connection if new else "keep-alive" in connection
        return Request(environ, keeps, environ["REQUEST_METHOD"] == "HEAD")


def _request_line(environ: dict[str, Any], line: bytes) -> None:
    parts = line.split(b" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise BadRequest("400 Bad Request", "this is not an HTTP/1.1 request line")
    target = parts[1].decode("latin-1")
    if not target.startswith("/"):
        target = _absolute(environ, target)
    path, _, query = target.partition("?")
    environ["REQUEST_METHOD"] = parts[0].decode("ascii")
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    environ["QUERY_STRING"] = query
    environ["REQUEST_URI"] = target
    environ["SERVER_PROTOCOL"] = parts[2].decode("ascii")


def _absolute(environ: dict[str, Any], target: str) -> str:
    """The path of a whole URL, as clients send it to a proxy."""
    if target == "*":
        return "/*"
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadRequest("400 Bad Request", "a path begins with a slash")
    environ["HTTP_HOST"] = parts.netloc
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _header(environ: dict[str, Any], line: bytes) -> None:
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.fullmatch(name):
        raise BadRequest("400 Bad Request", "this is not a header")
    if b"_" in name:
        return  # could pass for another header in the environ
    key = name.decode("ascii").upper().replace("-", "_")
    text = value.strip(b" \t").decode("latin-1")
    if "\r" in text or "\n" in text or "\0" in text:
        raise BadRequest("400 Bad Request", "a header holds a control character")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if key not in environ:
        environ[key] = text
    elif key == "CONTENT_LENGTH":
        raise BadRequest("400 Bad Request", "two Content-Lengths")
    elif key != "HTTP_HOST":
        environ[key] += ("; " if key == "HTTP_COOKIE" else ", ") + text


def _chunk_size(line: bytes) -> int:
    found = _CHUNK_SIZE.fullmatch(line)
    if found is None:
        raise BadRequest("400 Bad Request", "this is not the size of a chunk")
    return int(found[1], 16)
