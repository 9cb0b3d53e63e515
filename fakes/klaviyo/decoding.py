"""Bodies that do not fit their shape, told in Klaviyo's words."""

import re
from typing import TypeVar

import msgspec

from fakes.klaviyo.errors import Refusal, invalid, nothing_included, unknown_field

T = TypeVar("T")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`")


def decode(decoder: msgspec.json.Decoder[T], body: bytes, resource: str) -> T:
    """Decode a body. Raises Refusal for JSON that is broken or does not fit."""
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise explain(str(error), resource) from None


def explain(message: str, resource: str) -> Refusal:
    """The refusal for one of msgspec's messages."""
    found = _PATH.search(message)
    pointer = re.sub(r"\[(\d+)\]", r"/\1", found["path"]).replace(".", "/") if found else ""
    unknown = _UNKNOWN.match(message)
    if unknown:
        return unknown_field(unknown["name"], resource, f"{pointer}/{unknown['name']}")
    missing = _MISSING.match(message)
    if missing and missing["name"] in ("attributes", "data"):
        return nothing_included()
    if missing:
        return invalid(f"The field '{missing['name']}' is required.", f"{pointer}/{missing['name']}")
    return invalid("Invalid input" if found else "The request body is not valid JSON.", pointer or "/data")
