"""The shapes of X-Series' JSON, API 2026-07, and their decoding page by page.

Null, a missing key and the empty text all mean "nothing", money comes as numbers or as text, and ids look
like UUIDs without being any. A row that does not fit is set aside, and the rest of its page goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeAlias, TypeVar

import msgspec

from sync.domain.errors import SetAside
from sync.http.errors import Unintelligible

T = TypeVar("T")
UPSTREAM = "Lightspeed X-Series"
ANOTHER_VERSION = "another_version"  # why a row is set aside that has the flat shape of older versions
_FLAT = frozenset({"status", "register_id", "total_price"})
Number = Decimal | None
Text = str | None


class Pricing(msgspec.Struct, gc=False):
    """Money of a line, without tax and after the discount; unit amounts and totals."""

    price: Number = None
    total: Number = None
    discount: Number = None
    discount_total: Number = None


class Tax(msgspec.Struct, gc=False):
    """Tax of a line, for one and in all."""

    amount: Number = None
    total: Number = None


class LineReturn(msgspec.Struct, gc=False):
    """Whether a line brings goods back."""

    is_return: bool | None = None


class Ref(msgspec.Struct, gc=False):
    """Something named by id."""

    id: Text = None
    name: Text = None


class Promotion(msgspec.Struct, gc=False):
    """A promotion that took something off a line."""

    name: Text = None
    promo_code: Text = None


class Surcharge(msgspec.Struct, gc=False):
    """A surcharge on a line, without tax."""

    value: Number = None


class Line(msgspec.Struct, gc=False):
    """One line of a sale. It names its product by id only."""

    id: Text = None
    product: Ref | None = None
    quantity: Number = None
    pricing: Pricing | None = None
    tax: Tax | None = None
    returned: LineReturn | None = msgspec.field(name="return", default=None)
    gift_card_number: Text = None
    promotions: list[Promotion] | None = None
    status: Text = None


class Origin(msgspec.Struct, gc=False):
    """Where a sale came from: `type` is USER at the till, else the platform that made it."""

    type: Text = None
    id: Text = None
    outlet_id: Text = None
    register_id: Text = None
    author: Ref | None = None


class Return(msgspec.Struct, gc=False):
    """What a sale returns, and what returned it."""

    is_return: bool | None = None
    original_sale_id: Text = None
    return_sale_ids: list[str] | None = None


class Totals(msgspec.Struct, gc=False):
    """Money of the whole sale; `price` is without tax."""

    price: Number = None
    price_incl_tax: Number = None
    tax: Number = None
    surcharge: Number = None


class Adjustment(msgspec.Struct, gc=False):
    """A fee, tip, surcharge or discount on the whole sale. Spelled in two ways by the same vendor."""

    adjustment_type: Text = None
    type: Text = None
    name: Text = None
    total: Number = None
    value: Number = None


class Charge(msgspec.Struct, gc=False):
    """What a web shop charged besides its goods, such as shipping."""

    name: Text = None
    total: Number = None
    total_incl: Number = None


class Metadata(msgspec.Struct, gc=False):
    """The row's version, which only ever rises."""

    version: int | None = None


class Sale(msgspec.Struct, gc=False):
    """A sale."""

    id: Text = None
    state: Text = None
    attributes: list[str] | None = None
    date: Text = None
    created_at: Text = None
    updated_at: Text = None
    deleted_at: Text = None
    customer_id: Text = None
    invoice_number: Text = None
    receipt_number: Text = None
    note: Text = None
    source: Origin | None = None
    returns: Return | None = msgspec.field(name="return", default=None)
    totals: Totals | None = None
    adjustments: list[Adjustment] | None = None
    ecom_custom_charges: list[Charge] | None = None
    line_items: list[Line] | None = None
    metadata: Metadata | None = msgspec.field(name="_metadata", default=None)
    version: int | None = None
    status: Text = None  # of the flat shape that older versions answer with


class Customer(msgspec.Struct, gc=False, omit_defaults=True):
    """A customer. The same in all versions since 2.0."""

    id: Text = None
    customer_code: Text = None
    first_name: Text = None
    last_name: Text = None
    company_name: Text = None
    email: Text = None
    phone: Text = None
    mobile: Text = None
    do_not_email: bool | None = None
    enable_promotional_sms: bool | None = None
    enable_loyalty: bool | None = None
    loyalty_balance: Number = None
    customer_group_id: Text = None
    customer_group_ids: list[str] | None = None
    tags: list[Ref | str] | None = None
    custom_field_1: Text = None
    custom_field_2: Text = None
    custom_field_3: Text = None
    custom_field_4: Text = None
    physical_city: Text = None
    physical_suburb: Text = None
    physical_state: Text = None
    physical_postcode: Text = None
    physical_country_id: Text = None
    postal_city: Text = None
    postal_suburb: Text = None
    postal_state: Text = None
    postal_postcode: Text = None
    postal_country_id: Text = None
    created_at: Text = None
    updated_at: Text = None
    deleted_at: Text = None
    version: int | None = None


class Category(msgspec.Struct, gc=False):
    """A category with its path from the root, itself included."""

    id: Text = None
    name: Text = None
    category_path: list[Ref] | None = None


