"""A kept run of the monitor and one of its findings as a story: the smallest world found that shows it.

Read are the report and both sides' evidence, which name people by numbers only; the story gives them made-up
names that are the same every time. Amounts, times, shops' zones and the order of things stay as they were.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from monitor.report_data import Finding, FindingKind, Report
from scenarios.from_finding_evidence import Evidence
from scenarios.from_finding_world import world_of
from scenarios.language.loader import loads
from scenarios.language.nodes import WrongStory
from scenarios.runner.run import run

TRIES_MAX = 250
_UNTOLD = {
    FindingKind.CONSENT_MISMATCH: "what people wished for is not kept with a run",
    FindingKind.CONTROL_TOTAL: "the totals that registers count by themselves are not kept as receipts",
    FindingKind.TWIN_METRIC: "the other integration's events are not kept with a run",
    FindingKind.REMAINDER: "it is the monitor's own fault; keep the run's folder and report it",
}


class CannotShow(ValueError):
    """No world was found that shows the finding; the words say why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A story that shows the finding, as YAML, and how many worlds were tried for it."""

    text: str
    steps: int
    tries: int
    key: str  # the finding's


def from_finding(run_folder: Path, wanted: str) -> Shown:
    """The smallest story found. `wanted` is a finding's key, how it begins, or its number from 1.

    Raises CannotShow when there is no such run or finding, or no world of the fakes shows it.
    """
    report = _report(run_folder)
    finding = _chosen(report, wanted)
    if finding.kind in _UNTOLD:
        raise CannotShow(
            f"a finding of the kind {finding.kind.value} cannot be told: {_UNTOLD[finding.kind]}"
        )
    tries = _Tries()
    story = _first_that_shows(run_folder, report, finding, tries)
    return _written(_shrunk(story, tries.shows), tries.count, finding.key)


def keep(run_folder: Path, wanted: str, out: Path | None = None) -> tuple[Path, Shown]:
    """The same, written to a file, never over another. Raises CannotShow, and OSError as ValueError."""
    shown = from_finding(run_folder, wanted)
    path = out or Path("scenarios/from_findings") / f"{shown.key.replace('-', '_')}.yaml"
    if path.exists():
        raise CannotShow(f"{path} is there already; choose another with --out")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown.text, encoding="utf-8")
    except OSError as problem:
        raise CannotShow(f"{path} cannot be written: {problem.strerror}") from None
    return path, shown


def _report(folder: Path) -> Report:
    file = folder if folder.name == "report.json" else folder / "report.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as problem:
        raise CannotShow(
            f"{file} is no report of a run ({type(problem).__name__}); give the folder of one, such as "
            "reports/2026-05-05"
        ) from None


def _chosen(report: Report, wanted: str) -> Finding:
    if wanted.isdigit() and 1 <= int(wanted) <= len(report.findings):
        return report.findings[int(wanted) - 1]
    found = [one for one in report.findings if one.key.startswith(wanted)] if not wanted.isdigit() else []
    if len(found) == 1:
        return found[0]
    some = ", ".join(one.key for one in (found or report.findings)[:5]) or "none"
    problem = "is not one finding but several" if found else "is no finding of this run"
    raise CannotShow(f"{wanted!r} {problem}; there is {some}")


class _Tries:
    """How many worlds were made; and whether one shows what its story says."""

    def __init__(self) -> None:
        self.count = 0

    def shows(self, story: dict[str, Any]) -> bool:
        """Tell it. A story that cannot be told shows nothing."""
        self.count += 1
        if self.count > TRIES_MAX:
            return False
        try:
            return run(loads(as_yaml(story))).passed
        except WrongStory:
            return False


def _first_that_shows(folder: Path, report: Report, finding: Finding, tries: _Tries) -> dict[str, Any]:
    """The story of as little evidence as shows the finding: of its sale, person, day or metric."""
    at_fault = ""
    for proven in (True, False):  # what proves a cause, such as runs of the sync, is not always kept
        with Evidence(folder.parent if folder.name == "report.json" else folder, finding) as evidence:
            for part in evidence.parts():
                story = world_of(part, report, finding, with_cause=proven)
                if tries.shows(story):
                    return story
                at_fault = f"the last one tried had {len(story['when'])} steps"
    raise CannotShow(
        f"no world of the fakes shows {finding.key}, of {tries.count} tried; "
        + (at_fault or "the run's folder holds no evidence of it")
    )


def _shrunk(story: dict[str, Any], shows: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Leave out whatever it still shows the finding without, until nothing more can go."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(story):
            if shows(candidate):
                story, smaller = candidate, True
                break
    return story


def _smaller(story: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same story with one thing less, the largest first."""
    for at in reversed(range(len(story["when"]) - 1)):  # the look at the end stays
        yield _tidy(_without(story, ("when",), at))
    for at, step in enumerate(story["when"]):
        items = step.get("sell", {}).get("items", ()) if isinstance(step, dict) else ()
        for line in range(len(items)) if len(items) > 1 else ():
            yield _tidy(_without(story, ("when", at, "sell", "items"), line))
        for word in ("ship", "from web", "register", "to"):
            if isinstance(step, dict) and word in step.get("sell", {}):
                yield _tidy(_without(story, ("when", at, "sell"), word))
    if story["given"].get("settings"):
        yield _without(story, ("given",), "settings")


def _without(story: dict[str, Any], way: tuple[Any, ...], last: Any) -> dict[str, Any]:
    made = deepcopy(story)
    place: Any = made
    for part in way:
        place = place[part]
    del place[last]
    return made


def _tidy(story: dict[str, Any]) -> dict[str, Any]:
    """Without the people, articles and shops that nothing names any more; the first shop stays."""
    told, given = as_yaml({"when": story["when"]}), story["given"]
    kept = {
        "customers": [one for one in given.get("customers", []) if one["name"] in told],
        "articles": [one for one in given.get("articles", []) if f"{one['name']}" in told],
        "shops": [one for at, one in enumerate(given["shops"]) if not at or one["name"] in told],
    }
    return {**story, "given": {**given, **kept}}


def _written(story: dict[str, Any], tries: int, key: str) -> Shown:
    given = {name: told for name, told in story["given"].items() if told not in ([], {})}
    return Shown(as_yaml({**story, "given": given}), len(story["when"]), tries, key)


def as_yaml(story: dict[str, Any]) -> str:
    """Plain data as a story is written."""
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = None
    yaml.width = 110
    yaml.representer.ignore_aliases = lambda _data: True
    yaml.dump(story, text)
    return text.getvalue()
