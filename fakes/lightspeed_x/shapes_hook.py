"""What webhooks carry: the objects of the old API 1.0. Amounts are text, most instants have no zone."""

from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x import goods, money, naming, shapes_flat, shapes_old
from fakes.lightspeed_x.records import Customer, Line, Payment, Row, Sale
from fakes.lightspeed_x.wire import five_text, plain, short_text, zulu

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State


def sale(state: "State", one: Sale) -> dict[str, Any]:
    """`sale.update`: only the register tells which outlet it was."""
    net, tax, paid = money.net_total(one), money.tax_total(one), money.paid_total(one)
    buyer = state.customers.rows.get(one.customer_id or "")
    seller = state.users.rows.get(one.user_id)
    return {
        "id": one.id,
        "sale_date": zulu(one.at),
        "status": shapes_flat.status(one),
        "user_id": one.user_id,
        "customer_id": one.customer_id,
        "register_id": one.register_id,
        "market_id": "1",
        "invoice_number": one.invoice,
        "short_code": naming.short_code(one.id),
        "source": one.source,
        "source_id": one.source_id,
        "return_for": one.return_for,
        "totals": {
            "total_price": short_text(net),
            "total_tax": short_text(tax),
            "total_payment": short_text(paid),
            "total_to_pay": "0" if one.state == "voided" else short_text(net + tax - paid),
            "total_loyalty": short_text(money.loyalty_total(one)),
        },
        "note": one.note or None,
        "updated_at": plain(one.updated_at),
        "created_at": plain(one.created_at),
        "deleted_at": plain(one.deleted_at),
        "customer": None if buyer is None else _buyer(buyer),
        "user": None if seller is None else _user(state, seller),
        "register_sale_products": [_line(one, number, line) for number, line in enumerate(one.lines, 1)],
        "register_sale_payments": [
            _payment(state, one, number, each) for number, each in enumerate(one.payments, 1)
        ],
        "taxes": [_tax(state, rate_id, total) for rate_id, total in shapes_flat.taxes(state, one).items()],
        "version": one.version,
    }


def customer(state: "State", one: Customer) -> dict[str, Any]:
    """`customer.update`: `sex` for gender, the address in `contact`, a birthday with a time."""
    born = one.text("date_of_birth")
    limit = one.fields.get("on_account_limit")
    contact = shapes_old.contact(one)
    return {
        "id": one.id,
        "retailer_id": state.retailer_id,
        "customer_code": one.code,
        "customer_group_id": one.group_ids[0] if one.group_ids else state.group_id,
        "first_name": one.text("first_name"),
        "last_name": one.text("last_name"),
        "company_name": one.text("company_name"),
        "do_not_email": bool(one.fields.get("do_not_email", False)),
        "email": one.text("email"),
        "phone": one.text("phone"),
        "mobile": one.text("mobile"),
        "fax": one.text("fax"),
        "balance": f"{one.balance:.3f}",
        "loyalty_balance": five_text(one.loyalty_balance),
        "on_account_limit": None if limit is None else short_text(limit),
        "enable_loyalty": bool(one.fields.get("enable_loyalty", True)),
        "points": 0,
        "note": one.text("note"),
        "year_to_date": five_text(one.year_to_date),
        "sex": one.fields.get("gender"),
        "date_of_birth": f"{born} 00:00:00" if born else None,
        **{f"custom_field_{n}": one.text(f"custom_field_{n}") for n in range(1, 5)},
        "updated_at": plain(one.updated_at),
        "created_at": plain(one.created_at),
        "deleted_at": plain(one.deleted_at),
        "contact": contact,
        "contact_first_name": one.text("first_name"),
        "contact_last_name": one.text("last_name"),
    }


