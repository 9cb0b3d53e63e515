"""The readable entities: where their rows are, how a row is written, what may be sorted and looked up."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import msgspec

from fakes.lightspeed_r import doc_rows, shapes, shapes_goods, shapes_people
from fakes.lightspeed_r.docs import SCHEMAS, Schema
from fakes.lightspeed_r.index import Index
from fakes.lightspeed_r.links import LINKS, attach
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.tables import Table
from fakes.lightspeed_r.wire import flag, overlaid

Loaded = AbstractSet[str]
_STAMP = attrgetter("stamp_at")


@dataclass(frozen=True, slots=True)
class Entity:
    """One endpoint.

    `fast` reads a typed value of a row without writing its JSON; every other field is read from the JSON.
    `lookups` turns a foreign id into row ids. `scopes` are the OAuth scopes of which one must be granted.
    """

    name: str
    key: str
    sortable: tuple[str, ...]
    scopes: tuple[str, ...]
    table: str
    write: Callable[[State, Any, Loaded], str]
    fast: Mapping[str, Callable[[State, Any], Any]]
    keys: tuple[str, ...]
    lookups: Mapping[str, Callable[[State, int], Iterable[int]]] = field(default_factory=dict)
    hidden: bool = False
    """Only ever seen as a relation of another row."""
    wire_name: str = ""
    """The key in answers where it is not the entity's name."""

    @property
    def wire(self) -> str:
        """The key its rows stand under."""
        return self.wire_name or self.name

    def rows(self, state: State) -> Table[Any]:
        """Its table; sale lines have none."""
        found: Table[Any] | None = state.docs.get(self.table)
        return getattr(state, self.table) if found is None else found

    def find(self, state: State, row_id: int) -> Any | None:
        """The row if it exists and is visible; for a sale line the row is its id."""
        if self.table == "lines":
            known = row_id in state.lines and state.lines.sale_id[row_id] not in state.sales.held
            return row_id if known else None
        return self.rows(state).find(row_id)

    def shown(self, state: State) -> Index:
        """Visible rows in the order of their ids."""
        if self.table == "lines":
            return state.lines_shown
        return self.rows(state).shown

    def index(self, state: State, name: str) -> Index | None:
        """The sorted index over a field, if it has one."""
        if name == self.key:
            return self.shown(state)
        return None if self.table == "lines" else self.rows(state).indexes.get(name)


def _attributes(**names: str) -> dict[str, Callable[[State, Any], Any]]:
    def reader(name: str) -> Callable[[State, Any], Any]:
        read = attrgetter(name)
        return lambda _state, row: read(row)

    return {wire: reader(name) for wire, name in names.items()}


def _flags(**names: str) -> dict[str, Callable[[State, Any], Any]]:
    def reader(name: str) -> Callable[[State, Any], Any]:
        read = attrgetter(name)
        return lambda _state, row: flag(read(row))

    return {wire: reader(name) for wire, name in names.items()}


def _line_sale(state: State, line_id: int) -> Any:
    """Its sale, or what stands for one while it is only reserved."""
    return state.sales.rows.get(state.lines.sale_id[line_id]) or state.lines.loose[line_id]


def _line_stamp(state: State, line_id: int) -> int:
    sale = _line_sale(state, line_id)
    if line_id in state.lines.edited:
        return max(state.lines.edited[line_id][1], int(sale.complete_at))
    return int(sale.complete_at or sale.create_at)


def _line_text(state: State, line_id: int, loaded: Loaded) -> str:
    sale = _line_sale(state, line_id)
    text = shapes.line_text(state, line_id, sale, shapes.line_times(sale), loaded)
    # Only the endpoint of its own says the tax category.
    category = state.extras["Sale"].get(sale.id, {}).get("taxCategoryID", "0")
    return f'{text[:-1]},"taxCategoryID":"{category}"}}'


def _sale_line_ids(state: State, sale_id: int) -> Iterable[int]:
    sale = state.sales.find(sale_id)
    return sale.line_ids if sale else ()


def _sale_payment_ids(state: State, sale_id: int) -> Iterable[int]:
    sale = state.sales.find(sale_id)
    return [payment.id for payment in sale.payments] if sale else ()


def _children(state: State, parent_id: int) -> Iterable[int]:
    held, sale_of = state.sales.held, state.lines.sale_id
    return [
        line
        for line, parent in state.lines.parent_id.items()
        if parent == parent_id and sale_of[line] not in held
    ]


def _by_sale(table: str) -> Callable[[State, int], Iterable[int]]:
    def ids(state: State, sale_id: int) -> Iterable[int]:
        index: Index = getattr(state, table).indexes["saleID"]
        return index.ids(index.before(sale_id), index.through(sale_id))

    return ids


_LINE_FAST: dict[str, Callable[[State, Any], Any]] = {
    "saleLineID": lambda _state, line: line,
    "saleID": lambda state, line: state.lines.sale_id[line],
    "itemID": lambda state, line: state.lines.item_id[line],
    "unitQuantity": lambda state, line: state.lines.quantity[line],
    "parentSaleLineID": lambda state, line: state.lines.parent_id.get(line, 0),
    "timeStamp": _line_stamp,
    "createTime": lambda state, line: _line_sale(state, line).create_at,
    "shopID": lambda state, line: _line_sale(state, line).shop_id,
}

