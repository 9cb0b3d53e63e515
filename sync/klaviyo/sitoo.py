"""The property mapping `sitoo`: orders, products and refunds with the receipt they come from.

Spelled like `klaviyo-native`, so that segments and templates serve both, with more on top: SKUs, the shop on
every event, the receipt's own facts, and on a refund the original sale and what each SKU brought back.
"""

from sync.domain.facts import LineKind, Shop
from sync.domain.money import major_text
from sync.domain.planning import Kind, PlannedEvent
from sync.klaviyo import native
from sync.klaviyo.jsontext import number, pair, quoted

_NO_DOMAIN = '"Email Domain":"",'


def properties(planned: PlannedEvent, domain: str, shop: Shop | None) -> str:
    """The event's properties as JSON text without braces; `domain` is the e-mail's domain, quoted."""
    text = native.properties(planned, domain, shop)
    if domain == '""':  # somebody known by a phone number or a customer number
        text = text.replace(_NO_DOMAIN, "", 1)
    facts = "".join([pair(name, value) for name, value in planned.extra])
    if planned.kind is Kind.PRODUCT:
        return f"{facts}{_place(planned, shop)}{_sku(planned)}{text}"
    place = "" if planned.kind in {Kind.PLACED, Kind.CANCELED} else _place(planned, shop)
    returned = _returned(planned) if planned.kind is Kind.REFUNDED else ""
    return f"{facts}{place}{_skus(planned)}{returned}{text}"


def _place(planned: PlannedEvent, shop: Shop | None) -> str:
    return (pair("Shop", shop.name) if shop else "") + pair("ShopID", planned.shop_id)


def _sku(planned: PlannedEvent) -> str:
    product = planned.lines[0].product
    return pair("SKU", product.sku) if product is not None else ""


def _skus(planned: PlannedEvent) -> str:
    distinct = dict.fromkeys(line.product.sku for line in planned.lines if line.product and line.product.sku)
    some = ",".join([quoted(sku) for sku in list(distinct)[: native.ARRAY_ITEMS_MAX]])
    return f'"SKUs":[{some}],' if some else ""


def _returned(planned: PlannedEvent) -> str:
    """One text a returned line, such as `TE-1 x 2 = 198.00 SEK`: a list that e-mail templates can show."""
    currency = planned.currency
    told = [
        f"{(line.product.sku or line.product.name) if line.product else line.item_id or ''} "
        f"x {number(abs(line.quantity))} = {major_text(-line.total_minor, currency)} {currency}"
        for line in planned.lines
        if line.kind is LineKind.GOODS
    ][: native.ARRAY_ITEMS_MAX]
    return f'"Returned":[{",".join([quoted(text) for text in told])}],' if told else ""
