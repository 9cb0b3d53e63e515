"""The pages of a suite and of the proof matrix: one file each, nothing fetched from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import monitor
from scenarios.language.story import DETECTORS
from scenarios.matrix import BEYOND_STORIES, Proof, gaps
from scenarios.runner.run import Outcome
from scenarios.runner.suite import Suite

_OWN = Path(__file__).resolve().parents[1] / "templates"
_REPORT = Path(monitor.__file__).parent / "templates"  # its style is the house's


def write_suite(suite: Suite, folder: Path, told_at: datetime) -> Path:
    """The suite as `index.html` in a folder, with when it was told. Raises OSError."""
    topics: dict[str, Suite] = {
        topic: Suite(tuple(one for one in suite.outcomes if one.topic == topic), 0.0)
        for topic in sorted({one.topic for one in suite.outcomes})
    }
    reasons: dict[str, list[Outcome]] = {}
    for one in suite.skipped:
        reasons.setdefault(one.skipped, []).append(one)
    return _write(
        folder / "index.html",
        "suite.html",
        suite=suite,
        told_at=f"{told_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        topics=topics,
        state=_STATES[suite.exit_code],
        words=_WORDS[suite.exit_code],
        amiss=[(one, _troubles(one)) for one in suite.outcomes if one.trouble],
        reasons=reasons,
    )


_STATES = ("agrees", "drift", "could_not_judge")  # by exit code
_WORDS = ("Every story holds", "Some stories do not hold", "Some stories could not be told")
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<said>.*)")


@dataclass(slots=True)
class Trouble:
    """One thing that is wrong: where, what, and lines with what each is: `-`, `+` or nothing."""

    line: str
    column: str
    said: str
    diff: list[tuple[str, str]] = field(default_factory=list)


def _troubles(one: Outcome) -> list[Trouble]:
    """What is told of a story that does not hold, in its parts."""
    found: list[Trouble] = []
    for line in one.trouble.split("\n"):
        place = _PLACE.fullmatch(line)
        if place is not None and not line.startswith(" "):
            found.append(Trouble(place["line"], place["column"], place["said"]))
        elif not found:
            found.append(Trouble("", "", line))
        else:
            sign, text = line.strip()[:2], line.strip()[2:]
            found[-1].diff.append((sign[0], text) if sign in {"- ", "+ "} else ("", line.strip()))
    return found


def write_matrix(proofs: Sequence[Proof], path: Path) -> Path:
    """The proof matrix as one page. Raises OSError."""
    open_gaps = gaps(proofs)
    proven = len(DETECTORS) - len(open_gaps)
    sentence = f"{proven} of {len(DETECTORS)} detectors have been seen to fire and to stay silent"
    state = "drift" if open_gaps else "agrees"
    return _write(
        path,
        "matrix.html",
        proofs=proofs,
        gaps=open_gaps,
        sentence=sentence,
        state=state,
        beyond=BEYOND_STORIES,
    )


def _write(path: Path, name: str, **told: object) -> Path:
    pages = _environment()
    style = pages.get_template("style.css").render()
    text = pages.get_template(name).render(style_hash=_hash(style), **told)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


@lru_cache(maxsize=1)
def _environment() -> Environment:
    pages = Environment(
        loader=ChoiceLoader([FileSystemLoader(_OWN), FileSystemLoader(_REPORT)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["path"] = _path
    return pages


def _path(text: str) -> Markup:
    """A file's name that may be broken where its parts end."""
    return Markup("<wbr>").join(re.split(r"(?<=[/_])", text))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
