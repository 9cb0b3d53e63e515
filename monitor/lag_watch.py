"""Watching the way to Klaviyo while sales are under way: look for what was sent, tell when it takes too long.

A look asks Klaviyo for the sales sent lately that it has not been seen to hold. The first look that sees one
is when it was visible, true to the pause between looks. What still waits to be sent counts with its age so
far: a sync that sends nothing has no slow sale in its books.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.alerting.decide import Group
from monitor.alerting.desk import Occasion, desk_of
from monitor.alerting.incidents import Scope
from monitor.explain import OnItsWay
from monitor.lag_seen import KeptSightings, Sighting, forget
from monitor.observed import resolve
from monitor.opening import Transports, watched
from monitor.page.segments import duration
from monitor.reading import Watched
from monitor.report_data import Severity
from monitor.settings import LagSettings, MonitorSettings
from monitor.words import counted, verb
from sync.domain.clock import Clock, Window
from sync.domain.planning import Kind
from sync.http.errors import ApiTrouble
from sync.settings import Settings
from sync.store.database import Store

KIND = "lag"
_LATEST = 5_000  # sales of an account looked at; the newest
_HOUR_S = 3_600
_WINDOWS_MAX = 24  # hours of sales asked for in one look
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lagging:
    """How long the latest sales of an account took from the till to Klaviyo, in seconds."""

    account: str
    sample_count: int
    at_s: int  # the time that the percentage set stays under
    slow_count: int  # sales beyond the threshold
    waiting_count: int  # of those, not sent yet
    threshold_s: int

    @property
    def slow(self) -> bool:
        """Whether it is too much."""
        return self.at_s > self.threshold_s

    def sentence(self, percent: float) -> str:
        """What an alert says first."""
        told = (
            f"Of {counted(self.sample_count, 'sale')} of {self.account}, {percent:g} % reached Klaviyo "
            f"within {duration(self.at_s)}; the threshold is {duration(self.threshold_s)}."
        )
        waiting = self.waiting_count
        return f"{told} {counted(waiting, 'sale')} {verb(waiting, 'is')} still waiting." if waiting else told


class LagWatch:
    """Looks again and again. One for a program; not for use by several threads at once."""

    def __init__(
        self,
        settings: Settings,
        own: MonitorSettings,
        store: Store,
        clock: Clock,
        transports: Transports | None = None,
    ) -> None:
        """Nothing is looked at yet; `transports` mounts fakes by upstream."""
        self._settings, self._own, self._store, self._clock = settings, own, store, clock
        self._transports = transports
        self._desk = desk_of(own)
        self._looked_s: dict[str, int] = {}

    def look(self, accounts: Iterable[str]) -> list[Lagging]:
        """Look at the accounts whose turn it is and put alerts into the outbox. Raises StoreTrouble.

        An upstream in trouble is left for the next look; the lag that follows from it is told all the same.
        """
        return [found for name in accounts if self._due(name) if (found := self._one(name)) is not None]

    def _due(self, name: str) -> bool:
        now_s = self._now_s()
        due = now_s - self._looked_s.get(name, -_HOUR_S) >= self._own.lag.look_every
        if due:
            self._looked_s[name] = now_s
        return due

    def _one(self, name: str) -> Lagging | None:
        try:
            with watched(self._settings, name, clock=self._clock, transports=self._transports) as [one]:
                journal = one.journal
                if journal is None:
                    return None  # somebody else's integration keeps no books for us
                latest = [each for each in journal.latest(_LATEST) if _mine(each, journal.connected_at())]
                known = self._sight(one, latest)
        except ApiTrouble as trouble:
            _log.warning("%s", trouble)
            return None
        return self._judge(name, latest, known)

    def _sight(self, one: Watched, latest: Sequence[OnItsWay]) -> Mapping[str, Sighting]:
        """Look for what was sent lately and not seen yet."""
        now_s, lag = self._now_s(), self._own.lag
        kept = KeptSightings(self._store, one.name)
        sent = {
            each.event_id: each for each in latest if each.sent and now_s - each.changed_s <= lag.look_for
        }
        known = dict(kept.known(sorted(sent)))
        fresh = {
            name: known.get(name) or Sighting(name, each.shop, each.happened_s, each.changed_s)
            for name, each in sent.items()
        }
        wanted = {name: each for name, each in fresh.items() if not each.seen_s}
        asked = list(_hours(each.happened_s for each in wanted.values()))[:_WINDOWS_MAX]
        try:
            seen = _visible(one, asked)
        except ApiTrouble as trouble:
            _log.warning("%s", trouble)
            return fresh
        found = [
            replace(each, seen_s=now_s) if name in seen else replace(each, missed_s=now_s)
            for name, each in wanted.items()
            if _asked(each.happened_s, asked)
        ]
        with self._store.writing() as connection:
            kept.keep(connection, found)
            forget(connection, now_s - self._own.keep_evidence)
        return {**fresh, **{each.event_id: each for each in found}}

    def _judge(self, name: str, latest: Sequence[OnItsWay], known: Mapping[str, Sighting]) -> Lagging | None:
        lag, now_s = self._own.lag, self._now_s()
        if lag.alert_above is None:
            return None
        found = lagging(name, latest, known, lag, now_s)
        scope = Scope(name, KIND)
        groups = (
            [Group(scope.key(KIND), KIND, Severity.ERROR.value, found.slow_count, {})] if found.slow else []
        )
        step = f"Run `tillproof sync status {name}`: it says what the sync is waiting for." if groups else ""
        occasion = Occasion(name, 0, self._clock.now(), found.sentence(lag.percent), step, found.sample_count)
        with self._store.writing() as connection:
            self._desk.tell(connection, scope, groups, occasion)
        return found

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def lagging(
    account: str, latest: Iterable[OnItsWay], known: Mapping[str, Sighting], lag: LagSettings, now_s: int
) -> Lagging:
    """How long the sales of the last `lag.over` seconds took, or have taken so far. Pure."""
    spans: list[tuple[int, bool]] = []
    for one in latest:
        if one.sent and now_s - one.changed_s > lag.over:
            continue
        sight = known.get(one.event_id)
        waiting = not one.sent or (sight is not None and sight.missed_s > 0 and not sight.seen_s)
        end_s = now_s if waiting else (sight.seen_s if sight and sight.seen_s else one.changed_s)
        spans.append((max(0, end_s - one.happened_s), not one.sent))
    threshold_s = lag.alert_above or 0
    ordered = sorted(span for span, _ in spans)
    at_s = ordered[min(len(ordered) - 1, int(len(ordered) * lag.percent / 100))] if ordered else 0
    slow = [waiting for span, waiting in spans if span > threshold_s]
    return Lagging(account, len(ordered), at_s, len(slow), sum(slow), threshold_s)


def _mine(one: OnItsWay, connected_at: datetime | None) -> bool:
    """Whether it is no history: what was sold before the account was connected was late from the start."""
    return connected_at is not None and one.happened_s >= int(connected_at.timestamp())


def _hours(instants_s: Iterable[int]) -> Iterator[Window]:
    """The hours in which these lie, newest first."""
    for hour in sorted({at // _HOUR_S for at in instants_s}, reverse=True):
        start_at = datetime.fromtimestamp(hour * _HOUR_S, UTC)
        yield Window(start_at, datetime.fromtimestamp((hour + 1) * _HOUR_S, UTC))


def _asked(at_s: int, windows: Sequence[Window]) -> bool:
    at = datetime.fromtimestamp(at_s, UTC)
    return any(at in window for window in windows)


def _visible(one: Watched, windows: Sequence[Window]) -> set[str]:
    """The ids of the sales that Klaviyo shows in these windows. Raises ApiTrouble."""
    if not windows:
        return set()
    name = one.preset.metrics[Kind.PLACED]
    [metric] = resolve(one.reader.metrics(), [name], one.integration)
    return {
        row.unique_id
        for metric_id in metric.metric_ids
        for window in windows
        for page in one.reader.events(metric_id, window, ())
        for row in page
    }


def looking(watch: LagWatch, accounts: Sequence[str]) -> Callable[[], object]:
    """A look at these accounts as something that a tick calls."""
    return lambda: watch.look(accounts)
