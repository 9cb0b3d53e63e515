"""Gift cards and store credit (since 2019 in 2.0 under /balances, since 2026-04 under their own names)."""

from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking, cards
from fakes.lightspeed_x.gate import Call, Gate
from fakes.lightspeed_x.records import ZERO, Customer, Row
from fakes.lightspeed_x.wire import iso, short_text

READ, ISSUE, REDEEM = ("gift_cards:read",), ("gift_cards:write:issue",), ("gift_cards:write:redeem",)
CREDIT_READ = ("store_credits:read",)
PAGE_MAX = 1_000


class Cards:
    """Looking up, issuing and spending stored value."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state

    def add(self) -> None:
        route = self.gate.route
        for base, kinds in (("/gift_cards", ("dated",)), ("/balances/gift_cards", ("2.x",))):
            one = f"{base}/<number>"
            route("GET", base, self.list_all, scopes=READ, generations=kinds)
            route("POST", base, self.issue, scopes=ISSUE, generations=kinds)
            route("GET", one, self.single, scopes=READ, generations=kinds)
            route("DELETE", one, self.void, scopes=ISSUE, generations=kinds)
            route("POST", f"{one}/transactions", self.book, scopes=REDEEM, generations=kinds)
        route("GET", "/store_credits", self.credits, scopes=CREDIT_READ)
        route("GET", "/store_credits/<customer_id>", self.credit, scopes=CREDIT_READ)
        route("GET", "/store_credits/<customer_id>/balance", self.balance, scopes=CREDIT_READ)
        route("POST", "/store_credits/<customer_id>/transactions", self.give_credit)

    def list_all(self, call: Call) -> tuple[Any, int]:
        """Newest first; `before` is a card's id."""
        size = min(call.whole("page_size") or PAGE_MAX, PAGE_MAX)
        number, status, before = call.text("card_number"), call.text("status"), call.text("before")
        rows = list(self.state.gift_cards)[::-1]
        start = next((place + 1 for place, row in enumerate(rows) if row.id == before), 0)
        found = [
            row for row in rows[start:] if number in (None, row.id) and status in (None, row.data["status"])
        ]
        return {"data": [self._shown(row) for row in found[:size]]}, 200

    def single(self, call: Call) -> tuple[Any, int]:
        return {"data": self._shown(self._card(call))}, 200

    def issue(self, call: Call) -> tuple[Any, int]:
        body = call.body()
        number = asking.text(body, "number", required=True) or ""
        amount = asking.number(body, "amount")
        if number in self.state.gift_cards.rows:
            raise Refused(422, "the gift card has already been created and activated")
        if amount <= 0:
            raise Refused(422, "amount must be above 0")
        return {"data": self._shown(cards.load(self.state, number, amount, call.at))}, 201

    def void(self, call: Call) -> tuple[Any, int]:
        return {"data": self._shown(cards.void(self.state, self._card(call).id, call.at))}, 200

    def book(self, call: Call) -> tuple[Any, int]:
        """REDEEMING with a negative amount, RELOADING with a positive one."""
        card, body = self._card(call), call.body()
        kind, amount = asking.text(body, "type", required=True), asking.number(body, "amount")
        client = asking.text(body, "client_id", required=True)
        done = next((one for one in card.data["transactions"] if one.get("client_id") == client), None)
        if done is not None:
            return {"data": self._entry(done)}, 201
        if kind == "REDEEMING" and amount < 0:
            try:
                cards.redeem(self.state, card.id, -amount, call.at)
            except cards.CardRefused as refused:
                raise Refused(422, str(refused)) from None
        elif kind == "RELOADING" and amount > 0:
            cards.load(self.state, card.id, amount, call.at)
        else:
            raise Refused(422, "a negative amount is REDEEMING, a positive one RELOADING")
        entry = card.data["transactions"][-1]
        entry["client_id"] = client
        return {"data": self._entry(entry)}, 201

    def credits(self, call: Call) -> tuple[Any, int]:
        size = call.whole("page_size") or PAGE_MAX
        rows = [self._credit(self.state.customers.rows[row.id]) for row in self.state.store_credits]
        return {"data": rows[:size]}, 200

    def credit(self, call: Call) -> tuple[Any, int]:
        return {"data": self._credit(self._customer(call))}, 200

    def balance(self, call: Call) -> tuple[Any, int]:
        customer = self._customer(call)
        return {"data": {"customer_id": customer.id, "balance": customer.store_credit}}, 200

    def give_credit(self, call: Call) -> tuple[Any, int]:
        """ISSUE and REDEMPTION need a scope each."""
        customer, body = self._customer(call), call.body()
        kind, amount = asking.text(body, "type", required=True), asking.number(body, "amount")
        client = asking.text(body, "client_id", required=True) or ""
        wanted = "issue" if kind == "ISSUE" else "redeem"
        if not call.pair.allows((f"store_credits:write:{wanted}",)):
            raise Refused(403, "permission denied")
        if kind not in ("ISSUE", "REDEMPTION") or (amount > 0) != (kind == "ISSUE"):
            raise Refused(422, "ISSUE takes a positive amount, REDEMPTION a negative one")
        if customer.store_credit + amount < 0:
            raise Refused(422, "the store credit balance is too low")
        entry = cards.credit(self.state, customer, amount, call.at, kind=kind, client_id=client)
        return {"data": self._entry(entry)}, 200

    def _card(self, call: Call) -> Row:
        card = self.state.gift_cards.find(call.path["number"])
        if card is None:
            raise Refused(404, "gift card not found")
        return card

    def _customer(self, call: Call) -> Customer:
        customer = self.state.customers.find(call.path["customer_id"])
        if customer is None:
            raise Refused(404, "customer not found")
        return customer

    def _shown(self, card: Row) -> dict[str, Any]:
        """Amounts are text, "for precision"."""
        entries = card.data["transactions"]
        loaded = sum((one["amount"] for one in entries if one["amount"] > 0), ZERO)
        spent = sum((-one["amount"] for one in entries if one["type"] == "REDEEMING"), ZERO)
        return {
            "id": card.id,
            "number": card.id,
            "status": card.data["status"],
            "balance": short_text(card.data["balance"]),
            "total_sold": short_text(loaded),
            "total_redeemed": short_text(spent),
            "sale_id": entries[0]["sale_id"],
            "sale_source": "x-series",
            "expires_at": None,
            "created_at": iso(card.created_at),
            "gift_card_transactions": [
                {**self._entry(one), "amount": short_text(one["amount"])} for one in entries
            ],
        }

    def _entry(self, one: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": one["id"],
            "amount": one["amount"],
            "type": one["type"],
            "sale_id": one["sale_id"],
            "client_id": one.get("client_id"),
            "notes": None,
            "user_id": self.state.user_id,
            "created_at": iso(one["created_at"]),
        }

    def _credit(self, customer: Customer) -> dict[str, Any]:
        row = self.state.store_credits.rows.get(customer.id)
        entries = [] if row is None else row.data["transactions"]
        return {
            "id": customer.id,
            "customer_id": customer.id,
            "created_at": iso(customer.created_at),
            "customer": None,
            "balance": customer.store_credit,
            "store_credit_transactions": [self._entry(one) for one in entries],
            "total_credit_issued": sum((one["amount"] for one in entries if one["amount"] > 0), ZERO),
            "total_credit_redeemed": sum((-one["amount"] for one in entries if one["amount"] < 0), ZERO),
        }
