"""Outlets, registers, products and what belongs to them, in the 2.0 shape the date versions share."""

from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import goods
from fakes.lightspeed_x.records import Row
from fakes.lightspeed_x.wire import PLACEHOLDER, iso

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_SIZES = ("ss", "standard", "st", "original", "thumb", "sl", "sm")


def outlet(state: "State", row: Row) -> dict[str, Any]:
    exclusive = state.options.tax_exclusive
    return {
        "id": row.id,
        "name": row.data["name"],
        "default_tax_id": state.tax_id,
        "currency": row.data["currency"],
        "currency_symbol": goods.symbol(row.data["currency"]),
        "display_prices": "exclusive" if exclusive else "inclusive",
        "time_zone": row.data["time_zone"],
        "email": None,
        "physical_address_1": "",
        "physical_address_2": "",
        "physical_suburb": "",
        "physical_city": row.data["name"],
        "physical_postcode": "",
        "physical_state": "",
        "physical_country_id": row.data["physical_country_id"],
        "deleted_at": iso(row.deleted_at),
        "version": row.version,
        "attributes": [{"key": "order_reference", "value": "1"}, {"key": "return_reference", "value": "1"}],
    }


def register(state: "State", row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.data["name"],
        "outlet_id": row.data["outlet_id"],
        "ask_for_note_on_save": 1,
        "print_note_on_receipt": False,
        "ask_for_user_on_sale": False,
        "show_discounts_on_receipts": True,
        "print_receipt": True,
        "receipt_template_id": state.retailer_id,
        "email_receipt": True,
        "invoice_prefix": row.data["invoice_prefix"],
        "invoice_suffix": row.data["invoice_suffix"],
        "invoice_sequence": row.data["invoice_sequence"],
        "button_layout_id": None,
        "register_open_time": iso(row.created_at),
        "register_close_time": None,
        "register_open_sequence_id": row.data["register_open_sequence_id"],
        "deleted_at": iso(row.deleted_at),
        "attributes": [],
        "version": row.version,
        "is_open": True,
        "is_quick_keys_enabled": True,
        "cash_managed_payment_type_id": None,
    }


def named(_state: "State", row: Row) -> dict[str, Any]:
    """A brand or a tag."""
    return {
        "id": row.id,
        "name": row.data["name"],
        "deleted_at": iso(row.deleted_at),
        "version": row.version,
    }


def supplier(state: "State", row: Row) -> dict[str, Any]:
    return {**named(state, row), "source": "", "description": ""}


def payment_type(_state: "State", row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.data["name"],
        "type_id": row.data["type_id"],
        "config": None,
        "deleted_at": iso(row.deleted_at),
        "version": row.version,
    }


def tax(_state: "State", row: Row) -> dict[str, Any]:
    rates = row.data["rates"]
    return {
        "id": row.id,
        "name": row.data["name"],
        "display_name": row.data["name"],
        "is_default": row.data["default"],
        "rates": [{"id": one["id"], "name": one["name"], "rate": one["rate"]} for one in rates],
        "version": row.version,
    }


def category(state: "State", row: Row) -> dict[str, Any]:
    path = goods.category_path(state, row.id)
    return {
        "id": row.id,
        "name": row.data["name"],
        "root_category_id": path[0]["id"],
        "parent_category_id": row.data["parent_id"],
        "leaf_category": row.data["leaf"],
        "category_path": path,
        "version": row.version,
    }


