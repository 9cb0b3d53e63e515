"""Carrying out what happens at the machines: time, the sync, the monitor, faults."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from fakes.kit.faults import FaultRefused
from monitor.alerting.deliver import deliver_due
from monitor.alerting.desk import desk_of
from monitor.alerting.watchdog import Patience, check
from monitor.app import SETTLE_S
from monitor.nightly import Ran
from monitor.repair_apply import Repairer
from monitor.report_data import Report
from scenarios.language.work import (
    Fault,
    FaultsEnd,
    Limits,
    Look,
    MachineClock,
    Night,
    Repair,
    Resend,
    Retry,
    Switches,
    Sync,
    SyncEvery,
    Until,
    Wait,
    Watchdog,
)
from scenarios.runner.failing import CannotTell, Failed, must
from scenarios.runner.stage import Died, SetFault, Stage
from scenarios.runner.wire import PUSH, wire_of
from sync.domain.money import to_minor
from sync.engine.runs import Result

A_MINUTE = timedelta(minutes=1)


def wait(stage: Stage, told: Wait) -> None:
    """Let time pass."""
    stage.go_to(stage.now + timedelta(seconds=told.span))


def wait_until(stage: Stage, told: Until) -> None:
    """Let time pass until then."""
    at = stage.instant(told.at)
    if at < stage.now:
        raise CannotTell(f"{told.at} is over; the clock goes back only with `clock jumps`")
    stage.go_to(at)


def clock_jumps(stage: Stage, told: Until) -> None:
    """The machine's clock is set, forward or back."""
    stage.chain.clock.set(stage.instant(told.at))


def machine_clock(stage: Stage, told: MachineClock) -> None:
    """The sync's machine believes it is another time."""
    if [told.is_, told.slow, told.fast].count(None) != 2:
        raise CannotTell("say by how much, `{slow: 1h}` or `{fast: 10m}`, or `machine clock: right`")
    stage.set_machine(timedelta(seconds=(told.fast or 0) - (told.slow or 0)))


def sync(stage: Stage, told: Sync) -> None:
    """One run of the sync."""
    stage.go_to(stage.now + A_MINUTE if told.at is None else stage.instant(told.at))
    account = stage.account(told.till)
    first, last = day_of(told.first), day_of(told.last)
    runs: Mapping[str, Callable[[], list[Result]]] = {
        "once": lambda: stage.sync.once(account),
        "backfill": lambda: stage.sync.backfill(account, first, last),
        "preview": lambda: stage.sync.preview(account, first, last),
    }
    if told.crash_at is not None:
        _crash(stage, told, runs[told.mode])
        return
    ran(stage, runs[told.mode](), told.ends)


def _crash(stage: Stage, told: Sync, run: Callable[[], list[Result]]) -> None:
    """Die on the way; another process then opens the same database."""
    stage.crash.point, stage.crash.passes = told.crash_at or "", told.crash_after
    stage.start_sync(stage.crash.reached)
    try:
        results = run()
    except Died:
        stage.touched()
    else:
        if told.ends != "any":
            raise Failed(f"the sync never came to `{told.crash_at}`, where it was to die")
        ran(stage, results, told.ends)
    finally:
        stage.crash.point = ""
        stage.start_sync()


def sync_every(stage: Stage, told: SyncEvery) -> None:
    """Runs of the sync, one after the other."""
    until, account = stage.instant(told.until), stage.account(told.till)
    while stage.now + timedelta(seconds=told.every) <= until:
        stage.go_to(stage.now + timedelta(seconds=told.every))
        ran(stage, stage.sync.once(account), told.ends)
    stage.go_to(until)


def retry(stage: Stage, told: Retry) -> None:
    """Dead letters once more."""
    stage.go_to(stage.now + A_MINUTE if told.at is None else stage.instant(told.at))
    ran(stage, list(stage.sync.dead_letters.retry(stage.account(told.till))), told.ends)


def resend(stage: Stage, told: Resend) -> None:
    """Sales once more."""
    stage.go_to(stage.now + A_MINUTE if told.at is None else stage.instant(told.at))
    by_till: dict[str, list[str]] = {}
    for name in told.sales:
        sold = stage.sale(name)
        by_till.setdefault(sold.till, []).append(sold.order_id)
    ran(stage, [stage.sync.resend(till, sales) for till, sales in by_till.items()], told.ends)


def ran(stage: Stage, results: list[Result], ends: str) -> None:
    stage.seen.results = results
    stage.touched()
    for result in results:
        must(
            ends in {"any", result.outcome.value},
            f"the {result.mode} of {result.account} did not end as the story says",
            [ends],
            [f"{result.outcome.value}: {result.detail}" if result.detail else result.outcome.value],
        )


def look(stage: Stage, told: Look) -> Report:
    """The monitor compares."""
    stage.go_to(stage.morning() if told.at is None else stage.instant(told.at))
    first = day_of(told.first) or stage.day_of(stage.first_at)
    last = day_of(told.last) or stage.day_of(stage.now) - timedelta(days=1)
    if last < first:
        raise CannotTell("there is no whole day to look at yet; say when with `look: {at: tomorrow 06:00}`")
    report = stage.chain.reconcile(
        first,
        last,
        account=stage.account(told.till),
        settle_s=SETTLE_S if told.settle is None else told.settle,
        tolerance_minor=to_minor(told.tolerance, stage.shops[0].currency),
        integration=told.integration,
        key_property=told.key or stage.key,
    )
    judged(stage, report)
    return report


