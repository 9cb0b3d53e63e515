"""The door: what is let in, what is turned away and with which answer, and what leaves a trace."""

import base64
import hashlib
import hmac
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sync.hooks.counts import Counts
from sync.hooks.door import BODY_BYTES_MAX, Door
from sync.sources.fields import WrongSettings
from sync.sources.lightspeed_x import hooks as x_hooks
from sync.sources.lightspeed_x.settings import Settings as XSettings
from sync.sources.notices import Heard, Hint
from sync.sources.sitoo import hooks as sitoo_hooks
from sync.sources.sitoo.settings import Settings as SitooSettings
from sync.store.errors import StoreBusy

SECRET = "s3cret"
FORM = "application/x-www-form-urlencoded; UTF-8"
SALE = {
    "id": "sale-1",
    "version": 77,
    "invoice_number": "1",
    "register_id": "r",
    "register_sale_products": [],
}
EVENT = {"event_id": "ab" * 16, "event_type": "order", "event_date": 1_790_000_000, "account_id": 90001,
         "data": {"eshop_id": 1, "order_id": 41, "order_event_type": "add"}}  # fmt: skip
SITOO_SETTINGS = {"api_id": "90001-1", "password": "p"}


class Knock:
    """A door with two accounts: `store` of X-Series, and `shop` of Sitoo with a password."""

    def __init__(self, **sitoo: str) -> None:
        x = XSettings.model_validate(
            {"domain_prefix": "demo", "consent": "unless_opted_out", "client_id": "c",
             "client_secret": SECRET, "previous_client_secret": "old"}
        )  # fmt: skip
        shop = SitooSettings.model_validate({**SITOO_SETTINGS, **sitoo})
        self.kept: list[tuple[str, Hint]] = []
        self.trouble: Exception | None = None
        self.counts = Counts()
        readers = {"store": x_hooks.reader(x), "shop": sitoo_hooks.reader(shop)}
        self.door = Door(readers, self.keep, self.probe, self.counts)

    def keep(self, account: str, heard: Heard) -> None:
        self.probe()
        self.kept += [(account, hint) for hint in heard.hints]

    def probe(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def __call__(self, path: str, body: bytes = b"", method: str = "POST", **environ: Any) -> tuple[int, str]:
        told = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), **environ,
        }  # fmt: skip
        answers: list[str] = []
        words = b"".join(self.door(told, lambda status, _headers, _info=None: answers.append(status)))
        return int(answers[0].split()[0]), words.decode()

    def sale(self, *, secret: str = SECRET, over: str = "form", sent: dict[str, Any] | None = None,
             kind: str = FORM, name: str = "sale.update", **environ: Any) -> tuple[int, str]:  # fmt: skip
        payload = json.dumps(sent or SALE)
        body = urlencode({"payload": payload, "domain_prefix": "demo"}).encode()
        signed = body if over == "form" else payload.encode()
        told = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        header = {"HTTP_X_SIGNATURE": f"signature={told},algorithm=HMAC-SHA256", **environ}
        return self(f"/hooks/store/{name}", body, CONTENT_TYPE=kind, **header)

    def events(self, sent: object, **environ: Any) -> tuple[int, str]:
        told = {"CONTENT_TYPE": "application/json", **environ}
        return self("/hooks/shop/events", json.dumps(sent).encode(), **told)


@pytest.fixture
def knock() -> Knock:
    return Knock()


def test_a_signed_sale_is_stored_before_it_is_answered(knock: Knock) -> None:
    assert knock.sale() == (200, "stored\n")
    [(account, hint)] = knock.kept
    assert (account, hint.sale_id, hint.version) == ("store", "sale-1", 77)


@pytest.mark.parametrize(("secret", "over"), [(SECRET, "payload"), ("old", "form"), ("old", "payload")])
def test_either_secret_over_either_reading_of_the_body_counts(knock: Knock, secret: str, over: str) -> None:
    assert knock.sale(secret=secret, over=over)[0] == 200