def product(state: "State", row: Row) -> dict[str, Any]:
    """One product row; a variant is a row of its own."""
    data = row.data
    found_category = state.product_categories.rows.get(data["product_type_id"] or "")
    images = _images(row)
    return {
        "id": row.id,
        "source_id": data.get("source_id"),
        "source_variant_id": data.get("source_variant_id"),
        "variant_parent_id": data["variant_parent_id"],
        "name": data["name"],
        "variant_name": data["variant_name"],
        "handle": data["handle"],
        "sku": data["sku"],
        "supplier_code": None,
        "active": data["active"],
        "has_inventory": data["kind"] == "standard",
        "is_composite": False,
        "description": data["description"],
        "image_url": data["image_url"] or _placeholder(state, "standard"),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "deleted_at": iso(row.deleted_at),
        "source": data.get("source", "USER"),
        "account_code": None,
        "account_code_purchase": None,
        "supply_price": data["supply_price"],
        "version": row.version,
        "type": _type(state, found_category),
        "product_category": None if found_category is None else category(state, found_category),
        "supplier": _supplier(state, state.suppliers.rows.get(data["supplier_id"] or "")),
        "brand": _related(state, state.brands.rows.get(data["brand_id"] or "")),
        "variant_options": list(data["variant_options"]),
        "categories": [
            {"id": tag.id, "name": tag.data["name"], "version": tag.version}
            for tag in map(state.tags.rows.get, data["tag_ids"])
            if tag is not None
        ],
        "images": images,
        "has_variants": data["has_variants"],
        "variant_count": None,
        "button_order": 0,
        "price_including_tax": data["price_including_tax"],
        "price_excluding_tax": data["price_excluding_tax"],
        "loyalty_amount": None,
        "supplier_id": data["supplier_id"],
        "product_type_id": data["product_type_id"],
        "brand_id": data["brand_id"],
        "is_active": data["active"],
        "image_thumbnail_url": data["image_url"] or _placeholder(state, "thumb"),
        "tag_ids": list(data["tag_ids"]),
        "product_codes": [{"type": "custom", "code": data["sku"]}],
        "product_suppliers": [],
        "attributes": [],
    }


def dated_product(state: "State", row: Row) -> dict[str, Any]:
    """The product of the date versions knows its family."""
    return {**product(state, row), "family_id": row.data["family_id"]}


def product_of_family(state: "State", row: Row) -> dict[str, Any]:
    """Since 2026-10 the family takes the place of the parent link."""
    shown = dated_product(state, row)
    del shown["variant_parent_id"]
    return shown


def retailer(state: "State") -> dict[str, Any]:
    options = state.options
    return {
        "id": state.retailer_id,
        "name": options.domain_prefix.capitalize(),
        "domain_prefix": options.domain_prefix,
        "store_url": f"https://{options.domain_prefix}.retail.lightspeed.app",
        "account_status": "active",
        "account_type": "paid",
        "timezone": options.zone,
        "country": options.country,
        "currency": {"code": options.currency, "symbol": goods.symbol(options.currency)},
        "culture": "en-US",
        "tax_exclusive": options.tax_exclusive,
        "discount_product_id": state.discount_product_id,
        "no_tax_group_id": state.tax_id,
        "loyalty": {"enabled": True, "ratio": 1.0, "claim_url": "", "send_welcome_email": False},
        "gift_cards": {"enabled": True, "never_enabled": False},
        "store_credit": True,
        "on_account": {"default_limit": None},
        "sku_sequence": {"enabled": True, "value": 10_000 + len(state.products)},
        "enable_line_item_consolidation": True,
        "embedded_barcode_option": None,
        "sso_enabled": False,
        "created_at": iso(state.opened_at),
        "activated_at": iso(state.opened_at),
        "version": str(state.counter),
    }


def _related(state: "State", row: Row | None) -> dict[str, Any] | None:
    """Where there is none: null, or by switch an empty object."""
    if row is None:
        return {} if state.switches.empty_relation == "object" else None
    return {"id": row.id, "name": row.data["name"], "version": row.version}


def _supplier(state: "State", row: Row | None) -> dict[str, Any] | None:
    shown = _related(state, row)
    return shown if row is None or shown is None else {**shown, "source": "", "description": ""}


def _type(state: "State", row: Row | None) -> dict[str, Any] | None:
    """Types are categories now."""
    shown = _related(state, row)
    return (
        shown
        if row is None or shown is None
        else {**shown, "category_path": category(state, row)["category_path"]}
    )


def _images(row: Row) -> list[dict[str, Any]]:
    url = row.data["image_url"]
    if not url:
        return []
    sizes = dict.fromkeys(_SIZES, url)
    return [{"id": row.id, "url": url, "version": row.version, "sizes": sizes}]


def _placeholder(state: "State", size: str) -> str | None:
    return PLACEHOLDER.format(size) if state.switches.placeholder_image == "url" else None
