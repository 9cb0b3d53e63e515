"""Opening both ends of an account, once per program, and again after trouble."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from sync.connect import Network
from sync.domain.presets import Preset
from sync.engine.work import Ends
from sync.klaviyo.consent import ConsentWriter
from sync.klaviyo.known import KnownProfiles
from sync.klaviyo.profiles import ProfileWriter
from sync.klaviyo.write import EventWriter
from sync.settings import Settings, WrongSettings
from sync.store import accounts, sales
from sync.store.database import Store
from sync.store.sales import Shelf
from sync.store.secrets import KeyRing
from sync.store.vault import Vault

_SHARE_RUNNING = 0.5  # of the till's rate limit: the other half is left to the merchant's other programs


@dataclass(frozen=True, slots=True)
class Opened:
    """An account with its clients."""

    ends: Ends
    close: Callable[[], None]


class Opening:
    """Opens accounts and keeps them open.

    A source remembers what it has read, to spare the till. After a run that failed this memory may claim
    more than was kept, so the account is then closed and opened anew.
    """

    def __init__(self, settings: Settings, store: Store, network: Network) -> None:
        """Nothing is opened yet."""
        self.settings = settings
        self._store = store
        self._network = network
        self._opened: dict[tuple[str, bool], Opened] = {}
        self._numbers: dict[str, int] = {}

    def names(self, name: str | None = None) -> list[str]:
        """The accounts that `name` means: itself, or all. Raises WrongSettings for an unknown one."""
        known = self.settings.accounts
        if name is None and not known:
            raise WrongSettings("no account is configured; add a section [accounts.NAME]")
        if name is not None and name not in known:
            told = ", ".join(known) or "none"
            raise WrongSettings(f"there is no account {name} in the settings; known: {told}")
        return list(known) if name is None else [name]

    def number(self, name: str) -> int:
        """The number of the account in the database, which it gets now when it has none."""
        known = self._numbers.get(name)
        if known is None:
            known = self._numbers[name] = self._numbered(name)
        return known

    def _numbered(self, name: str) -> int:
        with self._store.reading() as connection:
            found = accounts.find(connection, name)
        if found is not None:
            return found
        with self._store.writing() as connection:
            return accounts.number_of(connection, name, self.settings.accounts[name].source)

    def ring(self) -> KeyRing:
        """The keys. Raises WrongKey when there is none."""
        return KeyRing(self.settings.keys)

    def vault(self, name: str) -> Vault:
        """Where the account's tokens are kept."""
        return Vault(self._store, self.number(name), name, self.ring(), self._network.clock)

    def open(self, name: str, *, running: bool = False) -> Ends:
        """Both ends; `running` reads in the cheap live way with half the rate limit. Raises ApiTrouble."""
        found = self._opened.get((name, running))
        if found is None:
            found = self._opened[name, running] = self.make(name, running=running)
        return found.ends

    def opened(self, name: str, *, running: bool = False) -> Ends | None:
        """Both ends if they are open already."""
        found = self._opened.get((name, running))
        return found.ends if found is not None else None

    def make(self, name: str, *, running: bool = False, keep: bool = True) -> Opened:
        """Both ends, opened for the caller alone; without `keep` it learns no products."""
        account, network, number = self.settings.accounts[name], self._network, self.number(name)
        with ExitStack() as opening:
            client = network.klaviyo(name, account)
            opening.callback(client.close)
            till = network.till(
                name,
                account,
                lambda: self.vault(name),
                share=_SHARE_RUNNING if running else 1.0,
                live=running,
                products=Shelf(self._store, number, keep=keep),
            )
            opening.callback(till.close)
            source = till.source
            facts = source.account()
            with self._store.writing() as connection:
                sales.keep_shops(connection, number, facts.shops.values())
                accounts.change(connection, number, pos_account_id=facts.account_id, currency=facts.currency)
            preset = account.resolved()
            ends = Ends(
                name, number, preset, rules_of(preset), facts, source, EventWriter(client),
                ProfileWriter(client), list_id=account.klaviyo.list_id or None,
                welcome=account.klaviyo.welcome,
                known=KnownProfiles(client) if preset.policy.known_profiles_suffice else None,
                wishes=ConsentWriter(client),
            )  # fmt: skip
            return Opened(ends, opening.pop_all().close)

    def close(self, name: str | None = None) -> None:
        """Close an account, or all of them."""
        for key in [key for key in self._opened if name is None or key[0] == name]:
            self._opened.pop(key).close()


def rules_of(preset: Preset) -> bytes:
    """The rules as bytes that are the same in every process: when they change, every sale is judged again."""
    told = [sorted(preset.kinds), preset.mapping, asdict(preset.policy), asdict(preset.event_fields)]
    return json.dumps(told, default=sorted).encode()
