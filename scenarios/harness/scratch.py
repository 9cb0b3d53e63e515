"""Where worlds live that nobody keeps: in memory where the machine has such a place, with tables ready made.

Bringing a new database up to date takes longer than most stories; it is done once a process, then copied.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sync.store.database import open_store

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - of this process alone: mkdtemp makes it, with its own rights
DATABASE = "tillproof.db"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that holds a fresh, migrated database and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tillproof-story-", dir=_place()) as name:
        folder = Path(name)
        (folder / DATABASE).write_bytes(_template())
        yield folder


def _place() -> str | None:
    """A folder in memory; None is wherever temporary files go."""
    return str(_IN_MEMORY) if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) else None


@lru_cache(maxsize=1)
def _template() -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="tillproof-tables-", dir=_place()))
    try:
        with open_store(f"sqlite:///{folder / DATABASE}") as store:
            store.tidy()
        return (folder / DATABASE).read_bytes()
    finally:
        shutil.rmtree(folder)
