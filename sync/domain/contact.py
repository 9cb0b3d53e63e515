"""Which e-mail addresses and phone numbers Klaviyo would take, decided before anything is sent.

Klaviyo refuses a whole batch for one bad address and silently drops events of test domains after
accepting them, so both are found out here.
"""

from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

EMAIL_LENGTH_MAX = 100  # Klaviyo's limit on an e-mail address
_SWALLOWED = frozenset({"example", "test"})  # domains whose events Klaviyo accepts and then drops


@lru_cache(maxsize=4_096)
def usable_email(raw: str) -> str | None:
    """The address in the form we send it, or None when Klaviyo would refuse or swallow it.

    The domain is lower-cased, and so is the rest: tills hold the same person as `Ann@` and `ann@`,
    and mailboxes do not tell them apart.
    """
    text = raw.strip()
    if not text or len(text) > EMAIL_LENGTH_MAX:
        return None
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return None if swallowed(found.ascii_domain or found.domain) else found.normalized.lower()


def swallowed(domain: str) -> bool:
    """Whether Klaviyo drops events for this domain after a 202: example.com, test.com and similar."""
    labels = domain.lower().split(".")
    return bool(_SWALLOWED.intersection(labels[-2:]))


@lru_cache(maxsize=4_096)
def usable_phone(raw: str, country: str) -> str | None:
    """The number as E.164, read with the shop's country, or None when it is no valid number."""
    text = raw.strip()
    if not text:
        return None
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
