"""The judge: looks at the till's truth and at Klaviyo's, and at nothing that lies between them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fakes.klaviyo.eventstore import StoredEvent
from fakes.klaviyo.state import State as KlaviyoState
from scenarios.simulation.receipts import (
    PLACED,
    SHIPPED,
    House,
    Key,
    Receipt,
    Want,
    canceled,
    placed,
    usable,
    wanted,
)
from scenarios.simulation.tills import Hand


@dataclass(slots=True)
class Witness:
    """Remembers what was right at any time: what was sent stays right when the till changes its mind."""

    hand: Hand
    klaviyo: KlaviyoState
    ever: dict[Key, set[Want]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    void_unsent: set[str] = field(default_factory=set)  # sales voided before Klaviyo had them
    known: frozenset[str] = frozenset()  # the addresses Klaviyo had before the latest run
    cut_short: bool = False  # whether a run has died: it may have claimed what a later one must then send

    def look(self) -> None:
        """Take in both ends as they are. To be called whenever the till changed, and before each run.

        Whom Klaviyo knows is taken in here only: a profile made by what was wrongly sent excuses nothing.
        """
        profiles = self.klaviyo.profiles.all
        self.known = frozenset(str(one.attributes.get("email") or "").lower() for one in profiles)
        self._now()

    def complaints(self, *, complete: bool) -> list[str]:
        """What is wrong now. `complete` also asks that nothing is missing: after a run that went well."""
        receipts, now = self._now()
        events = self._events()
        held = Counter(key for key, _ in events)
        told = [f"doubled {_name(key)} x{count}" for key, count in sorted(held.items()) if count > 1]
        told += self._voids(receipts, held)
        told += [line for key, event in events for line in self._wrong(key, event)]
        told += self._scattered(events)
        if complete:
            told += [f"lost {_name(key)}" for key in sorted(now.keys() - held.keys())]
        return told

    def right(self) -> set[Key]:
        """What ought to lie in Klaviyo, and what lies there and was right when it was sent."""
        receipts, now = self._now()
        house = self.hand.house
        void = {
            canceled(receipt, house)
            for receipt in receipts
            if receipt.state == "void" and "canceled" in house.kinds and self._has(placed(receipt, house))
        }
        there = {key for key, _ in self._events()}
        return {key for key in {*now, *there, *void} if self.ever.get(key)}

    def outdated(self) -> set[Key]:
        """What was right when it was sent and is not today: its buyer is another, or has no address."""
        _, now = self._now()
        people = self.hand.people()
        return {
            key
            for key, event in self._events()
            if key in self.ever
            and event.email not in {people.get(one, "").lower() for one in _people_of(now.get(key))}
        }

    def _now(self) -> tuple[Sequence[Receipt], Mapping[Key, Want]]:
        receipts = self.hand.receipts()
        house = self.hand.house
        people = self.hand.people()
        for number, address in people.items():
            if usable(address):
                self.addresses[number].add(address.lower())
        now = wanted(receipts, house, self._may)
        for key, want in now.items():
            self.ever[key].add(want)
        for receipt in receipts:
            if receipt.state == "void":
                self._meet_void(receipt, house)
        return receipts, now

    def _may(self, person: str) -> bool:
        address = self.hand.people().get(person, "")
        return usable(address) and self.hand.may_send(person, self.known)

    def _meet_void(self, receipt: Receipt, house: House) -> None:
        mine = set(self.ever.get(placed(receipt, house), ()))
        key = canceled(receipt, house)
        if key in self.ever or receipt.sale_id in self.void_unsent:
            return
        if self.cut_short or self._has(placed(receipt, house)):
            self.ever[key] |= mine
        else:
            self.void_unsent.add(receipt.sale_id)

    def _has(self, key: Key) -> bool:
        return bool(self.klaviyo.find_events(self.hand.metrics[key[0]], key[1]))

    def _events(self) -> list[tuple[Key, StoredEvent]]:
        kinds = {name: kind for kind, name in self.hand.metrics.items()}
        return [
            ((kinds[event.metric_name], event.unique_id), event)
            for event in self.klaviyo.find_events()
            if event.metric_name in kinds
        ]

    def _voids(self, receipts: Sequence[Receipt], held: Mapping[Key, int]) -> list[str]:
        told, house = [], self.hand.house
        for receipt in receipts:
            if receipt.state != "void" or not house.kinds >= {"canceled"}:
                continue
            sent, taken_back = placed(receipt, house) in held, canceled(receipt, house) in held
            if sent and receipt.sale_id in self.void_unsent:
                told.append(f"sent although voided before: {_name(placed(receipt, house))}")
            if taken_back and not sent:
                told.append(f"canceled what never was: {_name(canceled(receipt, house))}")
        return told

    def not_taken_back(self) -> list[str]:
        """Sales that are void at the till and not in Klaviyo; asked after a run that went well."""
        house = self.hand.house
        return [
            f"void but not canceled: {receipt.sale_id}"
            for receipt in self.hand.receipts()
            if receipt.state == "void"
            and "canceled" in house.kinds
            and self._has(placed(receipt, house))
            and not self._has(canceled(receipt, house))
        ]

    def _wrong(self, key: Key, event: StoredEvent) -> list[str]:
        wants = self.ever.get(key)
        if not wants:
            return [f"nobody asked for {_name(key)}"]
        told = []
        value = event.value if event.value is not None else Decimal(0)
        if value not in {Decimal(want.value_minor) / 100 for want in wants}:
            told.append(
                f"{_name(key)} is worth {value}, not {sorted(want.value_minor for want in wants)} minor"
            )
        if key[0] != "canceled" and event.at not in {want.at_s for want in wants}:
            told.append(f"{_name(key)} happened at {event.at}, not {sorted(want.at_s for want in wants)}")
        if (event.email or "") not in self._homes(key, wants):
            told.append(f"{_name(key)} lies on a profile that is none of its buyer's")
        if event.currency not in (None, self.hand.currency):
            told.append(f"{_name(key)} is in {event.currency}")
        return told

    def _homes(self, key: Key, wants: Iterable[Want]) -> set[str]:
        """The addresses whose profiles an event may lie on: goods for somebody else are that person's."""
        people = {one for want in wants for one in want.people}
        if key[0] == SHIPPED:
            people = {want.people[0] for want in wants}
            # Goods for the buyer follow their sale, which stays with whoever it was sent for.
            sales = {want.sale_id for want in wants if not _elsewhere(want)}
            placed_as = [(PLACED, f"{self.hand.house.head}{sale_id}") for sale_id in sales]
            people |= {one for each in placed_as for want in self.ever.get(each, ()) for one in want.people}
        return {address for one in people for address in self.addresses[one]}

    def _scattered(self, events: Sequence[tuple[Key, StoredEvent]]) -> list[str]:
        """One receipt's events lie on one profile; only goods for somebody else lie on another."""
        profiles: dict[str, set[str]] = defaultdict(set)
        for key, event in events:
            wants = self.ever.get(key, ())
            if key[0] == SHIPPED and any(_elsewhere(want) for want in wants):
                continue
            for sale_id in {want.sale_id for want in wants}:
                profiles[sale_id].add(event.profile_id)
        return [
            f"sale {sale_id} lies on {len(ids)} profiles" for sale_id, ids in profiles.items() if len(ids) > 1
        ]


def _elsewhere(shipped: Want) -> bool:
    """Whether goods go to somebody else than the buyer."""
    to, buyer = shipped.people
    return to != buyer


def _people_of(want: Want | None) -> tuple[str, ...]:
    return () if want is None else want.people


def _name(key: Key) -> str:
    return f"{key[0]} {key[1]}"
