"""One page in, one transaction out: facts, verdicts, planned events, people, dead letters and the cursor.

Judging happens before the transaction, on what the ledger held; only this run writes the account's rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from sync.domain.clock import Clock
from sync.domain.contact import usable_email, usable_phone
from sync.domain.errors import SetAside
from sync.domain.facts import Customer, Marketing, Sale, Shipment, Shop
from sync.domain.planning import PlannedEvent
from sync.domain.presets import Preset
from sync.domain.profile import anchor
from sync.engine.checkpoints import Checkpoint
from sync.engine.judge import Changes, Judge, person_missing, verdict_text
from sync.engine.tally import Tally
from sync.klaviyo import payload
from sync.sources.protocol import Page
from sync.store import accounts, ledger, letters, people, sales, wishes
from sync.store.again import claim_again
from sync.store.database import Store
from sync.store.ledger import Known
from sync.store.people import Person
from sync.store.sales import SaleRecord

_MET_MAX = 10_000


@dataclass(slots=True)
class _Work:
    """What a page will write."""

    changes: Changes = field(default_factory=Changes)
    records: list[SaleRecord] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # about marketing, by address
    read_well: list[tuple[str, str]] = field(default_factory=list)  # subjects whose letters are answered
    phones_left_out_count: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        changes = self.changes
        return not (
            self.records or self.people or self.said
            or changes.add or changes.replace or changes.withdraw or changes.letters
        )  # fmt: skip


class Ingest:
    """Takes the pages of one account during one run."""

    def __init__(
        self,
        store: Store,
        account: int,
        *,
        preset: Preset,
        shops: Mapping[str, Shop],
        clock: Clock,
        checkpoint: Checkpoint,
        tally: Tally,
        rules: bytes,
    ) -> None:
        """`rules` goes into every fingerprint: when the rules change, all sales are judged again."""
        self._store = store
        self._account = account
        self._preset = preset
        self._countries = _countries(shops)
        self._told = frozenset({wishes.OPTED_OUT, *([wishes.CONSENTED] if preset.subscribe else [])})
        self._shops = shops
        self._clock = clock
        self._checkpoint = checkpoint
        self._tally = tally
        self._rules = rules
        self._met: dict[str, tuple[Customer, str]] = {}  # people already looked at in this run, as they were
        self._names = {kind.value: name for kind, name in preset.metrics.items()}

    def page(self, page: Page, cursor_name: str | None, *, history: bool = False, force: bool = False) -> int:
        """Take one page and commit it with its cursor under `cursor_name`; the number of events added.

        `history` sends everything as backfill and welcomes nobody; otherwise only what is old. `force`
        judges sales again that did not change. Raises StoreTrouble; then nothing was committed.
        """
        self._checkpoint("page read")
        with self._store.reading() as connection:
            work, answered = self._judged(connection, page, history, force)
            is_at = work.is_empty and self._is_at(connection, cursor_name, page.cursor)
        self._checkpoint("page judged")
        if not answered and is_at:
            self._count(page, work, 0)
            return 0
        now_s = int(self._clock.now().timestamp())
        with self._store.writing() as connection:
            added = self._write(connection, work, answered, history, now_s)
            if cursor_name is not None and page.cursor is not None:
                accounts.set_cursor(connection, self._account, cursor_name, page.cursor)
            self._checkpoint("page written")
        self._checkpoint("page committed")
        self._count(page, work, added)
        return added

    def _is_at(self, connection: Connection, cursor_name: str | None, cursor: str | None) -> bool:
        """Whether the cursor stands there already: most pages of a poll bring nothing new."""
        if cursor_name is None or cursor is None:
            return True
        return accounts.cursor(connection, self._account, cursor_name) == cursor

    def again(self, page: Page) -> int:
        """Claim once more whatever of these sales was sent before; the number of events to be sent again."""
        changes = Changes()
        judge = Judge(self._preset, self._shops, self._clock.now(), history=True)
        shipments: dict[str, list[Shipment]] = defaultdict(list)
        for shipment, sale in page.shipments:
            shipments[sale.sale_id].append(shipment)
        with self._store.reading() as connection:
            ids = [sale.sale_id for sale in page.sales]
            known = _by_sale(ledger.known_of(connection, self._account, ids))
        drafts = [
            draft
            for sale in page.sales
            for draft in judge.again(sale, shipments[sale.sale_id], known.get(sale.sale_id, ()), changes)
        ]
        now_s = int(self._clock.now().timestamp())
        with self._store.writing() as connection:
            return claim_again(connection, self._account, drafts, now_s)

    def look(self, page: Page) -> list[SetAside]:
        """Judge a page and count it, writing nothing; what would be set aside."""
        with self._store.reading() as connection:
            work, _ = self._judged(connection, page, history=False, force=False)
        self._tally.planned_count += len(work.changes.add)
        for draft in work.changes.add:
            name = self._names.get(draft.kind, draft.kind)
            if name not in self._tally.samples:
                self._tally.samples[name] = payload.properties_of(draft.payload, draft.email)
        self._count(page, work, 0)
        return [item for item, _ in work.changes.letters]

    def _judged(self, connection: Connection, page: Page, history: bool, force: bool) -> tuple[_Work, bool]:
        work = _Work()
        work.changes.letters.extend(
            (item, item.subject_id if item.subject == "sale" else "") for item in page.set_aside
        )
        judge = Judge(self._preset, self._shops, self._clock.now(), history=history)
        fresh = self._fresh(connection, page.sales, force)
        again = [sale.sale_id for sale, _, known in fresh if known]
        again += [sale.sale_id for _, sale in page.shipments]
        known = _by_sale(ledger.known_of(connection, self._account, again)) if again else {}
        answered = letters.exist(connection, self._account)
        if all(item.subject != "feed" for item in page.set_aside):
            work.read_well.append(("feed", page.feed))
        for sale, mark, _ in fresh:
            self._guarded("sale", sale.sale_id, work, lambda: self._sale(judge, sale, mark, known, work))  # noqa: B023 - called at once
        for shipment, sale in page.shipments:
            self._guarded(
                "shipment", shipment.shipment_id, work,
                lambda: self._shipment(judge, shipment, sale, known, work),  # noqa: B023 - called at once
            )  # fmt: skip
        for customer in page.customers:
            self._guarded("customer", customer.customer_id, work, lambda: self._person(customer, work))  # noqa: B023 - called at once
        return work, answered

    def _fresh(
        self, connection: Connection, read: Sequence[Sale], force: bool
    ) -> list[tuple[Sale, bytes, bool]]:
        """The sales that are new or changed, each with its fingerprint and whether it was known."""
        before = sales.fingerprints(connection, self._account, [sale.sale_id for sale in read])
        fresh = []
        for sale in read:
            mark, known = sales.fingerprint(sale, self._rules), before.get(sale.sale_id)
            if mark != known or force:
                fresh.append((sale, mark, known is not None))
        self._tally.unchanged_count += len(read) - len(fresh)
        return fresh

    def _sale(
        self, judge: Judge, sale: Sale, mark: bytes, known: Mapping[str, list[Known]], work: _Work
    ) -> None:
        planned = judge.sale(sale, known.get(sale.sale_id, ()), work.changes)
        work.records.append(_record(self._account, sale, mark, planned))
        work.read_well.append(("sale", sale.sale_id))
        if sale.customer is not None:
            self._person(sale.customer, work, self._near(sale))
        self._tally.meet(planned, self._names)

    def _shipment(
        self, judge: Judge, shipment: Shipment, sale: Sale, known: Mapping[str, list[Known]], work: _Work
    ) -> None:
        planned = judge.shipment(shipment, sale, known.get(sale.sale_id, ()), work.changes)
        work.read_well.append(("shipment", shipment.shipment_id))
        self._tally.meet([planned], self._names)

    def _person(self, customer: Customer, work: _Work, near: str = "") -> None:
        """Queue the profile of a customer we may write to, once a run unless it changes meanwhile.

        `near` is the country of the shop they were met in, where the account has several.
        """
        if self._met.get(customer.customer_id) == (customer, near):
            return
        self._met[customer.customer_id] = (customer, near)
        if len(self._met) > _MET_MAX:
            del self._met[next(iter(self._met))]
        email = anchor(customer, self._preset.policy.identifiers)
        self._wish(customer, work)
        if customer.archived or email is None or not self._may_write(customer):
            work.read_well.append(("customer", customer.customer_id))
            return
        country, unclear = self._phone_country(customer, near)
        try:
            attributes = payload.profile_attributes(customer, country, self._preset)
        except payload.CannotSend as cannot:
            item = SetAside("customer", customer.customer_id, cannot.reason, cannot.detail)
            work.changes.letters.append((item, ""))
            return
        if customer.phone.strip() and not unclear and usable_phone(customer.phone, country) is None:
            work.phones_left_out_count += 1
        work.people[email] = Person(email, customer.customer_id, attributes)
        work.read_well.append(("customer", customer.customer_id))

    def _may_write(self, customer: Customer) -> bool:
        policy = self._preset.policy
        if not policy.require_consent or customer.marketing is Marketing.CONSENTED:
            return True
        return policy.known_profiles_suffice and customer.known_since is not None

    def _wish(self, customer: Customer, work: _Work) -> None:
        """Keep what the customer said about marketing, where this till says anything about it."""
        says = customer.marketing is not Marketing.UNKNOWN or self._preset.policy.known_profiles_suffice
        email = usable_email(customer.email) if says and not customer.archived else None
        if email is not None:
            work.said[email] = customer.marketing.value

    def _near(self, sale: Sale) -> str:
        """The country of the sale's shop, where it says more than the account does."""
        shop = self._shops.get(sale.shop_id) if len(self._countries) > 1 else None
        return shop.country if shop is not None else ""

    def _phone_country(self, customer: Customer, near: str) -> tuple[str, bool]:
        """The country to read a phone number by, and whether that is unclear: then it is better left out.

        The customer's own comes first, then that of the shop they were met in. Without either the number
        must fit one country of the account and no other.
        """
        own = customer.country.strip().upper()
        if len(self._countries) == 1 and len(own) != 2:
            return self._countries[0], False
        for code in (own, near):
            if len(code) == 2 and usable_phone(customer.phone, code) is not None:
                return code, False
        fitting = [code for code in self._countries if usable_phone(customer.phone, code) is not None]
        if len({usable_phone(customer.phone, code) for code in fitting}) > 1:
            return "", True
        return (fitting or [*self._countries, ""])[0], False

    def _guarded(self, subject: str, subject_id: str, work: _Work, judge: Callable[[], None]) -> None:
        try:
            judge()
        except Exception as problem:  # noqa: BLE001 - one record's surprise must not stop the others; it is kept and counted
            name = type(problem).__name__
            detail = f"it could not be judged ({name}); this is a bug of tillproof: please report it"
            work.changes.letters.append(
                (SetAside(subject, subject_id, "surprise", detail), subject_id if subject == "sale" else "")
            )

    def _write(self, connection: Connection, work: _Work, answered: bool, history: bool, now_s: int) -> int:
        changes, account = work.changes, self._account
        # Oldest first, so that the order of the rows is the order of sending.
        added = ledger.plan(connection, account, sorted(changes.add, key=lambda d: d.happened_s), now_s)
        ledger.replace(connection, account, changes.replace, now_s)
        ledger.withdraw(connection, changes.withdraw, now_s)
        sales.remember(connection, work.records)
        if work.people:
            people.note(connection, account, list(work.people.values()), history=history)
        if work.said:
            wishes.note(connection, account, work.said, self._told, now_s)
        if answered:
            self._answer(connection, work)
        if changes.letters:
            letters.add(connection, account, changes.letters, self._clock.now())
        return added

    def _answer(self, connection: Connection, work: _Work) -> None:
        by_subject: dict[str, list[str]] = defaultdict(list)
        for subject, subject_id in work.read_well:
            by_subject[subject].append(subject_id)
        by_subject["event"] = [*work.changes.settled, *(draft.event_id for draft in work.changes.add)]
        for subject, ids in by_subject.items():
            letters.settle(connection, self._account, subject, ids, only_read=subject != "event")

    def _count(self, page: Page, work: _Work, added: int) -> None:
        tally, changes = self._tally, work.changes
        tally.rows_count += page.row_count
        tally.planned_count += added
        tally.changed_count += len(changes.replace)
        tally.withdrawn_count += len(changes.withdraw)
        tally.phones_left_out_count += work.phones_left_out_count
        tally.notes(page.notes)
        tally.letters(item.reason for item, _ in changes.letters)


def _record(account: int, sale: Sale, mark: bytes, planned: Iterable[PlannedEvent]) -> SaleRecord:
    missing = person_missing(planned)
    completed_s = None if sale.completed_at is None else int(sale.completed_at.timestamp())
    return SaleRecord(
        account, sale.sale_id, mark, sale.state.value, sale.shop_id, missing or sale.customer_id or "",
        completed_s, sale.total_minor, sale.currency, verdict_text(planned), 0 if missing is None else 1,
    )  # fmt: skip


def _by_sale(known: Iterable[Known]) -> dict[str, list[Known]]:
    grouped: dict[str, list[Known]] = defaultdict(list)
    for event in known:
        grouped[event.sale_id].append(event)
    return grouped


def _countries(shops: Mapping[str, Shop]) -> tuple[str, ...]:
    """The countries to read phone numbers by, the most common one first.

    The same for all shops, so that a customer seen in two of them keeps one number.
    """
    countries = sorted(shop.country for shop in shops.values() if shop.country)
    return tuple(sorted(set(countries), key=lambda code: (-countries.count(code), code)))
