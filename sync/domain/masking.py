"""Personal data, made unreadable for logs, errors, reports and alerts, yet still joinable."""

import hashlib
import hmac
import re

_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+\.[^\s@<>\"',;:()\[\]]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}\b")  # the only form in which we send one, so the form it is quoted in


def mask_email(address: str) -> str:
    """`jane.doe@shop.example.org` as `j***@s***.org`; anything that is no address as `***`."""
    local, at, domain = address.strip().partition("@")
    if not at or not local or not domain:
        return "***"
    head, dot, tail = domain.rpartition(".")
    return f"{local[0]}***@{(head or tail)[0]}***{dot}{tail if dot else ''}"


def mask_name(name: str) -> str:
    """`Jane` as `J***`; an empty name stays empty."""
    text = name.strip()
    return f"{text[0]}***" if text else ""


def mask_text(text: str) -> str:
    """The text with every e-mail address and E.164 number in it masked, for messages that quote a vendor."""
    return _PHONE.sub("+***", _EMAIL.sub(lambda found: mask_email(found.group()), text))


def pseudonym(value: str, key: bytes) -> str:
    """A stable 12-digit stand-in for a personal value, joinable only by those who hold the key."""
    return hmac.new(key, value.strip().lower().encode(), hashlib.sha256).hexdigest()[:12]
