"""Whose telephone number is whose: one that is on somebody else's profile does not go along.

An import finds its profile by the e-mail address and, where Klaviyo knows no such address, by the telephone
number. With the number of a household the next of them would so take over the profile of the first: its
address is overwritten, and everything that the first ever bought is theirs. The address decides, so a number
goes along only where nobody of another address has it. Klaviyo's pages on events give the same advice: send
only identifiers that you are sure of.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sync.klaviyo import limits
from sync.klaviyo.client import KlaviyoClient, Listed

NUMBERS_MAX = 100  # of one question
_KEY = b'"phone_number"'


class _Row(msgspec.Struct):
    email: str = ""
    phone_number: str = ""


class _Attributes(msgspec.Struct):
    email: str | None = None
    phone_number: str | None = None


class _Profile(msgspec.Struct):
    attributes: _Attributes


_row = msgspec.json.Decoder(_Row).decode
_profiles = msgspec.json.Decoder(Listed[_Profile]).decode


def somebody_elses(client: KlaviyoClient, rows: Sequence[bytes]) -> set[int]:
    """The places of those rows (attributes of profiles) whose number is of somebody with another address.

    A number that nobody has yet and that rows of several addresses claim is nobody's: whose it is would be
    a guess. One on a profile without an address is free: whoever comes with an address is that person. Asks
    nothing when no row has an address and a number.
    """
    claims = {at: _row(each) for at, each in enumerate(rows) if _KEY in each}
    claims = {at: claim for at, claim in claims.items() if claim.email and claim.phone_number}
    if not claims:
        return set()
    claimants: dict[str, set[str]] = {}
    for claim in claims.values():
        claimants.setdefault(claim.phone_number, set()).add(claim.email.lower())
    alone = {number: next(iter(emails)) for number, emails in claimants.items() if len(emails) == 1}
    owners = {**alone, **dict(_owners(client, list(claimants)))}
    return {at for at, claim in claims.items() if owners.get(claim.phone_number) != claim.email.lower()}


def _owners(client: KlaviyoClient, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(numbers), NUMBERS_MAX):
        some = ",".join(msgspec.json.encode(one).decode() for one in numbers[start:][:NUMBERS_MAX])
        page: Mapping[str, str] = {
            "filter": f"any(phone_number,[{some}])",
            "fields[profile]": "email,phone_number",
            "page[size]": "100",
        }
        for found in client.pages(_profiles, "api/profiles", limits.PROFILES_READ, page):
            for one in found.data:
                if one.attributes.email and one.attributes.phone_number:
                    yield one.attributes.phone_number, one.attributes.email.lower()
