"""Shops as a table: one row each over the whole window, those with findings first."""

from collections.abc import Callable
from dataclasses import dataclass

from monitor.page import text
from monitor.report_data import AccountingRow, Report, ReportShop

ROWS_MAX = 1_500


@dataclass(frozen=True, slots=True)
class Number:
    """A count as shown and as sorted; `zero` is drawn faintly."""

    shown: str
    value: int

    @property
    def zero(self) -> bool:
        """Whether there is nothing to look at."""
        return self.value == 0


@dataclass(frozen=True, slots=True)
class ShopRow:
    """One shop. Counts add up every metric: a sale, a line, a refund and a shipment each count as one."""

    account: str
    shop: str
    name: str
    zone: str
    zone_known: bool
    agrees: bool
    pos: Number
    excluded: Number
    settling: Number
    missing: Number
    extra: Number  # orphaned and duplicates
    events: Number
    findings: Number
    worth: str
    worth_minor: int


def rows(report: Report) -> tuple[ShopRow, ...]:
    """At most `ROWS_MAX` shops, those with most findings first, then by account and name."""
    made = [_row(shop) for shop in report.shops]
    made.sort(key=lambda row: (-row.findings.value, row.account, row.name, row.shop))
    return tuple(made[:ROWS_MAX])


def _row(shop: ReportShop) -> ShopRow:
    def total(of: Callable[[AccountingRow], int]) -> Number:
        value = sum(map(of, shop.rows))
        return Number(text.count(value), value)

    return ShopRow(
        account=shop.account,
        shop=shop.shop,
        name=shop.shop_name or ("No shop we know" if not shop.shop else f"Shop {shop.shop}"),
        zone=shop.zone,
        zone_known=shop.zone_known,
        agrees=shop.finding_count == 0 and not any(row.remainder_count for row in shop.rows),
        pos=total(lambda row: row.pos_count),
        excluded=total(lambda row: row.excluded_count),
        settling=total(lambda row: row.settling_count),
        missing=total(lambda row: row.missing_count),
        extra=total(lambda row: row.orphaned_count + row.duplicate_count),
        events=total(lambda row: row.events_count),
        findings=Number(text.count(shop.finding_count), shop.finding_count),
        worth=text.moneys(shop.finding_minor),
        worth_minor=sum(shop.finding_minor.values()),
    )
