"""The third-party `lightspeed-x` client drives the fake, unchanged but for where it connects."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from x_store import Store

lightspeed_x = pytest.importorskip("lightspeed_x", reason="the lightspeed-x client is not installed")


@pytest.fixture
def client(store: Store) -> Iterator[Any]:
    made = lightspeed_x.LightspeedX(store.fake.credentials["personal_token"], "demo")
    made._client.close()
    # It speaks to demo.vendhq.com, always: the fake answers to any host.
    transport = httpx.WSGITransport(app=store.fake.wsgi)
    made._client = httpx.Client(transport=transport, headers=made._client.headers)
    yield made
    made._client.close()


def test_it_reads_every_list(store: Store, client: Any) -> None:
    store.sell()
    for path in ("sales", "customers", "products", "outlets", "registers", "users", "payment_types", "taxes"):
        body = client.get(path)
        assert body["data"], path
        assert body["version"]["max"] >= body["version"]["min"]
    assert client.get("/retailer")["data"]["domain_prefix"] == "demo"


def test_it_pages_by_version_until_an_empty_page(store: Store, client: Any) -> None:
    sold = [store.sell(minute) for minute in (3, 2, 1)]
    after, ids = 0, []
    while rows := client.get("sales", params={"after": after, "page_size": 2})["data"]:
        ids += [row["id"] for row in rows]
        after = rows[-1]["version"]
    assert ids == sold


def test_it_writes_and_searches(store: Store, client: Any) -> None:
    made = client.post("customers", data={"first_name": "Tony", "last_name": "Stark"})["data"]
    client.put(f"customers/{made['id']}", data={"email": "tony@stark.org"})
    found = client.get("search", params={"type": "customers", "email": "tony@stark.org"})["data"]
    assert [row["id"] for row in found] == [made["id"]]
    product = client.post("products", data={"name": "Rocket", "sku": "R1"})["data"][0]
    assert (
        client.put(f"products/{product}", data={"name": "Rocket II"}, api_version="2.1")["data"]["id"]
        == product
    )


def test_it_still_speaks_0_9(store: Store, client: Any) -> None:
    store.sell()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own old version
        body = client.get("register_sales", api_version="0.9")
    assert body["register_sales"][0]["status"] == "CLOSED"


def test_it_raises_for_refusals_and_trips_over_empty_answers(store: Store, client: Any) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        client.get("sales/nothing")
    # A bug of the client: it parses the empty body of a 204.
    with pytest.raises(json.JSONDecodeError):
        client.delete(f"customers/{store.person()}")
