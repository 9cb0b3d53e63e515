"""A life as a scenario that people can read and keep: what happened, step by step, and what must come of it.

A run that was killed between two named points of its work is told as killed at the one before: stories know
no other places to die at. What else a story has no words for stands in the comment above it.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scenarios.language.loader import loads
from scenarios.runner.run import Outcome, run
from scenarios.simulation.doom import fault_of
from scenarios.simulation.life import HEARING_S, Life
from scenarios.simulation.receipts import CANCELED, REFUNDED, SHIPPED, Key
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import Step, Story, wait_of
from scenarios.simulation.telling_shop import Shop
from scenarios.simulation.tills import PEOPLE

_CALM_S = 3 * 3600
_EVENTS_MAX = 60  # told one by one; of more only their number
_HEARD = f"{HEARING_S}s"


def told(stage: Stage, story: Story) -> tuple[str, Outcome]:
    """Live the story once more; its text as a scenario, and what comes of telling that."""
    telling = Telling(stage, story)
    plain = telling.told()
    yaml, text = YAML(), io.StringIO()
    yaml.default_flow_style = None
    yaml.width = 4096  # a name that is broken over two lines is none
    yaml.dump(plain, text)
    head = [f"# A life of `tillproof simulate`: seed {story.seed} of {story.till}, {len(story.steps)} steps."]
    head += [f"# Not told: {one}." for one in dict.fromkeys(telling.untold)]
    whole = "\n".join([*head, text.getvalue()])
    return whole, run(loads(whole))


def write(stage: Stage, story: Story, path: Path) -> Outcome:
    """Write it down; what comes of telling it. Raises OSError where it cannot be written."""
    text, outcome = told(stage, story)
    path.write_text(text, encoding="utf-8")
    return outcome


class Telling:
    """One life being told."""

    def __init__(self, stage: Stage, story: Story) -> None:
        """Begin the life."""
        self._life, self._story, self._stage = Life(stage, story), story, stage
        self._shop = Shop(story.till, self._life.hand)
        self._when: list[Any] = []
        self._hears = stage.till.push is not None and bool(
            {"hooks", "hook_fault"} & {step.do for step in story.steps}
        )
        self.untold: list[str] = []  # what stories have no words for

    def told(self) -> dict[str, Any]:
        """The whole scenario as plain data."""
        if self._hears:
            self._when.append({"webhooks": {"follows": "when told"}})
        for step in self._story.steps:
            self._wait(step.minutes * 60)
            self._step(step)
            self._when += self._shop.news()
        self._calm()
        if self._story.monitor:
            self.untold.append("what was then spoiled in Klaviyo, and what the monitor said of it")
        return {
            "story": f"The life of seed {self._story.seed} at {self._story.till}",
            "topic": "simulation",
            "given": self._given(),
            "when": self._when,
            "then": self._then(),
        }

    def _given(self) -> dict[str, Any]:
        zone, currency = self._story.zone, self._life.hand.currency
        people = [{"name": name, "email": email} for name, email in self._people()]
        return {
            "till": self._story.till,
            "clock": f"{self._story.start_at:%Y-%m-%d %H:%M} UTC",
            "shop": {"name": "Harbour Street", "zone": zone, "currency": currency},
            "articles": [{"name": name, "price": price} for name, price in self._shop.articles.items()],
            **({"customers": people} if people else {}),
            **({"settings": _plain(account)} if (account := self._stage.kit.account) else {}),
        }

    def _people(self) -> Iterator[tuple[str, str]]:

        known = set(self._shop.callings.values())
        yield from ((first, email) for first, _, email in PEOPLE if first in known)

    def _step(self, step: Step) -> None:
        """Do one step of the life and tell of it. What shows only now was there before the machines ran."""
        clock, life = self._stage.clock, self._life
        clock.advance(step.minutes * 60)
        if step.do in {"sync", "crash", "hooks"}:
            self._when += self._shop.news()
        life.do(Step(step.do, step.pick, step.also, step.seed))
        self._machines(step)
        self._when += self._shop.noted(self._stage.lines[-1] if self._stage.lines else "")

    def _machines(self, step: Step) -> None:
        if step.do == "wait":
            self._wait(int(wait_of(step).total_seconds()))
        elif step.do == "hooks":
            self._hear(die=step.seed % 3 == 0)
        elif step.do == "sync":
            self._sync({})
        elif step.do == "crash":
            self._crash()
        elif step.do == "fault":
            end, rule, _ = fault_of(step, self._stage.kit.breakable)
            told = {key.replace("_", " "): value for key, value in rule.items() if key != "match"}
            on = "klaviyo" if end == "klaviyo" else self._story.till
            self._when.append({"fault": {"on": on, **told, "path": rule["match"]["path"]}})
        elif step.do == "hook_fault":
            self._when.append({"fault": {"on": self._story.till, **_of_hooks(step)}})
        elif step.do == "clock":
            self._machine_clock()

    def _crash(self) -> None:
        points = self._life.killed_at
        if not self._life.died:
            self._sync({})
        elif points:
            self._sync(_at(points))
        else:
            self.untold.append(
                "a run that was killed before it came to any point of its work that has a name"
            )

    def _hear(self, *, die: bool) -> None:
        died, points = die and self._life.died, self._life.killed_at
        if died and not points:
            self.untold.append("a receiver that was killed before it came to any point that has a name")
        else:
            self._when.append({"hooks work": {"span": _HEARD, **(_at(points) if died else {})}})
        if died:
            self._when.append({"receiver": "restarted"})

    def _machine_clock(self) -> None:
        off_s = int(self._stage.machine.wrong.total_seconds())
        way = {"fast" if off_s > 0 else "slow": _span(abs(off_s))}
        self._when.append({"machine clock": way if off_s else "right"})

    def _calm(self) -> None:
        """The end of every life: all is mended, and the sync runs until it has nothing more to say."""
        mark = len(self._stage.lines)
        self._life.calm_down()
        runs = sum(line.startswith("  ended ") for line in self._stage.lines[mark:])
        self._when.append("faults end")
        if any(isinstance(one, dict) and "machine clock" in one for one in self._when):
            self._when.append({"machine clock": "right"})
        late = self._shop.news()  # what was uploaded late, minutes before the first of these runs
        for left in range(max(1, runs), 0, -1):
            self._wait(_CALM_S)
            self._when += late
            late = []
            if self._hears:
                self._hear(die=False)
            self._when.append({"sync": {"ends": "any" if left > 1 else "done"}})

    def _sync(self, how: dict[str, Any]) -> None:
        # How a run ends that something disturbs is no matter here: what lies in Klaviyo in the end is.
        self._when.append({"sync": {**how, "ends": "any"}})

    def _wait(self, seconds: int) -> None:
        if seconds:
            self._when.append({"wait": _span(seconds)})

    def _then(self) -> list[Any]:
        """What ought to lie in Klaviyo: each event, where they are few; and how many of each metric."""
        metrics, keys = self._life.hand.metrics, sorted(self._life.witness.right())
        counts: dict[str, int] = {}
        for kind, _ in keys:
            counts[metrics[kind]] = counts.get(metrics[kind], 0) + 1
        only = [{"klaviyo counts only": dict(sorted(counts.items()))}]
        if not 0 < len(keys) <= _EVENTS_MAX:
            return only
        return [{"klaviyo has only": [self._event(key) for key in keys]}, *only]

    def _event(self, key: Key) -> dict[str, Any]:
        """What is sure of one event: a sale that changed its mind before it was sent leaves things open."""
        kind, wants = key[0], self._life.witness.ever[key]
        told: dict[str, Any] = {"metric": self._life.hand.metrics[kind]}
        buyers = {self._shop.callings.get(want.people[0], want.people[0]) for want in wants}
        if len(buyers) == 1 and kind != SHIPPED:
            told["for"] = buyers.pop()
        sales = {self._shop.names.get(want.sale_id, "") for want in wants}
        if len(sales) == 1 and "" not in sales and kind != REFUNDED:
            told["sale"] = sales.pop()
        values, times = {want.value_minor for want in wants}, {want.at_s for want in wants}
        if len(values) == 1:
            told["value"] = values.pop() / 100
        if len(times) == 1 and kind not in {SHIPPED, CANCELED}:
            told["at"] = f"{datetime.fromtimestamp(times.pop(), UTC):%Y-%m-%d %H:%M:%S} UTC"
        return told


def _at(points: tuple[str, ...] | list[str]) -> dict[str, Any]:
    """Dying at the last of these points."""
    again = points.count(points[-1]) - 1
    return {"crash at": points[-1], **({"crash after": again} if again else {})}


def _of_hooks(step: Step) -> dict[str, Any]:
    """What `machine.disturbed` does to deliveries, as a fault of webhooks."""
    kind, times = ("drop", "duplicate", "reorder", "reset_after")[step.pick % 4], 1 + step.seed % 5
    after = {} if kind == "reset_after" else {"after": step.also % 3}
    return {"kind": kind, "method": "PUSH", "times": times, **after}


def _span(seconds: int) -> str:
    """A span as a story writes it."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _plain(told: Any) -> Any:
    return {key: _plain(value) for key, value in told.items()} if hasattr(told, "items") else told
