"""Many rows at once, on both databases: the driver's executemany with tuples, insert-or-ignore."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, FromClause

T = TypeVar("T")
IN_MAX = 500  # values in one IN list


def insert_new(
    connection: Connection, table: FromClause, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> int:
    """Insert the rows whose keys are new, leave the others as they are; the number inserted."""
    if not rows:
        return 0
    result = connection.exec_driver_sql(_insert(connection, table, columns) + " DO NOTHING", list(rows))
    return result.rowcount


def upsert(
    connection: Connection,
    table: FromClause,
    keys: Sequence[str],
    values: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert the rows (`keys` then `values`), replacing the values of those already there."""
    if not rows:
        return
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    sql = _insert(connection, table, (*keys, *values), f" ({', '.join(keys)})") + f" DO UPDATE SET {changes}"
    connection.exec_driver_sql(sql, list(rows))


def run_many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run one statement, written with `?` for its values, once per row; the number of rows touched."""
    if not rows:
        return 0
    return connection.exec_driver_sql(_placed(connection, sql), list(rows)).rowcount


def run(connection: Connection, sql: str, values: tuple[Any, ...] = ()) -> Any:
    """Run one statement, written with `?` for its values; the cursor's result."""
    return connection.exec_driver_sql(_placed(connection, sql), values)


def marks(count: int) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * count)


def chunks(items: Iterable[T], size: int = IN_MAX) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _insert(connection: Connection, table: FromClause, columns: Sequence[str], target: str = "") -> str:
    # Names come from our own tables; values never enter the text.
    names = ", ".join(columns)
    sql = f"INSERT INTO {table.description} ({names}) VALUES ({marks(len(columns))}) ON CONFLICT{target}"  # noqa: S608 - see above
    return _placed(connection, sql)


def _placed(connection: Connection, sql: str) -> str:
    # SQLite writes `?` for a value, psycopg `%s`. No statement here holds either for another reason.
    return sql if connection.dialect.name == "sqlite" else sql.replace("?", "%s")
