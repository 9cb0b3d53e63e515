"""Order before speed: what one person did arrives in Klaviyo in the order it happened, come what may."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sitoo_world import DAY, OPENING, SitooWorld

from fakes.klaviyo.eventstore import StoredEvent
from fakes.sitoo.records import LineIn
from monitor.report_data import ControlStatus, Report, VerdictCode
from sync import app as sync_app
from sync.domain.clock import Window
from sync.domain.facts import Mark
from sync.sources.fields import WrongSettings
from sync.sources.protocol import HasControlTotals

TILLS, SALES, PEOPLE = 60, 1_000, 150


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SitooWorld]:
    one = SitooWorld(tmp_path)
    yield one
    one.close()


def out_of_order(events: list[StoredEvent]) -> list[str]:
    """The events that arrived after a later one of the same person."""
    latest: dict[str, int] = defaultdict(int)
    found = []
    for event in events:
        who = event.profile_id
        if event.at < latest[who]:
            found.append(event.unique_id)
        latest[who] = max(latest[who], event.at)
    return found


def three_witnesses_agree(report: Report) -> None:
    """Both sides agree with nothing left over, and so does every till's own total, needing no reason."""
    assert report.verdict is VerdictCode.AGREES, report.sentence
    assert {(row.remainder_count, row.remainder_minor) for row in report.accounting} == {(0, 0)}
    assert [one.status for one in report.controls] == [ControlStatus.AGREES] * TILLS
    assert {(one.till_rest_minor, one.klaviyo_rest_minor) for one in report.controls} == {(0, 0)}
    assert all(one.till == one.pos for one in report.controls)


def test_a_day_with_thirty_tills_offline_is_right_and_in_order_to_the_last_event(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"hold": "8h"})
    chance = random.Random(7)
    north = shop.state.add_store("Norr", external_id="N1", time_zone="Europe/Stockholm", registers=TILLS)
    tills = shop.state.registers_of(north)
    people = [f"person{number}@northwind.dev" for number in range(PEOPLE)]
    sold = refunds = exchanges = bookings = 0
    receipts: list[int] = []
    for number in range(SALES):
        place = number % TILLS
        at = OPENING + timedelta(seconds=32 * number)  # nine hours
        # Thirty tills lose the line for four hours, then upload what they sold with its old dates.
        offline = place < 30 and timedelta(hours=2) < at - OPENING < timedelta(hours=6)
        later = OPENING + timedelta(hours=6, seconds=number) if offline else at
        email = chance.choice(people) if number % 10 else ""
        lines = shop.lines(1 + number % 3, number % 2)
        kind = number % 20
        if kind == 7 and not offline:
            booked = shop.state.book(tills[place], at, lines, email=email or people[0])
            shop.state.close(booked, at + timedelta(minutes=5))
            bookings += 1
            continue
        receipt = shop.state.sell(tills[place], at, lines, email=email, visible_at=later)
        sold += 1
        if kind == 11 and not offline:
            receipts.append(receipt)
            shop.state.refund(receipt, at + timedelta(minutes=9), {0: 1})
            refunds += 1
        if kind == 13 and not offline:
            pair = number % 40 == 13
            shop.state.exchange(
                receipt, at + timedelta(minutes=4), {0: 1}, shop.lines(0, 1), netted_pair=pair
            )
            exchanges += 1
    for _ in range(24):  # every hour
        shop.clock.advance(3600)
        shop.world.once()
    shop.world.once()

    assert (sold, refunds, exchanges, bookings) == (965, 42, 42, 35)
    assert out_of_order(shop.stored()) == []
    ids = [(event.metric_name, event.unique_id) for event in shop.stored()]
    assert len(ids) == len(set(ids))
    shop.state.close_store(north, shop.now())
    shop.clock.advance(60)
    report = shop.report(tmp_path, DAY, DAY + timedelta(days=1))
    three_witnesses_agree(report)
    source = shop.world.sync.account("grocer").source
    assert isinstance(source, HasControlTotals)
    totals = source.control_totals(Window(OPENING, shop.now()))
    assert len(totals) == TILLS
    read = [sale for page in source.read_window(Window(OPENING, shop.now())) for sale in page.sales]
    gross = sum(sale.total_minor for sale in read if Mark.BOOKING not in sale.marks)
    assert sum(total.sales_minor - total.refunds_minor for total in totals) == gross
    shop.close()


def test_a_late_upload_still_overtakes_nothing_that_was_known_with_it(shop: SitooWorld) -> None:
    first = shop.sell(1, at=OPENING + timedelta(minutes=1), visible_at=OPENING + timedelta(hours=1))
    second = shop.sell(2, at=OPENING + timedelta(minutes=2))

    shop.clock.advance(2 * 3600)
    shop.once()

    placed = [event.unique_id for event in shop.stored() if event.metric_name == "Placed Order"]
    assert second < first  # numbers follow the upload
    assert placed == [f"sitoo:90001:{first}", f"sitoo:90001:{second}"]


def test_what_is_sold_after_an_empty_beginning_is_no_history(shop: SitooWorld) -> None:
    shop.once()
    shop.clock.advance(3600)
    shop.sell(1)
    shop.once()
    assert [(event.metric_name, event.backfill) for event in shop.stored()] == [
        ("Placed Order", False),
        ("Ordered Product", False),
    ]


