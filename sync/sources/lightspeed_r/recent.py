"""What was read lately, so that an overlap is not read in detail again and again. Bounded."""

from collections.abc import Iterable, Sequence

from sync.domain.errors import SetAside

Key = tuple[str, ...]  # kind, id, and whatever changes when the record does


class Recent:
    """The latest state seen of each record, and the set-aside records already told of."""

    def __init__(self, records_max: int = 20_000) -> None:
        """At most `records_max` records are remembered; the oldest are forgotten first."""
        self._records_max = records_max
        self._seen: dict[tuple[str, str], Key] = {}
        self._told: dict[SetAside, None] = {}

    def is_new(self, key: Key) -> bool:
        """Whether the record was not seen in exactly this state."""
        return self._seen.get((key[0], key[1])) != key

    def note(self, keys: Iterable[Key]) -> None:
        """Remember these states as dealt with."""
        seen = self._seen
        for key in keys:
            name = (key[0], key[1])
            seen.pop(name, None)
            seen[name] = key
        while len(seen) > self._records_max:
            del seen[next(iter(seen))]

    def untold(self, aside: Sequence[SetAside]) -> tuple[SetAside, ...]:
        """Those that have not been told of yet."""
        return tuple(each for each in dict.fromkeys(aside) if each not in self._told)

    def tell(self, aside: Iterable[SetAside]) -> None:
        """Remember these as told."""
        self._told.update(dict.fromkeys(aside))
        while len(self._told) > self._records_max:
            del self._told[next(iter(self._told))]
