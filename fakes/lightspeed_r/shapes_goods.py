"""Wire JSON of what is sold, where, and the small lists round it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import msgspec

from fakes.lightspeed_r.records import (
    Category,
    Discount,
    Employee,
    Image,
    Item,
    Manufacturer,
    PaymentType,
    Register,
    SaleVoid,
    Shop,
)
from fakes.lightspeed_r.wire import Shape, child, decimal_text, encoded, flag, overlaid, safe, time_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

IMAGE_BASE_URL = "https://res.cloudinary.com/lightspeed-retail/image/upload/"

ITEM = Shape(
    """
    itemID=%s systemSku=%s defaultCost=0 avgCost=0 discountable=true tax=true archived=%s
    itemType=default serialized=false laborDurationMinutes=0 description=%s modelYear=0 upc= ean=
    customSku=%s manufacturerSku= createTime=%s timeStamp=%s publishToEcom=false categoryID=%s
    taxClassID=1 departmentID=0 itemMatrixID=0 manufacturerID=%s seasonID=0 defaultVendorID=0
    """
)
# Seen only inside a sale or a sale line.
_ITEM_NESTED = ',"itemAttributesID":"0","noteID":"0","itemECommerceID":"0"'
_PRICES = (
    ',"Prices":{"ItemPrice":[{"amount":"%s","useTypeID":"1","useType":"Default"},'
    '{"amount":"%s","useTypeID":"2","useType":"MSRP"}%s]}'
)
_ONLINE = ',{"amount":"%s","useTypeID":"3","useType":"Online"}'
CATEGORY = Shape(
    """
    categoryID=%s name=%s nodeDepth=%s fullPathName=%s leftNode=%s rightNode=%s createTime=%s
    timeStamp=%s parentID=%s
    """
)
MANUFACTURER = Shape("manufacturerID=%s name=%s createTime=%s timeStamp=%s")
IMAGE = Shape(
    f"""
    imageID=%s description=%s filename=%s.jpg ordering=%s publicID=%s baseImageURL={IMAGE_BASE_URL}
    size=380994 createTime=%s timeStamp=%s itemID=%s itemMatrixID=%s
    """
)
DISCOUNT = Shape(
    """
    discountID=%s name=%s discountAmount=%s discountPercent=%s requireCustomer=false archived=%s
    sourceID=2 createTime=%s timeStamp=%s
    """
)
PAYMENT_TYPE = Shape(
    """
    paymentTypeID=%s code=%s name=%s requireCustomer=false archived=false internalReserved=%s type=%s
    channel= refundAsPaymentTypeID=%s
    """
)
SHOP = Shape(
    """
    shopID=%s name=%s serviceRate=0 timeZone=%s taxLabor=false labelTitle=SHOPNAME labelMsrp=false
    archived=false timeStamp=%s companyRegistrationNumber= vatNumber= zebraBrowserPrint=false
    contactID=%s taxCategoryID=0 receiptSetupID=1 vendorID=0 ccGatewayID=0 gatewayConfigID=0 priceLevelID=1
    """
)
REGISTER = Shape(
    """
    registerID=%s name=%s open=true openTime=%s tipEnabled=false archived=false openEmployeeID=1
    shopID=%s ccTerminalID=0
    """
)
EMPLOYEE = Shape(
    """
    employeeID=%s firstName=%s lastName=%s lockOut=false archived=false contactID=%s
    clockInEmployeeHoursID=0 employeeRoleID=1 limitToShopID=0 lastShopID=0 lastSaleID=0 lastRegisterID=0
    timeStamp=%s
    """
)
SALE_VOID = Shape("saleVoidID=%s createTime=%s reason=%s saleID=%s employeeID=%s shopID=%s")


def item_text(state: "State", item: Item, loaded: AbstractSet[str], *, nested: bool = False) -> str:
    """An item; `Prices` comes without asking. systemSku is "21" and the id in ten digits."""
    stamp = time_text(item.stamp_at)
    opened = ITEM.open(
        (
            item.id,
            f"21{item.id:010d}",
            flag(item.archived),
            safe(item.description),
            safe(item.sku),
            stamp,
            stamp,
            item.category_id,
            item.manufacturer_id,
        )
    )
    if nested or "ItemECommerce" in loaded:
        opened += _ITEM_NESTED
    more = state.extras["Item"].get(item.id)
    if more is None:
        return (
            opened + _item_relations(state, item, loaded) + _PRICES % (decimal_text(item.price), 0, "") + "}"
        )
    opened = overlaid(opened, more) + _item_relations(state, item, loaded) + _item_extras(more, loaded)
    online = _ONLINE % more["Online"] if "Online" in more else ""
    return opened + _PRICES % (decimal_text(item.price), more.get("MSRP", "0"), online) + "}"


def _item_extras(more: Mapping[str, str], loaded: AbstractSet[str]) -> str:
    """Attributes of a matrix's item and the note, kept with the item's other texts."""
    text = ""
    if "ItemAttributes" in loaded and "itemAttributeSetID" in more:
        names = ("attribute1", "attribute2", "attribute3", "itemAttributeSetID")
        text += f',"ItemAttributes":{encoded({name: more.get(name, "") for name in names})}'
    if "Note" in loaded and "note" in more:
        note = {"note": more["note"], "isPublic": "false", "timeStamp": more["noteTime"]}
        text += f',"Note":{encoded(note)}'
    return text


def _item_relations(state: "State", item: Item, loaded: AbstractSet[str]) -> str:
    text = ""
    category = state.categories.rows.get(item.category_id) if "Category" in loaded else None
    if category is not None:
        text += f',"Category":{category_text(category)}'
    if "TaxClass" in loaded:
        wanted = state.extras["Item"].get(item.id, {}).get("taxClassID", "1")
        tax_class = state.record("TaxClass", int(wanted))
        text += f',"TaxClass":{encoded(tax_class)}' if tax_class else ""
    brand = state.manufacturers.rows.get(item.manufacturer_id) if "Manufacturer" in loaded else None
    if brand is not None:
        text += f',"Manufacturer":{manufacturer_text(brand)}'
    if "Images" in loaded and item.image_id:
        images = [one for one in state.images if one.item_id == item.id] if item.more_images else []
        first = [state.images.rows[item.image_id]] if item.image_id in state.images.rows else []
        text += child("Images", "Image", [image_text(one) for one in images or first])
    return text


def category_text(category: Category, parent: Category | None = None) -> str:
    opened = CATEGORY.open(
        (
            category.id,
            safe(category.name),
            category.depth,
            safe(category.path),
            category.left,
            category.right,
            time_text(category.create_at),
            time_text(category.stamp_at),
            category.parent_id,
        )
    )
    return f'{opened},"Parent":{category_text(parent)}}}' if parent else opened + "}"


def manufacturer_text(brand: Manufacturer) -> str:
    stamp = time_text(brand.stamp_at)
    return MANUFACTURER.open((brand.id, safe(brand.name), stamp, stamp)) + "}"


def image_text(image: Image) -> str:
    name, stamp = safe(image.public_id), time_text(image.stamp_at)
    values = (image.id, safe(image.description), name, image.ordering, name, stamp, stamp)
    return IMAGE.open((*values, image.item_id, image.matrix_id)) + "}"


def discount_text(discount: Discount) -> str:
    stamp = time_text(discount.stamp_at)
    return (
        DISCOUNT.open(
            (
                discount.id,
                safe(discount.name),
                decimal_text(discount.amount),
                discount.percent,
                flag(discount.archived),
                stamp,
                stamp,
            )
        )
        + "}"
    )


def payment_type_text(state: "State", kind: PaymentType) -> str:
    opened = PAYMENT_TYPE.open(
        (kind.id, safe(kind.name), safe(kind.name), flag(kind.reserved), safe(kind.kind), kind.refund_as)
    )
    more = state.extras["PaymentType"].get(kind.id)
    return f"{overlaid(opened, more) if more else opened}}}"


def shop_text(state: "State", shop: Shop, loaded: AbstractSet[str]) -> str:
    stamp = time_text(shop.stamp_at)
    text = SHOP.open((shop.id, safe(shop.name), safe(shop.time_zone), stamp, shop.id))
    text = text.replace("SHOPNAME", "Shop Name", 1)
    more = state.extras["Shop"].get(shop.id, {})
    text = overlaid(text, more) if more else text
    if "Contact" in loaded:
        text += f',"Contact":{shop_contact(shop, more.get("Contact"), stamp)}'
    if "Registers" in loaded:
        registers = [register_text(row) for row in state.registers if row.shop_id == shop.id]
        text += child("Registers", "Register", registers)
    return text + "}"


def shop_contact(shop: Shop, written: str | None, stamp: str) -> str:
    """The store's address; blank unless a script wrote one."""
    blank = {"custom": "", "noEmail": "false", "noPhone": "false", "noMail": "false"}
    nobody = dict.fromkeys(("Addresses", "Phones", "Emails", "Websites"), "")
    told = msgspec.json.decode(written) if written else {}
    return encoded({"contactID": str(shop.id), **blank, "timeStamp": stamp, **nobody, **told})


