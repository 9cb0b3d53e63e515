"""Letting virtual time pass: whatever is due on the way goes out at its own instant."""

from collections.abc import Iterable
from datetime import datetime

from fakes.kit.clock import VirtualClock
from fakes.kit.push import Push

STEPS_MAX = 100_000


def move(clock: VirtualClock, target: datetime, pushes: Iterable[Push]) -> None:
    """Bring the clock to ``target``, stopping wherever a delivery is due; back in time it just jumps."""
    going_out = list(pushes)
    for _ in range(STEPS_MAX):
        due = min((at for push in going_out if (at := push.next_at()) is not None), default=None)
        if due is None or due > target:
            break
        if due > clock.now():
            clock.set(due)
        if not sum(push.deliver_due() for push in going_out):
            break  # another thread is at it
    if target != clock.now():
        clock.set(target)
    for push in going_out:  # what a fake's own agenda brought about meanwhile
        push.deliver_due()