@pytest.mark.parametrize(
    "header",
    ["", "signature=,algorithm=HMAC-SHA256", "signature=" + "0" * 64 + ",algorithm=HMAC-SHA256", "nonsense",
     "signature=é,algorithm=HMAC-SHA256", "algorithm=none"],
)  # fmt: skip
def test_a_forged_delivery_is_counted_and_leaves_no_other_trace(knock: Knock, header: str) -> None:
    status, words = knock.sale(HTTP_X_SIGNATURE=header)
    assert (status, words) == (401, "the signature is missing or wrong\n")
    assert knock.kept == []
    assert knock.counts.take() == {("store", "forged"): 1}


def test_a_signature_with_another_key_or_algorithm_is_forged(knock: Knock) -> None:
    assert knock.sale(secret="wrong")[0] == 401
    body = urlencode({"payload": json.dumps(SALE)}).encode()
    told = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    header = {"CONTENT_TYPE": FORM, "HTTP_X_SIGNATURE": f"signature={told},algorithm=HMAC-SHA1"}
    assert knock("/hooks/store/sale.update", body, **header)[0] == 401


def test_a_signed_body_that_was_changed_on_its_way_is_forged(knock: Knock) -> None:
    body = urlencode({"payload": json.dumps(SALE)}).encode()
    told = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    header = {"CONTENT_TYPE": FORM, "HTTP_X_SIGNATURE": f"signature={told},algorithm=HMAC-SHA256"}
    assert knock("/hooks/store/sale.update", body.replace(b"sale-1", b"sale-2"), **header)[0] == 401


def test_the_case_of_the_signature_does_not_matter(knock: Knock) -> None:
    body = urlencode({"payload": json.dumps(SALE)}).encode()
    told = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().upper()
    header = {"CONTENT_TYPE": FORM, "HTTP_X_SIGNATURE": f"signature={told},algorithm=HMAC-SHA256"}
    assert knock("/hooks/store/sale.update", body, **header)[0] == 200


@pytest.mark.parametrize("path", ["/", "/hooks/nobody/sale.update", "/hooks/store/sale.create",
                                  "/hooks/store/events", "/hooks/store", "/hooks/store/sale.update/x",
                                  "/hooks//events", "/hooks/shop/sale.update"])  # fmt: skip
def test_nobody_waits_at_other_addresses(knock: Knock, path: str) -> None:
    assert knock(path)[0] == 404
    assert knock.counts.take() == {("", "unknown"): 1}


def test_another_stores_delivery_with_our_secret_is_not_taken(knock: Knock) -> None:
    body = urlencode({"payload": json.dumps(SALE), "domain_prefix": "other"}).encode()
    told = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    header = {"CONTENT_TYPE": FORM, "HTTP_X_SIGNATURE": f"signature={told},algorithm=HMAC-SHA256"}
    assert knock("/hooks/store/sale.update", body, **header) == (
        403,
        "this address belongs to another store\n",
    )
    assert knock.kept == []


def test_a_delivery_is_at_most_a_megabyte_and_is_not_read_beyond(knock: Knock) -> None:
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            Endless.taken += size
            return b"x" * size

    told = {"CONTENT_LENGTH": str(BODY_BYTES_MAX + 1), "wsgi.input": Endless()}
    assert knock("/hooks/store/sale.update", **told)[0] == 413
    assert Endless.taken == 0
    told = {"CONTENT_LENGTH": "", "wsgi.input": Endless(), "wsgi.input_terminated": True}
    assert knock("/hooks/store/sale.update", **told)[0] == 413
    assert Endless.taken <= BODY_BYTES_MAX + 1


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "ten"}, 400),
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "999"}, 400),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
        ({"REQUEST_METHOD": "GET"}, 405),
        ({"REQUEST_METHOD": "PUT"}, 405),
    ],
)
def test_what_is_no_post_of_a_plain_body_is_turned_away(
    knock: Knock, environ: dict[str, str], status: int
) -> None:
    assert knock.sale(**environ)[0] == status
    assert knock.kept == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/form-data; boundary=x"])
def test_x_series_sends_forms_and_nothing_else(knock: Knock, kind: str) -> None:
    assert knock.sale(kind=kind)[0] == 415


def test_a_signed_form_without_an_object_is_malformed(knock: Knock) -> None:
    assert knock.sale(sent={"version": 1})[0] == 400
    assert knock.counts.take() == {("store", "malformed"): 1}


