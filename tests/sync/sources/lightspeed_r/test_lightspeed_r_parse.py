"""R-Series' wire shapes become facts; what cannot be read is set aside and the rest goes on."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.domain.errors import CannotRead
from sync.domain.facts import LineKind, Product, Sale, SaleState
from sync.sources.lightspeed_r import parse, wire
from sync.sources.lightspeed_r.reader import DECODE_SALES, DECODE_SHIPMENTS

SAMPLES = Path(__file__).resolve().parents[4] / "../shared/vendors/samples/lightspeed_r"
KNOWN = parse.Knowledge("797", "USD", frozenset({"9"}))
AT = "2026-03-04T17:00:00+00:00"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded samples are not beside the checkout"
)


def line(**fields: Any) -> dict[str, Any]:
    """A sale line as the vendor sends it: every value a text."""
    return {
        "saleLineID": "1", "createTime": AT, "timeStamp": AT, "unitQuantity": "1", "unitPrice": "10",
        "normalUnitPrice": "0", "discountAmount": "0", "discountPercent": "0", "lineType": "",
        "calcLineDiscount": "0", "calcTransactionDiscount": "0", "calcTotal": "10", "calcSubtotal": "10",
        "calcTax1": "0", "calcTax2": "0", "customerID": "0", "discountID": "0", "itemID": "5", "noteID": "0",
        "parentSaleLineID": "0", "shopID": "1", "saleID": "50", **fields,
    }  # fmt: skip


def sale(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A sale as the vendor sends it, its lines as an object, an array or not at all."""
    row = {
        "saleID": "50", "timeStamp": AT, "completed": "true", "archived": "false", "voided": "false",
        "createTime": AT, "updateTime": AT, "completeTime": AT, "referenceNumber": "",
        "referenceNumberSource": "", "calcTotal": "10", "total": "10", "totalDue": "10", "customerID": "0",
        "registerID": "1", "shipToID": "0", "shopID": "1",
    }  # fmt: skip
    shape = lines or (line(),)
    row["SaleLines"] = {"SaleLine": shape[0] if len(shape) == 1 else list(shape)}
    row.update(fields)
    return {key: value for key, value in row.items() if value is not None}


def page(*rows: Any, **attributes: str) -> bytes:
    body: dict[str, Any] = {"@attributes": {"next": "", "previous": "", **attributes}}
    if rows:
        body["Sale"] = rows[0] if len(rows) == 1 else list(rows)
    return json.dumps(body).encode()


def read(row: dict[str, Any], known: parse.Knowledge = KNOWN) -> Sale:
    [found] = DECODE_SALES(page(row)).rows
    return parse.sale(found, known)


def person(**fields: Any) -> dict[str, Any]:
    contact = {
        "noEmail": "true", "Websites": "",
        "Addresses": {"ContactAddress": {"city": "Troy", "state": "NY", "zip": "12180"}},
        "Phones": {"ContactPhone": {"number": "212-736-5000", "useType": "Mobile"}},
        "Emails": {"ContactEmail": {"address": "Ann@Mail.org", "useType": "Primary"}},
        **fields.pop("Contact", {}),
    }  # fmt: skip
    return {
        "customerID": "7", "firstName": "Ann", "lastName": "Lee", "archived": "false", "title": "Dr",
        "company": "Lee Ltd", "createTime": AT, "timeStamp": AT, "Contact": contact, **fields,
    }  # fmt: skip


def test_one_row_is_an_object_not_a_list() -> None:
    assert [row.sale_id for row in DECODE_SALES(page(sale())).rows] == ["50"]


def test_several_rows_are_a_list() -> None:
    rows = DECODE_SALES(page(sale(), sale(saleID="51"))).rows
    assert [row.sale_id for row in rows] == ["50", "51"]


