"""The simple resources: list, single, add, batch, update, delete, by one rule for all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from fakes.sitoo import goods, lists, shipments
from fakes.sitoo.documents import Documents, Key, Row
from fakes.sitoo.door import answer, batch, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import View, mount
from fakes.sitoo.request import Asked, batch_or_one, body, read_field_names, read_list, read_query
from fakes.sitoo.state import State

_ADDS = ("GET", "POST")
_CHANGES = ("GET", "PUT", "DELETE")
Writer = Callable[[State, Row], Key]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a resource may do: methods of the list and of one row. With PUT, the list takes batches."""

    name: str
    filters: dict[str, str]
    whole: tuple[str, ...] = _ADDS
    single: tuple[str, ...] = _CHANGES
    on_site: bool = True
    key_text: bool = False


KINDS = (
    Kind("sites", {}, ("GET",), ("GET",), on_site=False),
    Kind("stores", {}),
    Kind("warehouses", {}),
    Kind(
        "users",
        {
            "email": "text",
            "customernumber": "text",
            "personalid": "text",
            "mobile": "text",
            "userid": "texts",
        },
        (*_ADDS, "PUT"),
        key_text=True,
    ),
    Kind("categories", {}),
    Kind("productgroups", {}),
    Kind("manufacturers", {}, (*_ADDS, "PUT", "DELETE")),
    Kind("reasoncodes", {"type": "ints"}, on_site=False),
    Kind("salestaxes", {}),
    Kind("salestaxgroups", {}),
    Kind("pricelists", {}),
    Kind("vouchers", {}),
    Kind(
        "shipments",
        {"shipmentid": "ints", "sender_warehouseid": "int", "receiver_warehouseid": "int", "archived": "int"},
        single=("GET", "PUT"),
        on_site=False,
    ),
    Kind(
        "products",
        {"sku": "text", "includeinactive": "bool", "datelastmodified": "int"},
        (*_ADDS, "PUT", "DELETE"),
    ),
)
BATCH_MAX = 1000


