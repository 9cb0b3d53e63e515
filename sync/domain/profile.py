"""By what a profile is known: one identifier of a customer, the strongest that Klaviyo would take.

It is kept as text, in the form that is sent: an address holds an `@`, a phone number is E.164 and starts
with `+`, a number of a customer system (CRM) is written behind `id:`.
"""

from collections.abc import Sequence
from dataclasses import replace

from sync.domain.contact import usable_email, usable_phone
from sync.domain.facts import Customer

EMAIL, PHONE, EXTERNAL_ID = "email", "phone_number", "external_id"  # as Klaviyo spells them
_EXTERNAL_LENGTH_MAX = 255
_ID = "id:"


def anchor(customer: Customer, identifiers: Sequence[str]) -> str | None:
    """The customer's strongest usable identifier among `identifiers`; None when there is none."""
    for name in identifiers:
        found = _USABLE[name](customer)
        if found is not None:
            return found
    return None


def named(key: str) -> tuple[str, str]:
    """An anchor as Klaviyo's attribute and its value."""
    if "@" in key and not key.startswith(_ID):
        return EMAIL, key
    return (EXTERNAL_ID, key.removeprefix(_ID)) if key.startswith(_ID) else (PHONE, key)


def anchored(customer: Customer, key: str) -> Customer:
    """The customer, known by this anchor and nothing else."""
    attribute, value = named(key)
    return replace(
        customer,
        email=value if attribute == EMAIL else "",
        phone=value if attribute == PHONE else "",
        external_id=value if attribute == EXTERNAL_ID else "",
    )


def usable_external_id(raw: str) -> str | None:
    """The number as it is sent, or None for one that is no identifier."""
    text = raw.strip()
    return text if text and len(text) <= _EXTERNAL_LENGTH_MAX and text.isprintable() else None


def _by_email(customer: Customer) -> str | None:
    return usable_email(customer.email)


def _by_phone(customer: Customer) -> str | None:
    # Sources that anchor by phone write numbers internationally; others cannot be told apart by country.
    return usable_phone(customer.phone, "")


def _by_external_id(customer: Customer) -> str | None:
    found = usable_external_id(customer.external_id)
    return None if found is None else _ID + found


_USABLE = {EMAIL: _by_email, PHONE: _by_phone, EXTERNAL_ID: _by_external_id}
