"""A life can be written as a scenario that people read, and that ends as the life did."""

from pathlib import Path

import pytest

from scenarios.language.loader import load
from scenarios.simulation.command import as_scenario
from scenarios.simulation.story import made_up


@pytest.mark.parametrize("till", ["lightspeed_r", "lightspeed_x", "sitoo"])
def test_a_life_becomes_a_scenario_that_can_be_loaded(till: str, tmp_path: Path) -> None:
    out = tmp_path / "simulation" / "life.yaml"
    out.parent.mkdir()
    as_scenario(made_up(till, 5, monitor=False), out)
    told = out.read_text(encoding="utf-8")
    assert "sell:" in told
    assert load(out)
