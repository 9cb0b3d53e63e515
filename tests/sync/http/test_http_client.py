"""The HTTP client keeps trying what may be tried, and names everything else for what must be done."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from fakes.kit.clock import VirtualClock
from sync.http.client import ApiClient
from sync.http.errors import (
    ApiTrouble,
    NotPermitted,
    NotThere,
    Reconnect,
    Refused,
    TooMuch,
    TryLater,
    Unintelligible,
)
from sync.http.limits import NoLimit
from sync.http.retry import RetryPolicy

Answer = httpx.Response | Exception
START = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


class Upstream:
    """Gives its answers one by one, the last for ever, and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def ok() -> httpx.Response:
    return httpx.Response(200, json={"a": 1})


def client_of(upstream: Callable[[httpx.Request], httpx.Response], **options: object) -> ApiClient:
    clock = options.pop("clock", None) or VirtualClock(START)
    return ApiClient(
        "Shop API",
        "https://api.shop.test/v1/",
        clock=clock,  # type: ignore[arg-type]  # a virtual clock unless a test brought its own
        limiter=NoLimit(),
        transport=httpx.MockTransport(upstream),
        **options,  # type: ignore[arg-type]  # passed through
    )


def waited_s(*answers: Answer, **options: object) -> float:
    clock = VirtualClock(START)
    client_of(Upstream(*answers), clock=clock, **options).request("GET", "things")
    return clock.monotonic()


def test_a_path_is_joined_to_the_base_address_with_its_parameters_encoded() -> None:
    upstream = Upstream(ok())
    client_of(upstream).request("GET", "/things", params={"at": '>=,["x"]'})
    assert str(upstream.asked[0].url) == "https://api.shop.test/v1/things?at=%3E%3D%2C%5B%22x%22%5D"


def test_a_link_on_the_same_host_is_followed() -> None:
    upstream = Upstream(ok())
    client_of(upstream).request("GET", "https://API.shop.test:443/v1/things?after=x")
    assert upstream.asked[0].url.params["after"] == "x"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1/things",
        "http://api.shop.test/v1/things",
        "https://api.shop.test:8443/v1/things",
        "https://api.shop.test.evil.test/",
        "https://api.shop.test@evil.test/",
    ],
)
def test_a_link_to_another_host_is_never_asked(link: str) -> None:
    upstream = Upstream(ok())
    with pytest.raises(Unintelligible, match="another host"):
        client_of(upstream).request("GET", link)
    assert upstream.asked == []


def test_a_redirect_is_not_followed() -> None:
    upstream = Upstream(httpx.Response(302, headers={"Location": "https://evil.test/"}))
    with pytest.raises(Refused, match="302"):
        client_of(upstream).request("GET", "things")
    assert len(upstream.asked) == 1


def test_an_address_without_http_is_a_mistake_found_at_once() -> None:
    with pytest.raises(ValueError, match="https://"):
        ApiClient("Shop API", "api.shop.test", clock=VirtualClock(START), limiter=NoLimit())


def test_retry_after_in_seconds_is_waited_exactly() -> None:
    assert waited_s(httpx.Response(429, headers={"Retry-After": "7"}), ok()) == 7


def test_retry_after_as_a_date_is_waited_until_then() -> None:
    date = "Wed, 04 Mar 2026 17:00:09 GMT"
    assert waited_s(httpx.Response(429, headers={"Retry-After": date}), ok()) == 9


def test_a_retry_after_date_in_the_past_is_no_wait() -> None:
    date = "Wed, 04 Mar 2026 16:59:00 GMT"
    assert waited_s(httpx.Response(503, headers={"Retry-After": date}), ok()) == 0


@pytest.mark.parametrize("header", ["", "soon", "nan", "Wed, 99 Mar 2026"])
def test_an_unreadable_retry_after_falls_back_to_our_own_pause(header: str) -> None:
    assert waited_s(httpx.Response(429, headers={"Retry-After": header}), ok()) == 0.5


