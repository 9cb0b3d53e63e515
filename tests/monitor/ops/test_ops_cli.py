"""The commands: exit codes, plain words, JSON for machines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ops_world import NightWorld
from receiver import receiving
from typer.testing import CliRunner

import tillproof
from scenarios.harness.sabotage import Saboteur
from scenarios.harness.world import ACCOUNT

CLI = CliRunner()


@dataclass(frozen=True, slots=True)
class Shell:
    """The commands in a folder with settings and a history."""

    settings: Path
    nights: NightWorld

    def run(self, *words: str, code: int = 0) -> str:
        done = CLI.invoke(tillproof.build(), ["monitor", *words, "-s", str(self.settings)])
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        return done.output

    def write(self, monitor: str) -> None:
        self.settings.write_text(
            f"""
[store]
url = "{self.nights.world.settings.store.url}"
[accounts.{ACCOUNT}]
source = "lightspeed_r"
[accounts.{ACCOUNT}.lightspeed_r]
client_id = "x"
[accounts.{ACCOUNT}.klaviyo]
api_key = "x"
[monitor]
{monitor}
""",
            encoding="utf-8",
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with NightWorld(tmp_path) as nights:
        nights.trade()
        world = nights.world
        Saboteur(world.klaviyo.state, world.till.state, seed=5).plant(
            [("missing", "Placed Order", 1), ("orphaned", "Placed Order", 1)]
        )
        nights.nights.run_due()
        one = Shell(tmp_path / "tillproof.toml", nights)
        one.write("days = 4")
        yield one


def test_the_history_lists_runs_with_their_numbers(shell: Shell) -> None:
    assert f"1  {ACCOUNT}  2026-04-05 to 2026-04-08  nightly  15 sales" in shell.run("history")
    (run,) = json.loads(shell.run("history", "--json"))["runs"]
    assert (run["id"], run["verdict"], run["night_on"]) == (1, "drift", "2026-04-09")


def test_a_repair_shows_its_plan_and_does_nothing_by_itself(shell: Shell) -> None:
    before = shell.nights.world.events_by_metric()
    told = shell.run("repair", "1")
    assert "To send: 1 sale once more, for 1 Placed Order" in told
    assert "Cannot be undone: 1 finding of the kind orphaned." in told
    assert "To do it: tillproof monitor repair 1 --apply" in told
    assert json.loads(shell.run("repair", "1", "--json"))["after"] == {"orphaned": 1}
    assert shell.nights.world.events_by_metric() == before


def test_a_run_that_does_not_exist_is_said_so(shell: Shell) -> None:
    assert "there is no run 99" in shell.run("repair", "99", code=2)


def test_a_preview_tells_what_other_rules_would_have_done(shell: Shell) -> None:
    told = shell.run("preview-rules", "--set", "metrics.refunded=", "--set", "min_count=2")
    assert f"{ACCOUNT}: 4 days, 2026-04-05 to 2026-04-08." in told
    assert "Refunded Order: 1 fewer would be owed" in told
    assert f"{ACCOUNT}: over 1 runs 0 alerts instead of 2." in told
    previews = json.loads(shell.run("preview-rules", "--set", "min_count=2", "--json"))["previews"]
    assert [(one["of"], one["before_count"], one["after_count"]) for one in previews] == [("alerts", 2, 0)]
    assert "cannot be previewed" in shell.run("preview-rules", "--set", "colour=blue", code=2)


def test_the_watchdog_says_what_is_silent(shell: Shell) -> None:
    told = shell.run(
        "watchdog", code=1
    )  # the history is of April 2026; whatever day it is now, that is long ago
    assert f"No reconciliation of {ACCOUNT} for " in told
    assert "tillproof monitor run" in told
    silent = json.loads(shell.run("watchdog", "--json", code=1))["silent"]
    assert [one["kind"] for one in silent] == ["monitor_silent"]
    shell.write('silent_after = "90000d"')
    assert "Everything is alive." in shell.run("watchdog")


def test_an_alert_test_reaches_a_route_and_names_one_that_fails(shell: Shell) -> None:
    with receiving() as receiver:
        shell.write(
            f'[monitor.routes.ops]\nurl = "{receiver.url()}"\nallow_private = true\n'
            f'[monitor.routes.wrong]\nurl = "{receiver.url("ok?token=hush", "jsons")}"'
        )
        assert "ops: took it" in shell.run("alert-test", "ops")
        told = shell.run("alert-test", code=1)
        assert "wrong: refused: it leads into a private network" in told
        assert "hush" not in told
        assert receiver.titles == ["tillproof: test", "tillproof: test"]


def test_an_alert_test_without_routes_says_what_to_add(shell: Shell) -> None:
    assert "add a section [monitor.routes.NAME]" in shell.run("alert-test", code=2)
    assert "there is no route x" in shell.run("alert-test", "x", code=2)


def test_a_run_that_cannot_reach_its_ends_exits_with_two(shell: Shell) -> None:
    # The settings here hold no key that opens the stored tokens.
    told = shell.run("run", "--now", code=2)
    assert f"Could not judge {ACCOUNT}: " in told


def test_the_example_can_be_printed_and_read(shell: Shell) -> None:
    told = CLI.invoke(tillproof.build(), ["monitor", "example"]).output
    assert told.startswith("[monitor]\n")


def test_wrong_settings_are_named(shell: Shell) -> None:
    shell.write("dayz = 4")
    assert "monitor.dayz: unknown key; did you mean `days`" in shell.run("run", "--once", code=2)


def test_an_unknown_account_is_refused(shell: Shell) -> None:
    assert f"known: {ACCOUNT}" in shell.run("run", "elsewhere", "--once", code=2)