def test_a_customer_or_a_product_is_acknowledged_and_asks_for_nothing(knock: Knock) -> None:
    assert knock.sale(sent={"id": "c-1", "customer_code": "A"}, name="customer.update")[0] == 200
    assert knock.kept == []
    assert knock.counts.take() == {("store", "taken"): 1, ("store", "other"): 1}


@pytest.mark.parametrize("trouble", [StoreBusy("busy"), MemoryError(), RuntimeError("jane@doe.example")])
def test_a_fault_of_ours_is_always_503_so_that_vendors_try_again(
    knock: Knock, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    knock.trouble = trouble
    assert knock.sale()[0] == 503
    assert knock.events([EVENT])[0] == 503
    assert knock("/healthz", method="GET")[0] == 503
    assert "jane@doe" not in caplog.text
    knock.trouble = None
    assert knock("/healthz", method="GET") == (200, "ok\n")


def test_sitoo_sends_arrays_of_events(knock: Knock) -> None:
    booking = {**EVENT, "event_id": "cd" * 16, "event_type": "booking",
               "data": {"eshop_id": 1, "order_id": 42}}  # fmt: skip
    shipment = {**EVENT, "event_id": "ef" * 16, "event_type": "shipment", "data": {"shipment_id": 5}}
    assert knock.events([EVENT, EVENT, booking, shipment]) == (200, "stored\n")
    assert [(account, hint.sale_id) for account, hint in knock.kept] == [("shop", "41"), ("shop", "42")]
    assert knock.counts.take() == {("shop", "taken"): 1, ("shop", "other"): 1}


def test_the_older_form_of_a_single_object_is_refused_in_words(knock: Knock) -> None:
    status, words = knock.events(EVENT)
    assert status == 400
    assert words.startswith("a single object is an older form that is not taken; send a JSON array")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'["a"]', b"null", b"[" * 50_000, b"\xff\xfe",
                                  json.dumps([EVENT] * 101).encode()])  # fmt: skip
def test_what_is_no_array_of_events_is_malformed(knock: Knock, body: bytes) -> None:
    assert knock("/hooks/shop/events", body, CONTENT_TYPE="application/json")[0] == 400
    assert knock.kept == []


@pytest.mark.parametrize(
    "change",
    [{"account_id": 90002}, {"data": {"eshop_id": 2, "order_id": 41}}, {"data": {"order_id": "41; DROP"}},
     {"data": {"order_id": True}}, {"data": {"order_id": -4}}, {"data": []}, {"event_type": "z-report"}],
)  # fmt: skip
def test_events_that_are_not_about_orders_of_ours_ask_for_nothing(
    knock: Knock, change: dict[str, object]
) -> None:
    assert knock.events([{**EVENT, **change}])[0] == 200
    assert knock.kept == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "", "text/plain", "application/problem+json"]
)
def test_sitoos_content_type_is_unpublished_so_most_are_taken(knock: Knock, kind: str) -> None:
    assert knock.events([EVENT], CONTENT_TYPE=kind)[0] == 200
    assert knock.events([EVENT], CONTENT_TYPE="application/x-www-form-urlencoded")[0] == 415


def test_with_a_password_only_sitoo_is_heard() -> None:
    knock = Knock(events_username="sitoo", events_password="pässword")
    good = base64.b64encode("sitoo:pässword".encode()).decode()
    bad = base64.b64encode(b"sitoo:other").decode()
    assert knock.events([EVENT], HTTP_AUTHORIZATION=f"Basic {good}")[0] == 200
    for header in ("", f"Basic {bad}", f"Bearer {good}", "Basic ***", "Basic"):
        assert knock.events([EVENT], HTTP_AUTHORIZATION=header)[0] == 401
    assert knock.counts.take()["shop", "forged"] == 5


def test_unsigned_webhooks_are_not_taken_at_all() -> None:
    with pytest.raises(WrongSettings, match="anybody could forge them"):
        x_hooks.reader(
            XSettings.model_validate(
                {"domain_prefix": "demo", "consent": "unless_opted_out", "personal_token": "t"}
            )
        )