_SALE_FAST = {
    **_attributes(
        saleID="id",
        shopID="shop_id",
        registerID="register_id",
        customerID="customer_id",
        timeStamp="stamp_at",
        createTime="create_at",
        updatetime="update_at",
        shipToID="ship_to_id",
    ),
    **_flags(completed="completed", archived="archived", voided="voided"),
    "completeTime": lambda _state, sale: sale.complete_at or None,
}

_REGISTER = ("employee:register_read", "employee:register")
_CUSTOMERS = ("employee:customers_read", "employee:customers")
_INVENTORY = ("employee:inventory_read", "employee:inventory")
_ANY: tuple[str, ...] = ()
_STAMPED = _attributes(timeStamp="stamp_at")


def _plain(
    name: str,
    key: str,
    table: str,
    text: Callable[[Any], str],
    keys: tuple[str, ...],
    *,
    sortable: tuple[str, ...] = (),
    scopes: tuple[str, ...] = _ANY,
    fast: Mapping[str, Callable[[State, Any], Any]] | None = None,
) -> Entity:
    """An entity without relations of its own kind; other texts a script wrote are laid over it."""

    def write(state: State, row: Any, _loaded: Loaded) -> str:
        more = state.extras[name].get(row.id)
        return overlaid(text(row)[:-1], more) + "}" if more else text(row)

    return Entity(
        name=name,
        key=key,
        sortable=(key, *sortable),
        scopes=scopes,
        table=table,
        write=write,
        fast={key: lambda _state, row: row.id, **(fast or {})},
        keys=keys,
    )


_LIST = (
    Entity(
        "Sale",
        "saleID",
        ("saleID", "timeStamp", "completeTime", "updatetime"),
        _REGISTER,
        "sales",
        shapes.sale_text,
        _SALE_FAST,
        (*shapes.SALE.keys, "updatetime"),
    ),
    Entity(
        "SaleLine",
        "saleLineID",
        ("saleLineID", "timeStamp", "saleID"),
        _REGISTER,
        "lines",
        _line_text,
        _LINE_FAST,
        shapes.LINE.keys,
        {"saleID": _sale_line_ids, "parentSaleLineID": _children},
    ),
    Entity(
        "SalePayment",
        "salePaymentID",
        ("salePaymentID", "timeStamp", "saleID"),
        _REGISTER,
        "payments",
        shapes.payment_text,
        _attributes(salePaymentID="id", saleID="sale_id", timeStamp="create_at", createTime="create_at"),
        shapes.PAYMENT.keys,
        {"saleID": _sale_payment_ids},
    ),
    Entity(
        "Customer",
        "customerID",
        ("customerID", "timeStamp", "firstName", "lastName"),
        _CUSTOMERS,
        "customers",
        shapes_people.customer_text,
        {
            **_attributes(customerID="id", timeStamp="stamp_at", createTime="create_at"),
            **_flags(archived="archived"),
        },
        shapes_people.CUSTOMER_KEYS,
    ),
    Entity(
        "Item",
        "itemID",
        ("itemID", "timeStamp", "description"),
        _INVENTORY,
        "items",
        shapes_goods.item_text,
        {
            **_attributes(
                itemID="id", timeStamp="stamp_at", categoryID="category_id", manufacturerID="manufacturer_id"
            ),
            **_flags(archived="archived"),
            "itemMatrixID": lambda state, row: int(
                state.extras["Item"].get(row.id, {}).get("itemMatrixID", 0)
            ),
        },
        (*shapes_goods.ITEM.keys, "itemCode"),
    ),
    Entity(
        "ShipTo",
        "shipToID",
        ("shipToID", "timeStamp", "saleID"),
        ("employee:customers",),
        "ship_tos",
        lambda state, row, loaded: shapes_people.ship_to_text(state, row, contact="Contact" in loaded),
        {
            **_attributes(shipToID="id", timeStamp="stamp_at", saleID="sale_id", customerID="customer_id"),
            **_flags(shipped="shipped"),
        },
        shapes_people.SHIP_TO.keys,
        {"saleID": _by_sale("ship_tos")},
    ),
    Entity(
        "Shop",
        "shopID",
        ("shopID",),
        _ANY,
        "shops",
        shapes_goods.shop_text,
        _attributes(shopID="id", timeStamp="stamp_at"),
        shapes_goods.SHOP.keys,
    ),
    Entity(
        "Category",
        "categoryID",
        ("categoryID", "timeStamp", "leftNode", "rightNode"),
        _INVENTORY,
        "categories",
        lambda state, row, loaded: shapes_goods.category_text(
            row, state.categories.rows.get(row.parent_id) if "Parent" in loaded else None
        ),
        _attributes(
            categoryID="id", timeStamp="stamp_at", leftNode="left", rightNode="right", parentID="parent_id"
        ),
        shapes_goods.CATEGORY.keys,
    ),
    _plain(
        "SaleVoid",
        "saleVoidID",
        "voids",
        shapes_goods.sale_void_text,
        shapes_goods.SALE_VOID.keys,
        sortable=("saleID",),
        scopes=("employee:admin_void_sale",),
        fast=_attributes(saleID="sale_id", createTime="create_at"),
    ),
    _plain(
        "Manufacturer",
        "manufacturerID",
        "manufacturers",
        shapes_goods.manufacturer_text,
        shapes_goods.MANUFACTURER.keys,
        sortable=("timeStamp",),
        scopes=(*_INVENTORY, "employee:manufacturers"),
        fast=_STAMPED,
    ),
    _plain(
        "Image",
        "imageID",
        "images",
        shapes_goods.image_text,
        shapes_goods.IMAGE.keys,
        scopes=_INVENTORY,
        fast=_attributes(itemID="item_id", timeStamp="stamp_at"),
    ),
    _plain(
        "Discount",
        "discountID",
        "discounts",
        shapes_goods.discount_text,
        shapes_goods.DISCOUNT.keys,
        sortable=("timeStamp",),
        scopes=(*_REGISTER, "employee:admin_inventory"),
        fast={**_STAMPED, **_flags(archived="archived")},
    ),
    _plain("Register", "registerID", "registers", shapes_goods.register_text, shapes_goods.REGISTER.keys),
    Entity(
        "Employee",
        "employeeID",
        ("employeeID",),
        _ANY,
        "employees",
        shapes_goods.employee_row,
        _attributes(employeeID="id"),
        shapes_goods.EMPLOYEE.keys,
    ),
    Entity(
        "PaymentType",
        "paymentTypeID",
        ("paymentTypeID",),
        _ANY,
        "payment_types",
        lambda state, row, _loaded: shapes_goods.payment_type_text(state, row),
        _attributes(paymentTypeID="id"),
        shapes_goods.PAYMENT_TYPE.keys,
    ),
    Entity(
        "CreditAccount",
        "creditAccountID",
        ("creditAccountID", "timeStamp", "customerID"),
        ("employee:customers",),
        "credit_accounts",
        shapes_people.credit_account_row,
        {
            **_attributes(creditAccountID="id", timeStamp="stamp_at", customerID="customer_id"),
            **_flags(archived="archived", giftCard="gift_card"),
            # The look-up of a gift card takes its whole code.
            "code": lambda _state, row: row.code.casefold(),
        },
        shapes_people.CREDIT_ACCOUNT.keys,
    ),
    _plain(
        "CustomerType",
        "customerTypeID",
        "customer_types",
        shapes_people.customer_type_text,
        shapes_people.CUSTOMER_TYPE.keys,
        scopes=_CUSTOMERS,
    ),
    _plain("Tag", "tagID", "tags", shapes_people.tag_text, shapes_people.TAG.keys, sortable=("name",)),
)


