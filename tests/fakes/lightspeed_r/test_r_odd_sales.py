"""Odd sales that a till can be made to ring up, and the switches that say what merges and lags do."""

import pytest
from fake_till import Till

from fakes.lightspeed_r.records import LineIn


def sale_of(till: Till, sale_id: str) -> dict[str, object]:
    row: dict[str, object] = till.get(f"Sale/{sale_id}.json", load_relations="all").json()["Sale"]
    return row


def test_a_return_without_a_receipt_has_no_parent(till: Till) -> None:
    sale = sale_of(till, till.state.sell(till.shop, till.at(-5), [till.line(-1)]))
    assert sale["total"] == "-10"
    line = till.rows("SaleLine")[0]
    assert (line["unitQuantity"], line["unitPrice"], line["parentSaleLineID"]) == ("-1", "10", "0")


def test_store_credit_is_a_negative_total_without_a_return(office: Till) -> None:
    buyer = office.post("Customer", {"firstName": "Ada", "CreditAccount": {}})["customerID"]
    account = office.rows("CreditAccount")[0]["creditAccountID"]
    line = {"unitQuantity": 1, "unitPrice": "-100", "Note": {"note": "Store credit"}}
    paid = {"SalePayment": {"paymentTypeID": 4, "amount": -100, "creditAccountID": account}}
    body = {"shopID": office.shop, "customerID": buyer, "completed": True}
    sale = office.post("Sale", {**body, "SaleLines": {"SaleLine": line}, "SalePayments": paid})
    assert (sale["total"], sale["totalDue"]) == ("-100", "0")
    assert office.rows("CreditAccount")[0]["balance"] == "-100"
    office.put(f"Sale/{sale['saleID']}", {"voided": True})
    assert office.rows("CreditAccount")[0]["balance"] == "0"


def test_a_deposit_is_two_payments_that_cancel(office: Till) -> None:
    buyer = office.post("Customer", {"firstName": "Ada", "CreditAccount": {}})["customerID"]
    paid = [{"paymentTypeID": 4, "amount": -20, "creditAccountID": 1}, {"paymentTypeID": 1, "amount": 20}]
    body = {"shopID": office.shop, "customerID": buyer, "completed": True}
    sale = office.post("Sale", {**body, "SalePayments": {"SalePayment": paid}})
    assert (sale["total"], sale["displayableTotal"], sale["calcPayments"]) == ("0", "0", "0")


def test_the_web_shop_has_its_register_and_payment_type(till: Till) -> None:
    till.state.change("Register", "1", name="eCom")
    kind = till.state.add_payment_type("eCom", "ecom")
    sold = till.sell(5, payment_type=kind, reference="#1001", reference_source="shopify")
    sale = till.get(f"Sale/{sold}.json", load_relations='["SalePayments","SalePayments.PaymentType"]').json()[
        "Sale"
    ]
    assert sale["SalePayments"]["SalePayment"]["PaymentType"]["type"] == "ecom"
    assert till.rows("Register")[0]["name"] == "eCom"
    assert (sale["referenceNumber"], sale["referenceNumberSource"]) == ("#1001", "shopify")


def test_an_item_fee_is_a_line_of_its_own_type(till: Till) -> None:
    fee = LineIn("0", 1, "0.25", line_type="item_fee", note="Bottle deposit")
    till.state.sell(till.shop, till.at(-5), [till.line(), fee])
    assert [line["lineType"] for line in till.rows("SaleLine")] == ["", "item_fee"]


def test_a_sale_of_nothing_has_no_payments_at_all(till: Till) -> None:
    assert "SalePayments" not in sale_of(till, till.state.sell(till.shop, till.at(-5), [till.line(1, "0")]))


def test_a_second_tax_is_refunded_with_its_line(till: Till) -> None:
    sold = till.state.sell(till.shop, till.at(-9), [till.line(3, "10", tax="1.5", tax2="2.9925")])
    sale = sale_of(till, sold)
    assert (sale["calcTax1"], sale["calcTax2"], sale["taxTotal"]) == ("1.5", "2.99", "4.49")
    line = till.state.lines_of(sold)[0]
    parts = [till.state.refund(sold, till.at(-5 + n), {line: 1}) for n in range(3)]
    seconds = [till.state.lines.tax2[int(till.state.lines_of(part)[0])] for part in parts]
    assert sum(seconds) == -29_925_000


@pytest.mark.parametrize("repoints", [True, False])
def test_whether_sales_follow_a_merge_is_a_switch(till: Till, *, repoints: bool) -> None:
    till.fake.switches.merge_repoints_sales = repoints
    loser = till.state.add_customer("Ada", "Low", at=till.at(-60))
    winner = till.state.add_customer("Ada", "Lowe", at=till.at(-60))
    sold = till.sell(5, customer_id=loser)
    till.state.merge_customers(loser, winner, till.at(0))
    assert sale_of(till, sold)["customerID"] == (winner if repoints else loser)


@pytest.mark.parametrize(("lag", "updated"), [(1, "11:55:01"), (0, "11:55:00"), (7, "11:55:07")])
def test_how_far_updatetime_lags_is_a_switch(till: Till, lag: int, updated: str) -> None:
    till.fake.switches.update_lag_s = lag
    assert sale_of(till, till.sell(5))["updateTime"] == f"2026-03-02T{updated}+00:00"
