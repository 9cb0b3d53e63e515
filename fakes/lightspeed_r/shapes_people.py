"""Wire JSON of customers, contacts and shipments.

A customer looks different on its own endpoint and inside a sale (recorded): the former has the contact's
blanks spelled out and ids last; the latter carries contactID, employeeID, noteID, measurementID, and leaves
blanks away.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.lightspeed_r.records import CreditAccount, Customer, CustomerType, ShipTo, Tag
from fakes.lightspeed_r.wire import Shape, decimal_text, encoded, flag, overlaid, safe, time_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

CUSTOMER = Shape(
    """
    firstName=%s lastName=%s dob=%s title=%s company=%s companyRegistrationNumber= vatNumber=
    creditAccountID=%s customerTypeID=%s discountID=0 taxCategoryID=0
    """
)
# The relations stand between these two, as recorded.
_CUSTOMER_TAIL = ',"customerID":"%s","createTime":"%s","timeStamp":"%s","archived":"%s"}'
CUSTOMER_KEYS = (*CUSTOMER.keys, "customerID", "createTime", "timeStamp", "archived")

NESTED_CUSTOMER = Shape(
    """
    customerID=%s firstName=%s lastName=%s archived=%s title=%s company=%s companyRegistrationNumber=
    vatNumber= createTime=%s timeStamp=%s contactID=%s creditAccountID=%s customerTypeID=%s discountID=0
    employeeID=0 noteID=0 taxCategoryID=0 measurementID=0
    """
)
SHIP_TO = Shape(
    """
    shipToID=%s shipped=%s timeStamp=%s shipNote= firstName=%s lastName=%s company=%s customerID=%s
    saleLineID=0 saleID=%s
    """
)
CREDIT_ACCOUNT = Shape(
    """
    creditAccountID=%s name=%s code=%s creditLimit=%s description=%s giftCard=%s archived=%s timeStamp=%s
    customerID=%s balance=%s
    """
)
CUSTOMER_TYPE = Shape("customerTypeID=%s name=%s taxCategoryID=0 discountID=0")
TAG = Shape("tagID=%s name=%s")

_BLANK_ADDRESS = dict.fromkeys(
    ("address1", "address2", "city", "state", "zip", "country", "countryCode", "stateCode"), ""
)


def customer_text(state: "State", customer: Customer, loaded: AbstractSet[str]) -> str:
    """A customer on its own endpoint; `dob` is left away when unset."""
    head = CUSTOMER.open(
        (
            safe(customer.first_name),
            safe(customer.last_name),
            customer.dob,
            safe(customer.title),
            safe(customer.company),
            customer.credit_account_id,
            customer.customer_type_id,
        )
    )
    more = state.extras["Customer"].get(customer.id)
    head = overlaid(head, more) if more else head
    if not customer.dob:
        head = head.replace('"dob":"",', "", 1)
    tail = _CUSTOMER_TAIL % (
        customer.id,
        time_text(customer.create_at),
        time_text(customer.stamp_at),
        flag(customer.archived),
    )
    return head + _relations(state, customer, loaded) + tail


def _relations(state: "State", customer: Customer, loaded: AbstractSet[str]) -> str:
    text = ""
    if "Contact" in loaded:
        text += f',"Contact":{encoded(_own_contact(customer))}'
    account = (
        state.credit_accounts.rows.get(customer.credit_account_id) if "CreditAccount" in loaded else None
    )
    if account is not None:
        told = {"creditAccountID": str(account.id), "balance": decimal_text(account.balance)}
        told |= {"creditLimit": decimal_text(account.credit_limit), "timeStamp": time_text(account.stamp_at)}
        text += f',"CreditAccount":{encoded(told)}'
    kind = state.customer_types.rows.get(customer.customer_type_id) if "CustomerType" in loaded else None
    if kind is not None:
        text += f',"CustomerType":{customer_type_text(kind)}'
    if "Note" in loaded:
        stamp = time_text(customer.create_at)
        text += f',"Note":{{"note":"{safe(customer.note)}","isPublic":"false","timeStamp":"{stamp}"}}'
    if "Tags" in loaded:
        text += f',"Tags":{encoded(_several("tag", customer.tags))}'
    return text


def nested_customer_text(customer: Customer, *, contact: bool) -> str:
    """A customer inside a sale."""
    opened = NESTED_CUSTOMER.open(
        (
            customer.id,
            safe(customer.first_name),
            safe(customer.last_name),
            flag(customer.archived),
            safe(customer.title),
            safe(customer.company),
            time_text(customer.create_at),
            time_text(customer.stamp_at),
            customer.id,
            customer.credit_account_id,
            customer.customer_type_id,
        )
    )
    return f'{opened},"Contact":{encoded(_nested_contact(customer))}}}' if contact else opened + "}"


def ship_to_text(state: "State", ship_to: ShipTo, *, contact: bool) -> str:
    customer = state.customers.rows.get(ship_to.customer_id)
    opened = SHIP_TO.open(
        (
            ship_to.id,
            flag(ship_to.shipped),
            time_text(ship_to.stamp_at),
            safe(customer.first_name) if customer else "",
            safe(customer.last_name) if customer else "",
            safe(customer.company) if customer else "",
            ship_to.customer_id,
            ship_to.sale_id,
        )
    )
    if not contact or customer is None:
        return opened + "}"
    where = {**_nested_contact(customer), "Emails": "", "timeStamp": time_text(ship_to.stamp_at)}
    del where["contactID"]
    return f'{opened},"Contact":{encoded(where)}}}'


def credit_account_text(account: CreditAccount) -> str:
    """An account or gift card; of its code only the last four are told (see `unmasked`)."""
    return (
        CREDIT_ACCOUNT.open(
            (
                account.id,
                safe(account.name),
                safe(masked(account.code)),
                decimal_text(account.credit_limit),
                safe(account.description),
                flag(account.gift_card),
                flag(account.archived),
                time_text(account.stamp_at),
                account.customer_id,
                decimal_text(account.balance),
            )
        )
        + "}"
    )


def credit_account_row(state: "State", account: CreditAccount, loaded: AbstractSet[str]) -> str:
    """An account on its own endpoint; "unmasked" stands for the scope that shows whole codes."""
    record: dict[str, Any] = msgspec.json.decode(credit_account_text(account))
    if "unmasked" in loaded:
        record["code"] = account.code
    customer = state.customers.rows.get(account.customer_id)
    if "Contact" in loaded and customer is not None:
        record["Contact"] = _own_contact(customer)
    if "WithdrawalPayments" in loaded:
        record |= _withdrawals(state, account)
    return encoded(record)


def _withdrawals(state: "State", account: CreditAccount) -> dict[str, Any]:
    """Payments into and out of the account."""
    more, wanted = state.extras["SalePayment"], str(account.id)
    ids = [row_id for row_id, fields in more.items() if fields.get("creditAccountID") == wanted]
    payments = [state.record("SalePayment", row_id) for row_id in ids]
    found = [one for one in payments if one is not None]
    return {"WithdrawalPayments": {"SalePayment": found[0] if len(found) == 1 else found}} if found else {}


def masked(code: str) -> str:
    """A gift card's code as those see it who may not."""
    return "*" * max(len(code) - 4, 0) + code[-4:]


