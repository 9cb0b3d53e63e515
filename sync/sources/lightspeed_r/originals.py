"""Refunds and the sales they return. The vendor names only the original *line*; this finds its sale.

Recent sales are remembered, because most goods come back soon; the rest is read by id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.domain.facts import OriginalSale, Sale, SaleState
from sync.sources.lightspeed_r import parse

LineOwners = Callable[[Sequence[str]], Mapping[str, str]]  # line ids to the ids of their sales
SalesByIds = Callable[[Sequence[str]], Sequence[Sale]]


@dataclass(slots=True)
class _Remembered:
    """Some sales by id, and the sale of each of their lines."""

    sales: dict[str, Sale] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)


class Originals:
    """Completes refunds with the sales they return. Memory is bounded by `sales_max` sales."""

    def __init__(self, read_owners: LineOwners, read_sales: SalesByIds, sales_max: int = 5000) -> None:
        """Both functions ask the vendor; ids it does not know are left out of their answers."""
        self._read_owners = read_owners
        self._read_sales = read_sales
        self._sales_max = sales_max
        # Two halves, of which the older one is forgotten as a whole: much cheaper than sale by sale.
        self._newer, self._older = _Remembered(), _Remembered()

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
        found_owners = ((line_id, self._owner(line_id)) for line_id in parents)
        owners = {line_id: sale_id for line_id, sale_id in found_owners if sale_id is not None}
        unknown = sorted(set(parents) - owners.keys())
        if unknown:
            owners.update(self._read_owners(unknown))
        wanted = dict.fromkeys(owners.values())
        known = ((sale_id, self._sale(sale_id)) for sale_id in wanted)
        found = {sale_id: sale for sale_id, sale in known if sale is not None}
        missing = [sale_id for sale_id in wanted if sale_id not in found]
        if missing:
            found.update((sale.sale_id, sale) for sale in self._read_sales(missing))
        return owners, {sale_id: parse.original(sale) for sale_id, sale in found.items()}

    def _owner(self, line_id: str) -> str | None:
        return self._newer.owners.get(line_id) or self._older.owners.get(line_id)

    def _sale(self, sale_id: str) -> Sale | None:
        return self._newer.sales.get(sale_id) or self._older.sales.get(sale_id)

    def _remember(self, sales: Sequence[Sale]) -> None:
        for sale in sales:
            if sale.state is not SaleState.COMPLETED:
                continue
            if len(self._newer.sales) >= max(1, self._sales_max // 2):
                self._newer, self._older = _Remembered(), self._newer
            self._newer.sales[sale.sale_id] = sale
            self._newer.owners.update(dict.fromkeys([line.line_id for line in sale.lines], sale.sale_id))


def _parents(sale: Sale) -> list[str]:
    return [line.parent_line_id for line in sale.lines if line.parent_line_id and line.returned]


def _completed(sale: Sale, owners: Mapping[str, str], originals: Mapping[str, OriginalSale]) -> Sale:
    ids = dict.fromkeys(owners[line_id] for line_id in _parents(sale) if line_id in owners)
    found = tuple(originals[sale_id] for sale_id in ids if sale_id in originals)
    return replace(sale, originals=found) if found else sale
