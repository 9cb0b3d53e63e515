"""A shelf of products for any source under test."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.domain.facts import Product


@dataclass
class Shelf:
    """Products in memory."""

    products: dict[str, Product] = field(default_factory=dict)

    def get(self, item_ids: Iterable[str]) -> Mapping[str, Product]:
        return {each: self.products[each] for each in item_ids if each in self.products}

    def put(self, products: Sequence[Product]) -> None:
        self.products.update((product.item_id, product) for product in products)
