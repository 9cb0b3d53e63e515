"""Where lives are played: both fakes, a clock and a database on a memory disk, used again for each life."""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo_fake
from scenarios.harness.merchant import ACCOUNT, connect, told
from scenarios.simulation.doom import Doom, Wire
from scenarios.simulation.machine import Doorway, MachineClock
from scenarios.simulation.tills import TillKit, kit_of
from sync import app as sync_app
from sync.engine.runs import Result
from sync.hooks import app as hooks_app
from sync.hooks.app import Hooks
from sync.settings import Settings
from sync.store.database import open_store

_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_BEGINNING = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
_SUFFIXES = ("", "-wal", "-shm")


class Stage:
    """One till's fake and one Klaviyo, emptied for each life: building them anew takes longer than a life."""

    def __init__(self, till: str) -> None:
        """Build the fakes and the empty database every life starts from. Close it when done."""
        self.till_name = till
        self.kit: TillKit = kit_of(till)
        self.clock = VirtualClock(_BEGINNING)
        self.machine = MachineClock(self.clock)
        self.klaviyo = klaviyo_fake.build(self.clock)
        self.till: Any = import_module(f"fakes.{till}.app").build(self.clock, **self.kit.build)
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a disk in memory
        self.folder = Path(tempfile.mkdtemp(prefix="tillproof-life-", dir=memory))
        self.doom = Doom()
        self.lines: list[str] = []
        self.settings = self._settings()
        self._template = self.folder / "template.db"
        open_store(f"sqlite:///{self._template}").close()
        shutil.copy(self._template, self.folder / "tillproof.db")
        # Kept for what it has compiled: closing it gives its connections back, as the end of a process does.
        self._store = open_store(self.settings.store.url)
        self._store.close()
        wires = {"klaviyo": self.klaviyo.wsgi, till: self.till.wsgi}
        self.transports: dict[str, httpx.BaseTransport] = {
            name: Wire(name, app, self.doom, self.lines.append, self.kit.spared)
            for name, app in wires.items()
        }
        self.sync: sync_app.App | None = None
        self.hooks: Hooks | None = None
        self.doorway = Doorway()
        if self.till.push is not None:
            self.till.push.into(self.doorway)

    def begin(self, start_at: datetime) -> None:
        """Empty everything and connect the account."""
        self.end()
        self.lines.clear()
        self.doom.spare()
        self.clock.restore(start_at, 0.0)
        self.machine.wrong = timedelta(0)
        self.doorway.lose_answers(0)
        for fake in (self.klaviyo, self.till):
            fake.reset()
        for suffix in _SUFFIXES:
            (self.folder / f"tillproof.db{suffix}").unlink(missing_ok=True)
        shutil.copy(self._template, self.folder / "tillproof.db")
        connect(self.restart(), self.till.credentials)

    def restart(self) -> sync_app.App:
        """A new process of the sync on the same database."""
        if self.sync is not None:
            self.sync.close()
        self.sync = sync_app.build(
            self.settings, clock=self.machine, transports=self.transports, checkpoint=self._checkpoint,
            store=self._store,
        )  # fmt: skip
        return self.sync

    def receive(self, tell: Callable[[Result], None]) -> Hooks:
        """A new process that receives webhooks, on the same database; `tell` hears of its runs."""
        self.deafen()
        self.hooks = hooks_app.build(
            self.settings, clock=self.machine, transports=self.transports, checkpoint=self._checkpoint,
            tell=tell, store=self._store,
        )  # fmt: skip
        self.doorway.door = self.hooks.door
        return self.hooks

    def deafen(self) -> None:
        """End the process that receives webhooks."""
        if self.hooks is not None:
            self.hooks.close()
            self.hooks = self.doorway.door = None

    def end(self) -> None:
        """End the sync's processes."""
        self.deafen()
        if self.sync is not None:
            self.sync.close()
            self.sync = None

    def close(self) -> None:
        """Give everything back."""
        self.end()
        self._store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def tell(self) -> Callable[[str], None]:
        """Add a line to the trace."""
        return self.lines.append

    def _checkpoint(self, point: str) -> None:
        self.doom.step(point)

    def _settings(self) -> Settings:
        known = told(
            self.folder,
            self.till.credentials,
            self.klaviyo.credentials,
            source=self.till_name,
            account=self.kit.account,
        )
        return Settings.from_dict({**known, "secrets": {"key": _KEY}}, {})


__all__ = ["ACCOUNT", "Stage"]
