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
    return {"oneOf": [mapping, {"type": "string"}]}


def _content(model: type[BaseModel], defs: dict[str, Any]) -> dict[str, Any]:
    told = _of(model, defs)
    name = model.__name__
    defs[name] = told
    reference = {"$ref": f"#/$defs/{name}"}
    if not issubclass(model, Words):
        return reference
    if model.SHORT:
        short = told["properties"][spoken(model.SHORT)]
        return {"anyOf": [reference, short]}
    return reference if told.get("required") else {"anyOf": [reference, {"type": "null"}]}


def _of(model: type[BaseModel], defs: dict[str, Any]) -> dict[str, Any]:
    told = model.model_json_schema(
        by_alias=True, mode="validation", ref_template="#/$defs/{model}", schema_generator=GenerateJsonSchema
    )
    defs.update(told.pop("$defs", {}))
    return told
