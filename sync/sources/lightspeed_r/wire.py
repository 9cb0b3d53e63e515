"""The shapes of R-Series' JSON and their decoding, page by page.

The API sends every value as text, leaves out what is empty or sends `""` for it, and sends a single row as
an object where several come as an array; V3 does all of this too. A row that does not fit is set aside,
and the rest of its page goes on.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from sync.domain.errors import SetAside

T = TypeVar("T")
Many: TypeAlias = list[T] | T | str  # several rows, one row, or the empty text that stands for none


def _wire_name(field: str) -> str:
    head, *rest = field.split("_")
    return head + "".join(word.upper() if word in {"id", "url"} else word.capitalize() for word in rest)


class SaleLine(msgspec.Struct, gc=False, rename=_wire_name):
    """A line as nested in a sale, or as a row of its own."""

    sale_line_id: str = ""
    sale_id: str = "0"
    unit_quantity: str = ""
    unit_price: str = "0"
    calc_subtotal: str = ""
    calc_line_discount: str = "0"
    calc_transaction_discount: str = "0"
    calc_total: str = ""
    line_type: str = ""
    item_id: str = "0"
    discount_id: str = "0"
    parent_sale_line_id: str = "0"


class SaleLines(msgspec.Struct, gc=False, rename=_wire_name):
    """The relation that wraps the lines."""

    rows: Many[SaleLine] = msgspec.field(default="", name="SaleLine")


class Email(msgspec.Struct, gc=False, rename=_wire_name):
    """One e-mail address of a contact."""

    address: str = ""
    use_type: str = ""


class Emails(msgspec.Struct, gc=False, rename=_wire_name):
    """The wrapper of the addresses."""

    rows: Many[Email] = msgspec.field(default="", name="ContactEmail")


class Phone(msgspec.Struct, gc=False, rename=_wire_name):
    """One phone number of a contact: free text."""

    number: str = ""
    use_type: str = ""


class Phones(msgspec.Struct, gc=False, rename=_wire_name):
    """The wrapper of the numbers."""

    rows: Many[Phone] = msgspec.field(default="", name="ContactPhone")


class Address(msgspec.Struct, gc=False, rename=_wire_name):
    """A postal address; blank fields may be left out key by key."""

    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""


class Addresses(msgspec.Struct, gc=False, rename=_wire_name):
    """The wrapper of the addresses."""

    rows: Many[Address] = msgspec.field(default="", name="ContactAddress")


class Contact(msgspec.Struct, gc=False, rename=_wire_name):
    """How to reach a customer or a shop."""

    addresses: Addresses | str = msgspec.field(default="", name="Addresses")
    emails: Emails | str = msgspec.field(default="", name="Emails")
    phones: Phones | str = msgspec.field(default="", name="Phones")


class Customer(msgspec.Struct, gc=False, rename=_wire_name):
    """A customer, alone or inside a sale."""

    customer_id: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    archived: str = "false"
    create_time: str = ""
    time_stamp: str = ""
    contact: Contact | str = msgspec.field(default="", name="Contact")


class Sale(msgspec.Struct, gc=False, rename=_wire_name):
    """A sale. The time of its last change is spelled `updatetime` and `updateTime` by the same vendor."""

    sale_id: str = ""
    time_stamp: str = ""
    update_time: str = ""
    updatetime: str = ""
    complete_time: str = ""
    completed: str = ""
    voided: str = "false"
    calc_total: str = ""
    total: str = ""
    customer_id: str = "0"
    shop_id: str = ""
    register_id: str = "0"
    ship_to_id: str = "0"
    reference_number_source: str = ""
    lines: SaleLines | str = msgspec.field(default="", name="SaleLines")
    customer: Customer | str = msgspec.field(default="", name="Customer")


class ShipTo(msgspec.Struct, gc=False, rename=_wire_name):
    """A shipment of a sale."""

    ship_to_id: str = ""
    shipped: str = ""
    time_stamp: str = ""
    customer_id: str = "0"
    sale_id: str = "0"


class SaleVoid(msgspec.Struct, gc=False, rename=_wire_name):
    """The note that a sale was voided."""

    sale_void_id: str = ""
    sale_id: str = "0"


class Named(msgspec.Struct, gc=False, rename=_wire_name):
    """Anything of which only the name matters: a manufacturer."""

    name: str = ""


class Category(msgspec.Struct, gc=False, rename=_wire_name):
    """A category; its full path is joined by slashes."""

    name: str = ""
    full_path_name: str = ""


class Image(msgspec.Struct, gc=False, rename=_wire_name):
    """A picture, whose address is put together from two parts."""

    public_id: str = ""
    base_image_url: str = ""
    ordering: str = "0"


class Images(msgspec.Struct, gc=False, rename=_wire_name):
    """The wrapper of the pictures."""

    rows: Many[Image] = msgspec.field(default="", name="Image")


class Item(msgspec.Struct, gc=False, rename=_wire_name):
    """An article."""

    item_id: str = ""
    description: str = ""
    system_sku: str = ""
    custom_sku: str = ""
    time_stamp: str = ""
    category: Category | str = msgspec.field(default="", name="Category")
    manufacturer: Named | str = msgspec.field(default="", name="Manufacturer")
    images: Images | str = msgspec.field(default="", name="Images")


class Discount(msgspec.Struct, gc=False, rename=_wire_name):
    """A named discount."""

    discount_id: str = ""
    name: str = ""


class Register(msgspec.Struct, gc=False, rename=_wire_name):
    """A till; the one named `eCom` belongs to the vendor's own web shop."""

    register_id: str = ""
    name: str = ""


