"""Entities that are plain rows of text: their fields, defaults, verbs and scopes, as the vendor lists them.

A row keeps only what differs from the defaults. What needs arithmetic or times of its own (sales, lines,
payments, customers, items) is in records.py instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_INVENTORY = ("employee:inventory_read", "employee:inventory")
_ANY: tuple[str, ...] = ()


@dataclass(slots=True)
class Doc:
    """One row. `fields` are wire texts that differ from the schema's defaults; instants are epoch seconds."""

    id: int
    create_at: int
    stamp_at: int
    fields: dict[str, str] = field(default_factory=dict)
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """One entity. `verbs` are of GPUD: read, create, update, delete; "" keeps it a relation only."""

    name: str
    key: str
    fields: Mapping[str, str]
    verbs: str = "GPUD"
    scopes: tuple[str, ...] = _ANY
    sortable: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    objects: frozenset[str] = frozenset()
    """Fields that hold an object or list as it was written: kept as JSON text, in no filter."""

    @property
    def archives(self) -> bool:
        """Whether DELETE only archives."""
        return "archived" in self.fields

    @property
    def writable(self) -> frozenset[str]:
        """What a body may set; the key and the times are the server's."""
        return frozenset(self.fields) - {self.key, "timeStamp", "createTime", "systemSku"}


def _schema(name: str, words: str, **options: Any) -> Schema:
    pairs = [word.partition("=") for word in words.split()]
    fields = {key: value.replace("_", " ") for key, _, value in pairs}
    return Schema(name, pairs[0][0], fields, **options)


