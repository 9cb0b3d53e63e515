"""The monitor against both fakes: what the sync delivered agrees, what is spoiled is found."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from monitor_till import kinds

from fakes.lightspeed_r.records import LineIn
from monitor.app import build
from monitor.opening import watched
from monitor.report_data import Report, VerdictCode
from scenarios.harness.world import ACCOUNT, World
from sync.http.errors import Reconnect
from sync.settings import WrongSettings
from sync.store.errors import StoreTrouble

OPENING = datetime(2026, 3, 6, 15, tzinfo=UTC)  # a Friday, 10:00 in New York; the clocks change on Sunday
FIRST, LAST = date(2026, 3, 6), date(2026, 3, 10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, OPENING) as one:
        yield one


def trade(world: World) -> list[str]:
    """Eight sales over five days, one voided after it was sent, one returned in full."""
    till = world.till.state
    shop = till.add_shop("Main Street", "America/New_York")
    tea = till.add_item("Tea", price="4.50")
    ann = till.add_customer("Ann", "Lee", email="ann.lee@marlowfernpost.com", no_email=False, at=OPENING)
    sold = []
    for number in range(8):
        world.clock.set(OPENING + timedelta(hours=12 * number))
        lines = [LineIn(tea, number + 1, Decimal("4.50"))]
        sold.append(till.sell(shop, world.clock.now(), lines, customer_id=ann))
        world.once()
    world.clock.advance(3600)
    till.void(sold[6], world.clock.now())
    till.refund(sold[1], world.clock.now())
    world.clock.advance(3600)
    world.once()
    world.clock.advance(24 * 3600)
    return sold


def read_again(world: World, out: Path) -> Report:
    with watched(world.settings, None, clock=world.clock, transports=world.transports) as accounts:
        return build(accounts, clock=world.clock).reconcile(FIRST, LAST, out)


def test_what_the_sync_delivered_agrees_and_what_is_spoiled_is_found(world: World, tmp_path: Path) -> None:
    sold = trade(world)

    clean = read_again(world, tmp_path / "clean")

    assert clean.verdict is VerdictCode.AGREES, clean.sentence
    assert {row.metric: row.delivered_count for row in clean.totals} == {
        "Canceled Order": 1,
        "Ordered Product": 8,
        "Placed Order": 8,
        "Refunded Order": 1,
    }

    klaviyo = world.klaviyo.state
    head = f"lightspeed_r:{world.till.credentials['account_id']}:"
    placed = {at: klaviyo.find_events("Placed Order", head + sold[at])[0] for at in (2, 3, 4)}
    klaviyo.delete_event(placed[2].id)
    klaviyo.copy_event(placed[3].id, email="somebody.else@marlowfernpost.com")
    klaviyo.set_value(placed[4].id, Decimal("1.00"))

    spoiled = read_again(world, tmp_path / "spoiled")

    assert kinds(spoiled) == {"missing": 1, "duplicate": 1, "amount_mismatch": 1}
    found = {each.kind.value: (each.sale_id, each.difference_minor) for each in spoiled.findings}
    assert found == {
        "missing": (sold[2], 1350),
        "duplicate": (sold[3], 1800),
        "amount_mismatch": (sold[4], 100 - 2250),
    }
    page = (tmp_path / "spoiled" / "report.html").read_text()
    assert "1 missing: $13.50" in page
    outputs = [path.read_bytes() for path in (tmp_path / "spoiled").rglob("*.*") if path.is_file()]
    assert not [data for data in outputs if b"marlowfernpost" in data]  # nobody's address anywhere


def test_revoked_credentials_could_not_be_judged(world: World, tmp_path: Path) -> None:
    trade(world)
    world.clock.advance(40 * 24 * 3600)  # the connection dies after thirty idle days

    report = read_again(world, tmp_path)

    assert report.verdict is VerdictCode.COULD_NOT_JUDGE
    assert f"tillproof accounts connect {ACCOUNT}" in report.next_step


def test_an_account_that_was_never_connected_is_told_to_connect(world: World) -> None:
    other = world.settings.model_copy(update={"accounts": {"new": world.settings.accounts[ACCOUNT]}})

    with (
        pytest.raises(Reconnect, match="tillproof accounts connect new"),
        watched(other, None, clock=world.clock, transports=world.transports),
    ):
        pass


def test_names_that_do_not_exist_are_refused(world: World, tmp_path: Path) -> None:
    with (
        pytest.raises(WrongSettings, match=f"known: {ACCOUNT}"),
        watched(world.settings, "elsewhere", clock=world.clock, transports=world.transports),
    ):
        pass
    with (
        pytest.raises(WrongSettings, match="OrderId"),
        watched(world.settings, None, clock=world.clock, key_property=" ", transports=world.transports),
    ):
        pass
    nowhere = world.settings.model_copy(
        update={
            "store": world.settings.store.model_copy(
                update={"url": f"sqlite:///{tmp_path / 'none' / 'x.db'}"}
            )
        }
    )
    with (
        pytest.raises(StoreTrouble, match="there is no database yet"),
        watched(nowhere, None, clock=world.clock, transports=world.transports),
    ):
        pass


def test_a_key_that_may_only_read_is_enough(world: World, tmp_path: Path) -> None:
    trade(world)
    world.klaviyo.state.switches.scopes = "accounts:read metrics:read events:read profiles:read"

    report = read_again(world, tmp_path)

    assert (report.exit_code, report.limits) == (0, ()), report.sentence


def test_without_profiles_everything_else_is_still_compared(world: World, tmp_path: Path) -> None:
    trade(world)
    world.klaviyo.state.switches.scopes = "accounts:read metrics:read events:read"

    report = read_again(world, tmp_path)

    assert report.exit_code == 0, report.sentence
    (limit,) = report.limits
    assert limit.code == "not_looked_at"
    assert "profiles:read" in limit.words


def test_a_sale_voided_weeks_after_it_was_sent_needs_its_cancellation(world: World, tmp_path: Path) -> None:
    sold = trade(world)
    world.clock.advance(20 * 24 * 3600)
    world.once()
    world.till.state.void(sold[0], world.clock.now())
    day = world.clock.now().date()
    world.clock.advance(24 * 3600)

    def read(out: Path) -> Report:
        with watched(world.settings, None, clock=world.clock, transports=world.transports) as accounts:
            return build(accounts, clock=world.clock).reconcile(day, day, out)

    owed = read(tmp_path / "owed")
    world.once()
    made = read(tmp_path / "made")

    assert [(one.kind, one.metric, one.sale_id) for one in owed.findings] == [
        ("missing", "Canceled Order", str(sold[0]))
    ]
    assert (made.exit_code, kinds(made)) == (0, {}), made.sentence
