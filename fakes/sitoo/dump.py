"""The whole truth as one JSON object, and back: for `GET` and `PUT /_fake/state`."""

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.sitoo.lines import COLUMNS
from fakes.sitoo.records import Contact, Delivery, Face, GiftCard, Moved, Odd, Order, Register, Subscription
from fakes.sitoo.zreports import ZReport

if TYPE_CHECKING:
    from fakes.sitoo.state import State

_REPORT = [name for name in ZReport.__slots__ if name not in ("places", "practices")]
_ORDER = [name for name in Order.__slots__ if name not in ("contact", "shown")]


def dump(state: "State") -> dict[str, Any]:
    """Documents as they are kept, rows as columns, orders with the number of their contact."""
    state.settle()
    contacts = list(state.contacts)
    numbers = {contact: number for number, contact in enumerate(contacts)}
    return {
        "ids": state.ids.dump(),
        "documents": {name: documents.dump() for name, documents in state.docs.items()},
        "registers": [msgspec.to_builtins(one) for one in state.registers],
        "zones": [[key, zone] for key, zone in state.zones.items()],
        "faces": [list(face) for face in state.faces],
        "face_of": [list(pair) for pair in state.face_of.items()],
        "images": [[key, rows] for key, rows in state.images.items()],
        "crm": state.crm,
        "contacts": [msgspec.to_builtins(contact) for contact in contacts],
        "orders": [_order_out(order, numbers.get(order.contact, 0)) for order in state.orders],
        "shown": [place for place, order in enumerate(state.orders) if order.shown],
        "lines": {
            **{name: getattr(state.lines, name).tolist() for name in COLUMNS},
            "odd": [[place, msgspec.to_builtins(odd)] for place, odd in state.lines.odd.items()],
        },
        "undelivered": sorted(state.undelivered),
        "returned": [[place, list(row)] for place, row in state.returned.items()],
        "reports": [_report_out(one) for reports in state.reports.values() for one in reports],
        "stock": _stock_out(state),
        "gift_cards": [msgspec.to_builtins(card) for card in state.gift_cards.values()],
        "agenda": [list(entry) for entry in sorted(state.agenda.due, key=lambda one: one[:2])],
        "agenda_count": state.agenda.count,
        "subscriptions": [msgspec.to_builtins(one) for one in state.events.subscriptions],
        "pending_events": [list(one) for one in state.events.pending],
    }


def load(state: "State", dumped: Mapping[str, Any]) -> None:
    """Put a dumped truth in place of the present one. Raises ValueError or KeyError when it is not one.

    Everything is read before anything is replaced; deliveries already queued are not part of the truth.
    """
    read = _read(dumped)
    state.reset()
    state.ids.load(dict(dumped["ids"]))
    for name, documents in state.docs.items():
        documents.load(dumped["documents"][name])
    state.email_users = {str(state.users.value(key, "email")).lower(): key for key in state.users}
    state.registers = read["registers"]
    state.register_numbers = {one.id: one.number for one in state.registers}
    state.zones = {int(key): zone for key, zone in dumped["zones"]}
    state.faces = read["faces"]
    state.face_of = {int(key): int(face) for key, face in dumped["face_of"]}
    state.images = {int(key): rows for key, rows in dumped["images"]}
    state.crm = {key: dict(crm) for key, crm in dumped["crm"].items()}
    state.contacts = {contact: contact for contact in read["contacts"]}
    state.undelivered = set(dumped["undelivered"])
    state.returned = {int(place): tuple(row) for place, row in dumped["returned"]}
    _load_lines(state, dumped["lines"], read["odd"])
    _load_orders(state, read["orders"], set(dumped["shown"]))
    _load_reports(state, read["reports"])
    _load_stock(state, dumped["stock"])
    state.gift_cards = {card.number: card for card in read["gift_cards"]}
    state.agenda.due = [(at, order, action, tuple(args)) for at, order, action, args in dumped["agenda"]]
    state.agenda.count = int(dumped["agenda_count"])
    state.events.subscriptions[:] = read["subscriptions"]
    state.events.pending = [(kind, at, data) for kind, at, data in dumped["pending_events"]]
    state.version += 1


def _read(dumped: Mapping[str, Any]) -> dict[str, Any]:
    contacts = msgspec.convert(dumped["contacts"], list[Contact])
    return {
        "contacts": contacts,
        "registers": msgspec.convert(dumped["registers"], list[Register]),
        "faces": [Face(*face) for face in dumped["faces"]],
        "odd": {int(place): msgspec.convert(odd, Odd) for place, odd in dumped["lines"]["odd"]},
        "orders": [_order_in(raw, contacts) for raw in dumped["orders"]],
        "reports": [_report_in(raw) for raw in dumped["reports"]],
        "gift_cards": msgspec.convert(dumped["gift_cards"], list[GiftCard]),
        "subscriptions": msgspec.convert(dumped["subscriptions"], list[Subscription]),
    }


def _order_out(order: Order, contact: int) -> list[Any]:
    return [contact, *(getattr(order, name) for name in _ORDER)]


def _order_in(raw: list[Any], contacts: list[Contact]) -> Order:
    named = dict(zip(_ORDER, raw[1:], strict=True))
    return Order(contact=contacts[raw[0]], **named)


def _report_out(report: ZReport) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(report, name) for name in _REPORT}
    return {**row, "places": list(report.places), "practices": list(report.practices)}


def _report_in(raw: Mapping[str, Any]) -> ZReport:
    arrays: dict[str, Any] = {name: array("I", raw[name]) for name in ("places", "practices")}
    return ZReport(**{name: raw[name] for name in _REPORT}, **arrays)


def _stock_out(state: "State") -> dict[str, Any]:
    stock = state.stock
    return {
        "moves": stock.moves.tolist(),
        "others": [msgspec.to_builtins(one) for one in stock.others],
        "deliveries": [msgspec.to_builtins(one) for one in stock.by_id.values()],
        "plain": [list(pair) for pair in stock.plain.items()],
        "last_delivery": stock.last_delivery,
        "last_item": stock.last_item,
    }


def _load_stock(state: "State", raw: Mapping[str, Any]) -> None:
    stock = state.stock
    stock.moves = array("q", raw["moves"])
    stock.others = msgspec.convert(raw["others"], list[Moved])
    for one in msgspec.convert(raw["deliveries"], list[Delivery]):
        stock.by_id[one.id] = one
        stock.deliveries.setdefault(one.order_id, []).append(one)
    stock.plain = {int(place): int(delivery) for place, delivery in raw["plain"]}
    stock.last_delivery, stock.last_item = int(raw["last_delivery"]), int(raw["last_item"])


def _load_lines(state: "State", raw: Mapping[str, Any], odd: dict[int, Odd]) -> None:
    for name in COLUMNS:
        getattr(state.lines, name).extend(raw[name])
    state.lines.odd = odd


def _load_orders(state: "State", orders: list[Order], shown: set[int]) -> None:
    for order in orders:
        place = state.orders.add(order)
        if place in shown:
            state.orders.show(order)


def _load_reports(state: "State", reports: list[ZReport]) -> None:
    for report in reports:
        state.reports.setdefault(report.register, []).append(report)
