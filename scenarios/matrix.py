"""The proof matrix: for every detector a story that makes it fire, and one that nearly does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scenarios.language.story import DETECTORS
from scenarios.runner.run import Outcome

BEYOND_STORIES: Mapping[str, str] = {
    "remainder": (
        "whatever lies at the two ends, the sums close; it is fired in "
        "tests/scenarios/language/test_story_proofs.py by a judgement that mislays a sale"
    )
}
"""Detectors of the monitor's own mistakes, which nothing at the two ends can plant, and where they fire."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the stories prove of one detector. Stories are named by their files."""

    detector: str
    planted_by: tuple[Outcome, ...]  # say that it fires
    fired: tuple[Outcome, ...]  # of those, made it fire
    nearly_planted_by: tuple[Outcome, ...]  # say that it must stay silent though it is close
    silent_on: tuple[Outcome, ...]  # of those, kept it silent
    also_fired: tuple[Outcome, ...]  # fired without being spoken of

    @property
    def holds(self) -> bool:
        """Whether it has been seen to fire and to stay silent, and never otherwise."""
        fires = bool(self.fired) or self.detector in BEYOND_STORIES
        return (
            fires
            and bool(self.silent_on)
            and self.fired == self.planted_by
            and self.silent_on == self.nearly_planted_by
        )

    @property
    def gap(self) -> str:
        """What is missing, in words; empty when nothing is."""
        if not self.planted_by and self.detector not in BEYOND_STORIES:
            return "no story makes it fire"
        if not self.nearly_planted_by:
            return "no story nearly makes it fire"
        if self.fired != self.planted_by:
            return "it did not fire where it must"
        return "" if self.holds else "it fired where it must not"


def prove(outcomes: Iterable[Outcome]) -> list[Proof]:
    """One proof for each detector there is, in the order of gravity."""
    told = list(outcomes)
    return [_proof(detector, told) for detector in DETECTORS]


def gaps(proofs: Iterable[Proof]) -> dict[str, str]:
    """What is not proven, by detector."""
    return {one.detector: one.gap for one in proofs if one.gap}


def _proof(detector: str, told: list[Outcome]) -> Proof:
    planted = tuple(one for one in told if detector in one.plants)
    nearly = tuple(one for one in told if detector in one.nearly)
    return Proof(
        detector,
        planted,
        tuple(one for one in planted if detector in one.fired),
        nearly,
        tuple(one for one in nearly if detector not in one.fired and not one.trouble),
        tuple(one for one in told if detector in one.fired and one not in planted),
    )
