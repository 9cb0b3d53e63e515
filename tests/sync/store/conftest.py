"""Every test that asks for `store` runs on SQLite and, where there is one, on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import postgresql
import pytest

from sync.store.database import Store, open_store


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL, started once per worker."""
    reason = postgresql.missing()
    if reason:
        pytest.skip(reason)
    with postgresql.running() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    server = str(request.getfixturevalue("server"))
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An opened, empty database."""
    with open_store(url) as opened:
        yield opened
