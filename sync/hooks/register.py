"""Registering an account's webhooks with its vendor: what is there stays, what is missing is added."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sync.sources.fields import WrongSettings
from sync.sources.notices import Subscription, Subscriptions

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Registered:
    """What was found and done, in sentences; `others` are ours at other addresses."""

    told: tuple[str, ...]
    others: tuple[Subscription, ...]
    complete: bool  # whether the vendor now shows every one of them, switched on


def address_of(url: str, account: str) -> str:
    """Where an account's deliveries go, below the address at which the world reaches us.

    Raises WrongSettings for what no vendor could post to.
    """
    parts = urlsplit(url)
    if (
        parts.scheme not in {"https", "http"}
        or not parts.hostname
        or parts.query
        or parts.fragment
        or (parts.scheme == "http" and parts.hostname not in _HERE)
    ):
        raise WrongSettings(
            "--url: give the https address at which the vendor reaches `tillproof hooks serve`, such as "
            "https://hooks.example.com"
        )
    return f"{url.rstrip('/')}/hooks/{account}"


def register(subscriptions: Subscriptions) -> Registered:
    """Make every kind of webhook there, switched on, and look whether the vendor shows it. Repeatable."""
    told = []
    before = subscriptions.listed()
    for name in subscriptions.names:
        address = subscriptions.address(name)
        same = [one for one in before if (one.name, one.url) == (name, address)]
        if not same:
            subscriptions.add(name, address)
            told.append(f"registered {name} at {address}")
        elif not same[0].active:
            subscriptions.activate(same[0])
            told.append(f"switched {name} at {address} on again")
        else:
            told.append(f"{name} is registered already at {address}")
    after = subscriptions.listed()
    wanted = {(name, subscriptions.address(name)) for name in subscriptions.names}
    shown = {(one.name, one.url) for one in after if one.active}
    return Registered(tuple(told), _others(after, wanted), wanted <= shown)


def remove(subscriptions: Subscriptions) -> list[Subscription]:
    """Take back those that go to this address; those that were there."""
    wanted = {(name, subscriptions.address(name)) for name in subscriptions.names}
    found = [one for one in subscriptions.listed() if (one.name, one.url) in wanted]
    for one in found:
        subscriptions.remove(one)
    return found


def _others(listed: Sequence[Subscription], wanted: set[tuple[str, str]]) -> tuple[Subscription, ...]:
    return tuple(one for one in listed if (one.name, one.url) not in wanted)
