"""Rows as Sitoo publishes them, and hostile ones: facts come out, or a reason why not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.domain.errors import CannotRead
from sync.domain.facts import AccountFacts, LineKind, Mark, SaleState, Shop
from sync.sources.sitoo import parse, wire
from sync.sources.sitoo.lines import Terms
from sync.sources.sitoo.places import Places
from sync.sources.sitoo.settings import Meaning

REGISTER = "{3CCB9848-0000-0000-0000-000000000001}"
PLACES = Places(
    AccountFacts("90001", "Sitoo 90001", "SEK", {"7": Shop("7", "Kungsgatan", "Europe/Stockholm", "SE")}),
    by_external_id={"S1": "7"},
    by_warehouse={3: "7"},
    by_register={REGISTER: "7"},
    currencies={REGISTER: "SEK"},
)
KNOWN = parse.Knowledge("90001", PLACES, Terms("SEK", Meaning()))
DECODE = wire.rows_decoder("sale", wire.Order, "orderid")


def item(number: int = 0, **fields: Any) -> dict[str, Any]:
    """The published row: 250.00 less 50.00 for two pieces at 25 % VAT is stored as 80.00 net a piece."""
    return {
        "orderitemid": number, "orderitemtype": 10, "productid": 5, "productname": "Tea", "sku": "TE-1",
        "quantity": 2, "moneynetpriceperunit": "80.00", "moneyoriginalprice": "100.00",
        "moneydiscountedprice": "80.00", "moneydiscount": "20.00", "vatvalue": 25,
        "moneyitemtotal_net": "160.00", "moneyitemtotal_vat": "40.00", **fields,
    }  # fmt: skip


def order(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "orderid": 1001, "orderdate": 1772449200, "orderstateid": 10, "paymentstateid": 20, "ordertypeid": 10,
        "registerid": REGISTER, "warehouseid": 3, "currencycode": "SEK", "moneytotal_gross_all": "200.00",
        "orderitems": list(items or (item(),)), "additionaldata": {}, **fields,
    }  # fmt: skip


def row(*items: dict[str, Any], **fields: Any) -> wire.Order:
    page = DECODE(json.dumps({"totalcount": 1, "items": [order(*items, **fields)]}).encode())
    assert page.set_aside == ()
    return page.rows[0]


def test_the_published_row_is_told_gross_with_its_discount() -> None:
    sale = parse.sale(row(), KNOWN)

    [line] = sale.lines
    assert (line.total_minor, line.discount_minor, line.subtotal_minor) == (200_00, 50_00, 250_00)
    assert (sale.total_minor, sale.state, sale.marks) == (200_00, SaleState.COMPLETED, frozenset())
    assert sale.completed_at == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


def test_fees_and_rounding_are_lines_so_that_all_adds_up() -> None:
    sale = parse.sale(
        row(
            moneytotal_gross_delivery="49.00", moneytotal_gross_checkout="19.00",
            moneytotal_gross_roundoff="-0.40", moneytotal_gross_all="267.60",
        ),
        KNOWN,
    )  # fmt: skip

    assert [(line.line_id, line.kind, line.total_minor) for line in sale.lines] == [
        ("0", LineKind.GOODS, 200_00),
        ("delivery", LineKind.FEE, 49_00),
        ("checkout", LineKind.FEE, 19_00),
        ("rounding", LineKind.ROUNDING, -40),
    ]


def test_a_discount_row_is_a_credit_and_no_article() -> None:
    off = item(1, orderitemtype=20, productid=None, sku="", productname="Voucher", quantity=1,
               moneydiscount="0.00", moneyitemtotal_net="-40.00", moneyitemtotal_vat="-10.00")  # fmt: skip
    sale = parse.sale(row(item(), off, moneytotal_gross_all="150.00"), KNOWN)

    assert [(line.kind, line.total_minor) for line in sale.lines] == [
        (LineKind.GOODS, 200_00), (LineKind.CREDIT, -50_00),
    ]  # fmt: skip


def test_payments_need_not_add_up_to_the_total() -> None:
    paid = [{"name": "Card", "moneyamount": "-110.00"}]

    assert parse.sale(row(payments=paid), KNOWN).total_minor == 200_00


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"moneytotal_gross_all": "900.00"}, "lines_contradict_total"),
        ({"moneytotal_gross_all": None}, "no_amount"),
        ({"moneytotal_gross_all": "NaN"}, "no_amount"),
        ({"orderdate": None}, "no_time"),
        ({"orderdate": -5}, "no_time"),
        ({"orderdate": 99999999999999}, "no_time"),
        ({"orderitems": [item(quantity=None)]}, "no_quantity"),
        ({"orderitems": [item(moneyitemtotal_net=None)]}, "no_amount"),
        ({"orderitems": [item(orderitemid=None)]}, "line_without_id"),
    ],
)
def test_what_contradicts_itself_is_set_aside_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotRead) as problem:
        parse.sale(row(**fields), KNOWN)

    assert problem.value.reason == reason


def test_a_row_of_another_kind_is_set_aside_and_its_page_goes_on() -> None:
    bad = {**order(), "orderid": 7, "orderitems": "none", "email": "ann@northwind.dev"}
    page = DECODE(json.dumps({"totalcount": 3, "items": [order(), bad, 5]}).encode())

    assert [each.orderid for each in page.rows] == [1001]
    assert [(each.subject_id, each.reason) for each in page.set_aside] == [
        ("7", "not_as_documented"), ("", "not_as_documented"),
    ]  # fmt: skip
    assert "northwind" not in repr(page.set_aside)
    assert (page.ids, page.sent_count) == ((1001, 7), 3)


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"), ("UTC", "UTC"), ("+01:00", "Etc/GMT-1"),
        ("-0500", "Etc/GMT+5"), ("UTC+2", "Etc/GMT-2"), ("+05:30", ""), ("Mars/Base", ""),
        ("../etc/passwd", ""), ("CET please", ""), ("", ""),
    ],
)  # fmt: skip
def test_zones_on_receipts_are_read_in_several_forms(told: str, zone: str) -> None:
    assert parse.sale(row(additionaldata={"pos-timezone": told}), KNOWN).zone == zone


@pytest.mark.parametrize("additional", [{}, [], None])
def test_an_order_leads_to_its_shop_by_whatever_it_carries(additional: object) -> None:
    by_name = parse.sale(
        row(additionaldata={"store-externalid": "S1"}, warehouseid=None, registerid=None), KNOWN
    )
    by_stock = parse.sale(row(additionaldata=additional, registerid=None), KNOWN)
    by_till = parse.sale(row(additionaldata=additional, warehouseid=None, registerid=REGISTER.lower()), KNOWN)
    lost = parse.sale(row(additionaldata=additional, warehouseid=99, registerid=None), KNOWN)

    assert [sale.shop_id for sale in (by_name, by_stock, by_till, lost)] == ["7", "7", "7", "warehouse-99"]
    assert [sale.web_source for sale in (by_stock, by_till)] == ["sitoo", ""]


def test_unknown_numbers_survive_as_a_mark() -> None:
    strange = row(ordertypeid=120, orderstateid=7, paymentstateid=99)

    assert parse.sale(strange, KNOWN).marks == {Mark.UNKNOWN_KIND}
    assert parse.unknown_words(strange, Meaning()) == "order type 120, order state 7, payment state 99"


def test_a_gift_card_is_known_by_its_key_or_its_group() -> None:
    by_key = row(item(additionaldata={"giftcard-cardnumber": "4711"}))
    by_group = row(item(additionaldata={"product-group-name": "Gift cards"}))
    known = parse.Knowledge(
        "90001", PLACES, Terms("SEK", Meaning(), gift_card_groups=frozenset({"Gift cards"}))
    )

    assert parse.sale(by_key, KNOWN).marks == {Mark.GIFT_CARD}
    assert parse.sale(by_group, known).marks == {Mark.GIFT_CARD}
    assert parse.sale(by_group, KNOWN).marks == frozenset()


def test_a_returned_line_without_a_reference_is_matched_by_its_article() -> None:
    original = parse.original(row(item(0, productid=4, sku="X"), item(1)))
    back = item(0, quantity=-2, moneyitemtotal_net="-160.00", moneyitemtotal_vat="-40.00")
    refund = row(back, orderid=1002, creditorderid=1001, moneytotal_gross_all="-200.00")

    [line] = parse.sale(refund, KNOWN, original).lines

    assert parse.original_id(refund) == "1001"
    assert (line.parent_line_id, line.total_minor, line.discount_minor) == ("1001/1", -200_00, -50_00)
