"""What happens to sales on their way, seen from both ends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sync_world import World, world

from fakes.lightspeed_r.records import LineIn
from sync.domain.eligibility import Exclusion
from sync.engine.runs import Outcome


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path)
    yield made
    made.close()


def ran(w: World) -> dict[str, int]:
    """One run that must go well; its counts."""
    [result] = w.app.once()
    assert (result.outcome, result.detail) == (Outcome.DONE, "")
    return result.tally.counts()


def test_a_sale_becomes_one_placed_order_and_one_ordered_product_a_line(w: World) -> None:
    w.sell(w.ann, mugs=2, teas=1)
    ran(w)
    assert w.ids("Placed Order") == ["lightspeed_r:797:1"]
    assert w.ids("Ordered Product") == ["lightspeed_r:797:1:line:1", "lightspeed_r:797:1:line:2"]
    assert w.email_of("Placed Order", "lightspeed_r:797:1") == "ann.lee@northwind.dev"


def test_running_again_in_any_mode_and_order_sends_nothing(w: World) -> None:
    w.sell(w.ann, mugs=2, teas=1)
    sale = w.sell(w.bob)
    w.till.state.refund(sale, w.clock.now())
    w.later()
    ran(w)
    before = w.event_count()
    assert before == 6  # two sales, three lines, one refund
    for again in (
        w.app.once,
        w.app.backfill,
        lambda: w.app.backfill(first=w.clock.now().date() - timedelta(days=5)),
        w.app.once,
        w.app.backfill,
        lambda: w.app.run(w.clock.now() + timedelta(seconds=20)),
    ):
        w.later(60)
        for result in again() or []:
            assert (result.outcome, result.tally.planned_count, result.tally.sent_count) == ("done", 0, 0)
    assert w.event_count() == before


def test_a_new_process_goes_on_where_the_last_one_ended(w: World) -> None:
    w.sell(w.ann)
    ran(w)
    w.restart()
    w.sell(w.bob)
    w.later()
    counts = ran(w)
    assert (counts["planned"], counts["sent"]) == (2, 2)
    assert len(w.ids("Placed Order")) == 2


def test_sales_are_left_out_for_named_reasons(w: World) -> None:
    nobody = w.till.state.add_customer("No", "Mail", at=w.clock.now() - timedelta(days=9))
    w.sell("0")
    w.sell(nobody)
    w.sell(w.ann, completed=False)
    w.sell(w.ann, reference_source="Shopify", reference="5")
    [result] = w.app.once()
    told = {reason: count for (reason, _), (count, _) in result.tally.excluded.items()}
    assert told == {
        Exclusion.NO_CUSTOMER: 1, Exclusion.NO_EMAIL: 1, Exclusion.NOT_COMPLETED: 1, Exclusion.ECOMMERCE: 1,
    }  # fmt: skip
    assert w.event_count() == 0


def test_a_customer_attached_later_makes_the_sale_eligible(w: World) -> None:
    sale = w.sell("0")
    ran(w)
    assert w.event_count() == 0
    w.later()
    w.till.state.attach_customer(sale, w.ann, w.clock.now())
    w.later()
    ran(w)
    assert w.ids("Placed Order") == [f"lightspeed_r:797:{sale}"]


def test_an_address_typed_later_makes_the_earlier_sale_eligible(w: World) -> None:
    late = w.till.state.add_customer("Late", "Mail", at=w.clock.now() - timedelta(days=9))
    sale = w.sell(late)
    ran(w)
    assert w.event_count() == 0
    w.later()
    w.till.state.set_email(late, "late@northwind.dev", w.clock.now())
    w.later()
    ran(w)
    assert w.email_of("Placed Order", f"lightspeed_r:797:{sale}") == "late@northwind.dev"


def test_a_sale_voided_after_it_was_sent_gets_a_canceled_order_of_the_same_id(w: World) -> None:
    sale = w.sell(w.ann)
    ran(w)
    w.later()
    w.till.state.void(sale, w.clock.now())
    w.later()
    ran(w)
    assert w.ids("Canceled Order") == [f"lightspeed_r:797:{sale}"]
    ran(w)
    assert w.event_count() == 3


def test_a_canceled_order_goes_to_the_profile_the_order_went_to(w: World) -> None:
    sale = w.sell(w.ann)
    ran(w)
    w.later()
    w.till.state.set_email(w.ann, "ann@elsewhere.dev", w.clock.now())
    w.till.state.void(sale, w.clock.now())
    w.later()
    ran(w)
    assert w.email_of("Canceled Order", f"lightspeed_r:797:{sale}") == "ann.lee@northwind.dev"


def test_a_sale_voided_before_anything_was_sent_leaves_no_trace(w: World) -> None:
    sale = w.sell(w.ann)
    w.klaviyo.faults.add({"kind": "status", "status": 503, "match": {"path": "/api/*"}})
    [result] = w.app.once()
    assert result.outcome is Outcome.TRY_LATER
    w.klaviyo.faults.clear()
    # What was claimed may have arrived, so it counts as sent and is made up for.
    w.later()
    w.till.state.void(sale, w.clock.now())
    w.later()
    ran(w)
    [status] = w.app.status()
    assert status.waiting_count == 0
    assert len(w.ids("Canceled Order")) == len(w.ids("Placed Order"))


def test_a_full_refund_carries_the_id_of_the_sale_and_partial_ones_their_own(w: World) -> None:
    whole, part = w.sell(w.ann), w.sell(w.bob, mugs=3)
    ran(w)
    w.later()
    w.till.state.refund(whole, w.clock.now())
    [line] = w.till.state.lines_of(part)
    first = w.till.state.refund(part, w.clock.now(), {line: 1})
    second = w.till.state.refund(part, w.clock.now(), {line: 1})
    w.later()
    ran(w)
    assert w.ids("Refunded Order") == sorted(
        [
            f"lightspeed_r:797:{whole}",
            f"lightspeed_r:797:{part}:refund:{first}",
            f"lightspeed_r:797:{part}:refund:{second}",
        ]
    )


def test_a_shipment_is_sent_once_it_is_marked_as_shipped(w: World) -> None:
    sale = w.sell(w.ann, ship_to=True)
    ran(w)
    assert w.ids("Shipped Order") == []
    w.later()
    w.till.state.mark_shipped(sale, w.clock.now())
    w.later()
    ran(w)
    assert len(w.ids("Shipped Order")) == 1
    ran(w)
    assert len(w.ids("Shipped Order")) == 1


def test_an_address_typed_long_after_the_goods_left_brings_the_shipped_order_too(w: World) -> None:
    late = w.till.state.add_customer("Late", "Mail", at=w.clock.now() - timedelta(days=9))
    sale = w.sell(late, ship_to=True)
    w.till.state.mark_shipped(sale, w.clock.now())
    ran(w)
    w.later(20 * 24 * 60)  # beyond the look-back
    ran(w)
    assert w.event_count() == 0
    w.till.state.set_email(late, "late@northwind.dev", w.clock.now())
    w.later()
    ran(w)
    assert (len(w.ids("Placed Order")), len(w.ids("Shipped Order"))) == (1, 1)


def test_a_customer_attached_long_after_the_goods_left_brings_the_shipped_order_too(w: World) -> None:
    sale = w.sell("0", ship_to=True)
    w.till.state.mark_shipped(sale, w.clock.now())
    ran(w)
    w.later(20 * 24 * 60)
    ran(w)
    w.till.state.attach_customer(sale, w.ann, w.clock.now())
    w.later()
    ran(w)
    assert (len(w.ids("Placed Order")), len(w.ids("Shipped Order"))) == (1, 1)


def test_a_shipment_that_several_feeds_bring_is_counted_once(w: World) -> None:
    ran(w)
    w.later()
    sale = w.sell(w.ann, ship_to=True)
    w.till.state.mark_shipped(sale, w.clock.now())
    w.later()
    [seen], [done] = w.app.preview(), w.app.once()
    assert seen.tally.events["Shipped Order", "USD"] == done.tally.events["Shipped Order", "USD"] == [1, 1000]


def test_a_late_upload_is_found_and_sent_under_its_own_time(w: World) -> None:
    ran(w)
    at = w.clock.now()
    w.till.state.sell(
        w.shop, at, [LineIn(w.mug, 1, "10.00")], customer_id=w.ann, visible_at=at + timedelta(hours=30)
    )
    for _ in range(3):
        w.later(24 * 60)
        ran(w)
    [event] = w.klaviyo.state.find_events(metric_name="Placed Order")
    assert event.at == int(at.timestamp())


def test_an_article_renamed_after_it_was_first_sold_is_sold_under_its_new_name(w: World) -> None:
    w.sell(w.ann)
    ran(w)
    w.later()
    mug, items = w.till.state.items.rows[int(w.mug)], w.till.state.items
    mug.description = "Mug, green"
    items.move(mug, "timeStamp", "stamp_at", int(w.clock.now().timestamp()))
    w.later()
    new = w.sell(w.bob)
    ran(w)
    [order] = w.klaviyo.state.find_events("Placed Order", f"lightspeed_r:797:{new}")
    assert order.properties()["Items"] == ["Mug, green"]


def test_a_line_without_an_article_has_a_name_and_keeps_its_note_to_itself(w: World) -> None:
    lines = [LineIn("0", 1, "7.00", note="Gift Card 6035 1234"), LineIn(w.mug, 1, "10.00")]
    w.till.state.sell(w.shop, w.clock.now() - timedelta(minutes=1), lines, customer_id=w.ann)
    ran(w)
    [order] = w.klaviyo.state.find_events("Placed Order")
    told = order.properties()
    assert (told["Items"], told["Item Count"]) == (["Miscellaneous", "Mug"], 2)
    assert [item["ProductName"] for item in told["$extra"]["Items"]] == ["Miscellaneous", "Mug"]
    products = [event.properties() for event in w.klaviyo.state.find_events("Ordered Product")]
    assert sorted((each["Name"], each.get("Product ID")) for each in products) == [
        ("Miscellaneous", None), ("Mug", w.mug),
    ]  # fmt: skip
    assert not any(b"6035" in event.raw_properties for event in w.klaviyo.state.find_events())
    assert not any("Note" in entry.query for entry in w.till.journal.entries())


def test_a_sale_from_before_2017_is_sent_under_its_time_stamp_by_a_backfill_of_everything(w: World) -> None:
    old = w.sell(w.ann, minutes_ago=10 * 365 * 24 * 60)
    sale = w.till.state.sales.rows[int(old)]
    w.till.state.sales.move(sale, "completeTime", "complete_at", 0)
    day = (w.clock.now() - timedelta(days=10 * 365)).date()
    w.app.backfill(first=day, last=day)
    assert w.event_count() == 0
    w.app.backfill()
    [event] = w.klaviyo.state.find_events("Placed Order")
    assert (event.unique_id, event.at) == (f"lightspeed_r:797:{old}", sale.stamp_at)


def test_a_refund_whose_sale_cannot_be_found_is_sent_under_an_id_of_its_own(w: World) -> None:
    state, now = w.till.state, w.clock.now()
    gone, changed = w.sell(w.ann, minutes_ago=60), w.sell(w.bob, minutes_ago=60)
    sale_gone, line_gone = state.refund(gone, now), state.refund(changed, now)
    no_receipt = state.sell(w.shop, now, [LineIn(w.mug, -1, "10.00")], customer_id=w.ann)
    vanish(w, gone)
    [line] = state.lines_of(line_gone)
    state.lines.parent_id[int(line)] = 10_000_000  # the till knows no such line
    w.later()
    ran(w)
    refunds = w.klaviyo.state.find_events("Refunded Order")
    assert {event.unique_id: event.properties()["OrderId"] for event in refunds} == {
        f"lightspeed_r:797:{each}:refund": each for each in (sale_gone, line_gone, no_receipt)
    }
    assert w.ids("Placed Order") == [f"lightspeed_r:797:{changed}"]


def test_a_refund_sent_before_its_sale_could_be_found_is_not_sent_again_under_the_sales_id(w: World) -> None:
    state = w.till.state
    sold = w.sell(w.ann, minutes_ago=60)
    refund = state.refund(sold, w.clock.now())
    [line] = state.lines_of(refund)
    parent = state.lines.parent_id[int(line)]
    state.lines.parent_id[int(line)] = 10_000_000
    w.later()
    ran(w)
    state.lines.parent_id[int(line)] = parent
    state.edit_note(refund, w.later())
    w.app.backfill()
    assert w.ids("Refunded Order") == [f"lightspeed_r:797:{refund}:refund"]


def test_a_refund_of_an_archived_sale_is_keyed_to_it(w: World) -> None:
    sold = w.sell(w.ann, minutes_ago=60)
    w.till.state.sales.rows[int(sold)].archived = True
    w.till.state.refund(sold, w.clock.now())
    w.later()
    ran(w)
    assert w.ids("Refunded Order") == [f"lightspeed_r:797:{sold}"]


def vanish(w: World, sale_id: str) -> None:
    """The sale is on no page any more; its lines stay."""
    table = w.till.state.sales
    sale = table.rows[int(sale_id)]
    table.held.add(sale.id)
    table.shown.remove(sale.id, sale.id)
    for name, column in table.columns.items():
        table.indexes[name].remove(column(sale), sale.id)
    w.till.state.version += 1


def test_history_fires_no_flows_and_a_sale_of_today_does(w: World) -> None:
    w.sell(w.ann)
    ran(w)
    w.later()
    w.sell(w.bob)
    w.later()
    ran(w)
    flags = [event.backfill for event in w.klaviyo.state.find_events("Placed Order")]
    assert flags == [True, False]


def test_profiles_are_told_of_the_customer_as_known_now_and_only_when_something_changed(w: World) -> None:
    w.sell(w.ann)
    assert ran(w)["profiles"] == 2  # Bob never bought, and is a customer all the same
    w.later()
    assert ran(w)["profiles"] == 0


def test_preview_writes_and_sends_nothing_and_counts_what_once_then_sends(w: World) -> None:
    w.sell(w.ann, mugs=2, teas=1)
    w.sell("0")
    [seen] = w.app.preview()
    assert w.event_count() == 0
    [status] = w.app.status()
    assert (status.sales_count, status.waiting_count, status.profiles_count) == (0, 0, 0)
    [done] = w.app.once()
    assert seen.tally.planned_count == done.tally.planned_count == 3
    assert dict(seen.tally.events) == dict(done.tally.events) == {
        ("Placed Order", "USD"): [1, 2450], ("Ordered Product", "USD"): [2, 2450],
    }  # fmt: skip
    assert dict(seen.tally.excluded) == dict(done.tally.excluded) == {("no_customer", "USD"): [1, 1000]}


def test_a_backfill_of_some_days_sends_those_days_only(w: World) -> None:
    old = w.sell(w.ann, minutes_ago=10 * 24 * 60)
    w.sell(w.bob)
    day = (w.clock.now() - timedelta(days=10)).date()
    [result] = w.app.backfill(first=day, last=day)
    assert result.outcome is Outcome.DONE
    assert w.ids("Placed Order") == [f"lightspeed_r:797:{old}"]
    ran(w)
    assert len(w.ids("Placed Order")) == 2


def test_changed_rules_are_applied_to_sales_already_read(w: World, tmp_path: Path) -> None:
    free = w.till.state.sell(
        w.shop, w.clock.now() - timedelta(minutes=5), [LineIn(w.mug, 1, "0")], customer_id=w.ann
    )
    ran(w)
    assert w.event_count() == 0
    account = w.settings.accounts["main"].model_copy(update={"exclude_zero_value": False})
    w.settings = w.settings.model_copy(update={"accounts": {"main": account}})
    w.restart()
    w.app.backfill()
    assert w.ids("Placed Order") == [f"lightspeed_r:797:{free}"]
