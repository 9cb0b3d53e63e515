"""Opening both ends of configured accounts for reading: settings and stored tokens in, clients out.

The one place where the monitor meets the sync's settings and vault. It shares the tokens, because a
vendor's tokens rotate and there is only one set of them; of the ledger beside them it knows nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import httpx

from monitor.explain import LedgerJournal
from monitor.lag_seen import KeptSightings
from monitor.observed import EVENT_KEY
from monitor.people import ProfileReader
from monitor.reading import Watched
from monitor.watching import Watching, watching
from sync.connect import Network
from sync.domain.clock import Clock
from sync.http.client import shared_tls
from sync.http.errors import Reconnect
from sync.klaviyo.read import KlaviyoReader
from sync.settings import Settings, WrongSettings
from sync.store import accounts
from sync.store.database import Store, open_store
from sync.store.secrets import KeyRing
from sync.store.vault import Vault

Transports = Mapping[str, httpx.BaseTransport]


@contextmanager
def watched(
    settings: Settings,
    name: str | None,
    *,
    clock: Clock,
    key_property: str | None = None,
    integration: str | None = None,
    transports: Transports | None = None,
) -> Iterator[Sequence[Watched]]:
    """The account `name`, or all of them, opened for reading; closed again at the end.

    Accounts that another integration feeds are watched as `[monitor.watch.NAME]` says; `key_property` and
    `integration` take its place. `transports` mounts fakes by upstream. Raises WrongSettings,
    StoreTrouble, WrongKey and Reconnect.
    """
    if key_property is not None and not key_property.strip():
        raise WrongSettings(
            "the property that names an event's sale is empty; $event_id and OrderId are usual"
        )
    network = Network(clock, None if transports else shared_tls(), transports or {})
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings.store.url, create=False))
        opened = [_opened(one, settings, store, network, stack) for one in _names(settings, name)]
        yield [_asked(one, key_property, integration) for one in opened]


def _asked(watched: Watched, key_property: str | None, integration: str | None) -> Watched:
    changed = replace(
        watched,
        key_property=key_property or watched.key_property,
        integration=integration or watched.integration,
    )
    return changed if changed.ours else replace(changed, journal=None)


def _names(settings: Settings, name: str | None) -> list[str]:
    known = sorted(settings.accounts)
    if name is None and known:
        return known
    if name is not None and name in settings.accounts:
        return [name]
    told = ", ".join(known) or "none; add a section [accounts.NAME]"
    raise WrongSettings(f"there is no account {name or ''} in the settings; known: {told}".replace("  ", " "))


def _opened(name: str, settings: Settings, store: Store, network: Network, stack: ExitStack) -> Watched:
    account = settings.accounts[name]
    with store.reading() as connection:
        number = accounts.find(connection, name)
    if number is None:
        raise Reconnect(name, f"is not connected yet; run `tillproof accounts connect {name}`")
    till = network.till(
        name, account, lambda: Vault(store, number, name, KeyRing(settings.keys), network.clock)
    )
    stack.callback(till.close)
    klaviyo = network.klaviyo(name, account)
    stack.callback(klaviyo.close)
    own = account.resolved()
    theirs = watching(settings.monitor, name, own) or Watching(own, EVENT_KEY, "API")
    return Watched(
        name,
        account.source,
        till.source,
        KlaviyoReader(klaviyo),
        theirs.preset,
        theirs.key_property,
        theirs.integration,
        people=ProfileReader(klaviyo),
        journal=LedgerJournal(store, number),
        sightings=KeptSightings(store, name),
    )
