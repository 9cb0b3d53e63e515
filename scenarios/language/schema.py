"""The JSON Schema of a story, for editors that complete and check as one types."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from scenarios.language.base import Words, spoken
from scenarios.language.story import CHECKS, DETECTORS, HAPPENINGS, MEANWHILE, Head

FILE = Path(__file__).with_name("story.schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as data."""
    defs: dict[str, Any] = {}
    whole = _of(Head, defs)
    for name in ("plants", "nearly plants"):
        whole["properties"][name] = {
            "oneOf": [{"enum": list(DETECTORS)}, {"type": "array", "items": {"enum": list(DETECTORS)}}]
        }
    between = {MEANWHILE: {"type": "array", "items": {"$ref": "#/$defs/check"}}}
    defs["check"] = _step(CHECKS, defs)
    defs["happening"] = _step(HAPPENINGS, defs, between)
    whole["properties"] |= {
        "when": {"type": "array", "items": {"$ref": "#/$defs/happening"}},
        "then": {"type": "array", "items": {"$ref": "#/$defs/check"}},
    }
    whole["required"] = [*whole["required"], "when", "then"]
    return {"$schema": _DIALECT, "title": "tillproof story", **whole, "$defs": dict(sorted(defs.items()))}


def text() -> str:
    """The schema as it is kept beside this file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _step(
    words: Mapping[str, type[BaseModel]], defs: dict[str, Any], more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One word with what stands behind it, or a word alone."""
    properties = {word: _content(model, defs) for word, model in words.items()} | dict(more or {})
    mapping = {
        "type": "object", "properties": properties, "additionalProperties": False,
        "minProperties": 1, "maxProperties": 1,
    }  # fmt: skip
    alone = [text for word, model in words.items() for text in _alone(word, model, properties[word], defs)]
    return {"oneOf": [mapping, {"type": "string", "pattern": f"^(?:{'|'.join(alone)})$"}]}


def _alone(word: str, model: type[BaseModel], content: dict[str, Any], defs: dict[str, Any]) -> list[str]:
    """How a step reads as plain words: the word, or the word with its main thing."""
    told = [word] if {"type": "null"} in content.get("anyOf", ()) else []
    short = _short(model, content, defs)
    return told + ([f"{word} +(?:{short})"] if short else [])


def _short(model: type[BaseModel], content: dict[str, Any], defs: dict[str, Any]) -> str:
    """The pattern of what may stand alone behind a word; empty where that is no text."""
    if not issubclass(model, Words):
        return _pattern(defs[model.__name__])
    others = set(defs[model.__name__].get("required", ())) - {spoken(model.SHORT)}
    return _pattern(content["anyOf"][1]) if model.SHORT and not others else ""


def _pattern(told: Mapping[str, Any]) -> str:
    """The texts that a part of the schema takes."""
    if "enum" in told or "const" in told:
        return "|".join(map(str, told.get("enum", [told.get("const")])))
    if told.get("type") == "string":
        return str(told.get("pattern", "^.+$")).removeprefix("^").removesuffix("$")
    return "|".join(filter(None, map(_pattern, told.get("anyOf", ()))))


def _content(model: type[BaseModel], defs: dict[str, Any]) -> dict[str, Any]:
    told = _of(model, defs)
    name = model.__name__
    defs[name] = told
    reference = {"$ref": f"#/$defs/{name}"}
    if not issubclass(model, Words):
        return reference
    short = [told["properties"][spoken(model.SHORT)]] if model.SHORT else []
    nothing = [] if told.get("required") else [{"type": "null"}]
    return {"anyOf": [reference, *short, *nothing]} if short or nothing else reference


def _of(model: type[BaseModel], defs: dict[str, Any]) -> dict[str, Any]:
    told = model.model_json_schema(
        by_alias=True, mode="validation", ref_template="#/$defs/{model}", schema_generator=GenerateJsonSchema
    )
    defs.update(told.pop("$defs", {}))
    return told
