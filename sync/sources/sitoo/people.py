"""Who bought: orders carry no customer, only what somebody typed. This joins them to the account's users.

The rule, in this order; it decides which profile gets an event:

1. A usable e-mail address on the order names the person. A user with that address adds what is known of them.
2. Without one, the number of a customer system (CRM) on the order names the user who has it, and that
   user's address is the person's; without such a user the number itself.
3. Without that, the phone number names the user who *alone* has it; without such a user, or with several
   who have different addresses, the number itself.
4. An order with nothing of it usable has a customer who cannot be named, and never makes a profile.

Several users with one address (written in other letters, or registered twice) are one person: the record
changed last speaks, and what it leaves empty an older one fills in. Members of staff are no customers.
What contradicts itself, such as an address and a CRM number of two different users, is told as a note: the
stronger identifier counts, and nobody's records are merged.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sync.domain.clock import Clock
from sync.domain.contact import usable_email, usable_phone
from sync.domain.errors import SetAside
from sync.domain.facts import Customer
from sync.domain.profile import usable_external_id
from sync.sources.sitoo import wire
from sync.sources.sitoo.client import SitooClient, distinct
from sync.sources.sitoo.settings import Meaning

FRESH_S = 3600.0  # how long the directory is good for before it is read again
_USERS = wire.rows_decoder("customer", wire.User, "userid")
_FIELDS = wire.User.__struct_fields__
_LOOKED_UP_MAX = 10_000


@dataclass(slots=True)
class _Known:
    """Users by what names them."""

    by_email: dict[str, wire.User] = field(default_factory=dict)
    by_phone: dict[str, set[str]] = field(default_factory=dict)  # their addresses
    by_number: dict[str, str] = field(default_factory=dict)  # a CRM number's address


@dataclass(frozen=True, slots=True)
class Found:
    """Whom an order is for, and what about them contradicts itself."""

    customer_id: str | None = None
    customer: Customer | None = None
    notes: tuple[SetAside, ...] = ()


NOBODY = Found()


class People:
    """The account's users, read as a whole when first needed and again when an hour has passed."""

    def __init__(
        self, client: SitooClient, clock: Clock, *, account_id: str, country: str, meaning: Meaning
    ) -> None:
        """`country` reads phone numbers that do not name theirs, where the shop names none."""
        self._client = client
        self._clock = clock
        self._account_id = account_id
        self._country = country
        self._meaning = meaning
        self._known: _Known | None = None
        self._read_s = 0.0
        self._looked_up: set[str] = set()

    def all(self, since: datetime | None) -> Iterator[tuple[list[Customer], tuple[SetAside, ...], int]]:
        """Every customer changed since then, a thousand at a time, each address once, as its merged record.

        With the first lot come the users that could not be read and the number of rows. Afterwards the
        directory is fresh.
        """
        known, rows = _Known(), 0
        aside: list[SetAside] = []
        for page in self._client.listed("users.json", _USERS, _FIELDS):
            for user in page.rows:
                self._learn(known, user)
            aside += page.set_aside
            rows += page.sent_count
        self._keep(known)
        after_s = 0 if since is None else int(since.timestamp())
        changed = (user for user in known.by_email.values() if (user.datemodified or after_s) >= after_s)
        people = [self._customer(user) for user in changed]
        for start in range(0, max(1, len(people)), 1000):
            first = not start
            yield people[start : start + 1000], tuple(aside) if first else (), rows if first else 0

    def live_in(self, country: str) -> None:
        """Read phone numbers that do not name their country by this one, unless the settings name another."""
        self._country = self._country or country

    def members(self) -> list[Customer]:
        """The customers who have a number in a customer system, in the order of these numbers."""
        numbered = map(self._customer, self._directory.by_email.values())
        return sorted((each for each in numbered if each.external_id), key=lambda each: each.external_id)

    def of(self, row: wire.Order, country: str) -> Found:
        """Whom this order is for."""
        extra = wire.texts(row.additionaldata)
        number = next(
            (extra[key] for key in self._meaning.crm_keys if extra.get(key, "").strip()), ""
        ).strip()
        if not any(text and text.strip() for text in (row.email, row.phone, number)):
            return NOBODY
        country = country or self._country
        email = usable_email(row.email or "")
        phone = usable_phone(row.phone or "", (row.invoice_countryid or country).upper())
        number = usable_external_id(number) or ""
        address, notes = self._address(email, phone, number)
        user = self._directory.by_email.get(address or "")
        identity = address or (f"id:{number}" if number else phone or "")
        customer_id = wire.guid(user.userid) if user else f"guest-{self._pseudonym(identity or row)}"
        if user is None:
            customer = _guest(row, customer_id, address or row.email or "", phone or row.phone or "", number)
        else:
            known = self._customer(user)
            customer = known if known.external_id or not number else replace(known, external_id=number)
        told = tuple(SetAside("customer", customer_id, "inconsistent_profile", words) for words in notes)
        return Found(customer_id, customer, told)

    def _address(self, email: str | None, phone: str | None, number: str) -> tuple[str | None, list[str]]:
        """The e-mail address that the rule gives the order, and what contradicts it."""
        known, notes = self._directory, []
        by_number = self._by_number(number) if number and not email else known.by_number.get(number)
        if email:
            if by_number and by_number != email:
                notes.append("the receipt's e-mail address and customer number belong to two users; "
                             "the address counts")  # fmt: skip
            return email, notes
        if by_number:
            return by_number, notes
        if number or not phone:
            return None, notes
        owners = self._by_phone(phone)
        if len(owners) > 1:
            notes.append("several users have the receipt's phone number; the number itself counts")
        return (next(iter(owners)) if len(owners) == 1 else None), notes

    def _customer(self, user: wire.User) -> Customer:
        country = (user.countryid or "").upper()
        raw = (user.mobile or "").strip() or (user.phone or "").strip()
        return Customer(
            wire.guid(user.userid),
            (user.email or "").strip(),
            usable_phone(raw, country or self._country) or raw,
            user.namefirst or "",
            user.namelast or "",
            user.company or "",
            city=user.city or "",
            region=user.state or "",
            zip=user.zip or "",
            country=country,
            created_at=datetime.fromtimestamp(user.datecreated, UTC) if user.datecreated else None,
            external_id=_number_of(user),
        )

    @property
    def _directory(self) -> _Known:
        if self._known is None or self._clock.monotonic() - self._read_s > FRESH_S:
            known = _Known()
            for rows in distinct(
                self._client.listed("users.json", _USERS, _FIELDS), lambda user: user.userid
            ):
                for user in rows:
                    self._learn(known, user)
            self._keep(known)
        assert self._known is not None, "just read"
        return self._known

    def _keep(self, known: _Known) -> None:
        self._known, self._read_s = known, self._clock.monotonic()
        self._looked_up.clear()

    def _by_number(self, number: str) -> str | None:
        """The address of the user with this CRM number, who may have come since the directory was read."""
        found = self._directory.by_number.get(number)
        return found or self._looked("customernumber", number).by_number.get(number)

    def _by_phone(self, phone: str) -> set[str]:
        found = self._directory.by_phone.get(phone, set())
        return found or self._looked("mobile", phone).by_phone.get(phone, set())

    def _looked(self, filter_name: str, value: str) -> _Known:
        known = self._directory
        asked = f"{filter_name}={value}"
        fresh = self._clock.monotonic() - self._read_s < 1.0
        if fresh or asked in self._looked_up:
            return known
        if len(self._looked_up) > _LOOKED_UP_MAX:
            self._looked_up.clear()
        self._looked_up.add(asked)
        for user in self._client.rows("users.json", _USERS, _FIELDS, {filter_name: value}):
            self._learn(known, user)
        return known

    def _learn(self, known: _Known, user: wire.User) -> None:
        email = usable_email(user.email or "")
        if email is None or user.role is not None:
            return
        merged = _merged(known.by_email.get(email), user)
        known.by_email[email] = merged
        for raw in (user.mobile, user.phone):
            phone = usable_phone(raw or "", (user.countryid or self._country).upper())
            if phone:
                known.by_phone.setdefault(phone, set()).add(email)
        for number in (user.customernumber, user.externalid):
            if number and number.strip():
                known.by_number.setdefault(number.strip(), email)

    def _pseudonym(self, identity: object) -> str:
        text = identity if isinstance(identity, str) else f"{getattr(identity, 'orderid', '')}"
        key = f"{self._account_id}:{text}".encode()
        return hashlib.blake2b(key, digest_size=8).hexdigest()


def _guest(row: wire.Order, customer_id: str, email: str, phone: str, number: str) -> Customer:
    """A person of whom only the receipt knows."""
    return Customer(
        customer_id,
        email,
        phone,
        row.namefirst or "",
        row.namelast or "",
        row.company or "",
        city=row.invoice_city or "",
        region=row.invoice_state or "",
        zip=row.invoice_zip or "",
        country=(row.invoice_countryid or "").upper(),
        external_id=number,
    )


def _merged(before: wire.User | None, user: wire.User) -> wire.User:
    """Two records of one person: the one changed last speaks, the other fills its gaps."""
    if before is None:
        return user
    order = sorted((before, user), key=lambda each: (each.datemodified or 0, wire.guid(each.userid)))
    older, newer = order
    values = {name: getattr(newer, name) or getattr(older, name) for name in _FIELDS}
    return wire.User(**values)


def _number_of(user: wire.User) -> str:
    return usable_external_id(user.customernumber or "") or usable_external_id(user.externalid or "") or ""
