"""Writing customers and customer groups."""

import re
from typing import Any

from fakes.kit.refusing import Refused
from fakes.lightspeed_x import asking, goods, people, shapes_old, shapes_people
from fakes.lightspeed_x.gate import ANY, NEW, Call, Gate
from fakes.lightspeed_x.paging import Pager
from fakes.lightspeed_x.records import Customer, Row
from fakes.lightspeed_x.routes_lists import found

WRITE = ("customers:write",)
STRICT_POSTCODES = (2026, 7)
# Forty countries are checked by the vendor; these are the ones whose form is common knowledge.
_POSTCODES = {
    "US": r"\d{5}(-\d{4})?",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "AU": r"\d{4}",
    "NZ": r"\d{4}",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
}


class People:
    """POST, PUT and DELETE of customers; groups and their members."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.state = gate.state
        self.pager = Pager(gate.state, gate.faults)

    def add(self) -> None:
        route, one = self.gate.route, "/customers/<row_id>"
        members = "/customer_groups/<row_id>/customers"
        route("POST", "/customers", self.create, scopes=WRITE, generations=ANY)
        route("PUT", one, self.update, scopes=WRITE, generations=ANY)
        route("DELETE", one, self.delete, scopes=WRITE, generations=NEW)
        route("POST", "/customer_groups", self.create_group, scopes=WRITE)
        route("GET", members, self.members, scopes=("customers:read",))
        route("POST", members, self.join, scopes=WRITE)
        route("DELETE", members, self.leave, scopes=WRITE)

    def create(self, call: Call) -> tuple[Any, int]:
        fields = self._fields(call, None)
        groups = (fields["customer_group_id"],) if fields.get("customer_group_id") else ()
        code = fields.get("customer_code")
        customer_id = people.create(self.state, fields, call.at, groups=groups, code=code)
        return self._shown(call, self.state.customer(customer_id)), 200 if call.generation == "0.9" else 201

    def update(self, call: Call) -> tuple[Any, int]:
        customer = found(self.state.customers, call, "customer")
        fields = self._fields(call, customer)
        self.state.when(call.at, "edit_customer", customer.id, fields)
        return self._shown(call, customer), 200

    def delete(self, call: Call) -> tuple[Any, int]:
        customer = found(self.state.customers, call, "customer")
        if customer.id == self.state.walkin_id:
            raise Refused(422, "the walk-in customer cannot be deleted")
        self.state.when(call.at, "delete_customer", customer.id)
        return None, 204

    def create_group(self, call: Call) -> tuple[Any, int]:
        name = asking.text(call.body(), "name", required=True) or ""
        if ("customer_groups", name) in self.state.names:
            raise Refused(409, "a customer group with this name already exists")
        row = self.state.customer_groups.rows[goods.group(self.state, name)]
        return {"data": shapes_people.customer_group(self.state, row)}, 201

    def members(self, call: Call) -> tuple[Any, int]:
        group = self._group(call)
        everybody = group.id == self.state.group_id

        def wanted(row: Customer) -> bool:
            return row.deleted_at is None and (everybody or group.id in row.group_ids)

        rows, bounds = self.pager.newest(self.state.customers, call, wanted, self.state.switches.page_max)
        return {"data": [shapes_people.customer(self.state, row) for row in rows], "version": bounds}, 200

    def join(self, call: Call) -> tuple[Any, int]:
        group, customers = self._group(call), self._named(call)
        for customer in customers:
            if group.id not in customer.group_ids:
                customer.group_ids = (*customer.group_ids, group.id)
                self.state.changed(self.state.customers, customer, call.at)
        return True, 201

    def leave(self, call: Call) -> tuple[Any, int]:
        group, customers = self._group(call), self._named(call)
        for customer in customers:
            if group.id in customer.group_ids:
                customer.group_ids = tuple(one for one in customer.group_ids if one != group.id)
                self.state.changed(self.state.customers, customer, call.at)
        return None, 204

    def _group(self, call: Call) -> Row:
        group: Row = found(self.state.customer_groups, call, "customer group")
        return group

    def _named(self, call: Call) -> list[Customer]:
        rows = [self.state.customers.find(one) for one in asking.words(call.body(), "customer_ids") or ()]
        if None in rows:
            raise Refused(404, "customer not found")
        return [row for row in rows if row is not None]

    def _shown(self, call: Call, customer: Customer) -> dict[str, Any]:
        if call.generation == "0.9":
            return {"customer": shapes_old.customer(self.state, customer)}
        return {"data": shapes_people.customer(self.state, customer)}

    def _fields(self, call: Call, old: Customer | None) -> dict[str, Any]:
        """What the body sets, checked; members the API does not know are ignored."""
        body = call.body()
        fields: dict[str, Any] = {}
        for name, default in people.FIELDS.items():
            if name not in body:
                continue
            if isinstance(default, bool):
                fields[name] = asking.flag(body, name, default=default)
            elif name == "on_account_limit":
                fields[name] = None if body[name] is None else asking.number(body, name)
            else:
                # Null takes a value away.
                given = asking.text(body, name)
                fields[name] = default if given is None else given
        for name in ("customer_code", "customer_group_id"):
            if asking.text(body, name):
                fields[name] = asking.text(body, name)
        asking.known(self.state.customer_groups, fields.get("customer_group_id"), "customer_group_id")
        self._check(call, fields, old)
        return fields

    def _check(self, call: Call, fields: dict[str, Any], old: Customer | None) -> None:
        if fields.get("gender") not in (None, "", "M", "F"):
            raise Refused(422, "gender must be M or F")
        if self.state.switches.email_unique and fields.get("email"):
            taken = (
                one
                for one in self.state.customers
                if one is not old and one.deleted_at is None and one.text("email") == fields["email"]
            )
            if next(taken, None) is not None:
                raise Refused(422, "email is already used by another customer")
        if call.version.dated >= STRICT_POSTCODES:
            _check_postcodes(fields, old)


def _check_postcodes(fields: dict[str, Any], old: Customer | None) -> None:
    for kind in ("physical", "postal"):
        name = f"{kind}_country_id"
        country = fields.get(name) or (old.text(name) if old else "")
        code = str(fields.get(f"{kind}_postcode") or "").upper()
        form = _POSTCODES.get(country)
        if form and code and not re.fullmatch(form, code):
            raise Refused(422, f"{kind}_postcode is not valid for {country}")
