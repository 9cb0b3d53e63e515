"""A story: what it is called, what is given, what happens, what must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from monitor.report_data import FindingKind
from scenarios.language import realtime, then, trade, work
from scenarios.language.base import Names, Words
from scenarios.language.given import Given
from scenarios.language.nodes import Place

DETECTORS = (*(kind.value for kind in FindingKind), *get_args(then.ALERTS))
"""Everything the monitor can find or tell of, gravest first: what the proof matrix has to cover."""

MEANWHILE = "meanwhile"  # checks between two things that happen
HAPPENINGS: Mapping[str, type[BaseModel]] = {**trade.WORDS, **work.WORDS, **realtime.WORDS}
CHECKS: Mapping[str, type[BaseModel]] = dict(then.WORDS)
Where = Literal["anywhere", "inside"]


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a story with what stands behind it. `meanwhile` has steps of its own."""

    word: str
    content: Any
    place: Place
    checks: tuple["Step", ...] = ()


class Head(Words):
    """What a story says of itself. `given`, `when` and `then` are read beside it."""

    story: str = Field(min_length=8, max_length=140)
    topic: str = Field(min_length=3, max_length=40)
    why: str = ""  # what it stands for: a sentence of a specification, a vendor's oddity
    plants: Names = Field(default_factory=list)
    nearly_plants: Names = Field(default_factory=list)
    given: Given


@dataclass(frozen=True, slots=True)
class Story:
    """One story, read and checked."""

    file: str
    head: Head
    when: tuple[Step, ...]
    then: tuple[Step, ...]

    @property
    def title(self) -> str:
        """Its name."""
        return self.head.story

    @property
    def given(self) -> Given:
        """The world at the start."""
        return self.head.given
