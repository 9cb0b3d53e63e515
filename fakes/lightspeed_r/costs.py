"""What a request costs in drips, by the rules in force since March 2026. Exact decimals, no floats."""

from collections.abc import Set as AbstractSet
from decimal import Decimal

from fakes.lightspeed_r.filters import Condition, is_range
from fakes.lightspeed_r.relations import MANY, RELATIONS

BASE = Decimal(1)
COUNT = Decimal(10)
UNSORTED = Decimal(4)
_PRICE = {"one": Decimal("0.1"), "many": Decimal("0.2")}


def relations_cost(entity: str, loaded: AbstractSet[str], *, many_rows: bool, twice: bool) -> Decimal:
    """0.1 for a relation to one row, 0.2 to many; doubled in a list or below a to-many relation.

    Whether a nested relation in a list is doubled twice is not documented: `twice` says.
    """
    known, total = RELATIONS.get(entity, {}), Decimal(0)
    for name in loaded:
        parent = name.rpartition(".")[0]
        doublings = int(many_rows) + int(known.get(parent) == MANY)
        factor = 2**doublings if twice else 2 ** min(doublings, 1)
        total += _PRICE[known[name]] * factor
    return total


def or_cost(operands: list[Condition]) -> Decimal:
    """The price of an `or=`.

    Free on one field; +1 per operand on one entity with at most one range; else +10 per entity and +1
    per extra operand.
    """
    if len({operand.field for operand in operands}) <= 1:
        return Decimal(0)
    entities = [operand.field.rpartition(".")[0] for operand in operands]
    ranges = sum(is_range(operand) for operand in operands)
    if len(set(entities)) == 1 and ranges <= 1:
        return Decimal(len(operands))
    return Decimal(10 * len(set(entities)) + len(operands) - len(set(entities)))


def v2_cost(offset: int, per_row: str, *, sortable: bool) -> Decimal:
    """What V2 adds: a little for every row skipped, and 4 for a sort that no index serves."""
    return Decimal(per_row) * offset + (0 if sortable else UNSORTED)


def drip_text(amount: Decimal | float) -> str:
    """A level, cost or rate as the headers write it: "1", "1.5", "13.654105901717"."""
    text = f"{amount:.12f}".rstrip("0").rstrip(".")
    return text or "0"
