"""The composition root of the sync: settings in, one program out, for commands, scenarios and tests."""

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sync.connect import Check, Network, Transports, code_of, compared
from sync.domain.clock import Clock, SystemClock, Window
from sync.ends import Opening
from sync.engine.checkpoints import Checkpoint, nothing
from sync.engine.feeds import window_of
from sync.engine.runs import Outcome, Result, Runs, named
from sync.engine.tally import Tally
from sync.engine.work import Ends, Means, Progress, no_progress
from sync.http.client import shared_tls
from sync.http.errors import ApiTrouble, Reconnect
from sync.http.retry import RetryPolicy
from sync.http.tokens import Tokens
from sync.klaviyo.read import KlaviyoReader
from sync.serve import TICK_S, Rounds, tick_for_ever, timetable_of
from sync.settings import Settings, WrongSettings
from sync.sources.notices import Subscriptions
from sync.sources.protocol import Attempt, SignIn
from sync.store import accounts, letters
from sync.store.database import Store, open_store
from sync.store.errors import AccountBusy
from sync.store.letters import Letter
from sync.store.secrets import WrongKey
from sync.store.status import Status, status

_FIRST_DAY = date(2000, 1, 1)  # Klaviyo takes nothing older


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
    checkpoint: Checkpoint = nothing,
    store: Store | None = None,
) -> "App":
    """The program for these settings. Opens and migrates the database; close it with `App.close`.

    `transports` mounts fakes by upstream (`klaviyo`, and the POS by its name), `clock` replaces the
    machine's. With either of them everything runs in one thread, so that a run is repeatable. A `store`
    that is open already is used instead of opening one, and closed with the program. Raises StoreTrouble.
    """
    threads = clock is None and not transports
    means = Means(store or open_store(settings.store.url), clock or SystemClock(), checkpoint, threads)
    chance = random.SystemRandom() if threads else random.Random(1)  # noqa: S311 - spreads retries, hides nothing
    retry = RetryPolicy(chance=chance.random)
    network = Network(means.clock, None if transports else shared_tls(), transports or {}, retry)
    return App(means, network, Opening(settings, means.store, network))


@dataclass(frozen=True, slots=True)
class LetterOf:
    """A dead letter and its account."""

    account: str
    letter: Letter


