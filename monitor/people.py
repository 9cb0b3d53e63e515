"""The people behind events: whose profile each hangs on, and what they told Klaviyo about e-mail.

Addresses are read to be compared and forgotten with the run: none is written to evidence, report or log.
Source: Klaviyo's API description, revision 2026-07-15, profiles with their subscriptions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from sync.domain.clock import utc
from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed

_IDS_A_REQUEST = 100
SUBSCRIBED, UNSUBSCRIBED, NEVER = "subscribed", "unsubscribed", "never_subscribed"


@dataclass(frozen=True, slots=True)
class Person:
    """One profile: its address in lower case, empty without one, and its state of consent to e-mail."""

    email: str
    consent: str  # subscribed, unsubscribed (or suppressed) or never_subscribed
    created_at: datetime | None = None  # when Klaviyo first had the profile


class PeopleReader(Protocol):
    """Klaviyo's profiles being read; `ProfileReader` is one."""

    def by_ids(self, profile_ids: Sequence[str]) -> Mapping[str, Person]:
        """These profiles by id; those that are gone are absent."""
        ...


class _Marketing(msgspec.Struct):
    consent: str | None = None
    suppression: list[object] | None = None


class _Email(msgspec.Struct):
    marketing: _Marketing | None = None


class _Subscriptions(msgspec.Struct):
    email: _Email | None = None


class _Attributes(msgspec.Struct):
    email: str | None = None
    created: str | None = None
    subscriptions: _Subscriptions | None = None


class _Profile(msgspec.Struct):
    id: str
    attributes: _Attributes


_profiles = msgspec.json.Decoder(Listed[_Profile]).decode


class ProfileReader:
    """Reads profiles a hundred a request, by id only, so that no address ever stands in a URL."""

    def __init__(self, client: KlaviyoClient) -> None:
        """Share the client with the other readers: they spend the same limits."""
        self._client = client

    def by_ids(self, profile_ids: Sequence[str]) -> dict[str, Person]:
        """These profiles by id; those that are gone are absent. Raises ApiTrouble."""
        found: dict[str, Person] = {}
        for start in range(0, len(profile_ids), _IDS_A_REQUEST):
            ids = ",".join(f'"{one}"' for one in profile_ids[start : start + _IDS_A_REQUEST])
            params = {
                "filter": f"any(id,[{ids}])",
                "fields[profile]": "email,created,subscriptions",
                "additional-fields[profile]": "subscriptions",
                "page[size]": "100",
            }
            for page in self._client.pages(_profiles, "api/profiles", limits.PROFILES_READ, params):
                found.update({one.id: _person(one.attributes) for one in page.data})
        return found


def _person(told: _Attributes) -> Person:
    created_at = utc(told.created) if told.created else None
    return Person((told.email or "").strip().lower(), _consent(told.subscriptions), created_at)


def _consent(subscriptions: _Subscriptions | None) -> str:
    marketing = subscriptions.email.marketing if subscriptions and subscriptions.email else None
    if marketing is None:
        return NEVER
    if marketing.suppression or marketing.consent == "UNSUBSCRIBED":
        return UNSUBSCRIBED
    return SUBSCRIBED if marketing.consent == "SUBSCRIBED" else NEVER
