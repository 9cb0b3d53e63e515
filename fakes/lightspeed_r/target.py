"""Which rows a path means: a list, one row, a list below a row, or something done to a row."""

from dataclasses import dataclass

from fakes.kit.refusing import Refused
from fakes.lightspeed_r.entities import ENTITIES, Entity
from fakes.lightspeed_r.formats import bare

# Rows that also have a path below another row: the field that must name that row.
BELOW = {
    ("Sale", "SaleLine"): "saleID",
    ("Item", "Image"): "itemID",
    ("ItemMatrix", "Image"): "itemMatrixID",
    ("Workorder", "WorkorderItem"): "workorderID",
    ("Workorder", "WorkorderLine"): "workorderID",
}
# What can be done to a row beside writing it: the method and the price in drips.
ACTIONS = {
    ("Sale", "refund"): ("POST", 10),
    ("Sale", "EmailReceipt"): ("POST", 5),
    ("Customer", "Anonymize"): ("DELETE", 1),
}


@dataclass(frozen=True, slots=True)
class Target:
    """`row_id` None: the list. `parent` is (field, id) of the row above. `action` is done to the row."""

    entity: Entity
    row_id: int | None = None
    parent: tuple[str, int] | None = None
    action: str = ""


def resolve(segments: list[str]) -> Target:
    """Read the path below an account. Raises `Refused` (404)."""
    names = [*segments[:-1], bare(segments[-1])]
    if len(names) > 1 and names[1] == "CustomField":
        rest = names[2:]
        if len(rest) > 1:
            raise Refused(404, "There is no such path.")
        return Target(_entity(f"{names[0]}/CustomField"), _row_id(rest[0]) if rest else None)
    entity = _entity(names[0])
    if len(names) == 1:
        return Target(entity)
    row_id = _row_id(names[1])
    if len(names) == 2:
        return Target(entity, row_id)
    return _below(entity, row_id, names[2:])


def _below(entity: Entity, row_id: int, names: list[str]) -> Target:
    if (entity.name, names[0]) in ACTIONS and len(names) == 1:
        return Target(entity, row_id, action=names[0])
    field = BELOW.get((entity.name, names[0]))
    if field is None:
        raise Refused(404, f"Controller for '{names[0][:60]}' not found.")
    child = _entity(names[0])
    return Target(child, _row_id(names[1]) if len(names) > 1 else None, parent=(field, row_id))


def _entity(name: str) -> Entity:
    entity = ENTITIES.get(name)
    if entity is None or entity.hidden:
        raise Refused(404, f"Controller for '{name[:60]}' not found.")
    return entity


def _row_id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Refused(404, f"There is no row '{text[:60]}'.")
    return int(text)
