"""One account's books: both sides read, compared, and told apart by cause."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from monitor import accounting, limits
from monitor.acquaint import KnowsProfiles
from monitor.causes import Known, sale_of_key
from monitor.compare import Comparison, Terms
from monitor.details import details, orphans_to_ask
from monitor.explain import explained
from monitor.findings import finding_of, remainder_finding
from monitor.lags import LATE_S, Beside, measured
from monitor.offsets import Offset, offsets
from monitor.profiles import PeopleFound, compare_people
from monitor.reading import ASKED_MAX, Sides, Watched, ask_again
from monitor.report_data import (
    AccountingRow,
    Finding,
    FindingKind,
    KindTotal,
    Limit,
    ReportAccount,
    ReportDay,
    ReportExclusion,
    ReportLag,
    ReportSegment,
    ReportShop,
    ReportSkipped,
    SideTotals,
    ZoneDiagnosis,
)
from monitor.segments import segments, skipped
from monitor.silence import silences, silent_shop_days
from monitor.twins import twins
from monitor.witness import Judging, Witnessed, witnessed
from monitor.zones import UTC_ZONE, diagnose
from sync.domain.clock import Window
from sync.domain.errors import CannotRead
from sync.domain.planning import Kind
from sync.http.errors import ApiTrouble

_SALE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what can be an id of a sale; no till has others


_BATCH_ROWS = 500  # findings explained at once


@dataclass(frozen=True, slots=True)
class Request:
    """What to reconcile: local dates, both included, judged as of an instant."""

    first_day: date
    last_day: date
    as_of: datetime
    settle_s: int  # what changed more recently is not called missing yet
    tolerance_minor: int = 0  # by how much amounts may differ without being a finding
    late_s: int = LATE_S  # after how long a sale that arrived is called late


@dataclass(frozen=True, slots=True)
class Asked:
    """What the POS said when asked by id for the sales of events that had none."""

    asked: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    trouble: str = ""
    path: Path | None = None  # more evidence of the POS side


class Books:
    """One account's comparison, judged. Everything here can be read until it is closed."""

    def __init__(self, watched: Watched, request: Request, sides: Sides, folder: Path) -> None:
        """Compare; then ask the POS about events without a sale, and compare again with what it said."""
        self.watched, self.sides = watched, sides
        self._request, self._folder = request, folder
        self._offsets = self._spans()
        self._unwatched = limits.unread_metrics(watched, sides)
        self._names = {shop.shop_id: shop.name for shop in sides.facts.shops.values()}
        self._comparison = self._compare(())
        self._asked = self._ask()
        if self._asked.path is not None:
            self._comparison.close()
            self._comparison = self._compare((self._asked.path,))
        self.zone: ZoneDiagnosis = diagnose(self._comparison, watched.name, self._offsets)
        self.people = PeopleFound()
        self.lags: tuple[ReportLag, ...] = ()
        self.witnessed = Witnessed()
        self._asides: list[Limit] = []
        self.special: tuple[Finding, ...] = tuple(self._specials())

    def close(self) -> None:
        """Give back memory and spilled files."""
        self._comparison.close()

    def account(self) -> ReportAccount:
        """Who was compared with whom."""
        facts, klaviyo = self.sides.facts, self.sides.klaviyo
        return ReportAccount(
            self.watched.name, self.watched.source_name, facts.account_id, facts.name,
            klaviyo.public_id, klaviyo.zone, klaviyo.currency, self.watched.key_property,
        )  # fmt: skip

    def rows(self) -> Iterator[AccountingRow]:
        """The closed accounting, row by row."""
        return accounting.all_rows(self._comparison, self.watched.name, self._names)

    def findings(self) -> Iterator[Finding]:
        """Every finding, gravest first."""
        yield from self.special
        known, journal = self._known(), self.watched.journal
        kinds = {name: kind.value for kind, name in self.watched.preset.metrics.items()}
        rows = details(self._comparison)
        while batch := [(row, finding_of(row, known, self._names)) for row in islice(rows, _BATCH_ROWS)]:
            yield from [one for _, one in batch] if journal is None else explained(batch, journal, kinds)

    def kinds(self) -> dict[FindingKind, KindTotal]:
        """How often each kind was found and what it adds up to, without signs."""
        found: dict[FindingKind, dict[str, tuple[int, int]]] = {}
        for kind, currency, count, minor in self._comparison.rows(_KINDS):
            found.setdefault(FindingKind(kind), {})[currency] = (int(count), int(minor))
        for finding in self.special:
            money = found.setdefault(finding.kind, {})
            count, minor = money.get(finding.currency, (0, 0))
            money[finding.currency] = (count + 1, minor + abs(finding.difference_minor))
        return {kind: _total(money) for kind, money in found.items()}

    def days(self) -> list[ReportDay]:
        """The calendar."""
        zones = self.sides.places.zones()
        return accounting.by_day(
            self._comparison,
            self.watched.name,
            zones[0] if len(zones) == 1 else "",
            {day: found for day, found in self._found_by("business_day").items() if isinstance(day, date)},
        )

    def shops(self) -> list[ReportShop]:
        """Each shop with its rows."""
        found = self._found_by("shop_id")
        places = self.sides.places
        return [
            ReportShop(
                self.watched.name, shop, self._names.get(shop, ""), rows[0].zone, places.zone_known(shop),
                *found.get(shop, (0, {})), tuple(rows),
            )
            for shop, rows in accounting.by_shop(self._comparison, self.watched.name, self._names).items()
        ]  # fmt: skip

    def side(self) -> SideTotals:
        """The receipts of the window by what became of them."""
        read = self.sides.expected
        feeds = sum(1 for aside in read.unread if aside.subject == "feed")
        return accounting.side_totals(
            self._comparison, self.watched.name, units=read.unit_count,
            events=self.sides.observed.event_count, unread=read.unread_count - feeds,
        )  # fmt: skip

    def totals(self) -> list[AccountingRow]:
        """One row per metric and currency over the whole window."""
        return accounting.by_metric(self._comparison, self.watched.name)

    def exclusions(self) -> list[ReportExclusion]:
        """What was left out on purpose, and why."""
        return accounting.exclusions(self._comparison, self.watched.name)

    def segments(self) -> list[ReportSegment]:
        """The POS side cut by shop, register, channel and zone."""
        return segments(self._comparison, self.watched.name, self._names)

    def skipped(self) -> list[ReportSkipped]:
        """What each reason keeps out of Klaviyo in each shop."""
        return skipped(self._comparison, self.watched.name, self._names)

    def limits(self) -> list[Limit]:
        """What was not looked at or could not be read."""
        told = limits.of_reading(self.watched, self.sides, self._request.as_of, self._asked.trouble)
        return [*told, *self._asides, *self.witnessed.limits]

    def unwatched(self) -> list[str]:
        """The metrics that could not be compared."""
        return sorted(self._unwatched)

    def sale_metrics(self) -> frozenset[str]:
        """The metrics that stand for a receipt as a whole."""
        names = self.watched.preset.metrics
        return frozenset(names[kind] for kind in (Kind.PLACED, Kind.REFUNDED) if kind in names)

    def _spans(self) -> list[Offset]:
        zones = {
            *self.sides.places.zones(),
            *self.sides.expected.zones_seen,
            self.sides.klaviyo.zone,
            self.sides.places.fallback_zone,
            UTC_ZONE,
        }
        last_at = datetime.fromtimestamp(self.sides.observed.last_s + 1, UTC)  # maybe in the future
        window = self.sides.read_window
        old = min(self.sides.expected.old_seconds, default=None)  # of sales voided now
        first_at = window.start_at if old is None else datetime.fromtimestamp(old - 1, UTC)
        return offsets(zones, Window(min(first_at, window.start_at), max(window.end_at, last_at)))

    def _compare(self, more: tuple[Path, ...]) -> Comparison:
        sides, request = self.sides, self._request
        comparison = Comparison(self._folder)
        try:
            comparison.load(
                (*sides.expected_paths, *more),
                sides.observed_paths,
                Terms(
                    as_of_s=int(request.as_of.timestamp()),
                    settle_s=request.settle_s,
                    read_from_s=int(sides.read_window.start_at.timestamp()),
                    read_to_s=int(sides.read_window.end_at.timestamp()),
                    first_day=request.first_day,
                    last_day=request.last_day,
                    fallback_zone=sides.places.fallback_zone,
                    klaviyo_zone=sides.klaviyo.zone,
                    tolerance_minor=request.tolerance_minor,
                    own_head=self._key_head() if self.watched.ours else "",
                ),
                self._offsets,
                [(shop_id, sides.places.zone_of(shop_id)) for shop_id in sorted(sides.places.shops)],
                unwatched=sorted(self._unwatched),
            )
            comparison.judge()
        except BaseException:
            comparison.close()
            raise
        return comparison

    def _ask(self) -> Asked:
        """Ask the POS by id for the sales of events that have none: a proof, and late or moved sales."""
        total, wanted = self._orphans()
        if not total:
            return Asked()
        known = self.sides.expected.sale_ids
        new = sorted(wanted - known)
        try:
            path, found = ask_again(self.watched, self.sides, new, self._folder) if new else (None, set())
        except ApiTrouble as trouble:
            return Asked(trouble=f"the POS could not be asked about events without a sale: {trouble}")
        told = limits.asked_too_many(total) if total > ASKED_MAX else ""
        return Asked(frozenset(wanted), frozenset(found | (wanted & known)), told, path if found else None)

    def _orphans(self) -> tuple[int, set[str]]:
        ((total,),) = self._comparison.rows(
            "SELECT count(*) FROM finding_rows WHERE kind IN ('orphaned', 'future_dated') AND unit_no IS NULL"
        )
        head = self._key_head()
        named = (
            sale_of_key(key, head) or order for key, order in orphans_to_ask(self._comparison, ASKED_MAX)
        )
        return int(total), {sale_id for sale_id in named if _SALE_ID.fullmatch(sale_id)}

    def _known(self) -> Known:
        return Known(
            account=self.watched.name,
            key_head=self._key_head(),
            absent_metrics=frozenset(m.name for m in self.sides.metrics if not m.metric_ids),
            asked_sales=self._asked.asked,
            found_sales=self._asked.found,
            zone=self.zone,
            ours=self.watched.ours,
            silent=frozenset((shop, day) for shop, day, *_ in silent_shop_days(self._comparison)),
        )

    def _key_head(self) -> str:
        return f"{self.watched.source_name}:{self.sides.facts.account_id}:"

    def _specials(self) -> Iterator[Finding]:
        for row in list(accounting.open_rows(self._comparison, self.watched.name, self._names)):
            yield remainder_finding(row)
        yield from silences(self._comparison, self.watched.name, self._names)
        yield from self._witnesses()
        yield from self._twins()
        yield from self._compare_people()
        if self.watched.journal is not None:
            lags, late = measured(
                self._comparison, self.watched.name, self.watched.journal, self._names, self._request.late_s,
                beside=Beside(
                    self.watched.sightings, self.sides.receipts_path, self._folder / "lags.parquet"
                ),
            )  # fmt: skip
            self.lags = tuple(lags)
            yield from late

    def _twins(self) -> list[Finding]:
        """Other integrations that report the same sales. What cannot be read is said, and stops nothing."""
        sides = self.sides
        currency = sides.facts.currency or sides.klaviyo.currency
        try:
            return list(
                twins(
                    self._comparison, self.watched.name, self.watched.reader, sides.metrics,
                    window=sides.read_window, currency=currency,
                )
            )  # fmt: skip
        except ApiTrouble as trouble:
            self._asides.append(limits.not_looked_at("the metrics of the same name", trouble))
            return []

    def _witnesses(self) -> tuple[Finding, ...]:
        """What the tills counted by themselves. Where that cannot be read it is said, and stops nothing."""
        request = self._request
        judging = Judging(request.as_of, request.settle_s, request.tolerance_minor)
        try:
            self.witnessed = witnessed(self._comparison, self.watched, self.sides, judging, self._names)
        except (ApiTrouble, CannotRead) as trouble:
            self._asides.append(limits.not_looked_at("what the tills counted by themselves", trouble))
        return self.witnessed.findings

    def _compare_people(self) -> tuple[Finding, ...]:
        watched = self.watched
        if watched.people is None:
            return ()
        try:
            self.people = compare_people(
                self._comparison, watched.name, self.sides.expected.customers, watched.people,
                names=self._names, subscribes=watched.preset.subscribe,
                since=watched.reader.known_since if isinstance(watched.reader, KnowsProfiles) else None,
            )  # fmt: skip
        except ApiTrouble as trouble:
            self._asides.append(limits.not_looked_at("whose profile the events hang on", trouble))
        if self.people.trouble:
            self._asides.append(limits.people_cut(self.people.trouble))
        return self.people.findings

    def _found_by(self, column: str) -> dict[object, tuple[int, dict[str, int]]]:
        found: dict[object, tuple[int, dict[str, int]]] = {}
        query = (
            f"SELECT {column}, currency, count(*), CAST(sum(abs(difference_minor)) AS BIGINT)"  # noqa: S608 - a column of ours
            " FROM finding_rows GROUP BY ALL ORDER BY ALL"
        )
        for name, currency, count, minor in self._comparison.rows(query):
            before, money = found.get(name, (0, {}))
            found[name] = (before + int(count), {**money, currency: int(minor)})
        for one in self.special:
            if one.kind in _OF_SALES:
                name = one.shop if column == "shop_id" else one.business_day
                before, money = found.get(name, (0, {}))
                more = money.get(one.currency, 0) + abs(one.difference_minor)
                found[name] = (before + 1, {**money, one.currency: more})
        return found


def _total(money: dict[str, tuple[int, int]]) -> KindTotal:
    return KindTotal(
        sum(count for count, _ in money.values()),
        sum(minor for _, minor in money.values()),
        {currency: minor for currency, (_, minor) in sorted(money.items()) if currency},
    )


_OF_SALES = frozenset({FindingKind.WRONG_PROFILE, FindingKind.LATE, FindingKind.CONTROL_TOTAL})
_KINDS = """
SELECT kind, currency, count(*), CAST(sum(abs(difference_minor)) AS BIGINT)
FROM finding_rows GROUP BY kind, currency ORDER BY kind, currency
"""
