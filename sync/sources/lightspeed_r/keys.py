"""By what rows are known again: their kind and id, and whatever changes when they do."""

from sync.sources.lightspeed_r import wire
from sync.sources.lightspeed_r.recent import Key


def sale_key(row: wire.Sale) -> Key:
    """A sale in the state of this row."""
    updated = row.updatetime or row.update_time
    return ("sale", row.sale_id, row.time_stamp, updated, row.complete_time, row.completed, row.voided,
            row.calc_total, row.customer_id)  # fmt: skip


def void_key(row: wire.SaleVoid) -> Key:
    """A void; it never changes."""
    return "void", row.sale_void_id


def shipment_key(row: wire.ShipTo) -> Key:
    """A shipment in the state of this row."""
    return "shipment", row.ship_to_id, row.time_stamp, row.shipped, row.sale_id


def customer_key(row: wire.Customer) -> Key:
    """A customer in the state of this row."""
    return "customer", row.customer_id, row.time_stamp, row.archived