def customer_type_text(kind: CustomerType) -> str:
    return CUSTOMER_TYPE.open((kind.id, safe(kind.name))) + "}"


def tag_text(tag: Tag) -> str:
    return TAG.open((tag.id, safe(tag.name))) + "}"


def _own_contact(customer: Customer) -> dict[str, Any]:
    return {
        **_flags(customer),
        "Addresses": {"ContactAddress": {**_BLANK_ADDRESS, **customer.address}},
        **_reachable(customer),
        "timeStamp": time_text(customer.contact_stamp_at),
    }


def _nested_contact(customer: Customer) -> dict[str, Any]:
    address = {key: value for key, value in customer.address.items() if value}
    return {
        "contactID": str(customer.id),
        **_flags(customer),
        "timeStamp": time_text(customer.contact_stamp_at),
        "Addresses": {"ContactAddress": address} if address else "",
        **_reachable(customer),
    }


def _flags(customer: Customer) -> dict[str, str]:
    return {"custom": "", "noEmail": flag(customer.no_email)} | {
        "noPhone": flag(customer.no_phone),
        "noMail": flag(customer.no_mail),
    }


def _reachable(customer: Customer) -> dict[str, Any]:
    phones = [{"number": number, "useType": use} for number, use in customer.phones]
    written = ((customer.email, "Primary"), (customer.secondary_email, "Secondary"))
    emails = [{"address": address, "useType": use} for address, use in written if address]
    site = [{"url": customer.website}] if customer.website else []
    return {
        "Phones": _several("ContactPhone", phones),
        "Emails": _several("ContactEmail", emails),
        "Websites": _several("ContactWebsite", site),
    }


def _several(key: str, rows: "list[dict[str, str]] | tuple[str, ...]") -> Mapping[str, Any] | str:
    """None are an empty text, one is bare, several are a list."""
    if not rows:
        return ""
    return {key: rows[0] if len(rows) == 1 else rows}
