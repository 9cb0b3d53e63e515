"""The bench of the fakes: it reads what wrk says, and measures by itself where wrk is not installed."""

import json
import shutil
import threading
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from fakes.kit.serve import Served
from scenarios.bench.fakes_load import load
from scenarios.bench.fakes_speed import FakesSpeed, checks, outcome, read_wrk
from scenarios.cli import register

WRK = """
Running 5s test @ http://127.0.0.1:9100
  Latency Distribution
     50%    3.10ms
     99%  812.00us
  23109 requests in 5.00s, 9.9MB read
  Non-2xx or 3xx responses: 7
Requests/sec:   4587.80
"""


def test_wrks_figures_are_read_with_their_units() -> None:
    told = read_wrk(WRK)
    assert (told.per_s, told.p99_ms, told.refused) == (4587.8, 0.812, 7)
    with pytest.raises(RuntimeError, match="no figures"):
        read_wrk("unable to connect")


def test_our_own_client_keeps_all_connections_busy_and_counts_refusals() -> None:
    lock, calls = threading.Lock(), [0]

    def app(_environ: dict[str, Any], start: Any) -> list[bytes]:
        with lock:
            calls[0] += 1
        start("503 Busy" if calls[0] % 4 == 0 else "202 Accepted", [])
        return [b"x" * 100]

    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    with Served({"app": app}) as served:
        port = int(served.urls["app"].rpartition(":")[2])
        told = load("127.0.0.1", port, lambda _: request, 4, 0.2)
    assert told.per_s > 100
    assert 0 < told.p99_ms < 1000
    assert abs(told.refused * 4 - calls[0]) <= 8


def test_a_figure_that_does_not_hold_is_told_and_fails() -> None:
    good = FakesSpeed("wrk", 4000.0, 12.0, 0, 3000.0, 4.2, 4)
    slow = FakesSpeed("wrk", 3499.0, 60.0, 1, 2499.0, 20.0, 4)
    assert [holds for *_, holds in checks(good)] == [True] * 5
    assert [holds for *_, holds in checks(slow)] == [False] * 5
    assert outcome(good).as_json()["checks"][0] == {
        "what": "served events a second", "measured": "4,000", "wanted": "at least 3,500", "holds": True,
    }  # fmt: skip


def test_the_command_measures_for_real_without_wrk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)  # as on a machine without wrk
    root = typer.Typer()
    register(root)
    result = CliRunner().invoke(root, ["bench", "fakes", "--seconds", "1", "--json"])
    told = json.loads(result.output)
    assert told["client"] == "our own client"
    assert told["refused"] == 0
    assert told["served_per_s"] > 300
    assert told["in_process_per_s"] > 300
