"""The monitor's composition root: accounts in, one report out.

Trouble in reading a side never becomes agreement: the report then says that it could not judge.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree

import duckdb

from monitor import verdict
from monitor.compare import LostRows
from monitor.driftfile import DriftFiles, Kept
from monitor.expected import Places
from monitor.lags import LATE_S
from monitor.outputs import FINDINGS_MAX, Outputs, cut, write_json
from monitor.reading import Progress, Watched, read_sides, unseen
from monitor.reconcile import Books, Request
from monitor.report_data import (
    EXIT_CODES,
    FORMAT,
    AccountingRow,
    Finding,
    FindingKind,
    KindTotal,
    Limit,
    Report,
    ReportWindow,
)
from sync.domain.clock import Clock, SystemClock, Window, business_day, days_window
from sync.domain.errors import CannotRead
from sync.http.errors import ApiTrouble, NotPermitted, Reconnect

SETTLE_S = 2 * 3600  # an hourly sync, and Klaviyo's own delay
DAYS_MAX = 400  # Klaviyo keeps more, but a longer window belongs into several runs

Render = Callable[[Report, Path], object]


def build(
    accounts: Sequence[Watched], *, clock: Clock | None = None, progress: Progress = unseen
) -> "Monitor":
    """The monitor of these accounts, with the page for people. `clock` replaces the machine's."""
    from monitor.report import write  # noqa: PLC0415 - the page's parts are slow to load

    return Monitor(accounts, clock or SystemClock(), write, progress)


def last_days(clock: Clock, count: int, zones: Iterable[str] = ("UTC",)) -> tuple[date, date]:
    """The last `count` days that have ended in every one of `zones`: the first and the last of them."""
    now = clock.now()
    last = min(business_day(now, zone) for zone in zones) - timedelta(days=1)
    return last - timedelta(days=count - 1), last


def zones_of(accounts: Sequence[Watched]) -> set[str]:
    """The zones of all shops, and Klaviyo's where a shop has none; UTC where an account cannot be asked now.

    What cannot be asked is not lost: reconciling asks again and says so.
    """
    zones: set[str] = set()
    for watched in accounts:
        try:
            shops = watched.source.account().shops
            zones.update(Places(dict(shops), watched.reader.account().zone).zones())
        except (ApiTrouble, CannotRead):
            zones.add("UTC")
    return zones or {"UTC"}


class Monitor:
    """Reconciles some accounts. Holds no state between runs."""

    def __init__(
        self,
        accounts: Sequence[Watched],
        clock: Clock,
        render: Render,
        progress: Progress = unseen,
    ) -> None:
        """`render` writes the page for people; `progress` is told about rows as they are read."""
        self._accounts = accounts
        self._clock = clock
        self._render = render
        self._progress = progress

    def reconcile(
        self,
        first_day: date,
        last_day: date,
        out_dir: Path,
        settle_s: int = SETTLE_S,
        *,
        tolerance_minor: int = 0,
        late_s: int = LATE_S,
    ) -> Report:
        """Reconcile the local dates from `first_day` to `last_day`, both included, and write all outputs.

        Differences younger than `settle_s` are still settling; amounts may differ by `tolerance_minor`.
        A sale that took more than `late_s` while the sync was down is late.
        Raises ValueError for a window that makes no sense and OSError when `out_dir` cannot be written.
        Trouble with an upstream is part of the report instead.
        """
        if last_day < first_day:
            raise ValueError(f"the window ends ({last_day}) before it begins ({first_day})")
        if (last_day - first_day).days >= DAYS_MAX:
            raise ValueError(f"at most {DAYS_MAX} days at once; split the window")
        as_of = self._clock.now().replace(microsecond=0)
        request = Request(first_day, last_day, as_of, settle_s, tolerance_minor, late_s)
        outputs = Outputs(out_dir)
        with ExitStack() as stack:
            books, troubles = self._books(request, outputs, stack)
            report = _report(books, troubles, request, outputs)
        write_json(report, outputs.json)
        self._render(report, outputs.html)
        return report

    def _books(self, request: Request, outputs: Outputs, stack: ExitStack) -> tuple[list[Books], list[Limit]]:
        books: list[Books] = []
        troubles: list[Limit] = []
        for watched in self._accounts:
            folder = outputs.evidence(watched.name)
            rmtree(folder, ignore_errors=True)  # of an earlier run
            folder.mkdir(parents=True, exist_ok=True)
            try:
                sides = read_sides(
                    watched, (request.first_day, request.last_day), request.as_of, folder, self._progress
                )
                books.append(stack.enter_context(closing(Books(watched, request, sides, folder))))
            except (ApiTrouble, CannotRead, LostRows, duckdb.Error) as trouble:
                troubles.append(_trouble(watched, trouble))
            stack.callback(rmtree, folder / "spill", ignore_errors=True)
        return books, troubles


