"""Sales over HTTP: rung up, paid, completed, refunded, voided, archived; done as a whole or refused."""

from typing import Any

import pytest
from fake_till import BASE, Till

CASH = {"paymentTypeID": 1}


def cash(amount: Any) -> dict[str, Any]:
    return {"SalePayment": {**CASH, "amount": amount}}


def basket(till: Till, quantity: int = 1, **line: Any) -> dict[str, Any]:
    return {"SaleLine": {"itemID": till.item, "unitQuantity": quantity, **line}}


def sold(till: Till, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    body = {"shopID": till.shop, "completed": True, "SaleLines": basket(till, quantity)}
    return till.post("Sale", {**body, "SalePayments": cash(10 * quantity), **fields})


def taxed(till: Till) -> str:
    """The documented example: two taxes, and two items at 9.99 and 20."""
    category = till.post("TaxCategory", {"tax1Name": "GST", "tax1Rate": "0.05", "tax2Rate": "0.09975"})
    till.state.change("Shop", till.shop, taxCategoryID=category["taxCategoryID"])
    for name, price in (("A", "9.99"), ("B", "20")):
        till.post(
            "Item", {"description": name, "Prices": {"ItemPrice": {"amount": price, "useType": "Default"}}}
        )
    return str(category["taxCategoryID"])


def test_the_documented_completed_sale_comes_out_to_the_cent(office: Till) -> None:
    taxed(office)
    lines = [{"itemID": 2, "unitQuantity": 1}, {"itemID": 3, "unitQuantity": 1}]
    sale = office.post(
        "Sale",
        {"shopID": 1, "completed": True, "SaleLines": {"SaleLine": lines}, "SalePayments": cash(34.48)},
    )
    money = {
        "calcTotal": "34.48", "calcSubtotal": "29.99", "calcTax1": "1.5", "calcTax2": "2.99",
        "calcTaxable": "29.99",
        "calcPayments": "34.48", "total": "34.48", "totalDue": "34.48", "taxTotal": "4.49", "balance": "0",
        "tax1Rate": "0.05", "tax2Rate": "0.09975", "completed": "true",
    }  # fmt: skip
    assert {key: sale[key] for key in money} == money
    first = sale["SaleLines"]["SaleLine"][0]
    line = {"calcTotal": "11.4860025", "calcTax1": "0.4995", "calcTax2": "0.9965025", "tax": "true"}
    assert {key: first[key] for key in line} == line
    assert sale["Shop"]["name"] == "West Bolduc"
    assert sale["TaxCategory"]["tax2Rate"] == "0.09975"


def test_a_sale_whose_payments_are_short_is_refused_and_never_was(office: Till) -> None:
    body = {"shopID": office.shop, "completed": True, "SaleLines": basket(office), "SalePayments": cash(9.99)}
    refused = office.post("Sale", body, status=400)
    assert "payments" in refused["message"]
    assert office.rows("Sale") == office.rows("SaleLine") == office.rows("SalePayment") == []
    office.fake.switches.validation_status = 422
    assert office.post("Sale", body, status=422)["httpCode"] == "422"


def test_overpaid_cash_is_change_and_overpaid_cards_are_refused(office: Till) -> None:
    sale = sold(office, SalePayments=cash(15))
    assert (sale["change"], sale["calcPayments"]) == ("5", "10")
    body = {"shopID": office.shop, "completed": True, "SaleLines": basket(office)}
    card = {"SalePayment": {"paymentTypeID": 3, "amount": 15}}
    office.post("Sale", {**body, "SalePayments": card}, status=400)


def test_a_sale_is_opened_filled_and_completed_in_steps(office: Till) -> None:
    opened = office.post("Sale", {"shopID": office.shop})
    number = opened["saleID"]
    assert "completeTime" not in opened
    line = office.post(f"Sale/{number}/SaleLine", {"itemID": office.item, "unitQuantity": 3})
    assert line["calcTotal"] == "30"
    office.clock.advance(60)
    office.put(f"Sale/{number}/SaleLine/{line['saleLineID']}", {"discountPercent": "0.5"})
    changed = office.put(f"SaleLine/{line['saleLineID']}", {"unitQuantity": 2})
    assert (changed["calcSubtotal"], changed["calcLineDiscount"], changed["calcTotal"]) == ("20", "10", "10")
    other = office.post(
        f"Sale/{number}/SaleLine", {"unitPrice": 1, "unitQuantity": 1, "Note": {"note": "Bag"}}
    )
    assert office.delete(f"Sale/{number}/SaleLine/{other['saleLineID']}")["unitPrice"] == "1"
    assert office.get(f"SaleLine/{other['saleLineID']}.json").status_code == 404
    done = office.put(f"Sale/{number}", {"completed": True, "SalePayments": cash(10)})
    assert (done["completed"], done["calcTotal"], done["balance"]) == ("true", "10", "0")
    assert done["completeTime"] == done["timeStamp"] == "2026-03-02T12:01:00+00:00"
    office.put(f"SaleLine/{line['saleLineID']}", {"unitQuantity": 9}, status=400)


def test_a_refused_change_leaves_the_sale_as_it_was(office: Till) -> None:
    opened = office.post("Sale", {"shopID": office.shop, "SaleLines": basket(office, 2)})
    before = office.http.get(f"{BASE}/_fake/state").json()
    line = {"saleLineID": opened["SaleLines"]["SaleLine"]["saleLineID"], "unitQuantity": 5}
    body = {"SaleLines": {"SaleLine": [line, {"itemID": office.item, "unitQuantity": 1}]}, "completed": True}
    office.put(f"Sale/{opened['saleID']}", body, status=400)
    assert office.http.get(f"{BASE}/_fake/state").json() == before


def test_the_refund_action_gives_everything_back_by_id_or_ticket(office: Till) -> None:
    taxed(office)
    body = {
        "shopID": 1,
        "completed": True,
        "customerID": 0,
        "SaleLines": {"SaleLine": {"itemID": 2, "unitQuantity": 2}},
    }
    sale = office.post("Sale", {**body, "SalePayments": {"SalePayment": {"paymentTypeID": 3}}})
    assert sale["calcTotal"] == "22.97"
    back = office.post(
        f"Sale/{sale['ticketNumber']}/refund", {"SalePayments": {"SalePayment": {"paymentTypeID": 3}}}
    )
    assert (back["calcTotal"], back["calcTax2"], back["totalDue"]) == ("-22.97", "-1.99", "0")
    line = back["SaleLines"]["SaleLine"]
    assert (line["unitQuantity"], line["unitPrice"]) == ("-2", "9.99")
    assert line["parentSaleLineID"] == sale["SaleLines"]["SaleLine"]["saleLineID"]
    paid = sale["SalePayments"]["SalePayment"]["salePaymentID"]
    assert back["SalePayments"]["SalePayment"]["refPaymentID"] == paid
    office.post(f"Sale/{sale['saleID']}/refund", {"SalePayments": {"SalePayment": CASH}}, status=400)


def test_a_partial_refund_may_be_left_open_and_names_its_own_amount(office: Till) -> None:
    sale = sold(office, 3)
    parent = sale["SaleLines"]["SaleLine"]["saleLineID"]
    line = {"parentSaleLineID": parent, "unitQuantity": -2}
    body = {"completed": False, "SaleLines": {"SaleLine": line}, "SalePayments": cash(-20)}
    back = office.post(f"Sale/{sale['saleID']}/refund", body)
    assert (back["completed"], back["calcTotal"], back["calcPayments"]) == ("false", "-20", "-20")
    too_many = {
        "SaleLines": {"SaleLine": {**line, "unitQuantity": -2}},
        "SalePayments": {"SalePayment": CASH},
    }
    office.post(f"Sale/{sale['saleID']}/refund", too_many, status=400)
    assert "paymentTypeID" in office.post(f"Sale/{sale['saleID']}/refund", {}, status=400)["message"]


def test_an_exchange_by_hand_is_one_sale_of_both_signs(office: Till) -> None:
    sale = sold(office, 2)
    parent = sale["SaleLines"]["SaleLine"]["saleLineID"]
    lines = [
        {"parentSaleLineID": parent, "unitQuantity": -1},
        {"itemID": office.item, "unitQuantity": 1, "unitPrice": 25},
    ]
    swap = sold(office, SaleLines={"SaleLine": lines}, SalePayments=cash(15))
    assert swap["calcTotal"] == "15"
    assert [line["calcTotal"] for line in swap["SaleLines"]["SaleLine"]] == ["-10", "25"]


def test_a_sale_is_voided_by_writing_voided(office: Till) -> None:
    sale = sold(office)
    opened = office.post("Sale", {"shopID": office.shop})
    office.put(f"Sale/{opened['saleID']}", {"voided": True}, status=400)
    assert office.put(f"Sale/{sale['saleID']}", {"voided": True})["voided"] == "true"
    assert office.rows("SaleVoid")[0]["saleID"] == sale["saleID"]


def test_delete_archives_an_open_sale_and_refuses_a_completed_one(office: Till) -> None:
    opened = office.post("Sale", {"shopID": office.shop})
    assert office.delete(f"Sale/{opened['saleID']}")["archived"] == "true"
    assert office.ids("Sale") == []
    assert office.put(f"Sale/{opened['saleID']}", {"archived": False})["archived"] == "false"
    office.delete(f"Sale/{sold(office)['saleID']}", status=400)


def test_complete_time_may_be_past_and_never_future(office: Till) -> None:
    assert sold(office, completeTime="2026-02-01T10:00:00Z")["timeStamp"] == "2026-02-01T10:00:00+00:00"
    office.fake.switches.late_upload_stamp = "upload"
    late = sold(office, completeTime="2026-02-01T10:00:00Z")
    assert (late["completeTime"], late["timeStamp"]) == (
        "2026-02-01T10:00:00+00:00",
        "2026-03-02T12:00:00+00:00",
    )
    body = {"shopID": office.shop, "completed": True, "completeTime": "2026-03-02T12:00:01Z"}
    office.post("Sale", body, status=400)


def test_what_changes_after_completion_moves_only_updatetime(office: Till) -> None:
    sale = sold(office)
    buyer = office.post("Customer", {"firstName": "Ada"})["customerID"]
    office.clock.advance(600)
    notes = {"InternalNote": {"note": "Call"}, "PrintedNote": {"note": "Thanks"}}
    office.put(f"Sale/{sale['saleID']}", {"customerID": buyer, "SaleNotes": notes})
    row = office.rows("Sale", load_relations='["SaleNotes"]')[0]
    assert row["SaleNotes"]["PrintedNote"]["note"] == "Thanks"
    assert (row["timeStamp"], row["updateTime"]) == ("2026-03-02T12:00:00+00:00", "2026-03-02T12:10:00+00:00")
    office.put(f"Sale/{sale['saleID']}", {"SaleLines": basket(office)}, status=400)
    office.put(f"Sale/{sale['saleID']}", {"completed": False}, status=400)


def test_a_whole_row_read_can_be_written_back(office: Till) -> None:
    sale = sold(office)
    read = office.get(f"Sale/{sale['saleID']}.json").json()["Sale"]
    assert office.put(f"Sale/{sale['saleID']}", {**read, "referenceNumber": "#9"})["referenceNumber"] == "#9"


def test_unknown_fields_are_refused_or_by_switch_passed_over(office: Till) -> None:
    assert "nonsense" in office.post("Customer", {"nonsense": 1}, status=400)["message"]
    office.fake.switches.unknown_write_field = "ignore"
    assert office.post("Customer", {"nonsense": 1, "firstName": "Ada"})["firstName"] == "Ada"


def test_a_layaway_is_a_line_without_a_sale_until_it_is_put_on_one(office: Till) -> None:
    office.state.set_stock(office.item, office.shop, 5)
    buyer = office.post("Customer", {"firstName": "Ada"})["customerID"]
    body = {
        "customerID": buyer,
        "isLayaway": True,
        "itemID": office.item,
        "shopID": office.shop,
        "unitQuantity": 3,
    }
    line = office.post("SaleLine", body)
    assert (line["saleID"], line["isLayaway"], line["customerID"]) == ("0", "true", buyer)
    assert office.rows("ItemShop", shopID=office.shop)[0]["onLayaway"] == "3"
    office.post("SaleLine", {**body, "unitQuantity": 9, "requireFullReservation": True}, status=400)
    assert office.put(f"SaleLine/{line['saleLineID']}", {"unitQuantity": 2})["calcTotal"] == "20"
    mine = {"SaleLines": {"SaleLine": {"saleLineID": line["saleLineID"]}}, "SalePayments": cash(20)}
    sold_to_nobody = {"shopID": office.shop, "completed": True, **mine}
    office.post("Sale", sold_to_nobody, status=400)
    sale = office.post("Sale", {**sold_to_nobody, "customerID": buyer})
    assert sale["SaleLines"]["SaleLine"]["saleLineID"] == line["saleLineID"]
    assert (sale["calcTotal"], sale["change"]) == ("20", "0")
    shop = office.rows("ItemShop", shopID=office.shop)[0]
    assert (shop["onLayaway"], shop["qoh"]) == ("0", "3")


def test_a_special_order_has_a_row_of_its_own_and_goes_with_its_line(office: Till) -> None:
    buyer = office.post("Customer", {"firstName": "Ada"})["customerID"]
    body = {
        "customerID": buyer,
        "isSpecialOrder": True,
        "itemID": office.item,
        "shopID": office.shop,
        "unitQuantity": 1,
    }
    first, second = office.post("SaleLine", body), office.post("SaleLine", body)
    rows = office.rows("SpecialOrder", load_relations='["SaleLine"]')
    assert [row["SaleLine"]["saleLineID"] for row in rows] == [first["saleLineID"], second["saleLineID"]]
    office.delete(f"SaleLine/{second['saleLineID']}")
    sale = office.post("Sale", {"shopID": office.shop, "customerID": buyer})
    office.put(f"SaleLine/{first['saleLineID']}", {"saleID": sale["saleID"]})
    office.put(f"Sale/{sale['saleID']}", {"completed": True, "SalePayments": cash(10)})
    assert [row["completed"] for row in office.rows("SpecialOrder")] == ["true"]


def test_a_gift_card_is_made_loaded_and_spent(office: Till) -> None:
    office.post("CreditAccount", {"code": "1234"}, status=400)
    card = office.post("CreditAccount", {"name": "Gift", "code": "231234000000"})["creditAccountID"]
    given = {"paymentTypeID": 5, "amount": -100, "creditAccountID": card}
    line = {"unitQuantity": 1, "unitPrice": 0, "Note": {"note": "Gift Card Purchase"}}
    load = sold(
        office, SaleLines={"SaleLine": line}, SalePayments={"SalePayment": [given, {**CASH, "amount": 100}]}
    )
    assert (load["total"], load["totalDue"], load["displayableTotal"]) == ("0", "100", "100")
    account = load["SalePayments"]["SalePayment"][0]["SaleAccounts"]["SaleAccount"]
    assert (account["creditAccountID"], account["saleLineID"]) == (
        card,
        load["SaleLines"]["SaleLine"]["saleLineID"],
    )
    assert office.rows("CreditAccount") == []
    found = office.rows("CreditAccount", giftCard="true", code="231234000000")
    assert (found[0]["balance"], found[0]["code"]) == ("-100", "231234000000")
    spent = {"SalePayment": {"paymentTypeID": 5, "creditAccountID": card, "amount": 10}}
    assert sold(office, SalePayments=spent)["totalDue"] == "0"
    paid = office.rows("CreditAccount", giftCard="true", load_relations='["WithdrawalPayments"]')[0]
    assert paid["balance"] == "-90"
    assert [row["amount"] for row in paid["WithdrawalPayments"]["SalePayment"]] == ["-100", "10"]


def test_without_the_scope_a_code_shows_its_last_four(till: Till) -> None:
    till.state.add_credit_account("Gift", code="231234000000")
    assert till.rows("CreditAccount", giftCard="true")[0]["code"] == "********0000"
    assert till.get("CreditAccount.json", raw="timeStamp=%3E%2C2020-01-01T00:00:00Z").status_code == 400


def test_looking_up_a_card_by_its_code_is_limited_to_once_a_second(till: Till) -> None:
    assert till.get("CreditAccount.json", giftCard="true", code="1").status_code == 200
    assert till.get("CreditAccount.json", giftCard="true", code="2").status_code == 429
    till.clock.advance(1)
    assert till.get("CreditAccount.json", giftCard="true", code="2").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        ("POST", "Sale", {"shopID": 1}, "2"),
        ("POST", "Sale", {"shopID": 1, "completed": True}, "5"),
        ("POST", "Sale", {"shopID": 1, "SaleLines": {"SaleLine": [{"itemID": 1}, {"itemID": 1}]}}, "3"),
        ("POST", "Category", {"name": "Home"}, "10"),
        ("POST", "Sale/1/refund", {"SalePayments": {"SalePayment": CASH}}, "10"),
        ("POST", "Sale/1/EmailReceipt", {"emailAddress": "ada@hillmail.org"}, "5"),
        ("POST", "Customer", {"Contact": {"Emails": ""}}, "1.5"),
        ("DELETE", "Customer/1/Anonymize", None, "1"),
    ],
)
def test_writes_cost_what_is_documented(till: Till, method: str, path: str, body: Any, cost: str) -> None:
    till.may_write()
    till.state.add_customer("Ada", "Low", at=till.at(-60))
    till.sell(5)
    answer = till.http.request(method, f"{BASE}/API/V3/Account/797/{path}.json", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-LS-Api-Request-Cost"] == cost


def test_a_token_that_may_only_read_writes_nothing(till: Till) -> None:
    till.post("Sale", {"shopID": till.shop}, status=403)
    till.post("Item", {"description": "Mug"}, status=403)
    assert till.post("Customer", {"firstName": "Ada"})["firstName"] == "Ada"


def test_a_receipt_is_mailed_in_words(office: Till) -> None:
    sale = sold(office)
    told = office.post(f"Sale/{sale['saleID']}/EmailReceipt", {"emailAddress": "ada@hillmail.org"})
    assert told == {"message": "Receipt emailed to: ada@hillmail.org"}
    office.post(f"Sale/{sale['saleID']}/EmailReceipt", {}, status=400)


def test_a_shipment_is_read_only_unless_switched(office: Till) -> None:
    sale = office.sell(5, ship_to=True)
    shipment = office.state.ship_to_of(sale)
    office.put(f"ShipTo/{shipment}", {"shipped": True}, status=405)
    office.post("Sale", {"shopID": office.shop, "ShipTo": {"shipped": False}}, status=400)
    office.fake.switches.ship_to_writable = True
    assert office.put(f"ShipTo/{shipment}", {"shipped": True})["shipped"] == "true"
    made = office.post("Sale", {"shopID": office.shop, "ShipTo": {"shipped": False}})
    assert made["shipToID"] != "0"
    assert len(office.rows("ShipTo")) == 2
