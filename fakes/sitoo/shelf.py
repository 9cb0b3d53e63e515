"""What a warehouse holds by SKU, and the batches that move it.

A batch is open (10) until it is closed (20); closing commits its items as one transaction. How much is on
the shelf is not modelled, but for virtual warehouses, whose levels are written.
"""

from typing import TYPE_CHECKING, Any

from fakes.sitoo.documents import Documents, Key, Row, read_fields
from fakes.sitoo.errors import Refused
from fakes.sitoo.records import Move
from fakes.sitoo.schemas_lists import PRICE_VOLUME
from fakes.sitoo.wire import cents, milli

if TYPE_CHECKING:
    from fakes.sitoo.state import State

OPEN, CLOSED = 10, 20
VIRTUAL = 20
STOCK_TAKING = 50
_LEVELS = ("decimaltotal", "moneytotal")


def by_sku(docs: Documents, parent_field: str, parent: int) -> dict[str, Key]:
    """The keys of a parent's rows by their SKU."""
    return {docs.value(key, "sku"): key for key in docs if docs.value(key, parent_field) == parent}


def keep(docs: Documents, key: Key | None, row: Row) -> Key:
    """Add a row, or change the one that has this key."""
    if key is None:
        return docs.add(row)
    docs.update(key, row)
    return key


def set_price(state: "State", parent: int, key: Key | None, row: Row) -> bool:
    """One price of a price list; the article must exist."""
    products = state.products
    if all(products.value(one, "sku") != row["sku"] for one in products):
        raise Refused(400, "pricelistitem: there is no product of this sku.")
    volumes = row.get("moneypricevolume")
    if volumes is not None:
        unknown = state.switches.unknown_field
        read = [read_fields(PRICE_VOLUME.get, one, unknown=unknown, name="pricevolume") for one in volumes]
        if any(set(one) != set(PRICE_VOLUME) for one in read):
            raise Refused(400, "pricelistitem: levelstart and moneyprice are required for each volume.")
        row = {**row, "moneypricevolume": read}
    keep(state.docs["pricelistitems"], key, {"moneypricevolume": None, **row, "pricelistid": parent})
    return True


def set_item(state: "State", parent: int, key: Key | None, row: Row) -> Key:
    """Where an article lies and when to reorder it; its level only in a virtual warehouse."""
    virtual = state.warehouses.value(parent, "warehousetype") == VIRTUAL
    if not virtual and any(name in row for name in _LEVELS):
        raise Refused(400, "warehouseitem: levels can be set in virtual warehouses only.")
    if "decimaltotal" in row:
        row = {**row, "decimalavailable": row["decimaltotal"]}
    return keep(state.docs["warehouseitems"], key, {**row, "warehouseid": parent})


def set_batch_item(state: "State", parent: int, key: Key | None, row: Row) -> bool:
    """One counted or moved article of an open batch."""
    warehouse = _open(state, parent)
    items = state.docs["warehouseitems"]
    item = by_sku(items, "warehouseid", warehouse).get(row["sku"])
    if item is None:
        item = items.add({"warehouseid": warehouse, "sku": row["sku"]})
    made = {"warehouseitemid": item, "warehousebatchid": parent, "datemodified": state.now()}
    keep(state.docs["warehousebatchitems"], key, {**row, **made})
    return True


def check_open(state: "State", parent: int) -> None:
    """Raises Refused(400) for a batch that was closed."""
    _open(state, parent)


def _open(state: "State", batch: int) -> int:
    batches = state.docs["warehousebatches"]
    if batches.value(batch, "warehousebatchstate") == CLOSED:
        raise Refused(400, "warehousebatch: it is closed and cannot be changed.")
    return int(batches.value(batch, "warehouseid"))


def add_batch(state: "State", warehouse: int, row: Row) -> Key:
    """A new open batch."""
    if state.warehouses.value(warehouse, "warehousetype") == VIRTUAL:
        raise Refused(400, "warehousebatch: the warehouse is virtual.")
    if row.get("warehousebatchstate", OPEN) != OPEN:
        raise Refused(400, "warehousebatch: a new batch is open (10).")
    made = {"warehouseid": warehouse, "datecreated": state.now()}
    return state.docs["warehousebatches"].add({**row, **made})


def edit_batch(state: "State", batch: int, row: Row) -> None:
    """Change an open batch; closing it commits its items."""
    warehouse, batches = _open(state, batch), state.docs["warehousebatches"]
    new_state = row.get("warehousebatchstate", OPEN)
    if new_state not in (OPEN, CLOSED) and state.switches.unknown_enum == "refuse":
        raise Refused(400, "warehousebatch: warehousebatchstate must be 10 or 20.")
    batches.update(batch, row)
    if new_state == CLOSED:
        batches.update(batch, {"warehousetransactionid": _commit(state, warehouse, batches.whole(batch))})


def _commit(state: "State", warehouse: int, batch: dict[str, Any]) -> int:
    docs = state.docs["warehousebatchitems"]
    rows = [docs.whole(key) for key in by_sku(docs, "warehousebatchid", batch["warehousebatchid"]).values()]
    items = [(row["sku"], milli(row["decimalquantity"]), cents(row["moneypricein"])) for row in rows]
    details = batch["comment"], batch["externalid"], batch["reasoncode"]
    return state.stock.move(state, state.now(), Move(warehouse, batch["transactiontype"], items, *details))


def touch(state: "State", at: int, move: Move) -> None:
    """The articles of a transaction were moved, or counted, now."""
    items = state.docs["warehouseitems"]
    known = by_sku(items, "warehouseid", move.warehouse_id)
    dates = {"datelastmodified": at} | ({"datelaststocktaking": at} if move.kind == STOCK_TAKING else {})
    for sku, _, _ in move.items:
        known[sku] = keep(items, known.get(sku), {"warehouseid": move.warehouse_id, "sku": sku, **dates})
