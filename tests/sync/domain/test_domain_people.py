"""Addresses, numbers, masks and ids: what Klaviyo takes, what people may see, what never changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain import identity
from sync.domain.contact import swallowed, usable_email, usable_phone
from sync.domain.masking import mask_email, mask_name, mask_text, pseudonym


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        ("ann@mail.org", "ann@mail.org"),
        ("  Ann.Lee@Mail.ORG ", "ann.lee@mail.org"),
        ("o'neil+till@sub.mail.co.uk", "o'neil+till@sub.mail.co.uk"),
    ],
)
def test_a_usable_address_is_sent_in_one_spelling(raw: str, sent: str) -> None:
    assert usable_email(raw) == sent


@pytest.mark.parametrize(
    "raw",
    ["", "   ", "none", "ann@", "@mail.org", "ann@mail", "ann mail@mail.org", "ann@@mail.org",
     "ann@mail..org", "a" * 101 + "@mail.org", "ann@localhost", "<script>@mail.org", "a@mail.org, b@mail.org",
     "ann@example.com", "ann@shop.test", "ann@test.com"],
)  # fmt: skip
def test_an_address_that_klaviyo_refuses_or_swallows_is_not_usable(raw: str) -> None:
    assert usable_email(raw) is None


@pytest.mark.parametrize(
    ("domain", "gone"),
    [("example.com", True), ("EXAMPLE.org", True), ("test.com", True), ("x.test", True),
     ("example.shop.org", False), ("mytest.com", False), ("mail.org", False)],
)  # fmt: skip
def test_test_domains_are_known_by_their_last_labels(domain: str, gone: bool) -> None:
    assert swallowed(domain) is gone


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("212-736-5000", "US", "+12127365000"),
        ("(212) 736.5000", "us", "+12127365000"),
        ("+49 30 901820", "US", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
    ],
)
def test_a_phone_number_is_read_with_the_shop_s_country(raw: str, country: str, number: str) -> None:
    assert usable_phone(raw, country) == number


@pytest.mark.parametrize(
    ("raw", "country"),
    [("", "US"), ("555-5555", "US"), ("2127365000", ""), ("call me", "US"), ("0000000000", "US")],
)
def test_a_phone_that_is_no_phone_is_left_out(raw: str, country: str) -> None:
    assert usable_phone(raw, country) is None


@pytest.mark.parametrize(
    ("address", "masked"),
    [("jane.doe@shop.example.org", "j***@s***.org"), (" a@b.co ", "a***@b***.co"), ("nobody", "***"),
     ("@b.co", "***"), ("", "***"), ("ann@host", "a***@h***")],
)  # fmt: skip
def test_a_masked_address_shows_its_shape_only(address: str, masked: str) -> None:
    assert mask_email(address) == masked


def test_names_keep_their_first_letter_only() -> None:
    assert [mask_name(name) for name in ("Jane", " jo ", "")] == ["J***", "j***", ""]


def test_every_address_in_a_text_is_masked() -> None:
    text = 'refused "ann@mail.org", <bob@shop.co.uk>; nothing else'
    assert mask_text(text) == 'refused "a***@m***.org", <b***@s***.uk>; nothing else'


@given(st.emails())
def test_no_masked_address_contains_its_domain_or_full_name(address: str) -> None:
    local, _, domain = address.partition("@")
    masked = mask_email(address)
    assert domain not in masked
    assert len(local) == 1 or not masked.startswith(f"{local}@")


def test_a_pseudonym_is_the_same_for_every_spelling_and_another_for_every_key() -> None:
    assert pseudonym("Ann@Mail.org ", b"key") == pseudonym("ann@mail.org", b"key")
    assert pseudonym("ann@mail.org", b"key") != pseudonym("ann@mail.org", b"other")
    assert len(pseudonym("ann@mail.org", b"key")) == 12


def test_event_ids_are_what_they_have_always_been() -> None:
    # Changing any of these would send every sale of every customer again.
    assert identity.sale_event_id("lightspeed_r", "797", "12") == "lightspeed_r:797:12"
    assert identity.line_event_id("lightspeed_r", "797", "12", "3") == "lightspeed_r:797:12:line:3"
    assert identity.shipment_event_id("lightspeed_r", "797", "12", "4") == "lightspeed_r:797:12:shipment:4"
    assert (
        identity.partial_refund_event_id("lightspeed_r", "797", "12", "15") == "lightspeed_r:797:12:refund:15"
    )
    assert identity.unlinked_refund_event_id("lightspeed_r", "797", "15") == "lightspeed_r:797:15:refund"
