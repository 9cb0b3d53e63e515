"""Pages of sales held back a little, so that unknown articles are asked for in full hundreds.

A page of a hundred sales may name seven unknown articles or seven hundred, and every request costs the
same. Over a year, asking page by page costs half as much again as all sales and articles have to.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from sync.sources.lightspeed_r import wire
from sync.sources.lightspeed_r.catalog import Catalog
from sync.sources.lightspeed_r.client import IDS_MAX

HELD_MAX = 8  # pages; a page of long receipts is some megabytes

Page = wire.Rows[wire.Sale]


def gathered(pages: Iterable[Page], catalog: Catalog) -> Iterator[Page]:
    """The same pages in the same order, each once its articles are on the shelf."""
    held: deque[tuple[Page, set[str]]] = deque()
    asked: dict[str, None] = {}  # unknown articles of the held pages, in the order they came up
    for page in pages:
        unknown = catalog.unknown(page.rows)
        asked.update(dict.fromkeys(sorted(unknown)))
        held.append((page, unknown))
        while len(asked) >= IDS_MAX:
            _ask(catalog, asked)
        while held and held[0][1].isdisjoint(asked):
            yield held.popleft()[0]
        if len(held) > HELD_MAX:
            _ask(catalog, asked)
            yield held.popleft()[0]
    if asked:
        _ask(catalog, asked)
    for page, _ in held:
        yield page


def _ask(catalog: Catalog, asked: dict[str, None]) -> None:
    some = list(asked)[:IDS_MAX]
    catalog.stock(some)
    for item_id in some:
        del asked[item_id]
