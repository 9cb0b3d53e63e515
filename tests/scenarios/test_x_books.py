"""The accounting of an X-Series account closes: remainder 0, nothing missing, nothing orphaned."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from x_shop_kit import METRICS, Shop, shop

START = datetime(2026, 11, 9, 5, tzinfo=UTC)


def a_busy_week(s: Shop) -> None:
    """Two outlets in two zones and currencies; some of everything that a shop does."""
    state = s.state
    london = state.add_outlet("London", "Europe/London", currency="GBP", country="GB")
    people = [s.customer(at=START - timedelta(days=40)) for _ in range(12)]
    people += [s.customer(do_not_email=True, at=START - timedelta(days=40)) for _ in range(4)]
    sales = []
    for number in range(160):
        at = START - timedelta(hours=number + 3)
        outlet = london if number % 3 == 0 else s.outlet
        who = people[number % 16] if number % 5 else None
        lines = [(s.boot, 1 + number % 2, "50"), (s.hat, 1, "20.10")][: 1 + number % 2]
        more = {"source": "SHOPIFY", "source_id": str(number)} if number % 17 == 0 else {}
        sales.append(state.sell(outlet, at, lines, customer_id=who, **more))
    for number in range(0, 60, 6):
        state.refund(sales[number], START - timedelta(hours=1))
    for number in range(1, 60, 9):
        line = state.lines_of(sales[number])[0]
        state.refund(sales[number], START - timedelta(minutes=30), {line: 1}, linked=number % 2 == 0)
    state.park(s.outlet, START - timedelta(hours=4), [(s.boot, 1, "50")], customer_id=people[0])
    state.layby(s.outlet, START - timedelta(hours=5), [(s.boot, 1, "50")], deposit="5", customer_id=people[1])
    s.voided = [sales[number] for number in (7, 8, 22)]  # type: ignore[attr-defined]  # remembered for later


def test_the_books_of_a_busy_week_close_with_nothing_left(tmp_path: Path) -> None:
    with shop(tmp_path / "world", start=START, till={"zone": "America/New_York"}) as s:
        a_busy_week(s)
        assert s.world.once().detail == ""
        for sale in s.voided:  # type: ignore[attr-defined]  # set above
            s.state.void(sale, s.world.clock.now())
        s.wait(16)
        assert s.world.once().detail == ""
        s.wait(60 * 30)
        report = s.world.reconcile(date(2026, 11, 2), date(2026, 11, 8), tmp_path / "out")
        assert [finding.kind for finding in report.findings] == []
        assert report.verdict == "agrees"
        assert all(row.remainder_count == 0 and row.remainder_minor == 0 for row in report.accounting)
        totals = {name: [0, 0, 0] for name in METRICS.values()}
        for row in report.accounting:
            totals[row.metric][0] += row.pos_count
            totals[row.metric][1] += row.delivered_count
            totals[row.metric][2] += row.missing_count
        # 160 sales in 160 hours before the start; the week's seven local days hold those of both outlets.
        assert totals["Placed Order (POS)"][1] > 50
        assert all(missing == 0 for _, _, missing in totals.values())


def test_a_later_sign_up_is_settling_and_then_delivered_never_missing(tmp_path: Path) -> None:
    account = {"lightspeed_x": {"consent": "nobody"}}
    with shop(tmp_path / "world", start=START, **account) as s:
        state = s.state
        who = s.customer("zoe@shopper.co", at=START - timedelta(days=9))
        state.sell(s.outlet, START - timedelta(days=2), [(s.boot, 1, "50")], customer_id=who)
        assert s.world.once().detail == ""
        s.wait(60 * 24)
        profiles = s.world.klaviyo.state.profiles
        made = profiles.create(s.world.clock.now())
        profiles.change(made, {"email": "zoe@shopper.co"}, s.world.clock.now())
        s.wait(5)
        days = date(2026, 11, 6), date(2026, 11, 8)
        before = s.world.reconcile(*days, tmp_path / "before")
        assert [finding.kind for finding in before.findings] == []
        assert sum(row.settling_count for row in before.accounting if row.metric == METRICS["placed"]) == 1
        s.wait(15)
        assert s.world.once().detail == ""
        s.wait(60 * 6)
        after = s.world.reconcile(*days, tmp_path / "after")
        assert [finding.kind for finding in after.findings] == []
        assert sum(row.delivered_count for row in after.accounting if row.metric == METRICS["placed"]) == 1


def test_a_sale_that_klaviyo_lost_is_found_by_its_id(tmp_path: Path) -> None:
    with shop(tmp_path / "world", start=START) as s:
        who = s.customer("amy@shopper.co", at=START - timedelta(days=9))
        sale = s.state.sell(s.outlet, START - timedelta(days=2), [(s.boot, 1, "50")], customer_id=who)
        assert s.world.once().detail == ""
        s.wait(60 * 30)
        klaviyo = s.world.klaviyo.state
        (event,) = klaviyo.find_events(METRICS["placed"])
        klaviyo.delete_event(event.id)
        report = s.world.reconcile(date(2026, 11, 6), date(2026, 11, 8), tmp_path / "out")
        assert [(finding.kind.value, finding.sale_id) for finding in report.findings] == [("missing", sale)]
