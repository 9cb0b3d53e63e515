"""Secrets at rest: AES-GCM with `account:field` as associated data, so that none can change its row.

Keys are 32 bytes, written as URL-safe base64. Several may be given while keys are rotated: the first one
seals, all of them open. A key is known by its id, 8 hex digits of its hash, kept beside what it sealed.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.store.errors import StoreTrouble

_KEY_BYTES = 32
_NONCE_BYTES = 12


class WrongKey(StoreTrouble):
    """There is no usable key for what is stored; the message says how to give one."""


def new_key() -> str:
    """A fresh random key as text."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


class KeyRing:
    """The keys of this installation."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as text, the current one first. Raises WrongKey for text that is no key, or none at all."""
        if not keys:
            raise WrongKey(
                "no key: make one with `tillproof accounts keygen` and give it as TILLPROOF_KEY, "
                "or as a file named by [secrets] key_file"
            )
        self._keys = {}
        for text in keys:
            raw = _raw(text)
            self._keys[hashlib.sha256(raw).hexdigest()[:8]] = AESGCM(raw)
        self.current_id = next(iter(self._keys))

    def seal(self, secret: str, place: str) -> tuple[str, bytes]:
        """The id of the key used and the sealed secret, which opens only for the same `place`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self.current_id].encrypt(nonce, secret.encode(), place.encode())
        return self.current_id, nonce + sealed

    def open(self, key_id: str, sealed: bytes, place: str) -> str:
        """The secret. Raises WrongKey when its key is not on the ring, or when it was tampered with."""
        key = self._keys.get(key_id)
        if key is None:
            raise WrongKey(
                f"the stored credentials were sealed with key {key_id}, which was not given; put that "
                "key back (TILLPROOF_KEY takes several, separated by commas), or connect the account again"
            )
        try:
            plain = key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise WrongKey(
                f"the stored credential {place} does not open: it was changed or moved; "
                "connect the account again"
            ) from None
        return plain.decode()


def _raw(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text.strip().encode())
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise WrongKey(
            "the key is not one of ours (44 characters of URL-safe base64); "
            "make one with `tillproof accounts keygen`"
        )
    return raw
