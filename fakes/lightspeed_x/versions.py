"""Which of X-Series' APIs a path speaks: 0.9, 2.x, or a dated version with twelve months to live."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from fakes.kit.refusing import Refused

FIRST = (2026, 1)
LAST_KNOWN = (2026, 10)
_DATED = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")
_LEGACY = {"0.9": "0.9", "1.0": "0.9", "2.0": "2.x", "2.1": "2.x", "3.0": "2.x"}


@dataclass(frozen=True, slots=True)
class Version:
    """`generation` is 0.9, 2.x or dated; `dated` is (year, month) of the version that really answers."""

    name: str
    generation: str
    dated: tuple[int, int] = (0, 0)


def read(name: str | None, now: datetime, *, expired: str) -> Version:
    """The version behind a path segment; no segment is 0.9.

    A dated version past its twelve months is silently served by the oldest that is still supported.
    Raises Refused for one that never was.
    """
    if name is None:
        return Version("0.9", "0.9")
    if name in _LEGACY:
        return Version(name, _LEGACY[name])
    found = _DATED.match(name)
    asked = (int(found[1]), int(found[2])) if found else (0, 0)
    if not found or asked[1] % 3 != 1 or (asked > LAST_KNOWN and date(*asked, 1) > now.date()):
        raise Refused(404, "service not found")
    oldest = _oldest(now)
    if asked < oldest:
        if expired == "gone":
            raise Refused(404, "service not found")
        asked = oldest
    return Version(name, "dated", asked)


def _oldest(now: datetime) -> tuple[int, int]:
    """The oldest quarter still supported: those of the last twelve months, and never before the first."""
    quarter = (now.month - 1) // 3 * 3 + 1
    # The version of this very quarter last year ends when its month begins.
    year, month = (now.year - 1, quarter + 3) if quarter < 10 else (now.year, 1)
    return max(FIRST, (year, month))
