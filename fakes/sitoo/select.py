"""Which orders a list request means, oldest id first."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fakes.sitoo.records import Order

if TYPE_CHECKING:
    from fakes.sitoo.state import State

FILTERS = {
    "eshopid": "ints",
    "externalid": "texts",
    "orderid": "ints",
    "receiptid": "text",
    "creditorderid": "int",
    "orderidfrom": "int",
    "orderidto": "int",
    "orderdatefrom": "int",
    "orderdateto": "int",
    "orderstate": "ints",
    "paymentstate": "ints",
    "ordertype": "ints",
    "warehouseid": "ints",
    "email": "text",
}
_KEPT_MAX = 16


class Selector:
    """Answers filters; the last few answers are kept, because pages ask the same question again."""

    def __init__(self, state: "State") -> None:
        self._state = state
        self._kept: dict[Any, Sequence[int]] = {}

    def ids(self, filters: Mapping[str, Any]) -> Sequence[int]:
        """The ids of the orders meant, ascending."""
        state = self._state
        key = (state.version, state.switches.order_date_to, *sorted(filters.items()))
        if key not in self._kept:
            if len(self._kept) >= _KEPT_MAX or any(kept[0] != state.version for kept in self._kept):
                self._kept.clear()
            self._kept[key] = self._select(filters)
        return self._kept[key]

    def _select(self, filters: Mapping[str, Any]) -> Sequence[int]:
        tests = [test for name, make in _TESTS.items() if name in filters for test in [make(filters[name])]]
        state, rows = self._state, self._state.orders
        ids = self._candidates(filters)
        if "receiptid" in filters:
            wanted = filters["receiptid"]
            tests.append(lambda order: bool(order.receipt) and state.receipt_id(order) == wanted)
        if "eshopid" in filters and state.site_id not in filters["eshopid"]:
            return []
        if not tests:
            return ids
        return [order_id for order_id in ids if all(test(rows.by_id(order_id)) for test in tests)]

    def _candidates(self, filters: Mapping[str, Any]) -> Sequence[int]:
        orders = self._state.orders
        ids: Sequence[int]
        # Documented: receiptid and creditorderid override the orderid parameter.
        if "orderid" in filters and "receiptid" not in filters and "creditorderid" not in filters:
            ids = sorted(
                order_id for order_id in set(filters["orderid"]) if orders.find(order_id) is not None
            )
        elif "orderdatefrom" in filters or "orderdateto" in filters:
            ids = self._dated(filters)
        else:
            ids = orders.ids()
        low, high = filters.get("orderidfrom"), filters.get("orderidto")
        start = 0 if low is None else bisect_left(ids, low)
        stop = len(ids) if high is None else bisect_left(ids, high)
        ids = ids[start:stop]
        if "orderid" in filters and ("orderdatefrom" in filters or "orderdateto" in filters):
            dated = set(self._dated(filters))
            ids = [order_id for order_id in ids if order_id in dated]
        return ids

    def _dated(self, filters: Mapping[str, Any]) -> list[int]:
        to = filters.get("orderdateto", (1 << 31) - 2)
        last = min(to, (1 << 31) - 2) + (self._state.switches.order_date_to == "inclusive")
        return self._state.orders.between(min(filters.get("orderdatefrom", 0), (1 << 31) - 1), last)


def _among(attribute: str) -> Callable[[Any], Callable[[Order], bool]]:
    return lambda wanted: lambda order: getattr(order, attribute) in wanted


_TESTS: Mapping[str, Callable[[Any], Callable[[Order], bool]]] = {
    "orderstate": _among("state"),
    "paymentstate": _among("payment_state"),
    "ordertype": _among("kind"),
    "warehouseid": _among("warehouse"),
    "externalid": lambda wanted: lambda order: order.fields.get("externalid") in wanted,
    "creditorderid": lambda wanted: lambda order: order.fields.get("creditorderid") == wanted,
    "email": lambda wanted: lambda order: order.contact.email.lower() == wanted.lower(),
}
