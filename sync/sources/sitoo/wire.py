"""The shapes of Sitoo's JSON and their decoding, page by page.

Instants are epoch seconds, money is text with two decimals (read as Decimal, never as a float), GUIDs stand
in braces. PHP writes an empty object as `[]`. Fields beyond these are skipped, numbers of enums are plain
numbers, so nothing new breaks the reading. A row that does not fit is set aside; its page goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from sync.domain.errors import SetAside

T = TypeVar("T")
Extra = dict[str, Any] | list[Any] | None  # `additionaldata`
Money = Decimal | None


class Tax(msgspec.Struct, gc=False):
    """One sales tax of a line."""

    value: Money = None  # percent
    moneyamount: Money = None


class Item(msgspec.Struct, gc=False):
    """A line of an order."""

    orderitemid: int | None = None
    orderitemtype: int | None = None
    productid: int | None = None
    productname: str | None = None
    sku: str | None = None
    productattributes: str | None = None
    quantity: Decimal | None = None
    decimalunitquantity: Money = None
    decimalquantitytotal: Money = None
    moneynetpriceperunit: Money = None
    vatvalue: Money = None
    moneyitemtotal_net: Money = None
    moneyitemtotal_vat: Money = None
    moneyoriginalprice: Money = None
    moneydiscountedprice: Money = None
    moneydiscount: Money = None
    vouchername: str | None = None
    vouchercode: str | None = None
    additionaldata: Extra = None
    salestaxes: list[Tax] | None = None


class Payment(msgspec.Struct, gc=False):
    """A payment; only whether it is real money matters."""

    moneyamount: Money = None
    additionaldata: Extra = None


class LogItem(msgspec.Struct, gc=False):
    """An entry of an order's log."""

    datelog: int | None = None
    orderlogtypeid: int | None = None


class Order(msgspec.Struct):
    """A receipt, a booking, a parked receipt or a webshop's order."""

    orderid: int
    eshopid: int | None = None
    creditorderid: int | None = None
    orderdate: int | None = None
    orderstateid: int | None = None
    paymentstateid: int | None = None
    ordertypeid: int | None = None
    registerid: str | None = None
    warehouseid: int | None = None
    currencycode: str | None = None
    email: str | None = None
    phone: str | None = None
    namefirst: str | None = None
    namelast: str | None = None
    company: str | None = None
    invoice_address: str | None = None
    invoice_zip: str | None = None
    invoice_city: str | None = None
    invoice_state: str | None = None
    invoice_countryid: str | None = None
    moneyfinal_net: Money = None
    moneyfinal_vat: Money = None
    moneyfinal_salestax: Money = None
    moneytotal_gross_checkout: Money = None
    moneytotal_gross_delivery: Money = None
    moneytotal_gross_roundoff: Money = None
    moneytotal_gross_all: Money = None
    additionaldata: Extra = None
    orderitems: list[Item] | msgspec.UnsetType | None = msgspec.UNSET
    payments: list[Payment] | None = None
    orderlogitems: list[LogItem] | None = None


class User(msgspec.Struct, gc=False):
    """A customer, or a member of staff, which `role` tells."""

    userid: str
    email: str | None = None
    namefirst: str | None = None
    namelast: str | None = None
    company: str | None = None
    zip: str | None = None
    city: str | None = None
    state: str | None = None
    countryid: str | None = None
    phone: str | None = None
    mobile: str | None = None
    customernumber: str | None = None
    externalid: str | None = None
    datecreated: int | None = None
    datemodified: int | None = None
    role: int | str | None = None


class Store(msgspec.Struct):
    """A shop."""

    storeid: int
    name: str | None = None
    externalid: str | None = None
    countryid: str | None = None


class Warehouse(msgspec.Struct):
    """Where stock lies, mostly a shop's own."""

    warehouseid: int
    storeid: int | None = None
    currencycode: str | None = None


class Register(msgspec.Struct):
    """A till."""

    registerid: str
    registerkey: str | None = None
    warehouseid: int | None = None
    currencycode: str | None = None