def _report(books: Sequence[Books], troubles: Sequence[Limit], request: Request, outputs: Outputs) -> Report:
    kinds = _kinds(books)
    found = sum(total.count for total in kinds.values())
    shown = _findings(books, outputs)
    told = [*troubles, *(limit for one in books for limit in one.limits())]
    if found > len(shown):
        told.append(cut(len(shown), found, "The report", "drift.csv and drift.parquet have them all."))
    sides = tuple(one.side() for one in books)
    totals = tuple(row for one in books for row in one.totals())
    code = verdict.code(kinds, told, judged=bool(books))
    return Report(
        format=FORMAT,
        verdict=code,
        exit_code=EXIT_CODES[code],
        sentence=verdict.sentence(
            code,
            sides,
            kinds,
            told,
            missing_by_metric=_missing(totals),
            sale_metrics=frozenset(name for one in books for name in one.sale_metrics()),
            not_compared=sorted({name for one in books for name in one.unwatched()}),
        ),
        next_step=verdict.next_step(code, kinds, told, ours=all(one.watched.ours for one in books)),
        as_of=request.as_of,
        settle_s=request.settle_s,
        window=_window(books, request),
        accounts=tuple(one.account() for one in books),
        sides=sides,
        totals=totals,
        days=tuple(day for one in books for day in one.days()),
        shops=tuple(shop for one in books for shop in one.shops()),
        exclusions=tuple(row for one in books for row in one.exclusions()),
        zones=tuple(one.zone for one in books),
        limits=tuple(told),
        findings_by_kind=kinds,
        findings=shown,
        accounting=tuple(row for one in books for row in one.rows()),
        segments=tuple(row for one in books for row in one.segments()),
        skipped=tuple(row for one in books for row in one.skipped()),
        lags=tuple(row for one in books for row in one.lags),
        consent=tuple(row for one in books for row in one.people.consent),
        controls=tuple(row for one in books for row in one.witnessed.controls),
    )


def _kinds(books: Sequence[Books]) -> dict[str, KindTotal]:
    found: dict[FindingKind, list[KindTotal]] = {}
    for one in books:
        for kind, total in one.kinds().items():
            found.setdefault(kind, []).append(total)
    return {kind.value: _summed(found[kind]) for kind in FindingKind if kind in found}


def _summed(totals: Sequence[KindTotal]) -> KindTotal:
    money: dict[str, int] = {}
    for total in totals:
        for currency, minor in total.by_currency.items():
            money[currency] = money.get(currency, 0) + minor
    count, minor = sum(t.count for t in totals), sum(t.total_minor for t in totals)
    return KindTotal(count, minor, dict(sorted(money.items())))


def _findings(books: Sequence[Books], outputs: Outputs) -> tuple[Finding, ...]:
    """Write the complete list and keep the gravest for the report."""
    kept = Kept(FINDINGS_MAX)
    with DriftFiles(outputs.drift, outputs.drift_parquet) as files:
        for one in books:
            for finding in one.findings():
                files.write(finding)
                kept.add(finding)
    return kept.findings()


def _missing(totals: Sequence[AccountingRow]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in totals:
        found[row.metric] = found.get(row.metric, 0) + row.missing_count
    return found


def _window(books: Sequence[Books], request: Request) -> ReportWindow:
    zones = tuple(sorted({zone for one in books for zone in one.sides.places.zones()})) or ("UTC",)
    windows = [days_window(request.first_day, request.last_day, zone) for zone in zones]
    whole = Window(min(w.start_at for w in windows), max(w.end_at for w in windows))
    return ReportWindow(request.first_day, request.last_day, whole.start_at, whole.end_at, zones)


def _trouble(watched: Watched, trouble: Exception) -> Limit:
    words = f"{watched.name} could not be judged: {trouble}"
    if isinstance(trouble, Reconnect):
        remedy = f"Connect the account again (tillproof accounts connect {watched.name}), then run again."
    elif isinstance(trouble, NotPermitted):
        remedy = "Grant the permission it names, then run again."
    elif isinstance(trouble, LostRows | duckdb.Error):
        remedy = "Keep the evidence folder and report this: it is a fault of the monitor or a full disk."
    else:
        remedy = "Run it again later; if it stays, check the upstream's status."
    return Limit("could_not_read", words, remedy, blocks=True)
