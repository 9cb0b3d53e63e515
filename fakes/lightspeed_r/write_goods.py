"""Items, categories and the small lists round them, written over HTTP."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields
from fakes.lightspeed_r.docs import Schema
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.records import Category, CustomerType, Discount, Image, Manufacturer
from fakes.lightspeed_r.relations import RELATIONS
from fakes.lightspeed_r.shapes_goods import CATEGORY, DISCOUNT, IMAGE, ITEM, MANUFACTURER
from fakes.lightspeed_r.shapes_people import CUSTOMER_TYPE
from fakes.lightspeed_r.wire import decimal_text, fraction_text, time_text
from fakes.lightspeed_r.write_people import custom_values

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_TEXTS = ("upc", "ean", "manufacturerSku", "itemType", "modelYear")
_FLAGS = ("discountable", "tax", "serialized", "publishToEcom")
_IDS = ("taxClassID", "departmentID", "itemMatrixID", "seasonID", "defaultVendorID")
_ATTRIBUTES = ("attribute1", "attribute2", "attribute3", "itemAttributeSetID")
_TYPES = ("default", "non_inventory", "serialized", "box", "serialized_assembly", "assembly")
ITEM_WRITABLE = frozenset(
    (
        *_TEXTS, *_FLAGS, *_IDS, "description", "customSku", "defaultCost", "categoryID", "manufacturerID",
        "archived", "Prices", "ItemShops", "ItemAttributes", "Note", "CustomFieldValues", "Images",
        "Manufacturer",
    )
)  # fmt: skip


def create_item(state: "State", body: Body) -> int:
    """A new item, which must have a description; a UPC or EAN is given once. Raises `Refused`."""
    _check(state, body, ITEM_WRITABLE, (*ITEM.keys, *RELATIONS["Item"]), "Item")
    if not fields.text("description", body.get("description")):
        raise Refused(400, "Item not created. An Item must have a description.")
    told = _item_texts(state, 0, body)
    item_id = int(state.add_item(fields.text("description", body["description"]), price=0))
    state.extras["Item"][item_id] = told
    _write_item(state, item_id, body)
    return item_id


def update_item(state: "State", item_id: int, body: Body) -> None:
    """Change an item. Raises `Refused`."""
    _check(state, body, ITEM_WRITABLE, (*ITEM.keys, *RELATIONS["Item"]), "Item")
    state.extras["Item"].setdefault(item_id, {}).update(_item_texts(state, item_id, body))
    _write_item(state, item_id, body)


def archive_item(state: "State", item_id: int) -> None:
    """What DELETE does."""
    _write_item(state, item_id, {"archived": True})


def _item_texts(state: "State", item_id: int, body: Body) -> dict[str, str]:
    told = {name: fields.text(name, body[name]) for name in _TEXTS if name in body}
    told |= {name: fields.text(name, fields.flag(name, body[name])) for name in _FLAGS if name in body}
    told |= {name: str(fields.row_id(name, body[name])) for name in _IDS if name in body}
    if told.get("itemType", "default") not in _TYPES:
        raise Refused(400, f"itemType must be one of {', '.join(_TYPES)}.")
    if "defaultCost" in body:
        told["defaultCost"] = decimal_text(fields.amount("defaultCost", body["defaultCost"]))
    for code in ("upc", "ean"):
        taken = (
            one
            for one, other in state.extras["Item"].items()
            if other.get(code) == told.get(code) and one != item_id
        )
        if told.get(code) and next(taken, None) is not None:
            raise Refused(
                state.switches.validation_status, f"An item with this {code.upper()} already exists."
            )
    attributes = body.get("ItemAttributes")
    if isinstance(attributes, dict):
        told |= {name: fields.text(name, attributes.get(name, "")) for name in _ATTRIBUTES}
    if isinstance(body.get("Note"), dict):
        told |= {"note": fields.text("note", body["Note"].get("note")), "noteTime": time_text(state.now())}
    for price in fields.rows("Prices", body.get("Prices"), "ItemPrice"):
        if _level(price) in ("MSRP", "Online"):
            told[_level(price)] = decimal_text(fields.amount("amount", price.get("amount")))
    return told


def _level(price: Body) -> str:
    by_id = {1: "Default", 2: "MSRP", 3: "Online"}
    return fields.text("useType", price.get("useType")) or by_id.get(
        fields.row_id("useTypeID", price.get("useTypeID")), ""
    )


def _write_item(state: "State", item_id: int, body: Body) -> None:
    item = state.items.rows[item_id]
    for price in fields.rows("Prices", body.get("Prices"), "ItemPrice"):
        if _level(price) == "Default":
            item.price = fields.amount("amount", price.get("amount"))
    for name, attribute in (("description", "description"), ("customSku", "sku")):
        if name in body:
            setattr(item, attribute, fields.text(name, body[name]))
    for name, attribute in (("categoryID", "category_id"), ("manufacturerID", "manufacturer_id")):
        if name in body:
            setattr(item, attribute, fields.row_id(name, body[name]))
    if "archived" in body:
        item.archived = fields.flag("archived", body["archived"])
    for row in fields.rows("ItemShops", body.get("ItemShops"), "ItemShop"):
        shop = fields.row_id("shopID", row.get("shopID"))
        if shop in state.shops.rows and "qoh" in row:
            state.set_stock(str(item_id), str(shop), fields.whole("qoh", row["qoh"]))
    custom_values(state, "Item", item_id, body.get("CustomFieldValues"))
    state.items.move(item, "timeStamp", "stamp_at", state.now())


def create_category(state: "State", body: Body) -> int:
    """A category below its parent; the nested set is renumbered. Raises `Refused`."""
    _check(state, body, {"name", "parentID"}, (*CATEGORY.keys, "Parent"), "Category")
    name = fields.text("name", body.get("name"))
    parent = state.categories.rows.get(fields.row_id("parentID", body.get("parentID")))
    if not name:
        raise Refused(400, "name cannot be blank.")
    if fields.row_id("parentID", body.get("parentID")) and parent is None:
        raise Refused(state.switches.validation_status, "parentID does not exist.")
    path = (*parent.path.split("/"), name) if parent else (name,)
    return int(state.add_category(path))


def update_category(state: "State", category_id: int, body: Body) -> None:
    """Another name; everything below it gets another path. Raises `Refused`."""
    _check(state, body, {"name"}, (*CATEGORY.keys, "Parent"), "Category")
    name = fields.text("name", body.get("name"))
    if not name:
        raise Refused(400, "name cannot be blank.")
    row = state.categories.rows[category_id]
    old = row.path
    row.name, row.path = name, "/".join((*old.split("/")[:-1], name))
    for other in state.categories:
        if other.path.startswith(f"{old}/"):
            other.path = row.path + other.path[len(old) :]
    state.tree.changed(state.now())


def delete_category(state: "State", category_id: int) -> None:
    """Gone for good, and its subcategories with it; items in them have none any more."""
    gone, more = {category_id}, True
    while more:
        below = {row.id for row in state.categories if row.parent_id in gone} - gone
        gone, more = gone | below, bool(below)
    for row_id in gone:
        state.categories.remove(row_id)
    for item in state.items:
        if item.category_id in gone:
            item.category_id = 0
    state.tree.changed(state.now())


def create_manufacturer(state: "State", body: Body) -> int:
    """A brand; its name is given once. Raises `Refused`."""
    _check(state, body, {"name"}, MANUFACTURER.keys, "Manufacturer")
    name = fields.text("name", body.get("name"))
    if not name:
        raise Refused(400, "name cannot be blank.")
    if name in state.brand_ids:
        raise Refused(state.switches.validation_status, "A manufacturer with this name already exists.")
    return int(state.add_manufacturer(name))


def create_discount(state: "State", body: Body) -> int:
    """A discount: an amount or a percentage. Raises `Refused`."""
    _check(
        state,
        body,
        {"name", "discountAmount", "discountPercent", "requireCustomer", "archived"},
        DISCOUNT.keys,
        "Discount",
    )
    amount = fields.amount("discountAmount", body.get("discountAmount"))
    percent = fields.fraction("discountPercent", body.get("discountPercent"))
    if bool(amount) == bool(percent):
        raise Refused(400, "A discount has an amount or a percentage, not both.")
    name = fields.text("name", body.get("name"))
    row_id = int(state.add_discount(name, amount=decimal_text(amount), percent=fraction_text(percent)))
    if fields.flag("requireCustomer", body.get("requireCustomer")):
        state.extras["Discount"][row_id] = {"requireCustomer": "true"}
    return row_id


def create_image(state: "State", body: Body) -> int:
    """A picture of an item or a matrix. Raises `Refused`."""
    _check(
        state,
        body,
        {"description", "filename", "ordering", "itemID", "itemMatrixID", "publicID"},
        IMAGE.keys,
        "Image",
    )
    item_id, matrix = (fields.row_id(name, body.get(name)) for name in ("itemID", "itemMatrixID"))
    item = state.items.rows.get(item_id)
    if item is None and matrix not in state.docs["ItemMatrix"].rows:
        raise Refused(
            state.switches.validation_status, "An image needs an itemID or itemMatrixID that exists."
        )
    row_id = state.images.next_id()
    row = Image(
        row_id, fields.text("publicID", body.get("publicID")) or f"image{row_id}", item_id, state.now(),
        fields.text("description", body.get("description")), fields.whole("ordering", body.get("ordering")),
        matrix,
    )  # fmt: skip
    if item is not None:
        item.more_images, item.image_id = bool(item.image_id), item.image_id or row_id
    return state.images.add(row).id


def create_customer_type(state: "State", body: Body) -> int:
    """A customer type. Raises `Refused`."""
    _check(state, body, {"name", "taxCategoryID", "discountID"}, CUSTOMER_TYPE.keys, "CustomerType")
    row = CustomerType(state.customer_types.next_id(), fields.text("name", body.get("name")))
    return state.customer_types.add(row).id


def renaming(table: str, key: str) -> Callable[["State", int, Body], None]:
    """An update of lists that have a name and may be archived."""

    def update(state: "State", row_id: int, body: Body) -> None:
        row = getattr(state, table).rows[row_id]
        _check(state, body, {"name", "archived"}, (key, "timeStamp", "createTime", *_shown(row)), table)
        if "name" in body:
            row.name = fields.text("name", body["name"])
        if "archived" in body and hasattr(row, "archived"):
            row.archived = fields.flag("archived", body["archived"])
        if hasattr(row, "stamp_at"):
            getattr(state, table).move(row, "timeStamp", "stamp_at", state.now())

    return update


def _shown(row: Any) -> tuple[str, ...]:
    keys = {Manufacturer: MANUFACTURER, Discount: DISCOUNT, CustomerType: CUSTOMER_TYPE, Category: CATEGORY}
    shape = keys.get(type(row))
    return shape.keys if shape else ()


# Plain rows


def create_doc(schema: Schema, state: "State", body: Body, given: Mapping[str, str]) -> int:
    """A new row of a plain entity. Raises `Refused`."""
    told = {**_doc_texts(schema, state, body), **given}
    missing = [name for name in schema.required if not told.get(name) or told.get(name) == "0"]
    if missing:
        raise Refused(400, f"{missing[0]} cannot be blank.")
    row_id = int(
        state.add(schema.name, **{key: value for key, value in told.items() if value != schema.fields[key]})
    )
    _followed(schema, state, row_id)
    return row_id


def update_doc(schema: Schema, state: "State", row_id: int, body: Body) -> None:
    """Change a row of a plain entity. Raises `Refused`."""
    told = _doc_texts(schema, state, body)
    table = state.docs[schema.name]
    row = table.rows[row_id]
    if "archived" in told:
        row.archived = told.pop("archived") == "true"
    row.fields.update(told)
    table.move(row, "timeStamp", "stamp_at", state.now())
    _followed(schema, state, row_id)


def delete_doc(schema: Schema, state: "State", row_id: int) -> None:
    """Archive the row, or delete it for good where the entity has no archive."""
    table = state.docs[schema.name]
    if schema.archives:
        row = table.rows[row_id]
        row.archived = True
        table.move(row, "timeStamp", "stamp_at", state.now())
        return
    table.remove(row_id)
    if schema.name == "TaxCategory":
        for other in list(state.pointing("TaxCategoryClass", "taxCategoryID", row_id)):
            state.docs["TaxCategoryClass"].remove(other)


def _doc_texts(schema: Schema, state: "State", body: Body) -> dict[str, str]:
    links = {name.partition(".")[0] for name in RELATIONS.get(schema.name, ())}
    _check(state, body, schema.writable, (*schema.fields, *links), schema.name)
    told = {}
    for name in sorted(schema.writable & body.keys()):
        value = body[name]
        if name in schema.objects:
            told[name] = fields.kept_json(name, value)
        elif schema.fields[name] in ("true", "false"):
            told[name] = fields.text(name, fields.flag(name, value))
        elif name.endswith("ID"):
            told[name] = str(fields.row_id(name, value))
        elif schema.fields[name].isdigit():
            told[name] = decimal_text(fields.amount(name, value))
        elif name.endswith(("Date", "Time")) or name in ("timeIn", "etaOut"):
            told[name] = time_text(fields.instant(name, value)) if value else ""
        else:
            told[name] = fields.text(name, value)
    return told


def _followed(schema: Schema, state: "State", row_id: int) -> None:
    """What a row moves elsewhere: a quote its sale, an order line its order's sums."""
    told = state.docs[schema.name].rows[row_id].fields
    if schema.name == "Quote" and int(told.get("saleID", "0")) in state.sales.rows:
        state.change("Sale", told["saleID"], quoteID=str(row_id))
    if schema.name == "OrderLine":
        total = fields.amount("price", told.get("price")) * fields.whole("quantity", told.get("quantity"))
        told["total"] = decimal_text(total)
        order = state.docs["Order"].rows.get(int(told["orderID"]))
        lines = [
            state.docs["OrderLine"].rows[one].fields
            for one in state.pointing("OrderLine", "orderID", int(told["orderID"]))
        ]
        if order is not None:
            order.fields["totalQuantity"] = str(
                sum(fields.whole("quantity", one.get("quantity")) for one in lines)
            )


def _check(state: "State", body: Body, writable: Any, read_only: Any, entity: str) -> None:
    strict = state.switches.unknown_write_field == "error"
    fields.check_known(body, writable, read_only, entity, strict=strict)
