"""Price lists, sales tax groups and stock batches, field by field, in the order of the published examples."""

from fakes.sitoo.documents import Field, Schema

PRICE_LISTS = Schema(
    "pricelist",
    "pricelistid",
    (
        Field("pricelistid", "int", None, "l"),
        Field("pricelistname", "text", "", "wlr"),
        Field("pricelistdescription", "text", "", "wl"),
        Field("active", "bool", True, "wl"),
        Field("externalid", "text", None, "wl"),
        Field("currencycode", "text", "", "wl"),
        Field("tags", "texts", [], "wl"),
    ),
)

PRICE_LIST_ITEMS = Schema(
    "pricelistitem",
    "pricelistitemid",
    (
        Field("pricelistitemid", "int", None, "h"),
        Field("pricelistid", "int", None, "h"),
        Field("moneyprice", "money", None, "wlr"),
        Field("moneypricevolume", "objects", None, "wl"),
        Field("sku", "text", "", "wlr"),
    ),
)

PRICE_VOLUME = {
    one.name: one for one in (Field("levelstart", "int", 0, "w"), Field("moneyprice", "money", "", "w"))
}

SALES_TAX_GROUPS = Schema(
    "salestaxgroup",
    "salestaxgroupid",
    (
        Field("salestaxgroupid", "int", None, "l"),
        Field("name", "text", "", "wlr"),
        Field("region", "text", "", "wl"),
        Field("salestaxes", "objects", [], "wlr"),
    ),
)

WAREHOUSE_BATCHES = Schema(
    "warehousebatch",
    "warehousebatchid",
    (
        Field("warehousebatchid", "int", None, "l"),
        Field("warehouseid", "int", None, "l"),
        Field("warehousetransactionid", "int", None, "l"),
        Field("transactiontype", "int", 0, "wlr"),
        Field("datecreated", "date", 0, "l"),
        Field("warehousebatchstate", "int", 10, "wl"),
        Field("emailowner", "text", "", "wl"),
        Field("comment", "text", "", "wl"),
        Field("shipmentid", "int", None, "l"),
        Field("externalid", "text", None, "wl"),
        Field("reasoncode", "text", None, "wl"),
    ),
)

WAREHOUSE_BATCH_ITEMS = Schema(
    "warehousebatchitem",
    "warehousebatchitemid",
    (
        Field("warehousebatchitemid", "int", None, "l"),
        Field("warehousebatchid", "int", None, "l"),
        Field("warehouseitemid", "int", None, "l"),
        Field("datemodified", "date", 0, "l"),
        Field("decimalquantity", "decimal", None, "wlr"),
        Field("moneypricein", "money", "0.00", "wl"),
        Field("emailowner", "text", "", "wl"),
        Field("comment", "text", None, "wl"),
        Field("sku", "text", "", "wlr"),
    ),
)

WAREHOUSE_ITEMS = Schema(
    "warehouseitem",
    "warehouseitemid",
    (
        Field("warehouseitemid", "int", None, "l"),
        Field("warehouseid", "int", None, ""),
        Field("sku", "text", "", "wlr"),
        Field("binlocation", "text", "", "wl"),
        Field("decimalthreshold", "decimal", "0.000", "wl"),
        Field("decimaltotal", "decimal", "0.000", "wl"),
        Field("moneytotal", "money", "0.00", "wl"),
        Field("datelastmodified", "date", None, "l"),
        Field("datelaststocktaking", "date", None, "l"),
        Field("decimalreserved", "decimal", "0.000", "l"),
        Field("decimalavailable", "decimal", "0.000", "l"),
    ),
)
