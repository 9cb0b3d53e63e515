"""Named choices for what a vendor leaves unknown: one mutable dataclass per fake, read and set by name.

A field may list its allowed values: ``field(default="a", metadata={"choices": ("a", "b")})``.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class SwitchRefused(ValueError):
    """An unknown switch, or a value it cannot take."""


def read(switches: "DataclassInstance") -> dict[str, Any]:
    """Every switch with its value."""
    return asdict(switches)


def write(switches: "DataclassInstance", changes: Mapping[str, Any]) -> None:
    """Set some switches; all or none. Raises SwitchRefused."""
    known = {f.name: f for f in fields(switches)}
    for name, value in changes.items():
        if name not in known:
            raise SwitchRefused(f"unknown switch {name!r}; known: {', '.join(sorted(known))}")
        choices = known[name].metadata.get("choices")
        if choices and value not in choices:
            raise SwitchRefused(f"{name} takes one of {choices}, not {value!r}")
        if not choices and not _same_kind(getattr(switches, name), value):
            raise SwitchRefused(f"{name} takes a {type(getattr(switches, name)).__name__}, not {value!r}")
    for name, value in changes.items():
        setattr(switches, name, value)


def reset(switches: "DataclassInstance") -> None:
    """Put every switch back to its default."""
    for f in fields(switches):
        if f.default is not MISSING:
            setattr(switches, f.name, f.default)
        elif f.default_factory is not MISSING:
            setattr(switches, f.name, f.default_factory())


def _same_kind(old: object, new: object) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, int | float):
        return isinstance(new, int | float)
    return old is None or isinstance(new, type(old))
