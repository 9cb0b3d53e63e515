"""`run`: one tick a second asks every account's timetable what is due."""

import logging
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from sync.domain.clock import Clock, known_zone
from sync.engine.runs import Outcome, Result, Runs
from sync.engine.schedule import Calendar, Due, Every, Paced, Timetable
from sync.engine.tally import Tally
from sync.engine.work import Ends
from sync.settings import AccountSettings, WrongSettings
from sync.store.errors import AccountBusy, StoreBusy

TICK_S = 1.0
AGAIN_S = 60.0  # a run that failed is tried again after this
Attempt = Callable[[str, str, Callable[[Runs], Result]], Result]


class Cron:
    """A cron expression of five fields, in UTC."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no cron expression."""
        self._trigger = CronTrigger.from_crontab(text, timezone="UTC")

    def next_at(self, after_at: datetime) -> datetime:
        """The first matching minute after `after_at`."""
        found: datetime | None = self._trigger.get_next_fire_time(after_at, after_at)
        if found is None:
            raise ValueError("the cron expression never comes round")
        return found


def timetable_of(name: str, account: AccountSettings) -> Timetable:
    """When an account is due. Raises WrongSettings for what is no cron expression."""
    try:
        calendar: Calendar = Cron(account.cron) if account.cron else Every(account.resolved().every_s)
    except ValueError as problem:
        raise WrongSettings(
            f"accounts.{name}.cron: {problem}; it has five fields, such as 0 * * * *"
        ) from None
    return Timetable(calendar, account.pos.open_hours)


class Rounds:
    """Goes round the accounts. One account's trouble never stops another."""

    def __init__(
        self,
        timetables: dict[str, Timetable],
        attempt: Attempt,
        opened: Callable[[str], Ends | None],
        clock: Clock,
        tell: Callable[[Result], None],
    ) -> None:
        """`opened` gives an account's ends as far as they are open; `tell` hears of every result."""
        self._timetables = timetables
        self._attempt = attempt
        self._opened = opened
        self._clock = clock
        self._tell = tell

    def tick(self) -> None:
        """Do whatever is due now."""
        for name, timetable in self._timetables.items():
            ends = self._opened(name)
            zones = (
                sorted({shop.zone for shop in ends.facts.shops.values() if known_zone(shop.zone or "?")})
                if ends
                else []
            )
            what = timetable.due(self._clock.now(), zones)
            if what is not None:
                self._do(name, timetable, what)

    def _do(self, name: str, timetable: Timetable, what: Due) -> None:
        try:
            result = self._attempt(name, what, lambda runs: runs.once() if what == "full" else runs.live())
        except (AccountBusy, StoreBusy) as busy:
            result = Result(name, what, Outcome.TRY_LATER, str(busy), Tally(), 0.0)
        ends = self._opened(name)
        pause_s = ends.source.poll_pause_s() if ends and isinstance(ends.source, Paced) else 0.0
        well = result.outcome in (Outcome.DONE, Outcome.SET_ASIDE)
        timetable.done(what, self._clock.now(), pause_s, 0.0 if well else AGAIN_S)
        self._tell(result)


def tick_for_ever(tick: Callable[[], None]) -> None:
    """Tick every second until interrupted. A tick that takes longer swallows the next ones.

    What a tick raises ends it, and is raised here: the scheduler alone would only log it and go on.
    """
    scheduler = BlockingScheduler(timezone="UTC")
    problems: list[BaseException] = []

    def guarded() -> None:
        try:
            tick()
        except BaseException as problem:  # noqa: BLE001 - handed over to the main thread and raised there
            problems.append(problem)
            scheduler.shutdown(wait=False)

    scheduler.add_job(
        guarded, "interval", seconds=TICK_S, max_instances=1, coalesce=True, misfire_grace_time=None
    )
    # It warns of every tick that a long run swallows, which is as intended.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.start()
    if problems:
        raise problems[0]
