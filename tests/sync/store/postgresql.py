"""A PostgreSQL of our own for the tests, where the machine has one: a new cluster on a unix socket."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def missing() -> str:
    """Why there is no PostgreSQL to test with; empty when there is one."""
    if _bin() is None:
        return "PostgreSQL is not installed here (no pg_ctl found)"
    if os.getuid() == 0 and (shutil.which("runuser") is None or not _postgres_exists()):
        return "PostgreSQL refuses to run as root, and there is no user postgres to run it as"
    return ""


@contextmanager
def running() -> Iterator[str]:
    """The address of an empty database; the whole server goes away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tp-pg-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        _run("initdb", "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        _run("pg_ctl", "-D", str(data), "-o", settings, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    where = _bin()
    assert where is not None
    before = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run(
        [*before, str(where / program), *arguments], check=True, capture_output=True, timeout=60, cwd="/tmp"
    )


def _bin() -> Path | None:
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).parent
    installed = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"))
    return Path(installed[-1]).parent if installed else None


def _postgres_exists() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True
