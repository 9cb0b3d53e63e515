"""Every entity as the published examples have it, by hand: a missing, extra or ill-typed key is an error."""

from typing import Any

import msgspec

Money = str
Struct = msgspec.Struct


class Strict(Struct, forbid_unknown_fields=True):
    """Nothing more than what is named."""


class Payment(Strict):
    name: str
    moneyamount: Money
    externalid: str
    reftype: str
    refid: str
    cardissuer: str
    additionaldata: dict[str, str]


class Item(Strict):
    orderitemid: int
    orderitemtype: int
    productid: int | None
    productname: str
    sku: str
    productattributes: str
    externalinput: str
    externalinputtitle: str
    unitlabel: str
    quantity: int
    decimalunitquantity: str | None
    moneynetpriceperunit: Money
    moneypriceorg: Money
    vatvalue: int | float
    deliveryinfo: str
    moneyitemtotal_net: Money
    moneyitemtotal_vat: Money
    voucherid: int
    vouchercode: str
    vouchername: str
    moneyoriginalprice: Money
    moneydiscountedprice: Money
    moneydiscount: Money
    salestaxes: list[dict[str, Any]]
    additionaldata: dict[str, str]
    decimalquantitytotal: str
    moneynetpriceperquantity: Money


class ListedOrder(Strict):
    orderid: int
    eshopid: int
    email: str
    namefirst: str
    namelast: str
    company: str
    moneyfinal_net: Money
    moneyfinal_vat: Money
    moneytotal_gross_roundoff: Money
    moneytotal_gross_all: Money
    checkouttypename: str
    deliverytypename: str
    orderdate: int
    orderstateid: int
    paymentstateid: int
    ordertypeid: int
    registerid: str | None
    warehouseid: int | None
    datereserved: int | None
    currencycode: str
    additionaldata: dict[str, str]
    orderitems: list[Item]
    payments: list[Payment]


class LogItem(Strict):
    datelog: int
    orderlogtypeid: int
    strvalue: str | None
    fvalue: float | None


class WholeOrder(ListedOrder):
    externalid: str | None
    creditorderid: int | None
    checkouttypeid: int
    deliverytypeid: int
    personalid: str
    phone: str
    invoice_address: str
    invoice_address2: str
    invoice_zip: str
    invoice_city: str
    invoice_state: str
    invoice_countryid: str
    delivery_address: str
    delivery_address2: str
    delivery_zip: str
    delivery_city: str
    delivery_state: str
    delivery_countryid: str
    comment: str
    commentinternal: str
    customerref: str
    checkoutref: str
    moneytotal_net: Money
    moneytotal_vat: Money
    moneycheckout_net: Money
    moneycheckout_vat: Money
    moneytotal_gross_checkout: Money
    moneydelivery_net: Money
    moneydelivery_vat: Money
    moneytotal_gross_delivery: Money
    moneyfinal_salestax: Money
    checkoutmethodid: int
    checkoutmethodsubid: int
    userid_staff: str | None
    orderlogitems: list[LogItem]


class VatGroup(Strict):
    vatvalue: int | float
    moneytotal: Money
    moneytotalnet: Money
    moneytotalvat: Money


class GroupTotal(VatGroup):
    name: str
    numtotal: int


class PaymentTotal(Strict):
    name: str
    moneytotal: Money
    subpayments: list[Any]


class DiscountTotal(Strict):
    vouchercode: str
    moneytotal: Money
    moneytotalnet: Money
    moneytotalvat: Money


class ZReport(Strict):
    zreportid: int
    registerid: str
    manufacturerid: str
    registerkey: str
    registernumber: int
    datecreated: int
    dateopened: int | None
    eshopid: int
    store_id: str
    store_name: str
    company: str
    companyid: str
    address: str
    address2: str
    address3: str
    currencycode: str
    staff: str
    staffuserid: str | None
    comment: str
    moneysalestotal: Money
    moneysalestotalnet: Money
    numsales: int
    numsalesitems: int
    vatgroupssales: list[VatGroup]
    productgroupssales: list[GroupTotal]
    moneysalesnotdeliveredtotal: Money
    moneysalesnotdeliveredtotalnet: Money
    numsalesnotdelivered: int
    numsalesnotdelivereditems: int
    moneyrefundtotal: Money
    moneyrefundtotalnet: Money
    numrefund: int
    numrefunditems: int
    vatgroupsrefund: list[VatGroup]
    productgroupsrefund: list[GroupTotal]
    moneyroundoff: Money
    salestaxessales: list[dict[str, Any]]
    salestaxesrefund: list[dict[str, Any]]
    moneysummarysales: Money
    moneysummaryrefund: Money
    moneysummarysubtotal: Money
    moneysummarysalestax: Money
    moneysummaryroundoff: Money
    moneysummarytotal: Money
    paymentssales: list[PaymentTotal]
    paymentsrefund: list[PaymentTotal]
    discountssales: list[DiscountTotal]
    discountsrefund: list[DiscountTotal]
    moneycash_in: Money
    moneycash_salesrefunds: Money
    moneycash_petty: Money
    moneycash_bank: Money
    moneycash_expected: Money
    moneycash_counted: Money
    moneycash_diff: Money
    moneycash_bankfinal: Money
    moneycash_out: Money
    moneydiscount: Money
    numsalestypeproduct: int
    numsalestypeservice: int
    numsalestypegiftcard: int
    numreceipts: int
    numopendrawer: int
    numpractice: int
    moneypractice: Money
    moneygrandtotalsales: Money
    moneygrandtotalrefund: Money
    moneygrandtotalnet: Money


