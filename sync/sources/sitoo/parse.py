"""Sitoo's orders into facts. Names what a record is, and never judges it.

Everything is an order there: receipts, bookings, parked receipts, returns, the webshop's. What is no plain
sale gets marks; a policy decides what they mean. The time of a sale is `orderdate`, when it happened at the
till. Sitoo tells no time of a change, so a cancelled order is cancelled as of its own time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from sync.domain.clock import business_day, known_zone
from sync.domain.errors import CannotRead
from sync.domain.facts import LineKind, Mark, OriginalSale, Sale, SaleLine, SaleState
from sync.domain.money import to_minor
from sync.sources.sitoo import wire
from sync.sources.sitoo.lines import Original, Terms, items_of, parent_id, quantity_of, sale_lines
from sync.sources.sitoo.places import Places
from sync.sources.sitoo.settings import Meaning

SOURCE = "sitoo"
_ZERO = Decimal(0)
_YEAR_MAX_S = 4_102_444_800  # 2100; anything beyond is no time of a sale


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an order does not say itself."""

    account_id: str
    places: Places
    terms: Terms


def sale(row: wire.Order, known: Knowledge, original: Original | None = None) -> Sale:
    """One order with its lines; who bought and the sale it returns are put beside it later.

    `original` is the order whose lines it returns. Raises CannotRead for what contradicts itself.
    """
    extra, meaning = wire.texts(row.additionaldata), known.terms.meaning
    shop_id = known.places.shop_id(row, extra)
    register = wire.guid(row.registerid)
    currency = (row.currencycode or known.places.currencies.get(register) or known.terms.currency).upper()
    happened_at = _instant(row.orderdate)
    total_minor = _total_minor(row, currency)
    terms = Terms(currency, meaning, known.terms.products, known.terms.gift_card_groups)
    lines = sale_lines(row, total_minor, terms, original)
    marks, state = _marks(row, extra, meaning, total_minor, lines), _state(row, meaning)
    shop = known.places.facts.shops.get(shop_id)
    zone = zone_of(extra.get(meaning.zone_key, "")) or ("" if shop else known.places.usual_zone)
    day_zone = zone or (shop.zone if shop else "")
    return Sale(
        SOURCE,
        known.account_id,
        str(row.orderid),
        shop_id,
        register,
        state,
        currency,
        total_minor,
        None if state is SaleState.OPEN else happened_at,
        happened_at,
        lines,
        web_source="" if register else SOURCE,
        marks=marks,
        zone=zone,
        arrived_at=_arrived_at(row, meaning),
        extra=_extra(row, extra, happened_at, day_zone),
    )


def original_id(row: wire.Order) -> str:
    """The order whose goods this one brings back; empty when it brings none back, or does not say."""
    if not any((item.quantity or 0) < 0 for item in items_of(row)):
        return ""
    named = wire.texts(row.additionaldata).get("pos-originalsales-orderid", "").strip()
    found = named or (str(row.creditorderid) if row.creditorderid else "")
    return found if found != str(row.orderid) else ""


def original(row: wire.Order) -> Original:
    """What a return asks the order it names: what each of its lines sold."""
    sold = [
        (str(item.orderitemid), item.productid, item.sku or "")
        for item in items_of(row)
        if item.orderitemid is not None and (item.quantity or 0) > 0
    ]
    return Original(str(row.orderid), tuple(sold))


def original_sale(order_id: str, row: wire.Order | None) -> OriginalSale:
    """The same as a fact: how many of each line; none known when the order is nowhere to be found.

    The line `*` stands for the whole order: a return that names no line still belongs to it.
    """
    counts = {} if row is None else {
        parent_id(order_id, str(item.orderitemid)): quantity_of(item)
        for item in items_of(row)
        if item.orderitemid is not None and (item.quantity or 0) > 0
    }  # fmt: skip
    return OriginalSale(order_id, {**counts, parent_id(order_id, "*"): _ZERO})


def unknown_words(row: wire.Order, meaning: Meaning) -> str:
    """Which of the order's numbers nobody told us the meaning of; empty when all are known."""
    found = []
    if row.ordertypeid not in meaning.sale_types | meaning.booking_types | meaning.parked_types:
        found.append(f"order type {row.ordertypeid}")
    if row.orderstateid not in _states(meaning):
        found.append(f"order state {row.orderstateid}")
    payments = meaning.paid_states | meaning.reserved_states | meaning.unpaid_states
    if row.paymentstateid not in payments:
        found.append(f"payment state {row.paymentstateid}")
    return ", ".join(found)


def odd_zone(row: wire.Order, meaning: Meaning) -> str:
    """The zone on the receipt where it is in no form that we can read; else empty."""
    told = wire.texts(row.additionaldata).get(meaning.zone_key, "").strip()
    return told if told and not zone_of(told) else ""


