"""The simple resources, field by field, in the order of the published examples."""

from typing import Any

from fakes.sitoo.documents import Field, Schema


def _fields(*specs: tuple[Any, ...]) -> tuple[Field, ...]:
    return tuple(Field(*spec) for spec in specs)


def _texts(names: str, flags: str = "w") -> tuple[tuple[Any, ...], ...]:
    return tuple((name, "text", "", flags) for name in names.split())


SITES = Schema(
    "site",
    "eshopid",
    _fields(
        ("siteid", "text", "", "l"),
        ("protocol", "text", "https", "l"),
        ("server", "text", "", "l"),
        ("abspath", "text", "/", "l"),
        ("siteurl", "text", "", "l"),
        ("eshopid", "int", None, "l"),
    ),
)

STORES = Schema(
    "store",
    "storeid",
    _fields(
        ("storeid", "int", None, "l"),
        ("storetype", "int", 10, "wl"),
        ("name", "text", "", "wlr"),
        ("externalid", "text", None, "w"),
        ("externalgroupid", "text", None, "w"),
        ("phone", "text", None, "w"),
        ("email", "text", None, "w"),
        ("address", "text", "", "wl"),
        ("address2", "text", "", "w"),
        ("zip", "text", "", "w"),
        ("city", "text", "", "wl"),
        ("state", "text", "", "w"),
        ("countryid", "text", None, "w"),
        ("latitude", "number", None, "w"),
        ("longitude", "number", None, "w"),
        ("nearby_stores", "ints", [], "w"),
        ("usetype_movein", "int", None, "wl"),
        ("usetype_moveout", "int", None, "wl"),
        ("usetype_manualin", "int", None, "w"),
        ("usetype_manualout", "int", None, "w"),
        ("usetype_shipmentin", "int", None, "w"),
        ("usetype_shipmentout", "int", None, "w"),
        ("tags", "texts", [], "w"),
    ),
)

WAREHOUSES = Schema(
    "warehouse",
    "warehouseid",
    _fields(
        ("warehouseid", "int", None, "l"),
        ("warehousetype", "int", 10, "wl"),
        ("usetype", "int", 10, "wl"),
        ("storeid", "int", None, "wl"),
        ("sellable", "bool", True, "wl"),
        ("currencycode", "text", "", "w"),
        ("name", "text", "", "wlr"),
        *_texts("address address2 zip city state"),
        ("countryid", "text", None, "w"),
        ("externalid", "text", None, "wl"),
    ),
)

USERS = Schema(
    "user",
    "userid",
    _fields(
        ("userid", "guid", None, "l"),
        ("email", "text", "", "wlr"),
        ("namefirst", "text", "", "wl"),
        ("namelast", "text", "", "wl"),
        ("personalid", "text", "", "w"),
        ("externalid", "text", None, "w"),
        ("company", "text", "", "wl"),
        *_texts("department companyid address address2 zip city state"),
        ("countryid", "text", "", "w"),
        *_texts("phone mobile notes customernumber"),
        ("pin", "text", None, "wh"),
        ("datecreated", "date", 0, "l"),
        ("datemodified", "date", 0, "l"),
        ("pricelistid", "int", 1, ""),
        ("voucherpasswords", "texts", [], "w"),
        ("role", "int", None, "w"),
        ("warehouses", "ints", [], "w"),
        ("posrefundcard", "bool", False, "w"),
    ),
)

CATEGORIES = Schema(
    "category",
    "categoryid",
    _fields(
        ("categoryid", "int", None, "l"),
        ("categoryparentid", "int", None, "wl"),
        ("visible", "bool", True, "wl"),
        ("sortorder", "int", 0, "wl"),
        *_texts("custom1 custom2 friendly seo_title seo_keywords seo_description", "wl"),
        ("title", "text", "", "wlr"),
        ("datecreated", "date", 0, "l"),
        ("datemodified", "date", 0, "l"),
    ),
)

