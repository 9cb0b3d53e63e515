"""A merchant with Sitoo tills in Stockholm, in process: both fakes, the sync, the monitor, one clock."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fakes.klaviyo.eventstore import StoredEvent
from fakes.sitoo.records import LineIn
from monitor.report_data import Report, VerdictCode
from scenarios.harness.world import World

OPENING = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday, 09:00 in Stockholm
DAY = date(2026, 3, 2)
HEAD = "sitoo:90001:"


class SitooWorld:
    """One shop with two tills; Ann is a user, tea costs 100.00 and a mug 250.00 with 25 % VAT in it."""

    def __init__(self, folder: Path, *, account: Mapping[str, Any] | None = None) -> None:
        self.world = World(folder, OPENING, source="sitoo", account=account)
        self.clock, self.state = self.world.clock, self.world.till.state
        self.store = self.state.add_store(
            "Drottninggatan", external_id="S1", time_zone="Europe/Stockholm", registers=2
        )
        self.till, self.other = self.state.registers_of(self.store)
        self.tea = self.state.add_product("Tea", sku="TE-1", price="100.00", vat="25")
        self.mug = self.state.add_product("Mug", sku="MG-1", price="250.00", vat="25")
        self.ann = self.state.add_user(
            "Ann", "Lee", email="ann.lee@northwind.dev", mobile="0701740605", at=self.now()
        )

    def now(self) -> datetime:
        return self.clock.now()

    def lines(self, teas: int = 1, mugs: int = 0) -> list[LineIn]:
        return [LineIn(item, count) for item, count in ((self.tea, teas), (self.mug, mugs)) if count]

    def sell(self, teas: int = 1, mugs: int = 0, **more: Any) -> int:
        """A sale to Ann, at the first till, now."""
        more.setdefault("user_id", self.ann)
        at = more.pop("at", self.now())
        return int(self.state.sell(more.pop("till", self.till), at, self.lines(teas, mugs), **more))

    def once(self) -> Any:
        self.clock.advance(60)
        return self.world.once()

    def stored(self) -> list[StoredEvent]:
        """Every event in Klaviyo, in the order of arrival."""
        found: list[StoredEvent] = self.world.klaviyo.state.find_events()
        return found

    def events(self) -> list[tuple[str, str, str]]:
        """Every event but the products as metric, id behind the account's, and value; sorted."""
        return sorted(
            (event.metric_name, event.unique_id.removeprefix(HEAD), str(event.value))
            for event in self.stored()
            if event.metric_name != "Ordered Product"
        )

    def report(self, out: Path, first: date = DAY, last: date = DAY) -> Report:
        """Reconcile, after the events have settled."""
        self.clock.advance(36 * 3600)
        return self.world.reconcile(first, last, out)

    def agrees(self, out: Path, first: date = DAY, last: date = DAY) -> None:
        """Both sides agree, with nothing left over."""
        report = self.report(out, first, last)
        assert report.verdict is VerdictCode.AGREES, report.sentence
        assert {(row.remainder_count, row.remainder_minor) for row in report.accounting} == {(0, 0)}

    def left_out(self, out: Path) -> dict[str, tuple[int, int]]:
        """What the monitor finds left out of Placed Order and Refunded Order, by reason: count and money."""
        report = self.report(out)
        assert report.verdict is VerdictCode.AGREES, report.sentence
        assert {(row.remainder_count, row.remainder_minor) for row in report.accounting} == {(0, 0)}
        found: dict[str, tuple[int, int]] = {}
        for each in report.exclusions:
            if each.metric != "Ordered Product":
                count, minor = found.get(each.reason, (0, 0))
                found[each.reason] = count + each.excluded_count, minor + each.excluded_minor
        return found

    def close(self) -> None:
        self.world.close()
