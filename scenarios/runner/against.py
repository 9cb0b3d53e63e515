"""Telling the black-box part of a story against fakes that are served elsewhere, by our sync or another.

The story is told on a stage here. Whenever the sync runs, the truth of every fake, its faults, its switches
and the time are carried over to the served fakes, the sync works on those, and what it left in Klaviyo is
carried back. So whatever speaks to the two ends alone can be told of any sync.
"""

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from fakes.kit import switches
from scenarios.harness.chain import KLAVIYO
from scenarios.harness.merchant import connect, section
from scenarios.language.loader import load
from scenarios.language.nodes import WrongStory
from scenarios.language.story import Story
from scenarios.language.work import Sync, SyncEvery
from scenarios.runner import breaking
from scenarios.runner.at_machines import A_MINUTE, day_of, ran
from scenarios.runner.black_box import left_out, not_black_box, trimmed
from scenarios.runner.failing import CannotTell, Failed
from scenarios.runner.run import Acts, Outcome, run
from scenarios.runner.stage import OUR_KEY, Stage, tills_of
from scenarios.runner.suite import shown
from sync import app as sync_app
from sync.settings import Settings

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
        if KLAVIYO not in found:
            raise ValueError(
                f"--against: no klaviyo is served there; there is {', '.join(found) or 'nothing'}"
            )
        return cls(found)

    def url(self, name: str) -> str:
        """Where a fake answers."""
        return str(self.fakes[name]["url"]).rstrip("/")

    def names(self, tills: Mapping[str, str]) -> dict[str, str]:
        """Which served fake each till of a story is, by its kind: its namesake, or the next of its kind.

        Tills that have none are left out. Served with `--instances 2` there are `sitoo` and `sitoo_2`.
        """
        found: dict[str, str] = {name: name for name in tills if name in self.fakes}
        for name, kind in tills.items():
            own = [one for one in self.fakes if one == kind or re.fullmatch(rf"{kind}_\d+", one)]
            free = [one for one in own if one not in found.values()]
            if name not in found and free:
                found[name] = free[0]
        return found


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

    def __init__(self, served: Served, http: httpx.Client, key: str) -> None:
        """`http` talks to control planes; by `key`, a property, the events of the sync name their sale."""
        self._served, self._http = served, http
        self._key = key
        self.runs = 0  # of the sync, in this story
        self.sync: sync_app.App | None = None  # our own, in this story

    def begin(self, stage: Stage) -> None:
        """Before the first run of a story start the served fakes anew, with the tokens they publish.

        A token that slept through the months between two stories would be dead.
        """
        self.runs += 1
        if self.runs > 1:
            return
        stage.key = self._key
        for name, _ in self._fakes(stage):
            self._ask("POST", name, "clock", {"now": stage.now.isoformat()})
            self._ask("POST", name, "reset")

    def end(self) -> None:
        """After a story."""
        self.runs = 0
        if self.sync is not None:
            self.sync.close()
            self.sync = None

    def greet(self) -> None:
        """See that all that is served answers, and lets its clock be set. Raises ValueError."""
        for name in self._served.fakes:
            try:
                self._ask("POST", name, "clock", {"advance_s": 0})
            except CannotTell as problem:
                raise ValueError(str(problem)) from None

    def lacks(self, story: Story) -> str:
        """What is not served that a story needs, in words; empty when all is."""
        tills = {one.name: one.source for one in tills_of(story.given)}
        missing = [kind for name, kind in tills.items() if name not in self._served.names(tills)]
        if not missing:
            return ""
        many = list(tills.values()).count(missing[0])
        if many > 1:
            return f"needs {many} of {missing[0]}; serve them with --instances {many}"
        return f"no {missing[0]} is served; there is {', '.join(self._served.fakes)}"

    def push(self, stage: Stage) -> None:
        """Make the served fakes what those of the stage are."""
        for name, fake in self._fakes(stage):
            self._ask("POST", name, "clock", {"now": stage.now.isoformat()})
            self._ask("PUT", name, "state", _truth(fake.state.dump()))
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
            fake.state.load(_truth(self._ask("GET", name, "state")))
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
        return dict(self._served.fakes[self._named(stage, till)]["credentials"])

    def _named(self, stage: Stage, till: str) -> str:
        return till if till == KLAVIYO else self._served.names(stage.chain.sources)[till]

    def _fakes(self, stage: Stage) -> list[tuple[str, Any]]:
        tills = [(self._named(stage, name), fake) for name, fake in stage.chain.tills.items()]
        return [(KLAVIYO, stage.chain.klaviyo), *tills]

    def _ask(self, method: str, name: str, what: str, body: object = None) -> Any:
        url = f"{self._served.url(name)}/_fake/{what}"
        try:
            # A dump holds decimals and instants as the fakes' own JSON does.
            answer = self._http.request(method, url, content=_json(body))
        except httpx.HTTPError as trouble:
            raise CannotTell(
                f"--against: {name} does not answer at {url} ({type(trouble).__name__})"
            ) from None
        if answer.is_success:
            return answer.json() if answer.content else None
        if answer.status_code == 409:
            raise CannotTell(
                f"--against: serve {name} with --virtual-clock, so that stories can set the time"
            )
        raise CannotTell(f"--against: {name} refuses {what}: {answer.text[:200]}")

    @staticmethod
    def _count(fake: Any, served: Sequence[Mapping[str, Any]]) -> None:
        dumped = fake.faults.dump()
        live = [rule for rule in dumped["rules"] if not _spent(rule)]
        for rule, there in zip(live, served, strict=False):
            rule["matched"] += there["matched"]
            rule["fired"] += there["fired"]
        fake.faults.load(dumped)


