"""``tillproof fakes serve``: addresses and credentials as soon as they answer, and a clean end."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from fakes.cli import register

ROOT = Path(__file__).resolve().parents[3]
RUN = "import typer; from fakes.cli import register; root = typer.Typer(); register(root); root()"


def command() -> typer.Typer:
    root = typer.Typer()
    register(root)
    return root


def test_it_prints_one_object_serves_and_stops_cleanly_on_sigterm() -> None:
    arguments = ["fakes", "serve", "--only", "klaviyo", "--port-base", "0", "--json", "--no-limits"]
    clock = ["--virtual-clock", "2026-11-21T07:00:00-05:00"]
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments, *clock],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        assert process.stdout is not None
        klaviyo = json.loads(process.stdout.readline())["klaviyo"]
        headers = {
            "Authorization": f"Klaviyo-API-Key {klaviyo['credentials']['api_key']}",
            "revision": "2026-10-15",
        }
        for _ in range(3):
            assert httpx.get(f"{klaviyo['url']}/api/accounts", headers=headers).status_code == 200
        health = httpx.get(f"{klaviyo['url']}/_fake/health").json()
        assert health["now"] == "2026-11-21T12:00:00+00:00"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    "arguments", [["--only", "shopify"], ["--virtual-clock", "soon"], ["--virtual-clock", "2026-11-21"]]
)
def test_a_wrong_option_is_told_without_a_traceback(arguments: list[str]) -> None:
    result = CliRunner().invoke(command(), ["fakes", "serve", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_asking_for_help_loads_no_server() -> None:
    code = (
        "import sys\nfrom fakes.cli import register\n"
        "assert not {'flask', 'cryptography', 'msgspec'} & set(sys.modules), 'heavy imports'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)


@contextmanager
def served(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "fakes", "serve", "--port-base", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # a test that failed would else wait for ever


def announced(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_world_lives_on_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    clock = ["--virtual-clock", "2026-11-21T12:00:00+00:00"]
    with served("--only", "klaviyo,lightspeed_r", "--state", str(file), "--seed", "7", *clock) as process:
        told = announced(process)
        till = told["lightspeed_r"]["url"]
        httpx.post(f"{till}/_fake/seed", json={"seed": 7, "shops": 1, "customers": 2, "sales": 3, "days": 1})
        httpx.post(f"{told['klaviyo']['url']}/_fake/clock", json={"advance_s": 90})
        assert httpx.post(f"{till}/_fake/save").json() == {"saved": str(file)}
        assert json.loads(file.read_text())["clock"]["now"] == "2026-11-21T12:01:30+00:00"
        httpx.put(f"{till}/_fake/switches", json={"zero_rows": "empty_list"})
        before = httpx.get(f"{till}/_fake/state").json()
        ended(process)
    with served("--only", "klaviyo,lightspeed_r", "--state", str(file), *clock) as process:
        till = announced(process)["lightspeed_r"]["url"]
        assert httpx.get(f"{till}/_fake/state").json() == before
        assert httpx.get(f"{till}/_fake/switches").json()["zero_rows"] == "empty_list"
        assert httpx.get(f"{till}/_fake/health").json()["now"] == "2026-11-21T12:01:30+00:00"
        ended(process)


def test_several_of_each_are_isolated_on_one_clock_and_remember_as_much_as_they_may() -> None:
    options = ["--only", "klaviyo", "--instances", "2", "--journal-max", "1"]
    with served(*options, "--virtual-clock", "2026-11-21T12:00:00+00:00") as process:
        told = announced(process)
        assert list(told) == ["klaviyo", "klaviyo_2"]
        one, two = told["klaviyo"]["url"], told["klaviyo_2"]["url"]
        for _ in range(3):
            httpx.get(f"{two}/api/accounts")
        httpx.post(f"{one}/_fake/clock", json={"advance_s": 60})
        assert httpx.get(f"{two}/_fake/health").json()["now"] == "2026-11-21T12:01:00+00:00"
        journals = [httpx.get(f"{url}/_fake/journal").json() for url in (one, two)]
        assert [journal["counts"].get("requests", 0) for journal in journals] == [0, 3]
        assert len(journals[1]["entries"]) == 1
        assert httpx.post(f"{one}/_fake/save").status_code == 409
        ended(process)


def test_a_client_with_a_hard_coded_host_gets_here_by_proxy_and_nowhere_else(tmp_path: Path) -> None:
    options = ["--only", "klaviyo,lightspeed_r", "--tls", "--tls-dir", str(tmp_path), "--proxy-port", "0"]
    with served(*options, "--link-base", "https://api.lightspeedapp.com") as process:
        told = announced(process)
        authority = ssl.create_default_context(cafile=told["proxy"]["ca_file"])
        with httpx.Client(proxy=told["proxy"]["url"], verify=authority) as client:
            assert client.get("https://a.klaviyo.com/_fake/health").json()["fake"] == "klaviyo"
            assert client.get("https://api.lightspeedapp.com/_fake/health").json()["fake"] == "lightspeed_r"
            with pytest.raises(httpx.ProxyError, match="403"):
                client.get("https://elsewhere.example.com/")
            client.post(
                "https://cloud.merchantos.com/_fake/seed",
                json={"seed": 1, "shops": 1, "customers": 1, "sales": 3, "days": 1},
            )
            secret = told["lightspeed_r"]["credentials"]
            sales = client.get(
                f"https://cloud.lightspeedapp.com/API/V3/Account/{secret['account_id']}/Sale.json?limit=1",
                headers={"Authorization": f"Bearer {secret['access_token']}"},
            ).json()
            assert sales["@attributes"]["next"].startswith("https://api.lightspeedapp.com/API/V3/")
        ended(process)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "{folder}/broken.json"], "cannot be used"),
        (["--state", "{folder}/other.json"], "not a saved world"),
        (["--proxy-port", "0"], "goes with --tls"),
        (["--link-base", "somewhere"], "link base looks like"),
        (["--instances", "0"], "greater than or equal to 1"),
        (["--port-base", "65533"], "leads past port 65535"),
        (["--port-base", "-1"], "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_served(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"format": 1, "seed": 1, "clock": null, "fakes": {}}')
    given = [one.replace("{folder}", str(tmp_path)) for one in arguments]
    result = CliRunner().invoke(command(), ["fakes", "serve", "--port-base", "0", *given])
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output
