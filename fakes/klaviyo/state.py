"""The truth of one Klaviyo account: profiles, metrics, lists, jobs and events, and the rules that bind them.

The scripting methods at the end plant defects; they keep every index right and go round de-duplication.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fakes.kit.clock import Clock, as_utc
from fakes.kit.ids import Ids
from fakes.kit.push import Push
from fakes.klaviyo import snapshot, webhooks
from fakes.klaviyo.account import INTEGRATIONS, Account, ImportJob, Metric, ProfileList
from fakes.klaviyo.eventstore import BACKFILL, HAS_UNIQUE_ID, NO_VALUE, EventStore, StoredEvent
from fakes.klaviyo.intake import ReadyEvent
from fakes.klaviyo.jobs import Job
from fakes.klaviyo.profiles import Profile, Profiles
from fakes.klaviyo.records import Attribution, Extras, Segment
from fakes.klaviyo.switches import Switches
from fakes.klaviyo.values import compact


class State:
    """Everything the fake knows. ``counts`` tells what became of accepted events (``events.stored``, …)."""

    def __init__(self, clock: Clock, seed: int, switches: Switches, account: Account) -> None:
        self.clock = clock
        self.switches = switches
        self.ids = Ids(seed)
        self.push = Push(clock, webhooks.schedule)
        self.push.rewrite = lambda out, _: webhooks.signed(self, out)
        self.called_at = "https://a.klaviyo.com"
        """Where links in webhooks lead: to where the fake was last called."""
        self._seed = seed
        self._account = account
        self.reset()

    def reset(self) -> None:
        """As freshly built: an empty account."""
        self.ids.reset(self._seed)
        self.account = replace(self._account)
        self.profiles = Profiles(self.ids, self.switches)
        self.events = EventStore(self._seed)
        self.metrics: list[Metric] = []
        self.metric_by_id: dict[str, Metric] = {}
        self._metric_by_name: dict[tuple[str, str], Metric] = {}
        self.lists: dict[str, ProfileList] = {}
        self.jobs: dict[str, ImportJob] = {}
        self.undone: list[Job] = []
        self.extras = Extras()
        self.outbox: dict[str, list[tuple[str, int]]] = {}
        """Per webhook: topics with the rows of events that have not been queued for delivery yet."""
        self.push.reset()
        self.currencies: list[str] = [""]
        self._currency_numbers: dict[str | None, int] = {None: 0, "": 0}
        self.counts: Counter[str] = Counter()
        self.shown_at: list[tuple[float, int, int]] = []
        """Ranges of rows with when they became readable; kept only while aggregates lag behind reads."""

    # -- what endpoints use

    def settle(self) -> None:
        """Let time do its work: show events whose delay is over."""
        self.events.settle(self.clock.now().timestamp())

    def metric(self, name: str, integration: str = "API") -> Metric:
        """The metric of this name and integration, created if it is the first event's."""
        found = self._metric_by_name.get((name, integration))
        return found or self.add_metric(name, integration)

    def store(self, profile: Profile, event: ReadyEvent) -> int | None:
        """Store one accepted event, unreadable until ``publish``; None if it is discarded as a duplicate."""
        metric = self.metric(event.metric)
        unique_id = event.unique_id or str(event.at)
        known = self.events.known(metric.ordinal, profile.ordinal, unique_id)
        if known is not None and self._remembers(known):
            self.counts["events.duplicate"] += 1
            return None
        return self._append(metric, profile, event, unique_id)

    def store_again(self, row: int) -> int:
        """Store a second copy of an event, as a vendor's own mistake would. Returns its row."""
        events = self.events
        return events.append(
            metric=events.metric[row],
            profile=events.profile[row],
            unique_id=events.unique[row],
            at=events.at[row],
            value=events.value[row],
            currency=events.currency[row],
            flags=events.flags[row],
            properties=events.properties[row],
        )

    def publish(self, first: int, delay_s: float) -> None:
        """Make the rows from ``first`` on readable, now or after a delay."""
        end = len(self.events)
        if first == end:
            return
        shown_at_s = self.clock.now().timestamp() + delay_s
        if self.switches.aggregate_lag_s:
            self.shown_at.append((shown_at_s, first, end))
        if delay_s > 0:
            self.events.hide(first, end, shown_at_s)
        else:
            self.events.show(first, end)

    def happened(self, profile: Profile, metric_name: str, properties: Mapping[str, Any]) -> None:
        """Record an event of Klaviyo's own, readable at once."""
        if not self.switches.consent_events:
            return
        first, at = len(self.events), math.floor(self.clock.now().timestamp())
        packed = compact(properties, bytearray())
        event = ReadyEvent(metric_name, None, at, None, None, backfill=True, properties=packed)
        self._append(self.metric(metric_name, "Klaviyo"), profile, event, str(at))
        self.events.show(first, first + 1)
        webhooks.announce(self, first, first + 1)

    def visible_metrics(self) -> list[Metric]:
        """The metrics that a reader can see: those with a readable event, or made by script."""
        return [m for m in self.metrics if m.visible or len(self.events.indexes[m.ordinal])]

    def last_event_at(self, profile: Profile) -> int | None:
        """The time of a profile's latest readable event."""
        readable = (r for r in self.events.rows_of_profile(profile.ordinal) if self.events.is_readable(r))
        return max((self.events.at[row] for row in readable), default=None)

    def currency_number(self, currency: str | None) -> int:
        """The ordinal under which a currency is kept; 0 is none."""
        number = self._currency_numbers.get(currency)
        if number is None:
            assert currency is not None
            number = self._currency_numbers[currency] = len(self.currencies)
            self.currencies.append(currency)
        return number

    def _remembers(self, row: int) -> bool:
        days = self.switches.dedupe_retention_days
        return not days or self.events.at[row] >= self.clock.now().timestamp() - days * 86_400

    def _append(self, metric: Metric, profile: Profile, event: ReadyEvent, unique_id: str) -> int:
        value = event.value
        if value:
            metric.has_value = True
        elif value is None:
            # Klaviyo counts a missing value as 0 once the metric has had one.
            value = 0.0 if metric.has_value else NO_VALUE
        self.counts["events.stored"] += 1
        return self.events.append(
            metric=metric.ordinal,
            profile=profile.ordinal,
            unique_id=unique_id,
            at=event.at,
            value=value,
            currency=self.currency_number(event.currency),
            flags=(HAS_UNIQUE_ID if event.unique_id else 0) | (BACKFILL if event.backfill else 0),
            properties=event.properties,
        )

    # -- scripting: defects and starting positions

    def add_metric(self, name: str, integration: str = "API", *, visible: bool = False) -> Metric:
        """A metric; a second one of the same name under another integration is a twin."""
        if integration not in INTEGRATIONS:
            raise ValueError(f"unknown integration {integration!r}; known: {', '.join(INTEGRATIONS)}")
        now = self.clock.now()
        return self.keep_metric(
            Metric(len(self.metrics), self.ids.short(), name, integration, now, now, visible)
        )

    def keep_metric(self, metric: Metric) -> Metric:
        """Put a metric at the end of the others; its ordinal is their number."""
        self.metrics.append(metric)
        self.metric_by_id[metric.id] = metric
        self._metric_by_name[metric.name, metric.integration] = metric
        self.events.add_metric()
        return metric

    def add_list(self, name: str, opt_in_process: str | None = None) -> ProfileList:
        """A list; without a process it takes the account's."""
        now = self.clock.now()
        process = opt_in_process or self.switches.account_opt_in
        made = ProfileList(self.ids.short(), name, process, now, now)
        self.lists[made.id] = made
        return made

    def add_segment(self, name: str, profile_ids: Sequence[str] = ()) -> Segment:
        """A segment with these people in it."""
        now = self.clock.now()
        made = Segment(self.ids.short(), name, now, now, dict.fromkeys(profile_ids, now))
        self.extras.segments[made.id] = made
        return made

    def attribute(self, event_id: str, **credited: str) -> Attribution:
        """Credit an event: ``flow="…"``, ``campaign="…"``, ``attributed_event="…"`` and the like, as ids."""
        self._row(event_id)
        named = {name.replace("_", "-"): value for name, value in credited.items()}
        made = Attribution(self.ids.uuid(), event_id, named)
        self.extras.attributions.setdefault(event_id, []).append(made)
        return made

    def profile(self, email: str) -> Profile:
        """The profile of an e-mail, created if there is none."""
        address = email.lower() if self.switches.email_lowercased else email
        found = self.profiles.owner("email", address)
        if found is None:
            found = self.profiles.create(self.clock.now())
            self.profiles.change(found, {"email": address}, self.clock.now())
        return found

    def find_events(self, metric_name: str | None = None, unique_id: str | None = None) -> list[StoredEvent]:
        """Stored events, readable or not, in storage order; a name covers every integration's metric."""
        if unique_id is not None:
            wanted = [m for m in self.metrics if metric_name in (None, m.name)]
            rows = sorted(row for m in wanted for row in self.events.rows_with(m.ordinal, unique_id))
            return [self.stored(row) for row in rows]
        ordinals = {m.ordinal for m in self.metrics if metric_name in (None, m.name)}
        return [self.stored(row) for row in self.events.live_rows() if self.events.metric[row] in ordinals]

    def delete_event(self, event_id: str) -> None:
        """Make an event disappear; the same event may then be sent again."""
        self.events.delete(self._row(event_id))

    def add_event(  # noqa: PLR0917 - the order in which one tells an event; scenarios call it so
        self,
        metric_name: str,
        email: str,
        unique_id: str | None,
        at: datetime,
        value: Decimal | None,
        properties: Mapping[str, Any],
        currency: str | None = "USD",
        *,
        integration: str = "API",
    ) -> str:
        """Store an event without asking for duplicates; readable at once. Returns its id."""
        return self._plant(
            self.metric(metric_name, integration),
            self.profile(email),
            ReadyEvent(
                metric=metric_name,
                unique_id=unique_id,
                at=math.floor(as_utc(at).timestamp()),
                value=None if value is None else float(value),
                currency=currency,
                backfill=True,
                properties=compact(properties, bytearray()),
            ),
        )

    def copy_event(self, event_id: str, *, email: str) -> str:
        """The same event and unique_id on another profile: a true duplicate. Returns the copy's id."""
        old = self.stored(self._row(event_id))
        metric = self.metric_by_id[old.metric_id]
        return self._plant(
            metric,
            self.profile(email),
            ReadyEvent(
                metric=metric.name,
                unique_id=old.unique_id,
                at=old.at,
                value=None if old.value is None else float(old.value),
                currency=old.currency,
                backfill=True,
                properties=old.raw_properties,
            ),
        )

    def set_value(self, event_id: str, value: Decimal | None) -> None:
        """Give an event another value."""
        self.events.value[self._row(event_id)] = NO_VALUE if value is None else float(value)

    def set_time(self, event_id: str, at: datetime) -> None:
        """Give an event another time, to the whole second."""
        self.events.move(self._row(event_id), math.floor(as_utc(at).timestamp()))

    def stored(self, row: int) -> StoredEvent:
        """One event as a record."""
        events = self.events
        metric, profile = self.metrics[events.metric[row]], self.profiles.all[events.profile[row]]
        value = events.value[row]
        return StoredEvent(
            id=events.id_of(row),
            metric_id=metric.id,
            metric_name=metric.name,
            profile_id=profile.id,
            email=profile.attributes.get("email"),
            unique_id=events.unique[row],
            at=events.at[row],
            value=None if math.isnan(value) else decimal_of(value),
            currency=self.currencies[events.currency[row]] or None,
            backfill=bool(events.flags[row] & BACKFILL),
            raw_properties=events.properties[row],
        )

    def _plant(self, metric: Metric, profile: Profile, event: ReadyEvent) -> str:
        first = len(self.events)
        row = self._append(metric, profile, event, event.unique_id or str(event.at))
        self.events.show(first, first + 1)
        return self.events.id_of(row)

    def _row(self, event_id: str) -> int:
        row = self.events.row_of(event_id)
        if row is None:
            raise KeyError(f"no event {event_id}")
        return row

    # -- the whole state as JSON

    def dump(self) -> dict[str, Any]:
        """The whole truth as a JSON object."""
        return snapshot.dump(self)

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the whole truth by a dumped one."""
        snapshot.load(self, dumped)


def decimal_of(value: float) -> Decimal:
    """The shortest decimal that reads back as this double: what was sent, up to 15 digits."""
    text = repr(value)
    return Decimal(text.removesuffix(".0"))


def instant_of(at: int) -> datetime:
    """Epoch seconds as an aware instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
