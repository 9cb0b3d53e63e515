"""Money is whole minor units; rounding is named, happens once and loses nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.money import allocate, decimal_of, exponent, major_text, minor_of, to_major, to_minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("11.4860025", "USD", 1149),
        ("0.005", "USD", 1),
        ("-0.005", "USD", -1),
        ("0.0049999", "USD", 0),
        ("19.999", "USD", 2000),
        ("-34.48", "USD", -3448),
        ("39.98", "EUR", 3998),
        ("100", "JPY", 100),
        ("100.5", "JPY", 101),
        ("1.2345", "KWD", 1235),
        ("0", "USD", 0),
        ("-0", "USD", 0),
        ("1e2", "USD", 10000),
    ],
)
def test_decimal_text_becomes_minor_units_with_halves_away_from_zero(
    text: str, currency: str, minor: int
) -> None:
    assert minor_of(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["", " ", "ten", "1,50", "$5", "nan", "inf", "-Infinity", "0x10", "1e20", "99999999999999999"]
)
def test_what_no_till_could_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|out of range"):
        minor_of(text, "USD")


def test_decimal_text_is_read_exactly() -> None:
    assert decimal_of("11.4860025") == Decimal("11.4860025")


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("XXX", 2)])
def test_each_currency_has_its_own_number_of_decimals(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(2998, "USD", "29.98"), (5, "USD", "0.05"), (-3448, "USD", "-34.48"), (100, "JPY", "100"),
     (1235, "KWD", "1.235"), (0, "USD", "0.00")],
)  # fmt: skip
def test_minor_units_are_written_with_the_currency_s_decimals(minor: int, currency: str, text: str) -> None:
    assert major_text(minor, currency) == text
    assert to_major(minor, currency) == Decimal(text)


def test_the_vendor_s_own_refund_adds_up_after_rounding() -> None:
    # 11.4860025 and 22.995 round to 11.49 and 23.00, a cent more than the sale's 34.48.
    lines = [Decimal("-11.4860025"), Decimal("-22.995")]
    assert allocate(lines, -3448, "USD") == [-1149, -2299]


def test_the_part_that_lost_most_is_corrected_first() -> None:
    assert allocate([Decimal("0.334"), Decimal("0.333"), Decimal("0.333")], 100, "USD") == [34, 33, 33]


def test_equal_losers_are_corrected_from_the_front() -> None:
    assert allocate([Decimal("1.004")] * 4, 403, "USD") == [101, 101, 101, 100]
    assert allocate([Decimal("1.004")] * 4, 400, "USD") == [100, 100, 100, 100]


@pytest.mark.parametrize(("parts", "total"), [([], 100), (["1"], 102), (["1", "2"], 303), (["5"], -500)])
def test_parts_that_cannot_add_up_are_a_contradiction(parts: list[str], total: int) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        allocate([Decimal(part) for part in parts], total, "USD")


def test_nothing_adds_up_to_nothing() -> None:
    assert allocate([], 0, "USD") == []


amounts = st.decimals(min_value=-99999, max_value=99999, places=7, allow_nan=False)


@given(st.lists(amounts, max_size=40), st.sampled_from(["USD", "JPY", "KWD"]))
def test_allocated_parts_always_add_up_and_move_by_one_unit_at_most(
    parts: list[Decimal], currency: str
) -> None:
    total = to_minor(sum(parts, Decimal(0)), currency)
    allocated = allocate(parts, total, currency)
    assert sum(allocated) == total
    assert len(allocated) == len(parts)
    for part, minor in zip(parts, allocated, strict=True):
        assert abs(part.scaleb(exponent(currency)) - minor) <= Decimal("1.5")


@given(st.lists(amounts, max_size=20))
def test_allocating_is_the_mirror_image_for_a_refund_of_exact_cents(parts: list[Decimal]) -> None:
    cents = [part.quantize(Decimal("0.01")) for part in parts]
    total = to_minor(sum(cents, Decimal(0)), "USD")
    there = allocate(cents, total, "USD")
    back = allocate([-each for each in cents], -total, "USD")
    assert [-each for each in there] == back


@given(st.integers(-(10**14), 10**14), st.sampled_from(["USD", "JPY", "KWD"]))
def test_minor_units_survive_the_way_to_text_and_back(minor: int, currency: str) -> None:
    assert minor_of(major_text(minor, currency), currency) == minor
