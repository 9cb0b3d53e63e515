"""Whom Klaviyo knows: asked in hundreds by address, and followed by the time profiles were made."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from sync.domain.clock import utc
from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed
from sync.klaviyo.consent import any_email, in_filters

_REMEMBERED_MAX = 100_000


class _Attributes(msgspec.Struct):
    email: str | None = None
    created: str | None = None


class _Profile(msgspec.Struct):
    attributes: _Attributes


_profiles = msgspec.json.Decoder(Listed[_Profile]).decode


class KnownProfiles:
    """Since when Klaviyo has had a profile for an address. Remembers answers until `forget`."""

    def __init__(self, client: KlaviyoClient) -> None:
        """Share the client with the others: they spend the same limits."""
        self._client = client
        self._since: OrderedDict[str, datetime | None] = OrderedDict()

    def since(self, emails: Sequence[str]) -> Mapping[str, datetime]:
        """When the profiles of those among these addresses that have one were made."""
        unknown = [each for each in emails if each not in self._since]
        for some in in_filters(unknown):
            params = {"filter": any_email(some), "fields[profile]": "email,created", "page[size]": "100"}
            found = dict(self._read(params))
            self._since.update({each: found.get(each) for each in some})
        answer = {each: at for each in emails if (at := self._since.get(each)) is not None}
        while len(self._since) > _REMEMBERED_MAX:
            self._since.popitem(last=False)
        return answer

    def made_since(self, at: datetime) -> Iterator[str]:
        """The addresses of profiles made after an instant, oldest first."""
        params = {
            "filter": f"greater-than(created,{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')})",
            "fields[profile]": "email,created",
            "sort": "created",
            "page[size]": "100",
        }
        for email, made_at in self._read(params):
            self._since[email] = made_at
            yield email

    def forget(self) -> None:
        """Ask anew from now on: a new run begins."""
        self._since.clear()

    def forget_strangers(self) -> None:
        """Ask anew about those who had no profile: they may have one by now."""
        for email in [email for email, at in self._since.items() if at is None]:
            del self._since[email]

    def _read(self, params: Mapping[str, str]) -> Iterator[tuple[str, datetime]]:
        for page in self._client.pages(_profiles, "api/profiles", limits.PROFILES_READ, params):
            for one in page.data:
                if one.attributes.email and one.attributes.created:
                    yield one.attributes.email.lower(), utc(one.attributes.created)