def register_text(register: Register) -> str:
    return REGISTER.open((register.id, safe(register.name), time_text(0), register.shop_id)) + "}"


def employee_text(employee: Employee) -> str:
    return (
        EMPLOYEE.open(
            (
                employee.id,
                safe(employee.first_name),
                safe(employee.last_name),
                employee.id,
                time_text(employee.stamp_at),
            )
        )
        + "}"
    )


def employee_row(state: "State", employee: Employee, loaded: AbstractSet[str]) -> str:
    """An employee, with the contact if it was asked for; an address of blanks is spelled out."""
    text, more = employee_text(employee)[:-1], state.extras["Employee"].get(employee.id, {})
    text = overlaid(text, more) if more else text
    if "Contact" not in loaded:
        return f"{text}}}"
    keys = ("address1", "address2", "city", "state", "zip", "country", "countryCode", "stateCode")
    contact = {
        "contactID": str(employee.id),
        "custom": "",
        **dict.fromkeys(("noEmail", "noPhone", "noMail"), "false"),
        "Addresses": {"ContactAddress": dict.fromkeys(keys, "")},
        **dict.fromkeys(("Phones", "Emails", "Websites"), ""),
        "timeStamp": time_text(employee.stamp_at),
    }
    return f'{text},"Contact":{encoded(contact)}}}'


def sale_void_text(void: SaleVoid) -> str:
    values = (
        void.id,
        time_text(void.create_at),
        safe(void.reason),
        void.sale_id,
        void.employee_id,
        void.shop_id,
    )
    return SALE_VOID.open(values) + "}"
