"""The property mapping `klavx`: in-store orders of Lightspeed X-Series as marketers filter by them.

What can be filtered by stands at the top: order, time, shop, names, categories, brands, SKUs, prices. The
detail of each item goes under `$extra`. Prices are what the customer paid, with tax and after discounts.
Klaviyo does not keep empty texts, nulls and zeros, so those are left out here already.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from sync.domain.clock import iso
from sync.domain.facts import Customer, LineKind, Marketing, Product, SaleLine, Shop
from sync.domain.money import major_text
from sync.domain.planning import Kind, PlannedEvent
from sync.klaviyo.jsontext import number, pair, quoted, unit_price

ARRAY_ITEMS_MAX = 4_000  # Klaviyo's limit on the items of one array
EVENT_FIELDS = (
    "OrderId", "Timestamp", "Shop", "ShopID", "Receipt", "ReceiptID", "Email Domain", "Items", "Categories",
    "Brands", "SKUs", "Item Count", "Discount Codes", "Total Discounts", "Is Discounted", "Product Name",
    "Product ID", "SKU", "Category", "Brand", "Price", "Quantity",
)  # fmt: skip
FIXED_FIELDS = frozenset({"OrderId", "ShopID"})  # by these the monitor finds an event's sale and shop
PROFILE_FIELDS = (
    "First Seen", "First Seen Via", "Accepts Marketing", "Customer Group", "Customer Groups", "Tags",
    "Loyalty Balance",
)  # fmt: skip
_GOODS = frozenset({LineKind.GOODS, LineKind.GIFT_CARD})
_NOTHING = Decimal(0)


def properties(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    """The event's properties as JSON text without braces; `domain` is the e-mail's domain, quoted.

    Raises CannotSend for a quantity beyond 64 bits.
    """
    return _BY_KIND[planned.kind](planned, domain, shop)


def profile_properties(customer: Customer) -> str:
    """The custom properties of a profile as JSON text without braces, empty when there are none.

    First seen is the earlier of the till's first record of the person and Klaviyo's own.
    """
    first_at, via = _first_seen(customer.created_at, customer.known_since)
    agreed = {Marketing.CONSENTED: "true", Marketing.OPTED_OUT: "false"}.get(customer.marketing)
    return "".join(
        (
            pair("First Seen", iso(first_at) if first_at else ""),
            pair("First Seen Via", via),
            f'"Accepts Marketing":{agreed},' if agreed else "",
            pair("Customer Group", customer.groups[0] if customer.groups else ""),
            f'"Customer Groups":{_array(map(quoted, customer.groups))},' if customer.groups else "",
            f'"Tags":{_array(map(quoted, customer.tags))},' if customer.tags else "",
            f'"Loyalty Balance":{number(customer.loyalty)},' if customer.loyalty is not None else "",
        )
    ).rstrip(",")


def _first_seen(till_at: datetime | None, klaviyo_at: datetime | None) -> tuple[datetime | None, str]:
    if klaviyo_at is not None and (till_at is None or klaviyo_at < till_at):
        return klaviyo_at.astimezone(UTC), "Online"
    return (till_at, "POS") if till_at is not None else (None, "")


def _order(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    goods = [line for line in planned.lines if line.kind in _GOODS]
    products = [line.product or Product(line.item_id or "", "") for line in goods]
    discount_minor = _discount_minor(planned)
    count = number(abs(sum([line.quantity for line in goods], start=_NOTHING)))
    codes = _array([quoted(line.discount_name) for line in planned.lines if line.discount_name])
    off = f'"Total Discounts":{major_text(discount_minor, planned.currency)},' if discount_minor else ""
    return (
        f"{_head(planned, domain, shop)}"
        f'"Items":{_array([quoted(product.name) for product in products])},'
        f'"Categories":{_array([quoted(product.category) for product in products])},'
        f'"Brands":{_array([quoted(product.brand) for product in products])},'
        f'"SKUs":{_array([quoted(product.sku) for product in products])},'
        f'"Item Count":{count},"Is Discounted":{"true" if discount_minor else "false"},'
        f'"Discount Codes":{codes},{off}"$extra":{{{_detail(planned, goods)}}}'
    )


def _product(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    line = planned.lines[0]
    article = _article(line.product or Product(line.item_id or "", ""))
    price = unit_price(line.total_minor, line.quantity, planned.currency)
    return (
        f'{_head(planned, domain, shop)}{article[0]}"Price":{price},"Quantity":{number(line.quantity)},'
        f'"$extra":{{{article[1]}"RowTotal":{major_text(line.total_minor, planned.currency)}}}'
    )


_BY_KIND: Mapping[Kind, Callable[[PlannedEvent, str, Shop | None], str]] = {
    Kind.PLACED: _order,
    Kind.PRODUCT: _product,
    Kind.REFUNDED: _order,
    Kind.SHIPPED: _order,
    Kind.CANCELED: _order,
}


def _head(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    receipt = pair("ReceiptID", planned.sale_id) if planned.sale_id != planned.order_id else ""
    told = "".join(pair(name, text) for name, text in planned.extra)
    at = iso(planned.happened_at) if planned.happened_at is not None else ""
    return (
        f'"OrderId":{quoted(planned.order_id)},{pair("Timestamp", at)}'
        f"{pair('Shop', shop.name) if shop else ''}{pair('ShopID', planned.shop_id)}"
        f'{told}{receipt}"Email Domain":{domain},'
    )


def _discount_minor(planned: PlannedEvent) -> int:
    # A refund's lines carry what was once taken off with a minus sign; its event tells the amount itself.
    total = sum(line.discount_minor for line in planned.lines)
    return -total if planned.kind is Kind.REFUNDED else total


def _detail(planned: PlannedEvent, goods: list[SaleLine]) -> str:
    items = ",".join([_item(line, planned.currency) for line in goods[:ARRAY_ITEMS_MAX]])
    left_out = f',"ItemsLeftOut":{len(goods) - ARRAY_ITEMS_MAX}' if len(goods) > ARRAY_ITEMS_MAX else ""
    others = [line for line in planned.lines if line.kind not in _GOODS][:ARRAY_ITEMS_MAX]
    if not others:
        return f'"Items":[{items}]{left_out}'
    sign = -1 if planned.kind is Kind.REFUNDED else 1
    charges = ",".join(
        f'{{"Kind":"{line.kind}","Amount":{major_text(sign * line.total_minor, planned.currency)}}}'
        for line in others
    )
    return f'"Items":[{items}]{left_out},"Charges":[{charges}]'


def _item(line: SaleLine, currency: str) -> str:
    article = _article(line.product or Product(line.item_id or "", ""))
    sign = -1 if line.returned else 1
    off = f'"Discount":{major_text(sign * line.discount_minor, currency)},' if line.discount_minor else ""
    return (
        f'{{{article[2]}"Quantity":{number(abs(line.quantity))},'
        f'"ItemPrice":{unit_price(line.total_minor, line.quantity, currency)},{off}'
        f'"RowTotal":{major_text(sign * line.total_minor, currency)}}}'
    )


@lru_cache(maxsize=4_096)
def _article(product: Product) -> tuple[str, str, str]:
    """What repeats on every line that sells it: at the top, under `$extra`, and as an item of an order."""
    sku, brand, category = pair("SKU", product.sku), pair("Brand", product.brand), product.category
    image = pair("ImageURL", product.image_url)
    named = pair("Product ID", product.item_id)
    top = pair("Product Name", product.name) + named + sku + pair("Category", category) + brand
    item = pair("ProductID", product.item_id) + sku + pair("ProductName", product.name) + brand
    return top, image, item + pair("Category", category) + image


def _array(texts: Iterable[str]) -> str:
    """Quoted texts as an array: each once, in order, empty ones left out, no longer than Klaviyo takes."""
    distinct = dict.fromkeys(texts)
    distinct.pop('""', None)
    return f"[{','.join(list(distinct)[:ARRAY_ITEMS_MAX])}]"
