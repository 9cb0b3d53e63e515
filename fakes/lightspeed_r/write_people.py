"""Customers, their contacts and custom fields, credit accounts and gift cards, written over HTTP."""

from typing import TYPE_CHECKING, Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_r import fields, people
from fakes.lightspeed_r.fields import Body
from fakes.lightspeed_r.records import Customer
from fakes.lightspeed_r.relations import RELATIONS
from fakes.lightspeed_r.shapes_people import CREDIT_ACCOUNT, CUSTOMER_KEYS, NESTED_CUSTOMER
from fakes.lightspeed_r.wire import time_text

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

_TEXTS = {"firstName": "first_name", "lastName": "last_name", "title": "title", "company": "company"}
_IDS = {"customerTypeID": "customer_type_id", "creditAccountID": "credit_account_id"}
_OVERLAID = ("companyRegistrationNumber", "vatNumber", "discountID", "taxCategoryID")
WRITABLE = frozenset(
    (
        *_TEXTS,
        *_IDS,
        *_OVERLAID,
        "dob",
        "archived",
        "Contact",
        "Tags",
        "Note",
        "CreditAccount",
        "CustomFieldValues",
    )
)
_FLAGS = {"noEmail": "no_email", "noPhone": "no_phone", "noMail": "no_mail"}
_ADDRESS = ("address1", "address2", "city", "state", "stateCode", "zip", "country", "countryCode")
_PHONES = ("Home", "Work", "Mobile", "Pager", "Fax")
_ROWS_MAX = 50


def create(state: "State", body: Body) -> int:
    """A new customer; noEmail, noPhone and noMail are true unless told otherwise. Raises `Refused`."""
    _check(state, body)
    now = state.now()
    customer = Customer(
        state.customers.next_id(), "", "", "", "", "", (), {}, no_email=True, create_at=now, stamp_at=now,
        contact_stamp_at=now,
    )  # fmt: skip
    _write(state, customer, body)
    state.customers.add(customer)
    _linked(state, customer, body)
    return customer.id


def update(state: "State", customer_id: int, body: Body) -> None:
    """Change a customer; `archived` false brings one back. Raises `Refused`."""
    _check(state, body)
    customer = state.customers.rows[customer_id]
    # Tried on a copy first: a refused write changes nothing.
    _write(state, Customer(*(getattr(customer, name) for name in Customer.__slots__)), body)
    _write(state, customer, body)
    _linked(state, customer, body)
    if fields.flag("archived", body.get("archived")) and not customer.archived:
        people.archive(state, state.now(), customer_id)
    elif "archived" in body:
        customer.archived = fields.flag("archived", body["archived"])
    state.customers.move(customer, "timeStamp", "stamp_at", state.now())


def nested(state: "State", customer_id: int, body: Body) -> int:
    """The customer a sale's body describes: the one it names or has, changed; else a new one."""
    named = fields.row_id("customerID", body.get("customerID")) or customer_id
    if not named:
        return create(state, body)
    if named not in state.customers.rows:
        raise Refused(state.switches.validation_status, f"customerID '{named}' does not exist.")
    if set(body) - {"customerID"}:
        update(state, named, body)
    return named


def archive(state: "State", customer_id: int) -> None:
    """What DELETE does."""
    people.archive(state, state.now(), customer_id)


def _check(state: "State", body: Body) -> None:
    strict = state.switches.unknown_write_field == "error"
    read_only = (*CUSTOMER_KEYS, *NESTED_CUSTOMER.keys, *RELATIONS["Customer"])
    fields.check_known(body, WRITABLE, read_only, "Customer", strict=strict)


def _write(state: "State", customer: Customer, body: Body) -> None:
    for name, attribute in _TEXTS.items():
        if name in body:
            setattr(customer, attribute, fields.text(name, body[name]))
    for name, attribute in _IDS.items():
        if name in body:
            setattr(customer, attribute, fields.row_id(name, body[name]))
    if "dob" in body:
        customer.dob = time_text(fields.instant("dob", body["dob"])) if body["dob"] else ""
    if isinstance(body.get("Note"), dict):
        customer.note = fields.text("note", body["Note"].get("note"))
    told = {name: fields.text(name, body[name]) for name in _OVERLAID if name in body}
    if told:
        state.extras["Customer"].setdefault(customer.id, {}).update(told)
    if "Tags" in body:
        customer.tags = _tags(body["Tags"])
    contact = body.get("Contact")
    if isinstance(contact, dict):
        _contact(customer, contact)
        customer.contact_stamp_at = state.now()


def _tags(value: Any) -> tuple[str, ...]:
    inner = value.get("tag", []) if isinstance(value, dict) else value
    listed = inner if isinstance(inner, list) else [inner] if inner else []
    return tuple(fields.text("tag", one) for one in listed[:_ROWS_MAX])