@pytest.mark.parametrize("shape", [{}, {"Sale": ""}, {"Sale": []}, {"Sale": None}])
def test_no_rows_come_in_every_shape(shape: dict[str, Any]) -> None:
    body = json.dumps({"@attributes": {"next": "", "previous": ""}, **shape}).encode()
    assert DECODE_SALES(body).rows == []
    assert DECODE_SALES(body).set_aside == ()


def test_the_next_page_is_named_by_the_last() -> None:
    assert DECODE_SALES(page(sale(), next="https://x/next")).next_url == "https://x/next"
    assert DECODE_SALES(page(sale())).next_url == ""


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"httpCode":"500","message":"Please wait"}', page(sale(), sale())[:-40]]
)
def test_what_is_no_page_of_rows_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError)):
        DECODE_SALES(body)


def test_a_plain_sale_has_every_fact() -> None:
    found = read(sale(customerID="7", Customer=person()))
    at = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    assert (found.source, found.account_id, found.sale_id) == ("lightspeed_r", "797", "50")
    assert (found.shop_id, found.register_id, found.state) == ("1", "1", SaleState.COMPLETED)
    assert (found.currency, found.total_minor, found.completed_at, found.changed_at) == ("USD", 1000, at, at)
    assert (found.customer_id, found.web_source, found.originals) == ("7", "", ())
    [one] = found.lines
    assert (one.line_id, one.item_id, one.quantity, one.kind) == ("1", "5", Decimal(1), LineKind.GOODS)
    assert (one.subtotal_minor, one.discount_minor, one.total_minor) == (1000, 0, 1000)
    assert (one.parent_line_id, one.discount_name, one.product) == (None, None, None)


def test_a_customer_is_taken_as_typed() -> None:
    found = read(sale(customerID="7", Customer=person(archived="true"))).customer
    assert found is not None
    assert (found.email, found.phone, found.first_name, found.last_name) == (
        "Ann@Mail.org", "212-736-5000", "Ann", "Lee",
    )  # fmt: skip
    assert (found.company, found.title, found.city, found.region, found.zip, found.country) == (
        "Lee Ltd", "Dr", "Troy", "NY", "12180", "",
    )  # fmt: skip
    assert (found.archived, str(found.marketing)) == (True, "unknown")


@pytest.mark.parametrize("no_email", ["true", "false", ""])
def test_the_no_email_flag_means_neither_yes_nor_no(no_email: str) -> None:
    found = read(sale(customerID="7", Customer=person(Contact={"noEmail": no_email}))).customer
    assert found is not None
    assert str(found.marketing) == "unknown"


def test_an_empty_contact_is_blank_not_an_error() -> None:
    empty = {"Addresses": "", "Phones": "", "Emails": "", "Websites": ""}
    found = read(sale(customerID="7", Customer=person(Contact=empty))).customer
    assert found is not None
    assert (found.email, found.phone, found.city) == ("", "", "")
    bare = read(sale(customerID="7", Customer=person(Contact=empty) | {"Contact": ""})).customer
    assert bare is not None
    assert bare.email == ""


def test_the_primary_address_and_the_mobile_number_come_first() -> None:
    contact = {
        "Emails": {"ContactEmail": [
            {"address": "second@mail.org", "useType": "Secondary"},
            {"address": "first@mail.org", "useType": "Primary"},
        ]},
        "Phones": {"ContactPhone": [
            {"number": "1", "useType": "Fax"}, {"number": "2", "useType": "Work"},
            {"number": "", "useType": "Home"}, {"number": "3", "useType": "Mobile"},
        ]},
        "Addresses": {"ContactAddress": [{"city": "Troy"}, {"city": "Rome"}]},
    }  # fmt: skip
    found = read(sale(customerID="7", Customer=person(Contact=contact))).customer
    assert found is not None
    assert (found.email, found.phone, found.city) == ("first@mail.org", "3", "Troy")


def test_a_blank_primary_address_gives_way_to_the_secondary() -> None:
    emails = [{"address": " ", "useType": "Primary"}, {"address": "b@mail.org", "useType": "Secondary"}]
    found = read(sale(customerID="7", Customer=person(Contact={"Emails": {"ContactEmail": emails}}))).customer
    assert found is not None
    assert found.email == "b@mail.org"


