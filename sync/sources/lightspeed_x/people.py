"""The customers of a store: some asked for by id, or all of them read once and followed from then on.

Several customers may share one address. They are one person then: the record changed last speaks for
them, any opt-out wins, and they were first seen when the first of them was. Deleted records are asked
only where no other is left.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from sync.domain.contact import usable_email
from sync.domain.errors import SetAside
from sync.domain.facts import Customer, Marketing
from sync.http.errors import TooMuch
from sync.sources.lightspeed_x import parse, wire
from sync.sources.lightspeed_x.client import LightspeedXClient
from sync.sources.lightspeed_x.consent import Consent
from sync.sources.lightspeed_x.wire import UPSTREAM

PAGE_ROWS = 10_000
_FEW = 20  # so many customers are asked for singly; for more it is cheaper to read them all
_ALL_MAX = 2_000_000  # some 300 bytes each
_PARSED_MAX = 5_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(wire.Customer).decode


class People:
    """One store's customers. Not for use by several threads at once."""

    def __init__(
        self, client: LightspeedXClient, consent: Consent, groups: Callable[[], Mapping[str, str]]
    ) -> None:
        """`groups` gives the names of the customer groups by id."""
        self._client = client
        self._consent = consent
        self._groups = groups
        self._rows: dict[str, bytes] = {}
        self._ids: dict[str, list[str]] = {}  # customers by the form of the address that is sent
        self._asked: set[str] = set()  # addresses whose customers are all here
        self._gone: set[str] = set()
        self._all = False
        self._parsed: dict[str, Customer | None] = {}
        self._aside: list[SetAside] = []

    def take(self, rows: Iterable[wire.Customer]) -> None:
        """Keep these rows unless newer ones of the same customers are here."""
        for row in rows:
            if not row.id:
                continue
            before = self._rows.get(row.id)
            old = _decode(before) if before is not None else None
            if old is not None and (row.version or 0) < (old.version or 0):
                continue
            self._forget(row.id, old)
            if len(self._rows) >= _ALL_MAX:
                raise TooMuch(UPSTREAM, f"there are more than {_ALL_MAX:,} customers")
            self._rows[row.id] = _encode(row)
            self._gone.discard(row.id)
            email = usable_email(row.email or "")
            if email is not None:
                ids = self._ids.setdefault(email, [])
                ids.append(row.id)
                for each in ids:
                    self._parsed.pop(each, None)

    def read_all(self) -> None:
        """Read every customer, deleted ones too. From then on nobody is asked for singly but newcomers."""
        pages = self._client.changed("customers", 0, wire.DECODE_CUSTOMERS, page_size=PAGE_ROWS, deleted=True)
        for page in pages:
            self.take(page.rows)
            self._aside += page.set_aside
        self._all = True

    def all_read(self) -> None:
        """The caller has handed over every customer there is."""
        self._all = True

    def fetch(self, customer_ids: Iterable[str]) -> None:
        """Make sure that these customers and their namesakes are here, as far as they exist."""
        wanted = [each for each in dict.fromkeys(customer_ids) if not self._complete(each)]
        if not wanted:
            return
        if not self._all and len(wanted) > _FEW:
            self.read_all()
        for customer_id in wanted:
            self._fetch_one(customer_id)

    def renew(self, customer_ids: Iterable[str]) -> None:
        """Read those of these customers anew who are here, and their namesakes: what they want may be old."""
        wanted = [each for each in self.sharing(dict.fromkeys(customer_ids)) if each in self._rows]
        if self._all and len(wanted) > _FEW:
            self._follow()
            return
        for customer_id in wanted:
            found = self._client.one(f"customers/{customer_id}", wire.DECODE_CUSTOMER)
            if found is not None:
                self.take([found])

    def _follow(self) -> None:
        """Take every customer that changed since the last one that did."""
        rows = (_decode(packed) for packed in self._rows.values())
        after = max((row.version or 0 for row in rows), default=0)
        pages = self._client.changed(
            "customers", after, wire.DECODE_CUSTOMERS, page_size=PAGE_ROWS, deleted=True
        )
        for page in pages:
            self.take(page.rows)
            self._aside += page.set_aside

    def person(self, customer_id: str) -> Customer | None:
        """The person behind a customer, under this customer's id; None for nobody and for the WALKIN one."""
        if customer_id not in self._parsed:
            if len(self._parsed) >= _PARSED_MAX:
                self._parsed.clear()
            self._parsed[customer_id] = self._person(customer_id)
        return self._parsed[customer_id]

    def with_addresses(self, emails: Iterable[str]) -> list[Customer]:
        """Everybody with one of these addresses, in the form that is sent."""
        emails = list(dict.fromkeys(emails))
        wanted = [each for each in emails if not self._all and each not in self._asked]
        if len(wanted) > _FEW:
            self.read_all()
        else:
            for email in wanted:
                self._search(email)
        ids = [each for email in emails for each in self._ids.get(email, ())]
        return [person for each in dict.fromkeys(ids) if (person := self.person(each)) is not None]

    def walkin(self, customer_id: str) -> bool:
        """Whether this is the record that stands for nobody in particular."""
        row = self._row(customer_id)
        return row is not None and (row.customer_code or "").strip().upper() == parse.WALKIN

    def sharing(self, customer_ids: Iterable[str]) -> list[str]:
        """These customers and all who share an address with one of them."""
        found: dict[str, None] = {}
        for customer_id in customer_ids:
            found[customer_id] = None
            row = self._row(customer_id)
            email = usable_email(row.email or "") if row is not None else None
            found.update(dict.fromkeys(self._ids.get(email, ()) if email else ()))
        return list(found)

    def told(self) -> list[SetAside]:
        """The customers that could not be read since this was last asked."""
        aside, self._aside = self._aside, []
        return aside

    def forget_parsed(self) -> None:
        """Read everybody anew from their rows, because the names of groups changed."""
        self._parsed.clear()

    def _complete(self, customer_id: str) -> bool:
        if customer_id in self._gone:
            return True
        row = self._row(customer_id)
        if row is None or self._all:
            return row is not None
        email = usable_email(row.email or "")
        return email is None or email in self._asked

    def _fetch_one(self, customer_id: str) -> None:
        if customer_id not in self._rows:
            found = self._client.one(f"customers/{customer_id}", wire.DECODE_CUSTOMER)
            if found is None or not found.id:
                self._gone.add(customer_id)
                return
            self.take([found])
        row = self._row(customer_id)
        email = usable_email(row.email or "") if row is not None else None
        if self._all or email is None or email in self._asked:
            return
        self._search(email)

    def _search(self, email: str) -> None:
        for page in self._client.search("customers", {"email": email}, wire.DECODE_CUSTOMERS):
            self.take(each for each in page.rows if usable_email(each.email or "") == email)
        self._asked.add(email)

    def _person(self, customer_id: str) -> Customer | None:
        row = self._row(customer_id)
        if row is None or (row.customer_code or "").strip().upper() == parse.WALKIN:
            return None
        email = usable_email(row.email or "")
        ids = self._ids.get(email, ()) if email is not None else ()
        if len(ids) < 2:
            return parse.customer(row, self._consent, self._groups())
        rows = [found for found in map(self._row, ids) if found is not None]
        return replace(self._together(rows), customer_id=customer_id)

    def _together(self, rows: Sequence[wire.Customer]) -> Customer:
        living = [row for row in rows if not row.deleted_at] or list(rows)
        living.sort(key=lambda row: (row.version or 0, row.id or ""))
        people = [parse.customer(row, self._consent, self._groups()) for row in living]
        wishes = {person.marketing for person in people}
        first = [person.created_at for person in people if person.created_at is not None]
        return replace(
            people[-1],
            marketing=next((wish for wish in _STRONGEST if wish in wishes), Marketing.UNKNOWN),
            created_at=min(first, default=None),
            groups=tuple(dict.fromkeys(name for person in people for name in person.groups)),
            tags=tuple(dict.fromkeys(name for person in people for name in person.tags)),
        )

    def _row(self, customer_id: str) -> wire.Customer | None:
        packed = self._rows.get(customer_id)
        return _decode(packed) if packed is not None else None

    def _forget(self, customer_id: str, old: wire.Customer | None) -> None:
        self._parsed.pop(customer_id, None)
        email = usable_email(old.email or "") if old is not None else None
        if email is not None and customer_id in self._ids.get(email, ()):
            self._ids[email].remove(customer_id)
            for each in self._ids[email]:
                self._parsed.pop(each, None)


_STRONGEST = (Marketing.OPTED_OUT, Marketing.CONSENTED)
