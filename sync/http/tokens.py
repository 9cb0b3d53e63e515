"""OAuth tokens of any vendor: what they are, where they are kept, and the proof that a sign-in is ours."""

import base64
import hashlib
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """What stands for a connected account. Never printed."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


class TokenVault(Protocol):
    """Where an account's tokens are kept between runs."""

    def load(self) -> Tokens:
        """The tokens stored last."""
        ...

    def save(self, tokens: Tokens) -> None:
        """Store these tokens durably before returning."""
        ...

    def lock(self) -> AbstractContextManager[Any]:
        """Keep every other process that uses these tokens from refreshing them meanwhile."""
        ...


def pkce() -> tuple[str, str]:
    """A fresh secret verifier and the challenge made from it (RFC 7636, S256)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
