"""The control plane: the same under ``/_fake`` on every fake."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from flask import Blueprint, Response, request
from msgspec import MsgspecError

from fakes.kit import switches as kit_switches
from fakes.kit.clock import Clock, VirtualClock
from fakes.kit.deliveries import add_deliveries, answer
from fakes.kit.faults import FaultRefused, Faults
from fakes.kit.journal import Journal, text
from fakes.kit.limits import Limits, gauges
from fakes.kit.page import add_page
from fakes.kit.push import Push

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


# Errors whose text alone does not say what was wrong.
_BARE = (KeyError, TypeError, AttributeError, IndexError)


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
    def push(self) -> Push | None:
        """What the fake sends by itself."""
        ...

    @property
    def saver(self) -> Callable[[], str] | None:
        """Writes the world to its file."""
        ...

    @property
    def seeder(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Fills the fake with made-up truth."""
        ...

    def reset(self) -> None:
        """As freshly built."""
        ...

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        ...

    def move_to(self, at: datetime) -> None:
        """Set the virtual clock."""
        ...


def control_blueprint(fake: Controllable) -> Blueprint:
    """The routes of the control plane for one fake."""
    plane = Blueprint("control", __name__, url_prefix="/_fake")
    _add_life(plane, fake)
    _add_truth(plane, fake)
    _add_trouble(plane, fake)
    add_deliveries(plane, fake)
    add_page(plane, fake)
    for kind in (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, MsgspecError):
        plane.register_error_handler(kind, _refused)
    return plane


def _add_life(plane: Blueprint, fake: Controllable) -> None:
    @plane.get("/health")
    def health() -> Response:
        return answer({"fake": fake.name, "status": "ok", "now": fake.clock.now().isoformat()})

    @plane.post("/reset")
    def reset() -> Response:
        fake.reset()
        return answer({"reset": True})

    @plane.post("/clock")
    def clock() -> Response:
        if not isinstance(fake.clock, VirtualClock):
            return answer({"error": "this fake runs on the machine's clock, which cannot be set"}, 409)
        asked = _body()
        if "now" in asked:
            fake.move_to(_instant(asked["now"]))
        seconds = asked.get("advance_s", 0)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise ValueError("'advance_s' is a number of seconds")
        fake.advance(seconds)
        return answer({"now": fake.clock.now().isoformat()})

    @plane.post("/save")
    def save() -> Response:
        if fake.saver is None:
            return answer({"error": "there is no file to save to; serve with --state FILE"}, 409)
        return answer({"saved": fake.saver()})


def _instant(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(
            "'now' is an ISO instant with an offset, such as 2026-11-02T09:00:00+00:00"
        ) from None


def _add_truth(plane: Blueprint, fake: Controllable) -> None:
    @plane.post("/seed")
    def seed() -> Response:
        return answer(fake.seeder(_body()))

    @plane.get("/state")
    def dump() -> Response:
        return answer(fake.state.dump())

    @plane.put("/state")
    def load() -> Response:
        asked, before = _body(), msgspec.json.encode(fake.state.dump())
        try:
            fake.state.load(asked)
        except Exception:
            fake.state.load(msgspec.json.decode(before))
            raise
        return answer({"loaded": True})

    @plane.get("/journal")
    def journal() -> Response:
        wanted = request.args
        status = int(wanted["status"]) if "status" in wanted else None
        method, path = wanted.get("method", "*"), wanted.get("path", "*")
        found = fake.journal.entries(method=method, path=path, status=status)
        if wanted.get("format") == "text":
            return Response(text(found), mimetype="text/plain")
        return answer(fake.journal.as_json(found))

    @plane.delete("/journal")
    def forget() -> Response:
        fake.journal.clear()
        return answer({"forgotten": True})


def _add_trouble(plane: Blueprint, fake: Controllable) -> None:
    @plane.get("/faults")
    def faults() -> Response:
        return answer(fake.faults.rules())

    @plane.post("/faults")
    def add_faults() -> Response:
        asked = _anything()
        specs = asked if isinstance(asked, list) else [asked]
        if not all(isinstance(spec, dict) for spec in specs):
            raise FaultRefused("a fault is an object, or a list of objects")
        fake.faults.add(*specs)
        return answer(fake.faults.rules())

    @plane.delete("/faults")
    def clear_faults() -> Response:
        fake.faults.clear()
        return answer([])

    @plane.delete("/faults/<int:place>")
    def remove_fault(place: int) -> Response:
        fake.faults.remove(place)
        return answer(fake.faults.rules())

    @plane.get("/limits")
    def read_limits() -> Response:
        return answer({"enabled": fake.limits.enabled, "gauges": gauges(fake.limits, fake.clock)})

    @plane.post("/limits")
    def limits() -> Response:
        enabled = _body()["enabled"]
        if not isinstance(enabled, bool):
            raise ValueError("'enabled' is true or false")
        fake.limits.enabled = enabled
        return answer({"enabled": fake.limits.enabled})

    @plane.get("/switches")
    def switches() -> Response:
        return answer(kit_switches.read(fake.switches))

    @plane.put("/switches")
    def set_switches() -> Response:
        kit_switches.write(fake.switches, _body())
        return answer(kit_switches.read(fake.switches))


def _refused(error: Exception) -> Response:
    said = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return answer({"error": f"{type(error).__name__}: {said}" if isinstance(error, _BARE) else said}, 400)


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