def test_customer_zero_is_nobody_and_an_unloaded_customer_is_a_number_only() -> None:
    assert read(sale(customerID="0")).customer_id is None
    found = read(sale(customerID="7"))
    assert (found.customer_id, found.customer) == ("7", None)


@pytest.mark.parametrize("spelling", ["updateTime", "updatetime"])
def test_the_last_change_is_read_in_both_spellings(spelling: str) -> None:
    found = read(sale(**{"updateTime": None, spelling: "2026-03-05T09:00:00+00:00"}))
    assert found.changed_at == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_an_old_sale_without_complete_time_was_completed_at_its_time_stamp() -> None:
    found = read(sale(completeTime=None, updateTime=None))
    assert found.completed_at == found.changed_at == datetime(2026, 3, 4, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "completed_at"),
    [
        ({"voided": "true"}, None),  # its time stamp may be that of the void
        ({"voided": "true", "completeTime": AT}, datetime(2026, 3, 4, 17, tzinfo=UTC)),
        ({"completed": "false"}, None),
        ({"completeTime": "2026-03-04T16:00:00+00:00"}, datetime(2026, 3, 4, 16, tzinfo=UTC)),
    ],
)
def test_a_time_stamp_stands_in_for_nothing_but_the_missing_time_of_a_completed_sale(
    fields: dict[str, str], completed_at: datetime | None
) -> None:
    assert read(sale(**{"completeTime": None, "updateTime": None, **fields})).completed_at == completed_at


def test_an_open_sale_has_no_time_of_completion() -> None:
    found = read(sale(completed="false", completeTime=None))
    assert (found.state, found.completed_at) == (SaleState.OPEN, None)


@pytest.mark.parametrize("completed", ["true", "false", None])
def test_voided_wins_over_completed(completed: str | None) -> None:
    assert read(sale(voided="true", completed=completed)).state is SaleState.VOIDED


def test_a_sale_without_lines_has_none() -> None:
    assert read(sale(SaleLines=None, calcTotal="0")).lines == ()
    assert read(sale(SaleLines="", calcTotal="0")).lines == ()
    assert read(sale(SaleLines={"SaleLine": []}, calcTotal="0")).lines == ()


def test_total_due_is_never_the_value() -> None:
    assert read(sale(line(calcTotal="-10"), calcTotal="-10", totalDue="0")).total_minor == -1000
    gift_card = read(sale(line(calcTotal="0", calcSubtotal="0", itemID="0"), calcTotal="0", totalDue="100"))
    assert gift_card.total_minor == 0
    assert gift_card.lines[0].item_id is None


def test_a_sale_without_calc_total_is_worth_its_total() -> None:
    assert read(sale(calcTotal=None, total="10")).total_minor == 1000


def test_archived_payments_change_nothing() -> None:
    payments = {
        "SalePayment": [{"amount": "60.38", "archived": "true"}, {"amount": "10", "archived": "false"}]
    }
    assert read(sale(SalePayments=payments)) == read(sale())


def test_amounts_with_seven_decimals_add_up_to_the_sale() -> None:
    found = read(sale(
        line(saleLineID="1", unitQuantity="-1", calcTotal="-11.4860025", calcSubtotal="-9.99"),
        line(saleLineID="2", unitQuantity="-1", calcTotal="-22.995", calcSubtotal="-20"),
        calcTotal="-34.48",
    ))  # fmt: skip
    assert [each.total_minor for each in found.lines] == [-1149, -2299]
    assert [each.subtotal_minor for each in found.lines] == [-999, -2000]
    assert sum(each.total_minor for each in found.lines) == found.total_minor == -3448


