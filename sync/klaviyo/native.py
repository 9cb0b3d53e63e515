"""The property mapping `klaviyo-native`: what Klaviyo's own R-Series integration puts on its events.

Segments, flows and templates of merchants who move over filter by these names, so the spelling is the
contract. Only top-level values that are no objects can be filtered by; the detail goes under `$extra`.
Klaviyo does not keep empty texts, nulls and zeros, so those are left out here already.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sync.domain.facts import LineKind, Product, SaleLine, Shop
from sync.domain.money import major_text
from sync.domain.planning import Kind, PlannedEvent
from sync.klaviyo.jsontext import number, pair, quoted, unit_price

ARRAY_ITEMS_MAX = 4_000  # Klaviyo's limit on the items of one array
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Article:
    """The parts of a product that repeat on every line that sells it, as JSON text with trailing commas."""

    name: str
    category: str
    top: str  # on an Ordered Product
    extra: str  # under its `$extra`
    item: str  # in the `Items` of an order


_Sold = tuple[SaleLine, _Article]


def properties(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    """The event's properties as JSON text without braces; `domain` is the e-mail's domain, quoted.

    Raises CannotSend for a quantity beyond 64 bits.
    """
    return _BY_KIND[planned.kind](planned, domain, shop)


def _product(planned: PlannedEvent, domain: str, _shop: Shop | None) -> str:
    line = planned.lines[0]
    article = _article_of(line)
    return (
        f'"OrderId":{quoted(planned.order_id)},"Email Domain":{domain},{article.top}'
        f'"Quantity":{number(line.quantity)},"$extra":{{{article.extra}{_prices(line, planned.currency)}}}'
    )


def _placed(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    name = pair("Shop", shop.name) if shop else ""
    return _order(planned, domain, name + pair("ShopID", planned.shop_id), "")


def _refunded(planned: PlannedEvent, domain: str, _shop: Shop | None) -> str:
    return _order(planned, domain, "", pair("ReceiptID", planned.sale_id))


def _order(planned: PlannedEvent, domain: str, place: str, receipt: str) -> str:
    goods = _goods(planned)
    discount_minor = _discount_minor(planned)
    count = number(abs(sum([line.quantity for line, _ in goods], start=_NOTHING)))
    return (
        f'"OrderId":{quoted(planned.order_id)},"Email Domain":{domain},{place}'
        f'"Categories":{_array([article.category for _, article in goods])},'
        f'"Items":{_array([article.name for _, article in goods])},"Item Count":{count},'
        f'"Is Discounted":{"true" if discount_minor else "false"},{_discounts(planned, discount_minor)}'
        f'"$extra":{{{receipt}{_detail(planned, goods)}}}'
    )


def _shipped(planned: PlannedEvent, _domain: str, _shop: Shop | None) -> str:
    goods = _goods(planned)
    return (
        f'"OrderId":{quoted(planned.order_id)},'
        f'"Items":{_array([article.name for _, article in goods])},'
        f'"Collections":{_array([article.category for _, article in goods])},'
        f'{_discounts(planned, _discount_minor(planned))}"$extra":{{{_detail(planned, goods)}}}'
    )


_BY_KIND: Mapping[Kind, Callable[[PlannedEvent, str, Shop | None], str]] = {
    Kind.PLACED: _placed,
    Kind.PRODUCT: _product,
    Kind.REFUNDED: _refunded,
    Kind.SHIPPED: _shipped,
    Kind.CANCELED: _placed,
}


def _goods(planned: PlannedEvent) -> list[_Sold]:
    return [(line, _article_of(line)) for line in planned.lines if line.kind is LineKind.GOODS]


def _discount_minor(planned: PlannedEvent) -> int:
    # A refund's lines carry what was once taken off with a minus sign; its event tells the amount itself.
    total = sum(line.discount_minor for line in planned.lines)
    return -total if planned.kind is Kind.REFUNDED else total


def _discounts(planned: PlannedEvent, discount_minor: int) -> str:
    codes = _array([quoted(line.discount_name) for line in planned.lines if line.discount_name])
    total = f'"Total Discounts":{major_text(discount_minor, planned.currency)},' if discount_minor else ""
    return f'"Discount Codes":{codes},{total}'


def _detail(planned: PlannedEvent, goods: list[_Sold]) -> str:
    currency = planned.currency
    items = ",".join([_item(line, article, currency) for line, article in goods[:ARRAY_ITEMS_MAX]])
    left_out = f',"ItemsLeftOut":{len(goods) - ARRAY_ITEMS_MAX}' if len(goods) > ARRAY_ITEMS_MAX else ""
    if len(goods) == len(planned.lines):
        return f'"Items":[{items}]{left_out}'
    others = [line for line in planned.lines if line.kind is not LineKind.GOODS][:ARRAY_ITEMS_MAX]
    charges = ",".join(
        f'{{"Kind":"{line.kind}","Amount":{major_text(line.total_minor, currency)}}}' for line in others
    )
    return f'"Items":[{items}]{left_out},"Charges":[{charges}]'


def _item(line: SaleLine, article: _Article, currency: str) -> str:
    quantity = number(abs(line.quantity))
    return f'{{{article.item}"Quantity":{quantity},{_prices(line, currency)}}}'


def _prices(line: SaleLine, currency: str) -> str:
    sign = -1 if line.returned else 1
    taken_off = (
        f'"Discount":{major_text(sign * line.discount_minor, currency)},' if line.discount_minor else ""
    )
    return (
        f'"ItemPrice":{unit_price(line.subtotal_minor, line.quantity, currency)},{taken_off}'
        f'"RowTotal":{major_text(sign * line.total_minor, currency)}'
    )


def _array(texts: Iterable[str]) -> str:
    """Quoted texts as an array: each once, in order, empty ones left out, no longer than Klaviyo takes."""
    distinct = dict.fromkeys(texts)
    distinct.pop('""', None)
    if len(distinct) > ARRAY_ITEMS_MAX:
        return f"[{','.join(list(distinct)[:ARRAY_ITEMS_MAX])}]"
    return f"[{','.join(distinct)}]"


def _article_of(line: SaleLine) -> _Article:
    return _article(line.product) if line.product is not None else _bare(line.item_id or "")


@lru_cache(maxsize=4_096)
def _bare(item_id: str) -> _Article:
    """An article of which only the number is known."""
    return _article(Product(item_id, ""))


@lru_cache(maxsize=4_096)
def _article(product: Product) -> _Article:
    sku, brand = pair("SKU", product.sku), pair("Brand", product.brand)
    image, category = pair("ImageURL", product.image_url), pair("Category", product.category)
    named = pair("ProductID", product.item_id) + sku + pair("ProductName", product.name)
    return _Article(
        name=quoted(product.name),
        category=quoted(product.category),
        top=category + pair("Name", product.name) + pair("Product ID", product.item_id),
        extra=sku + brand + image,
        item=named + brand + category + image,
    )
