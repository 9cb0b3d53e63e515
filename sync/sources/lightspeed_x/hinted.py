"""Sales we were told of, read by their versions where several lie close together, else one by one."""

from collections.abc import Iterator, Sequence

from sync.sources.lightspeed_x import wire
from sync.sources.lightspeed_x.client import LightspeedXClient
from sync.sources.lightspeed_x.wire import Rows
from sync.sources.notices import Hint

_SINGLY_MAX = 2  # for so few a request each is as cheap as a page
_PAGE_ROWS = 200


def hinted(client: LightspeedXClient, hints: Sequence[Hint]) -> Iterator[Rows[wire.Sale]]:
    """Rows with these sales as they are now, and with whatever else changed among them.

    A sale cannot have a lower version than it was told with, so a page that begins at the lowest one mostly
    holds them all. One that is not where it should be is asked for by its id; one that is gone is left out.
    """
    left = {hint.sale_id: hint.version for hint in hints if _plain(hint.sale_id)}
    while left:
        oldest = min(left, key=lambda sale_id: left[sale_id])
        if len(left) > _SINGLY_MAX and left[oldest]:
            rows = next(client.changed("sales", left[oldest] - 1, wire.DECODE_SALES, page_size=_PAGE_ROWS))
            for sale_id in {row.id for row in rows.rows}.intersection(left):
                del left[sale_id or ""]
            if rows.count:
                yield rows
        if oldest in left:
            del left[oldest]
            found = client.one(f"sales/{oldest}", wire.DECODE_SALE)
            if found is not None:
                yield Rows([found], None, count=1)


def _plain(sale_id: str) -> bool:
    return bool(sale_id) and all(c.isalnum() or c in "-_" for c in sale_id)
