"""Writing products, brands and tags; and the reads that are no version-paged lists."""

from decimal import Decimal
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking, goods, money, shapes_goods
from fakes.lightspeed_x.gate import ANY, Call, Gate
from fakes.lightspeed_x.records import ZERO, Row
from fakes.lightspeed_x.routes_lists import found
from fakes.lightspeed_x.tables import Table
from fakes.lightspeed_x.wire import iso

WRITE = ("products:write",)
READ = ("products:read",)
CATEGORIES_MAX = 1_000


class Goods:
    """The catalogue and the account."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state

    def add(self) -> None:
        route, one = self.gate.route, "/products/<row_id>"
        route("POST", "/products", self.create, scopes=WRITE, generations=ANY)
        route("PUT", one, self.update, scopes=WRITE)
        route("DELETE", one, self.delete, scopes=WRITE)
        route("POST", "/brands", self.create_brand, scopes=WRITE)
        route("POST", "/tags", self.create_tag, scopes=WRITE)
        route("GET", "/product_categories", self.categories, scopes=READ)
        route("GET", "/product_families/<row_id>", self.family, scopes=READ, generations=("dated",))
        route("GET", "/retailer", self.retailer, scopes=("retailer:read", "payment_types:read"))
        route("GET", "/channels", self.channels, scopes=("channels:read",))
        route("GET", "/promotions", self.promotions, scopes=("promotions:read",))

    def create(self, call: Call) -> tuple[Any, int]:
        """Answers with the ids of what was made."""
        body = call.body()
        product_id = goods.product(self.state, self._asked(body))
        if call.generation == "0.9":
            row = self.state.products.rows[product_id]
            return {"product": shapes_goods.product(self.state, row)}, 200
        return {"data": [product_id]}, 200

    def update(self, call: Call) -> tuple[Any, int]:
        """2.1 splits the body into what variants share (`common`) and what is each one's own (`details`)."""
        row = found(self.state.products, call, "product")
        body = call.body()
        sent = {**asking.part(body, "common"), **asking.part(body, "details")} or body
        fields: dict[str, Any] = {}
        for name in ("name", "description", "sku", "handle", "image_url"):
            if name in sent:
                fields[name] = asking.text(sent, name) or ""
        if "price_excluding_tax" in sent:
            fields["price_excluding_tax"] = asking.number(sent, "price_excluding_tax")
        if "active" in sent or "is_active" in sent:
            fields["active"] = asking.flag(sent, "active" if "active" in sent else "is_active")
        for name, table in (("brand_id", self.state.brands), ("supplier_id", self.state.suppliers)):
            if name in sent:
                fields[name] = self._named(sent, name, table)
        self.state.when(call.at, "edit_product", row.id, fields)
        return {"data": shapes_goods.product(self.state, row)}, 200

    def delete(self, call: Call) -> tuple[Any, int]:
        row = found(self.state.products, call, "product")
        if row.data["kind"] == "system":
            raise Refused(422, "a system product cannot be deleted")
        self.state.when(call.at, "delete_row", "products", row.id)
        return {"data": {"id": row.id}}, 200

    def create_brand(self, call: Call) -> tuple[Any, int]:
        name = asking.text(call.body(), "name", required=True) or ""
        return {"data": self.state.add_brand(name)}, 200

    def create_tag(self, call: Call) -> tuple[Any, int]:
        name = asking.text(call.body(), "name", required=True) or ""
        return {"data": self.state.add_tag(name)}, 200

    def categories(self, call: Call) -> tuple[Any, int]:
        """By path, alphabetically; `after` is the id of the last one seen."""
        parent, after = call.text("parent"), call.text("after")
        size = min(call.whole("page_size") or CATEGORIES_MAX, CATEGORIES_MAX)
        rows = [row for row in self.state.product_categories if parent in (None, row.data["parent_id"])]
        rows.sort(key=lambda row: [step["name"] for step in goods.category_path(self.state, row.id)])
        start = next((place + 1 for place, row in enumerate(rows) if row.id == after), 0)
        page = rows[start : start + size]
        more = start + size < len(rows)
        shown = [shapes_goods.category(self.state, row) for row in page]
        info = {"has_next": more, "last_seen": page[-1].id if page else None}
        return {"data": {"categories": shown}, "page_info": info}, 200

    def family(self, call: Call) -> tuple[Any, int]:
        """2026-10: what the variants of a product share."""
        if call.version.dated < (2026, 10):
            raise Refused(404, "service not found")
        family_id = call.path["row_id"]
        rows = [row for row in self.state.products if row.data["family_id"] == family_id]
        if not rows:
            raise Refused(404, "product family not found")
        return {"data": self._family(rows, set(call.texts("includes")))}, 200

    def retailer(self, _call: Call) -> tuple[Any, int]:
        return {"data": shapes_goods.retailer(self.state)}, 200

    def channels(self, _call: Call) -> tuple[Any, int]:
        return {"data": [self._channel(row) for row in self.state.channels]}, 200

    def promotions(self, call: Call) -> tuple[Any, int]:
        size = call.whole("page_size") or len(self.state.promotions)
        return {"data": [self._promotion(row) for row in self.state.promotions][:size]}, 200

    def _asked(self, body: dict[str, Any]) -> goods.ProductIn:
        exclusive, inclusive = body.get("price_excluding_tax"), body.get("price_including_tax")
        if exclusive is not None and inclusive is not None:
            raise Refused(422, "price_including_tax and price_excluding_tax cannot both be given")
        asked = "price_including_tax" if inclusive is not None else "price_excluding_tax"
        return goods.ProductIn(
            asking.text(body, "name", required=True) or "",
            asking.text(body, "sku") or f"{10_000 + len(self.state.products)}",
            self._shelf(asking.number(body, asked, ZERO), inclusive=inclusive is not None),
            self._named(body, "product_type_id", self.state.product_categories),
            self._named(body, "brand_id", self.state.brands),
            asking.text(body, "image_url"),
            tuple(asking.words(body, "tag_ids") or ()),
            self._named(body, "variant_parent_id", self.state.products),
            cost=asking.number(body, "supply_price", ZERO),
            active=asking.flag(body, "active", default=True),
            description=asking.text(body, "description") or "",
            supplier_id=self._named(body, "supplier_id", self.state.suppliers),
            handle=asking.text(body, "handle") or "",
        )

    def _named(self, body: dict[str, Any], name: str, table: Table[Row]) -> str | None:
        """The id of a row that exists, as the body names it."""
        return asking.known(table, asking.text(body, name), name)

    def _shelf(self, price: Decimal, *, inclusive: bool) -> Decimal:
        """The price as this account's shelves show it."""
        shelf_inclusive = not self.state.options.tax_exclusive
        rate = money.amount(goods.rate_of(self.state, self.state.tax_id)["rate"])
        if inclusive == shelf_inclusive:
            return price
        return price * (1 + rate) if shelf_inclusive else money.five(price / (1 + rate))

    def _family(self, rows: list[Row], includes: set[str]) -> dict[str, Any]:
        first = shapes_goods.product(self.state, rows[0])
        shown: dict[str, Any] = {
            "id": rows[0].data["family_id"],
            "name": first["name"],
            "handle": first["handle"],
            "description": first["description"],
            "source": first["source"],
            "created_at": first["created_at"],
            "updated_at": first["updated_at"],
            "products": [row.id for row in rows],
        }
        if "brands" in includes:
            shown["brand"] = first["brand"]
        if "categories" in includes:
            shown["product_category"] = first["product_category"]
        if "tags" in includes:
            shown["tags"] = first["categories"]
        if "variant_attributes" in includes:
            options = {(one["id"], one["name"]) for row in rows for one in row.data["variant_options"]}
            shown["variant_attributes"] = [{"id": key, "name": name} for key, name in sorted(options)]
        return shown

    def _channel(self, row: Row) -> dict[str, Any]:
        return {
            "id": row.id,
            "store_url": row.data["store_url"],
            "channel_type": row.data["channel_type"],
            "register_id": row.data["register_id"],
            "payment_type_id": row.data["payment_type_id"],
            "inventory_outlet_ids": [],
            "created_at": iso(row.created_at),
            "sales_last_imported_at": iso(row.updated_at),
            "products_last_imported_at": iso(row.updated_at),
        }

    def _promotion(self, row: Row) -> dict[str, Any]:
        return {
            "id": row.id,
            "name": row.data["name"],
            "description": row.data["name"],
            "start_time": iso(row.created_at),
            "end_time": None,
            "condition": {"type": "condition_product_set"},
            "action": {"type": "discount_percentage", "value": row.data["percent"]},
            "loyalty_multiplier": 1.0,
            "outlet_ids": [outlet.id for outlet in self.state.outlets],
            "channels": ["Register"],
            "customer_group_ids": [self.state.group_id],
            "status": "active",
            "use_promo_code": bool(row.data["promo_code"]),
        }
