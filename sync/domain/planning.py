"""Facts into planned events: what a sale or shipment should become, with the verdict on each.

Pure, shared by the sync (which sends) and the monitor (which expects). An exchange splits by the sign of
its lines; a refund is keyed to the sale whose lines it returns.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

import msgspec

from sync.domain import identity
from sync.domain.eligibility import Candidate, Exclusion, Policy, Verdict, judge
from sync.domain.facts import Customer, LineKind, Mark, OriginalSale, Sale, SaleLine, SaleState, Shipment

_PLAIN = Policy()


class Kind(StrEnum):
    """The kinds of event a sale can become. A preset names the metric of each."""

    PLACED = "placed"
    PRODUCT = "product"
    REFUNDED = "refunded"
    SHIPPED = "shipped"
    CANCELED = "canceled"


class PlannedEvent(msgspec.Struct, frozen=True, gc=False):
    """One event that ought to exist, or the reasons why not. An eligible one is worth zero or more.

    Made by the million, hence not a dataclass.
    """

    kind: Kind
    event_id: str
    sale_id: str  # the receipt that caused it
    order_id: str  # the sale Klaviyo knows it under; the original one for a linked refund
    shop_id: str
    happened_at: datetime | None  # None only when the sale is still open
    value_minor: int
    currency: str
    lines: tuple[SaleLine, ...]
    customer_id: str | None
    customer: Customer | None
    verdict: Verdict
    extra: tuple[tuple[str, str], ...] = ()  # further facts of the receipt


def plan_sale(sale: Sale, policy: Policy, kinds: frozenset[Kind]) -> list[PlannedEvent]:
    """Every event a sale should become: Placed Order and its products, and a refund per original sale."""
    if Mark.GIFT_CARD in sale.marks - policy.counted:
        return _beside_gift_cards(sale, policy, kinds)
    return _planned(sale, policy, kinds)


def _planned(sale: Sale, policy: Policy, kinds: frozenset[Kind]) -> list[PlannedEvent]:
    returned = tuple([line for line in sale.lines if line.returned])
    bought = tuple([line for line in sale.lines if not line.returned]) if returned else sale.lines
    planned: list[PlannedEvent] = []
    if bought or not returned:
        placed = _placed(sale, bought, returned, policy, kinds)
        planned.append(placed)
        planned.extend(_products(sale, bought, placed, kinds))
    if returned:
        planned.extend(_refunds(sale, returned, policy, kinds))
    return planned


def _beside_gift_cards(sale: Sale, policy: Policy, kinds: frozenset[Kind]) -> list[PlannedEvent]:
    """The rest of a receipt as usual, and its gift cards, which their mark leaves out by name."""
    rest, cards = _apart(sale)
    left_out = _planned(cards, policy, kinds)
    if rest is None:
        return left_out
    named = [msgspec.structs.replace(each, event_id=f"{each.event_id}:gift_card") for each in left_out]
    return [*_planned(rest, policy, kinds), *named]


def _apart(sale: Sale) -> tuple[Sale | None, Sale]:
    """A receipt without its gift cards, if anything is left of it then, and the gift cards alone."""
    cards = tuple(line for line in sale.lines if line.kind is LineKind.GIFT_CARD)
    rest = tuple(line for line in sale.lines if line.kind is not LineKind.GIFT_CARD)
    if all(line.kind is LineKind.ROUNDING for line in rest):
        return None, sale
    value_minor = sum(line.total_minor for line in cards)
    alone = replace(sale, total_minor=value_minor, lines=cards)
    others = sale.marks - {Mark.GIFT_CARD}
    return replace(sale, total_minor=sale.total_minor - value_minor, lines=rest, marks=others), alone


def plan_shipment(shipment: Shipment, sale: Sale, policy: Policy, kinds: frozenset[Kind]) -> PlannedEvent:
    """The Shipped Order of a shipment; only eligible once shipped, and only with a customer.

    Goods for somebody who could not be read are nobody's for now: never the buyer's.
    """
    customer_id = shipment.customer_id or sale.customer_id
    to_buyer = customer_id == sale.customer_id
    customer = shipment.customer or (sale.customer if to_buyer else None)
    candidate = Candidate(
        sale.state,
        _bought_minor(sale),
        customer_id,
        customer,
        sale.register_id,
        sale.web_source,
        shipment.shipped,
        sale.marks,
    )
    return PlannedEvent(
        kind=Kind.SHIPPED,
        event_id=identity.shipment_event_id(sale.source, sale.account_id, sale.sale_id, shipment.shipment_id),
        sale_id=sale.sale_id,
        order_id=sale.sale_id,
        shop_id=sale.shop_id,
        happened_at=shipment.changed_at,
        value_minor=candidate.value_minor,
        currency=sale.currency,
        lines=tuple(line for line in sale.lines if not line.returned),
        customer_id=customer_id,
        customer=customer,
        verdict=_switched(judge(candidate, policy), Kind.SHIPPED, kinds),
        extra=sale.extra,
    )


def plan_cancellation(sale: Sale, policy: Policy = _PLAIN) -> PlannedEvent:
    """The Canceled Order that makes up for a Placed Order sent before its sale was voided.

    Only the caller knows whether one was sent: the sync from its ledger, the monitor from Klaviyo.
    """
    if Mark.GIFT_CARD in sale.marks - policy.counted:
        sale = _apart(sale)[0] or sale
    return PlannedEvent(
        kind=Kind.CANCELED,
        event_id=identity.sale_event_id(sale.source, sale.account_id, sale.sale_id),
        sale_id=sale.sale_id,
        order_id=sale.sale_id,
        shop_id=sale.shop_id,
        happened_at=sale.changed_at,
        value_minor=_bought_minor(sale),
        currency=sale.currency,
        lines=tuple(line for line in sale.lines if not line.returned),
        customer_id=sale.customer_id,
        customer=sale.customer,
        verdict=Verdict(),
        extra=sale.extra,
    )


def _placed(
    sale: Sale,
    bought: tuple[SaleLine, ...],
    returned: tuple[SaleLine, ...],
    policy: Policy,
    kinds: frozenset[Kind],
) -> PlannedEvent:
    value_minor = sale.total_minor - sum(line.total_minor for line in returned)
    return PlannedEvent(
        kind=Kind.PLACED,
        event_id=identity.sale_event_id(sale.source, sale.account_id, sale.sale_id),
        sale_id=sale.sale_id,
        order_id=sale.sale_id,
        shop_id=sale.shop_id,
        happened_at=sale.completed_at,
        value_minor=value_minor,
        currency=sale.currency,
        lines=bought,
        customer_id=sale.customer_id,
        customer=sale.customer,
        verdict=_switched(judge(_candidate(sale, value_minor), policy), Kind.PLACED, kinds),
        extra=sale.extra,
    )


def _products(
    sale: Sale, bought: tuple[SaleLine, ...], placed: PlannedEvent, kinds: frozenset[Kind]
) -> list[PlannedEvent]:
    # A product shares the fate of its sale: one verdict for the receipt, whatever a single line is worth.
    verdict = _switched(_without_switch(placed.verdict), Kind.PRODUCT, kinds)
    head = identity.line_event_id(sale.source, sale.account_id, sale.sale_id, "")
    return [
        PlannedEvent(
            Kind.PRODUCT, head + line.line_id, sale.sale_id, sale.sale_id, sale.shop_id, sale.completed_at,
            line.subtotal_minor, sale.currency, (line,), sale.customer_id, sale.customer, verdict,
            sale.extra,
        )
        for line in bought
        if line.kind is LineKind.GOODS
    ]  # fmt: skip


def _refunds(
    sale: Sale, returned: tuple[SaleLine, ...], policy: Policy, kinds: frozenset[Kind]
) -> list[PlannedEvent]:
    groups: dict[str | None, list[SaleLine]] = defaultdict(list)
    owners = {line_id: original for original in sale.originals for line_id in original.quantities}
    for line in returned:
        original = owners.get(line.parent_line_id or "")
        groups[original.sale_id if original else None].append(line)
    by_id = {original.sale_id: original for original in sale.originals}
    return [
        _refund(sale, by_id[key] if key is not None else None, tuple(lines), policy, kinds)
        for key, lines in sorted(groups.items(), key=lambda group: group[0] or "")
    ]


def _refund(
    sale: Sale,
    original: OriginalSale | None,
    lines: tuple[SaleLine, ...],
    policy: Policy,
    kinds: frozenset[Kind],
) -> PlannedEvent:
    value_minor = -sum(line.total_minor for line in lines)
    # A clerk's partial refund often names nobody; the person is then the one who bought.
    customer_id, customer = sale.customer_id, sale.customer
    if customer_id is None and original is not None:
        customer_id, customer = original.customer_id, original.customer
    candidate = Candidate(
        sale.state, value_minor, customer_id, customer, sale.register_id, sale.web_source,
        marks=sale.marks,
    )  # fmt: skip
    return PlannedEvent(
        kind=Kind.REFUNDED,
        event_id=_refund_id(sale, original, lines),
        sale_id=sale.sale_id,
        order_id=original.sale_id if original else sale.sale_id,
        shop_id=sale.shop_id,
        happened_at=sale.completed_at,
        value_minor=value_minor,
        currency=sale.currency,
        lines=lines,
        customer_id=customer_id,
        customer=customer,
        verdict=_switched(judge(candidate, policy), Kind.REFUNDED, kinds),
        extra=sale.extra,
    )


def _refund_id(sale: Sale, original: OriginalSale | None, lines: tuple[SaleLine, ...]) -> str:
    if original is None:
        return identity.unlinked_refund_event_id(sale.source, sale.account_id, sale.sale_id)
    if _returns_everything(original, lines):
        return identity.sale_event_id(sale.source, sale.account_id, original.sale_id)
    return identity.partial_refund_event_id(sale.source, sale.account_id, original.sale_id, sale.sale_id)


def _returns_everything(original: OriginalSale, lines: tuple[SaleLine, ...]) -> bool:
    left = {line_id: quantity for line_id, quantity in original.quantities.items() if quantity > 0}
    for line in lines:
        if line.parent_line_id in left and line.kind is not LineKind.ROUNDING:
            left[line.parent_line_id] += line.quantity
    return bool(left) and all(quantity <= 0 for quantity in left.values())


def _bought_minor(sale: Sale) -> int:
    return sale.total_minor - sum(line.total_minor for line in sale.lines if line.returned)


def _candidate(sale: Sale, value_minor: int) -> Candidate:
    return Candidate(
        sale.state, value_minor, sale.customer_id, sale.customer, sale.register_id, sale.web_source,
        marks=sale.marks,
    )  # fmt: skip


def _switched(verdict: Verdict, kind: Kind, kinds: frozenset[Kind]) -> Verdict:
    return verdict if kind in kinds else Verdict((*verdict.exclusions, Exclusion.METRIC_OFF))


def _without_switch(verdict: Verdict) -> Verdict:
    if Exclusion.METRIC_OFF not in verdict.exclusions:
        return verdict
    return Verdict(tuple(reason for reason in verdict.exclusions if reason is not Exclusion.METRIC_OFF))


def voided(sale: Sale) -> bool:
    """Whether the sale was voided, and may need a Canceled Order."""
    return sale.state is SaleState.VOIDED
