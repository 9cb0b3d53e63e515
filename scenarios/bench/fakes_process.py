"""The fakes' process: receipts loaded, both fakes served without limits, orders taken line by line."""

import json
import sys
import time

from fakes.kit.clock import SystemClock
from fakes.kit.serve import Served
from fakes.klaviyo import app as klaviyo_fake
from fakes.lightspeed_r import app as till_fake
from fakes.lightspeed_r.receipts import load
from scenarios.bench.talk import cpu_s, peak_mb, say
from scenarios.harness.sabotage import Saboteur
from scenarios.harness.truth import count_events


def main() -> None:
    """Serve until the input ends. `spoil` plants the defects, any other line asks for the figures."""
    asked = json.loads(sys.argv[1])
    seed, clock = asked["seed"], SystemClock()
    mail, till = klaviyo_fake.build(clock, seed=seed), till_fake.build(clock, seed=seed)
    mail.limits.enabled = till.limits.enabled = False
    started = time.perf_counter()
    loaded = load(till.state, seed=seed, days=asked["days"])
    seconds = time.perf_counter() - started
    with Served({"klaviyo": mail.wsgi, "lightspeed_r": till.wsgi}) as served:
        credentials = {"klaviyo": mail.credentials, "lightspeed_r": till.credentials}
        say(urls=served.urls, credentials=credentials, loaded=loaded.as_json(), seconds=seconds)
        for line in sys.stdin:
            with mail.wsgi.lock, till.wsgi.lock:
                if line.strip() == "spoil":
                    planted = Saboteur(mail.state, till.state, seed=seed).plant()
                    say(planted=[[p.kind, p.metric, p.event_key, p.difference_minor] for p in planted])
                else:
                    say(events=count_events(mail.state), peak_mb=peak_mb(), cpu_s=cpu_s())


if __name__ == "__main__":
    main()
