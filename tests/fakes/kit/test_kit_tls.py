"""Fakes over TLS: an authority made once, certificates for the vendors' hosts, nothing lost on the way."""

import asyncio
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.kit import tls
from fakes.kit.serve import Served


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Scheme", environ["wsgi.url_scheme"])])
    return [body]


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / tls.AUTHORITY_FILE))


def test_a_client_that_trusts_the_authority_gets_its_bytes_back(tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    with (
        Served({"echo": echo}, tls=tls.context(tmp_path)) as served,
        httpx.Client(verify=trusting(tmp_path)) as client,
    ):
        assert served.urls["echo"].startswith("https://127.0.0.1:")
        for _ in range(3):
            answer = client.post(served.urls["echo"], content=body)
            assert answer.content == body
            assert answer.headers["X-Scheme"] == "https"


def test_it_starts_beside_a_loop_that_runs_already(tmp_path: Path) -> None:
    async def beside() -> bytes:
        with Served({"echo": echo}, tls=tls.context(tmp_path)) as served:
            async with httpx.AsyncClient(verify=trusting(tmp_path)) as client:
                return (await client.post(served.urls["echo"], content=b"hi")).content

    with ThreadPoolExecutor(1) as thread:  # another test may have left a loop running in this one
        assert thread.submit(lambda: asyncio.run(beside())).result() == b"hi"


def test_a_client_that_does_not_trust_it_is_not_served(tmp_path: Path) -> None:
    with Served({"echo": echo}, tls=tls.context(tmp_path)) as served, pytest.raises(httpx.ConnectError):
        httpx.get(served.urls["echo"])


@pytest.mark.parametrize("host", ["a.klaviyo.com", "api.lightspeedapp.com", "localhost"])
def test_the_certificate_is_good_for_the_vendors_hosts(tmp_path: Path, host: str) -> None:
    with (
        Served({"echo": echo}, tls=tls.context(tmp_path)) as served,
        httpx.Client(verify=trusting(tmp_path)) as client,
    ):
        asked = client.post(
            served.urls["echo"], headers={"Host": host}, content=b"hi", extensions={"sni_hostname": host}
        )
        assert asked.content == b"hi"


def test_the_authority_is_made_once_and_its_key_is_its_owners(tmp_path: Path) -> None:
    tls.context(tmp_path)
    first = (tmp_path / tls.AUTHORITY_FILE).read_bytes()
    tls.context(tmp_path)
    assert (tmp_path / tls.AUTHORITY_FILE).read_bytes() == first
    assert stat.S_IMODE((tmp_path / tls.AUTHORITY_KEY_FILE).stat().st_mode) == 0o600


def test_a_taken_port_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    context = tls.context(tmp_path)
    with Served({"one": echo}, tls=context) as served:
        port = int(served.urls["one"].rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), Served({"two": echo}, port, tls=context):
            pass
