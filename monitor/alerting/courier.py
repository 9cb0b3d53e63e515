"""Carrying messages to their routes, in a process of its own: started per delivery, ended after it.

Apprise and its many services run there and nowhere else. That keeps them out of this program's memory, lets
a service that hangs be ended, and lets every connection be checked at the moment it is made: an audit hook,
which nothing in that process can take off again, refuses the address itself, after every name was resolved
and every redirect followed. A route's address, which is a secret, travels by standard input only.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

_ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "SYSTEMROOT")
TIME_BASE_S, TIME_EACH_S = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one address."""

    number: int
    url: str
    title: str
    body: str
    level: str = "warning"  # Apprise's: info, success, warning, failure
    allow_private: bool = False
    ping: bool = False  # only ask for the address; it is no Apprise URL then


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one parcel. `why` never holds any of the address."""

    number: int
    ok: bool
    why: str = ""


class Courier(Protocol):
    """Something that carries parcels."""

    def send(self, parcels: Sequence[Parcel]) -> Sequence[Delivery]:
        """Try to deliver each once; one delivery per parcel, in any order."""
        ...


class AppriseCourier:
    """Carries by Apprise in a process of its own."""

    def __init__(self, *, base_s: float = TIME_BASE_S, each_s: float = TIME_EACH_S) -> None:
        """A process may take `base_s` and `each_s` for every parcel; what is not delivered by then failed."""
        self._base_s, self._each_s = base_s, each_s

    def send(self, parcels: Sequence[Parcel]) -> Sequence[Delivery]:
        """Deliver; whatever goes wrong with the process itself is a failed delivery."""
        if not parcels:
            return []
        told, late = self._run(json.dumps([asdict(parcel) for parcel in parcels]), len(parcels))
        found = {delivery.number: delivery for delivery in _read(told)}
        why = "it took too long" if late else "the messenger ended early"
        return [found.get(parcel.number, Delivery(parcel.number, ok=False, why=why)) for parcel in parcels]

    def _run(self, text: str, count: int) -> tuple[str, bool]:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "monitor.alerting.messenger"],
                input=text.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # services tell addresses there
                timeout=self._base_s + self._each_s * count,
                cwd=os.sep,
                env=_environment(os.environ),
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"").decode(errors="replace"), True
        except OSError:
            return "", False
        return done.stdout.decode(errors="replace"), False


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """No proxies, which would connect in our stead; no secrets of ours."""
    return {name: own[name] for name in _KEPT if name in own} | {"PYTHONPATH": str(_ROOT)}


def _read(told: str) -> list[Delivery]:
    found = []
    for line in told.splitlines():
        try:
            number, ok, why = json.loads(line)
        except ValueError:
            continue
        found.append(Delivery(int(number), ok=bool(ok), why=str(why)))
    return found
