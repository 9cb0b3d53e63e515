"""What happens to customer records at the till and in the back office."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fakes.lightspeed_r import trade
from fakes.lightspeed_r.records import CreditAccount, Customer

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_USES = ("Mobile", "Home", "Work", "Pager", "Fax")


def typed_phones(phones: Sequence[tuple[str, str] | str]) -> tuple[tuple[str, str], ...]:
    """(number, useType) pairs; bare numbers take the use types in turn, at most one of each."""
    return tuple(
        (phone, _USES[place]) if isinstance(phone, str) else (phone[0], phone[1])
        for place, phone in enumerate(phones)
    )


def show(state: "State", _at: int, customer_id: int) -> None:
    state.customers.show(state.customers.rows[customer_id])


def set_email(state: "State", at: int, customer_id: int, email: str) -> None:
    customer = state.customers.rows[customer_id]
    customer.email = email
    touch_contact(state, customer, at)


def set_no_email(state: "State", at: int, customer_id: int, no_email: bool) -> None:
    customer = state.customers.rows[customer_id]
    customer.no_email = no_email
    touch_contact(state, customer, at)


def archive(state: "State", at: int, customer_id: int) -> None:
    customer = state.customers.rows[customer_id]
    customer.archived = True
    state.customers.move(customer, "timeStamp", "stamp_at", at)
    account = state.credit_accounts.rows.get(customer.credit_account_id)
    if account is not None:
        account.archived = True
        state.credit_accounts.move(account, "timeStamp", "stamp_at", at)


def open_account(state: "State", name: str, customer_id: int, code: str, at: int) -> CreditAccount:
    """A credit account of a customer, or (with a code) a gift card."""
    row = CreditAccount(
        state.credit_accounts.next_id(), customer_id, name, 0, at, gift_card=bool(code), code=code
    )
    customer = state.customers.rows.get(customer_id)
    if customer is not None and not code:
        customer.credit_account_id = row.id
    return state.credit_accounts.add(row)


def anonymize(state: "State", at: int, customer_id: int) -> None:
    """Archive the person and blank who they are: "Customer [70]"; id, tags and custom fields stay."""
    archive(state, at, customer_id)
    customer = state.customers.rows[customer_id]
    customer.first_name, customer.last_name = "Customer", f"[{customer_id}]"
    customer.title = customer.company = customer.email = customer.dob = ""
    customer.secondary_email = customer.website = ""
    customer.phones, customer.address = (), {}
    state.extras["Customer"].pop(customer_id, None)
    touch_contact(state, customer, at)


def merge(state: "State", at: int, loser_id: int, winner_id: int) -> None:
    archive(state, at, loser_id)
    touch_contact(state, state.customers.rows[winner_id], at)
    if state.switches.merge_repoints_sales:
        for sale in state.sales:
            if sale.customer_id == loser_id:
                trade.attach(state, at, sale.id, winner_id)


def touch_contact(state: "State", customer: Customer, at: int) -> None:
    customer.contact_stamp_at = at
    state.customers.move(customer, "timeStamp", "stamp_at", at)


ACTIONS: Mapping[str, Callable[..., None]] = {
    "show_customer": show,
    "set_email": set_email,
    "set_no_email": set_no_email,
    "archive_customer": archive,
    "merge_customers": merge,
    "anonymize_customer": anonymize,
}