def _doc(schema: Schema) -> Entity:
    """A plain entity (docs.py)."""
    fast: dict[str, Callable[[State, Any], Any]] = {schema.key: lambda _state, row: row.id}
    if "timeStamp" in schema.fields:
        fast |= _STAMPED
    if "createTime" in schema.fields:
        fast |= _attributes(createTime="create_at")
    if schema.archives:
        fast |= _flags(archived="archived")
    return Entity(
        name=schema.name,
        key=schema.key,
        sortable=(schema.key, *schema.sortable),
        scopes=schema.scopes,
        table=schema.name,
        write=lambda _state, row, loaded: doc_rows.text(schema, row, loaded),
        fast=fast,
        keys=tuple(name for name in schema.fields if name not in schema.objects and name != "ofID"),
        hidden="G" not in schema.verbs,
    )


def _custom_fields(of: str) -> Entity:
    """`Customer/CustomField` and its like: one table, told apart by whose fields they are."""
    plain = _doc(SCHEMAS["CustomField"])
    scopes = {"Customer": _CUSTOMERS, "Item": _INVENTORY, "Order": ("employee:purchase_orders",)}[of]
    fast = {**plain.fast, "of": lambda _state, row: row.fields.get("of", "Customer").casefold()}
    return replace(
        plain, name=f"{of}/CustomField", scopes=scopes, fast=fast, hidden=False, wire_name="CustomField"
    )


ENTITIES: Mapping[str, Entity] = {
    entity.name: entity
    for entity in (
        *_LIST,
        *(_doc(schema) for schema in SCHEMAS.values()),
        *(_custom_fields(of) for of in ("Customer", "Item", "Order")),
    )
}


def text_of(entity: Entity, state: State, row: Any, loaded: Loaded) -> str:
    """One row as JSON with all relations asked for."""
    text = entity.write(state, row, loaded)
    linked = LINKS.get(entity.name, {})
    if not linked or entity.name == "Sale" or loaded.isdisjoint(linked):
        return text
    record = msgspec.json.decode(text)
    attach(state, entity.name, row if isinstance(row, int) else row.id, record, loaded)
    return msgspec.json.encode(record).decode()
