"""JSON or XML: which was asked for, and each turned into the other's shape.

R-Series thinks in XML; its JSON is what PHP makes of that XML, which is why one child is an object, several
are an array and an empty element is "". Here the JSON is written and the XML is made of it.
"""

import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import msgspec

from fakes.kit.refusing import Refused

JSON = "application/json"
XML = "application/vnd.merchantos.pos-v1+xml"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z")
_MONEY = re.compile(
    r"(amount|balance|change|total|price|cost|.*(Amount|Total|Price|Cost|Subtotal|Due|Discount|Payments))\Z"
)
_DEPTH_MAX = 60


def wants_xml(accept: str, path: str) -> bool:
    """XML unless the path ends in `.json` or JSON is accepted; the Accept header wins over the extension."""
    if "json" in accept:
        return False
    return "xml" in accept or not path.endswith(".json")


def bare(name: str) -> str:
    """A path segment without its extension."""
    return name.removesuffix(".json").removesuffix(".xml")


def xml_of(root: str, body: bytes, currency: str) -> bytes:
    """The XML of a JSON answer. Amounts carry their currency, as documented for payloads."""
    parts = ['<?xml version="1.0"?>\n']
    _write(parts, root, msgspec.json.decode(body), currency)
    return "".join(parts).encode()


def root_of(entity: str) -> str:
    """The element round a list, one row included: the plural."""
    return f"{entity[:-1]}ies" if entity.endswith("y") else f"{entity}s"


def _write(parts: list[str], name: str, value: Any, currency: str) -> None:
    if isinstance(value, list):
        for one in value:
            _write(parts, name, one, currency)
    elif isinstance(value, dict):
        attributes = "".join(
            f" {key}={quoteattr(_clean(text))}" for key, text in value.get("@attributes", {}).items()
        )
        parts.append(f"<{name}{attributes}>")
        for key, inner in value.items():
            if key != "@attributes":
                _write(parts, key, inner, currency)
        parts.append(f"</{name}>")
    elif value == "":
        parts.append(f"<{name}/>")
    else:
        unit = f" currency={quoteattr(currency)}" if _MONEY.match(name) and currency else ""
        parts.append(f"<{name}{unit}>{escape(_clean(str(value)))}</{name}>")


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def read_body(body: bytes) -> dict[str, Any]:
    """What a write says, from JSON or XML. Raises `Refused` (400) for anything that is no object."""
    text = body.lstrip()
    if text.startswith(b"<"):
        return _from_xml(text)
    if not text:
        raise Refused(400, "The request has no body.")
    try:
        read = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The request body is not valid JSON or XML.") from None
    if not isinstance(read, dict):
        raise Refused(400, "The request body must be an object.")
    if _too_deep(read):
        raise Refused(400, "The request body is nested too deeply.")
    return read


def _too_deep(read: Any) -> bool:
    level = [read]
    for _ in range(_DEPTH_MAX):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _from_xml(text: bytes) -> dict[str, Any]:
    if b"<!" in text.replace(b"<![CDATA[", b"").replace(b"<!--", b""):
        raise Refused(400, "A document type is not accepted.")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  without a document type there are no entities to expand
    except (ElementTree.ParseError, ValueError, LookupError):
        raise Refused(400, "The request body is not valid JSON or XML.") from None
    read = _element(root, 0)
    if not isinstance(read, dict):
        raise Refused(400, "The request body must be an object.")
    return read


def _element(element: ElementTree.Element, depth: int) -> dict[str, Any] | str:
    if depth > _DEPTH_MAX:
        raise Refused(400, "The request body is nested too deeply.")
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        value = _element(child, depth + 1)
        name = str(child.tag)
        if not _NAME.match(name):
            raise Refused(400, "The request body has an element of another namespace.")
        if name in found:
            known = found[name]
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[name] = value
    return found
