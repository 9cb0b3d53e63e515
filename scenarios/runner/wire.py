"""The way from the tills' webhooks to the sync's receiver: its door, its worker, and what goes wrong between.

The door is called in this process. A forged delivery is a genuine one whose signature, or password, became
another on its way: the receiver cannot tell it from one that somebody else made.
"""

from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fakes.kit.clock import Clock
from fakes.kit.faults import Faults, Rule
from fakes.kit.send import Answer, Outgoing, Send, to_wsgi
from scenarios.harness.chain import Chain
from scenarios.runner.failing import CannotTell
from sync.engine.checkpoints import Checkpoint
from sync.hooks import app as hooks_app
from sync.hooks.register import address_of, register
from sync.settings import WrongSettings
from sync.sources import registry
from sync.store import inbox

if TYPE_CHECKING:
    from scenarios.runner.stage import Stage

PUSH = "PUSH"  # the method of faults that are about webhooks
STEPS = 60  # into which a span of work is cut
_LEAST_S = 1.0
_WORLD = "https://hooks.example.com"  # where a vendor would reach the receiver
_SIGNED = ("X-Signature", "Authorization")
State = Literal["up", "down", "in trouble"]
_MOST_TURNS = 20  # of a worker that always finds something due


class Wire:
    """A receiver for the webhooks of some tills. Close it."""

    def __init__(self, chain: Chain, clock: Clock, checkpoint: Checkpoint, *, by_itself: bool) -> None:
        """`clock` is the machine's. `by_itself`: it follows after each step. Raises WrongSettings when no
        account has webhooks."""
        self._chain, self._by_itself = chain, by_itself
        self._clock, self._checkpoint = clock, checkpoint
        self._hooks = self._opened()
        self._door = to_wsgi(lambda environ, start: self._hooks.door(environ, start))  # noqa: PLW0108 - whatever receiver there is by then
        self._forging: dict[str, Faults] = {}
        self._losing: dict[str, Faults] = {}
        self._state: State = "up"

    @property
    def tills(self) -> list[str]:
        """Who is connected."""
        return list(self._forging)

    def connect(self, name: str) -> None:
        """Register a till's webhooks with its vendor. Raises WrongSettings, CannotTell."""
        if name in self._forging:
            raise CannotTell(f"{name} tells of its sales already")
        fake, url = self._chain.tills[name], address_of(_WORLD, name)
        way = self._chain.sync.subscribing(name, url)
        if isinstance(way, str):
            [pasted] = msgspec.json.decode(way)  # by a person, into the back office
            own = self._chain.settings.accounts[name].pos
            fake.state.subscribe(
                pasted["base_url"],
                event_types=pasted["event_types"],
                username=getattr(own, "events_username", ""),
                password=getattr(own, "events_password", ""),
            )
        else:
            with closing(way):
                if not register(way).complete:
                    raise CannotTell(f"{name} does not show its webhook after it was registered")
        self._forging[name], self._losing[name] = Faults(), Faults()
        fake.push.send = self._sender(self._forging[name], self._losing[name])

    def forge(self, name: str, spec: Mapping[str, Any]) -> list[Rule]:
        """Deliveries of a till arrive forged, as often as the fault says. Raises CannotTell, FaultRefused."""
        return self._counting(self._forging, name, spec)

    def lose_answers(self, name: str, spec: Mapping[str, Any]) -> list[Rule]:
        """Deliveries arrive and the till does not learn of it. Raises CannotTell, FaultRefused."""
        return self._counting(self._losing, name, spec)

    def _counting(self, faults: Mapping[str, Faults], name: str, spec: Mapping[str, Any]) -> list[Rule]:
        if name not in faults:
            raise CannotTell(f"{name} has no webhooks that could go wrong; say `- webhooks` first")
        # Only the rule's counting is used; it asks for a kind that exists.
        return faults[name].add({**spec, "kind": "drop", "match": {"method": "POST"}})

    def honest(self, name: str = "") -> None:
        """No delivery (of a till) is forged any more, no answer lost."""
        for kept in (self._forging, self._losing):
            for till, faults in kept.items():
                if name in ("", till):
                    faults.clear()

    def be(self, state: State) -> None:
        """The receiver is there, is not, or is in trouble."""
        self._state = state

    def move(self, clock: Clock) -> None:
        """The receiver goes by another clock."""
        self._hooks.close()
        self._clock = clock
        self._hooks = self._opened()

    def restart(self) -> None:
        """A new receiver over the same database."""
        self._hooks.close()
        self._hooks, self._state = self._opened(), "up"

    def follow(self) -> int:
        """After each step: what is due arrives, and is followed unless that is told; the sales taken up."""
        if self._by_itself:
            return self.work(0)
        self._deliver()
        return 0

    def work(self, span_s: float) -> int:
        """Let so much time pass: the tills deliver, the receiver follows; the number of sales taken up."""
        clock = self._chain.clock
        until = clock.now() + timedelta(seconds=span_s)
        step = timedelta(seconds=max(_LEAST_S, span_s / STEPS))
        taken = 0
        while True:
            taken += self._turn()
            if clock.now() >= until:
                return taken
            self._chain.move_to(min(clock.now() + step, until))

    def again(self, name: str, back: int) -> None:
        """Send a delivery once more, the latest for 1. Raises CannotTell."""
        sent = [one for one in self._chain.tills[name].push.deliveries() if one.attempt_count]
        if len(sent) < back:
            raise CannotTell(f"{name} has sent {len(sent)} webhooks so far")
        self._chain.tills[name].push.again(sent[-back].id)

    def counted(self) -> dict[str, int]:
        """What came and what became of it, over all tills."""
        self._hooks.follower.flush()
        found: dict[str, int] = dict.fromkeys(("waiting", "given up"), 0)
        with self._chain.sync.store.reading() as connection:
            for name in self.tills:
                status = inbox.status(connection, self._chain.sync.number(name))
                found["waiting"] += status.waiting_count
                found["given up"] += status.given_up_count
                for kind, count in status.counts.items():
                    found[kind] = found.get(kind, 0) + count
        return found

    def close(self) -> None:
        """Close every connection."""
        self._hooks.close()

    def _opened(self) -> hooks_app.Hooks:
        chain = self._chain
        return hooks_app.build(
            chain.settings, clock=self._clock, transports=chain.transports, checkpoint=self._checkpoint
        )

    def _turn(self) -> int:
        """Deliver what is due, then follow; a receiver that is down does neither."""
        self._deliver()
        taken = 0
        for _ in range(0 if self._state == "down" else _MOST_TURNS):
            found = self._hooks.step()
            taken += found
            if not found:
                break
        return taken

    def _deliver(self) -> None:
        for push in self._chain.pushes:
            push.deliver_due()

    def _sender(self, forging: Faults, losing: Faults) -> Send:
        def send(outgoing: Outgoing) -> Answer:
            if self._state != "up":
                return Answer(0 if self._state == "down" else 503)
            if forging.take_any(("drop",), "POST", outgoing.url):
                outgoing = _forged(outgoing)
            answer = self._door(outgoing)
            return Answer(0) if losing.take_any(("drop",), "POST", outgoing.url) else answer

        return send


def wire_of(stage: "Stage") -> Wire:
    """The story's receiver. Raises CannotTell."""
    if stage.wire is None:
        raise CannotTell("no till tells of its sales yet; say `- webhooks` first")
    return stage.wire


def connectable(chain: Chain) -> list[str]:
    """The tills that can tell of their sales. Raises WrongSettings when there is none."""
    found = [name for name, source in chain.sources.items() if registry.hooks(source) is not None]
    if not found:
        raise WrongSettings("no till of this story has webhooks; lightspeed_x and sitoo have")
    return found


def _forged(outgoing: Outgoing) -> Outgoing:
    """The same with the last sign of its proof changed."""
    headers = dict(outgoing.headers)
    for name in _SIGNED:
        if name in headers:
            proof, comma, rest = headers[name].partition(",")
            headers[name] = f"{proof[:-1]}{'0' if proof[-1] != '0' else '1'}{comma}{rest}"
    return Outgoing(outgoing.url, outgoing.body, headers, outgoing.timeout_s)
