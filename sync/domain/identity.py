"""Event ids: pure functions of (source, account, sale, line or kind), the same for ever.

Klaviyo keeps the first event per (profile, metric, id), so a retry, a second run or a backfill that
computes the same id changes nothing. The sale's own id serves Placed, Canceled and a full refund alike:
Klaviyo nets a customer's value only when they share it.
"""


def sale_event_id(source: str, account_id: str, sale_id: str) -> str:
    """The id of a Placed Order, of its Canceled Order, and of the refund that returns all of it."""
    return f"{source}:{account_id}:{sale_id}"


def line_event_id(source: str, account_id: str, sale_id: str, line_id: str) -> str:
    """The id of an Ordered Product: the sale and its line."""
    return f"{source}:{account_id}:{sale_id}:line:{line_id}"


def shipment_event_id(source: str, account_id: str, sale_id: str, shipment_id: str) -> str:
    """The id of a Shipped Order: the sale and its shipment."""
    return f"{source}:{account_id}:{sale_id}:shipment:{shipment_id}"


def partial_refund_event_id(source: str, account_id: str, original_sale_id: str, refund_sale_id: str) -> str:
    """The id of a refund of part of a sale, so that a second partial refund is not swallowed."""
    return f"{source}:{account_id}:{original_sale_id}:refund:{refund_sale_id}"


def unlinked_refund_event_id(source: str, account_id: str, refund_sale_id: str) -> str:
    """The id of a return without a receipt, which has no original sale to be keyed to."""
    return f"{source}:{account_id}:{refund_sale_id}:refund"
