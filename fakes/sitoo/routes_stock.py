"""Warehouse transactions."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from fakes.sitoo.documents import Field, Row, read_fields
from fakes.sitoo.door import answer, batch, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import mount
from fakes.sitoo.records import Move, Order
from fakes.sitoo.request import batch_or_one, body, read_list
from fakes.sitoo.state import State
from fakes.sitoo.wire import MILLI, cents, decimal_text, milli, money_text

FIELDS = (
    "warehousetransactionid",
    "warehouseid",
    "datecreated",
    "transactiontype",
    "description",
    "orderdeliveryid",
    "shipmentid",
    "externalid",
    "reasoncode",
    "items",
)
POSTED_MAX = 1000
_FILTERS = {
    "warehousetransactionid": "ints",
    "warehousetransactionidfrom": "int",
    "warehousetransactionidto": "int",
    "datecreatedfrom": "int",
    "datecreatedto": "int",
    "warehouseid": "int",
    "transactiontype": "int",
}
_MOVE = {
    one.name: one
    for one in (
        Field("warehouseid", "int", 0, "w"),
        Field("transactiontype", "int", 0, "w"),
        Field("description", "text", "", "w"),
        Field("externalid", "text", None, "w"),
        Field("reasoncode", "text", None, "w"),
        Field("items", "objects", [], "w"),
    )
}
_MOVE_ITEM = {
    one.name: one
    for one in (
        Field("sku", "text", "", "w"),
        Field("decimalquantity", "decimal", "0", "w"),
        Field("moneypricein", "money", "0.00", "w"),
    )
}
_VIRTUAL = 20


class StockRoutes:
    """`/sites/{siteid}/warehousetransactions` and the same below one warehouse."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register the routes below an account's base path."""
        site = f"{base}/sites/<site>"
        here = f"{site}/warehouses/<warehouse>/warehousetransactions"
        mount(api, f"{site}/warehousetransactions.json", {"GET": self.list_all, "POST": self.add})
        mount(api, f"{here}.json", {"GET": self.list_here})
        mount(api, f"{here}/<transaction>.json", {"GET": self.single})

    def list_all(self) -> Response:
        return self._list(_FILTERS, None)

    def list_here(self, warehouse: str) -> Response:
        kinds = {name: kind for name, kind in _FILTERS.items() if name != "warehouseid"}
        return self._list(kinds, self._warehouse(warehouse))

    def single(self, warehouse: str, transaction: str) -> Response:
        number, here = whole_number(transaction), self._warehouse(warehouse)
        if not 0 < number <= len(self.state.stock.moves):
            raise Refused(404)
        found = self._json(number)
        if found["warehouseid"] != here:
            raise Refused(404)
        return answer(found)

    def add(self) -> Response:
        items, many = batch_or_one(body(), POSTED_MAX)
        return batch(items, many, self._add)

    def _add(self, given: Any) -> int:
        state, unknown = self.state, self.state.switches.unknown_field
        row = read_fields(_MOVE.get, given, unknown=unknown, name="warehousetransaction")
        warehouse = row.get("warehouseid")
        if warehouse not in state.warehouses.rows or not row.get("items") or "transactiontype" not in row:
            raise Refused(400, "warehousetransaction: warehouseid, transactiontype and items are required.")
        if state.warehouses.value(warehouse, "warehousetype") == _VIRTUAL:
            raise Refused(400, "warehousetransaction: the warehouse is virtual.")
        items = [
            self._item(read_fields(_MOVE_ITEM.get, one, unknown=unknown, name="item")) for one in row["items"]
        ]
        move = Move(
            warehouse,
            row["transactiontype"],
            items,
            row.get("description", ""),
            row.get("externalid"),
            row.get("reasoncode"),
        )
        state.version += 1
        return state.stock.move(state, state.now(), move)

    def _item(self, row: Row) -> tuple[str, int, int]:
        if not row.get("sku") or "decimalquantity" not in row:
            raise Refused(400, "warehousetransaction: sku and decimalquantity are required for each item.")
        return row["sku"], milli(row["decimalquantity"]), cents(row.get("moneypricein", "0"))

    def _list(self, kinds: dict[str, str], warehouse: int | None) -> Response:
        asked = read_list(kinds, FIELDS, self.state.switches, sort="warehousetransactionid")
        numbers = self._numbers(dict(asked.filters), warehouse)
        if asked.descending:
            numbers.reverse()
        page = [self._json(number) for number in numbers[asked.start : asked.start + asked.num]]
        names = asked.fields or FIELDS
        return envelope(len(numbers), [{name: row[name] for name in names} for row in page])

    def _numbers(self, filters: dict[str, Any], warehouse: int | None) -> list[int]:
        low = max(1, filters.get("warehousetransactionidfrom", 1))
        high = min(len(self.state.stock.moves) + 1, filters.get("warehousetransactionidto", 1 << 62))
        wanted = filters.get("warehousetransactionid")
        since, until = filters.get("datecreatedfrom", 0), filters.get("datecreatedto", 1 << 62)
        here, kind = filters.get("warehouseid", warehouse), filters.get("transactiontype")
        found = []
        for number in range(low, max(low, high)):
            at, where, what = self._head(number)
            if (
                since <= at <= until
                and (here is None or where == here)
                and (kind is None or what == kind)
                and (wanted is None or number in wanted)
            ):
                found.append(number)
        return found

    def _head(self, number: int) -> tuple[int, int, int]:
        """When, in which warehouse, of which type."""
        state, entry = self.state, self.state.stock.moves[number - 1]
        if entry >= 0:
            order = state.orders.rows[entry]
            return self._dated(order, order.arrived), order.warehouse, state.stock.kind_of(state, order)
        moved = state.stock.others[-entry - 1]
        if moved.move is not None:
            return moved.at, moved.move.warehouse_id, moved.move.kind
        delivery = state.stock.by_id[moved.delivery_id]
        order = state.orders.by_id(delivery.order_id)
        return moved.at, delivery.warehouse_id, state.stock.kind_of(state, order)

    def _dated(self, order: Order, arrived: int) -> int:
        return arrived if self.state.switches.transaction_date == "arrival" else order.date

    def _json(self, number: int) -> dict[str, Any]:
        at, warehouse, kind = self._head(number)
        delivery_id, move, items = self._what(number)
        return {
            "warehousetransactionid": number,
            "warehouseid": warehouse,
            "datecreated": at,
            "transactiontype": kind,
            "description": move.description if move else "",
            "orderdeliveryid": delivery_id,
            "shipmentid": move.shipment_id if move else None,
            "externalid": move.external_id if move else None,
            "reasoncode": move.reason_code if move else None,
            "items": [
                {
                    "decimalquantity": decimal_text(quantity),
                    "decimaltotal": "0.000",
                    "moneypricein": money_text(price),
                    "moneytotal": "0.00",
                    "moneyvalue": "0.00",
                    "sku": sku,
                }
                for sku, quantity, price in items
            ],
        }

    def _what(self, number: int) -> tuple[int | None, Move | None, list[tuple[str, int, int]]]:
        state, entry = self.state, self.state.stock.moves[number - 1]
        if entry >= 0:
            order = state.orders.rows[entry]
            pairs = [(row, state.lines.quantity[row]) for row in range(order.first, order.stop)]
            return state.stock.plain[entry], None, [self._goods(row, quantity) for row, quantity in pairs]
        moved = state.stock.others[-entry - 1]
        if moved.move is not None:
            return None, moved.move, moved.move.items
        delivery = state.stock.by_id[moved.delivery_id]
        first = state.orders.by_id(delivery.order_id).first
        return delivery.id, None, [self._goods(first + item, quantity) for item, quantity in delivery.items]

    def _goods(self, row: int, quantity: int) -> tuple[str, int, int]:
        """What left the shelf: the opposite of what was sold."""
        lines, odd = self.state.lines, self.state.lines.odd.get(row)
        sku = (odd.sku if odd else "") or self.state.faces[lines.face[row]].sku
        weight = odd.unit_quantity if odd and odd.unit_quantity else MILLI
        return sku, -quantity * weight, 0

    def _warehouse(self, text: str) -> int:
        number = whole_number(text)
        if number not in self.state.warehouses.rows:
            raise Refused(404)
        return number