_LIST = (
    _schema(
        "TaxCategory",
        "taxCategoryID= isTaxInclusive=false tax1Name= tax2Name= tax1Rate=0 tax2Rate=0 timeStamp=",
        sortable=("timeStamp",),
    ),
    _schema(
        "TaxCategoryClass",
        "taxCategoryClassID= tax1Rate=0 tax2Rate=0 timeStamp= taxCategoryID=0 taxClassID=0",
        sortable=("timeStamp",),
    ),
    _schema("TaxClass", "taxClassID= name= classType=item timeStamp=", sortable=("timeStamp",)),
    _schema(
        "Quote",
        "quoteID= issueDate= notes= archived=false employeeID=1 saleID=0",
        scopes=("employee:customers",),
    ),
    _schema(
        "SpecialOrder",
        "specialOrderID= unitQuantity=0 contacted=false completed=false timeStamp= status=Not_Ordered "
        "customerID=0 shopID=0 saleLineID=0 orderLineID=0 transferItemID=0",
        verbs="G",
        scopes=("employee:special_orders",),
        sortable=("timeStamp",),
    ),
    _schema(
        "Order",
        "orderID= orderedDate= receivedDate= shipInstructions= stockInstructions= shipCost=0 "
        "shipVendorCost=0 otherCost=0 otherVendorCost=0 complete=false archived=false discount=0 "
        "totalDiscount=0 totalQuantity=0 subTotalCost=0 totalCost=0 timeStamp= refNum= createTime= "
        "vendorCurrencyRate=1 vendorCurrencyCode= shippingCostMethod=evenly "
        "hasShipments=false discountMethod=proportionally "
        "discountMoneyValue=0 discountMoneyVendorValue=0 discountIsPercent=false discountPercentValue=0 "
        "costsModifiedAfterShipment=false b2bOrderUID= b2bOrderNumber= vendorID=0 noteID=0 shopID=0 "
        "createdByEmployeeID=1 arrivalDate=",
        scopes=("employee:purchase_orders",),
        sortable=("timeStamp",),
    ),
    _schema(
        "OrderLine",
        "orderLineID= quantity=0 price=0 originalPrice=0 vendorCost=0 checkedIn=0 numReceived=0 timeStamp= "
        "total=0 createTime= shippingCost=0 shippingVendorCost=0 discountMoneyValue=0 "
        "discountMoneyVendorValue=0 discountPercentValue=0 orderID=0 itemID=0",
        scopes=("employee:purchase_orders",),
        sortable=("timeStamp", "orderID"),
        required=("orderID", "itemID"),
    ),
    _schema(
        "Vendor",
        "vendorID= name= archived=false accountNumber= priceLevel= updatePrice=false updateCost=false "
        "updateDescription=false shareSellThrough=false timeStamp= b2bSellerUID= Contact= Reps= "
        "purchasingCurrency=",
        sortable=("timeStamp", "name"),
        required=("name",),
        objects=frozenset(("Contact", "Reps", "purchasingCurrency")),
    ),
    _schema(
        "Workorder",
        "workorderID= systemSku= timeIn= etaOut= note= internalNote= warranty=false tax=true archived=false "
        "hookIn= hookOut= saveParts=false assignEmployeeToAll=false timeStamp= customerID=0 discountID=0 "
        "employeeID=1 serializedID=0 shopID=0 saleID=0 saleLineID=0 workorderStatusID=1",
        scopes=("employee:workbench",),
        sortable=("timeStamp",),
    ),
    _schema(
        "WorkorderItem",
        "workorderItemID= unitPrice=0 unitQuantity=1 warranty=false tax=true approved=true note= "
        "isSpecialOrder=false timeStamp= workorderID=0 saleLineID=0 saleID=0 itemID=0 employeeID=1 "
        "discountID=0",
        scopes=("employee:workbench",),
        sortable=("timeStamp",),
    ),
    _schema(
        "WorkorderLine",
        "workorderLineID= note= hours=0 minutes=0 unitPriceOverride=0 unitQuantity=1 unitCost=0 "
        "done=false approved=true warranty=false tax=true timeStamp= workorderID=0 employeeID=1 saleLineID=0 "
        "saleID=0 itemID=0 discountID=0 taxClassID=0",
        scopes=("employee:workbench",),
        sortable=("timeStamp",),
    ),
    _schema(
        "WorkorderStatus",
        "workorderStatusID= name= sortOrder=0 htmlColor= systemValue=",
        verbs="G",
        scopes=("employee:workbench",),
    ),
    _schema(
        "ItemMatrix",
        "itemMatrixID= description= tax=true defaultCost=0 itemType=default serialized=false modelYear=0 "
        "archived=false timeStamp= itemAttributeSetID=1 manufacturerID=0 categoryID=0 defaultVendorID=0 "
        "taxClassID=0 seasonID=0 departmentID=0 Prices= attribute1Values= attribute2Values= "
        "attribute3Values=",
        scopes=("employee:product_cost", *_INVENTORY),
        sortable=("timeStamp", "description"),
        required=("description",),
        objects=frozenset(("Prices", "attribute1Values", "attribute2Values", "attribute3Values")),
    ),
    _schema(
        "ItemAttributeSet",
        "itemAttributeSetID= name= attributeName1= attributeName2= attributeName3= system=false "
        "archived=false",
        scopes=_INVENTORY,
        required=("name",),
    ),
    _schema(
        "ItemShop",
        "itemShopID= qoh=0 sellable=0 backorder=0 componentQoh=0 componentBackorder=0 onLayaway=0 "
        "onSpecialOrder=0 onWorkorder=0 onTransferOut=0 onTransferIn=0 averageCost=0 nextFifoLotID=0 "
        "nextFifoLotCost=0 lastReceivedLotID=0 lastReceivedCost=0 totalValueFifo=0 totalValueAvgCost=0 "
        "totalValueNegativeInventory=0 reorderPoint=0 reorderLevel=0 timeStamp= itemID=0 shopID=0",
        verbs="GU",
        scopes=(*_INVENTORY, "employee:product_cost"),
        sortable=("timeStamp",),
    ),
    _schema("ItemVendorNum", "itemVendorNumID= value= timeStamp= cost=0 itemID=0 vendorID=0", verbs=""),
    _schema(
        "ItemComponent",
        "itemComponentID= quantity=1 componentGroup=0 assemblyItemID=0 componentItemID=0",
        verbs="",
    ),
    _schema(
        "ItemECommerce",
        "itemECommerceID= longDescription= shortDescription= weight=0 width=0 height=0 length=0 "
        "listOnStore=false itemID=0",
        verbs="",
    ),
    _schema("ItemFee", "itemFeeID= name= archived=false feeValue=0 timeStamp= itemID=0"),
    _schema(
        "PriceLevel",
        "priceLevelID= name= archived=false canBeArchived=false type=fixed Calculation=",
        verbs="GU",
        sortable=("name",),
    ),
    _schema("Season", "seasonID= name= timeStamp=", scopes=_INVENTORY, sortable=("timeStamp",)),
    _schema("ShelfLocation", "shelfLocationID= name= timeStamp= shopID=0", verbs=""),
    _schema(
        "ReceiptSetup",
        "receiptSetupID= generalMsg= workorderAgree= creditcardAgree= hasLogo=false logo= logoWidth=0 "
        "header=",
        verbs="",
    ),
    _schema(
        "CCGateway",
        "ccGatewayID= marketType=0 deviceType=0 hashValue= enabled=false testMode=false gateway= "
        "terminalNum= allowCredits=false visaPaymentTypeID=3 masterPaymentTypeID=3 discoverPaymentTypeID=3 "
        "americanPaymentTypeID=3 debitPaymentTypeID=6",
        verbs="",
    ),
    _schema(
        "CCCharge",
        "ccChargeID= gatewayTransID= xnum= cardType= cardholderName= exp= entryMethod= authCode= amount=0 "
        "authOnly=false refunded=0 declined=false voided=false timeStamp= saleID=0",
        verbs="G",
        scopes=("employee:register_read", "employee:register"),
        sortable=("timeStamp",),
    ),
    _schema(
        "SalePaymentSignature",
        "salePaymentSignatureID= filePath= createTime= salePaymentID=0",
        verbs="",
    ),
    _schema("TagRelation", "tagRelationID= tagID=0 itemID=0", verbs=""),
    _schema(
        "CustomField",
        "customFieldID= type=string name= uom= decimalPrecision=0 archived=false timeStamp= default= "
        "of=Customer",
        verbs="",
        sortable=("timeStamp", "name"),
        required=("name", "type"),
    ),
    _schema(
        "CustomFieldValue",
        "customFieldValueID= customFieldID=0 name= type= value= timeStamp= of=Customer ofID=0",
        verbs="",
    ),
    _schema(
        "EmployeeRole", "employeeRoleID= name= system=false archived=false EmployeeRights=", verbs="",
        objects=frozenset(("EmployeeRights",)),
    ),
)  # fmt: skip

