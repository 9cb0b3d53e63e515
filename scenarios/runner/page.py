"""The pages of a suite and of the proof matrix: one file each, nothing fetched from elsewhere."""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

import monitor
from scenarios.language.story import DETECTORS
from scenarios.matrix import BEYOND_STORIES, Proof, gaps
from scenarios.runner.run import Outcome
from scenarios.runner.suite import Suite

_OWN = Path(__file__).resolve().parents[1] / "templates"
_REPORT = Path(monitor.__file__).parent / "templates"  # its style is the house's


def write_suite(suite: Suite, folder: Path) -> Path:
    """The suite as `index.html` in a folder. Raises OSError."""
    topics: dict[str, list[Outcome]] = {}
    for one in suite.outcomes:
        topics.setdefault(one.topic, []).append(one)
    state = "agrees" if suite.exit_code == 0 else "drift" if suite.exit_code == 1 else "could_not_judge"
    words = {"agrees": "Every story holds", "drift": "Some stories do not hold"}.get(
        state, "Could not be told"
    )
    amiss = [one for one in suite.outcomes if one.trouble]
    return _write(
        folder / "index.html", "suite.html", suite=suite, topics=topics, state=state, words=words, amiss=amiss
    )


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
    style = pages.get_template("report/report.css").render()
    text = pages.get_template(name).render(style_hash=_hash(style), **told)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(_OWN), FileSystemLoader(_REPORT)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
