"""Bringing the tables up to date on opening. Alembic is loaded only when there is something to do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from sync.store.errors import StoreTrouble

HEAD = "0006"
_SERVER_LOCK = 7_465_001  # any number nobody else uses: two programs opening one database take turns

Writing = Callable[[], AbstractContextManager[Connection]]


def migrate(engine: Engine, writing: Writing) -> None:
    """Run the missing migrations in one transaction. Raises StoreTrouble for a database newer than us."""
    if _revision(engine) == HEAD:
        return
    with writing() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SERVER_LOCK})
        _upgrade(connection)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Loading Alembic takes longer than most commands; an up-to-date database never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreTrouble("the database was written by a newer tillproof; update this one") from None