class ProductRow(msgspec.Struct, gc=False):
    """An article."""

    productid: int
    sku: str | None = None
    title: str | None = None
    categories: list[int] | None = None
    defaultcategoryid: int | None = None
    manufacturerid: int | None = None
    productgrouptype: int | None = None
    datemodified: int | None = None


class Category(msgspec.Struct):
    """A category; its name is called `title`, or `name`."""

    categoryid: int
    title: str | None = None
    name: str | None = None
    categoryparentid: int | None = None


class Manufacturer(msgspec.Struct):
    """A brand. It is called a company in its own list."""

    externalcompanyid: int | None = None
    manufacturerid: int | None = None
    name: str | None = None


class ProductGroup(msgspec.Struct):
    """A group of articles with one VAT rate; its type tells gift cards."""

    vatid: int | None = None
    productgrouptype: int | None = None
    productgroupname: str | None = None


class ZReport(msgspec.Struct):
    """What a till counted between its opening and its closing."""

    zreportid: int
    registerid: str | None = None
    dateopened: int | None = None
    datecreated: int | None = None
    currencycode: str | None = None
    numsales: int | None = None
    numrefund: int | None = None
    numreceipts: int | None = None
    numpractice: int | None = None
    moneysalestotal: Money = None
    moneyrefundtotal: Money = None
    moneypractice: Money = None
    moneyroundoff: Money = None


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """One page of a list."""

    rows: list[T]
    total_count: int  # of the whole query
    set_aside: tuple[SetAside, ...] = ()
    sent_count: int = 0  # rows that came, read or set aside
    ids: tuple[int, ...] = ()  # of all of them that have a number, for going on behind the last one


class _Envelope(msgspec.Struct):
    totalcount: int = 0
    items: list[msgspec.Raw] | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode
_plain = msgspec.json.Decoder(dict[str, Any]).decode


def rows_decoder(subject: str, row_type: type[T], id_field: str) -> Callable[[bytes], Rows[T]]:
    """A decoder of lists of `row_type`. What is no list raises; a bad row is set aside under its id."""
    decode = msgspec.json.Decoder(row_type).decode

    def rows(body: bytes) -> Rows[T]:
        page = _envelope(body)
        items = page.items or []
        try:
            found = [decode(item) for item in items]
        except (msgspec.DecodeError, ValueError):
            return _one_by_one(items, page.totalcount)
        return Rows(found, page.totalcount, (), len(items), _ids(found, id_field))

    def _one_by_one(items: list[msgspec.Raw], total_count: int) -> Rows[T]:
        found, aside, ids = [], [], []
        for item in items:
            row_id = _id_of(bytes(item), id_field)
            if isinstance(row_id, int):
                ids.append(row_id)
            try:
                found.append(decode(item))
            except (msgspec.DecodeError, ValueError) as problem:
                detail = f"{_place(problem)} is not of the kind that Sitoo documents"
                aside.append(SetAside(subject, str(row_id or ""), "not_as_documented", detail))
        return Rows(found, total_count, tuple(aside), len(items), tuple(ids))

    return rows


def row_decoder(row_type: type[T]) -> Callable[[bytes], T]:
    """A decoder of a single object."""
    return msgspec.json.Decoder(row_type).decode


def texts(extra: Extra) -> Mapping[str, str]:
    """An `additionaldata` as text by key, empty where there is none."""
    if not isinstance(extra, dict):
        return {}
    return {key: value if isinstance(value, str) else _text(value) for key, value in extra.items()}


def guid(text: str | None) -> str:
    """A GUID in the one form that compares: upper-case, in braces. Empty for none."""
    bare = (text or "").strip().strip("{}").upper()
    return f"{{{bare}}}" if bare else ""


def _place(problem: Exception) -> str:
    """The name of the field that does not fit. Decoders quote places in backticks, and never values there."""
    parts = str(problem).split("`")
    return parts[-2].removeprefix("$.") if len(parts) > 2 else "a field"


def _text(value: object) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _ids(rows: list[T], id_field: str) -> tuple[int, ...]:
    return tuple(found for row in rows if isinstance(found := getattr(row, id_field), int))


def _id_of(item: bytes, id_field: str) -> object:
    try:
        return _plain(item).get(id_field)
    except (msgspec.DecodeError, ValueError):
        return None