def product(state: "State", one: Row) -> dict[str, Any]:
    """`product.update`."""
    data = one.data
    kind = state.product_categories.rows.get(data["product_type_id"] or "")
    supplier = state.suppliers.rows.get(data["supplier_id"] or "")
    group = state.customer_groups.rows[state.group_id]
    return {
        "active": data["active"],
        "attributed_cost": None,
        "base_name": data["name"],
        "brand": _named(state.brands.rows.get(data["brand_id"] or "")),
        "button_order": 0,
        "categories": [_named(state.tags.rows.get(tag_id)) for tag_id in data["tag_ids"]],
        "deleted_at": plain(one.deleted_at),
        "description": data["description"],
        "handle": data["handle"],
        "id": one.id,
        "inventory": [_stock(one, number, outlet.id) for number, outlet in enumerate(state.outlets, 2)],
        "name": data["variant_name"],
        "price_book_entries": [
            {
                "customer_group_id": group.id,
                "customer_group_name": group.data["name"],
                "id": naming.part_id(one.id, 1),
                "max_units": None,
                "min_units": None,
                "price": short_text(data["price_excluding_tax"]),
                "product_id": one.id,
                "type": "BASE",
                "valid_from": None,
                "valid_to": None,
            }
        ],
        "product_type": _named(kind),
        "retailer_id": state.retailer_id,
        "sku": data["sku"],
        "source": data.get("source", "USER"),
        "source_id": data.get("source_id"),
        "source_variant_id": data.get("source_variant_id"),
        "supplier": {**_named(supplier), "description": "", "source": ""},
        "supply_price": f"{data['supply_price']:.2f}",
        "taxes": [{"outlet_id": outlet.id, "tax_id": state.tax_id} for outlet in state.outlets],
        "variant_options": [{"name": one["name"], "value": one["value"]} for one in data["variant_options"]],
        "variant_parent_id": data["variant_parent_id"],
        "version": one.version,
    }


def _buyer(one: Customer) -> dict[str, Any]:
    return {
        "id": one.id,
        "customer_code": one.code,
        "balance": f"{one.balance:.3f}",
        "points": 0,
        "note": one.text("note"),
        "year_to_date": five_text(one.year_to_date),
        "sex": one.fields.get("gender"),
        "date_of_birth": one.fields.get("date_of_birth"),
        **{f"custom_field_{n}": one.text(f"custom_field_{n}") for n in range(1, 5)},
        "updated_at": plain(one.updated_at),
        "created_at": plain(one.created_at),
        "deleted_at": plain(one.deleted_at),
        "contact_first_name": one.text("first_name"),
        "contact_last_name": one.text("last_name"),
    }


def _user(state: "State", one: Row) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.data["username"],
        "display_name": one.data["display_name"],
        "email": f"{one.data['username']}@{state.options.domain_prefix}.test",
        "outlet_id": state.outlet_id,
        "target_daily": None,
        "target_weekly": None,
        "target_monthly": None,
        "created_at": plain(one.created_at),
        "updated_at": plain(one.updated_at),
    }


def _line(sale: Sale, number: int, line: Line) -> dict[str, Any]:
    return {
        "id": line.rare.id or naming.part_id(sale.id, number),
        "product_id": line.product_id,
        # A number where its neighbours are text.
        "quantity": line.quantity.normalize() if line.quantity % 1 else int(line.quantity),
        "price": five_text(line.price),
        "price_set": line.rare.price_set,
        "discount": five_text(line.discount),
        "tax": five_text(line.tax),
        "price_total": short_text(line.price * line.quantity),
        "tax_total": short_text(line.tax * line.quantity),
        "tax_id": line.tax_id,
    }


def _payment(state: "State", sale: Sale, number: int, one: Payment) -> dict[str, Any]:
    row = state.payment_types.rows[one.type_id]
    name, kind = row.data["name"], row.data["type_id"]
    return {
        "id": one.id or naming.part_id(sale.id, 1_000 + number),
        "payment_date": zulu(sale.at if one.at is None else one.at),
        "amount": one.amount,
        "retailer_payment_type_id": one.type_id,
        "payment_type_id": kind,
        "retailer_payment_type": {
            "id": one.type_id,
            "name": name,
            "payment_type_id": str(kind),
            "config": None,
        },
        "payment_type": {"id": str(kind), "name": name, "has_native_support": False},
    }


def _tax(state: "State", rate_id: str, total: Any) -> dict[str, Any]:
    rates = (goods.rate_of(state, row.id) for row in state.taxes)
    rate = next(one for one in rates if one["id"] == rate_id)
    return {"id": rate_id, "name": rate["name"], "rate": rate["rate"], "tax": total}


def _stock(one: Row, number: int, outlet_id: str) -> dict[str, Any]:
    return {
        "attributed_cost": f"{one.data['supply_price']:.2f}",
        "count": 0,
        "id": naming.part_id(one.id, number),
        "outlet_id": outlet_id,
        "product_id": one.id,
        "reorder_point": "0",
        "restock_level": "0",
    }


def _named(row: Row | None) -> dict[str, Any]:
    """An object in any case, an empty one where there is nothing."""
    return {} if row is None else {"id": row.id, "name": row.data["name"]}