class DocumentRoutes:
    """The routes of one resource."""

    def __init__(self, state: State, kind: Kind) -> None:
        self.state = state
        self.kind = kind

    @property
    def docs(self) -> Documents:
        return self.state.docs[self.kind.name]

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register what this resource may do."""
        root = f"{base}/sites/<site>/{self.kind.name}" if self.kind.on_site else f"{base}/{self.kind.name}"
        whole: dict[str, View] = {"GET": self.list_rows, "POST": self.add}
        whole |= {"PUT": self.batch_update, "DELETE": self.batch_remove}
        single: dict[str, View] = {"GET": self.single, "PUT": self.update, "DELETE": self.remove}
        mount(api, f"{root}.json", {method: whole[method] for method in self.kind.whole})
        mount(api, f"{root}/<key>.json", {method: single[method] for method in self.kind.single})

    def list_rows(self) -> Response:
        schema = self.docs.schema
        asked = read_list(self.kind.filters, schema.shown, self.state.switches)
        keys = self._keys(asked)
        page = keys[asked.start : asked.start + asked.num]
        names = asked.fields or schema.listed
        return envelope(len(keys), [self._row(key, names) for key in page])

    def single(self, key: str) -> Response:
        given = read_query({"fields": "texts"}, self.state.switches)
        names = read_field_names(given.get("fields"), self.docs.schema.shown, self.state.switches)
        return answer(self._row(self._key(key), names or self.docs.schema.shown))

    def add(self) -> Response:
        read_query({}, self.state.switches)
        items, many = batch_or_one(body(), BATCH_MAX) if "PUT" in self.kind.whole else ([body()], False)
        return batch(items, many, self._add)

    def update(self, key: str) -> Response:
        return answer(self._update(self._key(key), body()))

    def remove(self, key: str) -> Response:
        return answer(self._remove(self._key(key)))

    def batch_update(self) -> Response:
        items, many = batch_or_one(body(), BATCH_MAX)
        return batch(items, many, lambda item: self._update(self._key_in(item), item))

    def batch_remove(self) -> Response:
        items, many = batch_or_one(body(), BATCH_MAX)
        return batch(items, many, lambda item: self._remove(self._key_in(item)))

    def _keys(self, asked: Asked) -> list[Key]:
        filters, state = asked.filters, self.state
        if self.kind.name == "users":
            return user_keys(state, dict(filters))
        if self.kind.name == "products":
            return product_keys(state, dict(filters))
        if self.kind.name == "shipments":
            return shipments.shipment_keys(state, dict(filters))
        keys = list(self.docs)
        if "type" in filters:
            keys = [key for key in keys if self.docs.value(key, "type") in filters["type"]]
        return keys

    def _row(self, key: Key, names: tuple[str, ...]) -> Row:
        if self.kind.name in SHAPES:
            whole = SHAPES[self.kind.name](self.state, int(key))
            return {name: whole[name] for name in names}
        return self.docs.part(key, names)

    def _add(self, given: Any) -> Key:
        row = self.docs.read(given, self.state.switches.unknown_field, partial=False)
        row.pop(self.docs.schema.key, None)
        self.state.version += 1
        return WRITERS[self.kind.name](self.state, row) if self.kind.name in WRITERS else self.docs.add(row)

    def _update(self, key: Key, given: Any) -> bool:
        row = self.docs.read(given, self.state.switches.unknown_field, partial=True)
        row.pop(self.docs.schema.key, None)
        self.state.version += 1
        changed = CHANGERS.get(self.kind.name)
        if changed is None:
            self.docs.update(key, row)
        else:
            changed(self.state, key, row)
        return True

    def _remove(self, key: Key) -> bool:
        self.state.version += 1
        if self.kind.name == "users":
            goods.delete_user(self.state, self.state.now(), str(key))
        elif self.kind.name == "pricelists":
            lists.remove_list(self.state, int(key))
        else:
            self.docs.remove(key)
            if self.kind.name == "products":
                # Rows of old orders keep their face.
                self.state.face_of.pop(int(key), None)
        return True

    def _key(self, text: str) -> Key:
        key: Key = text if self.kind.key_text else whole_number(text)
        if key not in self.docs.rows:
            raise Refused(404)
        return key

    def _key_in(self, item: Any) -> Key:
        name = self.docs.schema.key
        key = item.get(name) if isinstance(item, dict) else None
        if not isinstance(key, int | str) or isinstance(key, bool):
            raise Refused(400, f"{self.docs.schema.name}: {name} is required.")
        if key not in self.docs.rows:
            raise Refused(404)
        return key


def user_keys(state: State, filters: dict[str, Any]) -> list[Key]:
    """Users that match all filters; the look-up by e-mail is quick."""
    keys: list[Key] = list(state.users)
    if "email" in filters:
        found = state.email_users.get(filters.pop("email").lower())
        keys = [found] if found is not None else []
    if "userid" in filters:
        wanted = set(filters.pop("userid"))
        keys = [key for key in keys if key in wanted]
    return [
        key for key in keys if all(state.users.value(key, name) == text for name, text in filters.items())
    ]


def product_keys(state: State, filters: dict[str, Any]) -> list[Key]:
    """Active articles unless `includeinactive`; `datelastmodified` is a lower bound."""
    products, since = state.products, filters.get("datelastmodified", 0)
    return [
        key
        for key in products
        if (filters.get("includeinactive") or products.value(key, "active"))
        and ("sku" not in filters or products.value(key, "sku") == filters["sku"])
        and products.value(key, "datemodified") >= since
    ]


def _add_dated(name: str) -> Writer:
    def add(state: State, row: Row) -> Key:
        now = state.now()
        dates = {"datecreated": now} | ({} if name == "vouchers" else {"datemodified": now})
        return state.docs[name].add({**row, **dates})

    return add


def _add_user(state: State, row: Row) -> Key:
    now = state.now()
    try:
        return goods.keep_user(state, {**row, "datecreated": now, "datemodified": now})
    except ValueError as error:
        raise goods.refuse(error) from None


def _edit_user(state: State, key: Key, row: Row) -> None:
    try:
        goods.edit_user(state, state.now(), str(key), row)
    except ValueError as error:
        raise goods.refuse(error) from None


def _add_product(state: State, row: Row) -> Key:
    goods.check_sku(state, row.get("sku"), ())
    now = state.now()
    product_id = int(state.products.add({**_with_category(row), "datecreated": now, "datemodified": now}))
    goods.refresh_face(state, product_id)
    return product_id


def _edit_product(state: State, key: Key, row: Row) -> None:
    goods.check_sku(state, row.get("sku"), (key,))
    state.products.update(key, {**_with_category(row), "datemodified": state.now()})
    goods.refresh_face(state, int(key))


def _with_category(row: Row) -> Row:
    category = row.get("defaultcategoryid")
    if category is not None and category not in row.get("categories", []):
        row = {**row, "categories": [*row.get("categories", []), category]}
    return row


def _edit_group(state: State, key: Key, row: Row) -> None:
    state.docs["productgroups"].update(key, row)
    for product_id in state.products:
        if state.products.value(product_id, "vatid") == key:
            goods.refresh_face(state, int(product_id))


def _edit_category(state: State, key: Key, row: Row) -> None:
    state.docs["categories"].update(key, {**row, "datemodified": state.now()})


WRITERS: dict[str, Writer] = {
    "users": _add_user,
    "products": _add_product,
    "categories": _add_dated("categories"),
    "vouchers": _add_dated("vouchers"),
    "shipments": shipments.add_shipment,
    "salestaxgroups": lists.add_tax_group,
    "pricelists": lists.add_list,
}
CHANGERS: dict[str, Callable[[State, Key, Row], None]] = {
    "users": _edit_user,
    "products": _edit_product,
    "productgroups": _edit_group,
    "categories": _edit_category,
    "shipments": shipments.edit_shipment,
    "salestaxgroups": lists.edit_tax_group,
    "pricelists": lists.edit_list,
}
SHAPES: dict[str, Callable[[State, int], Row]] = {
    "products": goods.product_json,
    "salestaxgroups": lists.tax_group_json,
}
