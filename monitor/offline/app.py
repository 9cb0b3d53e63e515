"""Two exports in, one report out: the same report, files and exit codes as a reconciliation of live sides."""

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree

import duckdb

from monitor import verdict
from monitor.causes import Known
from monitor.compare import Comparison
from monitor.offline import drift, rollups
from monitor.offline.engine import Compared, Options, Told, compare, engine_of
from monitor.outputs import FINDINGS_MAX, Outputs, cut, write_json
from monitor.report import write
from monitor.report_data import (
    EXIT_CODES,
    FORMAT,
    Limit,
    Report,
    ReportAccount,
    ReportWindow,
    ZoneDiagnosis,
    ZoneStatus,
)
from monitor.words import counted, verb
from monitor.zones import diagnose_pairs, nothing_to_explain
from sync.domain.clock import Window, days_window
from sync.domain.planning import Kind

_DIAGNOSED_MAX = 20  # accounts with most shifted events; the others are told to be compared alone


def compare_exports(
    expected: Path, observed: Path, out: Path, options: Options, told: Told = lambda _: None
) -> Report:
    """Compare two files and write report.html, report.json, drift.csv and drift.parquet into `out`.

    `told` hears what is being done, in a few words. The report returned holds no accounting rows, of which
    there may be very many: they are in report.json.
    Raises WrongExport (a ValueError) for files that make no sense, LostRows when the comparison itself went
    wrong, and OSError when `out` cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    outputs, scratch = Outputs(out), out / "scratch"
    scratch.mkdir(exist_ok=True)
    engine = engine_of(scratch, options)
    try:
        compared = compare(engine, expected, observed, options, scratch=scratch, told=told)
        told("writing the report")
        report = _report(compared, options, outputs)
        rollups.write_rows(engine, scratch / "accounting.json")
        amiss = rollups.amiss(engine)
        engine.close()  # gives its memory back before the page takes some
        write_json(report, outputs.json, scratch / "accounting.json")
    except duckdb.OutOfMemoryException:
        raise ValueError(
            "the comparison needs more memory, or more room on the disk of --out, than it has; raise "
            "--memory-limit or compare fewer days"
        ) from None
    finally:
        engine.close()
        rmtree(scratch, ignore_errors=True)
    write(report, outputs.html, amiss)
    return report


def _report(compared: Compared, options: Options, outputs: Outputs) -> Report:
    engine = compared.engine
    zones = tuple(_zones(compared))
    absent = frozenset(metric for (metric,) in engine.rows("SELECT metric FROM absent_metrics"))
    best = {one.account: one for one in zones}
    # An event may name an account that the till's side does not know.
    named = {name for (name,) in engine.rows("SELECT DISTINCT account FROM accounting")}
    accounts = sorted({*compared.accounts, *named})
    known = {name: drift.known(name, best.get(name), absent) for name in accounts}
    _find(engine, zones)
    drift.prepare(engine, known)
    drift.write(engine, outputs.drift_parquet, outputs.drift)
    return _told(compared, options, zones, accounts, known)


def _told(
    compared: Compared,
    options: Options,
    zones: Sequence[ZoneDiagnosis],
    accounts: Sequence[str],
    known: dict[str, Known],
) -> Report:
    engine = compared.engine
    kinds = rollups.kinds(engine)
    found = sum(total.count for total in kinds.values())
    shown = drift.cards(engine, known, FINDINGS_MAX)
    told = list(_limits(compared))
    if found > len(shown):
        told.append(cut(len(shown), found, "The report", "drift.csv and drift.parquet have them all."))
    code = verdict.code(kinds, told, judged=True)
    sides, totals = rollups.sides(engine, accounts), rollups.by_metric(engine)
    receipts = {options.metrics.get(kind.value, "") for kind in (Kind.PLACED, Kind.REFUNDED)}
    missing: dict[str, int] = {}
    for row in totals:
        missing[row.metric] = missing.get(row.metric, 0) + row.missing_count
    return Report(
        format=FORMAT,
        verdict=code,
        exit_code=EXIT_CODES[code],
        sentence=verdict.sentence(
            code,
            sides,
            kinds,
            told,
            missing_by_metric=missing,
            sale_metrics=frozenset(receipts) & missing.keys(),
        ),
        next_step=verdict.next_step(code, kinds, told, ours=False),
        as_of=compared.as_of,
        settle_s=options.settle_s,
        window=_window(compared),
        accounts=tuple(_accounts(engine, accounts)),
        sides=tuple(sides),
        totals=tuple(totals),
        days=tuple(rollups.days(engine, accounts, compared.first_day, compared.last_day)),
        shops=tuple(rollups.shops(engine)),
        exclusions=(),
        zones=tuple(zones),
        limits=tuple(told),
        findings_by_kind=kinds,
        findings=tuple(shown),
        accounting=(),
    )


def _accounts(engine: Comparison, accounts: Sequence[str]) -> list[ReportAccount]:
    sources = dict(engine.rows("SELECT account, min(source) FROM expected_rows GROUP BY account"))
    return [
        ReportAccount(name, sources.get(name, ""), name, name, "", "", "", "sale_id") for name in accounts
    ]


def _window(compared: Compared) -> ReportWindow:
    windows = [days_window(compared.first_day, compared.last_day, zone) for zone in compared.zones]
    whole = Window(min(w.start_at for w in windows), max(w.end_at for w in windows))
    return ReportWindow(compared.first_day, compared.last_day, whole.start_at, whole.end_at, compared.zones)


def _zones(compared: Compared) -> list[ZoneDiagnosis]:
    """One diagnosis per account with events on other days, of those with most of them."""
    engine = compared.engine
    shifted = {account: int(count) for account, count in engine.rows(_SHIFTED)}
    tried = sorted(shifted, key=lambda account: (-shifted[account], account))[:_DIAGNOSED_MAX]
    made = []
    for account in compared.accounts:
        if account not in tried:
            if account not in shifted:
                made.append(nothing_to_explain(account))
            continue
        engine.db.execute("CREATE OR REPLACE TABLE diagnosed AS SELECT ? AS account", [account])
        engine.run("offline_zone_pairs")
        made.append(diagnose_pairs(engine, account, compared.offsets))
        for table in ("zone_pairs", "zone_names", "zone_walls"):
            engine.db.execute(f"DROP TABLE {table}")
    return made


def _find(engine: Comparison, zones: Sequence[ZoneDiagnosis]) -> None:
    engine.db.execute("CREATE TABLE zone_best (account VARCHAR, sales_zone VARCHAR, events_zone VARCHAR)")
    proven = [
        (one.account, one.best.sales_zone, one.best.events_zone)
        for one in zones
        if one.status is ZoneStatus.PROVEN and one.best is not None
    ]
    engine.fill("zone_best", proven)
    engine.run("offline_5_findings")


def _limits(compared: Compared) -> list[Limit]:
    unwatched = [
        Limit(
            "metric_not_compared",
            f"{counted(count, 'event')} of {metric} {verb(count, 'was')} not compared: no kind stands for it",
            f"Name its kind (--metric 'KIND={metric}') or leave it out of the file.",
        )
        for metric, count in compared.unwatched.items()
    ]
    zoneless = [
        Limit(
            "zoneless_instants",
            f"happened_at in {export.path.name} names no time zone and was read as UTC",
            "Export it as an instant with its zone.",
        )
        for export in (compared.expected, compared.observed)
        if export.zoneless
    ]
    return [*unwatched, *zoneless]


_SHIFTED = """
SELECT account, count(*) FROM differences
WHERE status = 'delivered' AND event_day <> unit_day GROUP BY account
"""
