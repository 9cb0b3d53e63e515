"""Relations between rows told by an id: of one row (to one) or of all that point back (to many)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State


@dataclass(frozen=True, slots=True)
class Link:
    """`field` is of the row itself, or with `back` of the rows that point at it. `where` narrows those."""

    entity: str
    field: str
    back: bool = False
    where: tuple[str, str] | None = None


def _back(entity: str, field: str, of: str | None = None) -> Link:
    return Link(entity, field, back=True, where=None if of is None else ("of", of))


LINKS: Mapping[str, Mapping[str, Link]] = {
    "Sale": {
        "TaxCategory": Link("TaxCategory", "taxCategoryID"),
        "Quote": Link("Quote", "quoteID"),
        "Discount": Link("Discount", "discountID"),
    },
    "SaleLine": {"TaxCategory": Link("TaxCategory", "taxCategoryID")},
    "SalePayment": {
        "CCCharge": Link("CCCharge", "ccChargeID"),
        "Signatures": _back("SalePaymentSignature", "salePaymentID"),
    },
    "TaxCategory": {"TaxCategoryClasses": _back("TaxCategoryClass", "taxCategoryID")},
    "TaxCategoryClass": {"TaxClass": Link("TaxClass", "taxClassID")},
    "Customer": {
        "Discount": Link("Discount", "discountID"),
        "TaxCategory": Link("TaxCategory", "taxCategoryID"),
        "CustomFieldValues": _back("CustomFieldValue", "ofID", "Customer"),
    },
    "Item": {
        "ItemShops": _back("ItemShop", "itemID"),
        "ItemVendorNums": _back("ItemVendorNum", "itemID"),
        "ItemComponents": _back("ItemComponent", "assemblyItemID"),
        "ItemECommerce": Link("ItemECommerce", "itemECommerceID"),
        "TagRelations": _back("TagRelation", "itemID"),
        "CustomFieldValues": _back("CustomFieldValue", "ofID", "Item"),
    },
    "TagRelation": {"Tag": Link("Tag", "tagID")},
    "Shop": {
        "ReceiptSetup": Link("ReceiptSetup", "receiptSetupID"),
        "TaxCategory": Link("TaxCategory", "taxCategoryID"),
        "ShelfLocations": _back("ShelfLocation", "shopID"),
        "CCGateway": Link("CCGateway", "ccGatewayID"),
        "PriceLevel": Link("PriceLevel", "priceLevelID"),
    },
    "Employee": {"EmployeeRole": Link("EmployeeRole", "employeeRoleID")},
    "Order": {
        "OrderLines": _back("OrderLine", "orderID"),
        "Vendor": Link("Vendor", "vendorID"),
        "Shop": Link("Shop", "shopID"),
        "CustomFieldValues": _back("CustomFieldValue", "ofID", "Order"),
    },
    "SpecialOrder": {
        "SaleLine": Link("SaleLine", "saleLineID"),
        "OrderLine": Link("OrderLine", "orderLineID"),
    },
    "Workorder": {
        "Customer": Link("Customer", "customerID"),
        "Employee": Link("Employee", "employeeID"),
        "Discount": Link("Discount", "discountID"),
        "WorkorderStatus": Link("WorkorderStatus", "workorderStatusID"),
        "WorkorderLines": _back("WorkorderLine", "workorderID"),
        "WorkorderItems": _back("WorkorderItem", "workorderID"),
    },
    "WorkorderLine": {
        "Discount": Link("Discount", "discountID"),
        "TaxClass": Link("TaxClass", "taxClassID"),
    },
    "WorkorderItem": {"Discount": Link("Discount", "discountID")},
    "ItemMatrix": {
        "Category": Link("Category", "categoryID"),
        "TaxClass": Link("TaxClass", "taxClassID"),
        "ItemAttributeSet": Link("ItemAttributeSet", "itemAttributeSetID"),
        "Manufacturer": Link("Manufacturer", "manufacturerID"),
        "Season": Link("Season", "seasonID"),
        "Items": _back("Item", "itemMatrixID"),
    },
}


def attach(
    state: "State", entity: str, row_id: int, record: dict[str, Any], loaded: AbstractSet[str]
) -> None:
    """Add the linked rows that were asked for to a wire record; an empty relation stays away."""
    for name, link in LINKS.get(entity, {}).items():
        if name not in loaded:
            continue
        below = frozenset(one.partition(".")[2] for one in loaded if one.startswith(f"{name}."))
        rows = _linked(state, link, row_id, record, below)
        if rows:
            record[name] = ({link.entity: rows[0] if len(rows) == 1 else rows}) if link.back else rows[0]


def _linked(
    state: "State", link: Link, row_id: int, record: dict[str, Any], loaded: AbstractSet[str]
) -> list[dict[str, Any]]:
    if not link.back:
        wanted = str(record.get(link.field, "0"))
        one = state.record(link.entity, int(wanted), loaded) if wanted.isdigit() and wanted != "0" else None
        return [] if one is None else [one]
    found = (
        state.record(link.entity, other, loaded) for other in state.pointing(link.entity, link.field, row_id)
    )
    rows = [one for one in found if one is not None]
    if link.where is not None:
        key, value = link.where
        rows = [one for one in rows if one.get(key) == value]
    for one in rows:
        one.pop("of", None)
        one.pop("ofID", None)
    return rows
