"""Telling the black-box part of a story against fakes that are served elsewhere, by our sync or another.

The story is told on a stage here. Whenever the sync runs, the truth of every fake, its faults, its switches
and the time are carried over to the served fakes, the sync works on those, and what it left in Klaviyo is
carried back. So whatever speaks to the two ends alone can be told of any sync.
"""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from fakes.kit import switches
from scenarios.harness.chain import KLAVIYO
from scenarios.harness.merchant import connect, section
from scenarios.language.loader import load
from scenarios.language.nodes import WrongStory
from scenarios.language.story import MEANWHILE, Step, Story
from scenarios.language.work import Sync
from scenarios.runner.at_machines import A_MINUTE, ran
from scenarios.runner.failing import Failed
from scenarios.runner.run import Outcome, run
from scenarios.runner.stage import Stage
from scenarios.runner.suite import shown
from sync import app as sync_app
from sync.settings import Settings

BLACK_BOX_NOT: Mapping[str, str] = {
    "retry dead letters": "dead letters are our sync's own",
    "resend": "resending is our sync's own",
    "night": "nights remember in our database",
    "repair": "repairs go through our sync",
    "watchdog": "the watchdog reads our database",
    "dead letters are only": "dead letters are our sync's own",
    "no dead letters": "dead letters are our sync's own",
    "ledger leaves out": "the ledger is our sync's own",
    "sync counted": "its counts are our sync's own",
    "sync exit code": "its exit codes are our sync's own",
    "alerts are only": "alerts lie in our database",
    "no alerts": "alerts lie in our database",
    "webhooks": "the receiver is our sync's own",
    "hooks work": "the receiver is our sync's own",
    "receiver": "the receiver is our sync's own",
    "webhook again": "the receiver is our sync's own",
    "webhooks counted": "the receiver is our sync's own",
    "lag look": "sales that wait are known to our sync alone",
    "lag": "sales that wait are known to our sync alone",
}
_TIMEOUT_S = 120
_PARAMS = ("times", "every", "probability")


@dataclass(frozen=True, slots=True)
class Served:
    """Where the fakes are and how to sign in, by name."""

    fakes: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, told: str) -> "Served":
        """From what `tillproof fakes serve --json` printed, or its file. Raises ValueError, OSError."""
        text = told if told.lstrip().startswith("{") else Path(told).read_text(encoding="utf-8")
        try:
            fakes = json.loads(text)
            found = {
                name: {"url": one["url"], "credentials": one["credentials"]} for name, one in fakes.items()
            }
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise ValueError(
                "--against: that is not what `tillproof fakes serve --virtual-clock … --json` prints"
            ) from None
        return cls(found)

    def url(self, name: str) -> str:
        """Where a fake answers. Raises ValueError."""
        if name not in self.fakes:
            raise ValueError(f"--against: no {name} is served there; there is {', '.join(self.fakes)}")
        return str(self.fakes[name]["url"]).rstrip("/")


class FollowedClock:
    """The story's clock, whose waiting the served fakes follow."""

    def __init__(self, stage: Stage, follow: Callable[[datetime], None]) -> None:
        """`follow` is told of every new time."""
        self._clock, self._follow = stage.chain.clock, follow

    def now(self) -> datetime:
        """The story's time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Time passes here and there."""
        self._clock.sleep(seconds)
        self._follow(self._clock.now())


