"""A sync in a child process that is killed where the test says, and copies of the world to try it in."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import Pipe
from pathlib import Path

import httpx
from killed_child import NEVER, Child, forked, run_child

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from sync.app import build
from sync.http.tokens import Tokens
from sync.settings import Settings


@dataclass(slots=True)
class Killable:
    """Both fakes, a database in a folder, and a sync that can be killed."""

    clock: VirtualClock
    till: lightspeed_r.LightspeedRFake
    end: klaviyo.KlaviyoFake
    settings: Settings
    steps: list[str] = field(default_factory=list)  # of the latest run

    def run(self, kill_at: int = NEVER) -> str:
        """Run `once` in a child that dies at step number `kill_at`; `killed` or the run's outcome."""
        fakes = {
            "klaviyo": httpx.WSGITransport(app=self.end.wsgi),
            "lightspeed_r": httpx.WSGITransport(app=self.till.wsgi),
        }
        told = run_child(self._once, fakes, kill_at)
        self.steps = told.steps
        return "killed" if told.words is None else told.words

    def events(self) -> list[tuple[str, str]]:
        """Metric and id of everything Klaviyo holds, one entry per stored event."""
        return sorted((event.metric_name, event.unique_id) for event in self.end.state.find_events())

    def _once(self, child: Child) -> None:
        transports = child.transports("klaviyo", "lightspeed_r")
        with build(
            self.settings, clock=self.clock, transports=transports, checkpoint=child.checkpoint
        ) as app:
            [result] = app.once()
        words = f"{result.outcome.value} {result.detail}".strip()
        child.checkpoint(f"outcome {words}")
        child.last(words)


def in_a_copy(
    prepared: Killable, folder: Path, name: str, work: Callable[[Killable], list[str]]
) -> list[str]:
    """What `work` complains of, done in a forked copy of the whole world with a copy of its database."""
    ours, theirs = Pipe()

    def copy() -> None:
        database = folder / f"{name}.db"
        source = Path(prepared.settings.store.url.removeprefix("sqlite:///"))
        for suffix in ("", "-wal"):
            if source.with_name(source.name + suffix).exists():
                shutil.copy(source.with_name(source.name + suffix), f"{database}{suffix}")
        store = prepared.settings.store.model_copy(update={"url": f"sqlite:///{database}"})
        settings = prepared.settings.model_copy(update={"store": store})
        theirs.send(work(Killable(prepared.clock, prepared.till, prepared.end, settings)))

    child = forked(copy)
    theirs.close()
    try:
        return list(ours.recv())
    except EOFError:
        return [f"{name}: the test's own process died"]
    finally:
        ours.close()
        os.waitpid(child, 0)


def killable(settings: Settings, clock: VirtualClock, till: lightspeed_r.LightspeedRFake,
             end: klaviyo.KlaviyoFake) -> Killable:  # fmt: skip
    """A connected account, ready to run."""
    till.limits.enabled = False
    end.limits.enabled = False
    with build(settings, clock=clock, transports={"klaviyo": httpx.WSGITransport(app=end.wsgi)}) as app:
        tokens = Tokens(
            till.credentials["access_token"], till.credentials["refresh_token"], expiry(clock.now())
        )
        app.keep_tokens("main", tokens)
    return Killable(clock, till, end, settings)


def expiry(now_at: datetime) -> datetime:
    """When the fake's first token expires."""
    return now_at + timedelta(minutes=30)
