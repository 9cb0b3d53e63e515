"""`monitor run`: one tick a minute asks what is due. APScheduler is its clock and nothing else."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.blocking import BlockingScheduler

from sync.store.errors import StoreTrouble

TICK_S = 60.0
_log = logging.getLogger(__name__)


def tick_for_ever(tick: Callable[[], object], every_s: float = TICK_S) -> None:
    """Tick until interrupted; ticks that fall into a long one are swallowed.

    A database that cannot be used for a while is waited for. What else a tick raises ends it and is raised
    here: the scheduler alone would only log it and go on.
    """
    scheduler = BlockingScheduler(timezone="UTC")
    problems: list[BaseException] = []

    def guarded() -> None:
        try:
            tick()
        except StoreTrouble as trouble:
            _log.warning("%s", trouble)
        except BaseException as problem:  # noqa: BLE001 - handed over to the main thread and raised there
            problems.append(problem)
            if scheduler.running:
                scheduler.shutdown(wait=False)

    scheduler.add_job(
        guarded, "interval", seconds=every_s, max_instances=1, coalesce=True, misfire_grace_time=None
    )
    # It warns of every tick that a long run swallows, which is as intended.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    guarded()  # at once, not only after the first pause
    if not problems:
        scheduler.start()
    if problems:
        raise problems[0]
