"""A small client that keeps many connections busy from one thread, where no load generator is installed."""

import re
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second, the 99th percentile of their times, and how many were not answered by a 2xx."""

    per_s: float
    p99_ms: float
    refused: int


@dataclass(slots=True)
class _Line:
    """One connection: when its request went out and what has come back so far."""

    socket: socket.socket
    since_s: float = 0.0
    got: bytes = b""


@dataclass(slots=True)
class _Tally:
    times_s: list[float] = field(default_factory=list)
    refused: int = 0
    number: int = 0


def load(host: str, port: int, request: Callable[[int], bytes], connections: int, seconds: float) -> Load:
    """Send one request after the other on each connection. Raises ConnectionError when one is closed."""
    tally, started = _Tally(), time.perf_counter()
    with selectors.DefaultSelector() as ready:
        lines = [_Line(socket.create_connection((host, port), timeout=10)) for _ in range(connections)]
        try:
            for line in lines:
                ready.register(line.socket, selectors.EVENT_READ, line)
                _send(line, request, tally)
            while time.perf_counter() - started < seconds:
                for key, _ in ready.select(timeout=1):
                    if _received(key.data, tally):
                        _send(key.data, request, tally)
        finally:
            for line in lines:
                line.socket.close()
    taken = sorted(tally.times_s)
    p99_ms = 1e3 * taken[int(len(taken) * 0.99)] if taken else float("inf")
    return Load(len(taken) / (time.perf_counter() - started), p99_ms, tally.refused)


def _send(line: _Line, request: Callable[[int], bytes], tally: _Tally) -> None:
    tally.number += 1
    line.since_s, line.got = time.perf_counter(), b""
    line.socket.sendall(request(tally.number))


def _received(line: _Line, tally: _Tally) -> bool:
    more = line.socket.recv(65536)
    if not more:
        raise ConnectionError("the fake hung up")
    line.got += more
    head, end, body = line.got.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not end or len(body) < (int(length[1]) if length else 0):
        return False
    tally.times_s.append(time.perf_counter() - line.since_s)
    tally.refused += not head.startswith(b"HTTP/1.1 2")
    return True
