"""Whoever may not, cannot: forged cookies, forms of others, accounts of others, hostile names and hosts."""

import re
from datetime import date
from typing import Any

import pytest
from flask.sessions import SecureCookieSessionInterface
from web_world import PASSWORD, Browser, dashboard, site_of

from monitor.history import ACCOUNTS, DAYS, RUNS
from monitor.history_findings import FINDINGS
from monitor.settings import MonitorSettings
from monitor.web.guard import SECRET, safe_next
from monitor.web.users import Role

HOSTILE = (
    "<script>alert(1)</script>{{ 7*7 }}{% raw %}\u202egnp.exe"
    '"><img src=x onerror=alert(2)> jane.doe@shop.example'
)
PAGES = ("/", "/findings", "/alerts", "/accounts/grocer", "/accounts/grocer/letters", "/connect", "/jobs/x")


@pytest.fixture
def anybody(app: Any) -> Browser:
    return Browser(app.test_client())


def put_run(app: Any, account: str, number: int) -> None:
    values = {
        "id": number, "account": account, "mode": "manual", "first_on": date(2026, 4, 6),
        "last_on": date(2026, 4, 8), "state": "done", "attempt_count": 1, "started_s": 1, "ended_s": 2,
        "verdict": "drift", "sentence": HOSTILE, "next_step": HOSTILE, "sales_count": 1, "delivered_count": 0,
        "excluded_count": 0, "settling_count": 0, "missing_count": 1, "finding_count": 1, "new_count": 1,
        "recovered_count": 0, "missing_minor": "{}", "kinds": "{}", "folder": "", "kept": "none",
    }  # fmt: skip
    with site_of(app).store.writing() as connection:
        connection.execute(RUNS.insert().values(**values))


def put_finding(app: Any, account: str, number: int) -> None:
    values = {
        "id": number, "account": account, "key": f"missing-{number}", "kind": "missing",
        "severity": "error",
        "shop": "1", "shop_name": HOSTILE, "business_on": date(2026, 4, 6), "zone": HOSTILE,
        "metric": HOSTILE, "currency": "USD", "title": HOSTILE, "difference_minor": 450, "sale_id": HOSTILE,
        "event_id": HOSTILE,
        "first_run": 1, "last_run": 1, "first_seen_s": 1, "last_seen_s": 1, "recovered_s": 0,
        "recovered_run": 0, "seen_count": 1, "reopened_count": 0,
        "detail": '{"expected": {"name": "__"}, "observed": {"name": "__"}, "differing": ["name"], "cause": '
        '{"words": "__", "proven": true, "proof": "__"}, "remedy": "__", "command": "sync resend __"}',
    }  # fmt: skip
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    values["detail"] = str(values["detail"]).replace("__", quoted)
    with site_of(app).store.writing() as connection:
        connection.execute(FINDINGS.insert().values(**values))


def put_state(app: Any) -> None:
    put_run(app, "grocer", 5)
    put_finding(app, "grocer", 5)
    now = {
        "account": "grocer", "verdict": "drift", "sentence": HOSTILE, "open_count": 1, "last_run": 5,
        "last_ended_s": 1, "last_judged_s": 1, "open_by_kind": "{}", "open_minor": "{}", "worst": "error",
    }  # fmt: skip
    day = {"account": "grocer", "business_on": date(2026, 4, 6), "zone": HOSTILE, "status": "drift", "run": 5}
    with site_of(app).store.writing() as connection:
        connection.execute(ACCOUNTS.insert().values(**now))
        counts = {column.name: 0 for column in DAYS.columns if column.name.endswith(("_count", "_s"))}
        connection.execute(DAYS.insert().values(**counts, **day, difference_minor="{}"))


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(anybody: Browser, path: str) -> None:
    answer = anybody.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_a_cookie_signed_with_another_key_is_no_sign_in(app: Any, anybody: Browser) -> None:
    other = type("Other", (), {"secret_key": b"guessed", "config": {"SECRET_KEY_FALLBACKS": None}})()
    signer = SecureCookieSessionInterface().get_signing_serializer(other)  # type: ignore[arg-type]  # as much as it reads
    assert signer
    anybody.client.set_cookie("tillproof", signer.dumps({SECRET: "anything"}))
    assert anybody.get("/").status_code == 302


