"""What a till's word about marketing does in Klaviyo. An opt-out always travels; nobody is called back.

Subscribing lifts an earlier unsubscription, so it is done only for somebody who never said anything to
Klaviyo; their state is read just before. Sources: Klaviyo's pages on collecting consent, revision 2026-07-15.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed

PEOPLE_MAX = 100  # of one request to unsubscribe, and of one look at profiles
_NEVER = "NEVER_SUBSCRIBED"
_TEXT_MAX = 6_000  # of addresses in one filter, for the sake of the length of its address
_JOBS = {
    "SUBSCRIBED": ("profile-subscription-bulk-create-job", limits.SUBSCRIBE),
    "UNSUBSCRIBED": ("profile-subscription-bulk-delete-job", limits.UNSUBSCRIBE),
}


@dataclass(frozen=True, slots=True)
class EmailState:
    """What Klaviyo knows of an address: its state of consent, and whether it is suppressed."""

    consent: str  # SUBSCRIBED, UNSUBSCRIBED or NEVER_SUBSCRIBED
    suppressed: bool

    @property
    def untouched(self) -> bool:
        """Whether the person never said yes or no to Klaviyo."""
        return self.consent == _NEVER and not self.suppressed


class _Marketing(msgspec.Struct):
    consent: str = _NEVER
    suppression: list[object] | None = None
    list_suppressions: list[object] | None = None


class _Email(msgspec.Struct):
    marketing: _Marketing | None = None


class _Subscriptions(msgspec.Struct):
    email: _Email | None = None


class _Attributes(msgspec.Struct):
    email: str | None = None
    subscriptions: _Subscriptions | None = None


class _Profile(msgspec.Struct):
    attributes: _Attributes


_profiles = msgspec.json.Decoder(Listed[_Profile]).decode


class ConsentWriter:
    """Tells Klaviyo what people said at the till. Addresses are in the form that is sent."""

    def __init__(self, client: KlaviyoClient) -> None:
        """Share the client with the others: they spend the same limits."""
        self._client = client

    def states(self, emails: Sequence[str]) -> dict[str, EmailState]:
        """The state of those addresses that have a profile."""
        found: dict[str, EmailState] = {}
        for some in in_filters(emails):
            params = {
                "filter": any_email(some),
                "fields[profile]": "email,subscriptions",
                "additional-fields[profile]": "subscriptions",
                "page[size]": "100",
            }
            for page in self._client.pages(_profiles, "api/profiles", limits.PROFILES_READ, params):
                found.update(
                    (one.attributes.email.lower(), _state(one)) for one in page.data if one.attributes.email
                )
        return found

    def opt_out(self, emails: Sequence[str]) -> int:
        """Unsubscribe those who have a profile and are not unsubscribed yet; how many were.

        Whoever has none gets none: an opt-out makes nobody known to Klaviyo.
        """
        states = self.states(emails)
        told = [each for each in emails if each in states and states[each].consent != "UNSUBSCRIBED"]
        for start in range(0, len(told), PEOPLE_MAX):
            self._send("UNSUBSCRIBED", told[start:][:PEOPLE_MAX], None)
        return len(told)

    def subscribe(self, emails: Sequence[str], list_id: str | None) -> int:
        """Subscribe those who never said yes or no to Klaviyo; how many were.

        The list's way of opting in decides, or the account's; a double opt-in writes to them first.
        """
        states = self.states(emails)
        fresh = [each for each in emails if each not in states or states[each].untouched]
        for start in range(0, len(fresh), PEOPLE_MAX):
            self._send("SUBSCRIBED", fresh[start:][:PEOPLE_MAX], list_id)
        return len(fresh)

    def _send(self, consent: str, emails: Sequence[str], list_id: str | None) -> None:
        job, bucket = _JOBS[consent]
        people = [
            {
                "type": "profile",
                "attributes": {
                    "email": email,
                    "subscriptions": {"email": {"marketing": {"consent": consent}}},
                },
            }
            for email in emails
        ]
        data: dict[str, object] = {"type": job, "attributes": {"profiles": {"data": people}}}
        if list_id is not None:
            data["relationships"] = {"list": {"data": {"type": "list", "id": list_id}}}
        self._client.post(f"api/{job}s", msgspec.json.encode({"data": data}), bucket)


def in_filters(emails: Sequence[str]) -> list[list[str]]:
    """The addresses in lots that fit one filter."""
    lots: list[list[str]] = []
    size = 0
    for email in dict.fromkeys(emails):
        if not lots or len(lots[-1]) == PEOPLE_MAX or size + len(email) > _TEXT_MAX:
            lots.append([])
            size = 0
        lots[-1].append(email)
        size += len(email)
    return lots


def any_email(emails: Sequence[str]) -> str:
    """The filter for profiles with any of these addresses."""
    return f"any(email,[{','.join(msgspec.json.encode(each).decode() for each in emails)}])"


def _state(profile: _Profile) -> EmailState:
    subscriptions = profile.attributes.subscriptions
    marketing = subscriptions.email.marketing if subscriptions and subscriptions.email else None
    if marketing is None:
        return EmailState(_NEVER, False)
    return EmailState(marketing.consent, bool(marketing.suppression or marketing.list_suppressions))
