"""Clients with the vendor's host built in, untouched, in a process of their own.

Nothing of theirs is changed: ``HTTPS_PROXY`` and a trusted authority in the environment are all they get;
the one that takes no proxy gets a hosts entry instead.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from fakes.kit.clock import VirtualClock
from fakes.kit.proxy import Proxy
from fakes.kit.tls import AUTHORITY_FILE, context
from fakes.vendors import vendor_of
from fakes.world import FakeWorld, build_world

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
R_CLIENT = """
import json, sys, lightspeed_api
config = json.loads(sys.argv[1])
read = lightspeed_api.Lightspeed(config).get("Customer", {"load_relations": '["Contact"]'})
print(json.dumps(read["Customer"]["firstName"]))
"""
X_CLIENT = """
import json, sys, lightspeed_x
config = json.loads(sys.argv[1])
client = lightspeed_x.LightspeedX(config["personal_token"], config["domain_prefix"])
print(json.dumps(client.get("customers")["data"][-1]["first_name"]))
"""
HOSTS_ENTRY = """
import socket, sys
look_up, port = socket.getaddrinfo, int(sys.argv[2])
def hosts_entry(host, asked, *more, **options):
    here = ("127.0.0.1", port) if host == "a.klaviyo.com" else (host, asked)
    return look_up(*here, *more, **options)
socket.getaddrinfo = hosts_entry
"""
KLAVIYO_CLIENT = """
import json, sys
from klaviyo_api import KlaviyoAPI
config = json.loads(sys.argv[1])
read = KlaviyoAPI(config["api_key"], max_retries=1).Profiles.get_profiles()
print(json.dumps(read.data[0].attributes.first_name))
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A served world, and the environment of a process whose https goes to it."""

    world: FakeWorld
    ports: dict[str, int]
    environment: dict[str, str]

    def run(self, code: str, config: dict[str, str], *more: str) -> str:
        """What the client printed, as JSON; its own words when it failed."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, json.dumps(config), *more],
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
            env=self.environment,
        )
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout))


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    folder = tmp_path_factory.mktemp("tls")
    world = build_world(VirtualClock(NOON), only=["klaviyo", "lightspeed_r", "lightspeed_x"])
    with world.serve(tls=context(folder)) as served:
        ports = {name: int(url.rpartition(":")[2]) for name, url in served.urls.items()}
        with Proxy(lambda host: ports.get(vendor_of(host) or "")) as proxy:
            authority = str(folder / AUTHORITY_FILE)
            trusted = {"SSL_CERT_FILE": authority, "REQUESTS_CA_BUNDLE": authority}
            yield Reached(world, ports, {"HTTPS_PROXY": proxy.url, "PATH": "", **trusted})


def test_lightspeed_api_reads_customers_of_its_hard_coded_host(reached: Reached) -> None:
    pytest.importorskip("lightspeed_api", reason="the lightspeed-api client is not installed")
    fake = reached.world.lightspeed_r
    fake.state.add_customer("Ada", "Low", email="ada@hillmail.org", at=NOON)
    names = ("client_id", "client_secret", "refresh_token", "account_id")
    assert reached.run(R_CLIENT, {name: fake.credentials[name] for name in names}) == "Ada"
    assert fake.journal.count(path="/oauth/access_token.php", status=200) == 1
    assert fake.journal.count(path="/API/V3/*", status=200) == 1


def test_lightspeed_x_reads_customers_of_its_hard_coded_host(reached: Reached) -> None:
    pytest.importorskip("lightspeed_x", reason="the lightspeed-x client is not installed")
    fake = reached.world.lightspeed_x
    fake.state.add_customer("Tony", "Stark", at=NOON)
    assert reached.run(X_CLIENT, fake.credentials) == "Tony"
    assert fake.journal.count(path="/api/2.0/customers", status=200) == 1


def test_klaviyo_api_takes_no_proxy_and_gets_there_by_a_hosts_entry(reached: Reached) -> None:
    """The entry and the forwarding of its port are stood for by the look-up of the one name."""
    pytest.importorskip("klaviyo_api", reason="the klaviyo-api client is not installed")
    fake = reached.world.klaviyo
    key = {"Authorization": f"Klaviyo-API-Key {fake.credentials['api_key']}", "revision": "2026-10-15"}
    body = {"data": {"type": "profile", "attributes": {"email": "ann@mail.org", "first_name": "Ann"}}}
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi), base_url="https://a.klaviyo.com") as http:
        assert http.post("/api/profiles", json=body, headers=key).status_code == 201
    assert reached.run(HOSTS_ENTRY + KLAVIYO_CLIENT, fake.credentials, str(reached.ports["klaviyo"])) == "Ann"
    assert fake.journal.count(method="GET", path="/api/profiles", status=200) == 1
