"""What a till does later, kept as plain data, so that it can be dumped."""

import heapq
from collections.abc import Iterator
from typing import Any


class Agenda:
    """What happens later: (instant, order, name of the action, its arguments)."""

    __slots__ = ("count", "due")

    def __init__(self) -> None:
        self.due: list[tuple[int, int, str, tuple[Any, ...]]] = []
        self.count = 0  # of those planned with `add`

    def __len__(self) -> int:
        return len(self.due)

    def put(self, at: int, order: int, action: str, *args: Any) -> None:
        """Plan an action; those of one instant happen by `order`, which must be their own."""
        heapq.heappush(self.due, (at, order, action, args))

    def add(self, at: int, action: str, *args: Any) -> None:
        """Plan an action; those of one instant happen in the order they were planned."""
        self.count += 1
        self.put(at, self.count, action, *args)

    def pop_due(self, now: int) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
        """Take out everything due by `now`, oldest first."""
        while self.due and self.due[0][0] <= now:
            at, _, action, args = heapq.heappop(self.due)
            yield at, action, args
