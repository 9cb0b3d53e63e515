"""The category tree as R-Series keeps it: a nested set, renumbered whenever a node was added."""

from fakes.lightspeed_r.records import Category
from fakes.lightspeed_r.tables import Table


class Tree:
    """Finds categories by path, makes the missing ones, and numbers the set anew before it is read."""

    def __init__(self, categories: Table[Category]) -> None:
        self.categories = categories
        self._by_name = {(row.parent_id, row.name): row.id for row in categories}
        self._changed_at: int | None = None

    def add_path(self, path: tuple[str, ...], at: int) -> int:
        """The id of the category at the end of `path`, made with its missing parents; 0 for an empty path."""
        parent = 0
        for depth, name in enumerate(path):
            known = self._by_name.get((parent, name), 0)
            if not known:
                full = "/".join(path[: depth + 1])
                row = Category(self.categories.next_id(), name, parent, depth, full, at, at)
                known = self._by_name[parent, name] = self.categories.add(row).id
                self._changed_at = at
            parent = known
        return parent

    def changed(self, at: int) -> None:
        """A node was renamed or deleted: know them anew, and number them before the next reading."""
        self._by_name = {(row.parent_id, row.name): row.id for row in self.categories}
        self._changed_at = at

    def settle(self) -> None:
        """Renumber if anything was added; a node whose numbers change gets the time of the change.

        Inferred from a recorded list where several categories carry the timeStamp of one insertion.
        """
        if self._changed_at is None:
            return
        numbers = _numbered(self.categories)
        for category in self.categories:
            left, right = numbers[category.id]
            if (category.left, category.right) != (left, right):
                category.left, category.right = left, right
                self.categories.move(category, "timeStamp", "stamp_at", self._changed_at)
        self._changed_at = None


def _numbered(categories: Table[Category]) -> dict[int, list[int]]:
    """Left and right number of each node, siblings by name."""
    children: dict[int, list[Category]] = {}
    for category in categories:
        children.setdefault(category.parent_id, []).append(category)
    numbers: dict[int, list[int]] = {}
    stack = _pushed(children.get(0, []))
    counter = 0
    while stack:
        category, leaving = stack.pop()
        counter += 1
        numbers.setdefault(category.id, []).append(counter)
        if not leaving:
            stack.append((category, True))
            stack.extend(_pushed(children.get(category.id, [])))
    return numbers


def _pushed(siblings: list[Category]) -> list[tuple[Category, bool]]:
    return [(category, False) for category in sorted(siblings, key=lambda c: c.name, reverse=True)]
