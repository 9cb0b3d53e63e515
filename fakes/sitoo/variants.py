"""Setting an article's variants: what is not named is deleted."""

from typing import TYPE_CHECKING, Any

from fakes.sitoo import goods
from fakes.sitoo.documents import Field, Row, read_fields
from fakes.sitoo.errors import Refused
from fakes.sitoo.schemas_goods import PRODUCTS, VARIANT_FIELDS

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_GROUP = {one.name: one for one in (Field("name", "text", "", "w"), Field("options", "texts", [], "w"))}
_VARIANT: dict[str, Field] = {
    **{name: one for name in VARIANT_FIELDS if (one := PRODUCTS.field(name)) is not None},
    "productid": Field("productid", "int", 0, "w"),
    "attributes": Field("attributes", "texts", [], "w"),
}
_BODY = {
    one.name: one for one in (Field("groups", "objects", [], "w"), Field("variants", "objects", [], "w"))
}
_INHERITED = ("vatid", "defaultcategoryid", "categories", "manufacturerid", "description", "unitlabel")


def family(state: "State", product_id: int) -> list[int]:
    """The article's variants in the order they were added; an article without any is alone."""
    parent = state.products.value(product_id, "variantparentid")
    return [
        int(key)
        for key in state.products
        if key == product_id
        or (parent is not None and state.products.value(key, "variantparentid") == parent)
    ]


def set_variants(state: "State", product_id: int, given: Any) -> None:
    """Replace the article's variants by those of the body. Raises Refused(400), and then changes nothing."""
    unknown, old = state.switches.unknown_field, family(state, product_id)
    whole = read_fields(_BODY.get, given, unknown=unknown, name="productvariants")
    groups = [read_fields(_GROUP.get, one, unknown=unknown, name="group") for one in whole.get("groups", [])]
    rows = [
        read_fields(_VARIANT.get, one, unknown=unknown, name="variant") for one in whole.get("variants", [])
    ]
    words = _checked(state, old, groups, rows)
    parent = state.products.value(product_id, "variantparentid") or product_id
    inherited = {name: state.products.value(product_id, name) for name in _INHERITED}
    kept = {row["productid"] for row in rows if row.get("productid")}
    for key in old:
        if key not in kept and key != product_id:
            state.products.remove(key)
            state.face_of.pop(key, None)
    made = [_keep(state, row, inherited, text) for row, text in zip(rows, words, strict=True)]
    for key in made:
        state.products.update(key, {"variantparentid": parent if parent in made else made[0]})
    if product_id not in made:
        state.products.remove(product_id)
        state.face_of.pop(product_id, None)
    state.version += 1


def _keep(state: "State", row: Row, inherited: Row, words: str) -> int:
    now, fields = state.now(), {name: row[name] for name in row if name not in ("productid", "attributes")}
    key = row.get("productid")
    if key:
        state.products.update(key, {**fields, "datemodified": now})
    else:
        key = int(state.products.add({**inherited, **fields, "datecreated": now, "datemodified": now}))
    goods.refresh_face(state, key, words)
    return int(key)


def _checked(state: "State", old: list[int], groups: list[Row], rows: list[Row]) -> list[str]:
    """The attributes of each variant as rows of orders show them: "Color: Red, Size: M"."""
    if not rows or not groups:
        raise Refused(400, "productvariants: groups and variants are required.")
    skus = [row.get("sku") for row in rows]
    named = [row["productid"] for row in rows if row.get("productid")]
    if any(not sku for sku in skus) or len(set(skus)) != len(skus):
        raise Refused(400, "productvariants: each variant needs a sku of its own.")
    if len(set(named)) != len(named) or not set(named) <= set(old):
        raise Refused(400, "productvariants: productid must be 0 or one of the present variants.")
    for row in rows:
        goods.check_sku(state, row["sku"], old)
    return [_words(groups, row) for row in rows]


def _words(groups: list[Row], row: Row) -> str:
    values = row.get("attributes", [])
    if len(values) != len(groups) or any(
        value not in group.get("options", []) for value, group in zip(values, groups, strict=True)
    ):
        raise Refused(400, "productvariants: attributes must name one option of each group, in their order.")
    return ", ".join(f"{group.get('name', '')}: {value}" for value, group in zip(values, groups, strict=True))
