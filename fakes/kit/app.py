"""What building any fake has in common: the handle that callers get, and the Flask app under the layers.

A vendor's ``build`` makes a ``Fake``, adds its routes to ``fake.flask`` and returns it::

    fake = make(name="klaviyo", clock=clock, state=state, ...)
    fake.flask.register_blueprint(routes(fake))
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from flask import Flask, request

from fakes.kit import switches as kit_switches
from fakes.kit.clock import Clock
from fakes.kit.control import control_blueprint
from fakes.kit.faults import Faults
from fakes.kit.journal import NOTE_KEY, Journal
from fakes.kit.limits import Limits
from fakes.kit.push import Push
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

    def reset(self) -> None:
        """As freshly built: truth, switches, faults, limits and journal. The clock stays where it is."""
        self.state.reset()
        kit_switches.reset(self.switches)
        self.faults.clear()
        self.limits.enabled = True
        self.limits.reset()
        self.journal.clear()
        if self.push is not None:
            self.push.reset()


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
        name, clock, state, switches, limits, faults, journal, credentials, flask, layers, seeder, push
    )
    flask.register_blueprint(control_blueprint(fake))
    return fake


def _new_flask(name: str) -> Flask:
    app = Flask(f"fakes.{name}", static_folder=None)
    # A bug in a fake must surface in the test; as a 500 the client would politely retry it.
    app.testing = True
    app.url_map.strict_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.before_request(_remember_route)
    return app


def _remember_route() -> None:
    note = request.environ.get(NOTE_KEY)
    if note is not None and request.url_rule is not None:
        note.route = request.url_rule.rule
