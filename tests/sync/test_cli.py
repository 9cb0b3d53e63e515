"""The commands, against fakes served on sockets: what they print, and with which exit code they leave."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.kit.clock import SystemClock
from fakes.kit.serve import Served
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from fakes.lightspeed_r.records import LineIn
from sync.cli import register
from sync.store.secrets import new_key


@dataclass(slots=True)
class Shell:
    """A folder with settings, and the commands run in it."""

    folder: Path
    till: lightspeed_r.LightspeedRFake
    end: klaviyo.KlaviyoFake
    environment: dict[str, str]

    def run(self, *words: str, stdin: str = "", **environment: str) -> Result:
        """One command."""
        root = typer.Typer()
        register(root)
        told = {**self.environment, "TILLPROOF_SETTINGS": str(self.folder / "tillproof.toml"), **environment}
        return CliRunner().invoke(root, list(words), input=stdin, env=told)

    def sell(self, **more: str) -> str:
        """A mug for Ann, a minute ago."""
        at = self.till.clock.now() - timedelta(minutes=1)
        return self.till.state.sell("1", at, [LineIn("1", 1, "10.00")], **{"customer_id": "1", **more})


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    clock = SystemClock()
    till, end = lightspeed_r.build(clock), klaviyo.build(clock)
    till.limits.enabled = end.limits.enabled = False
    till.state.add_shop("Harbour Street", "America/New_York")
    till.state.add_item("Mug", price="10.00")
    till.state.add_customer("Ann", "Lee", email="ann.lee@northwind.dev", at=clock.now() - timedelta(days=9))
    with Served({"till": till.wsgi, "klaviyo": end.wsgi}) as served:
        (tmp_path / "tillproof.toml").write_text(
            f"""
            [store]
            url = "sqlite:///{tmp_path / "sync.db"}"
            [accounts.main]
            source = "lightspeed_r"
            [accounts.main.lightspeed_r]
            client_id = "{till.credentials["client_id"]}"
            api_url = "{served.urls["till"]}"
            auth_url = "{served.urls["till"]}"
            [accounts.main.klaviyo]
            base_url = "{served.urls["klaviyo"]}"
            """
        )
        environment = {
            "TILLPROOF_KEY": new_key(),
            "TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET": till.credentials["client_secret"],
            "TILLPROOF_MAIN_KLAVIYO_API_KEY": end.credentials["api_key"],
        }
        yield Shell(tmp_path, till, end, environment)


def connected(shell: Shell) -> Shell:
    """Sign in as a person would: open the address, and paste where it leads."""
    begun = shell.run("accounts", "connect", "main", "--no-browser")
    [url] = re.findall(r"http\S+authorize\S+", begun.stderr)
    redirect = httpx.get(url).headers["Location"]
    done = shell.run("accounts", "connect", "main", "--code", redirect)
    assert done.exit_code == 0, done.output
    assert "main: connected" in done.stdout
    return shell


def test_an_account_is_connected_checked_and_synced_from_the_command_line(shell: Shell) -> None:
    remedy = "main  not connected: tillproof accounts connect main\n"
    assert shell.run("accounts", "list").stdout == remedy
    pasted_nothing = shell.run("accounts", "connect", "main", "--no-browser", stdin="\n")
    assert (pasted_nothing.exit_code, "nothing was pasted" in pasted_nothing.stderr) == (2, True)
    assert shell.run("accounts", "list").stdout == remedy  # an attempt is no connection
    connected(shell)
    assert shell.run("accounts", "list").stdout == "main  connected\n"
    checked = shell.run("accounts", "check", "main", "--json")
    assert checked.exit_code == 0
    told = json.loads(checked.stdout)
    assert told["till"]["currency"] == told["klaviyo"]["currency"] == "USD"
    assert told["problems"] == []
    shell.sell()
    shell.sell(customer_id="0")
    preview = shell.run("sync", "preview")
    assert preview.exit_code == 0
    assert "preview done: 2 events would be sent, 1 left out on purpose" in preview.stdout
    assert re.search(r"1  left out: no customer was on the receipt +10\.00 USD", preview.stdout)
    once = shell.run("sync", "once", "main", "--json")
    assert once.exit_code == 0, once.output
    [run] = json.loads(once.stdout)["runs"]
    assert (run["outcome"], run["counts"]["sent"]) == ("done", 2)
    assert run["events"][1] == {"metric": "Placed Order", "currency": "USD", "count": 1, "value_minor": 1000}
    again = shell.run("sync", "backfill")
    assert again.exit_code == 0
    assert "main: backfill done: 0 events sent" in again.stdout
    status = shell.run("sync", "status", "--json")
    assert status.exit_code == 0
    [main] = json.loads(status.stdout)
    assert (main["sent_count"], main["waiting_count"], main["dead_letters"]) == (2, 0, {})
    assert len(shell.end.state.find_events()) == 2


def test_tokens_are_sealed_anew_when_the_key_changes(shell: Shell) -> None:
    connected(shell)
    old, new = shell.environment["TILLPROOF_KEY"], new_key()
    assert shell.run("accounts", "rekey", TILLPROOF_KEY=f"{new},{old}").stdout.startswith("1 accounts")
    assert shell.run("sync", "once", TILLPROOF_KEY=new).exit_code == 0
    lost = shell.run("sync", "once", TILLPROOF_KEY=old)
    assert lost.exit_code == 2
    assert "put that key back" in lost.stderr


def test_dead_letters_are_listed_retried_and_dropped(shell: Shell) -> None:
    connected(shell)
    shell.sell()
    shell.end.faults.add(
        {"kind": "status", "status": 400, "match": {"method": "POST", "path": "/api/events*"}}
    )
    once = shell.run("sync", "once")
    assert once.exit_code == 1
    assert "next: look at what was set aside: tillproof sync dead-letters list" in once.stdout
    assert shell.run("sync", "status").exit_code == 1
    listed = json.loads(shell.run("sync", "dead-letters", "list", "--json").stdout)
    assert [one["letter"]["subject"] for one in listed] == ["event", "event"]
    shell.end.faults.clear()
    retried = shell.run("sync", "dead-letters", "retry", str(listed[0]["letter"]["number"]))
    assert retried.exit_code == 0
    assert shell.run("sync", "dead-letters", "drop", "--all").stdout == "1 dropped\n"
    assert shell.run("sync", "dead-letters", "list").stdout == "0 dead letters\n"
    assert len(shell.end.state.find_events()) == 1
    assert shell.run("sync", "dead-letters", "drop").exit_code == 2


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"TILLPROOF_KEY": ""}, 2, "make one with `tillproof accounts keygen`"),
        ({"TILLPROOF_KEY": "short"}, 2, "the key is not one of ours"),
        ({"TILLPROOF_MAIN_KLAVIYO_API_KEY": ""}, 2, "put it into TILLPROOF_MAIN_KLAVIYO_API_KEY"),
        ({"TILLPROOF_MAIN_LIGHTSPEED_R_CLIENT_SECRET": ""}, 2, "there is no client secret"),
        ({"TILLPROOF_SETTINGS": "none.toml"}, 2, "`tillproof accounts example` prints one"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    shell: Shell, change: dict[str, str], code: int, words: str
) -> None:
    run = shell.run("sync", "once", **change)
    assert run.exit_code == code
    assert words in run.stderr
    assert run.stdout == ""


def test_an_unconnected_account_says_how_to_connect_it(shell: Shell) -> None:
    run = shell.run("sync", "once")
    assert run.exit_code == 4
    assert "tillproof accounts connect main" in run.stdout
    status = shell.run("sync", "status")
    assert status.exit_code == 4
    assert "next: tillproof accounts connect main" in status.stdout


def test_a_code_that_is_not_taken_or_of_another_attempt_is_refused(shell: Shell) -> None:
    assert shell.run("accounts", "connect", "main", "--code", "abc").exit_code == 2
    shell.run("accounts", "connect", "main", "--no-browser")
    other = shell.run("accounts", "connect", "main", "--code", "https://x.dev/?code=abc&state=wrong")
    assert (other.exit_code, "another attempt" in other.stderr) == (2, True)
    wrong = shell.run("accounts", "connect", "main", "--code", "abc")
    assert (wrong.exit_code, "abc" in wrong.stderr) == (4, False)


def test_an_unknown_account_is_answered_with_the_known_ones(shell: Shell) -> None:
    run = shell.run("sync", "once", "mian")
    assert (run.exit_code, "no account mian in the settings; known: main" in run.stderr) == (2, True)


def test_key_and_example_are_printed_ready_to_use(shell: Shell) -> None:
    assert len(shell.run("accounts", "keygen").stdout.strip()) == 44
    assert "[accounts.main.klaviyo]" in shell.run("accounts", "example").stdout


def test_help_needs_nothing_heavy() -> None:
    told = "import sys, typer, sync.cli; sync.cli.register(typer.Typer()); print(*sys.modules)"
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    loaded = ran.stdout.split()
    heavy = {
        "sqlalchemy",
        "sqlmodel",
        "httpx",
        "pydantic",
        "msgspec",
        "alembic",
        "apscheduler",
        "cryptography",
    }
    assert heavy.isdisjoint(loaded)
