"""Carrying out and checking what happens in real time: webhooks, their receiver, the time that sales take."""

from collections.abc import Callable, Mapping

from monitor.alerting.deliver import deliver_due
from monitor.lag_watch import LagWatch
from scenarios.language.realtime import DeliveredAgain, HooksWork, LagLook, Receiver, Webhooks
from scenarios.language.then import Counts, Lag
from scenarios.runner.at_machines import alerted
from scenarios.runner.failing import CannotTell, must
from scenarios.runner.stage import Died, Stage
from scenarios.runner.wire import Wire, connectable, wire_of
from sync.hooks.counts import KINDS

_COUNTED = (*KINDS, "waiting", "given up")


def webhooks(stage: Stage, told: Webhooks) -> None:
    """The tills tell from now on."""
    account = stage.account(told.till)
    names = [account] if account else connectable(stage.chain)
    if stage.wire is None:
        stage.wire = Wire(
            stage.chain, stage.machine, stage.crash.reached, by_itself=told.follows == "after each step"
        )
    for name in names:
        stage.wire.connect(name)


def hooks_work(stage: Stage, told: HooksWork) -> None:
    """The receiver works, and may die at it."""
    wire = wire_of(stage)
    stage.crash.point, stage.crash.passes = told.crash_at or "", told.crash_after
    try:
        wire.work(told.span)
    except Died:
        wire.be("down")
    finally:
        stage.crash.point = ""
    stage.touched()


def receiver(stage: Stage, told: Receiver) -> None:
    """The receiver is there or not."""
    wire = wire_of(stage)
    if told.is_ == "restarted":
        wire.restart()
    else:
        wire.be(told.is_)


def webhook_again(stage: Stage, told: DeliveredAgain) -> None:
    """A delivery comes again."""
    wire = wire_of(stage)
    name = stage.account(told.till)
    if name is None and len(wire.tills) > 1:
        raise CannotTell(f"say whose: `till:` is one of {', '.join(wire.tills)}")
    wire.again(name or wire.tills[0], told.back)
    stage.touched()


def lag_look(stage: Stage, told: LagLook) -> None:
    """The monitor looks how long sales take."""
    stage.go_to(stage.now if told.at is None else stage.instant(told.at))
    chain, own = stage.chain, stage.chain.own
    if own.lag.alert_above is None:
        raise CannotTell("say how long sales may take: `given: monitor: {lag: {alert_above: 2h}}`")
    if stage.lags is None:
        stage.lags = LagWatch(chain.settings, own, chain.sync.store, chain.clock, chain.transports)
    account = stage.account(told.till)
    found = stage.lags.look([account] if account else sorted(chain.tills))
    if not found:
        raise CannotTell(f"no look was due; one comes every {own.lag.look_every} s")
    stage.seen.lagging = {one.account: one for one in found}
    deliver_due(chain.sync.store, own.routes, chain.courier, stage.now)
    alerted(stage)


def webhooks_counted(stage: Stage, told: Counts) -> None:
    """What came and what became of it."""
    found = wire_of(stage).counted()
    unknown = [name for name in told.root if name not in _COUNTED]
    if unknown:
        raise CannotTell(f"of webhooks nobody counts `{unknown[0]}`; there is {', '.join(_COUNTED)}")
    must(
        all(found.get(name, 0) == count for name, count in told.root.items()),
        "what became of the webhooks",
        [f"{name}: {count}" for name, count in told.root.items()],
        [f"{name}: {found.get(name, 0)}" for name in told.root],
    )


def lag(stage: Stage, told: Lag) -> None:
    """What the last look saw."""
    seen = stage.seen.lagging
    name = stage.account(told.till) or next(iter(seen), "")
    if name not in seen:
        raise CannotTell("the monitor has not looked how long sales take; say `- lag look` first")
    one = seen[name]
    found = {
        "sales": one.sample_count, "slow": one.slow_count, "waiting": one.waiting_count, "within": one.at_s
    }  # fmt: skip
    wanted = {key: value for key in found if (value := getattr(told, key)) is not None}
    must(
        all(found[key] == value for key, value in wanted.items()),
        f"how long sales of {name} take",
        [f"{key}: {value}" for key, value in wanted.items()],
        [f"{key}: {found[key]}" for key in wanted],
    )


DO: Mapping[str, Callable[..., object]] = {
    "webhooks": webhooks,
    "hooks work": hooks_work,
    "receiver": receiver,
    "webhook again": webhook_again,
    "lag look": lag_look,
}
LOOK: Mapping[str, Callable[..., None]] = {"webhooks counted": webhooks_counted, "lag": lag}
