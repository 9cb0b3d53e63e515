"""Cash registers and their Z-reports, by register and for the whole account."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from fakes.sitoo.door import answer, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import mount
from fakes.sitoo.records import Register
from fakes.sitoo.request import read_list, read_query
from fakes.sitoo.state import State
from fakes.sitoo.zreports import ZReport, figures

POS_REPORTS_MAX = 500


class TillRoutes:
    """`/sites/{siteid}/cashregisters` and `/pos-z-reports`."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register the routes below an account's base path."""
        root = f"{base}/sites/<site>/cashregisters"
        one = f"{root}/<register>"
        mount(api, f"{root}.json", {"GET": self.list_registers})
        mount(api, f"{one}.json", {"GET": self.single})
        mount(api, f"{one}/zreports.json", {"GET": self.reports})
        mount(api, f"{one}/zreports/<report>.json", {"GET": self.report})
        mount(api, f"{base}/pos-z-reports.json", {"GET": self.pos_reports})

    def list_registers(self) -> Response:
        asked = read_list({"includeunregistered": "bool"}, (), self.state.switches)
        page = self.state.registers[asked.start : asked.start + asked.num]
        return envelope(len(self.state.registers), [self._register_json(one) for one in page])

    def single(self, register: str) -> Response:
        return answer(self._register_json(self._register(register)))

    def reports(self, register: str) -> Response:
        """The till's reports, newest first as in the published example."""
        kinds = {"datecreatedfrom": "int", "datecreatedto": "int"}
        asked = read_list(kinds, (), self.state.switches)
        low, high = asked.filters.get("datecreatedfrom", 0), self._until(asked.filters.get("datecreatedto"))
        found = [
            one
            for one in self.state.reports.get(self._register(register).number, ())
            if low <= one.created < high
        ][::-1]
        page = found[asked.start : asked.start + asked.num]
        return envelope(len(found), [figures(self.state, one) for one in page])

    def report(self, register: str, report: str) -> Response:
        number = whole_number(report)
        for one in self.state.reports.get(self._register(register).number, ()):
            if one.number == number:
                return answer(figures(self.state, one))
        raise Refused(404)

    def pos_reports(self) -> Response:
        """A bare array, oldest added first, at most 500."""
        kinds = {
            "eshopid": "ints",
            "store_id": "texts",
            "registerid": "texts",
            "dateaddedfrom": "int",
            "dateaddedto": "int",
        }
        asked = read_query(kinds, self.state.switches)
        low, high = asked.get("dateaddedfrom", 0), self._until(asked.get("dateaddedto"))
        found = [
            one
            for reports in self.state.reports.values()
            for one in reports
            if low <= one.added < high and self._meant(one, asked)
        ]
        found.sort(key=lambda one: (one.added, one.register, one.number))
        return answer([self._pos_report_json(one) for one in found[:POS_REPORTS_MAX]])

    def _until(self, to: int | None) -> int:
        if to is None:
            return 1 << 62
        return to + (self.state.switches.z_report_date_to == "inclusive")

    def _meant(self, report: ZReport, asked: dict[str, Any]) -> bool:
        register = self.state.registers[report.register - 1]
        external = self.state.store_of(register).get("externalid")
        return (
            ("eshopid" not in asked or self.state.site_id in asked["eshopid"])
            and ("store_id" not in asked or external in asked["store_id"])
            and ("registerid" not in asked or register.id in asked["registerid"])
        )

    def _pos_report_json(self, report: ZReport) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in figures(self.state, report).items():
            made[name] = value
            if name == "dateopened":
                made["dateadded"] = report.added
        return made

    def _register(self, text: str) -> Register:
        number = self.state.register_numbers.get(text)
        if number is None:
            raise Refused(404)
        return self.state.registers[number - 1]

    def _register_json(self, register: Register) -> dict[str, Any]:
        store = self.state.store_of(register)
        return {
            "registerid": register.id,
            "manufacturerid": f"SITOO{register.id.strip('{}').replace('-', '')}",
            "registerkey": register.key,
            "company": self.state.company,
            "companyid": "556677-8899",
            "address": store.get("address", ""),
            "address2": store.get("address2", ""),
            "zip": store.get("zip", ""),
            "city": store.get("city", ""),
            "state": store.get("state", ""),
            "countryid": store.get("countryid"),
            "currencycode": register.currency,
            "receiptlanguagetag": "en",
            "storesettingid": 1,
            "warehouseid": register.warehouse_id,
            "salestaxgroupid": None,
        }
