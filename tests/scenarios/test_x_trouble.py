"""X-Series being difficult: nothing is lost, nothing is doubled, and what is wrong is said."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from x_shop_kit import Shop, shop

from sync import app as sync_app
from sync.engine.runs import Outcome


def placed(s: Shop) -> Counter[str]:
    """How often each sale lies in Klaviyo as a Placed Order."""
    events = s.world.klaviyo.state.find_events("Placed Order (POS)")
    return Counter(event.unique_id.rpartition(":")[2] for event in events)


def run(s: Shop) -> None:
    assert s.world.once().detail == ""


def test_a_lower_version_committed_late_is_not_lost(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("ann@shopper.co")
        sales = [s.sell(10, customer_id=who)]
        run(s)
        s.wait(15)
        # Its number is drawn now; two others are drawn and seen after it; it becomes visible a minute later.
        now = s.world.clock.now()
        drawn = now + timedelta(seconds=5)
        late = s.state.sell(
            s.outlet, drawn, [(s.boot, 1, "50")], customer_id=who, version_at=drawn,
            visible_at=now + timedelta(seconds=90),
        )  # fmt: skip
        sales.append(s.state.sell(s.outlet, now + timedelta(seconds=20), [(s.hat, 1, "20")], customer_id=who))
        s.wait(0.5)
        run(s)
        assert set(placed(s)) == set(sales)
        s.wait(2)
        run(s)
        versions = [s.state.sale(one).version for one in (late, sales[1])]
        assert versions[0] < versions[1], "the story needs a lower version that came later"
        assert placed(s) == Counter([*sales, late])


def test_a_sale_edited_ten_times_is_one_order(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        sale = s.sell(10, customer_id=s.customer("ann@shopper.co"))
        for minute in range(10):
            run(s)
            s.state.edit_note(sale, s.world.clock.now(), note=f"edit {minute}")
            s.wait(15)
        run(s)
        assert placed(s) == Counter([sale])


def test_versions_beyond_32_bits_are_kept_whole(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        first = s.sell(10, customer_id=s.customer("ann@shopper.co"))
        assert s.state.sale(first).version > 2**33
        run(s)
        s.wait(15)
        second = s.sell(490, customer_id=s.customer("bea@shopper.co"))
        s.wait(15)
        run(s)
        assert placed(s) == Counter([first, second])


@pytest.mark.parametrize("rows", [1, 2])
def test_short_pages_are_not_the_end(tmp_path: Path, rows: int) -> None:
    with shop(tmp_path) as s:
        s.world.till.switches.short_page_rows = rows
        sales = [s.sell(10 + n, customer_id=s.customer()) for n in range(7)]
        run(s)
        assert placed(s) == Counter(sales)


def test_refreshing_twice_at_once_leaves_one_living_connection(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        sale = s.sell(10, customer_id=s.customer("ann@shopper.co"))
        s.wait(60 * 25)  # access tokens live a day
        other = sync_app.build(s.world.settings, clock=s.world.clock, transports=s.world.transports)
        try:
            apps = [s.world.sync, other]
            threads = [threading.Thread(target=app.account, args=("grocer",)) for app in apps]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [app.once("grocer")[0].outcome for app in apps] == [Outcome.DONE, Outcome.DONE]
        finally:
            other.close()
        assert placed(s) == Counter([sale])


def test_a_new_token_is_stored_before_it_is_used(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        s.wait(60 * 25)
        refused = {"count": 0}
        real = s.world.transports["lightspeed_x"]

        class DiesAfterTheToken(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                if "token" not in request.url.path:
                    refused["count"] += 1
                    raise httpx.ConnectError("the line is dead")
                return real.handle_request(request)

        transports = {**s.world.transports, "lightspeed_x": DiesAfterTheToken()}
        with sync_app.build(s.world.settings, clock=s.world.clock, transports=transports) as dying:
            assert dying.once("grocer")[0].outcome is Outcome.TRY_LATER
        assert refused["count"] > 0
        assert s.world.once().outcome is Outcome.DONE


def test_a_revoked_connection_says_who_must_do_what(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        s.wait(60 * 25)  # the access token has died of age by now
        s.world.till.switches.refresh_token_life_s = 60
        result = s.world.once()
        assert result.outcome is Outcome.RECONNECT
        assert "tillproof accounts connect grocer" in result.detail


def test_an_expired_version_that_answers_all_the_same_is_told_of(tmp_path: Path) -> None:
    with shop(tmp_path, start=datetime(2027, 8, 2, tzinfo=UTC)) as s:
        sale = s.sell(10, customer_id=s.customer("ann@shopper.co"))
        result = s.world.once()
        assert (result.detail, placed(s)) == ("", Counter([sale]))
        assert result.tally.noted == {"api_version_expired": 1}
        assert "update tillproof" in result.tally.noted_words["api_version_expired"]


def test_an_expired_version_that_is_gone_stops_reading_and_loses_nothing(tmp_path: Path) -> None:
    with shop(tmp_path, start=datetime(2027, 8, 2, tzinfo=UTC)) as s:
        sale = s.sell(10, customer_id=s.customer("ann@shopper.co"))
        s.world.till.switches.expired_version = "gone"
        result = s.world.once()
        assert result.outcome is Outcome.REFUSED
        assert "API version 2026-07 is not answered any more" in result.detail
        assert "update tillproof" in result.detail
        s.world.till.switches.expired_version = "fall_back"
        s.wait(15)
        run(s)
        assert placed(s) == Counter([sale])


def test_a_missing_scope_is_named(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        path = "/api/2026-07/customers"
        s.world.till.faults.add({"kind": "status", "status": 403, "match": {"path": path}})
        result = s.world.once()
        assert result.outcome is Outcome.RECONNECT
        assert "customers:read" in result.detail


def test_the_rate_limit_is_obeyed_by_its_headers(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        s.world.till.switches.sales_page_max = 2
        s.world.till.switches.page_max = 2
        sales = [s.sell(n / 10, customer_id=s.customer()) for n in range(900)]
        begun = s.world.clock.now()
        result = s.world.backfill()
        assert (result.detail, placed(s)) == ("", Counter(sales))
        refused = s.world.till.journal.counts["status.429"]
        assert refused <= 1, "one refusal tells when the window ends; there is no second one"
        assert s.world.clock.now() - begun < timedelta(minutes=20)


def test_a_lookback_finds_what_no_version_told(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("ann@shopper.co")
        run(s)
        s.wait(60)
        at = s.world.clock.now() - timedelta(minutes=30)
        # Visible an hour after its number was drawn: far beyond what re-reading covers.
        sale = s.state.sell(
            s.outlet, at, [(s.boot, 1, "50")], customer_id=who, version_at=at,
            visible_at=s.world.clock.now() + timedelta(minutes=20),
        )  # fmt: skip
        s.state.sell(s.outlet, s.world.clock.now(), [(s.hat, 1, "20")], customer_id=who)
        s.wait(10)
        run(s)
        s.wait(15)
        run(s)
        s.wait(60 * 24)
        run(s)
        assert placed(s)[sale] == 1