def test_held_sales_wait_until_they_are_old_enough_and_no_longer(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"hold": "2h"})
    shop.sell(1)
    shop.once()
    assert shop.events() == []

    shop.clock.advance(2 * 3600)
    shop.once()

    assert len(shop.events()) == 1
    shop.close()


def test_a_day_without_klaviyo_loses_nothing_doubles_nothing_and_keeps_the_order(
    shop: SitooWorld, tmp_path: Path
) -> None:
    sold = shop.sell(1)
    shop.once()
    klaviyo = shop.world.klaviyo
    klaviyo.limits.enabled = True
    klaviyo.faults.add({"kind": "status", "status": 503, "match": {"method": "*", "path": "/api/*"}})
    buyers = [f"buyer{number % 40}@northwind.dev" for number in range(240)]
    for number, email in enumerate(buyers):
        shop.clock.advance(360)
        shop.state.sell(shop.till, shop.now(), [LineIn(shop.tea, 1)], email=email)
        if number % 10 == 9:
            assert shop.world.once().exit_code == 3  # try again later
    shop.state.refund(sold, shop.now())
    klaviyo.faults.clear()
    before = len(klaviyo.journal.entries())

    assert shop.once().exit_code == 0

    assert [entry for entry in klaviyo.journal.entries()[before:] if entry.status == 429] == []
    kinds = [event.metric_name for event in shop.stored()]
    assert (kinds.count("Placed Order"), kinds.count("Ordered Product"), kinds.count("Refunded Order")) == (
        241, 241, 1,
    )  # fmt: skip
    assert out_of_order(shop.stored()) == []
    shop.agrees(tmp_path, DAY, DAY + timedelta(days=1))


class Refusing(httpx.BaseTransport):
    """Between us and Klaviyo: refuses what holds a text, as Klaviyo refuses all for one bad entry."""

    def __init__(self, inner: httpx.BaseTransport, text: str) -> None:
        self.inner, self.text = inner, text

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.text and self.text.encode() in request.read():
            error = {"id": "1", "status": 400, "code": "invalid", "title": "Invalid input.", "detail": "No."}
            return httpx.Response(400, json={"errors": [error]})
        return self.inner.handle_request(request)


def test_a_refused_event_holds_back_later_ones_of_its_person_only(shop: SitooWorld) -> None:
    world = shop.world
    gate = Refusing(world.transports["klaviyo"], "")
    world.sync.close()
    world.sync = sync_app.build(
        world.settings, clock=world.clock, transports={**world.transports, "klaviyo": gate}
    )
    first = shop.sell(1)
    gate.text = f'"unique_id":"sitoo:90001:{first}"'
    shop.clock.advance(60)
    second = shop.sell(2)
    shop.clock.advance(60)
    others = [
        shop.state.sell(shop.till, shop.now(), shop.lines(1), email=f"other{number}@northwind.dev")
        for number in range(5)
    ]

    shop.once()
    assert {event[1] for event in shop.events()} == {str(other) for other in others}
    third = shop.sell(3)
    shop.once()
    assert {event[1] for event in shop.events()} == {str(other) for other in others}

    gate.text = ""
    [result] = world.sync.dead_letters.retry("grocer")

    assert result.exit_code == 0
    ann = [
        e.unique_id
        for e in shop.stored()
        if e.email == "ann.lee@northwind.dev" and ":line" not in e.unique_id
    ]
    assert ann == [f"sitoo:90001:{number}" for number in (first, second, third)]
    assert out_of_order(shop.stored()) == []


def test_a_refused_event_given_up_lets_the_later_ones_go(shop: SitooWorld) -> None:
    world = shop.world
    first = shop.sell(1)
    gate = Refusing(world.transports["klaviyo"], f'"unique_id":"sitoo:90001:{first}"')
    world.sync.close()
    world.sync = sync_app.build(
        world.settings, clock=world.clock, transports={**world.transports, "klaviyo": gate}
    )
    other = shop.state.sell(shop.till, shop.now(), shop.lines(1), email="bob@northwind.dev")
    shop.clock.advance(60)
    second = shop.sell(2)
    shop.once()
    assert [event[1] for event in shop.events()] == [str(other)]

    world.sync.dead_letters.drop("grocer")
    shop.once()

    assert {event[1] for event in shop.events()} == {str(other), str(second)}


def test_immediate_delivery_lets_nothing_wait(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path, account={"delivery": "immediate"})
    world = shop.world
    first = shop.sell(1)
    gate = Refusing(world.transports["klaviyo"], f'"unique_id":"sitoo:90001:{first}"')
    world.sync.close()
    world.sync = sync_app.build(
        world.settings, clock=world.clock, transports={**world.transports, "klaviyo": gate}
    )
    shop.clock.advance(60)
    second = shop.sell(2)

    shop.once()

    assert [event[1] for event in shop.events()] == [str(second)]
    shop.close()


def test_holding_asks_for_order(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="delivery"):
        SitooWorld(tmp_path, account={"delivery": "immediate", "hold": "2h"})
