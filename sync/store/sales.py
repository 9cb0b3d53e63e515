"""What was read: sales with their fingerprints and verdicts, shops, and the shelf of products.

A fingerprint is taken over the facts of a sale that decide what becomes of it, and over the rules they
were judged by. Reading an unchanged sale again costs one look-up.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from sync.domain.facts import Product, Sale, Shop
from sync.store.bulk import chunks, marks, run, upsert
from sync.store.database import Store
from sync.store.rows import ProductRow, SaleRow, ShopRow

_ON_SHELF_MAX = 20_000  # products kept in memory
_encode = msgspec.msgpack.Encoder(decimal_format="string").encode


class SaleRecord(NamedTuple):
    """A sale as it is remembered, in the order of its columns."""

    account: int
    sale_id: str
    fingerprint: bytes
    state: str
    shop_id: str
    customer_id: str
    completed_s: int | None
    total_minor: int
    currency: str
    verdict: str
    person_missing: int


def fingerprint(sale: Sale, rules: bytes) -> bytes:
    """16 bytes that change when the sale, its people or the rules change, but not when only a stamp moved."""
    facts = _encode(
        (
            sale.state, sale.total_minor, sale.completed_at, sale.lines, sale.customer_id, sale.customer,
            sale.web_source, sale.originals, sale.shop_id, sale.register_id, sale.currency,
            sorted(sale.marks), sale.extra, rules,
        )
    )  # fmt: skip
    return hashlib.blake2b(facts, digest_size=16).digest()


def fingerprints(connection: Connection, account: int, sale_ids: Iterable[str]) -> dict[str, bytes]:
    """The remembered fingerprints of these sales."""
    known: dict[str, bytes] = {}
    for chunk in chunks(sale_ids):
        sql = (
            "SELECT sale_id, fingerprint FROM sales "  # noqa: S608 - only marks vary
            f"WHERE account = ? AND sale_id IN ({marks(len(chunk))})"
        )
        known.update({row[0]: bytes(row[1]) for row in run(connection, sql, (account, *chunk))})
    return known


def remember(connection: Connection, records: Sequence[SaleRecord]) -> None:
    """Keep these sales as last read."""
    keys, values = SaleRecord._fields[:2], SaleRecord._fields[2:]
    upsert(connection, SaleRow.__table__, keys, values, records)  # type: ignore[attr-defined]  # SQLModel adds it


def waiting_for(connection: Connection, account: int, customer_ids: Iterable[str]) -> list[str]:
    """The sales left out because these customers could not be written to; they deserve another look."""
    found: list[str] = []
    for chunk in chunks(customer_ids):
        sql = (
            "SELECT sale_id FROM sales "  # noqa: S608 - only marks vary
            "WHERE account = ? AND person_missing = 1 "
            f"AND customer_id IN ({marks(len(chunk))}) ORDER BY sale_id"
        )
        found.extend(row[0] for row in run(connection, sql, (account, *chunk)))
    return found


def keep_shops(connection: Connection, account: int, shops: Iterable[Shop]) -> None:
    """Remember the account's shops."""
    rows = [(account, shop.shop_id, shop.name, shop.zone, shop.country) for shop in shops]
    values = ("name", "zone", "country")
    upsert(connection, ShopRow.__table__, ("account", "shop_id"), values, rows)  # type: ignore[attr-defined]  # as above


def shops(connection: Connection, account: int) -> dict[str, Shop]:
    """The account's shops as last seen."""
    rows = run(connection, "SELECT shop_id, name, zone, country FROM shops WHERE account = ?", (account,))
    return {row[0]: Shop(*row) for row in rows}


class Shelf:
    """The products of an account: some thousands in memory, all of them in the database."""

    def __init__(self, store: Store, account: int, *, keep: bool = True) -> None:
        """`keep=False` never writes: a dry run learns, and forgets."""
        self._store = store
        self._account = account
        self._keep = keep
        self._near: OrderedDict[str, Product] = OrderedDict()

    def get(self, item_ids: Iterable[str]) -> Mapping[str, Product]:
        """The known products among `item_ids`."""
        found: dict[str, Product] = {}
        away: list[str] = []
        for item_id in item_ids:
            near = self._near.get(item_id)
            if near is not None:
                found[item_id] = near
            else:
                away.append(item_id)
        if away:
            found.update(self._fetch(away))
        return found

    def put(self, products: Sequence[Product]) -> None:
        """Keep these products, replacing older knowledge."""
        self._remember(products)
        if not self._keep:
            return
        rows = [(self._account, p.item_id, p.name, p.sku, p.category, p.brand, p.image_url) for p in products]
        with self._store.writing() as connection:
            upsert(
                connection,
                ProductRow.__table__,  # type: ignore[attr-defined]  # SQLModel adds it
                ("account", "item_id"),
                ("name", "sku", "category", "brand", "image_url"),
                rows,
            )

    def _fetch(self, item_ids: Sequence[str]) -> dict[str, Product]:
        found: dict[str, Product] = {}
        with self._store.reading() as connection:
            for chunk in chunks(item_ids):
                sql = (
                    "SELECT item_id, name, sku, category, brand, image_url FROM products "  # noqa: S608 - only marks vary
                    f"WHERE account = ? AND item_id IN ({marks(len(chunk))})"
                )
                found.update({row[0]: Product(*row) for row in run(connection, sql, (self._account, *chunk))})
        self._remember(list(found.values()))
        return found

    def _remember(self, products: Sequence[Product]) -> None:
        for product in products:
            self._near[product.item_id] = product
        while len(self._near) > _ON_SHELF_MAX:
            self._near.popitem(last=False)