PRODUCT_GROUPS = Schema(
    "productgroup",
    "vatid",
    _fields(
        ("vatid", "int", None, "l"),
        ("value", "number", 0, "wlr"),
        ("productgrouptype", "int", 10, "wl"),
        ("productgroupname", "text", "", "wlr"),
        ("comment", "text", "", "wl"),
    ),
)

MANUFACTURERS = Schema(
    "manufacturer",
    "externalcompanyid",
    _fields(
        ("externalcompanyid", "int", None, "l"),
        ("name", "text", "", "wlr"),
        *_texts("description address zip city state countryid phone email url1 url2", "wl"),
    ),
)

REASON_CODES = Schema(
    "reasoncode",
    "reasoncodeid",
    _fields(
        ("reasoncodeid", "int", None, "l"),
        ("type", "int", 10, "wl"),
        ("reasoncode", "text", "", "wlr"),
        ("name", "text", "", "wl"),
    ),
)

SALES_TAXES = Schema(
    "salestax",
    "salestaxid",
    _fields(
        ("salestaxid", "int", None, "l"),
        ("name", "text", "", "wlr"),
        ("code", "text", None, "wl"),
        ("decimalvaluedefault", "decimal", "0.000", "wl"),
        ("productgrouprules", "objects", [], "wl"),
    ),
)

VOUCHERS = Schema(
    "voucher",
    "voucherid",
    _fields(
        ("voucherid", "int", None, "l"),
        ("active", "bool", True, "w"),
        ("activepos", "bool", True, "w"),
        ("vouchercode", "text", "", "w"),
        ("voucherpassword", "text", "", "w"),
        ("vouchername", "text", "", "wlr"),
        ("vouchercomment", "text", "", "w"),
        ("voucherterms", "text", "", "w"),
        ("datecreated", "date", 0, "l"),
        ("datestart", "date", None, "w"),
        ("dateend", "date", None, "w"),
        ("tags", "texts", [], "w"),
        ("vouchertype", "int", None, "wlr"),
        *((f"value_{one}", "number", None, "w") for one in "xyz"),
        ("money_m", "money", None, "w"),
        ("money_n", "money", None, "w"),
        *(
            (name, "text", None, "w")
            for name in ("vouchername1", "vouchercode1", "vouchername2", "vouchercode2")
        ),
        ("maxuses", "int", None, "w"),
        ("priority", "int", 3, "w"),
        ("pricelisttags", "texts", None, "w"),
        ("vouchergrouptype", "int", 20, "w"),
        ("voucherstate", "int", 10, "l"),
        *((name, "objects", [], "w") for name in ("products", "productoptions", "discountoptions")),
    ),
)

SHIPMENTS = Schema(
    "shipment",
    "shipmentid",
    _fields(
        ("shipmentid", "int", None, "l"),
        ("shipmentstate", "int", 0, "wlr"),
        ("archived", "bool", False, "w"),
        ("externalid", "text", "", "wl"),
        *_texts("barcode comment emailowner emailreceivedby"),
        ("datenew", "date", None, "l"),
        ("dateintransit", "date", None, "l"),
        ("datereceived", "date", None, "l"),
        ("datecancelled", "date", None, "l"),
        ("dateestimatedpickup", "date", None, "wl"),
        ("dateestimateddelivery", "date", None, "wl"),
        *(
            (f"{side}_{name}", kind, default, flags)
            for side in ("sender", "receiver")
            for name, kind, default, flags in (
                ("warehouseid", "int", None, "wl"),
                ("name", "text", "", "wl"),
                *_texts(
                    "address address2 zip city state countryid referencename referenceemail referencemobile "
                    "instructions"
                ),
            )
        ),
        ("carrier_name", "text", "", "wl"),
        ("carrier_reference", "text", "", "wl"),
        ("carrier_trackingurl", "text", "", "w"),
        ("shipmentpackages", "objects", [], "w"),
        ("shipmentitems", "objects", [], "w"),
    ),
)
