"""Who an event or a profile is about: which identifiers Klaviyo accepts, and which e-mails it swallows."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache

EMAIL_LENGTH_MAX = 100
IDENTIFIERS = ("email", "phone_number", "external_id", "anonymous_id", "_kx")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def is_email(text: object) -> bool:
    """Whether Klaviyo takes it: a string of at most 100 characters that looks like a deliverable address."""
    return isinstance(text, str) and len(text) <= EMAIL_LENGTH_MAX and _EMAIL.fullmatch(text) is not None


def is_phone(text: object) -> bool:
    """Whether it is E.164: a plus sign and 7 to 15 digits."""
    return isinstance(text, str) and _PHONE.fullmatch(text) is not None


def is_discarded(email: str, patterns: str) -> bool:
    """Whether events for this address vanish after their 202; ``patterns`` lists domains, comma-separated."""
    return _matches(email.rpartition("@")[2].lower(), patterns)


@lru_cache(maxsize=4_096)
def _matches(domain: str, patterns: str) -> bool:
    return any(fnmatchcase(domain, pattern.strip()) for pattern in patterns.split(",") if pattern.strip())
