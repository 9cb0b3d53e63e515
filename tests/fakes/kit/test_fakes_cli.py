"""``tillproof fakes serve``: addresses and credentials as soon as they answer, and a clean end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

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
        "assert not {'flask', 'waitress', 'msgspec'} & set(sys.modules), 'heavy imports'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
