"""Price lists and sales tax groups: what writing them does."""

import re
from typing import TYPE_CHECKING, Any

from fakes.sitoo.documents import Key, Row
from fakes.sitoo.errors import Refused

if TYPE_CHECKING:
    from fakes.sitoo.state import State

LISTS_MAX = 100
DEFAULT_LIST = 1
_CURRENCY = re.compile(r"[A-Z]{3}")


def add_list(state: "State", row: Row) -> Key:
    """A new price list; a hundred are allowed."""
    lists = state.docs["pricelists"]
    if len(lists) >= LISTS_MAX:
        raise Refused(400, f"pricelist: at most {LISTS_MAX} price lists are allowed.")
    _check_currency(row)
    return lists.add({"currencycode": state.currency, **row})


def edit_list(state: "State", key: Key, row: Row) -> None:
    """Change a price list."""
    _check_currency(row)
    state.docs["pricelists"].update(key, row)


def remove_list(state: "State", key: int) -> None:
    """Forget a price list and its prices; the default one stays, because every system has it."""
    if key == DEFAULT_LIST:
        raise Refused(400, "pricelist: the default price list cannot be deleted.")
    state.docs["pricelists"].remove(key)
    items = state.docs["pricelistitems"]
    for item in [one for one in items if items.value(one, "pricelistid") == key]:
        items.remove(item)


def add_tax_group(state: "State", row: Row) -> Key:
    """A new group of sales taxes that exist already."""
    return state.docs["salestaxgroups"].add(_with_taxes(state, row))


def edit_tax_group(state: "State", key: Key, row: Row) -> None:
    """Change a group; its taxes are replaced when they are named."""
    state.docs["salestaxgroups"].update(key, _with_taxes(state, row))


def tax_group_json(state: "State", key: int) -> Row:
    """A group with its taxes as they are now; one that was deleted since is left out."""
    row, taxes = state.docs["salestaxgroups"].whole(key), state.docs["salestaxes"]
    ids = [one["salestaxid"] for one in row["salestaxes"]]
    return {**row, "salestaxes": [taxes.whole(tax) for tax in ids if tax in taxes.rows]}


def _with_taxes(state: "State", row: Row) -> Row:
    if "salestaxes" not in row:
        return row
    return {**row, "salestaxes": [{"salestaxid": _tax(state, one)} for one in row["salestaxes"]]}


def _tax(state: "State", given: dict[str, Any]) -> int:
    tax = given.get("salestaxid")
    if not isinstance(tax, int) or isinstance(tax, bool) or tax not in state.docs["salestaxes"].rows:
        raise Refused(400, "salestaxgroup: salestaxes takes objects with the salestaxid of a sales tax.")
    return tax


def _check_currency(row: Row) -> None:
    if "currencycode" in row and not _CURRENCY.fullmatch(row["currencycode"]):
        raise Refused(400, "pricelist: currencycode must be three capital letters.")
