"""What people do on the dashboard, against a whole world: look, sync, judge, repair, retry."""

import re
from decimal import Decimal
from typing import Any

import pytest
from web_world import Browser, site_of

from fakes.lightspeed_r.records import LineIn
from monitor import history_read
from scenarios.harness.sabotage import Saboteur

PLANTED = [
    ("missing", "Placed Order", 2),
    ("orphaned", "Placed Order", 1),
    ("amount_mismatch", "Placed Order", 1),
]
ACCOUNT = "/accounts/grocer"


@pytest.fixture
def drifting(night: Any) -> Any:
    """The world after a night that found four differences."""
    Saboteur(night.world.klaviyo.state, night.world.till.state, seed=5).plant(PLANTED)
    night.nights.run_due()
    return night


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.S)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def findings(night: Any) -> dict[str, Any]:
    with night.store.reading() as connection:
        return {one.kind: one for one in history_read.findings(connection, account="grocer")}


def test_before_anything_every_page_says_what_would_be_here(ann: Browser) -> None:
    assert "Here would be a calendar" in ann.text(ACCOUNT)
    for page in ("", "/calendar", "/findings", "/runs", "/letters", "/days/2026-04-08", "/settings"):
        assert 'class="nothing"' in ann.text(f"{ACCOUNT}{page}"), page
    assert "Here would be each group of findings" in ann.text("/alerts")
    assert heading(ann.text("/")) == "2 not judged yet."


def test_the_overview_names_what_drifts_with_its_worth(drifting: Any, operator: Browser) -> None:
    page = operator.text("/")
    assert heading(page) == "1 of 1 account drifts."
    row = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    assert row
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row[1]))
    assert "grocer Drift 4" in told


def test_a_day_adds_up_and_leads_to_its_findings_and_its_run(drifting: Any, operator: Browser) -> None:
    on = findings(drifting)["orphaned"].business_on
    page = operator.text(f"{ACCOUNT}/days/{on}")
    assert "How it adds up" in page
    assert f"{ACCOUNT}/runs/1" in page
    assert "America/New_York" in page
    remainder = re.search(
        r'class="r-remainder"><th scope="row">Remainder</th><td class="num">(\S+)</td>', page
    )
    assert remainder
    assert remainder[1] == "0"


def test_a_finding_shows_both_sides_and_marks_what_differs(drifting: Any, operator: Browser) -> None:
    found = findings(drifting)["amount_mismatch"]
    page = operator.text(f"{ACCOUNT}/findings/{found.id}")
    marked = re.findall(r'<tr class="differs">\s*<th scope="row"><bdi>(\w+)', page)
    assert marked == list(found.detail["differing"])
    assert "Sale in the POS" in page
    assert "Event in Klaviyo" in page
    assert "Send this sale again" not in page  # sending does not mend an amount


def test_a_missing_sale_says_so_and_is_sent_by_its_button(drifting: Any, operator: Browser) -> None:
    found = findings(drifting)["missing"]
    page = operator.text(f"{ACCOUNT}/findings/{found.id}")
    assert "No event" in page
    before = drifting.world.events_by_metric()["Placed Order"]
    job = operator.post(f"{ACCOUNT}/findings/{found.id}/send", follow_redirects=True).get_data(as_text=True)
    assert "Sent." in job
    assert drifting.world.events_by_metric()["Placed Order"] == before + 1
    drifting.world.clock.advance(900)
    operator.post(f"{ACCOUNT}/judge", {"day": str(found.business_on)})
    assert "Recovered" in operator.text(f"{ACCOUNT}/findings/{found.id}")


def test_what_sending_does_not_mend_is_not_sent(drifting: Any, operator: Browser) -> None:
    found = findings(drifting)["orphaned"]
    assert operator.post(f"{ACCOUNT}/findings/{found.id}/send").status_code == 409


def test_a_repair_shows_its_plan_and_is_done_once_confirmed(drifting: Any, operator: Browser) -> None:
    path = f"{ACCOUNT}/runs/1/repair"
    page = operator.text(path)
    assert heading(page).startswith("2 sales would be sent once more")
    assert "Cannot be undone" in page
    assert "1 finding: Orphaned" in page
    before = drifting.world.events_by_metric()["Placed Order"]
    assert operator.post(path, {"sales": "7"}).status_code == 409  # another plan than the one that was read
    assert drifting.world.events_by_metric()["Placed Order"] == before
    done = operator.post(path, {"sales": "2", "sure": "yes"}, follow_redirects=True).get_data(as_text=True)
    assert "Closed:" in done
    assert "2 findings closed" in done
    assert drifting.world.events_by_metric()["Placed Order"] == before + 2
    assert heading(operator.text(path)) == "There is nothing to send."
    assert "Closed" in operator.text(f"{ACCOUNT}/runs/1")


