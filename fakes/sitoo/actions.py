"""What happens at an instant, now or when the clock gets there: by name, so that the agenda can be saved."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fakes.sitoo import goods, trade
from fakes.sitoo.wire import instant_of
from fakes.sitoo.zreports import make_report

if TYPE_CHECKING:
    from fakes.sitoo.state import State


def _deliver(state: "State", at: int, order_id: int, warehouse: int, items: list[list[int]]) -> None:
    pairs = [(item, quantity) for item, quantity in items]
    state.stock.deliver(state, state.sale(order_id), at, warehouse=warehouse, items=pairs, ref="")


def _close_register(state: "State", at: int, register_number: int, report_number: int) -> None:
    register = state.registers[register_number - 1]
    report = make_report(state, register, report_number, at)
    state.reports.setdefault(register_number, []).append(report)
    data = {"eshop_id": state.site_id, "register_id": register.id, "z_report_id": report_number}
    state.events.tell("z-report", at, data)


def _store_closed(state: "State", at: int, store_id: int) -> None:
    external = state.stores.value(store_id, "externalid")
    day = instant_of(at).astimezone(ZoneInfo(state.zones.get(store_id, "UTC"))).date().isoformat()
    data = {"eshop_id": state.site_id, "store_id": external, "store_z_report_id": f"{external}-{day}"}
    state.events.tell("store-z-report", at, data)


MAY_BE_GONE = frozenset({"deliver", "store_closed", "edit_user", "delete_user"})
"""Over HTTP somebody may have deleted whom or what these were about."""
ACTIONS: Mapping[str, Callable[..., None]] = {
    "show": trade.show,
    "change": trade.change,
    "log": trade.log,
    "email_receipt": trade.email_receipt,
    "deliver": _deliver,
    "close_register": _close_register,
    "store_closed": _store_closed,
    "edit_user": goods.edit_user,
    "delete_user": goods.delete_user,
}