def tell_against(
    files: Sequence[Path],
    served: Served,
    command: str | None,
    told: Callable[[Outcome], object],
    key: str = OUR_KEY,
) -> Iterator[Outcome]:
    """Tell stories one by one: there is one set of served fakes. Raises ValueError if it does not answer."""
    with httpx.Client(timeout=_TIMEOUT_S) as http:
        mirror = Mirror(served, http, key)
        mirror.greet()
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
    try:
        reason = not_black_box(story, ours=command is None) or mirror.lacks(story)
        if reason:
            seconds = time.perf_counter() - started_s
            return Outcome(name, story.title, story.head.topic, "", seconds, skipped=reason)
        outcome = run(trimmed(story), replace=_carried_out(mirror, command))
    except CannotTell as mistake:
        # In what is given, before anything is told.
        return Outcome(name, story.title, story.head.topic, f"{name}:1:1: {mistake}", 0.0, wrong=True)
    except Exception as bug:  # noqa: BLE001 - whatever it is, the other stories are told all the same
        return Outcome(name, story.title, story.head.topic, breaking.told(bug, name), 0.0)
    finally:
        mirror.end()
    return replace(outcome, left_out=left_out(story))


def _carried_out(mirror: Mirror, command: str | None) -> Acts:
    """What runs the sync, told of the served fakes."""

    def one(stage: Stage, asked: Sync) -> None:
        stage.go_to(stage.now + A_MINUTE if asked.at is None else stage.instant(asked.at))
        _sync(stage, asked, mirror, command)

    def every(stage: Stage, asked: SyncEvery) -> None:
        until, pause = stage.instant(asked.until), timedelta(seconds=asked.every)
        while stage.now + pause <= until:
            stage.go_to(stage.now + pause)
            _sync(stage, Sync.model_construct(till=asked.till, ends=asked.ends), mirror, command)
        stage.go_to(until)

    return {"sync": one, "sync every": every}


def _sync(stage: Stage, asked: Sync, mirror: Mirror, command: str | None) -> None:
    """A run of the sync between the served fakes."""
    mirror.begin(stage)
    mirror.push(stage)
    if command is None:
        ran(stage, _ours(stage, asked, mirror), asked.ends)
    else:
        _theirs(stage, asked, mirror, command)
    mirror.pull(stage)
    for till in stage.chain.tills:
        stage.sync.number(till)  # so that the monitor, which looks at the stage, knows the account
    stage.touched()


def _ours(stage: Stage, asked: Sync, mirror: Mirror) -> Any:
    """Our own sync, over the network: one process a story."""
    if mirror.sync is None:
        clock = FollowedClock(stage, lambda at: mirror.follow(stage, at))
        mirror.sync = sync_app.build(_settings(stage, mirror), clock=clock)
        for till in stage.chain.tills:
            connect(mirror.sync, mirror.credentials(stage, till), till)
    account = stage.account(asked.till)
    if asked.mode != "backfill":
        return mirror.sync.once(account)
    return mirror.sync.backfill(account, day_of(asked.first), day_of(asked.last))


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
    told |= {"STORY_RUN": str(mirror.runs), "STORY_FIRST": asked.first or "", "STORY_LAST": asked.last or ""}
    told["STORY_KLAVIYO_URL"] = mirror.url(stage, KLAVIYO)
    for till in stage.chain.tills:
        if asked.till in {"", till}:
            told[f"STORY_{re.sub('[^A-Za-z0-9]', '_', till).upper()}_URL"] = mirror.url(stage, till)
    try:
        ended = subprocess.run(  # noqa: S603 - the command is the caller's own
            shlex.split(command), env={**os.environ, **told}, capture_output=True, text=True,
            timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"the command was still running after {_TIMEOUT_S} seconds and was ended") from None
    except (OSError, ValueError) as trouble:
        said = getattr(trouble, "strerror", None) or str(trouble)
        raise CannotTell(f"--command: `{command}` cannot be run: {said}") from None
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-5:]
        raise Failed("the command failed", ("exit code 0",), (f"exit code {ended.returncode}", *last))


def _truth(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """A dump without its tokens: whoever signed in at a fake, here or there, stays signed in at that one."""
    if "kept" not in dumped:
        return dict(dumped)
    return {**dumped, "kept": {name: one for name, one in dumped["kept"].items() if name != "tokens"}}


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
