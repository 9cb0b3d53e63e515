"""Where an account's OAuth tokens live: sealed in the database, saved before they are used."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sync.domain.clock import Clock
from sync.http.errors import Reconnect
from sync.http.tokens import Tokens
from sync.store import accounts
from sync.store.database import Store
from sync.store.secrets import KeyRing

_ACCESS, _REFRESH, _EXPIRES = "access_token", "refresh_token", "expires_at"


class Vault:
    """One account's tokens. Raises WrongKey when they cannot be opened."""

    def __init__(self, store: Store, account: int, name: str, ring: KeyRing, clock: Clock) -> None:
        """`name` is how the operator knows the account."""
        self._store = store
        self._account = account
        self._name = name
        self._ring = ring
        self._clock = clock

    def load(self) -> Tokens:
        """The tokens stored last. Raises Reconnect when the account was never connected."""
        held = self.held()
        if not {_ACCESS, _REFRESH, _EXPIRES} <= held.keys():
            raise Reconnect(
                self._name, f"is not connected yet; run `tillproof accounts connect {self._name}`"
            )
        return Tokens(held[_ACCESS], held[_REFRESH], datetime.fromisoformat(held[_EXPIRES]))

    def save(self, tokens: Tokens) -> None:
        """Store these tokens so that they survive even a power failure, before anybody uses them."""
        fields = {
            _ACCESS: tokens.access_token,
            _REFRESH: tokens.refresh_token,
            _EXPIRES: tokens.expires_at.isoformat(),
        }
        self.keep(fields)

    def held(self) -> dict[str, str]:
        """Everything that is stored for the account, opened."""
        with self._store.reading() as connection:
            return accounts.secrets(connection, self._account, self._ring)

    def keep(self, fields: Mapping[str, str]) -> None:
        """Store these fields, sealed, beside the others."""
        with self._store.writing(durable=True) as connection:
            accounts.keep_secrets(connection, self._account, self._ring, fields, self._clock.now())

    def lock(self) -> AbstractContextManager[None]:
        """Wait for every other process that might be refreshing them."""
        return self._store.holding(f"{self._name}.tokens", wait=True)
