"""Which revision serves a request: Klaviyo's quarterly versions, their life and what happens outside it."""

import functools
import re
from dataclasses import dataclass
from datetime import date

from fakes.klaviyo.errors import gone, invalid, no_such_path

# The last of each line is the newest that the vendor notes describe.
GENERALLY_AVAILABLE = (
    "2022-10-17", "2023-01-24", "2023-02-22", "2023-06-15", "2023-07-15", "2023-08-15", "2023-09-15",
    "2023-10-15", "2023-12-15", "2024-02-15", "2024-05-15", "2024-06-15", "2024-07-15", "2024-10-15",
    "2025-01-15", "2025-04-15", "2025-07-15", "2025-10-15",
    "2026-01-15", "2026-04-15", "2026-07-15", "2026-10-15",
)  # fmt: skip
NEWEST = GENERALLY_AVAILABLE[-1]
# Endpoints younger than the oldest living revision, as far as the official clients' release notes tell.
FIRST_IN = {"mapped-metrics": "2025-07-15", "conversations": "2026-07-15"}
_SHAPE = re.compile(r"(\d{4}-\d{2}-\d{2})(\.pre)?")


@dataclass(frozen=True, slots=True)
class Served:
    """The revision that answers, and the date it retires if it is already deprecated."""

    revision: str
    retires_on: str | None

    def at_least(self, revision: str) -> bool:
        """Whether this revision is ``revision`` or newer; ISO dates sort as text."""
        return self.revision >= revision


@functools.lru_cache(maxsize=1_024)  # asked for with every request, and a pure function
def serve(asked: str | None, today: date, *, opt_out: bool, missing: str) -> Served:
    """The revision that serves ``asked`` on ``today``.

    ``today`` is never taken as earlier than the newest known revision, so that a clock set in the past does
    not turn every current revision into a future one. Raises Refusal (400, 404, 410).
    """
    day = max(today, date.fromisoformat(NEWEST))
    living = [r for r in GENERALLY_AVAILABLE if _years_later(r, 2) > day]
    if asked is None:
        if missing == "refuse":
            raise invalid("The `revision` header is required.", "/data/")
        return _described(living[0], day)
    wanted = _parse(asked)
    if wanted > day:
        raise no_such_path("Unable to specify a future revision date")
    if wanted < date.fromisoformat(living[0]):
        if opt_out:
            raise gone(f"Revision {asked} has been retired.")
        return _described(living[0], day)
    return _described(max(r for r in living if date.fromisoformat(r) <= wanted), day)


def check_exists(path: str, served: Served) -> None:
    """Raises Refusal (404) for an endpoint that the serving revision does not have yet."""
    parts = path.split("/")
    for name in (parts[2], parts[-1]):
        if served.revision < FIRST_IN.get(name, ""):
            raise no_such_path()


def _parse(asked: str) -> date:
    match = _SHAPE.fullmatch(asked.strip())
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise invalid(f"Invalid revision date: {asked}", "/data/") from None


def _described(revision: str, day: date) -> Served:
    deprecated = _years_later(revision, 1) <= day
    return Served(revision, _years_later(revision, 2).isoformat() if deprecated else None)


def _years_later(revision: str, years: int) -> date:
    start = date.fromisoformat(revision)
    return start.replace(year=start.year + years)
