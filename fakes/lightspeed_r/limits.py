"""The leaky bucket of one connection (account and client), sized by the registers of the subscription."""

import math
from decimal import Decimal

from fakes.kit.clock import Clock
from fakes.kit.limits import Drip, LeakyBucket
from fakes.lightspeed_r.costs import drip_text
from fakes.lightspeed_r.switches import Switches

BUCKET = "api-leaky-bucket"
BURST = "api-burst-limiter"


class RLimits:
    """90 units and 1 a second, plus 10 and 0.5 for each further register; 20 requests a second for 90."""

    def __init__(self, clock: Clock, switches: Switches, registers: int) -> None:
        self.enabled = True
        self._clock = clock
        self._switches = switches
        extra = max(registers, 1) - 1
        size = 90 + 10 * extra
        self.bucket = LeakyBucket(size, 1 + 0.5 * extra, size * 2 // 9)
        self._card_at_s = -1.0

    def reset(self) -> None:
        """Empty the bucket."""
        self.bucket.reset()
        self._card_at_s = -1.0

    def spend(self, cost: Decimal) -> tuple[Drip, dict[str, str]]:
        """Charge one request; the verdict and the headers that report it."""
        bucket = self.bucket
        bucket.burst = self._switches.burst_max or int(bucket.size) * 2 // 9
        now_s = self._clock.monotonic()
        drip = self._spend(now_s, float(cost)) if self.enabled else Drip(None, 0, bucket.level(now_s), 1)
        return drip, {
            "X-LS-Api-Bucket-Level": f"{drip_text(drip.level)}/{drip_text(bucket.size)}",
            "X-LS-Api-Burst-Level": f"{drip.burst_level}/{bucket.burst}",
            "X-LS-Api-Drip-Rate": drip_text(bucket.drip),
            "X-LS-Api-Request-Cost": drip_text(cost),
        }

    def look_up_card(self) -> bool:
        """Whether a gift card may be looked up by its code now: once a second."""
        second = math.floor(self._clock.monotonic())
        if self.enabled and second == self._card_at_s:
            return False
        self._card_at_s = second
        return True

    def _spend(self, now_s: float, cost: float) -> Drip:
        """As the bucket does; by switch a refused request adds its cost all the same."""
        bucket = self.bucket
        if not self._switches.blocked_requests_cost or bucket.level(now_s) < bucket.size:
            return bucket.spend(now_s, cost)
        size, bucket.size = bucket.size, math.inf
        drip = bucket.spend(now_s, cost)
        bucket.size = size
        if drip.blocked_by is not None:
            return drip
        wait_s = max(1, math.ceil((drip.level - size) / bucket.drip))
        return Drip("bucket", wait_s, drip.level, drip.burst_level)
