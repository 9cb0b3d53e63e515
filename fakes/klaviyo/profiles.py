"""The profiles and who they are: identifiers, attributes, and how identifiers find a profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fakes.kit.ids import Ids
from fakes.klaviyo.identity import is_email, is_phone
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.values import Bad

TEXTS = ("first_name", "last_name", "organization", "locale", "title", "image")
LOCATION = (
    "address1", "address2", "city", "country", "region", "zip", "latitude", "longitude", "timezone", "ip",
)  # fmt: skip
KEYED = ("email", "phone_number", "external_id", "anonymous_id")
WRITABLE = frozenset((*KEYED, "_kx", *TEXTS, "location", "properties"))
PATCHES = ("append", "unappend", "unset")


class IdentifierTaken(Exception):
    """Another profile has one of the identifiers."""

    def __init__(self, owner: "Profile") -> None:
        super().__init__(owner.id)
        self.owner = owner


class UnknownProfile(Exception):
    """No profile has this id."""


@dataclass(slots=True)
class Profile:
    """One person. ``attributes`` holds identifiers and texts; absent members are null on the wire."""

    ordinal: int
    id: str
    created: datetime
    updated: datetime
    attributes: dict[str, Any] = field(default_factory=dict)
    location: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By channel (``email.marketing``): consent, consent_timestamp, method, …"""
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    list_suppressions: list[dict[str, Any]] = field(default_factory=list)
    push_tokens: list[dict[str, Any]] = field(default_factory=list)
    deleted: bool = False


class Profiles:
    """Every profile of the account, findable by id and by each identifier."""

    def __init__(self, ids: Ids, switches: Switches) -> None:
        self._ids = ids
        self._switches = switches
        self.all: list[Profile] = []
        self.by_id: dict[str, Profile] = {}
        self.by: dict[str, dict[Any, Profile]] = {name: {} for name in KEYED}

    def create(self, at: datetime, profile_id: str | None = None) -> Profile:
        """A new profile without identifiers."""
        profile = Profile(len(self.all), profile_id or self._ids.ulid(at), at, at)
        self.all.append(profile)
        self.by_id[profile.id] = profile
        return profile

    def delete(self, profile: Profile) -> None:
        """Forget everything but the id; its place among ``all`` stays, for the events that name it."""
        for name in KEYED:
            self._set(profile, name, None)
        del self.by_id[profile.id]
        empty = Profile(profile.ordinal, profile.id, profile.created, profile.updated, deleted=True)
        self.all[profile.ordinal] = empty

    def owner(self, name: str, value: object) -> Profile | None:
        """Who has this identifier."""
        return self.by[name].get(value)

    def cleaned(self, attributes: Mapping[str, Any], *, partial_phone: bool) -> tuple[dict[str, Any], bool]:
        """Check attributes as sent; returns them as they are kept, and whether a bad phone was ignored.

        Raises Bad. The caller has already refused unknown members.
        """
        clean = dict(attributes)
        clean.pop("_kx", None)
        email, phone, external = (clean.get(name) for name in ("email", "phone_number", "external_id"))
        if email is not None:
            if not is_email(email):
                raise Bad("Invalid email address", "email")
            clean["email"] = email.lower() if self._switches.email_lowercased else email
        if external is not None and not _is_external_id(external, self._switches.external_id_length_max):
            raise Bad("Invalid external_id", "external_id")
        if phone is not None and not is_phone(phone):
            if not partial_phone or (email is None and external is None):
                raise Bad(
                    "Invalid phone number format (Example of a valid format: +12345678901)", "phone_number"
                )
            del clean["phone_number"]
            return _checked_rest(clean), True
        return _checked_rest(clean), False

    def change(self, profile: Profile, clean: Mapping[str, Any], at: datetime) -> None:
        """Write cleaned attributes: absent leaves, null clears. Raises IdentifierTaken, changing nothing."""
        for name in KEYED:
            value = clean.get(name)
            holder = self.owner(name, value) if value is not None else None
            if holder is not None and holder is not profile:
                raise IdentifierTaken(holder)
        for name, value in clean.items():
            if name == "location":
                _merge(profile.location, value or {})
            elif name == "properties":
                profile.properties |= value or {}
            else:
                self._set(profile, name, value)
        profile.updated = at

    def upsert(
        self, clean: Mapping[str, Any], profile_id: str | None, patch: Mapping[str, Any] | None, at: datetime
    ) -> tuple[Profile, bool]:
        """Update the profile that an identifier points at, else create one; True if created.

        Raises IdentifierTaken when two profiles share the identifiers, UnknownProfile for an id that is none.
        """
        holders = self.holders(clean)
        if profile_id is not None and profile_id not in self.by_id:
            raise UnknownProfile(profile_id)
        person = self.by_id[profile_id] if profile_id is not None else next(iter(holders), None)
        others = [holder for holder in holders if holder is not person]
        if others:
            raise IdentifierTaken(others[0])
        made = person or self.create(at)
        self.change(made, clean, at)
        if patch:
            patch_properties(made.properties, patch)
        return made, person is None

    def holders(self, clean: Mapping[str, Any]) -> list[Profile]:
        """The profiles that these identifiers point at, strongest identifier first, each once."""
        found: dict[int, Profile] = {}
        for name in KEYED:
            value = clean.get(name)
            holder = self.owner(name, value) if value is not None else None
            if holder is not None:
                found[holder.ordinal] = holder
        return list(found.values())

    def _set(self, profile: Profile, name: str, value: object) -> None:
        if name in KEYED:
            old = profile.attributes.get(name)
            if old is not None and self.by[name].get(old) is profile:
                del self.by[name][old]
            if value is not None:
                self.by[name][value] = profile
        if value is None:
            profile.attributes.pop(name, None)
        else:
            profile.attributes[name] = value


def patch_properties(properties: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """Carry out ``meta.patch_properties``: append to and take from arrays, remove names."""
    for name, value in (patch.get("append") or {}).items():
        items = properties.get(name)
        old = items if isinstance(items, list) else [] if items is None else [items]
        new = value if isinstance(value, list) else [value]
        properties[name] = [*old, *(item for item in new if item not in old)]
    for name, value in (patch.get("unappend") or {}).items():
        gone = value if isinstance(value, list) else [value]
        if isinstance(properties.get(name), list):
            properties[name] = [item for item in properties[name] if item not in gone]
    unset = patch.get("unset") or []
    for name in [unset] if isinstance(unset, str) else unset:
        properties.pop(name, None)


def _checked_rest(clean: dict[str, Any]) -> dict[str, Any]:
    for name, value in clean.items():
        if value is None:
            continue
        if name in TEXTS and not isinstance(value, str):
            raise Bad(f"'{name}' must be a string", name)
        if name in ("location", "properties") and not isinstance(value, dict):
            raise Bad(f"'{name}' must be an object", name)
        if name == "location":
            for part in value:
                if part not in LOCATION:
                    raise Bad(
                        f"'{part}' is not a valid field for the resource 'location'.", f"location/{part}"
                    )
    return clean


def _is_external_id(value: object, length_max: int) -> bool:
    # An integer was seen to be accepted and echoed as an integer.
    if isinstance(value, int) and not isinstance(value, bool):
        return True
    return isinstance(value, str) and 0 < len(value) <= length_max


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            into.pop(name, None)
        else:
            into[name] = value