class Product(msgspec.Struct, gc=False):
    """An article; every variant is a row of its own. `categories` on the wire are tags and are not read."""

    id: Text = None
    name: Text = None
    variant_name: Text = None
    sku: Text = None
    source: Text = None
    brand: Ref | None = None
    brand_id: Text = None
    type: Category | None = None
    product_type_id: Text = None
    product_category: Category | None = None
    image_url: Text = None
    created_at: Text = None
    updated_at: Text = None
    deleted_at: Text = None
    version: int | None = None


class Outlet(msgspec.Struct, gc=False):
    """A shop."""

    id: Text = None
    name: Text = None
    time_zone: Text = None
    currency: Text = None
    physical_country_id: Text = None
    deleted_at: Text = None
    version: int | None = None


class Register(msgspec.Struct, gc=False):
    """A till of an outlet."""

    id: Text = None
    name: Text = None
    outlet_id: Text = None
    deleted_at: Text = None
    version: int | None = None


class Named(msgspec.Struct, gc=False):
    """A brand, a category or a customer group."""

    id: Text = None
    name: Text = None
    created_at: Text = None
    updated_at: Text = None
    deleted_at: Text = None
    version: int | None = None


class Currency(msgspec.Struct, gc=False):
    """The retailer's currency."""

    code: Text = None


class Retailer(msgspec.Struct, gc=False):
    """The account itself."""

    id: Text = None
    name: Text = None
    timezone: Text = None
    country: Text = None
    currency: Currency | None = None
    discount_product_id: Text = None


class Span(msgspec.Struct, gc=False):
    """The versions on a page; both null when it is empty."""

    min: int | str | None = None
    max: int | str | None = None


class _Page(msgspec.Struct, Generic[T]):
    data: list[T]
    version: Span | None = None


class _One(msgspec.Struct, Generic[T]):
    data: T


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """The rows of one answer, those that could not be read, and where the next page starts."""

    rows: list[T]
    version_max: int | None
    set_aside: tuple[SetAside, ...] = ()
    count: int = 0  # rows the vendor sent


Decode: TypeAlias = Callable[[bytes], Rows[T]]


def page_decoder(subject: str, row_type: type[T]) -> Callable[[bytes], Rows[T]]:
    """A decoder of list answers. It raises msgspec.DecodeError for what is no list at all."""
    whole = msgspec.json.Decoder(_Page[row_type], strict=False)  # type: ignore[valid-type]  # made at run time
    rough = msgspec.json.Decoder(_Page[msgspec.Raw])
    single = msgspec.json.Decoder(row_type, strict=False)

    def decode(body: bytes) -> Rows[T]:
        try:
            page = whole.decode(body)
            return Rows(page.data, _version(page.version), (), len(page.data))
        except msgspec.ValidationError:
            raw = rough.decode(body)
        rows: list[T] = []
        aside: list[SetAside] = []
        for each in raw.data:
            try:
                rows.append(single.decode(each))
            except msgspec.ValidationError as problem:
                found = _object(each)
                reason = ANOTHER_VERSION if found.keys() >= _FLAT else "unreadable"
                detail = f"a field has another type: {_place(problem)}"
                aside.append(SetAside(subject, str(found.get("id", "")), reason, detail))
        return Rows(rows, _version(raw.version), tuple(aside), len(raw.data))

    return decode


class _Categories(msgspec.Struct):
    categories: list[Category] = []


class _PageInfo(msgspec.Struct):
    has_next: bool | None = None


class _CategoryPage(msgspec.Struct):
    data: _Categories | list[Category]
    page_info: _PageInfo | None = None


_category_page = msgspec.json.Decoder(_CategoryPage, strict=False).decode


def _categories(body: bytes) -> Rows[Category]:
    """Categories come in a list of their own inside `data`; a plain list is read as well."""
    data = _category_page(body).data
    rows = data if isinstance(data, list) else data.categories
    return Rows(rows, None, (), len(rows))


def one_decoder(row_type: type[T]) -> Callable[[bytes], T]:
    """A decoder of answers with a single object under `data`."""
    decoder = msgspec.json.Decoder(_One[row_type], strict=False)  # type: ignore[valid-type]  # made at run time
    return lambda body: decoder.decode(body).data


def _version(span: Span | None) -> int | None:
    if span is None or span.max is None:
        return None
    try:
        return int(span.max)
    except ValueError:
        raise Unintelligible(UPSTREAM, "a page does not say up to which version it goes") from None


def _object(raw: msgspec.Raw) -> dict[str, object]:
    try:
        found = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _place(problem: msgspec.ValidationError) -> str:
    # The message ends with the path, such as `$.totals.price`; what stands before may quote a value.
    return str(problem).rpartition(" at ")[2].strip("`")


DECODE_SALES = page_decoder("sale", Sale)
DECODE_CUSTOMERS = page_decoder("customer", Customer)
DECODE_PRODUCTS = page_decoder("product", Product)
DECODE_OUTLETS = page_decoder("shop", Outlet)
DECODE_REGISTERS = page_decoder("register", Register)
DECODE_NAMED = page_decoder("name", Named)
DECODE_CATEGORIES: Decode[Category] = _categories
DECODE_SALE = one_decoder(Sale)
DECODE_CUSTOMER = one_decoder(Customer)
DECODE_PRODUCT = one_decoder(Product)
DECODE_RETAILER = one_decoder(Retailer)
