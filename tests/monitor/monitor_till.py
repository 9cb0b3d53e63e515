"""A till and a Klaviyo that hold exactly what a test wrote into them, by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from monitor.app import Monitor
from monitor.reading import Watched
from monitor.report_data import Finding, FindingKind, Report
from sync.domain.clock import Window
from sync.domain.errors import SetAside
from sync.domain.facts import (
    AccountFacts,
    Customer,
    LineKind,
    OriginalSale,
    Sale,
    SaleLine,
    SaleState,
    Shipment,
    Shop,
)
from sync.domain.presets import KLAVIYO_NATIVE
from sync.klaviyo.read import EventRow, KlaviyoAccount, Metric
from sync.sources.protocol import Page

NEW_YORK = "America/New_York"
NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # 12:00 in New York, a Wednesday
DAY = date(2026, 3, 4)
ANN = Customer("c1", email="ann@shop.co")
METRICS = ("Placed Order", "Ordered Product", "Refunded Order", "Shipped Order", "Canceled Order")


def line(line_id: str, minor: int, quantity: int = 1, parent: str | None = None) -> SaleLine:
    return SaleLine(line_id, f"i{line_id}", Decimal(quantity), minor, 0, minor, LineKind.GOODS, parent)


def sale(
    sale_id: str,
    at: datetime = NOON,
    minor: int = 1000,
    *,
    shop: str = "1",
    lines: tuple[SaleLine, ...] | None = None,
    state: SaleState = SaleState.COMPLETED,
    customer: Customer | None = ANN,
    changed_at: datetime | None = None,
    currency: str = "USD",
    originals: tuple[OriginalSale, ...] = (),
) -> Sale:
    """A sale of one line, unless told otherwise."""
    made = (line(f"{sale_id}1", minor),) if lines is None else lines
    return Sale(
        "lightspeed_r", "797", sale_id, shop, "r1", state, currency, sum(each.total_minor for each in made),
        at, changed_at or at, made, customer.customer_id if customer else None, customer, "", originals,
    )  # fmt: skip


@dataclass
class Till:
    """A POS account. `hidden` sales are not found by window, only by id."""

    sales: list[Sale] = field(default_factory=list)
    shipments: list[tuple[Shipment, Sale]] = field(default_factory=list)
    hidden: list[Sale] = field(default_factory=list)
    set_aside: tuple[SetAside, ...] = ()
    shops: dict[str, Shop] = field(default_factory=lambda: {"1": Shop("1", "Main Street", NEW_YORK, "US")})
    trouble: Exception | None = None
    asked: list[str] = field(default_factory=list)

    feeds = ()

    def account(self) -> AccountFacts:
        return AccountFacts("797", "The Shop", "USD", self.shops)

    def read(self, feed: str, cursor: str | None) -> Iterator[Page]:
        raise AssertionError(f"the monitor never reads by cursor: {feed} {cursor}")

    def read_window(self, window: Window) -> Iterator[Page]:
        for each in self.sales:
            if each.completed_at is not None and each.completed_at in window:
                yield Page("window", None, (each,))
        yield Page("window", None, (), tuple(p for p in self.shipments if p[0].changed_at in window))
        yield Page("window", None, set_aside=self.set_aside)
        if self.trouble is not None:
            raise self.trouble

    def read_sales(self, sale_ids: Sequence[str]) -> Page:
        self.asked.extend(sale_ids)
        return Page("sales", None, tuple(s for s in [*self.sales, *self.hidden] if s.sale_id in sale_ids))


@dataclass
class Shelf:
    """A Klaviyo account."""

    rows: dict[str, list[EventRow]] = field(default_factory=lambda: {name: [] for name in METRICS})
    twins: tuple[Metric, ...] = ()
    zone: str = NEW_YORK
    trouble: Exception | None = None

    def account(self) -> KlaviyoAccount:
        return KlaviyoAccount("Kl4v1y", self.zone, "USD")

    def metrics(self) -> list[Metric]:
        return [*(Metric(f"m:{name}", name, "API") for name in self.rows), *self.twins]

    def events(
        self, metric_id: str, window: Window, properties: Sequence[str] = ()
    ) -> Iterator[list[EventRow]]:
        assert "$event_id" in properties
        rows = self.rows.get(metric_id.removeprefix("m:"), [])
        start, end = window.start_at.timestamp(), window.end_at.timestamp()
        yield sorted((row for row in rows if start <= row.at < end), key=lambda row: row.at)
        if self.trouble is not None:
            raise self.trouble

    def put(
        self,
        metric: str,
        key: str,
        at: datetime,
        minor: int,
        *,
        profile: str = "p1",
        order: str = "",
        shop: str = "",
        currency: str = "USD",
    ) -> EventRow:
        """Keep one event, whatever else is there."""
        number = sum(map(len, self.rows.values())) + 1
        value = Decimal(minor) / 100 if minor else None
        row = EventRow(f"e{number:04}", int(at.timestamp()), profile, key, order, shop, value, currency)
        self.rows[metric].append(row)
        return row

    def take(self, metric: str, key: str) -> EventRow:
        """Remove the event with this key and return it."""
        (row,) = [row for row in self.rows[metric] if row.unique_id == key]
        self.rows[metric].remove(row)
        return row

    def send(self, *sales: Sale) -> None:
        """Keep what a right sync would have sent of purchases: the order and its products."""
        for each in sales:
            assert each.completed_at is not None
            head = f"lightspeed_r:797:{each.sale_id}"
            self.put(
                "Placed Order",
                head,
                each.completed_at,
                each.total_minor,
                order=each.sale_id,
                shop=each.shop_id,
            )
            for one in each.lines:
                key = f"{head}:line:{one.line_id}"
                self.put("Ordered Product", key, each.completed_at, one.subtotal_minor, order=each.sale_id)


class StoppedClock:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits, but {seconds} s were asked for")

    def monotonic(self) -> float:
        return 0.0


def reconcile(
    till: Till,
    shelf: Shelf,
    out: Path,
    *,
    first: date = DAY,
    last: date = DAY,
    as_of: datetime = NOON + timedelta(days=3),
    settle_s: int = 7200,
    key_property: str = "$event_id",
    tolerance_minor: int = 0,
) -> Report:
    """Reconcile the two, and check that the accounting closes: it must, whatever is wrong."""
    watched = Watched("main", "lightspeed_r", till, shelf, KLAVIYO_NATIVE, key_property)
    monitor = Monitor([watched], StoppedClock(as_of), lambda _report, path: path.write_text("page"))
    report = monitor.reconcile(first, last, out, settle_s, tolerance_minor=tolerance_minor)
    for row in report.accounting:
        assert (row.remainder_count, row.remainder_minor) == (0, 0), row
        assert row.events_count == (
            row.delivered_count + row.orphaned_count + row.duplicate_count + row.events_settling_count
            + row.arrived_count - row.gone_count
        )  # fmt: skip
        assert row.pos_count == (
            row.delivered_count + row.excluded_count + row.settling_count + row.missing_count
        )
    return report


def kinds(report: Report) -> dict[str, int]:
    """How often each kind was found."""
    return {kind: total.count for kind, total in report.findings_by_kind.items()}


def only(report: Report, kind: FindingKind) -> Finding:
    """The one finding of the report, which must be of this kind."""
    (finding,) = report.findings
    assert finding.kind is kind
    return finding


def voided(of: Sale, at: datetime) -> Sale:
    """The sale, voided at an instant."""
    return replace(of, state=SaleState.VOIDED, changed_at=at)
