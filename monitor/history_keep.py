"""How long things are kept: evidence for some time, reports longer, the history itself longest."""

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from sqlalchemy import Connection, delete, select

from monitor.history import DAYS, RUNS
from monitor.history_findings import FINDINGS
from monitor.history_read import ALERTS, INCIDENTS, REPAIRS
from sync.store.bulk import chunks
from sync.store.database import Store

SWEEP_MAX = 500  # runs at once; the rest comes with the next sweep


@dataclass(frozen=True, slots=True)
class Keeping:
    """Spans in seconds."""

    evidence_s: int
    reports_s: int
    history_s: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What was let go."""

    evidence_count: int
    report_count: int
    run_count: int


def sweep(store: Store, keeping: Keeping, root: Path, now_s: int) -> Swept:
    """Let go of what is older than promised. Folders outside `root` are never touched."""
    evidence = _let_go(store, root, "evidence", "report", now_s - keeping.evidence_s)
    reports = _let_go(store, root, "report", "none", now_s - keeping.reports_s)
    with store.writing() as connection:
        runs = _forget(connection, now_s - keeping.history_s)
    return Swept(evidence, reports, runs)


def _let_go(store: Store, root: Path, kept: str, then: str, before_s: int) -> int:
    query = (
        select(RUNS.c.id, RUNS.c.folder)
        .where(RUNS.c.kept == kept, RUNS.c.ended_s < before_s, RUNS.c.ended_s > 0)
        .limit(SWEEP_MAX)
    )
    with store.reading() as connection:
        old = [(int(number), str(folder)) for number, folder in connection.execute(query)]
    for _, name in old:
        folder = Path(name)
        if name and folder.resolve().is_relative_to(root.resolve()) and folder.resolve() != root.resolve():
            rmtree(folder / "evidence" if then == "report" else folder, ignore_errors=True)
    with store.writing() as connection:
        for some in chunks([number for number, _ in old]):
            connection.execute(RUNS.update().where(RUNS.c.id.in_(some)).values(kept=then))
    return len(old)


def _forget(connection: Connection, before_s: int) -> int:
    """Forget what is over and old; an open finding is never forgotten."""
    gone = (RUNS.c.kept == "none") & (RUNS.c.ended_s < before_s) & (RUNS.c.ended_s > 0)
    count = connection.execute(delete(RUNS).where(gone)).rowcount
    for table in (FINDINGS, INCIDENTS):
        over = (table.c.recovered_s > 0) & (table.c.recovered_s < before_s)
        connection.execute(delete(table).where(over))
    connection.execute(delete(ALERTS).where(ALERTS.c.state != "waiting", ALERTS.c.created_s < before_s))
    connection.execute(delete(REPAIRS).where(REPAIRS.c.ended_s > 0, REPAIRS.c.ended_s < before_s))
    connection.execute(delete(DAYS).where(DAYS.c.judged_s < before_s))
    return count
