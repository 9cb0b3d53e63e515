"""A thousand made-up lives at all three tills: nothing lost, nothing doubled, the monitor silent or right."""

import pytest

from scenarios.simulation.command import Asked, again
from scenarios.simulation.pool import lives

SHARDS = [
    *[("lightspeed_r", first, 95) for first in range(1, 761, 95)],
    *[("lightspeed_x", first, 40) for first in range(1, 121, 40)],  # it takes twice as long
    *[("sitoo", first, 60) for first in range(1, 121, 60)],
]


@pytest.mark.parametrize(("till", "first", "count"), SHARDS)
def test_every_sale_arrives_exactly_once_whatever_breaks(till: str, first: int, count: int) -> None:
    found = lives(till, range(first, first + count))
    told = [f"{each.complaints[0]}; again: {again(each.story, Asked([till], 0, 1))}" for each in found.failed]
    assert told == []
    assert found.lives == count
    assert found.deaths > count / 5  # runs that were killed: without them little was shown
    assert found.events > 2 * count
    assert found.planted == found.found


@pytest.mark.parametrize("till", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_a_long_life_ends_well_too_and_the_monitor_finds_exactly_what_was_planted(till: str) -> None:
    found = lives(till, [1, 2], length=120, monitor=True)
    assert [each.complaints for each in found.failed] == []
    assert found.events > 40
    assert found.planted == found.found


def test_there_are_a_thousand_of_them() -> None:
    assert sum(count for _, _, count in SHARDS) == 1_000