def test_both_discounts_of_a_line_count() -> None:
    found = read(sale(line(calcLineDiscount="1.255", calcTransactionDiscount="0.75", calcTotal="7.995"),
                      calcTotal="8"))  # fmt: skip
    assert found.lines[0].discount_minor == 201
    assert found.lines[0].total_minor == 800


def test_fees_and_credit_are_told_apart_from_goods() -> None:
    found = read(sale(
        line(saleLineID="1", lineType="item_fee", calcTotal="1"),
        line(saleLineID="2", lineType="item_fee_refund", unitQuantity="-1", calcTotal="-1"),
        line(saleLineID="3", unitPrice="-100", calcTotal="-100"),
        line(saleLineID="4", unitPrice="10", unitQuantity="-1", calcTotal="-10"),
        calcTotal="-110",
    ))  # fmt: skip
    assert [str(each.kind) for each in found.lines] == ["fee", "fee", "credit", "goods"]


def test_a_line_type_nobody_has_seen_yet_is_goods() -> None:
    assert read(sale(line(lineType="hologram"))).lines[0].kind is LineKind.GOODS


def test_a_returned_line_names_the_line_it_returns() -> None:
    found = read(sale(line(unitQuantity="-2", calcTotal="-10", parentSaleLineID="275"), calcTotal="-10"))
    assert found.lines[0].parent_line_id == "275"
    assert found.lines[0].returned


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"referenceNumberSource": " Shopify "}, "shopify"),
        ({"registerID": "9"}, "ecom"),
        ({"referenceNumberSource": "Shopify", "registerID": "9"}, "shopify"),
        ({"referenceNumber": "W-1001"}, ""),
        ({}, ""),
    ],
)
def test_a_sale_of_a_web_shop_names_it(fields: dict[str, str], source: str) -> None:
    assert read(sale(**fields)).web_source == source


def test_what_the_catalog_knows_is_put_on_the_line() -> None:
    kettle = Product("5", "Kettle")
    known = parse.Knowledge("797", "USD", frozenset(), {"5": kettle}, {"34": "Staff 40%", "35": ""})
    assert read(sale(line(discountID="34")), known).lines[0].product is kettle
    assert read(sale(line(discountID="34")), known).lines[0].discount_name == "Staff 40%"
    assert read(sale(line(discountID="35", itemID="6")), known).lines[0].discount_name is None
    assert read(sale(line(discountID="99")), known).lines[0].discount_name is None