def _states(meaning: Meaning) -> frozenset[int]:
    return meaning.open_states | meaning.closed_states | meaning.cancelled_states | meaning.abandoned_states


def _state(row: wire.Order, meaning: Meaning) -> SaleState:
    if row.orderstateid in meaning.cancelled_states:
        return SaleState.VOIDED
    return SaleState.COMPLETED if row.orderstateid in meaning.closed_states else SaleState.OPEN


def _marks(
    row: wire.Order, extra: Mapping[str, str], meaning: Meaning, total_minor: int, lines: tuple[SaleLine, ...]
) -> frozenset[Mark]:
    found = set()
    if row.ordertypeid in meaning.booking_types:
        found.add(Mark.BOOKING)
    if row.ordertypeid in meaning.parked_types:
        found.add(Mark.PARKED)
    if row.orderstateid in meaning.abandoned_states:
        found.add(Mark.ABANDONED)
    if unknown_words(row, meaning):
        found.add(Mark.UNKNOWN_KIND)
    if row.paymentstateid in meaning.reserved_states:
        found.add(Mark.RESERVED)
    # An even exchange asks for no money, so nothing of it is unpaid.
    if row.paymentstateid in meaning.unpaid_states and total_minor:
        found.add(Mark.UNPAID)
    if any(extra.get(key, "").lower() not in {"", "0", "false"} for key in meaning.practice_keys):
        found.add(Mark.PRACTICE)
    if any(line.kind is LineKind.GIFT_CARD for line in lines):
        found.add(Mark.GIFT_CARD)
    if _netted(row, extra):
        found.add(Mark.NETTED)
    return frozenset(found)


def _netted(row: wire.Order, extra: Mapping[str, str]) -> bool:
    """Whether it is half of an exchange rung up as two receipts, paid by each other and not by money."""
    if not (extra.get("pos-refundsales-orderid") or extra.get("pos-refund-orderid")):
        return False
    return any(
        wire.texts(each.additionaldata).get("virtual-payment", "").lower() == "true"
        for each in row.payments or []
    )


def _total_minor(row: wire.Order, currency: str) -> int:
    total = row.moneytotal_gross_all
    if total is None:
        if row.moneyfinal_net is None:
            raise CannotRead("no_amount", "the order has no moneytotal_gross_all")
        parts = (
            row.moneyfinal_net,
            row.moneyfinal_vat,
            row.moneyfinal_salestax,
            row.moneytotal_gross_roundoff,
        )
        total = sum((part for part in parts if part is not None), start=_ZERO)
    try:
        return to_minor(total, currency)
    except ValueError:
        raise CannotRead("no_amount", "the order's total is no amount of money") from None


def _instant(epoch_s: int | None) -> datetime:
    if epoch_s is None or not 0 < epoch_s < _YEAR_MAX_S:
        raise CannotRead("no_time", "the order has no readable orderdate")
    return datetime.fromtimestamp(epoch_s, UTC)


def _arrived_at(row: wire.Order, meaning: Meaning) -> datetime | None:
    """When the back end made the order: the time of the log entry of its creation."""
    times = [
        entry.datelog
        for entry in row.orderlogitems or []
        if entry.orderlogtypeid in meaning.arrival_log_types and entry.datelog
    ]
    return _instant(min(times)) if times else None


@lru_cache(maxsize=256)
def zone_of(told: str) -> str:
    """The zone written on a receipt as an IANA name: one already, or whole hours beside UTC."""
    text = told.strip()
    if "/" in text or text == "UTC":
        return text if known_zone(text) else ""
    sign = text.removeprefix("UTC").removeprefix("GMT")
    digits = sign.lstrip("+-").replace(":", "")
    if not (sign[:1] in {"+", "-"} and digits.isascii() and digits.isdigit() and len(digits) in {1, 2, 4}):
        return ""
    hours, minutes = (int(digits[:2]), int(digits[2:])) if len(digits) == 4 else (int(digits), 0)
    # The signs of these names are the wrong way round; half hours have no name.
    name = f"Etc/GMT{'-' if sign[0] == '+' else '+'}{hours}" if hours else "UTC"
    return name if not minutes and known_zone(name) else ""


def _extra(
    row: wire.Order, extra: Mapping[str, str], happened_at: datetime, zone: str
) -> tuple[tuple[str, str], ...]:
    told = (
        ("Receipt", extra.get("pos-receiptid", "")),
        ("Business Day", business_day(happened_at, zone).isoformat() if zone and known_zone(zone) else ""),
        ("Original Receipt", extra.get("pos-refund-receiptid", "")),
        ("Original Order", original_id(row)),
        ("Refund Reason", extra.get("refundreasoncode-reasoncode", "")),
        ("Booking", extra.get("pos-sourceorderid", "")),
        ("Exchanged For", extra.get("pos-refundsales-orderid", "")),
        ("Exchanged From", extra.get("pos-refund-orderid", "")),
    )
    return tuple((name, text) for name, text in told if text)
