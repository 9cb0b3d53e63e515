"""The truth as tables: rows by id, and the sorted indexes that pages are cut from."""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from fakes.lightspeed_r.index import Index


class Row(Protocol):
    """Anything with an integer id."""

    id: int


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """Rows of one entity and indexes over some of their integer columns.

    A row may be *held*: it exists, but is in no index and so on no page, until it is shown.
    """

    __slots__ = ("columns", "deleted_id", "first_id", "held", "indexes", "rows", "shown")

    def __init__(self, first_id: int = 1, **columns: Callable[[R], int]) -> None:
        self.first_id = first_id
        self.deleted_id = 0
        self.columns = columns
        self.rows: dict[int, R] = {}
        self.held: set[int] = set()
        self.shown = Index()
        self.indexes = {name: Index() for name in columns}

    def clear(self) -> None:
        """No rows, nothing held, empty indexes."""
        self.rows.clear()
        self.held.clear()
        self.shown = Index()
        self.indexes = {name: Index() for name in self.columns}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows.values())

    def next_id(self) -> int:
        """One above the last; a deleted row's id is not given again."""
        return max(next(reversed(self.rows), self.first_id - 1), self.deleted_id) + 1

    def hold(self, row: R) -> R:
        """Keep the row without showing it."""
        self.rows[row.id] = row
        self.held.add(row.id)
        return row

    def add(self, row: R) -> R:
        """Keep the row and show it at once."""
        self.rows[row.id] = row
        self.show(row)
        return row

    def show(self, row: R) -> None:
        self.held.discard(row.id)
        self.shown.add(row.id, row.id)
        for name, column in self.columns.items():
            self.indexes[name].add(column(row), row.id)

    def remove(self, row_id: int) -> None:
        """Delete the row for good. Raises KeyError."""
        row = self.rows[row_id]
        if row_id not in self.held:
            self.shown.remove(row_id, row_id)
            for name, column in self.columns.items():
                self.indexes[name].remove(column(row), row_id)
        self.held.discard(row_id)
        self.deleted_id = max(self.deleted_id, row_id)
        del self.rows[row_id]

    def find(self, row_id: int) -> R | None:
        """The row, unless there is none or it is still held."""
        return None if row_id in self.held else self.rows.get(row_id)

    def move(self, row: R, column: str, attribute: str, value: int) -> None:
        """Change an indexed value."""
        held = row.id in self.held
        if not held:
            self.indexes[column].remove(self.columns[column](row), row.id)
        setattr(row, attribute, value)
        if not held:
            self.indexes[column].add(value, row.id)
