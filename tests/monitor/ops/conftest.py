"""Both kinds of database for the tests of the history."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from sync.store.database import Store, open_store

_HELPER = Path(__file__).resolve().parents[2] / "sync" / "store" / "postgresql.py"


def _postgresql() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ops_postgresql", _HELPER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    helper = _postgresql()
    reason = helper.missing()
    if reason:
        pytest.skip(reason)
    with helper.running() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'tillproof.db'}"
    else:
        url = str(request.getfixturevalue("server"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    with open_store(url) as store:
        yield store