class Register(Strict):
    registerid: str
    manufacturerid: str
    registerkey: str
    company: str
    companyid: str
    address: str
    address2: str
    zip: str
    city: str
    state: str
    countryid: str
    currencycode: str
    receiptlanguagetag: str
    storesettingid: int
    warehouseid: int
    salestaxgroupid: int | None


class MoveItem(Strict):
    decimalquantity: str
    decimaltotal: str
    moneypricein: Money
    moneytotal: Money
    moneyvalue: Money
    sku: str


class Move(Strict):
    warehousetransactionid: int
    warehouseid: int
    datecreated: int
    transactiontype: int
    description: str
    orderdeliveryid: int | None
    shipmentid: int | None
    externalid: str | None
    reasoncode: str | None
    items: list[MoveItem]


class DeliveryItem(Strict):
    orderdeliveryitemid: int
    orderdeliveryid: int
    orderitemid: int
    quantity: int


class Delivery(Strict):
    orderdeliveryid: int
    orderid: int
    warehouseid: int
    orderdeliveryref: str
    datedelivery: int | None
    datecancelled: int | None
    pluginname: str
    orderdeliveryitems: list[DeliveryItem]


class Card(Strict):
    type: str
    currencycode: str
    cardnumber: str
    cardnumber_display: str
    redeemable: bool
    date_expires: int
    date_created: int
    moneyamount: Money
    requirespin: bool
    transactions: list[dict[str, Any]]


LISTED_KEYS: dict[str, str] = {
    "sites": "siteid protocol server abspath siteurl eshopid",
    "site/stores": "storeid storetype name address city usetype_movein usetype_moveout",
    "site/warehouses": "warehouseid warehousetype usetype storeid sellable name externalid",
    "site/users": "userid email namefirst namelast company datecreated datemodified",
    "site/categories": "categoryid categoryparentid visible sortorder custom1 custom2 friendly seo_title "
    "seo_keywords seo_description title datecreated datemodified",
    "site/productgroups": "vatid value productgrouptype productgroupname comment",
    "site/manufacturers": "externalcompanyid name description address zip city state countryid phone email "
    "url1 url2",
    "reasoncodes": "reasoncodeid type reasoncode name",
    "site/salestaxes": "salestaxid name code decimalvaluedefault productgrouprules",
    "site/vouchers": "voucherid vouchername datecreated vouchertype voucherstate",
    "shipments": "shipmentid shipmentstate externalid datenew dateintransit datereceived datecancelled "
    "dateestimatedpickup dateestimateddelivery sender_warehouseid sender_name receiver_warehouseid "
    "receiver_name carrier_name carrier_reference",
    "site/products": "productid sku moneyprice title",
}
"""The keys of the published list examples."""

_SIDE = (
    "warehouseid",
    "name",
    "address",
    "address2",
    "zip",
    "city",
    "state",
    "countryid",
    "referencename",
    "referenceemail",
    "referencemobile",
    "instructions",
)

WHOLE_KEYS: dict[str, str] = {
    "site/stores": "storeid storetype name externalid externalgroupid phone email address address2 zip "
    "city state "
    "countryid latitude longitude nearby_stores usetype_movein usetype_moveout usetype_manualin "
    "usetype_manualout usetype_shipmentin usetype_shipmentout tags",
    "site/warehouses": "warehouseid warehousetype usetype storeid sellable currencycode name address "
    "address2 zip city "
    "state countryid externalid",
    "site/users": "userid email namefirst namelast personalid externalid company department companyid "
    "address "
    "address2 zip city state countryid phone mobile notes customernumber datecreated datemodified "
    "pricelistid voucherpasswords role warehouses posrefundcard",
    "site/vouchers": "voucherid active activepos vouchercode voucherpassword vouchername vouchercomment "
    "voucherterms "
    "datecreated datestart dateend tags vouchertype value_x value_y value_z money_m money_n "
    "vouchername1 vouchercode1 vouchername2 vouchercode2 maxuses priority pricelisttags "
    "vouchergrouptype voucherstate products productoptions discountoptions",
    "site/products": "productid sku skumanufacturer descriptionshort description descriptionhtml "
    "deliverystatus "
    "moneyprice moneypriceorg moneypricein unitlabel allowdecimals deliveryinfo externalinputtitle "
    "offerisenabled moneyofferprice offertitle offerdatestart offerdateend active activepos vatid "
    "deliveryclassid defaultcategoryid categories manufacturerid manufacturerurl custom1 custom2 "
    "custom3 custom4 custom5 stockcountenable stockallowbackorder variantparentid barcode "
    "barcodealiases similar related accessories customattributes offerisactive moneyfinalprice "
    "vatvalue productgrouptype pricelisthasvolume variant friendly seo_title seo_keywords "
    "seo_description title datecreated datemodified",
    "shipments": "shipmentid shipmentstate archived externalid barcode comment emailowner emailreceivedby "
    "datenew dateintransit datereceived datecancelled dateestimatedpickup dateestimateddelivery "
    + " ".join(f"{side}_{part}" for side in ("sender", "receiver") for part in _SIDE)
    + " carrier_name carrier_reference carrier_trackingurl shipmentpackages shipmentitems",
}
"""The keys of the published single examples."""
