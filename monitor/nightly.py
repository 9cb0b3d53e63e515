"""The nights: reconcile what is due, remember it, and tell what changed. One account at a time.

A night that is interrupted is run again; one that could not be judged is tried again some times before
anybody is told. The account's lock makes sure that two programs never work on one account.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from traceback import extract_tb

from sqlalchemy import select

from monitor import history
from monitor.alerting.courier import Courier, Parcel
from monitor.alerting.deliver import Emptied, deliver_due
from monitor.alerting.desk import Desk, Occasion, desk_of
from monitor.app import build
from monitor.history import RUNS, Begun
from monitor.history_findings import oldest_open_day
from monitor.history_keep import Keeping, sweep
from monitor.nightly_due import Done, days_of, due_nights
from monitor.nightly_zone import zone_of
from monitor.opening import Transports, watched
from monitor.report_data import EXIT_CODES, Report, VerdictCode
from monitor.settings import MonitorSettings
from sync.domain.clock import Clock, zone
from sync.http.errors import ApiTrouble
from sync.settings import Settings, WrongSettings
from sync.store.database import Store
from sync.store.errors import AccountBusy, StoreTrouble

NIGHTLY, MANUAL, REPAIR = "nightly", "manual", "repair"
BEAT = "monitor"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run and what it came to."""

    run: int
    account: str
    night_on: date | None
    verdict: str
    sentence: str
    folder: str
    alert_count: int

    @property
    def exit_code(self) -> int:
        """0 agrees, 1 drift, 2 could not be judged."""
        return EXIT_CODES[VerdictCode(self.verdict)]


@dataclass(frozen=True, slots=True)
class _Slot:
    """One run to do."""

    account: str
    mode: str
    first_on: date
    last_on: date
    night_on: date | None = None


