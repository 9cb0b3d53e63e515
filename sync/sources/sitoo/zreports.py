"""Z-reports: what each till counted between its opening and its closing, as control totals.

Old tills do not say when they were opened; their interval begins where the report before it ended.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sync.domain.clock import Window
from sync.domain.errors import CannotRead
from sync.domain.money import to_minor
from sync.sources.protocol import ControlTotal
from sync.sources.sitoo import wire
from sync.sources.sitoo.client import SitooClient
from sync.sources.sitoo.places import Places

_ZREPORTS = wire.rows_decoder("z-report", wire.ZReport, "zreportid")
_ZERO = Decimal(0)


def control_totals(client: SitooClient, places: Places, window: Window) -> Sequence[ControlTotal]:
    """The totals of every interval closed in the window, by register and time."""
    filters = {
        "datecreatedfrom": str(int(window.start_at.timestamp())),
        "datecreatedto": str(int(window.end_at.timestamp())),
    }
    found: list[ControlTotal] = []
    for register_id in sorted(places.registers):
        path = f"cashregisters/{register_id}/zreports.json"
        rows = {row.zreportid: row for row in client.rows(path, _ZREPORTS, (), filters)}
        found += _of_register(register_id, rows.values(), places, window)
    return found


def _of_register(
    register_id: str, rows: Iterable[wire.ZReport], places: Places, window: Window
) -> Iterable[ControlTotal]:
    for row in sorted(rows, key=lambda each: each.datecreated or 0):
        total = control_total(register_id, row, places)
        if total.closed_at in window:
            yield total


def control_total(register_id: str, row: wire.ZReport, places: Places) -> ControlTotal:
    """One report. Raises CannotRead without the time it was made."""
    if not row.datecreated:
        raise CannotRead("no_time", "the Z-report has no datecreated")
    currency = (row.currencycode or places.currencies.get(register_id) or places.facts.currency).upper()
    return ControlTotal(
        str(row.zreportid),
        register_id,
        places.by_register.get(register_id, ""),
        currency,
        datetime.fromtimestamp(row.dateopened, UTC) if row.dateopened else None,
        datetime.fromtimestamp(row.datecreated, UTC),
        row.numsales or 0,
        to_minor(row.moneysalestotal or _ZERO, currency),
        row.numrefund or 0,
        abs(to_minor(row.moneyrefundtotal or _ZERO, currency)),
        row.numreceipts,
        row.numpractice or 0,
        to_minor(row.moneypractice or _ZERO, currency),
        to_minor(row.moneyroundoff or _ZERO, currency),
        places.register_keys.get(register_id, ""),
    )
