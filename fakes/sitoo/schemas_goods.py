"""Products, field by field, in the order of the published example; and what their parts look like."""

from typing import Any

from fakes.sitoo.documents import Field, Schema

_FALSE_MONEY = "0.00"


def _products() -> tuple[Field, ...]:
    specs: list[tuple[Any, ...]] = [("productid", "int", None, "l"), ("sku", "text", "", "wlr")]
    specs += [
        (name, "text", "", "w")
        for name in ("skumanufacturer", "descriptionshort", "description", "descriptionhtml")
    ]
    specs += [
        ("deliverystatus", "text", "", "w"),
        ("moneyprice", "money", _FALSE_MONEY, "wl"),
        ("moneypriceorg", "money", _FALSE_MONEY, "w"),
        ("moneypricein", "money", _FALSE_MONEY, "w"),
        ("unitlabel", "text", "", "w"),
        ("allowdecimals", "bool", False, "w"),
        ("deliveryinfo", "text", "", "w"),
        ("externalinputtitle", "text", "", "w"),
        ("offerisenabled", "bool", False, "w"),
        ("moneyofferprice", "money", _FALSE_MONEY, "w"),
        ("offertitle", "text", "", "w"),
        ("offerdatestart", "date", None, "w"),
        ("offerdateend", "date", None, "w"),
        ("active", "bool", True, "w"),
        ("activepos", "bool", True, "w"),
        ("vatid", "int", 2, "w"),
        ("deliveryclassid", "int", 1, "w"),
        ("defaultcategoryid", "int", None, "w"),
        ("categories", "ints", [], "w"),
        ("manufacturerid", "int", None, "w"),
        ("manufacturerurl", "text", "", "w"),
    ]
    specs += [(f"custom{number}", "text", "", "w") for number in range(1, 6)]
    specs += [
        ("stockcountenable", "bool", True, "w"),
        ("stockallowbackorder", "bool", True, "w"),
        ("variantparentid", "int", None, ""),
        ("barcode", "text", None, "w"),
        ("barcodealiases", "texts", [], "w"),
        ("similar", "ints", [], "w"),
        ("related", "ints", [], "w"),
        ("accessories", "ints", [], "w"),
        ("customattributes", "object", {}, "w"),
        ("offerisactive", "bool", False, ""),
        ("moneyfinalprice", "money", _FALSE_MONEY, ""),
        ("vatvalue", "number", 0, ""),
        ("productgrouptype", "int", 10, ""),
        ("pricelisthasvolume", "bool", False, ""),
        ("variant", "objects", [], ""),
        ("friendly", "text", "", "w"),
        ("seo_title", "text", "", "w"),
        ("seo_keywords", "text", "", "w"),
        ("seo_description", "text", "", "w"),
        ("title", "text", "", "wl"),
        ("datecreated", "date", 0, ""),
        ("datemodified", "date", 0, ""),
    ]
    return tuple(Field(*spec) for spec in specs)


PRODUCTS = Schema("product", "productid", _products())

IMAGES = Schema(
    "resource",
    "resourceid",
    (
        Field("resourceid", "text", "", "wlr"),
        Field("mimetype", "text", "image/jpeg", "l"),
        Field("width", "int", 800, "l"),
        Field("height", "int", 800, "l"),
        Field("filesize", "int", 0, "l"),
        Field("datecreated", "date", 0, "l"),
        Field("filedata", "text", "", "wh"),
    ),
)

VARIANT_FIELDS = (
    "productid",
    "active",
    "activepos",
    "title",
    "sku",
    "deliverystatus",
    "moneyprice",
    "moneypriceorg",
    "moneypricein",
    "moneyofferprice",
    "barcode",
    "barcodealiases",
    "friendly",
)
