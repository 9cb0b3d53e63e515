"""All the fakes on one clock: built in a moment, saved and loaded as one JSON file.

world = build_world(seed=7)
httpx.Client(transport=httpx.WSGITransport(app=world["klaviyo"].wsgi), base_url="https://a.klaviyo.com")
world.advance(3600)
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fakes.kit.app import Fake
from fakes.kit.clock import Clock, VirtualClock
from fakes.vendors import BUILT, VENDORS

if TYPE_CHECKING:
    import ssl

    from fakes.kit.serve import Served

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""Where a world's clock stands when none is given: a Monday morning."""
FORMAT = 1

AnyFake = Fake[Any, Any, Any]


@dataclass(slots=True)
class FakeWorld:
    """Fakes by name (``klaviyo``; ``klaviyo_2`` for a second instance) on one clock."""

    clock: Clock
    seed: int
    fakes: dict[str, AnyFake] = field(default_factory=dict)

    def __getitem__(self, name: str) -> AnyFake:
        return self.fakes[name]

    def __iter__(self) -> Iterator[AnyFake]:
        return iter(self.fakes.values())

    @property
    def klaviyo(self) -> AnyFake:
        """The first Klaviyo."""
        return self.fakes["klaviyo"]

    @property
    def lightspeed_r(self) -> AnyFake:
        """The first Lightspeed R-Series."""
        return self.fakes["lightspeed_r"]

    @property
    def lightspeed_x(self) -> AnyFake:
        """The first Lightspeed X-Series."""
        return self.fakes["lightspeed_x"]

    @property
    def sitoo(self) -> AnyFake:
        """The first Sitoo."""
        return self.fakes["sitoo"]

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; whatever is due goes out on the way, from every fake."""
        for fake in self:
            fake.advance(seconds)  # all share one clock and know each other's deliveries
            return

    def move_to(self, at: datetime) -> None:
        """Bring the virtual clock to an aware instant."""
        for fake in self:
            fake.move_to(at)
            return

    def deliver_due(self) -> int:
        """Send what is due now; the number of attempts."""
        return sum(fake.push.deliver_due() for fake in self if fake.push is not None)

    def serve(
        self,
        port_base: int = 0,
        *,
        ports: Mapping[str, int] | None = None,
        tls: "ssl.SSLContext | None" = None,
    ) -> "Served":
        """A context manager that serves every fake, ``urls`` by name; deliveries go out by themselves."""
        from fakes.kit.serve import Served  # noqa: PLC0415  most worlds are never served

        apps = {name: fake.wsgi for name, fake in self.fakes.items()}
        pushes = [fake.push for fake in self if fake.push is not None]
        return Served(apps, port_base, ports=ports, tls=tls, pushes=pushes)

    def reset(self) -> None:
        """Every fake as freshly built; the clock stays."""
        for fake in self:
            fake.reset()

    def dump(self) -> dict[str, Any]:
        """The whole world as JSON: the clock, and of each fake everything that ``Fake.dump`` gives."""
        return dict(msgspec.json.decode(self.dump_bytes()))

    def dump_bytes(self) -> bytes:
        """The same as text, byte for byte the same for the same seed and the same calls."""
        fakes = {name: fake.dump() for name, fake in self.fakes.items()}
        return msgspec.json.encode(
            {"format": FORMAT, "seed": self.seed, "clock": self._clock(), "fakes": fakes}
        )

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Go on from a dump that holds these fakes. Raises ValueError when it is not one; all or nothing."""
        before = self.dump()
        try:
            self._load(dumped)
        except Exception as error:
            self._load(before)
            raise ValueError(f"this is not a saved world of these fakes: {_said(error)}") from error

    def save_to(self, path: Path) -> None:
        """Write the world to a file, never half of it."""
        fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        fresh.write_bytes(self.dump_bytes())
        fresh.replace(path)

    def load_from(self, path: Path) -> None:
        """Read a file that ``save_to`` wrote. Raises OSError or ValueError."""
        self.load(read_file(path))

    def _load(self, dumped: Mapping[str, Any]) -> None:
        if dumped["format"] != FORMAT:
            raise ValueError(f"format {dumped['format']} is not known, only {FORMAT}")
        if set(dumped["fakes"]) != set(self.fakes):
            raise ValueError(f"it holds {', '.join(dumped['fakes'])}, not {', '.join(self.fakes)}")
        if isinstance(self.clock, VirtualClock) and dumped["clock"] is not None:
            clock = dumped["clock"]
            self.clock.restore(datetime.fromisoformat(clock["now"]), float(clock["elapsed_s"]))
        for name, fake in self.fakes.items():
            fake.load(dumped["fakes"][name])

    def _clock(self) -> dict[str, Any] | None:
        if not isinstance(self.clock, VirtualClock):
            return None
        return {"now": self.clock.now().isoformat(), "elapsed_s": self.clock.monotonic()}


def build_world(
    clock: Clock | None = None, seed: int = 1, only: Iterable[str] | None = None, instances: int = 1
) -> FakeWorld:
    """A fresh world: every fake that exists, or those named, ``instances`` of each, on one clock.

    Later instances get the seeds that follow, so that their ids differ. Raises ValueError for a wrong name.
    """
    names = list(BUILT if only is None else only)
    unknown = [name for name in names if name not in BUILT]
    if unknown:
        raise ValueError(f"no fake named {unknown[0]!r}; there are: {', '.join(BUILT)}")
    world = FakeWorld(clock or VirtualClock(START), seed)
    for number in range(instances):
        for name in (vendor for vendor in VENDORS if vendor in names):
            fake = import_module(VENDORS[name]).build(world.clock, seed=seed + number)
            world.fakes[name if number == 0 else f"{name}_{number + 1}"] = fake
    _introduce(world)
    return world


def read_file(path: Path) -> dict[str, Any]:
    """What a saved world's file holds. Raises OSError or ValueError."""
    try:
        held = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(held, dict):
        raise ValueError(f"{path} is not a saved world")
    return held


def _introduce(world: FakeWorld) -> None:
    """Whichever fake's clock is moved, the deliveries of all go out at their time."""
    pushes = [fake.push for fake in world if fake.push is not None]
    for fake in world:
        fake.pushes = pushes


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) and error.args else str(error)
