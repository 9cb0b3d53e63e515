"""X-Series records into facts, without a network."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.domain.errors import CannotRead
from sync.domain.facts import LineKind, Mark, Marketing, Product, Sale, SaleState
from sync.sources.lightspeed_x import parse, wire
from sync.sources.lightspeed_x.consent import Consent
from sync.sources.lightspeed_x.originals import linked, original_of

SAMPLES = (Path(__file__).resolve().parents[4] / "../shared/vendors/samples/lightspeed_x").resolve()
BOOT = Product("boot", "Boot", "B1", "Men/Shoes", "Acme")
KNOWN = parse.Knowledge(
    "retailer", "NZD", {"sydney": "AUD"}, {"till-9": "auckland"}, "discount", products={"boot": BOOT}
)


def line(**more: Any) -> dict[str, Any]:
    """One boot at 43.47826 and 6.52174 tax: 50.00 to the customer."""
    return {
        "id": "line-1",
        "product": {"id": "boot"},
        "quantity": 1.0,
        "pricing": {"price": 43.47826, "total": 43.47826, "discount": 0, "discount_total": 0},
        "tax": {"amount": 6.52174, "total": 6.52174},
        **more,
    }


def sale(**more: Any) -> Sale:
    row = {
        "id": "sale-1",
        "state": "closed",
        "date": "2026-11-02T01:37:58+00:00",
        "created_at": "2026-11-02T01:38:03+00:00",
        "updated_at": "2026-11-02T01:38:03+00:00",
        "source": {"type": "USER", "outlet_id": "auckland", "register_id": "till-1", "author": {"id": "u1"}},
        "totals": {"price": 43.48, "tax": 6.52, "price_incl_tax": 50.0},
        "line_items": [line()],
        **more,
    }
    body = json.dumps({"data": [row], "version": {"min": 9, "max": 9}}).encode()
    (read,) = wire.DECODE_SALES(body).rows
    return parse.sale(read, KNOWN)


def test_worth_is_the_total_with_tax_and_lines_add_up_to_it() -> None:
    found = sale()
    assert (found.total_minor, found.currency, found.shop_id) == (5000, "NZD", "auckland")
    assert [(each.total_minor, each.subtotal_minor, each.product) for each in found.lines] == [
        (5000, 4348, BOOT)
    ]


def test_without_a_total_with_tax_both_parts_make_it() -> None:
    assert sale(totals={"price": "43.48", "tax": "6.52"}).total_minor == 5000


def test_three_lines_of_broken_cents_are_rounded_to_the_total() -> None:
    lines = [line(id=f"l{n}", quantity=1, pricing={"total": 4.30435}, tax={"total": 0}) for n in range(3)]
    found = sale(line_items=lines, totals={"price_incl_tax": 12.91})
    assert [each.total_minor for each in found.lines] == [431, 430, 430]


def test_what_rounding_cannot_explain_becomes_a_line_of_its_own() -> None:
    found = sale(totals={"price_incl_tax": 57.5})
    assert [(each.kind, each.total_minor) for each in found.lines] == [
        (LineKind.GOODS, 5000),
        (LineKind.FEE, 750),
    ]


def test_a_discount_article_takes_off_and_is_no_return() -> None:
    discount = line(
        id="line-2", product={"id": "discount"}, quantity=-1, pricing={"price": 8.7, "total": -8.7},
        tax={"amount": 1.3, "total": -1.3},
    )  # fmt: skip
    found = sale(line_items=[line(), discount], totals={"price_incl_tax": 40.0})
    off = found.lines[1]
    assert (off.kind, off.total_minor, off.discount_minor, off.returned) == (
        LineKind.CREDIT,
        -1000,
        1000,
        False,
    )


@pytest.mark.parametrize(
    ("adjustment", "kind", "minor"),
    [
        ({"adjustment_type": "NON_CASH_FEE", "name": "Card", "total": 1.5}, LineKind.FEE, 150),
        ({"type": "NON_CASH_FEE", "name": "Card", "value": 1.5}, LineKind.FEE, 150),
        ({"adjustment_type": "TIP", "name": "Tip", "total": 5}, LineKind.FEE, 500),
        ({"adjustment_type": "SURCHARGE", "name": "Sunday", "total": 2}, LineKind.FEE, 200),
        ({"adjustment_type": "DISCOUNT", "name": "Staff", "total": -3}, LineKind.CREDIT, -300),
        ({"adjustment_type": "DISCOUNT", "name": "Staff", "total": 3}, LineKind.CREDIT, -300),
    ],
)
def test_adjustments_are_read_in_both_spellings(
    adjustment: dict[str, Any], kind: LineKind, minor: int
) -> None:
    found = sale(adjustments=[adjustment], totals={"price_incl_tax": 50 + minor / 100})
    assert [(each.kind, each.total_minor) for each in found.lines[1:]] == [(kind, minor)]


@pytest.mark.parametrize(
    ("state", "attributes", "expected"),
    [
        ("closed", [], SaleState.COMPLETED),
        ("closed", ["onaccount"], SaleState.COMPLETED),
        ("closed", ["layby"], SaleState.COMPLETED),
        ("pending", ["onaccount"], SaleState.COMPLETED),
        ("pending", ["onaccount", "delivery"], SaleState.COMPLETED),
        ("pending", ["layby"], SaleState.OPEN),
        ("pending", ["pickup"], SaleState.OPEN),
        ("pending", ["delivery"], SaleState.OPEN),
        ("pending", ["service"], SaleState.OPEN),
        ("pending", None, SaleState.OPEN),
        ("parked", [], SaleState.OPEN),
        ("voided", ["layby"], SaleState.VOIDED),
    ],
)
def test_states_with_their_attributes(state: str, attributes: list[str] | None, expected: SaleState) -> None:
    assert sale(state=state, attributes=attributes).state is expected


def test_a_deleted_closed_sale_is_void() -> None:
    assert sale(deleted_at="2026-11-03T00:00:00Z").state is SaleState.VOIDED


def test_a_state_nobody_knows_is_set_aside_not_guessed() -> None:
    with pytest.raises(CannotRead, match="state"):
        sale(state="refrigerated")


@pytest.mark.parametrize(
    ("kind", "web"),
    [("USER", ""), ("QUOTE", ""), (None, ""), ("", ""), ("SHOPIFY", "shopify"), ("Magento", "magento"),
     ("WooCommerce", "woocommerce"), ("ECOMMERCE", "ecommerce"), ("Ecwid", "ecwid")],
)  # fmt: skip
def test_sources_are_let_in_by_name_only(kind: str | None, web: str) -> None:
    assert sale(source={"type": kind, "outlet_id": "auckland"}).web_source == web


def test_an_outlet_is_found_through_its_register_and_has_its_own_currency() -> None:
    assert sale(source={"register_id": "till-9"}).shop_id == "auckland"
    assert sale(source={"outlet_id": "sydney"}).currency == "AUD"
    with pytest.raises(CannotRead, match="outlet"):
        sale(source={"register_id": "nowhere"})


def test_a_late_sale_has_the_tills_time_and_the_servers_change() -> None:
    found = sale(date="2026-10-30T09:00:00Z")
    assert found.completed_at is not None
    assert found.completed_at.isoformat() == "2026-10-30T09:00:00+00:00"
    assert found.changed_at.isoformat() == "2026-11-02T01:38:03+00:00"


def test_a_gift_card_sold_is_marked_and_its_number_kept_nowhere() -> None:
    found = sale(line_items=[line(gift_card_number="6006491234567890")])
    assert found.marks == {Mark.GIFT_CARD}
    assert "6006491234567890" not in repr(found)


def test_where_all_goods_come_back_the_discount_comes_back_with_them() -> None:
    back = line(quantity=-1, pricing={"total": -43.47826}, tax={"total": -6.52174})
    given_back = line(
        id="line-2", product={"id": "discount"}, quantity=1, pricing={"total": 8.7}, tax={"total": 1.3}
    )
    found = sale(line_items=[back, given_back], totals={"price_incl_tax": -40.0})
    assert [each.returned for each in found.lines] == [True, True]


def test_an_unreadable_row_is_set_aside_by_its_field_and_the_page_goes_on() -> None:
    good = {"id": "good", "state": "closed", "source": {"outlet_id": "a"}, "totals": {"price_incl_tax": 1}}
    bad = {**good, "id": "bad", "totals": {"price_incl_tax": "ann@shopper.co"}}
    rows = wire.DECODE_SALES(json.dumps({"data": [bad, good], "version": {"min": 1, "max": 2}}).encode())
    assert [row.id for row in rows.rows] == ["good"]
    assert [(one.subject_id, one.reason) for one in rows.set_aside] == [("bad", "unreadable")]
    assert "price_incl_tax" in rows.set_aside[0].detail
    assert "ann@" not in rows.set_aside[0].detail


def test_numbers_keep_every_decimal() -> None:
    body = (
        b'{"data":[{"id":"x","totals":{"price":43.478260000000001}}],"version":{"min":1,"max":18446744073}}'
    )
    rows = wire.DECODE_SALES(body)
    assert rows.rows[0].totals is not None
    assert rows.rows[0].totals.price == Decimal("43.478260000000001")
    assert rows.version_max == 18446744073


# Returns ------------------------------------------------------------------------------------------------


def _row(**more: Any) -> wire.Sale:
    return msgspec.convert({"id": "old", "customer_id": "ann", **more}, wire.Sale, strict=False)


def _bought(*lines: tuple[str, str, int]) -> wire.Sale:
    return _row(line_items=[{"id": i, "product": {"id": p}, "quantity": q} for i, p, q in lines])


def _return(*lines: tuple[str, str, int]) -> Sale:
    rows = [
        line(id=i, product={"id": p}, quantity=-q, pricing={"total": -10 * q}, tax={"total": 0})
        for i, p, q in lines
    ]
    return sale(line_items=rows, totals={"price_incl_tax": -10 * sum(q for _, _, q in lines)})


def test_each_returned_line_finds_a_line_with_enough_left() -> None:
    original = original_of(_bought(("a", "boot", 1), ("b", "boot", 3), ("c", "discount", 1)), "discount")
    found = linked(_return(("x", "boot", 2), ("y", "boot", 1)), "old", original, "ann", None)
    assert [each.parent_line_id for each in found.lines] == ["b", "a"]
    assert found.originals[0].quantities == {"a": 1, "b": 3, "old": 0}
    assert found.originals[0].customer_id == "ann"


def test_a_returned_article_the_original_never_sold_belongs_to_it_all_the_same() -> None:
    original = original_of(_bought(("a", "hat", 1)), "discount")
    found = linked(_return(("x", "boot", 1)), "old", original, None, None)
    assert [each.parent_line_id for each in found.lines] == ["old"]


def test_an_original_that_is_gone_is_still_the_one_returned() -> None:
    found = linked(_return(("x", "boot", 1)), "old", None, None, None)
    assert (found.originals[0].sale_id, found.lines[0].parent_line_id) == ("old", "old")


# People -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ("unless_opted_out", {}, Marketing.CONSENTED),
        ("unless_opted_out", {"do_not_email": True}, Marketing.OPTED_OUT),
        ("nobody", {"enable_loyalty": True, "enable_promotional_sms": True}, Marketing.UNKNOWN),
        ("nobody", {"do_not_email": True}, Marketing.OPTED_OUT),
        ("sms_opt_in", {"enable_promotional_sms": True}, Marketing.CONSENTED),
        ("sms_opt_in", {"enable_promotional_sms": False}, Marketing.UNKNOWN),
        ("sms_opt_in", {"enable_promotional_sms": True, "do_not_email": True}, Marketing.OPTED_OUT),
        ("loyalty", {"enable_loyalty": True}, Marketing.CONSENTED),
        ("loyalty", {}, Marketing.UNKNOWN),
        ("group:Newsletter", {"customer_group_id": "g1"}, Marketing.CONSENTED),
        ("group:Newsletter", {"customer_group_id": "g2"}, Marketing.UNKNOWN),
        ("custom_field_2:Yes please", {"custom_field_2": " yes PLEASE "}, Marketing.CONSENTED),
        ("custom_field_2:Yes please", {"custom_field_1": "yes please"}, Marketing.UNKNOWN),
    ],
)
def test_what_counts_as_consent_is_what_the_setting_says(
    rule: str, row: dict[str, Any], expected: Marketing
) -> None:
    read = msgspec.convert({"id": "c", **row}, wire.Customer)
    groups = {"g1": "newsletter", "g2": "Trade"}
    assert parse.customer(read, Consent.read(rule), groups).marketing is expected


@pytest.mark.parametrize("text", ["", "yes", "group:", "custom_field_5:x", "custom_field_1:", "everybody"])
def test_any_other_rule_for_consent_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unless_opted_out"):
        Consent.read(text)


@pytest.mark.parametrize(("code", "expected"), [("UK", "GB"), ("nz", "NZ"), (None, ""), ("NZL", "")])
def test_countries_are_two_letters_with_the_old_name_for_britain(code: str | None, expected: str) -> None:
    assert parse.country(code) == expected


def test_a_placeholder_is_no_picture_and_empty_relations_are_nothing() -> None:
    row = msgspec.convert(
        {
            "id": "p",
            "name": "Watson",
            "brand": {},
            "type": {},
            "image_url": "https://x/images/placeholder/no.png",
        },
        wire.Product,
    )
    assert parse.product(row, {}, {}) == Product("p", "Watson")


def test_brand_and_category_named_by_id_only_are_looked_up() -> None:
    row = msgspec.convert({"id": "p", "brand_id": "b", "product_type_id": "t"}, wire.Product)
    found = parse.product(row, {"b": "Acme"}, {"t": "Men/Shoes"})
    assert (found.brand, found.category) == ("Acme", "Men/Shoes")


# Recorded samples ---------------------------------------------------------------------------------------


def _sample(name: str) -> Any:
    if not SAMPLES.exists():
        pytest.skip("the vendor's samples are not beside this checkout")
    return json.loads((SAMPLES / name).read_text())


def test_the_recorded_customer_is_read() -> None:
    row = msgspec.convert(_sample("api20_2017_customer.json"), wire.Customer, strict=False)
    found = parse.customer(row, Consent.read("unless_opted_out"), {})
    assert (found.first_name, found.last_name, found.country) == ("Sherlock", "Holmes", "NZ")
    assert (found.loyalty, found.archived) == (Decimal("2.0"), False)


def test_the_recorded_outlet_is_read() -> None:
    row = msgspec.convert(_sample("api20_2017_outlet.json"), wire.Outlet, strict=False)
    found = parse.shop(row, "UTC", "AU")
    assert (found.name, found.zone, found.country) == ("Shop 1", "Pacific/Auckland", "NZ")


def test_the_recorded_product_has_a_placeholder_for_a_picture() -> None:
    row = msgspec.convert(_sample("api20_2017_product.json"), wire.Product, strict=False)
    found = parse.product(row, {}, {})
    assert (found.name, found.sku, found.image_url) == ("Watson", "10114", "")


def test_the_flat_shape_of_a_recorded_sale_is_known_for_another_version() -> None:
    body = json.dumps({"data": [_sample("api20_2017_sale.json")], "version": {"min": 1, "max": 1}})
    assert [one.reason for one in wire.DECODE_SALES(body.encode()).set_aside] == [wire.ANOTHER_VERSION]
