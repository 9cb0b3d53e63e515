"""A story as its file: one step a line, as people write them."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9](?:[\w ./+@()-]|:(?=\d))*")
_TAKEN = re.compile(r"-?\d+(\.\d+)?|true|false|null|~", re.IGNORECASE)


def text_of(story: Mapping[str, Any]) -> str:
    """The whole file."""
    lines = []
    for name, value in story.items():
        if name == "given":
            lines += ["given:", *(f"  {key}: {_flow(one)}" for key, one in value.items())]
        elif name in ("when", "then"):
            lines += [f"{name}:", *(f"  - {_step(one)}" for one in value)] if value else [f"{name}: []"]
        else:
            lines.append(f"{name}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _step(step: Mapping[str, Any]) -> str:
    ((word, content),) = step.items()
    if not content:
        return "sync: once" if word == "sync" else word
    return f"{word}: {_flow(content)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not _TAKEN.fullmatch(value) and value == value.strip()
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "null" if value is None else str(value).lower()
