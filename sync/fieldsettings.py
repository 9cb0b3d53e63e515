"""An account's own names for properties, held against what its preset's mapping gives."""

from collections.abc import Mapping

from pydantic import Field

from sync.domain.presets import Fields
from sync.klaviyo import klavx
from sync.sources.fields import Strict

_NAMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "klavx": (klavx.EVENT_FIELDS, klavx.PROFILE_FIELDS),
}
_FIXED = klavx.FIXED_FIELDS
_NAME_MAX = 255


class FieldSettings(Strict):
    """Properties renamed, left out and added."""

    rename: Mapping[str, str] = Field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    constants: Mapping[str, str | int | float | bool] = Field(default_factory=dict)

    def resolved(self) -> Fields:
        """The same for the payload builder."""
        return Fields(self.rename, self.drop, self.constants)


def mistakes(mapping: str, events: FieldSettings, profiles: FieldSettings) -> list[str]:
    """What is wrong with an account's own names, one sentence each."""
    told = [(name, fields) for name, fields in (("event_fields", events), ("profile_fields", profiles))]
    if mapping not in _NAMES:
        return [
            f"{name}: the mapping {mapping} takes no names of your own"
            for name, fields in told
            if fields.resolved().changes
        ]
    return [
        f"{name}: {mistake}"
        for (name, fields), known in zip(told, _NAMES[mapping], strict=True)
        for mistake in _mistakes(fields, known)
    ]


def _mistakes(fields: FieldSettings, known: tuple[str, ...]) -> list[str]:
    touched = [*fields.rename, *fields.drop]
    found = [
        f"there is no property {name}; there are {', '.join(known)}" for name in touched if name not in known
    ]
    found += [f"{name} must stay: the monitor finds sales by it" for name in touched if name in _FIXED]
    new = [*fields.rename.values(), *fields.constants]
    found += [
        f"{name!r} cannot be a name: it needs 1 to {_NAME_MAX} characters, the first one no $"
        for name in new
        if not 0 < len(name.strip()) <= _NAME_MAX or name.startswith("$")
    ]
    left = [name for name in known if name not in fields.rename and name not in fields.drop]
    twice = sorted({name for name in new if [*new, *left].count(name) > 1})
    found += [f"two properties would be called {name}" for name in twice]
    return found
