"""Wire JSON of what is sold, where, and the small lists round it."""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

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
from fakes.lightspeed_r.wire import Shape, child, decimal_text, flag, safe, time_text

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
    '{"amount":"0","useTypeID":"2","useType":"MSRP"}]}'
)
CATEGORY = Shape(
    """
    categoryID=%s name=%s nodeDepth=%s fullPathName=%s leftNode=%s rightNode=%s createTime=%s
    timeStamp=%s parentID=%s
    """
)
MANUFACTURER = Shape("manufacturerID=%s name=%s createTime=%s timeStamp=%s")
IMAGE = Shape(
    f"""
    imageID=%s description= filename=%s.jpg ordering=0 publicID=%s baseImageURL={IMAGE_BASE_URL}
    size=380994 createTime=%s timeStamp=%s itemID=%s itemMatrixID=0
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
    contactID=%s taxCategoryID=0 receiptSetupID=1 ccGatewayID=0 gatewayConfigID=0 priceLevelID=1
    """
)
REGISTER = Shape(
    """
    registerID=%s name=%s open=true openTime=%s tipEnabled=false archived=false openEmployeeID=1
    shopID=%s
    """
)
EMPLOYEE = Shape(
    """
    employeeID=%s firstName=%s lastName=%s lockOut=false archived=false contactID=%s
    clockInEmployeeHoursID=0 employeeRoleID=1 limitToShopID=0 lastShopID=0 lastSaleID=0 lastRegisterID=0
    timeStamp=%s
    """
)
SALE_VOID = Shape("saleVoidID=%s createTime=%s reason=%s saleID=%s employeeID=1 shopID=%s")


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
    if nested:
        opened += _ITEM_NESTED
    return opened + _item_relations(state, item, loaded) + _PRICES % decimal_text(item.price) + "}"


def _item_relations(state: "State", item: Item, loaded: AbstractSet[str]) -> str:
    text = ""
    category = state.categories.rows.get(item.category_id) if "Category" in loaded else None
    if category is not None:
        text += f',"Category":{category_text(category)}'
    if "TaxClass" in loaded:
        text += f',"TaxClass":{{"taxClassID":"1","name":"Item","timeStamp":"{time_text(item.stamp_at)}"}}'
    brand = state.manufacturers.rows.get(item.manufacturer_id) if "Manufacturer" in loaded else None
    if brand is not None:
        text += f',"Manufacturer":{manufacturer_text(brand)}'
    image = state.images.rows.get(item.image_id) if "Images" in loaded else None
    if image is not None:
        text += child("Images", "Image", [image_text(image)])
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
    return IMAGE.open((image.id, name, name, stamp, stamp, image.item_id)) + "}"


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


def payment_type_text(kind: PaymentType) -> str:
    return (
        PAYMENT_TYPE.open((kind.id, kind.name, kind.name, flag(kind.reserved), kind.kind, kind.refund_as))
        + "}"
    )


def shop_text(state: "State", shop: Shop, loaded: AbstractSet[str]) -> str:
    stamp = time_text(shop.stamp_at)
    text = SHOP.open((shop.id, safe(shop.name), safe(shop.time_zone), stamp, shop.id))
    text = text.replace("SHOPNAME", "Shop Name", 1)
    if "Contact" in loaded:
        text += (
            f',"Contact":{{"contactID":"{shop.id}","custom":"","noEmail":"false","noPhone":"false",'
            f'"noMail":"false","timeStamp":"{stamp}","Addresses":"","Phones":"","Emails":"","Websites":""}}'
        )
    if "Registers" in loaded:
        registers = [register_text(row) for row in state.registers if row.shop_id == shop.id]
        text += child("Registers", "Register", registers)
    return text + "}"


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


def sale_void_text(void: SaleVoid) -> str:
    return (
        SALE_VOID.open((void.id, time_text(void.create_at), safe(void.reason), void.sale_id, void.shop_id))
        + "}"
    )