class Mirror:
    """A stage and the served fakes."""

    def __init__(self, served: Served, http: httpx.Client) -> None:
        """`http` talks to control planes."""
        self._served, self._http = served, http
        self._begun: Stage | None = None

    def begin(self, stage: Stage) -> bool:
        """Start the served fakes anew for a story, with the tokens they publish; False when it has begun.

        A token that slept through the months between two stories would be dead.
        """
        if self._begun is stage:
            return False
        self._begun = stage
        for name, _ in self._fakes(stage):
            self._ask("POST", name, "clock", {"now": stage.now.isoformat()})
            self._ask("POST", name, "reset")
        return True

    def push(self, stage: Stage) -> None:
        """Make the served fakes what those of the stage are."""
        for name, fake in self._fakes(stage):
            self._ask("POST", name, "clock", {"now": stage.now.isoformat()})
            self._ask("PUT", name, "state", fake.state.dump())
            self._ask("PUT", name, "switches", _switches(fake))
            self._ask("DELETE", name, "faults")
            rules = [_left(rule) for rule in fake.faults.rules() if not _spent(rule)]
            if rules:
                self._ask("POST", name, "faults", rules)
            self._ask("POST", name, "limits", {"enabled": fake.limits.enabled})
            self._ask("DELETE", name, "journal")

    def pull(self, stage: Stage) -> None:
        """Take back what the sync left, and how often each fault fired."""
        for name, fake in self._fakes(stage):
            fake.state.load(self._ask("GET", name, "state"))
            self._count(fake, self._ask("GET", name, "faults"))

    def follow(self, stage: Stage, at: datetime) -> None:
        """Move the served clocks."""
        for name, _ in self._fakes(stage):
            self._ask("POST", name, "clock", {"now": at.isoformat()})

    def url(self, stage: Stage, till: str) -> str:
        """Where a till of the stage is served: by its own name, or by its kind."""
        return self._served.url(self._named(stage, till))

    def credentials(self, stage: Stage, till: str) -> dict[str, str]:
        """How to sign in there."""
        self.url(stage, till)
        return dict(self._served.fakes[self._named(stage, till)]["credentials"])

    def _named(self, stage: Stage, till: str) -> str:
        return till if till in self._served.fakes else stage.chain.sources.get(till, till)

    def _fakes(self, stage: Stage) -> list[tuple[str, Any]]:
        tills = [(self._named(stage, name), fake) for name, fake in stage.chain.tills.items()]
        if len({name for name, _ in tills}) < len(tills):
            raise ValueError(
                "--against: two tills of this story are of one kind; serve each under its own name"
            )
        return [(KLAVIYO, stage.chain.klaviyo), *tills]

    def _ask(self, method: str, name: str, what: str, body: object = None) -> Any:
        url = f"{self._served.url(name)}/_fake/{what}"
        try:
            # A dump holds decimals and instants as the fakes' own JSON does.
            answer = self._http.request(method, url, content=_json(body))
        except httpx.HTTPError as trouble:
            raise ValueError(
                f"--against: {name} does not answer at {url} ({type(trouble).__name__})"
            ) from None
        if answer.is_success:
            return answer.json() if answer.content else None
        if answer.status_code == 409:
            raise ValueError(
                f"--against: serve {name} with --virtual-clock, so that stories can set the time"
            )
        raise ValueError(f"--against: {name} refuses {what}: {answer.text[:200]}")

    @staticmethod
    def _count(fake: Any, served: Sequence[Mapping[str, Any]]) -> None:
        dumped = fake.faults.dump()
        live = [rule for rule in dumped["rules"] if not _spent(rule)]
        for rule, there in zip(live, served, strict=False):
            rule["matched"] += there["matched"]
            rule["fired"] += there["fired"]
        fake.faults.load(dumped)


def tell_against(
    files: Sequence[Path], served: Served, command: str | None, told: Callable[[Outcome], object]
) -> Iterator[Outcome]:
    """Tell stories one after the other: there is one set of served fakes."""
    with httpx.Client(timeout=_TIMEOUT_S) as http:
        mirror = Mirror(served, http)
        for path in files:
            outcome = _tell(path, mirror, command)
            told(outcome)
            yield outcome


def _tell(path: Path, mirror: Mirror, command: str | None) -> Outcome:
    name, started_s = shown(path), time.perf_counter()
    try:
        story = load(path, name)
    except WrongStory as wrong:
        return Outcome(name, path.stem, path.parent.name, str(wrong), 0.0, wrong=True)
    reason = not_black_box(story, ours=command is None)
    if reason:
        seconds = time.perf_counter() - started_s
        return Outcome(name, story.title, story.head.topic, "", seconds, skipped=reason)
    return run(trimmed(story), replace={"sync": lambda stage, asked: _sync(stage, asked, mirror, command)})


def not_black_box(story: Story, *, ours: bool) -> str:
    """Why nothing of a story can be told of another sync; empty when it can."""
    for step in story.when:
        if step.word in BLACK_BOX_NOT:
            return f"`{step.word}`: {BLACK_BOX_NOT[step.word]}"
        if step.word == "sync every":
            return "`sync every`: the rhythm is the other sync's own"
        if isinstance(step.content, Sync):
            if step.content.crash_at is not None:
                return "`crash at`: only our own sync can be killed at a named point"
            if step.content.mode == "preview" or (not ours and step.content.ends != "done"):
                return f"`sync`: how a {step.content.mode} ends is our sync's own"
    if not trimmed(story).then:
        return "every check is of our sync's own memory"
    return ""


