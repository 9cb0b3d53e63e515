"""What building any fake has in common: the handle that callers get, and the Flask app under the layers.

A vendor's ``build`` makes a ``Fake``, adds its routes to ``fake.flask`` and returns it::

    fake = make(name="klaviyo", clock=clock, state=state, ...)
    fake.flask.register_blueprint(routes(fake))
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from flask import Flask, request

from fakes.kit import switches as kit_switches
from fakes.kit.clock import Clock, VirtualClock, as_utc
from fakes.kit.control import control_blueprint
from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY, Journal
from fakes.kit.limits import Limits
from fakes.kit.links import link_base
from fakes.kit.passing import move
from fakes.kit.push import Push
from fakes.kit.rules import OneWayRule
from fakes.kit.wsgi import Layers, VendorErrors

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

BODY_BYTES_MAX = 10 * 1024 * 1024


class State(Protocol):
    """A fake's truth: emptied, dumped and loaded in place, so that routes keep their reference."""

    def reset(self) -> None:
        """As freshly built."""
        ...

    def dump(self) -> dict[str, Any]:
        """The whole truth as a JSON object."""
        ...

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the truth with a dumped one. Raises ValueError or KeyError when it is not one."""
        ...


S = TypeVar("S", bound=State)
W = TypeVar("W", bound="DataclassInstance")
L = TypeVar("L", bound=Limits)


@dataclass(slots=True)
class Fake(Generic[S, W, L]):
    """One running fake; ``wsgi`` goes into ``httpx.WSGITransport(app=fake.wsgi)`` or ``kit.serve.Served``."""

    name: str
    clock: Clock
    state: S
    switches: W
    limits: L
    faults: Faults
    journal: Journal
    credentials: dict[str, str]
    flask: Flask
    wsgi: Layers
    seeder: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Carries out ``POST /_fake/seed``: options in, a summary of what now exists out."""
    push: Push | None = None
    """What the fake sends by itself; None for a vendor that only answers."""

    seed: int = 1
    pushes: list[Push] = field(default_factory=list)
    """Every delivery queue on this fake's clock; in a world, those of its other fakes too."""
    saver: Callable[[], str] | None = None
    """Carries out ``POST /_fake/save``: writes the world to its file and gives the file's name."""

    @property
    def link_base(self) -> str | None:
        """What links in answers begin with; None: what the client called the fake."""
        base = self.wsgi.link_base
        return None if base is None else str(base)

    @link_base.setter
    def link_base(self, url: str | None) -> None:
        """Set it to ``https://host`` or ``http://host:port``. Raises ValueError for anything else."""
        self.wsgi.link_base = None if url is None else link_base(url)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; deliveries go out on the way. Raises ValueError on the machine's clock."""
        if seconds < 0:
            raise ValueError("a clock advances forward; set it to put it back")
        self.move_to(self.clock.now() + timedelta(seconds=seconds))

    def move_to(self, at: datetime) -> None:
        """Bring the virtual clock to an aware instant. Raises ValueError on the machine's clock."""
        if not isinstance(self.clock, VirtualClock):
            raise ValueError("this fake runs on the machine's clock, which cannot be set")
        move(self.clock, as_utc(at), self.pushes)

    def reset(self) -> None:
        """As freshly built: truth, switches, faults, limits, journal, deliveries. The clock stays."""
        with self.wsgi.lock:
            self.state.reset()
            kit_switches.reset(self.switches)
            self.faults.clear()
            self.limits.enabled = True
            self.limits.reset()
            self.journal.clear()
        if self.push is not None:
            self.push.reset()

    def dump(self) -> dict[str, Any]:
        """Everything but the clock and what the limiters have counted, for ``msgspec.json.encode``."""
        return {
            "seed": self.seed,
            "state": self.state.dump(),
            "switches": kit_switches.read(self.switches),
            "limits_enabled": self.limits.enabled,
            "faults": self.faults.dump(),
            "journal": self.journal.dump(),
            "deliveries": None if self.push is None else self.push.dump(),
        }

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on from a dump. Raises ValueError, KeyError or TypeError when it is none of this fake's."""
        if dumped["seed"] != self.seed:
            raise ValueError(f"this is a dump of seed {dumped['seed']}; this fake's seed is {self.seed}")
        self.reset()
        kit_switches.write(self.switches, dumped["switches"])
        self.state.load(dumped["state"])
        self.limits.enabled = bool(dumped["limits_enabled"])
        self.faults.load(dumped["faults"])
        self.journal.load(dumped["journal"])
        if self.push is not None and dumped["deliveries"] is not None:
            self.push.load(dumped["deliveries"])


def make(
    *,
    name: str,
    clock: Clock,
    state: S,
    switches: W,
    limits: L,
    errors: VendorErrors,
    credentials: dict[str, str],
    seed: int,
    seeder: Callable[[Mapping[str, Any]], dict[str, Any]],
    push: Push | None = None,
) -> Fake[S, W, L]:
    """Assemble a fake with an empty Flask app, its layers and its control plane."""
    flask = _new_flask(name)
    faults, journal = Faults(seed), Journal()
    layers = Layers(flask.wsgi_app, clock, faults, journal, errors, threading.RLock())
    if push is not None:
        push.faults = faults
    fake = Fake(
        name, clock, state, switches, limits, faults, journal, credentials, flask, layers, seeder, push, seed
    )
    fake.pushes = [] if push is None else [push]
    flask.register_blueprint(control_blueprint(fake))
    return fake


def _new_flask(name: str) -> Flask:
    app = Flask(f"fakes.{name}", static_folder=None)
    app.url_rule_class = OneWayRule
    # A bug in a fake must surface in the test; as a 500 the client would politely retry it.
    app.testing = True
    app.url_map.strict_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    # None of the vendors is known to answer OPTIONS; to a fake it is a method that does not exist.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.before_request(_remember_route)
    return app


def _remember_route() -> None:
    note = request.environ.get(NOTE_KEY)
    if note is not None and request.url_rule is not None:
        note.route = request.url_rule.rule
