"""V2 beside V3, and XML beside JSON: the same rows in other envelopes."""

from typing import Any
from xml.etree import ElementTree

import pytest
from fake_till import BASE, Till

V2, V3 = f"{BASE}/API/Account/797", f"{BASE}/API/V3/Account/797"


def v2(till: Till, path: str, **params: Any) -> dict[str, Any]:
    answer = till.http.get(f"{V2}/{path}.json", params=params)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def test_v2_counts_and_cuts_pages_by_their_offset(till: Till) -> None:
    for minute in (5, 4, 3, 2, 1):
        till.sell(minute)
    page = v2(till, "Sale", limit=2, offset=2)
    assert page["@attributes"] == {"count": "5", "offset": "2", "limit": "2"}
    assert [row["saleID"] for row in page["Sale"]] == ["3", "4"]
    assert v2(till, "Sale", limit=2, offset=4)["Sale"]["saleID"] == "5"
    assert "Sale" not in v2(till, "Sale", offset=9)


def test_v2_without_rows_has_only_a_count(till: Till) -> None:
    assert v2(till, "Sale") == {"@attributes": {"count": "0"}}


def test_v2_pages_shift_when_rows_leave_the_filter(till: Till) -> None:
    ids = [till.state.add_customer(f"N{n}", "Low", at=till.at(-60)) for n in range(4)]
    first = v2(till, "Customer", limit=2)
    till.state.archive_customer(ids[0], till.at(0))
    second = v2(till, "Customer", limit=2, offset=2)
    seen = [row["customerID"] for row in [*first["Customer"], second["Customer"]]]
    assert seen == ["1", "2", "4"]


def test_v2_sorts_by_any_field_at_a_price(till: Till) -> None:
    for price in ("30", "-5", "200"):
        till.state.sell(till.shop, till.at(-5), [till.line(1, price)])
    asked = {"orderby": "total", "orderby_desc": "1"}
    answer = till.http.get(f"{V2}/Sale.json", params=asked)
    assert [row["total"] for row in answer.json()["Sale"]] == ["200", "30", "-5"]
    assert answer.headers["X-LS-Api-Request-Cost"] == "5"
    by_time = till.http.get(f"{V2}/Sale.json", params={"orderby": "timeStamp", "offset": "200"})
    assert by_time.headers["X-LS-Api-Request-Cost"] == "1.1"
    till.fake.switches.v2_offset_cost = "0.005"
    dear = till.http.get(f"{V2}/Sale.json", params={"offset": "200"})
    assert dear.headers["X-LS-Api-Request-Cost"] == "2"
    assert till.http.get(f"{V2}/Sale.json", params={"orderby": "nonsense"}).status_code == 400


def test_v2_filters_as_v3_does_and_knows_no_cursor(till: Till) -> None:
    till.sell(5, completed=False)
    till.sell(4)
    assert v2(till, "Sale", completed="true")["Sale"]["saleID"] == "2"
    assert till.http.get(f"{V2}/Sale.json", params={"after": "WzFd"}).status_code == 400
    assert till.http.get(f"{V2}/Sale.json", params={"sort": "saleID"}).status_code == 400
    for bad in ("-1", "x", "1e3"):
        assert till.http.get(f"{V2}/Sale.json", params={"offset": bad}).status_code == 400


def test_single_rows_and_accounts_are_alike_in_both_versions(till: Till) -> None:
    sold = till.sell(5)
    assert till.http.get(f"{V2}/Sale/{sold}.json").json() == till.http.get(f"{V3}/Sale/{sold}.json").json()
    own = till.http.get(f"{BASE}/API/Account.json").json()["Account"]
    assert own["link"]["@attributes"]["href"] == "/API/Account/797.json"
    assert till.http.get(f"{V2}.json").json()["Account"]["accountID"] == "797"
    assert till.http.get(f"{V3}.json").json()["defaultCurrency"]["code"] == "USD"
    assert till.http.get(f"{BASE}/API/Session.json").json()["systemCustomerID"] == "797"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("Shop.json", "*/*", "json"),
        ("Shop", "*/*", "xml"),
        ("Shop.xml", "*/*", "xml"),
        ("Shop", "application/json", "json"),
        ("Shop.json", "application/xml", "xml"),
        ("Shop.json", "application/vnd.merchantos.pos-v1+xml", "xml"),
        ("Shop.xml", "application/json", "json"),
        ("Shop/1", "*/*", "xml"),
    ],
)
def test_the_accept_header_wins_then_the_extension_then_xml(
    till: Till, path: str, accept: str, kind: str
) -> None:
    answer = till.http.get(f"{V3}/{path}", headers={"Accept": accept})
    wanted = {"json": "application/json", "xml": "application/vnd.merchantos.pos-v1+xml"}
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, wanted[kind])


def test_xml_has_attributes_elements_and_repeats_what_is_many(till: Till) -> None:
    till.state.sell(till.shop, till.at(-5), [till.line(), till.line(2, note="<b> & co")])
    text = till.http.get(f"{V2}/Sale", params={"load_relations": '["SaleLines","SaleLines.Note"]'}).text
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("Sales", {"count": "1", "offset": "0", "limit": "100"})
    assert [one.text for one in root.findall("Sale/SaleLines/SaleLine/unitQuantity")] == ["1", "2"]
    assert root.findtext("Sale/SaleLines/SaleLine/Note/note") == "<b> & co"
    total = root.find("Sale/calcTotal")
    assert total is not None
    assert (total.text, total.attrib) == ("30", {"currency": "USD"})
    assert root.findtext("Sale/referenceNumber") == ""


def test_xml_links_lead_on_in_xml(till: Till) -> None:
    for minute in (3, 2, 1):
        till.sell(minute)
    root = ElementTree.fromstring(till.http.get(f"{V3}/Sale", params={"limit": 2}).text)
    second = ElementTree.fromstring(till.http.get(root.attrib["next"]).text)
    assert [one.text for one in second.findall("Sale/saleID")] == ["3"]


def test_errors_are_xml_where_xml_was_asked_for(till: Till) -> None:
    answer = till.http.get(f"{V3}/Sale/9")
    root = ElementTree.fromstring(answer.text)
    assert (root.tag, root.findtext("httpCode")) == ("Error", "404")
    assert answer.headers["Content-Type"].startswith("text/html")
    till.fake.switches.error_content_type = "json"
    assert "xml" in till.http.get(f"{V3}/Sale/9").headers["Content-Type"]


def test_a_sale_is_written_in_xml_as_in_json(office: Till) -> None:
    body = f"""<?xml version="1.0"?><Sale><shopID>{office.shop}</shopID><completed>true</completed><SaleLines>
      <SaleLine><itemID>{office.item}</itemID><unitQuantity>1</unitQuantity></SaleLine>
      <SaleLine><itemID>{office.item}</itemID><unitQuantity>2</unitQuantity></SaleLine></SaleLines>
      <SalePayments><SalePayment><amount currency="USD">30</amount>
      <paymentTypeID>1</paymentTypeID></SalePayment>
      </SalePayments></Sale>"""
    answer = office.http.post(f"{V2}/Sale", content=body)
    assert answer.status_code == 200, answer.text
    assert ElementTree.fromstring(answer.text).findtext("Sale/calcTotal") == "30"
    assert office.rows("Sale")[0]["calcPayments"] == "30"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"nonsense", b"<Sale>", b"\xff\xfe", b"<a/>", b'{"a":' * 5000, b"<a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_a_400(office: Till, body: bytes) -> None:
    assert office.http.post(f"{V3}/Sale.json", content=body).status_code == 400
