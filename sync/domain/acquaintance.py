"""Since when Klaviyo knows a customer. Sync and monitor both put it on, each from its own look at Klaviyo."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sync.domain.contact import usable_email
from sync.domain.facts import Customer, Marketing, Sale


def addresses(customers: Iterable[Customer | None]) -> list[str]:
    """Their usable addresses, each once, in the form that is sent."""
    found = (usable_email(each.email) for each in customers if each is not None)
    return list(dict.fromkeys(email for email in found if email is not None))


def people_of(sale: Sale) -> Iterator[Customer | None]:
    """Everybody an event of the sale may belong to."""
    yield sale.customer
    for original in sale.originals:
        yield original.customer


def acquainted(customer: Customer, since: Mapping[str, datetime]) -> Customer:
    """The customer with the instant Klaviyo made their profile; `since` holds it by address.

    Where it decides nothing it is left out, so that our own first event, which makes a profile, does not
    change what was said of the person before: they agreed, and the till met them first.
    """
    email = usable_email(customer.email)
    at = since.get(email) if email is not None else None
    agreed = customer.marketing is Marketing.CONSENTED
    if at is not None and agreed and customer.created_at is not None and customer.created_at <= at:
        at = None
    return customer if at == customer.known_since else replace(customer, known_since=at)


def sale_acquainted(sale: Sale, since: Mapping[str, datetime]) -> Sale:
    """The same for everybody the sale names."""
    customer = sale.customer and acquainted(sale.customer, since)
    originals = tuple(
        replace(each, customer=acquainted(each.customer, since)) if each.customer else each
        for each in sale.originals
    )
    if customer is sale.customer and originals == sale.originals:
        return sale
    return replace(sale, customer=customer, originals=originals)


def decided_at(sale: Sale) -> datetime:
    """When the sale last changed, or became one to be sent because somebody's profile was made since."""
    made = [
        each.known_since
        for each in people_of(sale)
        if each is not None and each.known_since is not None and each.marketing is not Marketing.CONSENTED
    ]
    return max([sale.changed_at, *made])