SCHEMAS: Mapping[str, Schema] = {schema.name: schema for schema in _LIST}

_ADMIN_RIGHTS = (
    '{"EmployeeRight":[{"employeeRightID":"1","name":"register"},{"employeeRightID":"2","name":"customers"},'
    '{"employeeRightID":"3","name":"inventory"},{"employeeRightID":"4","name":"allow_record_merging"}]}'
)
# What every account has from the start.
FIRST_ROWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("TaxClass", {"name": "Item"}),
    ("TaxClass", {"name": "Labor", "classType": "labor"}),
    ("PriceLevel", {"name": "Default"}),
    ("PriceLevel", {"name": "MSRP"}),
    ("PriceLevel", {"name": "Online"}),
    ("WorkorderStatus", {"name": "Open", "systemValue": "open"}),
    ("WorkorderStatus", {"name": "Estimate", "sortOrder": "1", "systemValue": "estimate"}),
    ("WorkorderStatus", {"name": "Waiting", "sortOrder": "2", "systemValue": "waiting"}),
    ("WorkorderStatus", {"name": "Finished", "sortOrder": "65000", "systemValue": "finished"}),
    ("WorkorderStatus", {"name": "Done & Paid", "sortOrder": "65001", "systemValue": "paid"}),
    ("ItemAttributeSet", {"name": "Color/Size", "attributeName1": "Color", "attributeName2": "Size",
                          "system": "true"}),
    ("ItemAttributeSet", {"name": "Size", "attributeName1": "Size", "system": "true"}),
    ("ItemAttributeSet", {"name": "Color", "attributeName1": "Color", "system": "true"}),
    ("ItemAttributeSet", {"name": "3 Attributes", "attributeName1": "Attribute 1",
                          "attributeName2": "Attribute 2", "attributeName3": "Attribute 3",
                          "system": "true"}),
    ("ReceiptSetup", {}),
    ("EmployeeRole", {"name": "Admin", "system": "true", "EmployeeRights": _ADMIN_RIGHTS}),
)  # fmt: skip