def _contact(customer: Customer, contact: Body) -> None:
    """At most one phone of each use, a primary and a secondary address."""
    for name, attribute in _FLAGS.items():
        if name in contact:
            setattr(customer, attribute, fields.flag(name, contact[name]))
    if "Addresses" in contact:
        rows = fields.rows("Addresses", contact["Addresses"], "ContactAddress")
        first = rows[0] if rows else {}
        customer.address = {key: fields.text(key, first[key]) for key in _ADDRESS if key in first}
    if "Phones" in contact:
        phones = {use: number for number, use in customer.phones}
        for row in fields.rows("Phones", contact["Phones"], "ContactPhone"):
            use = fields.text("useType", row.get("useType", "Home"))
            if use not in _PHONES:
                raise Refused(400, f"useType must be one of {', '.join(_PHONES)}.")
            phones[use] = fields.text("number", row.get("number"))
        customer.phones = tuple((number, use) for use, number in phones.items() if number)
    if "Emails" in contact:
        _emails(customer, fields.rows("Emails", contact["Emails"], "ContactEmail"))
    if "Websites" in contact:
        sites = fields.rows("Websites", contact["Websites"], "ContactWebsite")
        customer.website = fields.text("url", sites[0].get("url")) if sites else ""


def _emails(customer: Customer, rows: list[Body]) -> None:
    if not rows:
        customer.email = customer.secondary_email = ""
    for row in rows:
        use = fields.text("useType", row.get("useType", "Primary"))
        if use not in ("Primary", "Secondary"):
            raise Refused(400, "useType must be Primary or Secondary.")
        address = fields.text("address", row.get("address"))
        setattr(customer, "email" if use == "Primary" else "secondary_email", address)


def _linked(state: "State", customer: Customer, body: Body) -> None:
    """Rows of their own: the credit account that comes with a customer, and values of custom fields."""
    if isinstance(body.get("CreditAccount"), dict) and not customer.credit_account_id:
        people.open_account(state, "Customer Credit Account", customer.id, "", state.now())
    account = state.credit_accounts.rows.get(customer.credit_account_id)
    if account is not None and isinstance(body.get("CreditAccount"), dict):
        account.credit_limit = fields.amount("creditLimit", body["CreditAccount"].get("creditLimit"))
    custom_values(state, "Customer", customer.id, body.get("CustomFieldValues"))


def custom_values(state: "State", of: str, row_id: int, value: Any) -> None:
    """Set values of custom fields on a row; `deleted` takes one away. Raises `Refused` for unknown fields."""
    table = state.docs["CustomFieldValue"]
    for row in fields.rows("CustomFieldValues", value, "CustomFieldValue"):
        field_id = fields.row_id("customFieldID", row.get("customFieldID"))
        field = state.docs["CustomField"].rows.get(field_id)
        if field is None or field.fields.get("of", "Customer") != of:
            raise Refused(state.switches.validation_status, f"customFieldID '{field_id}' does not exist.")
        owned = [table.rows[one] for one in state.pointing("CustomFieldValue", "ofID", row_id)]
        known = next(
            (one for one in owned if one.fields["of"] == of and one.fields["customFieldID"] == str(field_id)),
            None,
        )
        if fields.flag("deleted", row.get("deleted")):
            if known is not None:
                table.remove(known.id)
        elif known is not None:
            known.fields["value"] = fields.text("value", row.get("value"))
            table.move(known, "timeStamp", "stamp_at", state.now())
        else:
            told = {"name": field.fields["name"], "type": field.fields["type"]}
            state.add(
                "CustomFieldValue", of=of, ofID=str(row_id), customFieldID=str(field_id),
                value=fields.text("value", row.get("value")), **told,
            )  # fmt: skip
        state.version += 1


# Credit accounts


_ACCOUNT_WRITABLE = frozenset(
    ("name", "code", "description", "creditLimit", "archived", "giftCard", "customerID")
)


def create_account(state: "State", body: Body) -> int:
    """A gift card: its code has 8 to 32 characters. Raises `Refused`."""
    _check_account(state, body)
    code = fields.text("code", body.get("code"))
    if not 8 <= len(code) <= 32:
        raise Refused(state.switches.validation_status, "A gift card needs a code of 8 to 32 characters.")
    if any(one.code == code for one in state.credit_accounts):
        raise Refused(state.switches.validation_status, "A gift card with this code already exists.")
    customer = fields.row_id("customerID", body.get("customerID"))
    name = fields.text("name", body.get("name")) or "Gift Card"
    row = people.open_account(state, name, customer, code, state.now())
    row.description = fields.text("description", body.get("description"))
    return row.id


def update_account(state: "State", account_id: int, body: Body) -> None:
    """Its name, description and limit; a balance only moves by payments. Raises `Refused`."""
    _check_account(state, body)
    account = state.credit_accounts.rows[account_id]
    limit = (
        fields.amount("creditLimit", body["creditLimit"]) if "creditLimit" in body else account.credit_limit
    )
    name, description = (fields.text(key, body.get(key)) for key in ("name", "description"))
    account.credit_limit = limit
    account.name = name if "name" in body else account.name
    account.description = description if "description" in body else account.description
    if "archived" in body:
        account.archived = fields.flag("archived", body["archived"])
    state.credit_accounts.move(account, "timeStamp", "stamp_at", state.now())


def archive_account(state: "State", account_id: int) -> None:
    """What DELETE does; the balance stays."""
    account = state.credit_accounts.rows[account_id]
    account.archived = True
    state.credit_accounts.move(account, "timeStamp", "stamp_at", state.now())


def _check_account(state: "State", body: Body) -> None:
    strict = state.switches.unknown_write_field == "error"
    read_only = (*CREDIT_ACCOUNT.keys, "Contact", "WithdrawalPayments")
    fields.check_known(body, _ACCOUNT_WRITABLE, read_only, "CreditAccount", strict=strict)