def test_a_line_without_an_article_is_called_miscellaneous_and_its_note_is_not_read() -> None:
    note = {"note": "Gift Card 6035 1234", "isPublic": "true"}
    found = read(sale(line(itemID="0", noteID="9", Note=note)))
    assert found.lines[0].item_id is None
    assert found.lines[0].product == Product("", "Miscellaneous")
    assert "6035" not in repr(found)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (sale(saleID=None), "no_id"),
        (sale(shopID=None), "no_shop"),
        (sale(timeStamp=None), "time_unreadable"),
        (sale(timeStamp="2026-03-04T17:00:00"), "time_unreadable"),
        (sale(completeTime="yesterday"), "time_unreadable"),
        (sale(completed=None), "no_state"),
        (sale(completed="perhaps"), "no_state"),
        (sale(calcTotal=None, total=None), "amount_unreadable"),
        (sale(calcTotal="ten"), "amount_unreadable"),
        (sale(calcTotal="1e30"), "amount_unreadable"),
        (sale(calcTotal="12"), "lines_contradict_total"),
        (sale(SaleLines=None), "lines_contradict_total"),
        (sale(line(calcTotal="")), "lines_contradict_total"),
        (sale(line(calcSubtotal="NaN")), "lines_contradict_total"),
        (sale(line(saleLineID=None)), "line_without_id"),
        (sale(line(unitQuantity=None)), "no_quantity"),
        (sale(line(unitQuantity="")), "no_quantity"),
        (sale(customerID="7", Customer=person(createTime="long ago")), "time_unreadable"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_named(row: dict[str, Any], reason: str) -> None:
    [found] = DECODE_SALES(page({k: v for k, v in row.items() if v is not None})).rows
    for each in parse.line_rows(found):
        assert isinstance(each, wire.SaleLine)
    with pytest.raises(CannotRead) as caught:
        parse.sale(found, KNOWN)
    assert caught.value.reason == reason
    assert "Ann" not in caught.value.detail


def test_numbers_flags_and_nulls_are_read_like_their_texts() -> None:
    row = sale(line(saleLineID=1, unitQuantity=1, calcTotal=10.10, itemID=5, discountID=None), saleID=50,
               completed=True, voided=False, calcTotal=10.10, customerID=0)  # fmt: skip
    found = read(row)
    assert (found.sale_id, found.total_minor, found.state) == ("50", 1010, SaleState.COMPLETED)
    assert found.lines[0].line_id == "1"


def test_a_row_of_an_impossible_shape_is_set_aside_and_its_neighbours_are_read() -> None:
    decoded = DECODE_SALES(page(sale(), sale(saleID="51", SaleLines=[1, 2]), sale(saleID="52"), "nonsense"))
    assert [row.sale_id for row in decoded.rows] == ["50", "52"]
    assert [(each.subject, each.subject_id, each.reason) for each in decoded.set_aside] == [
        ("sale", "51", "malformed"), ("sale", "", "malformed"),
    ]  # fmt: skip


def test_bytes_that_are_no_utf8_spoil_a_name_and_nothing_else() -> None:
    row = sale(customerID="7", Customer=person(firstName="J@rgen"))
    body = page(row, sale(saleID="51")).replace(b"J@rgen", b"J\xfcrgen")
    decoded = DECODE_SALES(body)
    assert [each.sale_id for each in decoded.rows] == ["50", "51"]
    found = parse.sale(decoded.rows[0], KNOWN).customer
    assert found is not None
    assert found.first_name == "J\ufffdrgen"


def test_hostile_text_is_only_text() -> None:
    found = read(
        sale(customerID="7", Customer=person(firstName="<script>alert(1)</script>", lastName="'; --"))
    )
    assert found.customer is not None
    assert found.customer.first_name == "<script>alert(1)</script>"


def test_a_sale_of_five_megabytes_is_read() -> None:
    lines = [line(saleLineID=str(i), calcTotal="1", calcSubtotal="1") for i in range(9_000)]
    body = page(sale(*lines, calcTotal="9000"))
    assert len(body) > 4_500_000 - 1_000_000
    [row] = DECODE_SALES(body).rows
    assert len(parse.sale(row, KNOWN).lines) == 9_000


def test_a_shipment_waits_for_its_sale() -> None:
    body = {"@attributes": {"next": ""}, "ShipTo": [
        {"shipToID": "3", "shipped": "true", "timeStamp": AT, "customerID": "7", "saleID": "50"},
        {"shipToID": "4", "shipped": "false", "timeStamp": AT, "customerID": "0", "saleID": "0"},
    ]}  # fmt: skip
    first, second = DECODE_SHIPMENTS(json.dumps(body).encode()).rows
    found = parse.shipment(first)
    assert found is not None
    assert (found.shipment_id, found.sale_id, found.customer_id, found.shipped) == ("3", "50", "7", True)
    assert parse.shipment(second) is None


def test_an_article_has_its_path_brand_and_first_picture() -> None:
    item = {
        "itemID": "5", "description": "Kettle", "systemSku": "210000000005", "customSku": "",
        "Category": {"name": "Tea", "fullPathName": "Kitchen/Tea"}, "Manufacturer": {"name": "Acme"},
        "Images": {"Image": [
            {"publicID": "b", "baseImageURL": "https://img.test/u/", "ordering": "2"},
            {"publicID": "a", "baseImageURL": "https://img.test/u/", "ordering": "1"},
        ]},
    }  # fmt: skip
    found = parse.product(msgspec.convert(item, wire.Item))
    assert found == Product("5", "Kettle", "210000000005", "Kitchen/Tea", "Acme", "https://img.test/u/a.jpg")
    bare = parse.product(
        msgspec.convert({"itemID": "6", "description": "Cup", "customSku": "CUP"}, wire.Item)
    )
    assert bare == Product("6", "Cup", "CUP")


@pytest.mark.parametrize(
    ("zone", "contact", "country"),
    [("US/Pacific", "", "US"), ("Canada/Eastern", "", "CA"), ("Europe/Berlin", "", "DE"),
     ("America/Toronto", "", "CA"), ("Etc/UTC", "", ""),
     ("Europe/Paris", {"Addresses": {"ContactAddress": {"countryCode": "de"}}}, "DE")],
)  # fmt: skip
def test_a_shop_s_country_is_told_by_its_address_or_its_zone(zone: str, contact: Any, country: str) -> None:
    row = msgspec.convert({"shopID": "1", "name": "Main", "timeZone": zone, "Contact": contact}, wire.Shop)
    assert (parse.shop(row).zone, parse.shop(row).country) == (zone, country)


@needs_samples
def test_the_recorded_sale_of_2024_is_read() -> None:
    found = read(json.loads((SAMPLES / "sale_2024_raw_all_relations_scrubbed.json").read_text()))
    assert (found.sale_id, found.total_minor, found.customer_id) == ("249582", 1499, "1001")
    assert found.changed_at == datetime(2024, 12, 6, 15, 23, 50, tzinfo=UTC)
    assert found.completed_at == datetime(2024, 12, 6, 15, 23, 49, tzinfo=UTC)
    [one] = found.lines
    assert (one.subtotal_minor, one.discount_minor, one.total_minor) == (2499, 1000, 1499)


@needs_samples
def test_every_recorded_sale_of_2025_is_read_and_adds_up() -> None:
    rows = json.loads((SAMPLES / "sales_2025_gem_normalised_scrubbed.json").read_text())
    found = [read(row) for row in rows]
    assert len(found) == 8
    assert all(sum(each.total_minor for each in one.lines) == one.total_minor for one in found)
    refunds = [one for one in found if all(each.returned for each in one.lines)]
    assert refunds
    assert all(each.parent_line_id for one in refunds for each in one.lines)


@needs_samples
def test_the_documented_refund_is_read() -> None:
    found = read(json.loads((SAMPLES / "docs_sale_full_refund_response.json").read_text())["Sale"])
    assert [each.total_minor for each in found.lines] == [-1149, -2299]
    assert [each.parent_line_id for each in found.lines] == ["275", "276"]


@needs_samples
def test_the_documented_gift_card_is_worth_nothing() -> None:
    found = read(json.loads((SAMPLES / "docs_giftcard_load_sale_response.json").read_text())["Sale"])
    assert (found.total_minor, found.lines[0].item_id) == (0, None)


@needs_samples
def test_the_recorded_sandbox_list_is_read() -> None:
    decoded = DECODE_SALES((SAMPLES / "v2_sale_list_load_relations_all_trimmed.json").read_bytes())
    found = [parse.sale(row, KNOWN) for row in decoded.rows]
    assert len(found) == 6
    assert decoded.set_aside == ()


def test_a_page_of_a_hundred_sales_is_read_fast() -> None:
    lines = [
        line(saleLineID=str(i), calcTotal=f"{i % 90}.5", calcSubtotal="9", itemID=str(i)) for i in range(9)
    ]
    total = sum(Decimal(each["calcTotal"]) for each in lines)
    body = page(*(sale(*lines, saleID=str(i), calcTotal=str(total)) for i in range(100)))
    best = min(_seconds(body) for _ in range(5))
    assert best / 900 < 60e-6, "four times slower than it should ever be on a busy machine"


def _seconds(body: bytes) -> float:
    start = time.perf_counter()
    for row in DECODE_SALES(body).rows:
        parse.sale(row, KNOWN)
    return time.perf_counter() - start
