"""A thousand made-up lives at all three tills: nothing lost, nothing doubled, the monitor silent or right."""

import pytest

from scenarios.simulation.command import Asked, again
from scenarios.simulation.pool import lives

SHARDS = [
    *[("lightspeed_r", first) for first in range(1, 601, 100)],
    *[("lightspeed_x", first) for first in range(1, 201, 100)],
    *[("sitoo", first) for first in range(1, 201, 100)],
]


@pytest.mark.parametrize(("till", "first"), SHARDS)
def test_every_sale_arrives_exactly_once_whatever_breaks(till: str, first: int) -> None:
    found = lives(till, range(first, first + 100))
    told = [f"{each.complaints[0]}; again: {again(each.story, Asked([till], 0, 1))}" for each in found.failed]
    assert told == []
    assert found.lives == 100
    assert found.deaths > 20  # runs that were killed: without them little was shown
    assert found.events > 200
    assert found.planted == found.found > 0


@pytest.mark.parametrize("till", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_a_long_life_ends_well_too_and_the_monitor_finds_exactly_what_was_planted(till: str) -> None:
    found = lives(till, [1, 2], length=120, monitor=True)
    assert [each.complaints for each in found.failed] == []
    assert found.events > 40
    assert found.planted == found.found
