"""``tillproof simulate`` says what happened, and refuses what makes no sense."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from scenarios.simulation.cli import register
from scenarios.simulation.command import Asked, Simulated, again
from scenarios.simulation.life import Lived
from scenarios.simulation.pool import Sum
from scenarios.simulation.story import made_up


@pytest.fixture
def program() -> typer.Typer:
    root = typer.Typer()
    register(root)
    root.command("other")(lambda: None)  # so that the command keeps its name
    return root


def test_a_few_lives_are_counted_for_machines(program: typer.Typer) -> None:
    asked = ["simulate", "--till", "lightspeed_r", "--seeds", "3", "-n", "1", "--json"]
    told = CliRunner().invoke(program, asked)
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert (found["seeds"], found["lost"], found["duplicated"], found["failed"]) == (3, 0, 0, [])
    assert found["tills"]["lightspeed_r"]["lives"] == 3


def test_an_unknown_till_is_refused_by_name(program: typer.Typer) -> None:
    told = CliRunner().invoke(program, ["simulate", "--till", "lightspeed"])
    assert told.exit_code == 2
    assert "there is no till lightspeed; there is lightspeed_r, lightspeed_x, sitoo" in told.output


def test_a_trace_is_of_one_life(program: typer.Typer, tmp_path: Path) -> None:
    told = CliRunner().invoke(program, ["simulate", "--seeds", "2", "--trace", str(tmp_path / "t")])
    assert told.exit_code == 2
    assert "say --till NAME --seeds 1 --first SEED" in told.output


def test_a_trace_that_cannot_be_written_is_said(program: typer.Typer, tmp_path: Path) -> None:
    asked = ["simulate", "--till", "sitoo", "--seeds", "1", "--trace", str(tmp_path / "no" / "such")]
    told = CliRunner().invoke(program, asked)
    assert told.exit_code == 2
    assert "cannot be written" in told.output


def test_a_failed_life_comes_with_the_command_that_lives_it_again() -> None:
    asked = Asked(["sitoo"], 1, 1, long=True)
    lived = Lived(made_up("sitoo", 9), ["lost placed sitoo:1", "doubled placed sitoo:2 x2"])
    found = Simulated(asked, {"sitoo": Sum(lives=1, failed=[lived])}, 1.0).as_json()
    assert (found["lost"], found["duplicated"]) == (1, 1)
    command = (
        "tillproof simulate --till sitoo --seeds 1 --first 9 --long "
        "--trace sitoo_9.txt --as-scenario sitoo_9.yaml"
    )
    assert found["failed"][0]["again"] == again(lived.story, asked) == command