def test_sync_now_brings_a_new_sale_to_klaviyo(night: Any, operator: Browser) -> None:
    state, now_at = night.world.till.state, night.world.clock.now()
    before = night.world.events_by_metric()["Placed Order"]
    shop, tea = state.add_shop("Corner", "America/New_York"), state.add_item("Tea", price="4.50")
    email = "cy.lee@marlowfernpost.com"
    person = state.add_customer("Cy", "Lee", email=email, no_email=False, at=now_at)
    state.sell(shop, now_at, [LineIn(tea, 1, Decimal("4.50"))], customer_id=person)
    night.world.clock.advance(60)
    job = operator.post(f"{ACCOUNT}/sync", follow_redirects=True).get_data(as_text=True)
    assert "events sent" in job
    assert night.world.events_by_metric()["Placed Order"] == before + 1


def test_the_run_offers_its_files_and_they_are_the_runs_own(drifting: Any, operator: Browser) -> None:
    page = operator.text(f"{ACCOUNT}/runs/1")
    assert f"{ACCOUNT}/runs/1/report" in page
    drift = operator.get(f"{ACCOUNT}/runs/1/files/drift.csv")
    assert drift.headers["Content-Disposition"] == "attachment; filename=grocer-1-drift.csv"
    assert drift.get_data(as_text=True).count("\n") == 5  # the head and four findings
    assert operator.get(f"{ACCOUNT}/runs/1/files/evidence").status_code == 404


def test_a_check_shows_both_ends_and_their_zones(night: Any, operator: Browser) -> None:
    operator.post(f"{ACCOUNT}/settings/check")
    page = operator.text(f"{ACCOUNT}/settings")
    assert "Both ends answer and fit together." in page
    assert "Main Street" in page
    assert "America/New_York" in page


def test_trouble_with_an_upstream_is_told_in_words(night: Any, operator: Browser) -> None:
    night.world.klaviyo.faults.add(
        {"kind": "status", "status": 401, "match": {"path": "/api/accounts"}, "times": 5}
    )
    job = operator.post(f"{ACCOUNT}/settings/check", follow_redirects=True).get_data(as_text=True)
    assert "It did not work" in job
    assert "Traceback" not in job


def test_dead_letters_are_retried_by_number_and_only_ones_own(app: Any, ann: Browser) -> None:
    from sync.domain.errors import SetAside
    from sync.store import accounts, letters

    site = site_of(app)
    with site.store.writing() as connection:
        mine = accounts.number_of(connection, "grocer", "sitoo")
        other = accounts.number_of(connection, "another", "sitoo")
        now_at = site.clock.now()
        letters.add(
            connection, mine, [(SetAside("sale", "77", "no_currency", "of jane@shop.example"), "77")], now_at
        )
        letters.add(connection, other, [(SetAside("sale", "78", "no_currency", ""), "78")], now_at)
    page = ann.text(f"{ACCOUNT}/letters")
    assert "No currency" in page
    assert "jane@" not in page
    assert ann.post(f"{ACCOUNT}/letters/retry", {"number": "2"}).status_code == 409
    assert ann.post(f"{ACCOUNT}/letters/drop").status_code == 400
    gone = ann.post(f"{ACCOUNT}/letters/drop", {"number": "1"}, follow_redirects=True).get_data(as_text=True)
    assert "1 given up." in gone
    assert "There are none." in ann.text(f"{ACCOUNT}/letters")
    assert "78" in ann.text("/accounts/another/letters")


def test_a_route_is_tried_from_the_page(drifting: Any, operator: Browser) -> None:
    assert "ops" in operator.text("/alerts")
    drifting.noting.parcels.clear()
    done = operator.post("/alerts/test", {"route": "ops"}, follow_redirects=True).get_data(as_text=True)
    assert "Ops took it." in done
    assert drifting.noting.titles == ["tillproof: test"]
    assert operator.post("/alerts/test", {"route": "elsewhere"}).status_code == 404


def test_metrics_tell_figures_and_nobody(drifting: Any, operator: Browser) -> None:
    operator.text("/")
    told = operator.text("/metrics")
    assert 'tillproof_accounts{verdict="drift"} 1.0' in told
    assert 'tillproof_open_findings{kind="missing"} 2.0' in told
    assert "tillproof_last_run_age_seconds 0.0" in told
    assert 'tillproof_http_requests_total{page="overview",status="200"}' in told
    assert "grocer" not in told
    assert "ann" not in told.replace("annotations", "")


def test_readiness_follows_the_database(app: Any, ann: Browser, tmp_path: Any) -> None:
    assert ann.text("/readyz") == "ready\n"
    assert ann.text("/healthz") == "ok\n"
    with site_of(app).store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE monitor_accounts")
    assert ann.get("/readyz").status_code == 503
    assert ann.get("/healthz").status_code == 200
