"""Ids that look like a vendor's, are the same for the same seed, and never repeat.

Everything is derived from (seed, name of the sequence, running number), so the whole generator is a few
counters: it travels through ``/_fake/state`` as a small JSON object.
"""

import uuid
import zlib
from datetime import datetime

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_64 = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """A one-to-one scrambling of 64-bit numbers (splitmix64's finaliser): different in, different out."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _64
    return value ^ (value >> 31)


def unmix(value: int) -> int:
    """The inverse of ``mix``."""
    value ^= (value >> 31) ^ (value >> 62)
    value = (value * 0x319642B2D24D8EC3) & _64
    value ^= (value >> 27) ^ (value >> 54)
    value = (value * 0x96DE1B173F119089) & _64
    return value ^ (value >> 30) ^ (value >> 60)


def encode(value: int, alphabet: str, length: int) -> str:
    """``value`` in the alphabet's base, left-padded to ``length``; higher digits are cut off."""
    base = len(alphabet)
    digits = []
    for _ in range(length):
        value, digit = divmod(value, base)
        digits.append(alphabet[digit])
    return "".join(reversed(digits))


class Ids:
    """Deterministic ids of one fake instance."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._counters: dict[str, int] = {}

    def number(self, sequence: str, start: int = 1) -> int:
        """The next whole number of a named sequence: ``start``, ``start + 1``, …"""
        value = self._counters.get(sequence, start - 1) + 1
        self._counters[sequence] = value
        return value

    def short(self, n: int = 6) -> str:
        """``n`` base-62 characters, as Klaviyo names metrics and lists (6)."""
        return encode(self._noise("short"), BASE62, n)

    def hexadecimal(self, n: int = 32) -> str:
        """``n`` lower-case hexadecimal characters, for tokens."""
        return encode((self._noise("hex") << 64) | self._noise("hex"), "0123456789abcdef", n)

    def ulid(self, at: datetime) -> str:
        """26 characters that sort by ``at``, as Klaviyo names profiles."""
        millis = int(at.timestamp() * 1000)
        return encode(millis, CROCKFORD, 10) + encode(
            (self._noise("ulid") << 64) | self._noise("ulid"), CROCKFORD, 16
        )

    def uuid(self) -> str:
        """A version 4 UUID."""
        bits = (self._noise("uuid") << 64) | self._noise("uuid")
        return str(uuid.UUID(int=bits, version=4))

    def dump(self) -> dict[str, int]:
        """The counters, for the whole-state JSON."""
        return dict(self._counters)

    def load(self, counters: dict[str, int]) -> None:
        """Go on from dumped counters."""
        self._counters = dict(counters)

    def reset(self, seed: int | None = None) -> None:
        """Start again, optionally from another seed."""
        self.seed = self.seed if seed is None else seed
        self._counters = {}

    def _noise(self, sequence: str) -> int:
        salt = mix((self.seed * _GOLDEN + zlib.crc32(sequence.encode())) & _64)
        return mix((salt + self.number(f"~{sequence}") * _GOLDEN) & _64)
