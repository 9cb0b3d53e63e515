"""Refunds and the sales they return. The vendor names only the original *line*; this finds its sale.

Recent sales are remembered, because most goods come back soon; the rest is read by id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sync.domain.facts import OriginalSale, Sale, SaleState
from sync.sources.lightspeed_r import parse

LineOwners = Callable[[Sequence[str]], Mapping[str, str]]  # line ids to the ids of their sales
SalesByIds = Callable[[Sequence[str]], Sequence[Sale]]


class Originals:
    """Completes refunds with the sales they return. Memory is bounded by `sales_max` sales."""

    def __init__(self, read_owners: LineOwners, read_sales: SalesByIds, sales_max: int = 5000) -> None:
        """Both functions ask the vendor; ids it does not know are left out of their answers."""
        self._read_owners = read_owners
        self._read_sales = read_sales
        self._sales_max = sales_max
        self._sales: dict[str, Sale] = {}  # the oldest first
        self._owners: dict[str, str] = {}

    def complete(self, sales: Sequence[Sale]) -> list[Sale]:
        """The same sales in the same order; those with returned lines know the sales they return.

        A line without a receipt, or whose receipt the vendor no longer has, stays unlinked.
        """
        self._remember(sales)
        parents = {line_id for sale in sales for line_id in _parents(sale)}
        if not parents:
            return list(sales)
        owners, originals = self._find(parents)
        return [_completed(sale, owners, originals) for sale in sales]

    def _find(self, parents: Iterable[str]) -> tuple[dict[str, str], dict[str, OriginalSale]]:
        owners = {line_id: self._owners[line_id] for line_id in parents if line_id in self._owners}
        unknown = sorted(set(parents) - owners.keys())
        if unknown:
            owners.update(self._read_owners(unknown))
        wanted = dict.fromkeys(owners.values())
        found = {sale_id: self._sales[sale_id] for sale_id in wanted if sale_id in self._sales}
        missing = [sale_id for sale_id in wanted if sale_id not in found]
        if missing:
            found.update((sale.sale_id, sale) for sale in self._read_sales(missing))
        return owners, {sale_id: parse.original(sale) for sale_id, sale in found.items()}

    def _remember(self, sales: Sequence[Sale]) -> None:
        for sale in sales:
            if sale.state is SaleState.COMPLETED:
                self._forget(sale.sale_id)
                self._sales[sale.sale_id] = sale
                self._owners.update((line.line_id, sale.sale_id) for line in sale.lines if not line.returned)
        while len(self._sales) > self._sales_max:
            self._forget(next(iter(self._sales)))

    def _forget(self, sale_id: str) -> None:
        sale = self._sales.pop(sale_id, None)
        if sale is not None:
            for line in sale.lines:
                self._owners.pop(line.line_id, None)


def _parents(sale: Sale) -> list[str]:
    return [line.parent_line_id for line in sale.lines if line.parent_line_id and line.returned]


def _completed(sale: Sale, owners: Mapping[str, str], originals: Mapping[str, OriginalSale]) -> Sale:
    ids = dict.fromkeys(owners[line_id] for line_id in _parents(sale) if line_id in owners)
    found = tuple(originals[sale_id] for sale_id in ids if sale_id in originals)
    return replace(sale, originals=found) if found else sale