class Nights:
    """The nightly work of every account over one database."""

    def __init__(
        self,
        settings: Settings,
        own: MonitorSettings,
        store: Store,
        clock: Clock,
        *,
        courier: Courier,
        transports: Transports | None = None,
        tell: Callable[[Ran], None] = lambda _: None,
    ) -> None:
        """`courier` carries alerts; `tell` hears of every run; `transports` mounts fakes by upstream."""
        self._settings, self._own = settings, own
        self._store, self._clock = store, clock
        self._courier, self._transports = courier, transports
        self._tell = tell
        self._desk: Desk = desk_of(own)

    def run_due(self, account: str | None = None) -> list[Ran]:
        """Run every night that is due, oldest first, then send alerts and let go of what is old."""
        ran = []
        for name in self._names(account):
            with suppress(AccountBusy):  # another program is at it; its night is not due any more afterwards
                ran += self._account_due(name)
        self._after(ran)
        return ran

    def run_now(
        self, account: str | None = None, first_on: date | None = None, last_on: date | None = None
    ) -> list[Ran]:
        """Reconcile now, whatever is due; the last days when none are named. Raises AccountBusy."""
        ran = []
        for name in self._names(account):
            first, last = self.last_days(name)
            ran.append(self.one(name, first_on or first, last_on or last, MANUAL))
        self._after(ran)
        return ran

    def one(self, account: str, first_on: date, last_on: date, mode: str) -> Ran:
        """Reconcile one account and remember it; alerts wait in the outbox. Raises AccountBusy."""
        with self._store.holding(_lock(account)):
            return self._run(_Slot(account, mode, first_on, last_on))

    def last_days(self, account: str) -> tuple[date, date]:
        """The business days a night beginning now would look at."""
        today = self._clock.now().astimezone(zone(self._zone(account))).date()
        return days_of(today, self._own.night_of(account).days)

    def send_alerts(self) -> Emptied:
        """Send what waits in the outbox and is due."""
        return deliver_due(self._store, self._own.routes, self._courier, self._clock.now())

    def _names(self, account: str | None) -> Sequence[str]:
        if account is None:
            return sorted(self._settings.accounts)
        if account not in self._settings.accounts:
            known = ", ".join(sorted(self._settings.accounts)) or "none"
            raise WrongSettings(f"there is no account {account} in the settings; known: {known}")
        return [account]

    def _account_due(self, account: str) -> list[Ran]:
        if not self._due(account):
            return []
        with self._store.holding(_lock(account)):
            ran = []
            # Asked again now that nobody else can run them, and remembered one by one.
            for night_on in self._due(account):
                first, last = days_of(night_on, self._own.night_of(account).days)
                first = min(first, self._oldest(account, last))
                ran.append(self._run(_Slot(account, NIGHTLY, first, last, night_on)))
            return ran

    def _oldest(self, account: str, last: date) -> date:
        """The day of the oldest open finding: a night looks there too, or nobody saw that it was mended."""
        since = last - timedelta(days=self._own.recheck_days)
        with self._store.reading() as connection:
            return oldest_open_day(connection, account, since) or last

    def _due(self, account: str) -> list[date]:
        now_at, done = self._clock.now(), self._done(account, self._clock.now())
        night = self._own.night_of(account)
        return due_nights(now_at, night, self._zone(account), done, self._own.catch_up_max)

    def _done(self, account: str, now_at: datetime) -> Done:
        """The latest night, and whether it is to be run again."""
        c = RUNS.c
        nights = select(c.night_on, c.state, c.verdict, c.attempt_count, c.ended_s).where(
            c.account == account, c.night_on.is_not(None)
        )
        with self._store.reading() as connection:
            last = connection.execute(nights.order_by(c.night_on.desc()).limit(1)).first()
        if last is None:
            return Done()
        unfinished = last.state != "done"  # only its own process could finish it, and the lock would tell
        unjudged = last.state == "done" and last.verdict == history.COULD_NOT_JUDGE
        waited = now_at.timestamp() >= last.ended_s + self._own.try_again_after
        again = last.attempt_count < self._own.tries_max and (unfinished or (unjudged and waited))
        return Done(last.night_on, last.night_on if again else None)

    def _run(self, slot: _Slot) -> Ran:
        """Reconcile and remember. The caller holds the account's lock."""
        with self._store.writing() as connection:
            begun = history.begin(
                connection, slot.account, slot.mode, slot.first_on, slot.last_on,
                now_s=self._now_s(), night_on=slot.night_on,
            )  # fmt: skip
        folder = self._folder(slot, begun)
        try:
            report = self._reconcile(slot, folder)
        except Exception as trouble:  # noqa: BLE001 - one account's trouble never stops another's night
            rmtree(folder.with_suffix(".part"), ignore_errors=True)
            return self._told(self._could_not(slot, begun, trouble))
        return self._told(self._remember(slot, begun, report, folder))

    def _reconcile(self, slot: _Slot, folder: Path) -> Report:
        """Into a folder of another name first: a folder of its own name is always whole."""
        part = folder.with_suffix(".part")
        rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with watched(
            self._settings, slot.account, clock=self._clock, transports=self._transports
        ) as accounts:
            monitor = build(accounts, clock=self._clock)
            report = monitor.reconcile(
                slot.first_on, slot.last_on, part, self._own.settle, late_s=self._own.late_after
            )
        rmtree(folder, ignore_errors=True)
        part.rename(folder)
        return report

    def _remember(self, slot: _Slot, begun: Begun, report: Report, folder: Path) -> Ran:
        """The run, its findings and its alerts, together or not at all."""
        now_at = self._clock.now()
        with self._store.writing() as connection:
            changes = history.finish(connection, begun.run, report, str(folder), int(now_at.timestamp()))
            occasion = Occasion(
                slot.account, begun.run, now_at, report.sentence, report.next_step,
                sum(side.sales_count for side in report.sides), str(folder), changes.new,
            )  # fmt: skip
            decisions = self._desk.after_run(connection, report, occasion)
            could = report.verdict is not VerdictCode.COULD_NOT_JUDGE
            if could or self._last_try(slot, begun):
                decisions += self._desk.judged(connection, occasion, could=could)
        told = sum(1 for decision in decisions if decision.transition != "quiet")
        return Ran(
            begun.run, slot.account, slot.night_on, report.verdict.value, report.sentence, str(folder), told
        )

    def _could_not(self, slot: _Slot, begun: Begun, trouble: Exception) -> Ran:
        words = _plain(slot.account, trouble)
        now_at = self._clock.now()
        with self._store.writing() as connection:
            history.could_not_run(connection, begun.run, words, int(now_at.timestamp()))
            decisions = []
            if self._last_try(slot, begun):
                occasion = Occasion(slot.account, begun.run, now_at, words)
                decisions = self._desk.judged(connection, occasion, could=False)
        told = sum(1 for decision in decisions if decision.transition != "quiet")
        return Ran(begun.run, slot.account, slot.night_on, history.COULD_NOT_JUDGE, words, "", told)

    def _last_try(self, slot: _Slot, begun: Begun) -> bool:
        return slot.night_on is None or begun.attempt >= self._own.tries_max

    def _after(self, ran: Sequence[Ran]) -> None:
        """Send alerts, let go of what is old, and show that we are alive."""
        self.send_alerts()
        if not ran:
            return
        own = self._own
        keeping = Keeping(own.keep_evidence, own.keep_reports, own.keep_history)
        sweep(self._store, keeping, own.out, self._now_s())
        self._beat()

    def _beat(self) -> None:
        """A file with the time in it, and a ping: whoever expects them notices when they stop."""
        if self._own.heartbeat_file is not None:
            self._own.heartbeat_file.parent.mkdir(parents=True, exist_ok=True)
            self._own.heartbeat_file.write_text(f"{self._clock.now().isoformat()}\n", encoding="utf-8")
        if self._own.heartbeat_url:
            parcel = Parcel(
                0, self._own.heartbeat_url, "", "", allow_private=self._own.heartbeat_private, ping=True
            )
            for delivery in self._courier.send([parcel]):
                if not delivery.ok:
                    _log.warning("the heartbeat could not be sent: %s", delivery.why)

    def _folder(self, slot: _Slot, begun: Begun) -> Path:
        name = f"{slot.night_on or slot.last_on}-{begun.run}"
        return self._own.out / slot.account / name

    def _told(self, ran: Ran) -> Ran:
        self._tell(ran)
        return ran

    def _zone(self, account: str) -> str:
        return self._own.night_of(account).zone or zone_of(self._store, account)

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def _lock(account: str) -> str:
    return f"monitor-{account}"


def _plain(account: str, trouble: Exception) -> str:
    """Why, in words. What is not foreseen is named only: its message might hold anything."""
    if isinstance(trouble, ApiTrouble | WrongSettings | StoreTrouble):
        return f"Could not judge {account}: {trouble}"
    if isinstance(trouble, OSError):
        return f"Could not judge {account}: the disk says {trouble.strerror}"
    where = "; ".join(
        f"{Path(at.filename).name}:{at.lineno}" for at in extract_tb(trouble.__traceback__)[-3:]
    )
    return f"Could not judge {account}: a fault of the monitor ({type(trouble).__name__} at {where})"
