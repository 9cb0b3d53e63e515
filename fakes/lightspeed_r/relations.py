"""Which relations each entity can load, and whether they lead to one row or many (which sets the price)."""

from collections.abc import Mapping

import msgspec

from fakes.kit.refusing import Refused

ONE, MANY = "one", "many"

RELATIONS: Mapping[str, Mapping[str, str]] = {
    "Sale": {
        "SaleLines": MANY,
        "SaleLines.Discount": ONE,
        "SaleLines.TaxClass": ONE,
        "SaleLines.Note": ONE,
        "SaleLines.Item": ONE,
        "SaleLines.InventorySales": MANY,
        "SaleNotes": MANY,
        "SalePayments": MANY,
        "SalePayments.PaymentType": ONE,
        "SalePayments.CCCharge": ONE,
        "SalePayments.SaleAccounts": MANY,
        "SalePayments.Signatures": MANY,
        "ShipTo": ONE,
        "ShipTo.Contact": ONE,
        "Customer": ONE,
        "Customer.Contact": ONE,
        "Discount": ONE,
        "TaxCategory": ONE,
        "TaxCategory.TaxCategoryClasses": MANY,
        "Quote": ONE,
    },
    "SaleLine": {
        "Discount": ONE,
        "TaxClass": ONE,
        "TaxCategory": ONE,
        "Note": ONE,
        "Item": ONE,
        "InventorySales": MANY,
    },
    "SalePayment": {"PaymentType": ONE, "CCCharge": ONE, "SaleAccounts": MANY, "Signatures": MANY},
    "TaxCategory": {"TaxCategoryClasses": MANY, "TaxCategoryClasses.TaxClass": ONE},
    "TaxCategoryClass": {"TaxClass": ONE},
    "Order": {
        "OrderLines": MANY,
        "Note": ONE,
        "Vendor": ONE,
        "Shop": ONE,
        "CustomFieldValues": MANY,
        "CustomFieldValues.value": ONE,
    },
    "Vendor": {"Contact": ONE},
    "SpecialOrder": {
        "SaleLine": ONE,
        "SaleLine.Item": ONE,
        "SaleLine.Item.Note": ONE,
        "SaleLine.Note": ONE,
        "SaleLine.Discount": ONE,
        "SaleLine.TaxClass": ONE,
        "SaleLine.TaxCategory": ONE,
        "OrderLine": ONE,
    },
    "Workorder": {
        "Customer": ONE,
        "Employee": ONE,
        "Serialized": ONE,
        "Discount": ONE,
        "WorkorderStatus": ONE,
        "WorkorderLines": MANY,
        "WorkorderLines.Discount": ONE,
        "WorkorderLines.TaxClass": ONE,
        "WorkorderItems": MANY,
        "WorkorderItems.Discount": ONE,
        "Images": MANY,
    },
    "ItemMatrix": {
        "Category": ONE,
        "TaxClass": ONE,
        "Department": ONE,
        "ItemAttributeSet": ONE,
        "Manufacturer": ONE,
        "Season": ONE,
        "Images": MANY,
        "Items": MANY,
        "ItemECommerce": ONE,
        "TagRelations": MANY,
        "TagRelations.Tag": ONE,
    },
    "Customer": {
        "Contact": ONE,
        "CustomerType": ONE,
        "Discount": ONE,
        "Note": ONE,
        "TaxCategory": ONE,
        "CreditAccount": ONE,
        "Tags": MANY,
        "CustomFieldValues": MANY,
        "CustomFieldValues.value": ONE,
    },
    "Item": {
        "Category": ONE,
        "TaxClass": ONE,
        "ItemAttributes": ONE,
        "ItemAttributes.ItemAttributeSet": ONE,
        "Manufacturer": ONE,
        "Note": ONE,
        "Images": MANY,
        "ItemShops": MANY,
        "ItemVendorNums": MANY,
        "ItemComponents": MANY,
        "ItemECommerce": ONE,
        "TagRelations": MANY,
        "TagRelations.Tag": ONE,
        "CustomFieldValues": MANY,
        "CustomFieldValues.value": ONE,
        "ItemPrices": MANY,
    },
    "ShipTo": {"Contact": ONE},
    "Shop": {
        "Contact": ONE,
        "ReceiptSetup": ONE,
        "TaxCategory": ONE,
        "ShelfLocations": MANY,
        "Registers": MANY,
        "CCGateway": ONE,
        "PriceLevel": ONE,
    },
    "CreditAccount": {"Contact": ONE, "WithdrawalPayments": MANY},
    "Category": {"Parent": ONE},
    "Employee": {"Contact": ONE, "EmployeeRole": ONE, "EmployeeRole.EmployeeRights": MANY},
}


def asked_relations(entity: str, text: str | None, *, ignore_unknown: bool) -> frozenset[str]:
    """The relations a `load_relations` value names; `all` is everything but custom field values.

    Raises `Refused` (400) for text that is no JSON array and, unless ignored, for a relation it lacks.
    """
    if not text:
        return frozenset()
    known = RELATIONS.get(entity, {})
    if text == "all":
        return frozenset(name for name in known if not name.startswith("CustomFieldValues"))
    try:
        names = frozenset(msgspec.json.decode(text, type=list[str]))
    except msgspec.MsgspecError:
        raise Refused(400, "load_relations must be a JSON encoded array or 'all'.") from None
    unknown = sorted(names - known.keys())
    if unknown and not ignore_unknown:
        raise Refused(400, f"'{unknown[0]}' is not a relation of '{entity}'.")
    # A nested relation brings its parent along.
    return frozenset(name for name in names if name in known) | {
        name.partition(".")[0] for name in names if name in known
    }
