"""What happens to customer records at the till and in the back office."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fakes.lightspeed_r import trade
from fakes.lightspeed_r.records import Customer

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
    _touch_contact(state, customer, at)


def set_no_email(state: "State", at: int, customer_id: int, no_email: bool) -> None:
    customer = state.customers.rows[customer_id]
    customer.no_email = no_email
    _touch_contact(state, customer, at)


def archive(state: "State", at: int, customer_id: int) -> None:
    customer = state.customers.rows[customer_id]
    customer.archived = True
    state.customers.move(customer, "timeStamp", "stamp_at", at)


def merge(state: "State", at: int, loser_id: int, winner_id: int) -> None:
    archive(state, at, loser_id)
    _touch_contact(state, state.customers.rows[winner_id], at)
    if state.switches.merge_repoints_sales:
        for sale in state.sales:
            if sale.customer_id == loser_id:
                trade.attach(state, at, sale.id, winner_id)


def _touch_contact(state: "State", customer: Customer, at: int) -> None:
    customer.contact_stamp_at = at
    state.customers.move(customer, "timeStamp", "stamp_at", at)


ACTIONS: Mapping[str, Callable[..., None]] = {
    "show_customer": show,
    "set_email": set_email,
    "set_no_email": set_no_email,
    "archive_customer": archive,
    "merge_customers": merge,
}