def test_pauses_double_from_attempt_to_attempt() -> None:
    assert waited_s(*[httpx.Response(502)] * 3, ok()) == 0.5 + 1 + 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 522, 529])
def test_trouble_that_passes_is_tried_five_times_and_then_left_for_later(status: int) -> None:
    upstream = Upstream(httpx.Response(status, text="<html>"))
    with pytest.raises(TryLater) as caught:
        client_of(upstream).request("GET", "things")
    assert len(upstream.asked) == 5
    assert caught.value.status == status


def test_a_very_long_retry_after_is_handed_to_the_caller_instead_of_slept() -> None:
    clock = VirtualClock(START)
    upstream = Upstream(httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(TryLater) as caught:
        client_of(upstream, clock=clock).request("GET", "things")
    assert (caught.value.after_s, clock.monotonic(), len(upstream.asked)) == (3600, 0, 1)


@pytest.mark.parametrize(
    "problem",
    [
        ConnectionResetError("reset"),
        TimeoutError("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("no route"),
        httpx.RemoteProtocolError("hung up"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_a_lost_connection_is_tried_again(problem: Exception) -> None:
    upstream = Upstream(problem, ok())
    assert client_of(upstream).request("GET", "things").status == 200
    assert len(upstream.asked) == 2


def test_a_network_that_stays_down_says_so_without_quoting_the_address() -> None:
    with pytest.raises(TryLater, match="cannot be reached") as caught:
        client_of(Upstream(httpx.ConnectError("secret?token=1"))).request("GET", "things?email=a@b.co")
    assert "token" not in str(caught.value)
    assert "a@b.co" not in str(caught.value)


def test_what_must_not_happen_twice_is_not_repeated_once_it_may_have_arrived() -> None:
    upstream = Upstream(httpx.ReadTimeout("slow"), ok())
    with pytest.raises(TryLater):
        client_of(upstream).request("POST", "things", content=b"{}", repeatable=False)
    assert len(upstream.asked) == 1


def test_what_must_not_happen_twice_is_not_repeated_after_a_server_error() -> None:
    upstream = Upstream(httpx.Response(500), ok())
    with pytest.raises(TryLater):
        client_of(upstream).request("POST", "things", content=b"{}", repeatable=False)
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("first", [httpx.ConnectError("no route"), httpx.Response(429)])
def test_what_certainly_never_happened_is_repeated_even_then(first: Answer) -> None:
    upstream = Upstream(first, ok())
    client_of(upstream).request("POST", "things", content=b"{}", repeatable=False)
    assert len(upstream.asked) == 2


@pytest.mark.parametrize("body", ["<html>Just a moment</html>", '{"a": [1, 2', "[1,2", "nonsense"])
def test_html_or_a_cut_body_with_200_is_asked_for_again(body: str) -> None:
    upstream = Upstream(httpx.Response(200, text=body), ok())
    assert client_of(upstream).request("GET", "things").content == b'{"a":1}'


def test_html_that_stays_is_unintelligible_and_says_what_to_check() -> None:
    with pytest.raises(Unintelligible, match="check the configured address"):
        client_of(Upstream(httpx.Response(200, text="<html>"))).request("GET", "things")


def test_an_empty_answer_is_fine() -> None:
    assert client_of(Upstream(httpx.Response(202))).request("POST", "things").content == b""


def test_a_body_cut_where_a_brace_closes_is_found_by_decoding_it() -> None:
    upstream = Upstream(httpx.Response(200, text='{"a":{"b":1}'), httpx.Response(200, text='{"a":{"b":1}}'))
    value, response = client_of(upstream).fetch(msgspec.json.decode, "GET", "things")
    assert value == {"a": {"b": 1}}
    assert response.status == 200


def test_a_body_that_never_decodes_is_unintelligible() -> None:
    upstream = Upstream(httpx.Response(200, text='{"a":{"b":1}'))
    with pytest.raises(Unintelligible):
        client_of(upstream).fetch(msgspec.json.decode, "GET", "things")
    assert len(upstream.asked) == 5


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Reconnect), (403, NotPermitted), (404, NotThere), (410, NotThere), (400, Refused), (422, Refused)],
)
def test_each_refusal_is_named_for_what_to_do_and_not_repeated(status: int, kind: type[ApiTrouble]) -> None:
    upstream = Upstream(httpx.Response(status, json={"email": "ann@mail.org"}))
    with pytest.raises(kind) as caught:
        client_of(upstream).request("GET", "things")
    assert len(upstream.asked) == 1
    assert (caught.value.upstream, caught.value.status) == ("Shop API", status)
    assert "mail.org" not in str(caught.value)


def test_a_vendor_may_name_its_refusals_better() -> None:
    def classify(status: int, _headers: object, content: bytes) -> ApiTrouble | None:
        return Refused("Shop API", status, code="bad", detail=content.decode(), pointer="/data/3")

    upstream = Upstream(httpx.Response(400, text="ann@mail.org is no address"))
    with pytest.raises(Refused) as caught:
        client_of(upstream).request("GET", "things", classify=classify)
    assert (caught.value.code, caught.value.pointer) == ("bad", "/data/3")
    assert caught.value.detail == "a***@m***.org is no address"
    assert "ann@mail.org" not in str(caught.value)


def test_a_vendor_that_does_not_know_better_leaves_it_to_the_status() -> None:
    with pytest.raises(NotThere):
        client_of(Upstream(httpx.Response(404))).request("GET", "x", classify=lambda *_: None)


def test_a_body_larger_than_allowed_is_not_read_to_its_end() -> None:
    upstream = Upstream(httpx.Response(200, content=b'"' + b"x" * 2000 + b'"'))
    with pytest.raises(TooMuch, match="1,000 bytes"):
        client_of(upstream, body_max_bytes=1000).request("GET", "things")
    assert len(upstream.asked) == 1


def test_a_retry_policy_may_be_shorter() -> None:
    upstream = Upstream(httpx.Response(500))
    with pytest.raises(TryLater):
        client_of(upstream, retry=RetryPolicy(attempts_max=2)).request("GET", "things")
    assert len(upstream.asked) == 2


def test_errors_of_the_sign_in_pass_through_unchanged() -> None:
    class Dead(httpx.Auth):
        def auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]  # httpx's own signature
            raise Reconnect("Shop API", "connect again")
            yield request

    with pytest.raises(Reconnect, match="connect again"):
        client_of(Upstream(ok()), auth=Dead()).request("GET", "things")


def test_every_attempt_is_paced_and_every_answer_observed() -> None:
    class Log:
        def __init__(self) -> None:
            self.seen: list[object] = []

        def acquire(self, cost: float, bucket: str, /) -> None:
            self.seen.append((cost, bucket))

        def observe(self, status: int, _headers: object, _bucket: str, /) -> None:
            self.seen.append(status)

    log = Log()
    client = ApiClient(
        "Shop API", "https://api.shop.test", clock=VirtualClock(START), limiter=log,
        transport=httpx.MockTransport(Upstream(httpx.Response(500), ConnectionResetError(), ok())),
    )  # fmt: skip
    client.request("GET", "things", cost=1.8, bucket="reads")
    assert log.seen == [(1.8, "reads"), 500, (1.8, "reads"), (1.8, "reads"), 200]


def test_waits_between_attempts_are_left_to_chance_up_to_half_when_nobody_named_them() -> None:
    chances = iter([0.0, 0.5, 1.0])
    policy = RetryPolicy(chance=lambda: next(chances))
    assert [policy.backoff_s(attempt) for attempt in (1, 2, 3)] == [0.5, 0.75, 1.0]
    named = httpx.Response(429, headers={"Retry-After": "7"})
    assert waited_s(named, ok(), retry=RetryPolicy(chance=lambda: 1.0)) == 7
