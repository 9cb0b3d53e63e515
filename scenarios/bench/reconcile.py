"""The comparison of two exports, measured: ours as a process of its own, and datacompy on Polars as another.

Theirs does less: it joins on sale and metric and compares instants and amounts, without business days, zones,
duplicates told apart, accounting or a report.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from monitor.offline.asked import memory_bytes
from scenarios.bench.reconcile_data import Planted, make
from scenarios.bench.speed import BenchFailed

LIMIT_S, TIMES_MIN = 8.0, 2.0
_OURS = (sys.executable, "-c", "import tillproof; tillproof.main()")
_KINDS = ("missing", "lost_refund", "orphaned", "duplicate", "amount_mismatch", "day_shift")


@dataclass(frozen=True, slots=True)
class Ran:
    """One process: its wall time, its peak memory and how it ended."""

    seconds: float
    peak_mb: float
    exit_code: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. `false_count` findings were never planted, `lost_count` planted ones not found."""

    rows: int
    planted: dict[str, int]
    found: dict[str, int]
    lost_count: int
    false_count: int
    ours: Ran
    theirs: Ran | None
    memory_limit: str
    memory_limit_mb: float
    html_mb: float


def measure(
    *, rows: int, seed: int, memory_limit: str, peer: bool, told: Callable[[str, int], None]
) -> Figures:
    """Make the files, compare them with both, and hold what we found against what was planted."""
    limit_mb = memory_bytes(memory_limit) / 2**20
    with tempfile.TemporaryDirectory(prefix="tillproof-bench-") as folder:
        told("making", 0)
        planted = make(Path(folder), rows, seed)
        told("ours", rows)
        out = Path(folder) / "out"
        ours = _ran([*_OURS, *_command(planted, out, memory_limit)])
        if ours.exit_code != 1:
            raise BenchFailed(f"the comparison ended with exit code {ours.exit_code} instead of 1")
        found, lost, false = _held(Path(folder) / "planted.parquet", out / "drift.parquet")
        told("datacompy", rows)
        theirs = _peer(planted) if peer else None
        html_mb = (out / "report.html").stat().st_size / 2**20
    return Figures(rows, planted.counts, found, lost, false, ours, theirs, memory_limit, limit_mb, html_mb)


def _command(planted: Planted, out: Path, memory_limit: str) -> list[str]:
    return [
        "monitor", "compare", "--expected", str(planted.expected), "--observed", str(planted.observed),
        "--out", str(out), "--memory-limit", memory_limit, "--json",
    ]  # fmt: skip


def _peer(planted: Planted) -> Ran:
    ran = _ran(
        [sys.executable, "-m", "scenarios.bench.reconcile_peer", str(planted.expected), str(planted.observed)]
    )
    if ran.exit_code:
        raise BenchFailed(
            "datacompy on Polars did not run; install it (pip install 'tillproof[bench]') or leave it out"
            " (--no-peer)"
        )
    return ran


def _ran(command: Sequence[str]) -> Ran:
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        usage = _waited(process)
    return Ran(time.perf_counter() - started, usage.ru_maxrss / 1024, process.returncode)


def _waited(process: "subprocess.Popen[bytes]") -> resource.struct_rusage:
    """Wait for one process and take its own peak memory; the machine only keeps that of all together."""
    import os  # noqa: PLC0415 - wait4 is not on every platform

    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _held(planted: Path, drift: Path) -> tuple[dict[str, int], int, int]:
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE planted AS SELECT kind, sale_id FROM read_parquet(?) ORDER BY ALL", [str(planted)]
        )
        db.execute(
            "CREATE TABLE found AS SELECT kind, event_key AS sale_id FROM read_parquet(?) ORDER BY ALL",
            [str(drift)],
        )
        counts = dict(db.execute("SELECT kind, count(*) FROM found GROUP BY kind").fetchall())
        lost = db.execute("SELECT count(*) FROM (FROM planted EXCEPT ALL FROM found)").fetchone()
        false = db.execute("SELECT count(*) FROM (FROM found EXCEPT ALL FROM planted)").fetchone()
    assert lost is not None  # an aggregate always has one row
    assert false is not None  # the same
    return (
        {kind: int(counts.get(kind, 0)) for kind in sorted({*_KINDS, *counts})},
        int(lost[0]),
        int(false[0]),
    )
