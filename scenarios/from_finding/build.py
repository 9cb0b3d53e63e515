"""From a case to the smallest story that shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from scenarios.from_finding.case import CannotBuild, Case
from scenarios.from_finding.plans import drafts
from scenarios.from_finding.pseudonyms import Pseudonyms
from scenarios.from_finding.replay import Alike, Draft, Replayed, checks, filled, likeness, replay
from scenarios.from_finding.shrink import shrunk
from scenarios.from_finding.world import Maker
from scenarios.from_finding.yamltext import text_of
from scenarios.language.loader import loads
from scenarios.runner.run import run

_DRAFTS_MAX = 12


@dataclass(frozen=True, slots=True)
class Built:
    """A finished story."""

    text: str
    alike: Alike
    tries: int  # worlds told on the way
    steps: int

    @property
    def words(self) -> str:
        """What it has in common with the original finding."""
        return {
            Alike.WHOLLY: "the same finding: kind, amount, day and cause",
            Alike.BUT_CAUSE: "the same finding: kind, amount, day; the original's cause cannot be told",
            Alike.KIND_ONLY: "a finding of the same kind; amount or day of the original cannot be told",
        }[self.alike]


def build(case: Case, names: Pseudonyms, tell: Callable[[str], None] = lambda _: None) -> Built:
    """The smallest story found. Raises CannotBuild where no draft shows the finding."""
    tries = 0

    def told(draft: Draft) -> Replayed:
        nonlocal tries
        tries += 1
        return replay(draft)

    best, alike = best_of(case, names, told)
    tell(f"It shows. Leaving out what can go ({len(best['when'])} steps) …")

    def still(candidate: Draft) -> bool:
        found = told(candidate)
        return not found.trouble and likeness(found.findings, case.finding) <= alike

    small = shrunk(best, still)
    text = text_of({**small, "then": checks(replay(small), case.finding)})
    outcome = run(loads(text))
    if not outcome.passed:
        raise CannotBuild(f"the finished story does not hold; please report it:\n{outcome.trouble}")
    return Built(text, alike, tries, len(small["when"]))


def best_of(case: Case, names: Pseudonyms, told: Callable[[Draft], Replayed] = replay) -> tuple[Draft, Alike]:
    """The draft whose finding is most alike, not small yet. Raises CannotBuild."""
    best: tuple[Draft, Alike] | None = None
    troubles = []
    for number, proposed in enumerate(drafts(Maker(case, names))):
        if number >= _DRAFTS_MAX:
            break
        draft = filled(proposed)
        found = told(draft)
        alike = likeness(found.findings, case.finding) if not found.trouble else Alike.NOT
        troubles.append(found.trouble or ", ".join(one.kind.value for one in found.findings) or "no finding")
        if alike is not Alike.NOT and (best is None or alike < best[1]):
            best = draft, alike
        if alike is Alike.WHOLLY:
            break
    if best is None:
        seen = "; ".join(dict.fromkeys(line.split("\n")[0] for line in troubles))
        raise CannotBuild(
            f"no small world shows this finding of the kind {case.finding.kind.value} "
            f"(what the tried ones showed: {seen}). Keep the run's folder: its evidence still tells it"
        )
    return best
