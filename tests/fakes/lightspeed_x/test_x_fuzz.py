"""Nonsense of every kind, seeded: the fake refuses it and never breaks."""

import random
import re
from collections import Counter
from typing import Any

import pytest
from x_store import Store

KEYS = [
    "id",
    "name",
    "state",
    "status",
    "source",
    "author_id",
    "line_items",
    "product",
    "quantity",
    "pricing",
    "price",
    "tax",
    "amount",
    "payments",
    "type",
    "config_id",
    "number",
    "client_id",
    "customer_ids",
    "url",
    "active",
    "data",
    "common",
    "details",
    "email",
    "gender",
    "first_name",
    "date",
    "return",
    "attributes",
    "adjustments",
    "sku",
    "price_excluding_tax",
    "variant_parent_id",
    "tag_ids",
    "register_sale_products",
    "_metadata",
    "register_sale_payments",
    "product_id",
    "original_sale_id",
    "customer_id",
    "is_return",
    "physical_country_id",
    "promotions",
]
QUERY = [
    "after",
    "before",
    "page_size",
    "page",
    "since",
    "type",
    "deleted",
    "status",
    "sku",
    "offset",
    "order_by",
    "date_from",
    "sale_total",
    "_id",
    "includes[]",
]
TEXTS = ("1", "x", "sales", "products", "customers", "-1", "9" * 20, "true", "NaN", "2026-01-01", "1e9", "é")
VERSIONS = ("0.9", "2.0", "2026-07", "2026-10", "2.1")


class Noise:
    def __init__(self, store: Store, seed: int) -> None:
        self.rng = random.Random(seed)
        known = (store.mug, store.state.walkin_id, store.state.sale_ids()[0], store.state.group_id, "zz")
        self.ids = known
        self.plain: tuple[Any, ...] = (
            None,
            1,
            -1,
            "x",
            [],
            {},
            True,
            1.5,
            "é",
            10**25,
            "2026-01-01",
            "closed",
            *known,
        )
        self.store = store
        self.rules = sorted(
            (method, rule.rule)
            for rule in store.fake.flask.url_map.iter_rules()
            for method in rule.methods or ()
            if rule.rule.startswith("/api") and method in ("GET", "POST", "PUT", "DELETE")
        )

    def value(self, depth: int = 0) -> Any:
        if depth < 3 and self.rng.random() < 0.5:
            return {self.rng.choice(KEYS): self.value(depth + 1) for _ in range(4)}
        if depth < 3 and self.rng.random() < 0.2:
            return [self.value(depth + 1) for _ in range(2)]
        return self.rng.choice(self.plain)

    def ask(self) -> int:
        method, rule = self.rng.choice(self.rules)
        path = rule.replace("<version>", self.rng.choice(VERSIONS))
        path = re.sub(r"<\w+>", lambda _: self.rng.choice(self.ids), path)
        query = {self.rng.choice(QUERY): self.rng.choice(TEXTS) for _ in range(3)}
        body = None if method == "GET" else self.value()
        return self.store.http.request(method, path, params=query, json=body).status_code


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_is_refused_and_breaks_nothing(store: Store, seed: int) -> None:
    store.fake.limits.enabled = False
    store.sell()
    noise = Noise(store, seed)
    statuses = Counter(noise.ask() for _ in range(200))
    assert max(statuses) < 500
    assert {200, 404, 422} <= set(statuses)
    dumped = store.http.get("/_fake/state").json()
    assert store.http.put("/_fake/state", json=dumped).status_code == 200
    assert store.get("2026-07/sales").status_code == 200
