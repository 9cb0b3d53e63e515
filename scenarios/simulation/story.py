"""What happens in a life, as plain data made up from a seed: the same seed gives the same story for ever.

A step names people and sales by a number that is taken modulo what there is, so that a story from which steps
were cut out is still a story.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta

SHORT, LONG = 12, 120  # steps of a short and of a long life
MONITOR_EVERY = 32  # so many short lives pass for one that asks the monitor: it takes longer than the life

# How often each thing happens. What is nearer to the heart of the matter happens more often.
_WORDS: tuple[tuple[str, int], ...] = (
    ("sell", 30), ("sell_late", 5), ("refund", 8), ("refund_part", 6), ("exchange", 4), ("void", 7),
    ("attach", 4), ("note", 2), ("email", 6), ("consent", 4), ("ship", 4), ("rush", 1),
    ("wait", 6), ("sync", 14), ("crash", 8), ("fault", 12), ("clock", 3),
)  # fmt: skip
_TOLD_WORDS: tuple[tuple[str, int], ...] = (("hooks", 10), ("hook_fault", 5))  # where a till tells by itself
_SILENT = frozenset({"lightspeed_r"})  # tills without webhooks
# In which zone and when lives begin: ordinary days, nights of the clock change, ends of month and year.
PLACES: tuple[tuple[str, str], ...] = (
    ("America/New_York", "2026-05-06T16:00:00"),
    ("America/New_York", "2026-11-01T03:30:00"),
    ("America/Los_Angeles", "2026-03-08T08:00:00"),
    ("America/New_York", "2027-01-01T04:30:00"),
    ("Australia/Sydney", "2026-04-04T13:00:00"),
    ("Australia/Sydney", "2026-10-03T14:00:00"),
    ("Europe/Stockholm", "2026-03-28T22:00:00"),
    ("Europe/Stockholm", "2026-10-24T23:00:00"),
    ("Asia/Kolkata", "2026-02-28T17:00:00"),
)
_WAITS_S = (20, 60, 300, 1200, 3600, 5 * 3600, 26 * 3600)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. What the numbers mean is up to `do`; `minutes` pass before it."""

    do: str
    pick: int = 0  # which sale, customer or request
    also: int = 0  # a second choice, such as the customer of a sale
    seed: int = 0  # of the details: lines, amounts
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A whole life. `sabotage` is how many defects are planted in Klaviyo before the monitor looks."""

    till: str
    seed: int
    zone: str
    start_at: datetime
    steps: tuple[Step, ...]
    monitor: bool = False
    sabotage: int = 0

    def as_json(self) -> str:
        """The story as text; `from_json` reads it."""
        return json.dumps({**asdict(self), "start_at": self.start_at.isoformat()}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Story":
        """A story that was written down. Raises ValueError when it is none."""
        try:
            told = json.loads(text)
            steps = tuple(Step(**step) for step in told.pop("steps"))
            start_at = datetime.fromisoformat(told.pop("start_at"))
            return cls(**told, start_at=start_at, steps=steps)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as problem:
            raise ValueError(f"this is no story of a simulation ({problem})") from None


def made_up(till: str, seed: int, length: int = SHORT, *, monitor: bool | None = None) -> Story:
    """The story of a seed. `monitor` says whether the monitor is asked; None: in every 32nd."""
    chance = random.Random(f"{till}/{seed}/{length}")
    zone, start = chance.choice(PLACES)
    start_at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    known = _WORDS if till in _SILENT else (*_WORDS, *_TOLD_WORDS)
    words, weights = zip(*known, strict=True)
    # Something to speak of first: sales before the history is read, then a life.
    opening = [_step("sell", chance) for _ in range(chance.randrange(3))]
    told = chance.choices(words, weights, k=length - len(opening))
    steps = (*opening, *(_step(word, chance) for word in told))
    asked = seed % MONITOR_EVERY == 0 if monitor is None else monitor
    sabotage = chance.randrange(4) if asked else 0
    return Story(till, seed, zone, start_at, steps, monitor=asked, sabotage=sabotage)


def without(story: Story, places: Iterable[int]) -> Story:
    """The story with these steps left out."""
    gone = set(places)
    kept = tuple(step for place, step in enumerate(story.steps) if place not in gone)
    told = {field.name: getattr(story, field.name) for field in fields(story)}
    return Story(**{**told, "steps": kept})


def wait_of(step: Step) -> timedelta:
    """How long a `wait` lasts."""
    return timedelta(seconds=_WAITS_S[step.pick % len(_WAITS_S)] + step.also % 60)


def _step(word: str, chance: random.Random) -> Step:
    minutes = chance.choice((0, 0, 1, 3, 17, 65))
    return Step(word, chance.randrange(64), chance.randrange(64), chance.randrange(10_000), minutes)