def trimmed(story: Story) -> Story:
    """The story with those checks alone that speak of the two ends."""

    def kept(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.word not in BLACK_BOX_NOT and step.word != "requests")

    when = tuple(
        Step(step.word, step.content, step.place, kept(step.checks)) if step.word == MEANWHILE else step
        for step in story.when
    )
    return Story(story.file, story.head, when, kept(story.then))


def _sync(stage: Stage, asked: Sync, mirror: Mirror, command: str | None) -> None:
    """A run of the sync between the served fakes."""
    stage.go_to(stage.now + A_MINUTE if asked.at is None else stage.instant(asked.at))
    fresh = mirror.begin(stage)
    mirror.push(stage)
    if command is None:
        ran(stage, _ours(stage, asked, mirror, connected=not fresh), asked.ends)
    else:
        _theirs(stage, asked, mirror, command)
    mirror.pull(stage)
    for till in stage.chain.tills:
        stage.sync.number(till)  # so that the monitor, which looks at the stage, knows the account
    stage.touched()


def _ours(stage: Stage, asked: Sync, mirror: Mirror, *, connected: bool) -> Any:
    """Our own sync, over the network."""
    clock = FollowedClock(stage, lambda at: mirror.follow(stage, at))
    with sync_app.build(_settings(stage, mirror), clock=clock) as app:
        for till in () if connected else stage.chain.tills:
            connect(app, mirror.credentials(stage, till), till)
        account = stage.account(asked.till)
        return app.backfill(account) if asked.mode == "backfill" else app.once(account)


def _settings(stage: Stage, mirror: Mirror) -> Settings:
    """The stage's settings, between the served fakes."""
    accounts = {
        one.name: section(
            one.source, mirror.credentials(stage, one.name), mirror.credentials(stage, KLAVIYO),
            till_url=mirror.url(stage, one.name), klaviyo_url=mirror.url(stage, KLAVIYO),
            account=one.settings,
        )
        for one in stage.asked
    }  # fmt: skip
    store = {"url": f"sqlite:///{stage.chain.folder / 'against.db'}"}
    key = {"key": stage.chain.settings.secrets.key}
    return Settings.from_dict({"store": store, "secrets": key, "accounts": accounts}, {})


def _theirs(stage: Stage, asked: Sync, mirror: Mirror, command: str) -> None:
    """Another sync, as a command: where the fakes are and what time it is are in its environment."""
    told = {"STORY_MODE": asked.mode, "STORY_NOW": stage.now.isoformat(), "STORY_FILE": stage.story.file}
    told["STORY_KLAVIYO_URL"] = mirror.url(stage, KLAVIYO)
    for till in stage.chain.tills:
        told[f"STORY_{till.upper()}_URL"] = mirror.url(stage, till)
    try:
        ended = subprocess.run(  # noqa: S603 - the command is the caller's own
            shlex.split(command), env={**os.environ, **told}, capture_output=True, text=True,
            timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise Failed(f"the command could not be run: {type(trouble).__name__}") from None
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-5:]
        raise Failed(f"the command ended with {ended.returncode}", ("exit code 0",), tuple(last))


def _spent(rule: Mapping[str, Any]) -> bool:
    return rule["times"] is not None and rule["fired"] >= rule["times"]


def _left(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A fault as the control plane takes it, less what it did already."""
    spec: dict[str, Any] = {"kind": rule["kind"], "match": {"method": rule["method"], "path": rule["path"]}}
    spec |= {name: rule[name] for name in _PARAMS if rule[name] is not None} | dict(rule["params"])
    if rule["times"] is not None:
        spec["times"] = rule["times"] - rule["fired"]
    if rule["after"] > rule["matched"]:
        spec["after"] = rule["after"] - rule["matched"]
    return spec


def _switches(fake: Any) -> Any:
    return switches.read(fake.switches)


def _json(body: object) -> bytes | None:
    return None if body is None else msgspec.json.encode(body)
