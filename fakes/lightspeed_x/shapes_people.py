"""Customers, groups and users in the 2.0 shape, which the date versions share."""

from typing import TYPE_CHECKING, Any

from fakes.lightspeed_x.people import FIELDS
from fakes.lightspeed_x.records import Customer, Row
from fakes.lightspeed_x.wire import iso

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_AVATAR = "https://secure.retail.lightspeed.app/images/placeholder/customer/no-image-white-{}.png"
_SIZES = ("ss", "standard", "st", "original", "thumb", "sl", "sm")


def customer(state: "State", row: Customer) -> dict[str, Any]:
    """One customer; texts nobody typed are "" or null, as the vendor mixes them."""
    fields = {**FIELDS, **row.fields}
    limit = fields.pop("on_account_limit")
    names = [name for name in (fields["first_name"], fields["last_name"]) if name]
    return {
        "id": row.id,
        "customer_code": row.code,
        "name": " ".join(names),
        **fields,
        "on_account_limit": limit,
        "customer_group_id": row.group_ids[0] if row.group_ids else state.group_id,
        "customer_group_ids": list(row.group_ids) or [state.group_id],
        "year_to_date": row.year_to_date,
        "balance": row.balance,
        "loyalty_balance": row.loyalty_balance,
        "loyalty_email_sent": False,
        "contact_source": None,
        "source_unique_id": None,
        "time_until_deletion": None if row.deleted_at is None else 2_592_000,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "deleted_at": iso(row.deleted_at),
        "version": row.version,
    }


def customer_group(state: "State", row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.data["name"],
        "group_id": row.data["group_id"],
        "retailer_id": state.retailer_id,
        "version": row.version,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "deleted_at": iso(row.deleted_at),
    }


def user(state: "State", row: Row) -> dict[str, Any]:
    kind = row.data["account_type"]
    email = f"{row.data['username']}@{state.options.domain_prefix}.test"
    return {
        "id": row.id,
        "username": row.data["username"],
        "display_name": row.data["display_name"],
        "email": email,
        "email_verified_at": iso(row.created_at),
        "switch_id": f"usi:{row.id[-12:]}",
        "account_type": kind,
        "roles": [{"id": 100, "name": kind.capitalize(), "system_role_id": 100}],
        "enabled": True,
        "restricted_outlet_id": None,
        "restricted_outlet_ids": [],
        "permissions": None,
        "rules": {},
        "is_primary_user": row.id == state.user_id,
        "image_source": _AVATAR.format("ss"),
        "images": {size: _AVATAR.format(size) for size in _SIZES},
        "target_daily": None,
        "target_weekly": None,
        "target_monthly": None,
        "seen_at": iso(row.updated_at),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "deleted_at": iso(row.deleted_at),
        "time_until_deletion": None,
        "version": row.version,
        "enabled_mfa": None,
        "require_password_change": False,
    }
