"""Living a story step by step: the judge looks after each run, the monitor at the end if it is asked."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fakes.klaviyo.state import instant_of
from monitor.app import Monitor
from monitor.opening import watched
from monitor.report_data import Report, VerdictCode
from scenarios.harness.sabotage import Planted, Saboteur
from scenarios.simulation.doom import NEVER, Killed, fault_of
from scenarios.simulation.machine import disturbed
from scenarios.simulation.stage import ACCOUNT, Stage
from scenarios.simulation.story import MONITOR_EVERY, Step, Story, wait_of
from scenarios.simulation.tills import Hand
from scenarios.simulation.witness import Witness
from sync.engine.runs import Outcome, Result

_RUN_STEPS = 60  # so many a run of a shop like this takes, about
_PATIENCE = 6  # runs after the last trouble in which all must have arrived
_HEARINGS, _ROUND_S = 2, 2  # rounds of deliveries and following them, and how long each takes
HEARING_S = _HEARINGS * _ROUND_S
_SETTLING = timedelta(hours=3)
_TRUE_ANYWAY = frozenset({"late"})  # a sync that was down for a day is late, and the monitor says so
_SABOTAGE = (
    ("missing", "placed"), ("orphaned", "placed"), ("duplicate", "placed"), ("amount_mismatch", "placed"),
    ("day_shift", "placed"), ("missing", "product"), ("duplicate", "product"),
)  # fmt: skip


@dataclass(slots=True)
class Lived:
    """What came of a story. It went well when nobody complains."""

    story: Story
    complaints: list[str] = field(default_factory=list)
    trace: str = ""
    event_count: int = 0
    killed_count: int = 0
    request_count: int = 0
    planted_count: int = 0
    found_count: int = 0


def live(stage: Stage, story: Story) -> Lived:
    """Live a story to its end, or to the first complaint."""
    return Life(stage, story).lived()


class Life:
    """One story on a stage. Its parts can be done one by one, as the state machine of the tests does."""

    def __init__(self, stage: Stage, story: Story) -> None:
        """Begin: an empty shop, nothing read yet."""
        self.stage, self.story = stage, story
        stage.begin(story.start_at)
        self.hand: Hand = stage.kit.open(stage.till.state, story.zone, story.start_at)
        self.witness = Witness(self.hand, stage.klaviyo.state)
        self.lived_ = Lived(story)
        self.outcome = Outcome.DONE  # of the latest run
        self.died = False  # whether the latest process that was to be killed came so far
        self.killed_at: list[str] = []  # the named points that the latest one to be killed had passed
        self._told_of = bool({"hooks", "hook_fault"} & {step.do for step in story.steps})
        if self._told_of and stage.kit.listen is not None:
            stage.kit.listen(stage.sync or stage.restart(), stage.till.state)
        self._pages_lie = False  # a fault was set that hides rows from a run without its noticing
        self.witness.look()

    def lived(self) -> Lived:
        """All steps, then quiet, then the monitor."""
        for number, step in enumerate(self.story.steps):
            if self.lived_.complaints:
                break
            self.stage.tell(f"{number} {step.do}")
            self.do(step)
        if not self.lived_.complaints:
            self.calm_down()
        if self.story.monitor and not self.lived_.complaints:
            self.ask_monitor()
        return self.told()

    def told(self) -> Lived:
        """What came of it so far."""
        lived = self.lived_
        lived.event_count = len(self.stage.klaviyo.state.find_events())
        lived.request_count = sum(line.startswith("  ") for line in self.stage.lines)
        lived.trace = "\n".join([*self._head(), *self.stage.lines, *self._tail(), ""])
        return lived

    def do(self, step: Step) -> None:
        """One step."""
        clock = self.stage.clock
        clock.advance(step.minutes * 60)
        if step.do == "wait":
            clock.advance(wait_of(step).total_seconds())
        elif step.do == "sync":
            self.run()
        elif step.do == "crash":
            self.crash((step.pick + step.also) % _RUN_STEPS)
        elif step.do == "hooks":
            self.hear((step.pick + step.also) % _RUN_STEPS if step.seed % 3 == 0 else NEVER)
        elif step.do == "fault":
            self._break(step)
        elif step.do == "hook_fault":
            disturbed(step, self.stage.till.faults, self.stage.doorway, self.stage.tell)
        elif step.do == "clock":
            self.stage.tell(f"  {self.stage.machine.set_wrong(step)}")
        else:
            self.stage.tell(f"  {self.hand.do(step, clock.now())}")
        self.witness.look()

    def run(self) -> Outcome:
        """One run of the sync, and a look at both ends."""
        sync = self.stage.sync or self.stage.restart()
        result = sync.once(ACCOUNT)[0]
        self.stage.tell(f"  ended {result.outcome.value} sent {result.tally.sent_count}")
        self.outcome = result.outcome
        self._judge(complete=result.outcome is Outcome.DONE and not self._pages_lie)
        self._note_outcome(result)
        return result.outcome

    def _note_outcome(self, result: Result) -> None:
        if result.outcome is not Outcome.DONE:
            self.witness.cut_short = True
        if result.outcome in {Outcome.REFUSED, Outcome.UNUSABLE, Outcome.RECONNECT, Outcome.SET_ASIDE}:
            self._look_into(result.detail or f"set aside {dict(result.tally.set_aside)}", result.outcome)

    def crash(self, at_step: int) -> None:
        """A run that dies at this step, if it takes so many, and a new process."""
        self.died = False
        self.stage.doom.at(at_step)
        try:
            self.run()
        except Killed:
            self._die()
        finally:
            self.stage.doom.spare()
        self.stage.restart()
        self._judge(complete=False)

    def hear(self, at_step: int = NEVER) -> None:
        """Deliveries arrive and are followed, by a process that may die at this step."""
        self.died = False
        stage = self.stage
        hooks = stage.hooks or stage.receive(self._heard)
        stage.doom.at(at_step)
        try:
            for _ in range(_HEARINGS):
                stage.till.push.deliver_due()
                hooks.step()
                stage.clock.advance(_ROUND_S)
        except Killed:
            self._die()
            stage.deafen()
        finally:
            stage.doom.spare()
        self._judge(complete=False)

    def _die(self) -> None:
        self.lived_.killed_count += 1
        self.witness.cut_short = True
        self.died = True
        self.killed_at = list(self.stage.doom.passed)
        self.stage.tell("  killed")

    def _heard(self, result: Result) -> None:
        self.stage.tell(f"  heard {result.outcome.value} sent {result.tally.sent_count}")
        self._note_outcome(result)

    def calm_down(self) -> None:
        """Mend everything, run until all is said, and see that nothing is sent twice after that."""
        stage = self.stage
        self._mend()
        stage.tell("calm")
        for _ in range(_PATIENCE):
            stage.clock.advance(_SETTLING.total_seconds())
            self.witness.look()
            if self._told_of:
                self.hear()
            outcome = self.run()
            if self.lived_.complaints:
                return
            if outcome in {Outcome.DONE, Outcome.SET_ASIDE}:
                break
        else:
            self._complain(f"not done after {_PATIENCE} quiet runs")
        before = len(stage.klaviyo.state.find_events())
        self.run()
        if self._told_of:
            stage.clock.advance(_SETTLING.total_seconds())
            self.hear()
        if len(stage.klaviyo.state.find_events()) != before:
            self._complain("a run with nothing to do has sent something")
        self.lived_.complaints += self.witness.not_taken_back()

    def ask_monitor(self) -> None:
        """The monitor is silent; after sabotage it finds exactly that."""
        outdated = {uid for _, uid in self.witness.outdated()}
        # What was right only when it was sent is not compared any more: a defect of it does not show.
        planted = [one for one in self._sabotaged() if one.event_key not in outdated]
        report = self._report()
        if report.verdict is VerdictCode.COULD_NOT_JUDGE:
            self._complain(f"the monitor could not judge: {report.sentence}")
            return
        if (report.verdict is VerdictCode.DRIFT) is not bool(report.findings):
            self._complain(f"the monitor found {len(report.findings)} and says {report.verdict.value}")
        found = {
            (str(one.kind.value), one.event_key)
            for one in report.findings
            if one.kind.value not in _TRUE_ANYWAY and one.event_key not in outdated
        }
        wanted = {(one.kind, one.event_key) for one in planted}
        self.lived_.planted_count, self.lived_.found_count = len(wanted), len(found & wanted)
        self.stage.tell(f"  planted {sorted(wanted)}")
        for kind, key in sorted(wanted - found):
            self._complain(f"the monitor missed {kind} {key}")
        for kind, key in sorted(found - wanted):
            self._complain(f"the monitor cried {kind} {key}")

    def _sabotaged(self) -> Sequence[Planted]:
        names, stage = self.hand.metrics, self.stage
        stage.clock.advance(2 * 86_400)  # a day later nothing is settling, and a day's shift is in the past
        chance = [
            _SABOTAGE[(self.story.seed // MONITOR_EVERY + place) % len(_SABOTAGE)]
            for place in range(self.story.sabotage)
        ]
        saboteur = Saboteur(
            stage.klaviyo.state, stage.till.state, seed=self.story.seed, order_metric=names["placed"]
        )
        planted: list[Planted] = []
        for kind, metric in chance:
            try:
                planted += filter(self._shows, saboteur.plant([(kind, names[metric], 1)]))
            except ValueError:  # so few events that there is nothing left to spoil
                self.stage.tell(f"  no {metric} left for {kind}")
        return planted

    def _shows(self, planted: Planted) -> bool:
        """Whether there is anything to find: a day of 25 hours may hold both instants."""
        if planted.kind != "day_shift":
            return True
        [event] = self.stage.klaviyo.state.find_events(planted.metric, planted.event_key)
        days = {
            instant_of(at).astimezone(ZoneInfo(self.story.zone)).date()
            for at in (event.at, event.at - 86_400)
        }
        return len(days) == 2

    def _report(self) -> Report:
        stage, out = self.stage, self.stage.folder / "report"
        first, last = self.story.start_at.date() - timedelta(days=6), stage.clock.now().date()
        mark = len(stage.lines)
        with watched(stage.settings, ACCOUNT, clock=stage.clock, transports=stage.transports) as accounts:
            report = Monitor(accounts, stage.clock, _unseen).reconcile(first, last, out)
        shutil.rmtree(out, ignore_errors=True)
        # It reads both ends at once, in threads, and Klaviyo from two of them: the requests have no order.
        stage.lines[mark:] = sorted(stage.lines[mark:])
        stage.tell(f"monitor {report.verdict.value} {sorted(report.findings_by_kind)}")
        return report

    def _break(self, step: Step) -> None:
        end, rule, pages_lie = fault_of(step, self.stage.kit.breakable)
        fake: Any = self.stage.klaviyo if end == "klaviyo" else self.stage.till
        self._pages_lie |= pages_lie
        fake.faults.add(rule)
        self.stage.tell(f"  {end} {rule['kind']} x{rule['times']} after {rule['after']}")

    def _mend(self) -> None:
        for fake in (self.stage.klaviyo, self.stage.till):
            fake.faults.clear()
        self.stage.doorway.lose_answers(0)
        self.stage.machine.wrong = timedelta(0)
        self._pages_lie = False

    def _judge(self, *, complete: bool) -> None:
        for line in self.witness.complaints(complete=complete):
            self._complain(line)

    def _look_into(self, detail: str, outcome: Outcome) -> None:
        """An outcome that no story gives cause for."""
        if self._broken() and outcome is not Outcome.UNUSABLE:
            return
        self._complain(f"a run ended {outcome.value}: {detail}")

    def _broken(self) -> bool:
        return bool(self.stage.klaviyo.faults or self.stage.till.faults)

    def _complain(self, line: str) -> None:
        self.stage.tell(f"! {line}")
        self.lived_.complaints.append(line)

    def _head(self) -> list[str]:
        story = self.story
        return [f"{story.till} seed {story.seed} in {story.zone} from {story.start_at.isoformat()}"]

    def _tail(self) -> list[str]:
        events = self.stage.klaviyo.state.find_events()
        return [
            f"= {one.metric_name} {one.unique_id} {one.at} {one.value} {one.email} {one.id}" for one in events
        ]


def _unseen(_report: Report, _path: object) -> None:
    """Nobody reads this page."""
