"""The command: its exit codes never confuse trouble with drift or with agreement."""

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from monitor.cli import register


def command() -> typer.Typer:
    root = typer.Typer()
    register(root)
    return root


def test_settings_that_are_not_there_could_not_be_judged(tmp_path: Path) -> None:
    settings = tmp_path / "tillproof.toml"

    told = CliRunner().invoke(command(), ["monitor", "reconcile", "--settings", str(settings)])

    assert told.exit_code == 2
    assert "could not judge" in told.stderr
    assert "there is no such file" in told.stderr


def test_a_database_that_is_not_there_could_not_be_judged(tmp_path: Path) -> None:
    settings = tmp_path / "tillproof.toml"
    settings.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "none" / "x.db"}"\n')

    told = CliRunner().invoke(command(), ["monitor", "reconcile", "-s", str(settings), "--json"])

    assert told.exit_code == 2
    assert "there is no database yet" in told.stderr


def test_the_help_says_what_the_exit_codes_mean() -> None:
    told = CliRunner().invoke(command(), ["monitor", "reconcile", "--help"])

    assert told.exit_code == 0
    assert "0 both sides agree; 1 drift was found; 2 it could not be judged" in told.stdout


def test_the_machine_output_is_one_object_with_the_verdict(tmp_path: Path) -> None:
    from monitor_till import Shelf, Till, reconcile

    from monitor.outputs import summary_json

    told = json.loads(summary_json(reconcile(Till(), Shelf(), tmp_path), tmp_path))

    assert (told["verdict"], told["exit_code"]) == ("agrees", 0)
    assert told["files"]["report.json"] == str(tmp_path / "report.json")
