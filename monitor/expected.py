"""The POS side of the evidence: every event the sales of a window ought to become, and why not.

The same rule as the sync's (`sync.domain.planning`), other evidence: read by time window, never by cursor.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from monitor import lines
from monitor.evidence import Rows, Run
from monitor.observed import EVENT_KEY
from monitor.offsets import local_day
from monitor.profiles import Customers
from sync.domain import planning
from sync.domain.clock import known_zone
from sync.domain.errors import SetAside
from sync.domain.facts import Sale, Shipment, Shop
from sync.domain.identity import unlinked_refund_event_id
from sync.domain.planning import Kind, PlannedEvent
from sync.domain.presets import Preset
from sync.sources.protocol import Page

SHOP_CHANNEL = "shop"
_UNREAD_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Places:
    """Where sales happen: the shops of an account and the zone that stands in where one is unknown."""

    shops: dict[str, Shop]
    fallback_zone: str

    def zone_of(self, shop_id: str) -> str:
        """The shop's own zone, or the account's where the POS gives none that exists."""
        shop = self.shops.get(shop_id)
        return shop.zone if shop is not None and known_zone(shop.zone or "?") else self.fallback_zone

    def zones(self) -> list[str]:
        """Every zone in use, sorted; the fallback among them if any shop needs it or there is none."""
        return sorted({self.zone_of(shop_id) for shop_id in self.shops} or {self.fallback_zone})

    def zone_known(self, shop_id: str) -> bool:
        """Whether the POS gives the shop a zone that exists."""
        shop = self.shops.get(shop_id)
        return shop is not None and known_zone(shop.zone or "?")


@dataclass(slots=True)
class ExpectedRead:
    """What was read of the POS."""

    unit_count: int = 0
    sale_count: int = 0
    unread_count: int = 0
    unread: list[SetAside] = field(default_factory=list)  # the first hundred
    sale_ids: set[str] = field(default_factory=set)
    shops_seen: set[str] = field(default_factory=set)
    zones_seen: set[str] = field(default_factory=set)  # on receipts that name their own
    customers: Customers = field(default_factory=Customers)
    old_seconds: set[int] = field(default_factory=set)  # when old sales voided now had been completed


class ExpectedWriter:
    """Turns pages of facts into rows of evidence. One instance serves one account's comparison."""

    def __init__(self, account: str, preset: Preset, places: Places, key_property: str) -> None:
        """Judge by `preset`; `key_property` says which id an event's sale key is compared with."""
        self.read = ExpectedRead()
        self._account = account
        self._preset = preset
        self._places = places
        self._by_order = key_property != EVENT_KEY
        self._shipments: set[tuple[str, str]] = set()
        self._kinds = preset.kinds
        self._runs: list[Run] = []
        self._lines: list[str] = []
        self._keys: list[str] = []
        self._totals: list[int] = []
        self._items: list[str] = []
        self._quantities: list[int | None] = []
        # Of other integrations it is not known what their properties count.
        self._lines_rule = None if self._by_order else lines.RULES.get(preset.mapping)
        self._names = {kind: (kind.value, preset.metrics.get(kind, kind.value)) for kind in Kind}

    def pages(
        self,
        pages: Iterable[Page],
        rows: Rows,
        on_sales: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Write every page's units. A sale seen twice is taken once, as it was first read."""
        for page in pages:
            for sale in page.sales:
                self._sale(sale)
            for shipment, sale in page.shipments:
                self._shipment(shipment, sale)
            self.read.unread_count += len(page.set_aside)
            self.read.unread.extend(page.set_aside[: _UNREAD_SHOWN_MAX - len(self.read.unread)])
            self._write(rows)
            on_sales(len(page.sales))

    def _sale(self, sale: Sale) -> None:
        if sale.sale_id in self.read.sale_ids:
            return
        self.read.sale_ids.add(sale.sale_id)
        self.read.sale_count += 1
        planned = planning.plan_sale(sale, self._preset.policy, self._kinds)
        self._rows(planned, sale)
        if planning.voided(sale) and Kind.CANCELED in self._kinds:
            # Only expected if a Placed Order was sent before: the comparison knows, we do not.
            self._rows([planning.plan_cancellation(sale, self._preset.policy)], sale)

    def _shipment(self, shipment: Shipment, sale: Sale) -> None:
        name = (shipment.sale_id, shipment.shipment_id)
        if name in self._shipments:
            return
        self._shipments.add(name)
        planned = planning.plan_shipment(shipment, sale, self._preset.policy, self._kinds)
        self._rows([planned], sale)

    def _rows(self, planned: list[PlannedEvent], sale: Sale) -> None:
        """Add the units of one receipt, which all happened at one instant.

        A year holds well over a million units, so what they have in common is said once for a run of them.
        """
        if not planned:
            return
        self.read.shops_seen.add(sale.shop_id)
        zone = sale.zone or self._places.zone_of(sale.shop_id)
        if sale.zone:
            self.read.zones_seen.add(zone)
        changed_at = int(sale.changed_at.timestamp())
        completed_at = int(sale.completed_at.timestamp()) if sale.completed_at else changed_at
        happened_at = planned[0].happened_at
        at = int(happened_at.timestamp()) if happened_at else changed_at
        day, voided = local_day(at, zone), planning.voided(sale)
        channel = sale.web_source or SHOP_CHANNEL
        for unit, count in _runs(planned):
            kind, metric = self._names[unit.kind]
            reasons = unit.verdict.exclusions
            if unit.customer is not None:
                self.read.customers.add(unit.customer)
            self._runs.append(
                (
                    count, self._account, sale.shop_id, zone, day, sale.sale_id, unit.order_id, kind, metric,
                    at, completed_at, changed_at, sale.currency, reasons[0].value if reasons else "",
                    "|".join(reasons), voided, sale.register_id, channel, unit.customer_id or "",
                    self._alternative(unit, sale),
                )
            )  # fmt: skip
        self._lines += [unit.lines[0].line_id if unit.kind is Kind.PRODUCT else "" for unit in planned]
        self._keys += [unit.order_id if self._by_order else unit.event_id for unit in planned]
        self._totals += [unit.value_minor for unit in planned]
        rule = self._lines_rule
        said = [lines.expected(unit, rule) if rule else lines.NOTHING for unit in planned]
        self._items += [item for item, _ in said]
        self._quantities += [quantity for _, quantity in said]

    def _alternative(self, unit: PlannedEvent, sale: Sale) -> str:
        """The key of a refund that was sent before the sale it returns was known; empty: none."""
        if unit.kind is not Kind.REFUNDED or self._by_order:
            return ""
        key = unlinked_refund_event_id(sale.source, sale.account_id, sale.sale_id)
        return key if key != unit.event_id else ""

    def _write(self, rows: Rows) -> None:
        first = self.read.unit_count + 1
        self.read.unit_count += len(self._keys)
        numbers = range(first, first + len(self._keys))
        columns = (numbers, self._lines, self._keys, self._totals, self._items, self._quantities)
        rows.write(self._runs, columns)
        self._runs, self._lines, self._keys, self._totals = [], [], [], []
        self._items, self._quantities = [], []


def _runs(planned: Sequence[PlannedEvent]) -> Iterator[tuple[PlannedEvent, int]]:
    """The first of each run and its length: products of a receipt, which differ in nothing but their line."""
    kinds = [unit.kind for unit in planned]
    starts = [
        at for at, kind in enumerate(kinds) if kind is not Kind.PRODUCT or not at or kinds[at - 1] is not kind
    ]
    for start, end in zip(starts, [*starts[1:], len(planned)], strict=True):
        yield planned[start], end - start
