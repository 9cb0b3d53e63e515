"""Nonsense of every kind, seeded: the fake refuses it, breaks on none of it and keeps its books straight."""

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from fake_till import BASE, Till

from fakes.lightspeed_r import dump
from fakes.lightspeed_r.entities import ENTITIES
from fakes.lightspeed_r.lines import Lines
from fakes.lightspeed_r.writing import WRITERS

WORDS = """
saleID shopID registerID employeeID customerID completed completeTime SaleLines SaleLine itemID unitPrice
unitQuantity discountAmount discountPercent discountID parentSaleLineID saleLineID SalePayments SalePayment
amount paymentTypeID creditAccountID archived voided Customer firstName Contact Emails ContactEmail address
useType Prices ItemPrice description name parentID code isLayaway isSpecialOrder taxCategoryID tax tax1Rate
orderID quantity price CustomFieldValues customFieldID value type Tags SaleNotes InternalNote note dob upc qoh
ItemShops emailAddress ticketNumber timeIn Phones number Note
"""
KEYS = WORDS.split()
PLAIN: tuple[Any, ...] = (
    None, 0, 1, 2, -1, 1.5, "1", "x", "", True, False, "true", [], {}, "é", 10**25, "2026-01-01", "1e9",
    "NaN", "-2", "0.5", "2026-03-02T11:00:00Z", "100000000001", "12345678",
)  # fmt: skip
QUERY = ("", "load_relations=all", "archived=true", "sort=timeStamp", "offset=3", "orderby=total", "x=1")
BELOW = ("/refund", "/EmailReceipt", "/Anonymize", "/SaleLine", "/SaleLine/1", "/Image")


class Noise:
    def __init__(self, till: Till, seed: int) -> None:
        self.till = till
        self.rng = random.Random(seed)
        self.names = sorted(ENTITIES)

    def value(self, depth: int = 0) -> Any:
        if depth < 4 and self.rng.random() < 0.45:
            return {self.rng.choice(KEYS): self.value(depth + 1) for _ in range(4)}
        if depth < 4 and self.rng.random() < 0.2:
            return [self.value(depth + 1) for _ in range(2)]
        return self.rng.choice(PLAIN)

    def path(self) -> str:
        name = self.rng.choice(self.names)
        row = self.rng.choice(("", "", "/1", "/2", "/220000000001", "/99"))
        below = self.rng.choice(BELOW) if row and self.rng.random() < 0.2 else ""
        return f"{name}{row}{below}{self.rng.choice(('.json', '', '.xml'))}"

    def sensible(self) -> dict[str, Any]:
        """A sale, nearly right."""
        choose = self.rng.choice
        line = {"itemID": self.till.item, "unitQuantity": choose((1, 1, 2, -1, "x"))}
        line |= {choose(KEYS): choose(PLAIN)} if self.rng.random() < 0.4 else {}
        back = {"parentSaleLineID": choose((1, 2, 3)), "unitQuantity": -1}
        paid = {"amount": choose((10, 20, 0, "x")), "paymentTypeID": choose((1, 1, 3, 9))}
        return {
            "shopID": choose((self.till.shop, self.till.shop, 0, 77)),
            "completed": choose((True, False, "true")),
            "SaleLines": {"SaleLine": [line, back][: choose((1, 1, 2))]},
            "SalePayments": {"SalePayment": paid},
        }

    def ask(self) -> tuple[str, int]:
        method = self.rng.choice(("GET", "POST", "PUT", "DELETE"))
        path, body = self.path(), self.value()
        if self.rng.random() < 0.3:
            method, path, body = "POST", "Sale.json", self.sensible()
        elif self.rng.random() < 0.25:
            method, path, body = "PUT", f"Sale/{self.rng.randint(1, 9)}.json", self.sensible()
        version = self.rng.choice(("/V3", ""))
        url = f"{BASE}/API{version}/Account/797/{path}?{self.rng.choice(QUERY)}"
        answer = self.till.http.request(method, url, json=None if method == "GET" else body)
        return method, answer.status_code


def add_up(till: Till) -> None:
    """Every sale's sums are those of its lines, and a completed one is paid."""
    for sale in till.state.sales:
        row = till.state.record("Sale", sale.id) or {}
        net = Decimal(row["calcSubtotal"]) - Decimal(row["calcDiscount"])
        assert net + Decimal(row["calcTax1"]) + Decimal(row["calcTax2"]) == Decimal(row["calcTotal"])
        assert not sale.completed or sale.voided or Decimal(row["balance"]) == 0
        assert all(till.state.lines.sale_id[line_id] == sale.id for line_id in sale.line_ids)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_is_refused_and_breaks_nothing(office: Till, seed: int) -> None:
    office.state.add_customer("Ada", "Low", at=office.at(-60))
    office.sell(5)
    noise = Noise(office, seed)
    told = Counter(noise.ask() for _ in range(200))
    assert max(status for _, status in told) < 500
    assert {("GET", 200), ("POST", 200), ("POST", 400), ("PUT", 404), ("PUT", 405)} <= set(told)
    assert office.state.sales_count() > 2
    add_up(office)
    plane = f"{BASE}/_fake/state"
    dumped = office.http.get(plane).json()
    assert office.http.put(plane, json=dumped).status_code == 200
    assert office.http.get(plane).json() == dumped


def test_every_column_of_a_line_is_saved() -> None:
    assert {*dump._COLUMNS, *dump._RARE, "loose", "gone"} == set(Lines.__slots__)


def test_every_written_entity_exists() -> None:
    assert set(WRITERS) <= set(ENTITIES)
