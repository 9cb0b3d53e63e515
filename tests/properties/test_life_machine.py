"""The same life as a state machine: hypothesis chooses what happens next, and makes a failure short."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from scenarios.simulation.life import Life
from scenarios.simulation.stage import Stage
from scenarios.simulation.story import PLACES, Step, Story

NUMBERS = st.integers(0, 63)
DETAILS = st.integers(0, 9_999)
MINUTES = st.sampled_from((0, 1, 3, 17, 65))


class LifeMachine(RuleBasedStateMachine):
    """One merchant with an R-Series till. After every run the judge looks; in the end all must be there."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage("lightspeed_r")
        self.life: Life | None = None

    @initialize(place=st.integers(0, len(PLACES) - 1))
    def open_the_shop(self, place: int) -> None:
        zone, start = PLACES[place]
        start_at = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self.life = Life(self.stage, Story("lightspeed_r", 0, zone, start_at, ()))

    @rule(
        word=st.sampled_from(("sell", "sell_late")), pick=NUMBERS, also=NUMBERS, seed=DETAILS, minutes=MINUTES
    )
    def sells(self, **told: Any) -> None:
        self.does(**told)

    @rule(word=st.sampled_from(("refund", "refund_part", "exchange", "void")), pick=NUMBERS, also=NUMBERS,
          seed=DETAILS, minutes=MINUTES)  # fmt: skip
    def takes_back(self, **told: Any) -> None:
        self.does(**told)

    @rule(word=st.sampled_from(("attach", "email", "note", "ship")), pick=NUMBERS, also=NUMBERS, seed=DETAILS,
          minutes=MINUTES)  # fmt: skip
    def changes(self, **told: Any) -> None:
        self.does(**told)

    @rule(word=st.sampled_from(("fault", "wait")), pick=NUMBERS, also=NUMBERS, seed=DETAILS, minutes=MINUTES)
    def breaks(self, **told: Any) -> None:
        self.does(**told)

    @rule(
        word=st.sampled_from(("sync", "sync", "crash")),
        pick=NUMBERS,
        also=NUMBERS,
        seed=DETAILS,
        minutes=MINUTES,
    )
    def syncs(self, **told: Any) -> None:
        self.does(**told)

    def does(self, word: str, pick: int, also: int, seed: int, minutes: int) -> None:
        assert self.life is not None
        self.life.do(Step(word, pick, also, seed, minutes))
        assert self.life.lived_.complaints == []

    def teardown(self) -> None:
        try:
            if self.life is not None and not self.life.lived_.complaints:
                self.life.calm_down()
                assert self.life.lived_.complaints == []
        finally:
            self.stage.close()


TestLifeMachine = LifeMachine.TestCase
TestLifeMachine.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,  # a run takes as long as the machine is busy
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
