"""The list of all words, made from the words themselves, for README.md."""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args, get_origin

from pydantic import BaseModel, RootModel

from scenarios.language.base import Words, spoken
from scenarios.language.examples import EXAMPLES, GIVEN, MEANS
from scenarios.language.given import Given
from scenarios.language.story import CHECKS, HAPPENINGS, MEANWHILE

BEGIN, END = "<!-- words -->", "<!-- /words -->"


def listed() -> str:
    """Every word with what may stand behind it, as Markdown."""
    lines = [*_table("given", _of(Given)), *_table("when", _steps(HAPPENINGS))]
    lines += [f"| `{MEANWHILE}` | {MEANS[MEANWHILE]} | a list of checks<br>`- meanwhile: [no alerts]` |"]
    lines += _table("then", _steps(CHECKS))
    lines += ["", "**choices**", "", "| of | one of |", "| --- | --- |"]
    lines += [f"| `{of}` | {', '.join(choices)} |" for of, choices in _choices()]
    return "\n".join(lines) + "\n"


def _choices() -> Iterator[tuple[str, list[str]]]:
    """What may be said where only certain words may, by the word and the thing; each list once."""
    told: dict[tuple[str, ...], list[str]] = {}
    for word, model in {**_given_words(), **HAPPENINGS, **CHECKS}.items():
        inner = _model_in(model.model_fields["root"].annotation) if issubclass(model, RootModel) else model
        for name, field in (inner.model_fields if inner else {}).items():
            choices = tuple(str(one) for one in _literals(field.annotation))
            if choices:
                told.setdefault(choices, []).append(f"{word}: {spoken(name)}")
    for choices, places in told.items():
        yield "`, `".join(places), list(choices)


def _given_words() -> dict[str, type[BaseModel]]:
    found = {spoken(name): _model_in(field.annotation) for name, field in Given.model_fields.items()}
    return {"given": Given, **{word: model for word, model in found.items() if model is not None}}


def _literals(annotation: object) -> tuple[object, ...]:
    """The choices of a `Literal`, wherever in an annotation it stands."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _literals(part))), ())


def put_into(text: str) -> str:
    """The text with the list between its two marks. Raises ValueError where they are not there."""
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{listed()}{END}{rest.split(END, 1)[1]}"


def _table(section: str, rows: Iterator[tuple[str, str, str]]) -> list[str]:
    lines = ["", f"**{section}**", "", "| word | what it does | with |", "| --- | --- | --- |"]
    return lines + [f"| `{word}` | {what} | {more} |" for word, what, more in rows]


def _steps(words: Mapping[str, type[BaseModel]]) -> Iterator[tuple[str, str, str]]:
    for word, model in words.items():
        example = f"<br>`- {EXAMPLES[word]}`" if word in EXAMPLES else ""
        yield word, MEANS.get(word, _said(model)), f"{_fields(model)}{example}"


def _of(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        inner, word = _model_in(field.annotation), spoken(name)
        what = MEANS.get(word) or field.description or (_said(inner) if inner else "")
        fields = f"{_fields(inner)}<br>" if inner else ""
        yield word, what, f"{fields}`{GIVEN[word]}`"


def _said(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").split("\n", 1)[0]


def _fields(model: type[BaseModel]) -> str:
    if issubclass(model, RootModel):
        inner = _model_in(model.model_fields["root"].annotation)
        return f"a list, each with {_fields(inner)}" if inner else "names and what they stand for"
    told = []
    for name, field in model.model_fields.items():
        word = f"**{spoken(name)}**" if issubclass(model, Words) and name == model.SHORT else spoken(name)
        told.append(word if field.is_required() else f"[{word}]")
    return ", ".join(told)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = getattr(annotation, "__args__", ())
    return next((found for part in inner if (found := _model_in(part))), None)
