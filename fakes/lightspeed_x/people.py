"""Customers: making, changing, deleting and merging them, and what sales do to them."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes.kit.ids import mix
from fakes.lightspeed_x.records import ZERO, Customer

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

_ADDRESS = ("address_1", "address_2", "suburb", "city", "postcode", "state", "country_id")
FIELDS: Mapping[str, Any] = {
    "first_name": None,
    "last_name": None,
    "email": None,
    "note": "",
    "gender": None,
    "date_of_birth": None,
    "company_name": "",
    "do_not_email": False,
    "enable_promotional_sms": False,
    "phone": "",
    "mobile": "",
    "fax": "",
    "twitter": None,
    "website": "",
    "tax_id": None,
    "on_account_limit": None,
    **{f"{kind}_{name}": "" for kind in ("physical", "postal") for name in _ADDRESS},
    "custom_field_1": "",
    "custom_field_2": "",
    "custom_field_3": "",
    "custom_field_4": "",
    "enable_loyalty": True,
}
"""What a customer may be given, with what it is when nobody did."""
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_REDACTED = (
    "first_name",
    "last_name",
    "note",
    "company_name",
    *(f"custom_field_{n}" for n in range(1, 5)),
    *(name for name in FIELDS if name.startswith(("physical_", "postal_"))),
)
_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def address_fields(address: Mapping[str, str], country: str) -> dict[str, str]:
    """A script's address (address1, city, …) under the names of the 2.0 shape."""
    if not address:
        return {}
    given = {"country_id": country, **address}
    return {f"physical_{_spelled(name)}": value for name, value in given.items()}


def create(
    state: "State",
    fields: Mapping[str, Any],
    at: int,
    *,
    groups: tuple[str, ...] = (),
    code: str | None = None,
    loyalty: Decimal = ZERO,
) -> str:
    """A customer that is committed at `at`; card numbers are blacked out without a word."""
    customer_id = state.new_id()
    customer = Customer(
        customer_id, code or _code(state, fields, customer_id), at, at, set_fields({}, fields), groups
    )
    customer.loyalty_balance = loyalty
    state.customers.rows[customer_id] = customer
    state.when(at, "show_customer", customer_id)
    return customer_id


def set_fields(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields after a change, without those at their default."""
    merged = {**old, **{name: value for name, value in changes.items() if name in FIELDS}}
    kept = {name: value for name, value in merged.items() if value != FIELDS[name]}
    for name in _REDACTED:
        if isinstance(kept.get(name), str):
            kept[name] = _CARD.sub(lambda found: re.sub(r"\d", "*", found.group()), kept[name])
    return kept


def move(
    state: "State",
    customer_id: str | None,
    at: int,
    *,
    spent: Decimal = ZERO,
    loyalty: Decimal = ZERO,
    balance: Decimal = ZERO,
    credit: Decimal = ZERO,
) -> None:
    """What a sale does to its customer: year-to-date, loyalty, balance owed, store credit."""
    customer = state.customers.rows.get(customer_id or "")
    if customer is None or not (spent or loyalty or balance or credit):
        return
    customer.year_to_date += spent
    customer.loyalty_balance += loyalty
    customer.balance += balance
    customer.store_credit += credit
    if state.switches.sale_bumps_customer or balance:
        state.changed(state.customers, customer, at)


def _spelled(name: str) -> str:
    return {"address1": "address_1", "address2": "address_2", "country": "country_id"}.get(name, name)


def _code(state: "State", fields: Mapping[str, Any], customer_id: str) -> str:
    """Made up from the first name, as `Tony-N4ZJ`; `UNNAMED-669D` without one."""
    value = mix(int(customer_id[-12:], 16) + state.options.seed)
    letters = "".join(_CODE_LETTERS[value >> shift & 31] for shift in (0, 5, 10, 15))
    return f"{fields.get('first_name') or 'UNNAMED'}-{letters}"


def _show_customer(state: "State", at: int, customer_id: str) -> None:
    state.add(state.customers, state.customers.rows[customer_id], at)


def _edit_customer(state: "State", at: int, customer_id: str, fields: Mapping[str, Any]) -> None:
    customer = state.customers.rows[customer_id]
    customer.fields = set_fields(customer.fields, fields)
    if fields.get("customer_code"):
        customer.code = str(fields["customer_code"])
    if fields.get("customer_group_id"):
        customer.group_ids = (str(fields["customer_group_id"]),)
    state.changed(state.customers, customer, at)


def _set_group(state: "State", at: int, customer_id: str, group_id: str) -> None:
    customer = state.customers.rows[customer_id]
    customer.group_ids = (group_id,)
    state.changed(state.customers, customer, at)


def _delete_customer(state: "State", at: int, customer_id: str) -> None:
    customer = state.customers.rows[customer_id]
    customer.deleted_at = at
    if state.switches.deleted_customer == "blanked":
        customer.fields = {}
    state.changed(state.customers, customer, at)


def _merge_customers(state: "State", at: int, loser_id: str, winner_id: str) -> None:
    """No event tells of it: the loser shows as deleted, the winner has its money."""
    loser, winner = state.customers.rows[loser_id], state.customers.rows[winner_id]
    winner.year_to_date += loser.year_to_date
    winner.loyalty_balance += loser.loyalty_balance
    winner.balance += loser.balance
    winner.store_credit += loser.store_credit
    loser.year_to_date = loser.loyalty_balance = loser.balance = loser.store_credit = ZERO
    if state.switches.merge_repoints_sales:
        for sale in state.sales:
            if sale.customer_id == loser_id:
                sale.customer_id = winner_id
                state.changed(state.sales, sale, at)
    _delete_customer(state, at, loser_id)
    state.changed(state.customers, winner, at)


ACTIONS: Mapping[str, Callable[..., None]] = {
    "show_customer": _show_customer,
    "edit_customer": _edit_customer,
    "set_group": _set_group,
    "delete_customer": _delete_customer,
    "merge_customers": _merge_customers,
}
