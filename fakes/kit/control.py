"""The control plane: the same under ``/_fake`` on every fake."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from flask import Blueprint, Response, request

from fakes.kit import switches as kit_switches
from fakes.kit.clock import Clock, VirtualClock
from fakes.kit.faults import FaultRefused, Faults
from fakes.kit.journal import Journal
from fakes.kit.limits import Limits

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class DumpsAndLoads(Protocol):
    """A state that travels as JSON."""

    def dump(self) -> dict[str, Any]:
        """The whole state."""
        ...

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the whole state."""
        ...


class Controllable(Protocol):
    """What the control plane steers."""

    @property
    def name(self) -> str:
        """The vendor."""
        ...

    @property
    def clock(self) -> Clock:
        """The injected clock."""
        ...

    @property
    def state(self) -> DumpsAndLoads:
        """The truth."""
        ...

    @property
    def switches(self) -> "DataclassInstance":
        """The named choices."""
        ...

    @property
    def faults(self) -> Faults:
        """The rules in force."""
        ...

    @property
    def limits(self) -> Limits:
        """The rate limits."""
        ...

    @property
    def journal(self) -> Journal:
        """The requests so far."""
        ...

    @property
    def seeder(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Fills the fake with made-up truth."""
        ...

    def reset(self) -> None:
        """As freshly built."""
        ...


def control_blueprint(fake: Controllable) -> Blueprint:
    """The routes of the control plane for one fake."""
    plane = Blueprint("control", __name__, url_prefix="/_fake")
    _add_life(plane, fake)
    _add_truth(plane, fake)
    _add_trouble(plane, fake)
    plane.register_error_handler(ValueError, _refused)
    plane.register_error_handler(KeyError, _refused)
    return plane


def _add_life(plane: Blueprint, fake: Controllable) -> None:
    @plane.get("/health")
    def health() -> Response:
        return _json({"fake": fake.name, "status": "ok", "now": fake.clock.now().isoformat()})

    @plane.post("/reset")
    def reset() -> Response:
        fake.reset()
        return _json({"reset": True})

    @plane.post("/clock")
    def clock() -> Response:
        if not isinstance(fake.clock, VirtualClock):
            return _json({"error": "this fake runs on the machine's clock, which cannot be set"}, 409)
        asked = _body()
        if "now" in asked:
            fake.clock.set(datetime.fromisoformat(asked["now"]))
        fake.clock.advance(float(asked.get("advance_s", 0)))
        return _json({"now": fake.clock.now().isoformat()})


def _add_truth(plane: Blueprint, fake: Controllable) -> None:
    @plane.post("/seed")
    def seed() -> Response:
        return _json(fake.seeder(_body()))

    @plane.get("/state")
    def dump() -> Response:
        return _json(fake.state.dump())

    @plane.put("/state")
    def load() -> Response:
        fake.state.load(_body())
        return _json({"loaded": True})

    @plane.get("/journal")
    def journal() -> Response:
        return _json(fake.journal.as_json())


def _add_trouble(plane: Blueprint, fake: Controllable) -> None:
    @plane.get("/faults")
    def faults() -> Response:
        return _json(fake.faults.rules())

    @plane.post("/faults")
    def add_faults() -> Response:
        asked = _anything()
        specs = asked if isinstance(asked, list) else [asked]
        if not all(isinstance(spec, dict) for spec in specs):
            raise FaultRefused("a fault is an object, or a list of objects")
        fake.faults.add(*specs)
        return _json(fake.faults.rules())

    @plane.delete("/faults")
    def clear_faults() -> Response:
        fake.faults.clear()
        return _json([])

    @plane.post("/limits")
    def limits() -> Response:
        fake.limits.enabled = bool(_body()["enabled"])
        return _json({"enabled": fake.limits.enabled})

    @plane.get("/switches")
    def switches() -> Response:
        return _json(kit_switches.read(fake.switches))

    @plane.put("/switches")
    def set_switches() -> Response:
        kit_switches.write(fake.switches, _body())
        return _json(kit_switches.read(fake.switches))


def _refused(error: Exception) -> Response:
    return _json({"error": str(error)}, 400)


def _anything() -> Any:
    # PUT /state may be far larger than any vendor request.
    request.max_content_length = None
    body = request.get_data()
    return msgspec.json.decode(body) if body else {}


def _body() -> dict[str, Any]:
    asked = _anything()
    if not isinstance(asked, dict):
        raise ValueError("a JSON object is wanted")
    return asked


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status=status, mimetype="application/json")
