"""Households as customers: seeded names and addresses, and e-mail addresses that are nobody's.

Faker's own domains are example.com and its like, which Klaviyo swallows after accepting; only the customers
who are meant to have such an address get one.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from faker import Faker

# Made-up words under an ordinary ending: nothing is ever sent to them, the fakes never leave the machine.
DOMAINS = (
    "quillhaven-post.com",
    "brambleletter-mail.com",
    "marlowfernpost.com",
    "tidewick-letters.net",
    "harrowmint-mail.com",
    "oldpennymailroom.net",
)
SWALLOWED = ("example.com", "test.com", "example.org")
BROKEN = ("{local}", "{local}@", "{local} at quillhaven-post.com", "{local}@tidewick..net")
HOSTILE_NAME = "<script>alert(1)</script>"

_AREA_CODES = (
    205, 212, 214, 216, 303, 305, 312, 313, 314, 317, 402, 404, 405, 412, 414, 415, 502, 503, 504, 505,
    512, 513, 602, 612, 614, 615, 617, 619, 702, 704, 713, 716, 801, 804, 808, 813, 816, 901, 904, 919,
)  # fmt: skip
_PHONE_SHAPES = ("{a}555{n}", "({a}) 555-{n}", "{a}-555-{n}", "{a}.555.{n}", "+1 {a} 555 {n}")
_NO_PHONES = ("call mornings", "555-01", "n/a")
_WITH_PHONE = 0.6
_WITH_COMPANY = 0.04
_IN_CAPITALS = 0.01  # 3 of 302 real customers were typed like that


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The households that get no e-mail address, one that Klaviyo swallows, or one that is none at all."""

    without: frozenset[int]
    swallowed: frozenset[int]
    broken: frozenset[int]
    opted_out: frozenset[int] = frozenset()  # reachable, and did not agree; only where a till asks
    known: frozenset[int] = frozenset()  # of those: whom Klaviyo knows all the same

    @property
    def no_address(self) -> frozenset[int]:
        """Every household without a usable e-mail address."""
        return self.without | self.swallowed | self.broken

    @property
    def all(self) -> frozenset[int]:
        """Every household no event can be credited to."""
        return self.no_address | (self.opted_out - self.known)


@dataclass(frozen=True, slots=True)
class Person:
    """A household's one shopper. `email` None: none is known; `phone` empty: none is known."""

    household: int
    first: str
    last: str
    email: str | None
    phone: str
    phone_kind: str  # Mobile or Home
    company: str
    street: str
    city: str
    state: str
    zip: str
    opted_out: bool  # said no to marketing
    reachable: bool  # has a usable e-mail address
    known: bool  # opted out, and has a profile in Klaviyo all the same


def people(households: list[int], unreachable: Unreachable, *, hostile: int, seed: int) -> Iterator[Person]:
    """The shopper of every household; the one of `hostile` is named like a script."""
    faker = Faker("en_US")
    for household in households:
        rng = random.Random(f"{seed}/household/{household}")
        faker.seed_instance(rng.getrandbits(48))
        first, last = faker.first_name(), faker.last_name()
        phone = _phone(household, rng) if rng.random() < _WITH_PHONE else ""
        name = HOSTILE_NAME if household == hostile else first
        email = _email(first, last, household, unreachable, rng)
        yield Person(
            household, name, last, email, phone,
            rng.choice(("Mobile", "Home")) if phone else "",
            faker.company() if rng.random() < _WITH_COMPANY else "",
            faker.street_address(), faker.city(),
            faker.state_abbr(include_territories=False, include_freely_associated_states=False),
            faker.zipcode(), household in unreachable.opted_out,
            household not in unreachable.no_address, household in unreachable.known,
        )  # fmt: skip


def _email(first: str, last: str, household: int, unreachable: Unreachable, rng: random.Random) -> str | None:
    local = f"{first}.{last}.{household}".lower().replace(" ", "").replace("'", "")
    if household in unreachable.without:
        return None
    if household in unreachable.swallowed:
        return f"{local}@{rng.choice(SWALLOWED)}"
    if household in unreachable.broken:
        return rng.choice(BROKEN).format(local=local)
    address = f"{local}@{rng.choice(DOMAINS)}"
    return address.upper() if rng.random() < _IN_CAPITALS else address


def _phone(household: int, rng: random.Random) -> str:
    """A number of the range kept for fiction (555-0100 to -0199), different for each household; or none."""
    if rng.random() < 0.02:
        return rng.choice(_NO_PHONES)
    code, number = divmod(household, 100)
    return rng.choice(_PHONE_SHAPES).format(a=_AREA_CODES[code % len(_AREA_CODES)], n=f"01{number:02d}")