def test_a_rightly_signed_cookie_with_an_invented_secret_is_no_sign_in(app: Any, anybody: Browser) -> None:
    with anybody.client.session_transaction() as session:
        session[SECRET] = "invented"
    assert anybody.get("/").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(anybody: Browser) -> None:
    cookie = anybody.sign_in("ann").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_behind_https_the_cookie_travels_by_https_only(
    settings: Any, store: Any, clock: Any, tmp_path: Any
) -> None:
    own = MonitorSettings.from_dict({"link": "https://tp.example"}, {}, "tillproof.toml")
    answer = (
        dashboard(settings, own, store, clock, tmp_path)
        .test_client()
        .get("/sign-in", headers={"Host": "tp.example"})
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-tillproof=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_signing_in_leaves_nothing_of_the_cookie_from_before(anybody: Browser) -> None:
    anybody.get("/sign-in")
    with anybody.client.session_transaction() as session:
        session[SECRET] = "planted"
        planted = session["csrf_token"]
    anybody.sign_in("ann")
    with anybody.client.session_transaction() as session:
        assert session[SECRET] != "planted"
        assert session.get("csrf_token") != planted


def test_a_copy_of_the_cookie_dies_with_the_sign_out(app: Any, ann: Browser) -> None:
    cookie = ann.client.get_cookie("tillproof")
    assert cookie
    assert ann.post("/sign-out").status_code == 303
    thief = app.test_client()
    thief.set_cookie("tillproof", cookie.value)
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize(("idle_s", "status"), [(2 * 3600, 200), (2 * 3600 + 2, 302)])
def test_a_sign_in_ends_when_it_is_not_used(clock: Any, ann: Browser, idle_s: int, status: int) -> None:
    clock.advance(idle_s)
    assert ann.get("/").status_code == status


def test_a_sign_in_ends_after_half_a_day_however_busy(clock: Any, ann: Browser) -> None:
    for _ in range(12):
        assert ann.get("/").status_code == 200
        clock.advance(3600)
    clock.advance(2)
    assert ann.get("/").status_code == 302


def test_who_is_removed_is_out_at_once(app: Any, ann: Browser) -> None:
    site_of(app).users.remove("ann")
    assert ann.get("/").status_code == 302


def test_the_sixth_try_has_to_wait_even_with_the_right_password(clock: Any, anybody: Browser) -> None:
    statuses = [anybody.sign_in("ann", "a wrong one indeed").status_code for _ in range(5)]
    assert statuses == [401] * 5
    assert anybody.sign_in("ann").status_code == 429
    clock.advance(15 * 60)
    assert anybody.sign_in("ann").status_code == 303


def test_right_passwords_do_not_add_up_to_a_wait(anybody: Browser) -> None:
    for _ in range(8):
        assert anybody.sign_in("ann").status_code == 303
        anybody.post("/sign-out")


def test_a_name_nobody_has_is_answered_like_a_wrong_password(anybody: Browser) -> None:
    wrong = anybody.sign_in("ann", "a wrong one indeed")
    nobody = anybody.sign_in("nobody", "a wrong one indeed")
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    hidden = re.compile(rb'name="csrf_token" value="[^"]+"')
    assert hidden.sub(b"", wrong.data) == hidden.sub(b"", nobody.data)


@pytest.mark.parametrize(
    "path",
    ["/accounts/grocer/sync", "/accounts/grocer/judge", "/accounts/grocer/letters/retry", "/alerts/test",
     "/connect", "/sign-out"],
)  # fmt: skip
def test_a_form_without_its_token_changes_nothing(ann: Browser, path: str) -> None:
    answer = ann.client.post(path, data={})
    assert answer.status_code == 400
    assert "form has expired" in answer.get_data(as_text=True)


def test_the_token_of_another_sign_in_is_refused(app: Any, ann: Browser, vic: Browser) -> None:
    stolen = vic.token()
    answer = ann.client.post("/accounts/grocer/sync", data={"csrf_token": stolen})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/accounts/grocer/sync", "/accounts/grocer/judge", "/accounts/grocer/backfill", "/alerts/test",
     "/connect", "/accounts/grocer/letters/drop", "/accounts/grocer/settings/check", "/connect/x/complete"],
)  # fmt: skip
def test_a_viewer_changes_nothing(vic: Browser, path: str) -> None:
    assert vic.post(path).status_code == 403


def test_a_viewer_is_offered_no_button_that_would_be_refused(vic: Browser) -> None:
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', vic.text("/accounts/grocer"))
    assert forms == ["/sign-out"]


