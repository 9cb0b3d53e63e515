"""A sale or shipment as read, and what the ledger knows of it, into what has to change. No database here.

An event that was sent, or may have been, is settled: its profile and its bytes stay. One still waiting may
be replaced or withdrawn. A sale voided after its Placed Order went out gets a Canceled Order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from sync.domain import planning
from sync.domain.eligibility import Exclusion, Verdict
from sync.domain.errors import SetAside
from sync.domain.facts import Customer, Sale, Shipment, Shop
from sync.domain.planning import Kind, PlannedEvent
from sync.domain.presets import Preset
from sync.domain.profile import anchored
from sync.klaviyo import payload
from sync.store import ledger
from sync.store.ledger import Draft, Known
from sync.store.rows import EventState

LIVE_FOR = timedelta(days=3)  # an event older than this is history: it fires no flows
_OF_SALES = frozenset({Kind.PLACED, Kind.PRODUCT, Kind.REFUNDED})
_PERSON = frozenset(
    {Exclusion.NO_EMAIL, Exclusion.UNUSABLE_EMAIL, Exclusion.NO_IDENTIFIER, Exclusion.NO_CONSENT}
)


@dataclass(slots=True)
class Changes:
    """What one page does to the ledger."""

    add: list[Draft] = field(default_factory=list)
    replace: list[tuple[int, Draft]] = field(default_factory=list)
    withdraw: list[int] = field(default_factory=list)
    letters: list[tuple[SetAside, str]] = field(default_factory=list)  # each with its sale
    settled: list[str] = field(default_factory=list)  # ids of events whose letters are answered


class Judge:
    """Applies one account's preset to what its source reads."""

    def __init__(self, preset: Preset, shops: Mapping[str, Shop], now_at: datetime, *, history: bool) -> None:
        """`history` marks everything as backfill; without it only what is older than `LIVE_FOR`."""
        self._preset = preset
        self._kinds = preset.kinds
        self._shops = shops
        self._now_at = now_at
        self._history = history
        self._live_from = now_at - LIVE_FOR

    def sale(self, sale: Sale, known: Sequence[Known], changes: Changes) -> list[PlannedEvent]:
        """Add to `changes` what this sale asks for; its plan, for counting and remembering."""
        planned = planning.plan_sale(sale, self._preset.policy, self._kinds)
        if known:
            planned.extend(self._cancellation(sale, known))
        self._settle(planned, known, changes, _OF_SALES)
        return planned

    def shipment(
        self, shipment: Shipment, sale: Sale, known: Sequence[Known], changes: Changes
    ) -> PlannedEvent:
        """The same for a shipment."""
        planned = planning.plan_shipment(shipment, sale, self._preset.policy, self._kinds)
        # Goods for the buyer follow their sale; those for somebody else are that person's, whenever they go.
        to_buyer = planned.customer_id == sale.customer_id
        mine = [event for event in known if event.event_id == planned.event_id or (to_buyer and event.frozen)]
        self._settle([planned], mine, changes, frozenset())
        return planned

    def again(
        self, sale: Sale, shipments: Iterable[Shipment], known: Sequence[Known], changes: Changes
    ) -> list[tuple[int, Draft]]:
        """The events of a sale that were sent, built anew for the profile they went to, each with its row."""
        planned = [
            *planning.plan_sale(sale, self._preset.policy, self._kinds),
            *self._cancellation(sale, known),
        ]
        planned += [planning.plan_shipment(one, sale, self._preset.policy, self._kinds) for one in shipments]
        sent = {(event.kind, event.event_id): event for event in known if event.state == EventState.SENT}
        found = []
        for event in planned:
            before = sent.get((event.kind, event.event_id))
            if before is None or not event.verdict.eligible:
                continue
            draft = self._built(_for(event, before.email), changes)
            if draft is not None:
                found.append((before.id, draft))
        return found

    def _cancellation(self, sale: Sale, known: Sequence[Known]) -> list[PlannedEvent]:
        went_out = any(event.kind == Kind.PLACED and event.frozen for event in known)
        if not (planning.voided(sale) and went_out and Kind.CANCELED in self._kinds):
            return []
        return [planning.plan_cancellation(sale, self._preset.policy)]

    def _settle(
        self,
        planned: Iterable[PlannedEvent],
        known: Sequence[Known],
        changes: Changes,
        withdrawable: frozenset[Kind],
    ) -> None:
        by_key = {(event.kind, event.event_id): event for event in known}
        # Its goods may have gone to somebody else.
        email = next((event.email for event in known if event.frozen and event.kind != Kind.SHIPPED), None)
        # A return whose original turned up later would now go under the original's id: once is enough.
        refunded = any(event.kind == Kind.REFUNDED and event.frozen for event in known)
        for event in planned:
            if not event.verdict.eligible:
                continue
            before = by_key.pop((event.kind, event.event_id), None)
            if before is None and refunded and event.kind is Kind.REFUNDED:
                continue
            if before is not None and before.frozen:
                continue
            self._draft(event if email is None else _for(event, email), before, changes)
        for left in by_key.values():
            if left.kind in withdrawable and not left.frozen and left.state != EventState.WITHDRAWN:
                changes.withdraw.append(left.id)
                changes.settled.append(left.event_id)

    def _draft(self, event: PlannedEvent, before: Known | None, changes: Changes) -> None:
        draft = self._built(event, changes)
        if draft is None:
            if before is not None:
                changes.withdraw.append(before.id)
        elif before is None:
            changes.add.append(draft)
        elif before.state == EventState.WITHDRAWN or not _same(before, draft):
            changes.replace.append((before.id, draft))
            changes.settled.append(event.event_id)

    def _built(self, event: PlannedEvent, changes: Changes) -> Draft | None:
        happened_at = event.happened_at
        try:
            built = payload.build(
                event,
                preset=self._preset,
                shop=self._shops.get(event.shop_id),
                backfill=self._history or (happened_at is not None and happened_at < self._live_from),
                now_at=self._now_at,
            )
        except payload.CannotSend as cannot:
            item = SetAside("event", event.event_id, cannot.reason, cannot.detail)
            changes.letters.append((item, event.sale_id))
            return None
        assert happened_at is not None, "a payload without a time is refused above"
        return Draft(
            event.kind, event.event_id, event.sale_id, built.email, int(happened_at.timestamp()),
            event.value_minor, event.currency, built.profile, built.event,
        )  # fmt: skip