def judged(stage: Stage, report: Report) -> None:
    """Remember what the monitor said."""
    stage.seen.report, stage.seen.stale = report, False
    stage.seen.reports.append(report)
    stage.seen.fired |= set(report.findings_by_kind)


def night(stage: Stage, told: Night) -> None:
    """The nightly run."""
    stage.go_to(stage.morning() if told.at is None else stage.instant(told.at))
    ran = stage.chain.nights().run_due()
    must(bool(ran), "no night was due; a night comes once a day, after half past five")
    _nights(stage, ran)
    if told.ends is not None:
        verdicts = [one.verdict for one in ran]
        must(set(verdicts) == {told.ends}, "the night did not end as the story says", [told.ends], verdicts)


def _nights(stage: Stage, ran: list[Ran]) -> None:
    stage.seen.night = ran
    for one in ran:
        if one.folder:
            judged(stage, read_report(one.folder))
    alerted(stage)


def alerted(stage: Stage) -> None:
    """Alerts that were raised count as fired, beside what was found."""
    from scenarios.runner.look_monitor import alerts  # noqa: PLC0415 - they tell each other

    stage.seen.fired |= {one.kind for one in alerts(stage) if one.transition != "recovered"}


def read_report(folder: str) -> Report:
    """The report a run left."""
    from pathlib import Path  # noqa: PLC0415 - the same

    import msgspec  # noqa: PLC0415 - the same

    return msgspec.json.decode((Path(folder) / "report.json").read_bytes(), type=Report)


def repair(stage: Stage, told: Repair) -> None:
    """What the last night found is mended."""
    stage.go_to(stage.now + A_MINUTE if told.at is None else stage.instant(told.at))
    if not stage.seen.night:
        raise CannotTell("there was no `night` whose findings could be mended")
    repairer = Repairer(stage.chain.nights(), stage.sync.store, stage.chain.clock, stage.chain.start_sync)
    closure = repairer.apply(stage.seen.night[-1].run)
    stage.chain.start_sync()
    stage.seen.closure = closure
    stage.touched()
    alerted(stage)
    must(
        closure.state == told.ends, "the repair did not end as the story says", [told.ends],
        [f"{closure.state}: {closure.words}"],
    )  # fmt: skip


def watchdog(stage: Stage, told: Watchdog) -> None:
    """Whether all still run."""
    stage.go_to(stage.now if told.at is None else stage.instant(told.at))
    chain, own = stage.chain, stage.chain.own
    patience = Patience(own.silent_after, own.source_silent_after)
    check(stage.sync.store, desk_of(own), sorted(chain.tills), patience, stage.now)
    deliver_due(stage.sync.store, own.routes, chain.courier, stage.now)
    alerted(stage)


def fault(stage: Stage, told: Fault) -> None:
    """Something goes wrong from now on."""
    spec: dict[str, Any] = {"kind": told.kind, "match": {"method": told.method, "path": told.path}}
    for name in ("times", "every", "after", "status", "retry_after", "count", "by", "body", "content_type"):
        if getattr(told, name) is not None:
            spec[name] = getattr(told, name)
    for name in ("probability", "seconds"):
        if getattr(told, name) is not None:
            spec[name] = float(getattr(told, name))
    try:
        if told.kind == "forged":
            rules = wire_of(stage).forge(told.on, spec)
        elif told.kind == "reset_after" and told.method.upper() == PUSH:
            rules = wire_of(stage).lose_answers(told.on, spec)
        else:
            rules = stage.fake(told.on).faults.add(spec)
    except FaultRefused as problem:
        raise CannotTell(str(problem)) from None
    stage.faults += [SetFault(rule, told.kind) for rule in rules]


def faults_end(stage: Stage, told: FaultsEnd) -> None:
    """Everything works again."""
    chain = stage.chain
    for fake in [stage.fake(told.on)] if told.on else [chain.klaviyo, *chain.tills.values()]:
        fake.faults.clear()
    if stage.wire is not None:
        stage.wire.honest(told.on)


def switches(stage: Stage, told: Switches) -> None:
    """What a vendor leaves unknown is otherwise."""
    stage.switch(told.on, told.set)


def limits(stage: Stage, told: Limits) -> None:
    """Rate limits."""
    stage.fake(told.on).limits.enabled = told.enabled


def day_of(text: str | None) -> date | None:
    """A day as a story tells it."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CannotTell(f"there is no day {text}") from None


DO: Mapping[str, Callable[..., object]] = {
    "wait": wait,
    "wait until": wait_until,
    "clock jumps": clock_jumps,
    "machine clock": machine_clock,
    "sync": sync,
    "sync every": sync_every,
    "retry dead letters": retry,
    "resend": resend,
    "look": look,
    "night": night,
    "repair": repair,
    "watchdog": watchdog,
    "fault": fault,
    "faults end": faults_end,
    "switches": switches,
    "limits": limits,
}
