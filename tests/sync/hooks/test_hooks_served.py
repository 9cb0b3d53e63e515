"""The webhooks on a real socket, with the threads and the commands that people use."""

import http.client
import json
import re
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer
from hooks_kit import x_told
from typer.testing import CliRunner

import tillproof
from fakes.kit.clock import SystemClock
from fakes.kit.serve import Served
from fakes.klaviyo import app as klaviyo_fake
from fakes.lightspeed_x import app as till_fake
from scenarios.harness.merchant import ACCOUNT, connect, told
from sync import app as sync_app
from sync.engine.runs import hooks_lock
from sync.hooks import app as hooks_app
from sync.hooks.cli import taking
from sync.hooks.register import address_of, register
from sync.hooks.serve import Serving
from sync.settings import Settings

PATIENCE_S = 20.0


def until(true: Any) -> bool:
    """Whether it becomes true while anybody has patience."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if true():
            return True
        threading.Event().wait(0.01)
    return False


def post(port: int, path: str, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_on_sockets_a_sale_is_in_klaviyo_within_seconds(tmp_path: Path) -> None:
    clock = SystemClock()
    mail, till = klaviyo_fake.build(clock), till_fake.build(clock)
    now = clock.now()
    mug = till.state.add_product("Mug", sku="M-1", price="10")
    ann = till.state.add_customer("Ann", "Lee", email="ann.lee@northwind.dev", at=now)
    with Served({"klaviyo": mail.wsgi, "lightspeed_x": till.wsgi}, pushes=[till.push]) as served:
        settings = Settings.from_dict(
            told(tmp_path, till.credentials, mail.credentials, source="lightspeed_x",
                 till_url=served.urls["lightspeed_x"], klaviyo_url=served.urls["klaviyo"]), {}
        )  # fmt: skip
        with sync_app.build(settings) as app:
            connect(app, till.credentials)
            with hooks_app.build(settings) as hooks, Serving(hooks, "127.0.0.1", 0) as serving:
                way = app.subscribing(ACCOUNT, address_of(f"http://127.0.0.1:{serving.port}", ACCOUNT))
                assert not isinstance(way, str)
                assert register(way).complete
                way.close()
                with till.wsgi.lock:
                    sale = till.state.sell(
                        till.state.outlet_id, clock.now(), [(mug, 1, "10")], customer_id=ann
                    )
                    till.state.settle()
                assert until(lambda: mail.state.find_events("Placed Order (POS)"))
                [event] = mail.state.find_events("Placed Order (POS)")
                assert event.unique_id.endswith(f":{sale}")
                length = {"Content-Length": "1100000"}
                assert post(serving.port, f"/hooks/{ACCOUNT}/sale.update", b"x", **length) == 413
                assert post(serving.port, f"/hooks/{ACCOUNT}/sale.update", b"payload=1") == 401
                assert post(serving.port, "/hooks/nobody/sale.update", b"") == 404
                greeted = until(
                    lambda: mail.state.profile("ann.lee@northwind.dev").attributes.get("first_name")
                )
                assert greeted


def test_a_poll_waits_for_the_webhooks_that_are_being_followed(tmp_path: Path) -> None:
    with x_told(tmp_path) as world:
        sale, results = world.sell(), []
        with world.world.sync.store.holding(hooks_lock(ACCOUNT)):
            poll = threading.Thread(target=lambda: results.append(world.world.once()))
            poll.start()
            poll.join(0.3)
            assert poll.is_alive()
            assert world.placed() == Counter()
        poll.join(PATIENCE_S)
        assert [result.detail for result in results] == [""]
        assert world.placed() == Counter([sale])


def root() -> typer.Typer:
    return tillproof.build()


def written(folder: Path, settings: dict[str, Any]) -> Path:
    """The settings as a file."""
    lines: list[str] = []

    def section(told: dict[str, Any], place: tuple[str, ...]) -> None:
        lines.append(f"[{'.'.join(place)}]" if place else "")
        lines.extend(f"{k} = {json.dumps(v)}" for k, v in told.items() if not isinstance(v, dict))
        for key, value in told.items():
            if isinstance(value, dict):
                section(value, (*place, key))

    section(settings, ())
    path = folder / "tillproof.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_the_status_says_what_came_and_how_long_it_took(tmp_path: Path) -> None:
    with x_told(tmp_path) as world:
        world.sell()
        world.follow(0)
        world.pump()
        world.hooks.follower.flush()
        settings = told(tmp_path, world.fake.credentials, world.klaviyo.credentials, source="lightspeed_x")
        settings["store"] = {"url": world.world.settings.store.url}
        path = written(tmp_path, settings)
        shown = CliRunner().invoke(root(), ["hooks", "status", "-s", str(path)])
        assert shown.exit_code == 0, shown.output
        first, second, third = shown.output.splitlines()
        assert first.startswith("grocer: nothing waits; the last delivery came at 2026-11-02 14:0")
        assert second == "  deliveries: 1 taken, 1 queued"
        assert third.startswith("  from arrival to Klaviyo: half within 0.")
        data = json.loads(CliRunner().invoke(root(), ["hooks", "status", "-s", str(path), "--json"]).output)
        assert (data[0]["waiting"], data[0]["deliveries"]["taken"]) == (0, 1)


@pytest.mark.parametrize("more", [["--list"], [], ["--remove"]])
def test_an_address_that_is_not_https_is_refused_before_anybody_is_asked(
    tmp_path: Path, more: list[str]
) -> None:
    with x_told(tmp_path) as world:
        settings = told(tmp_path, world.fake.credentials, world.klaviyo.credentials, source="lightspeed_x")
        path = written(tmp_path, settings)
        asked = ["hooks", "register", ACCOUNT, "--url", "http://example.com", "-s", str(path), *more]
        shown = CliRunner().invoke(root(), asked)
        assert shown.exit_code == 2
        assert "give the https address" in shown.output + (shown.stderr or "")


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    with x_told(tmp_path) as world, Serving(world.hooks, "127.0.0.1", 0) as serving:
        settings = told(tmp_path, world.fake.credentials, world.klaviyo.credentials, source="lightspeed_x")
        path = written(tmp_path, settings)
        asked = ["hooks", "serve", "--port", str(serving.port), "-s", str(path)]
        shown = CliRunner().invoke(root(), asked)
        assert shown.exit_code == 2
        assert f"cannot listen at 127.0.0.1:{serving.port}" in shown.output + (shown.stderr or "")


def test_run_takes_webhooks_in_the_same_process_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with x_told(tmp_path) as world:
        settings = told(tmp_path, world.fake.credentials, world.klaviyo.credentials, source="lightspeed_x")
        path = written(tmp_path, settings)
        with taking(path, None):
            assert capsys.readouterr().err == ""
        with taking(path, 0):
            [port] = re.findall(r"http://127.0.0.1:([0-9]+)/hooks/", capsys.readouterr().err)
            assert post(int(port), f"/hooks/{ACCOUNT}/sale.update", b"payload=1") == 401


def test_a_second_worker_finds_what_another_process_stored(tmp_path: Path) -> None:
    with x_told(tmp_path) as world:
        sale = world.sell()
        world.pump()
        with hooks_app.build(
            world.world.settings, clock=world.clock, transports=world.world.transports
        ) as other:
            assert other.step() == 1
        assert world.hooks.step() == 0
        assert world.placed() == Counter([sale])