@pytest.mark.parametrize("path", ["findings/77", "runs/77", "runs/77/repair", "runs/77/report"])
def test_a_number_of_another_account_is_no_page_of_this_one(app: Any, ann: Browser, path: str) -> None:
    put_run(app, "elsewhere", 77)
    put_finding(app, "elsewhere", 77)
    assert ann.get(f"/accounts/grocer/{path}").status_code == 404


def test_who_sees_some_accounts_sees_nothing_of_the_others(app: Any, anybody: Browser) -> None:
    site_of(app).users.add("eve", Role.OPERATOR, PASSWORD, ["another"], 0)
    put_finding(app, "grocer", 5)
    anybody.sign_in("eve")
    for path in ("", "/calendar", "/findings", "/findings/5", "/runs", "/letters", "/settings"):
        assert anybody.get(f"/accounts/grocer{path}").status_code == 404
    assert anybody.post("/accounts/grocer/sync").status_code == 404
    assert anybody.get("/connect").status_code == 403
    assert "grocer" not in anybody.text("/")
    assert "grocer" not in anybody.text("/alerts")


@pytest.mark.parametrize("path", [
    "/accounts/..%2f..%2fetc", "/accounts/grocer/runs/1/files/..%2f..%2ftillproof.toml",
    "/accounts/grocer/runs/99999999999", "/accounts/grocer/findings/99999999999",
    "/accounts/grocer/days/2026-13-40", "/accounts/grocer/calendar/9999/1",
])  # fmt: skip
def test_addresses_nobody_means_are_no_pages(ann: Browser, path: str) -> None:
    assert ann.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/accounts/grocer", "/findings", "/accounts/grocer/findings/5",
                                  "/accounts/grocer/runs/5", "/accounts/grocer/runs/5/repair",
                                  "/accounts/grocer/days/2026-04-06"])  # fmt: skip
def test_hostile_names_are_shown_inert_and_masked(app: Any, ann: Browser, path: str) -> None:
    put_state(app)

    page = ann.text(path)

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert "\u202e" not in page
    assert "jane.doe" not in page
    assert "j***@s***.example" in page


@pytest.mark.parametrize("path", ["/", "/accounts/grocer", "/sign-in", "/nowhere", "/healthz", "/metrics"])
def test_every_answer_carries_the_strict_policy(ann: Browser, path: str) -> None:
    headers = ann.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/accounts/grocer", "/accounts/grocer/calendar", "/alerts", "/connect"]
)
def test_no_page_holds_an_inline_script_or_style_or_asks_elsewhere(app: Any, ann: Browser, path: str) -> None:
    put_state(app)
    page = ann.text(path)
    assert re.findall(r"<script(?![^>]*src=\"/static/)", page) == []
    bare = re.sub(r'"[^"]*"', '""', page)  # what stands inside an attribute is no markup
    assert re.findall(r"<[^>]*\s(?:style|on[a-z]+)=|<style", bare) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_other_hosts_are_not_answered_to(ann: Browser, host: str) -> None:
    assert ann.get("/", headers={"Host": host}).status_code == 400
    assert ann.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("target", "goes"),
    [("/accounts/a?x=1", "/accounts/a?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"),
     ("/\\evil.example", "/"), ("/a\r\nSet-Cookie: x", "/"), ("javascript:alert(1)", "/"), ("", "/")],
)  # fmt: skip
def test_after_signing_in_one_stays_here(target: str, goes: str) -> None:
    assert safe_next(target) == goes


def test_the_report_is_shown_in_a_cage_under_its_own_policy(night: Any, operator: Browser) -> None:
    (ran,) = night.nights.run_due()
    headers = operator.get(f"/accounts/grocer/runs/{ran.run}/report").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; frame-ancestors 'none'; default-src 'none'")
    assert "'sha256-" in policy
    assert "unsafe" not in policy


def test_too_large_a_form_is_refused(ann: Browser) -> None:
    token = ann.token()
    answer = ann.client.post("/connect", data={"csrf_token": token, "name": "x" * 100_000})
    assert answer.status_code == 413


def test_a_fault_inside_tells_nobody_about_it(
    app: Any, ann: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    site_of(app).store.close()
    site_of(app).configured = None  # type: ignore[assignment]  # broken on purpose
    answer = ann.get("/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.get_data(as_text=True)
    assert "NoneType" not in answer.get_data(as_text=True)
    assert "AttributeError at" in caplog.text
