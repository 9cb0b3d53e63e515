"""The fakes' process of `bench hooks`: sales are rung up at a rate and each is told by a real webhook."""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fakes.kit.clock import SystemClock
from fakes.kit.send import Answer, Outgoing
from fakes.kit.serve import Served
from fakes.klaviyo import app as klaviyo_fake
from fakes.lightspeed_x import app as till_fake
from scenarios.bench.hooks_push import Connection
from scenarios.bench.talk import cpu_s, peak_mb, say

ORDER = "Placed Order (POS)"
_LOOK_S = 0.002
_ARTICLES = 40


def main() -> None:
    """Serve until the input ends. `sell RATE COUNT` rings up sales; `figures` tells what became of them."""
    asked = json.loads(sys.argv[1])
    clock = SystemClock()
    mail, till = klaviyo_fake.build(clock, seed=asked["seed"]), till_fake.build(clock, seed=asked["seed"])
    shop = Shop(till, mail, asked["seed"], asked["people"], asked["registers"])
    with Served({"klaviyo": mail.wsgi, "lightspeed_x": till.wsgi}) as served, shop.watching():
        say(urls=served.urls, credentials={"klaviyo": mail.credentials, "lightspeed_x": till.credentials})
        for line in sys.stdin:
            words = line.split()
            if words[0] == "sell":
                shop.sell(float(words[1]), int(words[2]))
                say(sold=len(shop.told_at))
            else:
                say(**shop.figures(), peak_mb=peak_mb(), cpu_s=cpu_s())


class Shop:
    """Sells at a rate, pushes each sale's webhook, and sees when its order is in Klaviyo."""

    def __init__(self, till: Any, mail: Any, seed: int, people: int, registers: int) -> None:
        """Shelves, registers and customers are there before anybody connects."""
        self._till, self._mail = till, mail
        self._rng = random.Random(f"{seed}/hooks")
        state = till.state
        self._articles = [state.add_product(f"Mug {n}", sku=f"M-{n}", price="10") for n in range(_ARTICLES)]
        now = datetime.now(UTC)
        self._people = [
            state.add_customer("Ann", f"Lee{n}", email=f"ann.{n}@tidewick-letters.net", at=now)
            for n in range(people)
        ]
        for number in range(2, registers + 1):
            state.add_register(state.outlet_id, f"Till {number}")
        till.push.send = self._send
        self._connection: Connection | None = None
        self._refused = 0
        self._stopping = threading.Event()
        self.told_at: dict[str, float] = {}  # when the webhook began to leave
        self.accepted_at: dict[str, float] = {}

    def sell(self, rate: float, count: int) -> None:
        """So many sales at so many a second, each told at once; late ones catch up, as tills do."""
        state, started = self._till.state, time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, started + number / rate - time.perf_counter()))
            with self._till.wsgi.lock:
                lines = [
                    (item, 1, "10") for item in self._rng.sample(self._articles, self._rng.randint(1, 4))
                ]
                buyer = self._rng.choice(self._people)
                sale = state.sell(state.outlet_id, datetime.now(UTC), lines, customer_id=buyer)
                state.settle()
            self.told_at[sale] = time.time()
            self._till.push.deliver_due()

    def figures(self) -> dict[str, Any]:
        """When each sale was told and accepted."""
        with self._mail.wsgi.lock:
            orders = len(self._mail.state.find_events(ORDER))
        limited = [self._till.journal.counts["status.429"], self._mail.journal.counts["status.429"]]
        return {
            "told_at": self.told_at,
            "accepted_at": dict(self.accepted_at),
            "orders": orders,
            "refused": self._refused,
            "limited": sum(limited),
            "till_requests": self._till.journal.counts["requests"],
            "klaviyo_requests": self._mail.journal.counts["requests"],
        }

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look every other millisecond which orders are new in Klaviyo."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _watch(self) -> None:
        state, seen = self._mail.state, 0
        while not self._stopping.wait(_LOOK_S):
            upto, now = len(state.events), time.time()
            if upto == seen:
                continue
            with self._mail.wsgi.lock:
                found = [state.stored(row) for row in range(seen, upto)]
            for event in found:
                if event.metric_name == ORDER:
                    self.accepted_at[event.unique_id.split(":")[2]] = now
            seen = upto

    def _send(self, outgoing: Outgoing) -> Answer:
        """Over one connection that stays open, as a vendor's sender has it."""
        parts = urlsplit(outgoing.url)
        if self._connection is None:
            self._connection = Connection(parts.hostname or "", parts.port or 80)
        status = self._connection.post(parts.path, outgoing.body, outgoing.headers)
        self._refused += status != 200
        return Answer(status)


if __name__ == "__main__":
    main()
