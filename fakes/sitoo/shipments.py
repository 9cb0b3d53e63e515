"""Stock transfers between warehouses: which a list means, and what writing one does."""

from typing import Any

from fakes.sitoo.documents import Key, Row
from fakes.sitoo.state import State


def shipment_keys(state: State, filters: dict[str, Any]) -> list[Key]:
    """`archived`: 20 (the default) for those that are not, 10 for those that are; anything else for all."""
    docs, archived = state.docs["shipments"], filters.pop("archived", 20)
    wanted = {10: True, 20: False}.get(archived)
    ids = filters.pop("shipmentid", None)
    return [
        key
        for key in docs
        if (wanted is None or docs.value(key, "archived") is wanted)
        and (ids is None or key in ids)
        and all(docs.value(key, name) == value for name, value in filters.items())
    ]


def add_shipment(state: State, row: Row) -> Key:
    """A new transfer, told as an event under both names."""
    now = state.now()
    dates = {"datenew": now} | _shipment_dates(state, row, now)
    parts = {name: [_with_defaults(name, one) for one in row.get(name, [])] for name in _PARTS}
    key = state.docs["shipments"].add({**row, **parts, **dates}, 10_000 + len(state.docs["shipments"]))
    _tell_shipment(state, key, "add")
    return key


def edit_shipment(state: State, key: Key, row: Row) -> None:
    """Change a transfer; a new state dates itself."""
    state.docs["shipments"].update(key, {**row, **_shipment_dates(state, row, state.now())})
    _tell_shipment(state, key, "update")


_PARTS: dict[str, Row] = {
    "shipmentpackages": {"shipmentpackageid": 1, "barcode": "", "externalid": "", "comment": ""},
    "shipmentitems": {
        "shipmentitemid": 1,
        "shipmentpackageid": None,
        "sku": "",
        "productname": "",
        "unitlabel": "",
        "decimalunitquantity": None,
        "quantity": 0,
        "quantityreceived": 0,
        "moneypricein": None,
        "externalid": "",
    },
}


def _with_defaults(name: str, given: Row) -> Row:
    return {field: given.get(field, default) for field, default in _PARTS[name].items()}


def _shipment_dates(state: State, row: Row, now: int) -> Row:
    cancelled = state.switches.shipment_state_cancelled
    names = {10: "dateintransit", 20: "datereceived", cancelled: "datecancelled"}
    name = names.get(row.get("shipmentstate", 0))
    return {name: now} if name else {}


def _tell_shipment(state: State, key: Key, what: str) -> None:
    for event_type in ("shipment", "shipment-v3"):
        state.events.tell(event_type, state.now(), {"shipment_id": key, "shipment_event_type": what})
