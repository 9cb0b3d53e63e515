"""Klaviyo's schemas made strict: nothing undeclared passes, null only where it may be."""

from typing import Any

import jsonschema_rs

Schema = dict[str, Any]

# Where recorded traffic says more than the description, recorded traffic wins.
SEEN = {"conversation": {"type": "object"}, "conversations": {"type": "object"}}


class Schemas:
    """The request and response schemas of a whole description, compiled as they are asked for."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._named = whole["components"]["schemas"]
        self._answers = whole["components"]["responses"]

    def request(self, operation: dict[str, Any]) -> jsonschema_rs.Draft202012Validator | None:
        """For an operation's body; None when it takes none."""
        made = self.request_schema(operation)
        return None if made is None else jsonschema_rs.Draft202012Validator(made)

    def request_schema(self, operation: dict[str, Any]) -> Schema | None:
        """An operation's body as one JSON Schema 2020-12; None when it takes none."""
        if "requestBody" not in operation:
            return None
        content = next(iter(operation["requestBody"]["content"].values()))
        return self._made(content["schema"], (), strict=True)

    def response(
        self, operation: dict[str, Any], status: int, *, partly: bool = False
    ) -> jsonschema_rs.Draft202012Validator | None:
        """For an operation's answer; None when it has no body. Raises KeyError for an undeclared status.

        ``partly`` lets required members be absent.
        """
        known = operation["responses"]
        found = known[str(status)] if str(status) in known else known[f"{status // 100}XX"]
        if "$ref" in found:
            found = self._answers[found["$ref"].rpartition("/")[2]]
        if "content" not in found:
            return None
        schema = next(iter(found["content"].values()))["schema"]
        made = self._made(schema, (), strict=status < 300)
        return jsonschema_rs.Draft202012Validator(_without_required(made) if partly else made)

    def _made(self, schema: Schema, path: tuple[str, ...], *, strict: bool) -> Schema:
        """The schema with everything it refers to put in, as JSON Schema 2020-12."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if path.count(name) or len(path) > 40:
                return {}
            inner = self._named[name] | {k: v for k, v in schema.items() if k == "nullable"}
            return self._made(inner, (*path, name), strict=strict)
        if "allOf" in schema:
            merged: Schema = {}
            for part in schema["allOf"]:
                merged = self._merged(merged, self._resolved(part))
            merged |= {"nullable": True} if schema.get("nullable") else {}
            return self._made(merged, path, strict=strict)
        made = {k: v for k, v in schema.items() if k in ("type", "enum", "required", "format")}
        if "oneOf" in schema:
            made["anyOf"] = [self._made(part, path, strict=strict) for part in schema["oneOf"]]
        if "items" in schema:
            made["items"] = self._made(schema["items"], path, strict=strict)
        if "properties" in schema:
            made["properties"] = {
                name: self._member(name, part, (*path, name), strict=strict)
                for name, part in schema["properties"].items()
            }
            if strict and "additionalProperties" not in schema:
                made["additionalProperties"] = False
                if "push-tokens" in made["properties"]:
                    made["properties"] |= SEEN
        return _or_null(made) if schema.get("nullable") else made

    def _member(self, name: str, schema: Schema, path: tuple[str, ...], *, strict: bool) -> Schema:
        made = self._made(schema, path, strict=strict)
        # The first and the last page were recorded with null, not without the link.
        return _or_null(made) if name in ("next", "prev") else made

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return self._resolved(self._named[schema["$ref"].rpartition("/")[2]])
        return schema

    def _merged(self, into: Schema, more: Schema) -> Schema:
        """Two descriptions of one object as one: their properties together, deeply."""
        made = into | more
        held, added = into.get("properties", {}), more.get("properties", {})
        if held or added:
            both = {
                name: self._merged(self._resolved(held[name]), self._resolved(added[name]))
                for name in held.keys() & added.keys()
            }
            made["properties"] = held | added | both
        made["required"] = [*into.get("required", ()), *more.get("required", ())]
        return made


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    made = schema | {"type": [schema["type"], "null"]}
    return made | ({"enum": [*made["enum"], None]} if "enum" in made else {})


def _without_required(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_required(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    # A property may be called "required"; its value is then a schema, not a list of names.
    kept = {k: v for k, v in schema.items() if k != "required" or not isinstance(v, list)}
    return {k: _without_required(v) for k, v in kept.items()}
