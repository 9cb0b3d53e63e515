"""The composition root of the webhooks: settings in, a WSGI app and its worker out."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from sqlalchemy.engine import make_url

from sync import app as sync_app
from sync.app import App
from sync.connect import Transports
from sync.domain.clock import Clock, SystemClock
from sync.engine.checkpoints import Checkpoint, nothing
from sync.engine.runs import Result
from sync.hooks.counts import Counts
from sync.hooks.door import Door
from sync.hooks.follow import Follower
from sync.settings import Settings, WrongSettings
from sync.sources import registry
from sync.sources.notices import Heard, HookReader
from sync.store import inbox, people, wishes
from sync.store.database import Store, open_store
from sync.store.errors import StoreBusy, StoreTrouble
from sync.store.inbox import Arrival

STORING_S = 3  # the strictest vendor waits five seconds for its answer
GREET_EVERY_S = 2.0

Tell = Callable[[Result], None]


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
    checkpoint: Checkpoint = nothing,
    tell: Tell = lambda _result: None,
    store: Store | None = None,
) -> "Hooks":
    """The webhooks of all accounts that have any. Raises WrongSettings when none has, StoreTrouble.

    With a `clock` or `transports` of one's own nothing works by itself: call `Hooks.step`. A `store` that is
    open already serves the door and the worker, instead of opening one for each.
    """
    readers, remarks = readers_of(settings)
    app = sync_app.build(settings, clock=clock, transports=transports, checkpoint=checkpoint, store=store)
    door_store = store or open_store(_impatient(settings.store.url))
    # Importing profiles takes its time, so it has connections of its own and holds no event up.
    greeting = sync_app.build(settings) if clock is None and not transports else app
    return Hooks(
        app, greeting, door_store, readers=readers, remarks=remarks, clock=clock or SystemClock(), tell=tell
    )


def readers_of(settings: Settings) -> tuple[dict[str, HookReader], dict[str, str]]:
    """Who reads the deliveries of each account, and what the operator should know. Raises WrongSettings."""
    readers: dict[str, HookReader] = {}
    remarks: dict[str, str] = {}
    for name, account in settings.accounts.items():
        hooks = registry.hooks(account.source)
        if hooks is None:
            continue
        try:
            readers[name] = hooks.reader(account.pos)
        except WrongSettings as problem:
            remarks[name] = str(problem)
        else:
            remarks[name] = readers[name].remark
    if not readers:
        told = "; ".join(f"{name}: {words}" for name, words in remarks.items() if words)
        raise WrongSettings(
            told or "no account has webhooks; `tillproof sync run` keeps every account in step by polling"
        )
    return readers, {name: words for name, words in remarks.items() if words}


class Hooks:
    """The door that vendors knock at and the worker behind it. Close it when done."""

    def __init__(
        self,
        app: App,
        greeting: App,
        store: Store,
        *,
        readers: Mapping[str, HookReader],
        remarks: Mapping[str, str],
        clock: Clock,
        tell: Tell,
    ) -> None:
        """Use `build`. `greeting` brings profiles up to date; `store` is for the door alone."""
        self.accounts = {name: app.number(name) for name in readers}
        self.remarks = remarks
        self.wake = threading.Event()
        self.counts = Counts()
        self.door = Door(readers, self._keep, self._probe, self.counts)
        self.follower = Follower(app, self.accounts, clock, self.counts, tell)
        self._app = app
        self._greeting = greeting
        self._store = store
        self._clock = clock
        self._storing = threading.Lock()

    def __enter__(self) -> "Hooks":
        """The webhooks themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.close()

    def step(self) -> int:
        """Follow what is due now, and greet; the number of sales taken up."""
        count = self.follower.step()
        self.greet()
        return count

    def greet(self) -> None:
        """Bring profiles up to date, and let opt-outs travel, where any wait."""
        for name, number in self.accounts.items():
            with suppress(StoreTrouble):
                with self._greeting.store.reading() as connection:
                    wanted = bool(
                        people.waiting(connection, number, 1)
                        or wishes.waiting(connection, number, wishes.OPTED_OUT, 1)
                        or wishes.waiting(connection, number, wishes.CONSENTED, 1)
                    )
                if wanted:
                    self._greeting.attempt(name, "greet", lambda runs: runs.greet())

    def close(self) -> None:
        """Write the counts, then close every connection."""
        self.follower.flush()
        self._app.close()
        self._greeting.close()
        self._store.close()

    def _keep(self, account: str, heard: Heard) -> None:
        arrivals = [Arrival(hint.sale_id, hint.version, hint.key) for hint in heard.hints]
        # One after the other: threads that fight for SQLite's lock wait longer than those in a queue.
        if not self._storing.acquire(timeout=STORING_S):
            raise StoreBusy("the database is busy")
        try:
            with self._store.writing(durable=True) as connection:
                now_ms = int(self._clock.now().timestamp() * 1000)
                taken = inbox.receive(connection, self.accounts[account], arrivals, now_ms)
        finally:
            self._storing.release()
        self.counts.add(account, "queued", taken.queued_count)
        self.counts.add(account, "repeated", taken.repeated_count)
        self.counts.add(account, "stale", taken.stale_count)
        if taken.queued_count:
            self.wake.set()

    def _probe(self) -> None:
        with self._store.reading() as connection:
            inbox.next_due_ms(connection, 0)


def _impatient(url: str) -> str:
    """The database's address with a short patience: a vendor does not wait for ours."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return url
    return parsed.update_query_dict({"timeout": str(STORING_S)}).render_as_string(hide_password=False)
