"""Orders with their deliveries and logs."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from fakes.kit.faults import Faults
from fakes.sitoo import trade
from fakes.sitoo.documents import Field, read_fields
from fakes.sitoo.door import answer, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import mount
from fakes.sitoo.order_write import add_order, update_order
from fakes.sitoo.records import Delivery, Order
from fakes.sitoo.request import body, read_field_names, read_list, read_query
from fakes.sitoo.select import FILTERS, Selector
from fakes.sitoo.shapes import FIELDS, LISTED, log_items, order_json
from fakes.sitoo.state import State

WRITABLE_LOG_TYPES = (900, 910)
_DELIVERY = {
    one.name: one
    for one in (
        Field("warehouseid", "int", 0, "w"),
        Field("orderdeliveryref", "text", "", "w"),
        Field("orderdeliveryitems", "objects", [], "w"),
    )
}
_DELIVERY_ITEM = {
    one.name: one for one in (Field("orderitemid", "int", 0, "w"), Field("quantity", "int", 0, "w"))
}


class OrderRoutes:
    """`/orders.json` and everything below `/sites/{siteid}/orders`."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.selector = Selector(state)

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register the routes below an account's base path."""
        site = f"{base}/sites/<site>/orders"
        one = f"{site}/<order>"
        mount(api, f"{base}/orders.json", {"GET": self.list_all})
        mount(api, f"{site}.json", {"GET": self.list_site, "POST": self.add})
        mount(api, f"{one}.json", {"GET": self.single, "PUT": self.update})
        mount(api, f"{one}/orderdeliveries.json", {"GET": self.deliveries, "POST": self.add_delivery})
        mount(api, f"{one}/orderlogitems.json", {"GET": self.log, "POST": self.add_log})

    def list_all(self) -> Response:
        return self._list(FILTERS, LISTED)

    def list_site(self) -> Response:
        """The deprecated list of one site: no eshopid filter, and no eshopid among the default fields."""
        filters = {name: kind for name, kind in FILTERS.items() if name != "eshopid"}
        return self._list(filters, tuple(name for name in LISTED if name != "eshopid"))

    def add(self) -> Response:
        read_query({}, self.state.switches)
        return answer(add_order(self.state, body()))

    def single(self, order: str) -> Response:
        given = read_query({"fields": "texts"}, self.state.switches)
        names = read_field_names(given.get("fields"), FIELDS, self.state.switches)
        return answer(order_json(self.state, self._order(order), names))

    def update(self, order: str) -> Response:
        return answer(update_order(self.state, self._order(order), body()))

    def deliveries(self, order: str) -> Response:
        found = list(self.state.stock.deliveries_of(self.state, self._order(order)))
        return envelope(len(found), [_delivery_json(one) for one in found])

    def add_delivery(self, order: str) -> Response:
        """Raises Refused(400) for goods that are not there to be delivered."""
        state, found = self.state, self._order(order)
        read_query({"ignorestock": "bool"}, state.switches)
        unknown = state.switches.unknown_field
        row = read_fields(_DELIVERY.get, body(), unknown=unknown, name="orderdelivery")
        if row.get("warehouseid") not in state.warehouses.rows or not row.get("orderdeliveryitems"):
            raise Refused(400, "orderdelivery: a known warehouseid and orderdeliveryitems are required.")
        items = [
            self._delivery_item(found, read_fields(_DELIVERY_ITEM.get, one, unknown=unknown, name="item"))
            for one in row["orderdeliveryitems"]
        ]
        state.version += 1
        ref = row.get("orderdeliveryref", "")
        here = row["warehouseid"]
        return answer(state.stock.deliver(state, found, state.now(), warehouse=here, items=items, ref=ref))

    def _delivery_item(self, order: Order, row: dict[str, Any]) -> tuple[int, int]:
        item, quantity = row.get("orderitemid"), row.get("quantity")
        if item is None or quantity is None or not 0 <= item < order.stop - order.first:
            raise Refused(400, "orderdelivery: orderitemid and quantity are required.")
        done = sum(
            sent
            for one in self.state.stock.deliveries_of(self.state, order)
            for which, sent in one.items
            if which == item
        )
        ordered = self.state.lines.quantity[order.first + item]
        if abs(done + quantity) > abs(ordered) or quantity * ordered <= 0:
            raise Refused(400, f"orderdelivery: item {item} has {ordered - done} to deliver.")
        return item, quantity

    def log(self, order: str) -> Response:
        found = self._order(order)
        items = [{"orderid": found.id, **one} for one in log_items(self.state, found)]
        return envelope(len(items), items)

    def add_log(self, order: str) -> Response:
        found = self._order(order)
        known = {"orderlogtypeid": Field("orderlogtypeid", "int", 0, "w")}
        row = read_fields(known.get, body(), unknown=self.state.switches.unknown_field, name="orderlogitem")
        if row.get("orderlogtypeid") not in WRITABLE_LOG_TYPES:
            raise Refused(400, "orderlogitem: orderlogtypeid must be 900 or 910.")
        self.state.version += 1
        trade.log(self.state, self.state.now(), found.id, row["orderlogtypeid"])
        return answer(True)

    def _list(self, filters: dict[str, str], listed: tuple[str, ...]) -> Response:
        state = self.state
        asked = read_list(filters, FIELDS, state.switches, sort="orderid")
        ids = self.selector.ids(asked.filters)
        if asked.descending:
            stop = max(len(ids) - asked.start, 0)
            page = ids[max(stop - asked.num, 0) : stop][::-1]
        else:
            page = ids[asked.start : asked.start + asked.num]
        if not state.switches.default_list_has_items:
            listed = tuple(name for name in listed if name not in ("orderitems", "additionaldata"))
        orders = self._tampered([state.orders.by_id(order_id) for order_id in page])
        return envelope(len(ids), [order_json(state, one, asked.fields or listed) for one in orders])

    def _tampered(self, orders: list[Order]) -> list[Order]:
        """What a faulty page shows: one order twice, the wrong order, or none that arrived a moment ago."""
        if self.faults.take("duplicate", request) is not None:
            orders = orders + orders[:1]
        if self.faults.take("reorder", request) is not None:
            orders = orders[::-1]
        late = self.faults.take("late_visibility", request)
        if late is not None:
            before = self.state.now() - late.seconds()
            orders = [one for one in orders if one.arrived <= before]
        return orders

    def _order(self, text: str) -> Order:
        found = self.state.orders.find(whole_number(text))
        if found is None:
            raise Refused(404)
        return found


def _delivery_json(one: Delivery) -> dict[str, Any]:
    return {
        "orderdeliveryid": one.id,
        "orderid": one.order_id,
        "warehouseid": one.warehouse_id,
        "orderdeliveryref": one.ref,
        "datedelivery": one.at,
        "datecancelled": one.cancelled_at,
        "pluginname": "",
        "orderdeliveryitems": [
            {
                "orderdeliveryitemid": one.first_item_id + place,
                "orderdeliveryid": one.id,
                "orderitemid": item,
                "quantity": quantity,
            }
            for place, (item, quantity) in enumerate(one.items)
        ],
    }