class Registers(msgspec.Struct, gc=False, rename=_wire_name):
    """The wrapper of the tills."""

    rows: Many[Register] = msgspec.field(default="", name="Register")


class Shop(msgspec.Struct, gc=False, rename=_wire_name):
    """A location."""

    shop_id: str = ""
    name: str = ""
    time_zone: str = ""
    contact: Contact | str = msgspec.field(default="", name="Contact")
    registers: Registers | str = msgspec.field(default="", name="Registers")


class Currency(msgspec.Struct, gc=False):
    """A currency of an account."""

    code: str = ""


class Account(msgspec.Struct, gc=False, rename=_wire_name):
    """`Account/{id}.json` of V3: the only place where a currency is named; no wrapper around it."""

    name: str = ""
    default_currency: Currency | str = ""


class Tenancy(msgspec.Struct, gc=False, rename=_wire_name):
    """A row of `Account.json`, which tells whose a token is."""

    account_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """The rows of one page, the address of the next one or empty text, and what could not be read."""

    rows: list[T]
    next_url: str = ""
    set_aside: tuple[SetAside, ...] = ()


def several(value: Many[T]) -> list[T]:
    """The rows in an array, a bare object or empty text."""
    if isinstance(value, str):
        return []
    return value if isinstance(value, list) else [value]


def rows_decoder(entity: str, row_type: type[T], id_name: str) -> Callable[[bytes], Rows[T]]:
    """A function from a list answer to its rows, raising ValueError for what is no list of `entity`.

    The whole page is decoded at once; only when something in it does not fit is it taken row by row.
    """
    page_type = msgspec.defstruct(
        f"{entity}Page",
        [("attributes", dict[str, Any]), ("rows", list[row_type] | row_type | str, "")],  # type: ignore[valid-type]  # a type built at run time
        rename={"attributes": "@attributes", "rows": entity},
        gc=False,
    )
    whole = msgspec.json.Decoder(page_type)
    single = msgspec.json.Decoder(row_type)

    def decode(body: bytes) -> Rows[T]:
        try:
            page: Any = whole.decode(body)
        except (msgspec.ValidationError, UnicodeDecodeError):
            return _row_by_row(body, entity, row_type, single, id_name)
        except msgspec.DecodeError:
            return _row_by_row(_well_paired(body), entity, row_type, single, id_name)
        return Rows(several(page.rows), str(page.attributes.get("next") or ""))

    return decode


# What the records are called where people read of them; anything else by its own name.
_SUBJECTS: Mapping[str, str] = {"ShipTo": "shipment", "SaleVoid": "void", "Item": "product"}
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LOOSE = msgspec.json.Decoder(float_hook=str)


def _row_by_row(
    body: bytes, entity: str, row_type: type[T], single: "msgspec.json.Decoder[T]", id_name: str
) -> Rows[T]:
    parts = _RAW.decode(body.decode("utf-8", "replace"))
    attributes = _LOOSE.decode(parts.get("@attributes", b"null"))
    if not isinstance(attributes, dict):
        raise ValueError("the page says nothing about itself")
    rows, aside = [], []
    for raw in _raw_rows(bytes(parts.get(entity, b'""'))):
        try:
            rows.append(_row(raw, row_type, single))
        except msgspec.ValidationError:
            subject = _SUBJECTS.get(entity, entity.lower())
            aside.append(SetAside(subject, _id_of(raw, id_name), "malformed",
                                  "a field of the record has a shape this API does not send"))  # fmt: skip
    return Rows(rows, str(attributes.get("next") or ""), tuple(aside))


def _well_paired(body: bytes) -> bytes:
    """The same JSON with half a surrogate pair, which is no text, replaced. Raises ValueError for no JSON.

    One name typed like that must not keep its whole page from being read.
    """
    tree = json.loads(body.decode("utf-8", "replace"), parse_float=str, parse_int=str)
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace")


def _raw_rows(value: bytes) -> Iterator[bytes]:
    head = value.lstrip()[:1]
    if head == b"[":
        yield from (bytes(raw) for raw in _RAW_LIST.decode(value))
    elif head == b"{":
        yield value


def _row(raw: bytes, row_type: type[T], single: "msgspec.json.Decoder[T]") -> T:
    try:
        return single.decode(raw)
    except msgspec.ValidationError:
        return msgspec.convert(_as_text(_LOOSE.decode(raw)), row_type)


def _as_text(value: Any) -> Any:
    """The same tree with every number, flag and null as the text this API would send for it."""
    if isinstance(value, dict):
        return {key: _as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _id_of(raw: bytes, id_name: str) -> str:
    row = _LOOSE.decode(raw)
    found = row.get(id_name) if isinstance(row, dict) else None
    return str(found) if isinstance(found, (str, int)) else ""
