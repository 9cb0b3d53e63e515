"""From a file to a story. Every mistake is told with its place and the nearest right word."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from scenarios.language.base import Words, spoken
from scenarios.language.nodes import Told, Way, WrongStory, read, read_file
from scenarios.language.story import CHECKS, DETECTORS, HAPPENINGS, MEANWHILE, Head, Step, Story

_SECTIONS = ("when", "then")
_TOP = (*(spoken(name) for name in Head.model_fields), *_SECTIONS)


def load(path: Path, shown: str = "") -> Story:
    """The story in a file. Raises WrongStory with every mistake found."""
    return load_told(read_file(path, shown))


def loads(text: str, file: str = "story.yaml") -> Story:
    """The same from text."""
    return load_told(read(text, file))


def load_told(told: Told) -> Story:
    """The same from what was read already."""
    return _Loading(told).story()


class _Loading:
    """One file on its way to a story."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._wrong: list[str] = []

    def story(self) -> Story:
        told = self._told.value
        if not isinstance(told, dict):
            raise WrongStory(f"{self._told.place(())}: a story begins with `story:`")
        self._unknown((), told, _TOP)
        head = self._content(Head, {k: v for k, v in told.items() if k not in _SECTIONS}, ())
        sections = {name: self._section(told, name) for name in _SECTIONS}
        if head is not None:
            self._detectors(head)
        if self._wrong:
            raise WrongStory("\n".join(dict.fromkeys(self._wrong)))
        return Story(self._told.file, head, sections["when"], sections["then"])

    def _section(self, told: Mapping[str, Any], name: str) -> tuple[Step, ...]:
        known: dict[str, type[BaseModel]] = dict(HAPPENINGS if name == "when" else CHECKS)
        if name not in told:
            self._say((), f"`{name}:` is missing; `tillproof scenarios new` shows a whole story")
            return ()
        return tuple(self._steps(told[name], (name,), known, between=name == "when"))

    def _steps(
        self, told: Any, way: Way, known: Mapping[str, type[BaseModel]], *, between: bool = False
    ) -> Iterator[Step]:
        if not isinstance(told, list):
            self._say(way, "is a list; begin each step with a dash")
            return
        words = (*known, MEANWHILE) if between else tuple(known)
        for number, one in enumerate(told):
            here = (*way, number)
            word, content = self._word(one, here, words)
            if word == MEANWHILE:
                checks = tuple(self._steps(content, (*here, word), CHECKS))
                yield Step(word, None, self._told.place((*here, word)), checks)
            elif word:
                read = self._content(known[word], content, (*here, word))
                if read is not None:
                    yield Step(word, read, self._told.place((*here, word)))

    def _word(self, told: Any, way: Way, words: Iterable[str]) -> tuple[str, Any]:
        """The step's word and what stands behind it; a step may also be plain words: `monitor agrees`."""
        known = tuple(words)
        if isinstance(told, str):
            for word in sorted(known, key=len, reverse=True):
                if told == word or told.startswith(f"{word} "):
                    return word, told[len(word) :].strip() or None
            self._say(way, _unknown_step(told, known))
        elif isinstance(told, dict) and len(told) == 1:
            word, content = next(iter(told.items()))
            if word in known:
                return word, content
            self._say((*way, word), _unknown_step(word, known))
        elif isinstance(told, dict):
            self._say(way, f"a step has one word; here are {', '.join(f'`{key}`' for key in told) or 'none'}")
        else:
            self._say(way, "a step is a word, such as `sync: once`")
        return "", None

    def _content(self, model: type[BaseModel], told: Any, way: Way) -> Any:
        if issubclass(model, Words) and not isinstance(told, dict):
            short = model.SHORT
            told = {} if told is None else {spoken(short): told} if short else told
        try:
            return model.model_validate(told)
        except ValidationError as problem:
            for error in problem.errors(include_url=False):
                self._mistake(model, error, way)
        return None

    def _mistake(self, model: type[BaseModel], error: Any, way: Way) -> None:
        inside = tuple(part for part in error["loc"])
        whole: Way = (*way, *inside)
        match error["type"]:
            case "extra_forbidden":
                self._say(
                    whole, f"unknown word `{inside[-1]}`{_near(inside[-1], _allowed(model, inside[:-1]))}"
                )
            case "missing":
                self._say(whole, f"`{inside[-1]}` is missing")
            case "literal_error":
                choice = error["ctx"]["expected"]
                near = difflib.get_close_matches(str(error["input"]), re.findall("'([^']*)'", choice), n=1)
                hint = f"; did you mean `{near[0]}`?" if near else ""
                self._say(whole, f"`{_name(inside, way)}` is one of {choice}{hint}")
            case "model_type":
                words = ", ".join(_allowed(model, inside))
                self._say(whole, f"`{_name(inside, way)}` takes words of its own: {words}")
            case kind:
                message = _PLAINLY.get(kind, error["msg"].removeprefix("Value error, "))
                self._say(whole, f"`{_name(inside, way)}`: {message[:1].lower()}{message[1:]}")

    def _unknown(self, way: Way, told: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in [key for key in told if key not in known]:
            self._say((*way, key), f"unknown word `{key}`{_near(key, known)}")
            del self._told.value[key]

    def _detectors(self, head: Head) -> None:
        for name, kinds in (("plants", head.plants), ("nearly plants", head.nearly_plants)):
            for kind in kinds:
                if kind not in DETECTORS:
                    self._say((name,), f"there is no detector `{kind}`{_near(kind, DETECTORS)}")

    def _say(self, way: Way, words: str) -> None:
        self._wrong.append(f"{self._told.place(way)}: {words}")


_PLAINLY = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "is true or false",
    "list_type": "must be a list: begin each line with a dash, or write [one, two]",
    "dict_type": "must be names with what they stand for, such as {Mug: 1}",
    "too_short": "must not be empty",
}
"""What pydantic says to programmers, said to people."""


def _name(inside: tuple[str | int, ...], way: Way) -> str:
    return str(next((part for part in reversed((*way, *inside)) if isinstance(part, str)), "this"))


def _unknown_step(told: str, known: Iterable[str]) -> str:
    if told in CHECKS:
        return f"`{told}` is a check; put it under `then:`, or under `{MEANWHILE}:` between two steps"
    if told in HAPPENINGS:
        return f"`{told}` is something that happens; put it under `when:`"
    return f"unknown step `{told}`{_near(told, known)}"


def _near(told: object, known: Iterable[str]) -> str:
    words = list(known)
    near = difflib.get_close_matches(str(told), words, n=1, cutoff=0.5)
    if not near:
        near = [
            word for word in words if str(told).split(" ")[0] and word.startswith(str(told).split(" ")[0])
        ][:1]
    return f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(words)}"


def _allowed(model: type[BaseModel], inside: Iterable[str | int]) -> list[str]:
    """The words a model allows at a way within it."""
    for part in inside:
        if isinstance(part, int):
            continue
        for name, field in model.model_fields.items():
            found = _model_in(field.annotation) if spoken(name) == part or name == "root" else None
            if found is not None:
                model = found
    if "root" in model.model_fields:
        model = _model_in(model.model_fields["root"].annotation) or model
    return [spoken(name) for name in model.model_fields if name != "root"]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