class App:
    """Every mode of every account. Results come one per account, in the order of the settings."""

    def __init__(self, means: Means, network: Network, opening: Opening) -> None:
        """Use `build`."""
        self._means = means
        self._network = network
        self._opening = opening
        self.dead_letters = DeadLetters(self)

    def __enter__(self) -> "App":
        """The program itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._opening.close()
        self._means.store.close()

    @property
    def store(self) -> Store:
        """The database."""
        return self._means.store

    def now(self) -> datetime:
        """The current instant."""
        return self._means.clock.now()

    def names(self, name: str | None = None) -> list[str]:
        """The accounts that `name` means: itself, or all. Raises WrongSettings for an unknown one."""
        return self._opening.names(name)

    def account(self, name: str) -> Ends:
        """Both ends of an account, opened. Raises ApiTrouble."""
        return self._opening.open(self.names(name)[0])

    def once(self, name: str | None = None, progress: Progress = no_progress) -> list[Result]:
        """Read what changed and deliver it."""
        return [self.attempt(one, "once", lambda runs: runs.once(), progress) for one in self.names(name)]

    def backfill(
        self,
        name: str | None = None,
        first: date | None = None,
        last: date | None = None,
        progress: Progress = no_progress,
    ) -> list[Result]:
        """Read all history, or these business days (both included), and deliver it as history."""
        window = self._window(first, last)
        results = [
            self.attempt(one, "backfill", lambda runs: runs.backfill(window(runs)), progress, anew=True)
            for one in self.names(name)
        ]
        self._means.store.tidy()
        return results

    def resend(self, name: str, sale_ids: Sequence[str], progress: Progress = no_progress) -> Result:
        """Send what these sales of one account became once more. What Klaviyo has already it keeps."""
        one = self.names(name)[0]
        return self.attempt(one, "resend", lambda runs: runs.resend(sale_ids), progress, anew=True)

    def preview(
        self,
        name: str | None = None,
        first: date | None = None,
        last: date | None = None,
        progress: Progress = no_progress,
    ) -> list[Result]:
        """What would be sent and what left out, and why; nothing is sent, and no sale is written.

        Without days it looks at what the next `once` would read. (Renewed credentials are stored all the
        same, for losing them would end the connection.)
        """
        return [self._preview(one, self._window(first, last), progress) for one in self.names(name)]

    def run(self, stop_at: datetime | None = None, tell: Callable[[Result], None] | None = None) -> None:
        """Serve all accounts by their timetables until `stop_at`, or for ever.

        With the machine's clock a scheduler ticks; any other clock is moved on by sleeping.
        """
        clock = self._means.clock
        accounts_by_name = self._opening.settings.accounts
        rounds = Rounds(
            {name: timetable_of(name, accounts_by_name[name]) for name in self.names()},
            lambda name, mode, do: self.attempt(name, mode, do, running=True),
            lambda name: self._opening.opened(name, running=True),
            clock,
            tell or (lambda _result: None),
        )
        if self._means.threads and stop_at is None:
            tick_for_ever(rounds.tick)
            return
        while stop_at is None or clock.now() < stop_at:
            rounds.tick()
            clock.sleep(TICK_S)

    def status(self, name: str | None = None) -> list[Status]:
        """Where the accounts stand."""
        found = []
        for one in self.names(name):
            number, signs_in = self._opening.number(one), self.signs_in(one)
            with self._means.store.reading() as connection:
                found.append(status(connection, number, signs_in=signs_in))
        return found

    def signs_in(self, name: str) -> bool:
        """Whether a person has to sign in at the account's till; else its settings are all it needs."""
        account = self._opening.settings.accounts[self.names(name)[0]]
        return self._network.signs_in(name, account, lambda: self._opening.vault(name))

    def sign_in_url(self, name: str) -> str:
        """Begin to connect an account: where a person goes; `finish_sign_in` then has what came back."""
        attempt = Attempt.begun()
        with closing(self._signing_in(self.names(name)[0], attempt)) as signing:
            self._opening.vault(name).keep(asdict(attempt))
            return signing.url

    def finish_sign_in(self, name: str, pasted: str) -> None:
        """Connect an account with the code, or the whole address, that the person was sent back with.

        It may be another process than the one that began. Raises ApiTrouble when the code is not taken.
        """
        held, fields = self._opening.vault(self.names(name)[0]).held(), ("state", "verifier", "challenge")
        if not set(fields) <= held.keys():
            raise WrongSettings(f"begin with `tillproof accounts connect {name}`, which prints where to go")
        attempt = Attempt(*(held[field] for field in fields))
        code, answer = code_of(pasted, attempt)
        with closing(self._signing_in(name, attempt)) as signing:
            self.keep_tokens(name, signing.tokens(code, answer))

    def _signing_in(self, name: str, attempt: Attempt) -> SignIn:
        account = self._opening.settings.accounts[name]
        return self._network.sign_in(name, account, lambda: self._opening.vault(name), attempt)

    def keep_tokens(self, name: str, tokens: Tokens) -> None:
        """Store an account's tokens, sealed, and use them from now on."""
        self._opening.vault(self.names(name)[0]).save(tokens)
        self._change(name, trouble="", connected_at=self._means.clock.now())
        self._opening.close(name)

    def check(self, name: str) -> Check:
        """Ask both ends who they are and whether they fit together. Raises ApiTrouble."""
        settings = self._opening.settings.accounts[self.names(name)[0]]
        client = self._network.klaviyo(name, settings)
        try:
            found = compared(name, settings, self.account(name).facts, KlaviyoReader(client))
        finally:
            client.close()
        self._change(name, klaviyo_id=found.klaviyo.public_id, klaviyo_zone=found.klaviyo.zone)
        return found

    def subscribing(self, name: str, url: str) -> Subscriptions | str:
        """How an account is told of sales at `url`: a way to register, or what a person has to paste.

        Raises WrongSettings where there is none.
        """
        account = self._opening.settings.accounts[self.names(name)[0]]
        return self._network.subscribing(name, account, lambda: self._opening.vault(name), url)

    def rekey(self) -> int:
        """Seal every stored credential with the current key; the number of accounts changed."""
        ring = self._opening.ring()
        with self._means.store.writing(durable=True) as connection:
            return accounts.reseal(connection, ring, self._means.clock.now())

    def attempt(
        self,
        name: str,
        mode: str,
        do: Callable[[Runs], Result],
        progress: Progress = no_progress,
        *,
        running: bool = False,
        anew: bool = False,
    ) -> Result:
        """Do it; trouble with either end becomes a result, and so does any other that only this account has.

        `running` reads in the cheap live way; `anew` with a source that remembers nothing, and so reads all.
        """
        if anew:
            self._opening.close(name)
        try:
            result = do(Runs(self._opening.open(name, running=running), self._means, progress))
        except ApiTrouble as trouble:
            result = Result(name, mode, named(trouble), str(trouble), Tally(), 0.0)
            if isinstance(trouble, Reconnect):
                self._change(name, trouble=str(trouble))
        except (WrongSettings, WrongKey, AccountBusy) as trouble:
            self._opening.close(name)
            if len(self.names()) == 1:
                raise
            outcome = Outcome.TRY_LATER if isinstance(trouble, AccountBusy) else Outcome.UNUSABLE
            result = Result(name, mode, outcome, str(trouble), Tally(), 0.0)
        except BaseException:
            self._opening.close(name)
            raise
        if result.outcome not in (Outcome.DONE, Outcome.SET_ASIDE):
            self._opening.close(name)
        return result

    def forget(self, name: str) -> None:
        """Open the account's ends anew when they are needed next."""
        self._opening.close(name)

    def number(self, name: str) -> int:
        """The number of the account in the database."""
        return self._opening.number(self.names(name)[0])

    def _preview(self, name: str, window: Callable[[Runs], Window | None], progress: Progress) -> Result:
        try:
            opened = self._opening.make(name, keep=False)
        except ApiTrouble as trouble:
            return Result(name, "preview", named(trouble), str(trouble), Tally(), 0.0)
        try:
            runs = Runs(opened.ends, self._means, progress)
            return runs.preview(window(runs))
        except ApiTrouble as trouble:
            return Result(name, "preview", named(trouble), str(trouble), Tally(), 0.0)
        finally:
            opened.close()

    def _window(self, first: date | None, last: date | None) -> Callable[[Runs], Window | None]:
        def window(runs: Runs) -> Window | None:
            if first is None and last is None:
                return None
            tomorrow = self._means.clock.now().date() + timedelta(days=1)
            return window_of(first or _FIRST_DAY, last or tomorrow, runs.shops)

        return window

    def _change(self, name: str, **values: object) -> None:
        number = self.number(name)
        with self._means.store.writing() as connection:
            accounts.change(connection, number, **values)


class DeadLetters:
    """What could not be handled, over all accounts."""

    def __init__(self, app: App) -> None:
        """Part of `App`."""
        self._app = app

    def list(self, name: str | None = None, limit: int | None = None) -> "Sequence[LetterOf]":
        """The dead letters, oldest first."""
        found = []
        for one in self._app.names(name):
            number = self._app.number(one)
            with self._app.store.reading() as connection:
                found += [LetterOf(one, letter) for letter in letters.listed(connection, number, limit=limit)]
        return found

    def retry(self, name: str | None = None, numbers: Sequence[int] | None = None) -> "Sequence[Result]":
        """Try them again: refused events and profiles are sent once more, all else is read anew."""
        return [
            self._app.attempt(one, "retry", lambda runs: runs.retry(numbers), anew=True)
            for one in self._app.names(name)
        ]

    def drop(self, name: str | None = None, numbers: Sequence[int] | None = None) -> int:
        """Give them up for good; the number dropped."""
        dropped_count, now_s = 0, int(self._app.now().timestamp())
        for one in self._app.names(name):
            number = self._app.number(one)
            with self._app.store.writing() as connection:
                dropped_count += letters.drop(connection, number, numbers, now_s)
        return dropped_count
