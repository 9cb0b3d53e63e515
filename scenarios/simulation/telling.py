"""A life as a scenario that people can read and keep: what happened, told from the till's truth step by step.

Kept is what happened and in which order; a line's amount is what was paid for it, without discount and tax.
Seconds are not kept: a scenario may be clear of what only a certain second shows. Nor are deliveries of
webhooks and the wrong clock of one machine, for which stories have no words: the till tells, time passes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scenarios.simulation.doom import fault_of
from scenarios.simulation.life import HEARING_S, Life
from scenarios.simulation.receipts import Line, Receipt
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import Step, Story, wait_of
from scenarios.simulation.tills import PEOPLE


def write(stage: Stage, story: Story, path: Path) -> None:
    """Live the story once more and write it down. Raises OSError where it cannot be written."""
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 110
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(Telling(stage, story).told(), file)


class Telling:
    """One life being told."""

    def __init__(self, stage: Stage, story: Story) -> None:
        """Begin the life."""
        self._life, self._story = Life(stage, story), story
        self._names: dict[str, str] = {}  # of receipts by id
        self._articles: dict[str, float] = {}  # by name, with the price of one
        self._when: list[Any] = []
        self._seen: dict[str, Receipt] = {}
        self._people = dict(self._life.hand.people())
        self._callings = {one: PEOPLE[at][0] for at, one in enumerate(self._people)}

    def told(self) -> dict[str, Any]:
        """The whole scenario as plain data."""
        for step in self._story.steps:
            self._wait(step.minutes * 60)
            self._life.do(step)
            self._machines(step)
            self._till()
        self._when += ["faults end", {"wait": "3h"}, {"sync": "once"}]
        self._life.calm_down()
        return {
            "story": f"The life of seed {self._story.seed} at {self._story.till}",
            "topic": "simulation",
            "given": self._given(),
            "when": self._when,
            "then": [{"klaviyo counts only": self._counts()}],
        }

    def _given(self) -> dict[str, Any]:
        people = [{"name": first, "email": email} if email else {"name": first} for first, _, email in PEOPLE]
        start = self._story.start_at
        return {
            "till": self._story.till,
            "clock": f"{start:%Y-%m-%d %H:%M} UTC",
            "shop": {"name": "Harbour Street", "zone": self._story.zone},
            "articles": [{"name": name, "price": price} for name, price in self._articles.items()],
            **({} if self._story.till == "sitoo" else {"customers": people}),
            **({"settings": dict(account)} if (account := self._life.stage.kit.account) else {}),
        }

    def _counts(self) -> dict[str, int]:
        """How many events of each metric are right: all that ought to be, and all that rightly were."""
        return dict(sorted(Counter(self._life.witness.rightly()).items()))

    def _machines(self, step: Step) -> None:
        if step.do == "wait":
            self._wait(int(wait_of(step).total_seconds()))
        elif step.do == "hooks":
            self._wait(HEARING_S)
        elif step.do == "sync":
            self._sync({})
        elif step.do == "crash":
            points = self._life.killed_at
            if self._life.died:
                point = points[-1] if points else "page read"
                passes = max(0, points.count(point) - 1)
                self._when.append({"sync": {"mode": "once", "crash at": point, "crash after": passes}})
            else:
                self._sync({})
        elif step.do == "fault":
            end, rule, _ = fault_of(step, self._life.stage.kit.breakable)
            told = {key.replace("_", " "): value for key, value in rule.items() if key not in _LEFT_OUT}
            on = "klaviyo" if end == "klaviyo" else self._story.till
            self._when.append({"fault": {"on": on, **told, "path": rule["match"]["path"]}})

    def _sync(self, told: dict[str, Any]) -> None:
        ends = self._life.outcome.value
        self._when.append({"sync": {**told, "mode": "once", **({"ends": ends} if ends != "done" else {})}})

    def _wait(self, seconds: int) -> None:
        if seconds:
            self._when.append({"wait": f"{seconds}s"})

    def _till(self) -> None:
        """What is new in the till's truth since the last step."""
        for receipt in self._life.hand.receipts():
            before = self._seen.get(receipt.sale_id)
            if before is None:
                self._new(receipt)
            elif before != receipt:
                self._changed(before, receipt)
            self._seen[receipt.sale_id] = receipt
        for person, address in self._life.hand.people().items():
            if self._people.get(person, address) != address:
                self._when.append({"change customer": {"of": self._callings[person], "email": address}})
            self._people[person] = address

    def _new(self, receipt: Receipt) -> None:
        name = self._names[receipt.sale_id] = f"sale {len(self._names) + 1}"
        at = f"{datetime.fromtimestamp(receipt.at_s, UTC):%Y-%m-%d %H:%M} UTC" if receipt.at_s else None
        when = {"at": at} if at and receipt.at_s < self._now_s() - 60 else {}
        if receipt.returned and receipt.returned[0].of_sale in self._names:
            of, items = self._names[receipt.returned[0].of_sale], self._items(receipt.returned)
            if receipt.bought:
                new = self._items(receipt.bought)
                swap = {"of": of, "as": name, "returned": items, "bought": new, **when}
                self._when.append({"exchange": swap})
            else:
                self._when.append({"refund": {"of": of, "as": name, "items": items, **when}})
            return
        told: dict[str, Any] = {
            "sale": name,
            "items": self._items(receipt.bought),
            **self._buyer(receipt),
            **when,
        }
        if receipt.state == "open":
            told["kind"] = "unfinished" if self._story.till == "lightspeed_r" else "parked"
        if receipt.posted:
            told["ship"] = True
        self._when.append({"sell": {**told, **({"from web": "Webshop"} if receipt.web else {})}})

    def _buyer(self, receipt: Receipt) -> dict[str, str]:
        if not receipt.person:
            return {}
        known = receipt.person in self._callings
        return {"to": self._callings[receipt.person]} if known else {"email": receipt.person}

    def _changed(self, before: Receipt, receipt: Receipt) -> None:
        name = self._names[receipt.sale_id]
        if receipt.state == "void" != before.state:
            self._when.append({"void": name})
        elif receipt.state == "done" and before.state == "open":
            self._when.append({"finish": {"of": name}})
        if receipt.person != before.person and receipt.person:
            self._when.append({"edit sale": {"of": name, "customer": self._callings[receipt.person]}})
        if len(receipt.shipped) > len(before.shipped):
            self._when.append({"ship": {"of": name}})

    def _items(self, lines: Sequence[Line]) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for line in lines:
            price = round(line.total_minor / line.pieces) / 100
            article = f"Article of {price:.2f}"
            self._articles.setdefault(article, price)
            found[article] += line.pieces
        return dict(found)

    def _now_s(self) -> int:
        return int(self._life.stage.clock.now().timestamp())


_LEFT_OUT = frozenset({"match", "content_type"})