def _same(before: Known, draft: Draft) -> bool:
    # Whether it goes out as history was settled when it was planned; by now the sale may merely be older.
    told = (draft.payload, payload.otherwise_delivered(draft.payload))
    return any(before.digest == ledger.digest(draft.profile, event) for event in told)


def _for(event: PlannedEvent, email: str) -> PlannedEvent:
    # The sale's profile was settled when its first event went out; a later change of the customer's address
    # must not spread one sale over two profiles.
    person = event.customer or Customer(event.customer_id or "")
    if person.email == email:
        return event
    return msgspec.structs.replace(event, customer=anchored(person, email))


def verdict_text(planned: Iterable[PlannedEvent]) -> str:
    """The reasons by kind, such as `placed=no_email+zero_value`; empty when everything is sent."""
    told = {event.kind: event.verdict for event in planned if not event.verdict.eligible}
    return " ".join(f"{kind}={_reasons(verdict)}" for kind, verdict in sorted(told.items()))


def person_missing(planned: Iterable[PlannedEvent]) -> str | None:
    """The customer whose missing address or consent kept something back; None when nobody's did."""
    for event in planned:
        if event.customer_id and not _PERSON.isdisjoint(event.verdict.exclusions):
            return event.customer_id
    return None


def _reasons(verdict: Verdict) -> str:
    return "+".join(reason.value for reason in verdict.exclusions)
