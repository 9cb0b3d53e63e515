"""The command: its exit codes never confuse trouble with drift or with agreement."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
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


def test_the_whole_command_on_sockets_agrees_and_then_finds_what_was_taken(tmp_path: Path) -> None:
    from decimal import Decimal

    from fakes.kit.clock import SystemClock
    from fakes.kit.serve import Served
    from fakes.klaviyo import app as klaviyo_fake
    from fakes.lightspeed_r import app as till_fake
    from fakes.lightspeed_r.records import LineIn
    from scenarios.harness.world import ACCOUNT, told
    from sync import app as sync_app
    from sync.http.tokens import Tokens
    from sync.settings import Settings

    clock = SystemClock()
    klaviyo, till = klaviyo_fake.build(clock), till_fake.build(clock)
    yesterday = (clock.now() - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    shop = till.state.add_shop("Main Street", "Europe/Berlin")
    tea = till.state.add_item("Tea", price="4.50")
    ann = till.state.add_customer("Ann", "Lee", email="ann@marlowfernpost.com", no_email=False, at=yesterday)
    till.state.sell(shop, yesterday, [LineIn(tea, 1, Decimal("4.50"))], customer_id=ann)
    held = till.credentials
    with Served({"klaviyo": klaviyo.wsgi, "till": till.wsgi}) as served:
        written = told(
            tmp_path,
            held,
            klaviyo.credentials,
            till_url=served.urls["till"],
            klaviyo_url=served.urls["klaviyo"],
        )
        settings = tmp_path / "tillproof.toml"
        settings.write_text("\n".join(_toml(written)))
        with sync_app.build(Settings.load(settings, {}), clock=clock) as app:
            later = clock.now() + timedelta(seconds=1800)
            app.keep_tokens(ACCOUNT, Tokens(held["access_token"], held["refresh_token"], later))
            app.once(ACCOUNT)
        day = yesterday.date().isoformat()
        line = ["monitor", "reconcile", "--settings", str(settings), "--from", day, "--to", day, "--out"]

        agreeing = CliRunner().invoke(command(), [*line, str(tmp_path / "1")])
        (placed,) = klaviyo.state.find_events("Placed Order")
        klaviyo.state.delete_event(placed.id)
        drifting = CliRunner().invoke(command(), [*line, str(tmp_path / "2"), "--json"])

    assert agreeing.exit_code == 0, agreeing.stderr
    assert "1 sale, 1 in Klaviyo, 0 left out on purpose, none missing" in agreeing.stdout
    assert drifting.exit_code == 1, drifting.stderr
    assert json.loads(drifting.stdout)["findings_by_kind"]["missing"]["total_minor"] == 450
    assert (tmp_path / "2" / "report.html").exists()


def _toml(values: Mapping[str, object], path: str = "") -> Iterator[str]:
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    if path:
        yield f"[{path}]"
    yield from (f"{name} = {json.dumps(value)}" for name, value in values.items() if name not in tables)
    for name, table in tables.items():
        yield from _toml(table, f"{path}.{name}" if path else name)


def test_the_machine_output_is_one_object_with_the_verdict(tmp_path: Path) -> None:
    from monitor_till import Shelf, Till, reconcile

    from monitor.outputs import summary_json

    told = json.loads(summary_json(reconcile(Till(), Shelf(), tmp_path), tmp_path))

    assert (told["verdict"], told["exit_code"]) == ("agrees", 0)
    assert told["files"]["report.json"] == str(tmp_path / "report.json")
