"""The process behind the door is killed at every step between a stored delivery and its handled entry.

Whatever the step: the next process sends every sale exactly once, and nothing is left waiting.
"""

import os
import signal
from collections import Counter
from pathlib import Path

from hooks_kit import XTold, x_told
from killed_child import NEVER, Child, Told, forked, run_child

from sync.hooks import app as hooks_app


def followed(told: XTold, kill_at: int = NEVER) -> Told:
    """Follow in a child that dies at step number `kill_at`."""

    def work(child: Child) -> None:
        hooks = hooks_app.build(
            told.world.settings,
            clock=told.clock,
            transports=child.transports("klaviyo", "lightspeed_x"),
            checkpoint=child.checkpoint,
        )
        hooks.step()
        hooks.close()
        child.last("end")

    return run_child(work, told.world.transports, kill_at)


def stored(told: XTold) -> str:
    """A sale whose webhook was answered with 200, and nobody who followed it yet."""
    sale = told.sell()
    told.pump()
    told.restart()  # no connection of ours is open in the child
    return sale


def test_killed_at_every_step_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        # The clock stands still here, and so would the windows of the limits.
        told.fake.limits.enabled = told.klaviyo.limits.enabled = False
        sales = [stored(told)]
        whole = followed(told)
        steps = whole.steps
        assert not whole.killed
        assert "after POST /api/events" in steps
        assert "page committed" in steps
        # Dying before a request is dying at whatever came before it.
        for step in [place for place, name in enumerate(steps) if not name.startswith("before ")]:
            sales.append(stored(told))
            assert followed(told, step).killed, steps[step]
            followed(told)
            assert told.placed() == Counter(sales), steps[step]
            assert told.status().waiting_count == 0, steps[step]


def test_killed_right_after_its_answer_the_delivery_is_there(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        with told.fake.wsgi.lock:
            told.fake.state.settle()
        told.hooks.close()

        def work() -> None:
            told.hooks = told.opened()
            told.fake.push.deliver_due()
            os.kill(os.getpid(), signal.SIGKILL)

        _, ended = os.waitpid(forked(work), 0)
        assert os.WTERMSIG(ended) == signal.SIGKILL
        told.hooks = told.opened()
        assert told.status().waiting_count == 1
        told.hooks.step()
        assert told.placed() == Counter([sale])
