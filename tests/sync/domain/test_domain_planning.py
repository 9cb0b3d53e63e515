"""Which events a sale becomes: purchases, refunds whole and partial, exchanges, shipments, voids."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.eligibility import Policy
from sync.domain.facts import Customer, LineKind, OriginalSale, Sale, SaleLine, SaleState, Shipment
from sync.domain.planning import Kind, PlannedEvent, plan_cancellation, plan_sale, plan_shipment, voided
from sync.domain.presets import KLAVIYO_NATIVE, PRESETS

AT = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
ANN = Customer("7", email="ann@mail.org")
BOB = Customer("8", email="bob@mail.org")
EVERY = frozenset(Kind)
POLICY = Policy()


def line(line_id: str, total: int, quantity: str = "1", **more: object) -> SaleLine:
    return SaleLine(line_id, "item", Decimal(quantity), total, 0, total, **more)  # type: ignore[arg-type]  # fields of a line


def back(line_id: str, total: int, parent: str | None, quantity: str = "-1") -> SaleLine:
    return line(line_id, -total, quantity, parent_line_id=parent)


def sale(*lines: SaleLine, sale_id: str = "50", customer: Customer | None = ANN, **more: object) -> Sale:
    return Sale(
        "lightspeed_r", "797", sale_id, "1", "1", SaleState.COMPLETED, "USD",
        sum(each.total_minor for each in lines), AT, AT, lines,
        customer.customer_id if customer else None, customer, **more,  # type: ignore[arg-type]  # fields of a sale
    )  # fmt: skip


def original(sale_id: str, customer: Customer | None = ANN, **quantities: int) -> OriginalSale:
    lines = {line_id.removeprefix("l"): Decimal(quantity) for line_id, quantity in quantities.items()}
    return OriginalSale(sale_id, lines, customer.customer_id if customer else None, customer)


def plan(one: Sale, kinds: frozenset[Kind] = EVERY, policy: Policy = POLICY) -> list[PlannedEvent]:
    return plan_sale(one, policy, kinds)


def told(planned: list[PlannedEvent]) -> list[tuple[str, str, int]]:
    """Kind, id without its source, and value of each event."""
    return [
        (str(event.kind), event.event_id.removeprefix("lightspeed_r:797:"), event.value_minor)
        for event in planned
    ]


def test_a_purchase_is_a_placed_order_and_one_product_per_line() -> None:
    planned = plan(sale(line("1", 1000), line("2", 550)))
    assert told(planned) == [
        ("placed", "50", 1550),
        ("product", "50:line:1", 1000),
        ("product", "50:line:2", 550),
    ]
    assert all(event.verdict.eligible and event.happened_at == AT for event in planned)
    assert [len(event.lines) for event in planned] == [2, 1, 1]


def test_fees_and_credit_count_in_the_order_and_are_no_products() -> None:
    planned = plan(
        sale(line("1", 1000), line("2", 200, kind=LineKind.FEE), line("3", -300, kind=LineKind.CREDIT))
    )
    assert told(planned) == [("placed", "50", 900), ("product", "50:line:1", 1000)]


def test_store_credit_is_below_zero_and_yet_no_refund() -> None:
    planned = plan(sale(line("1", -10000, kind=LineKind.CREDIT)))
    assert told(planned) == [("placed", "50", -10000)]
    assert planned[0].verdict.exclusions == ("negative_value",)


def test_a_sale_without_lines_is_judged_all_the_same() -> None:
    planned = plan(sale())
    assert told(planned) == [("placed", "50", 0)]
    assert planned[0].verdict.exclusions == ("zero_value",)


def test_products_share_the_verdict_of_their_sale_even_when_free_themselves() -> None:
    planned = plan(sale(line("1", 1000), line("2", 0)))
    assert [event.verdict.eligible for event in planned] == [True, True, True]
    nobody = plan(sale(line("1", 1000), line("2", 0), customer=None))
    assert {event.verdict.exclusions for event in nobody} == {("no_customer",)}


def test_a_kind_that_is_off_is_planned_with_that_reason() -> None:
    planned = plan(sale(line("1", 1000)), frozenset({Kind.PLACED}))
    assert [event.verdict.exclusions for event in planned] == [(), ("metric_off",)]
    planned = plan(sale(line("1", 1000)), frozenset({Kind.PRODUCT}))
    assert [event.verdict.exclusions for event in planned] == [("metric_off",), ()]
    planned = plan(sale(line("1", 1000), customer=None), frozenset())
    assert [event.verdict.exclusions for event in planned] == [("no_customer", "metric_off")] * 2


def test_a_refund_of_everything_carries_the_id_of_the_original_sale() -> None:
    refund = sale(back("3", 1000, "1"), back("4", 550, "2"), originals=(original("40", l1=1, l2=1),))
    planned = plan(refund)
    assert told(planned) == [("refunded", "40", 1550)]
    assert (planned[0].sale_id, planned[0].order_id) == ("50", "40")
    assert planned[0].verdict.eligible


def test_a_refund_of_a_part_has_an_id_of_its_own() -> None:
    refund = sale(back("3", 1000, "1"), originals=(original("40", l1=1, l2=1),))
    assert told(plan(refund)) == [("refunded", "40:refund:50", 1000)]


def test_a_refund_of_some_of_a_quantity_is_a_part() -> None:
    refund = sale(back("3", 2000, "1", "-2"), originals=(original("40", l1=3),))
    assert told(plan(refund)) == [("refunded", "40:refund:50", 2000)]


def test_a_quantity_returned_over_two_lines_of_one_refund_is_whole() -> None:
    refund = sale(back("3", 2000, "1", "-2"), back("4", 1000, "1"), originals=(original("40", l1=3),))
    assert told(plan(refund)) == [("refunded", "40", 3000)]


def test_two_partial_refunds_of_one_sale_have_different_ids() -> None:
    whole = original("40", l1=1, l2=1)
    first = plan(sale(back("3", 1000, "1"), sale_id="50", originals=(whole,)))
    second = plan(sale(back("4", 550, "2"), sale_id="51", originals=(whole,)))
    assert told(first + second) == [("refunded", "40:refund:50", 1000), ("refunded", "40:refund:51", 550)]


@pytest.mark.parametrize("originals", [(), (original("40", l1=1),)])
def test_a_return_without_a_receipt_stands_for_itself(originals: tuple[OriginalSale, ...]) -> None:
    planned = plan(sale(back("3", 1000, None), originals=originals))
    assert told(planned) == [("refunded", "50:refund", 1000)]
    assert planned[0].order_id == "50"


def test_a_line_whose_receipt_is_gone_counts_as_unlinked() -> None:
    assert told(plan(sale(back("3", 1000, "99")))) == [("refunded", "50:refund", 1000)]


def test_one_receipt_that_returns_from_two_sales_becomes_two_refunds() -> None:
    refund = sale(
        back("3", 1000, "1"), back("4", 550, "2"), back("5", 300, None),
        originals=(original("41", l2=1), original("40", l1=1, l9=1)),
    )  # fmt: skip
    assert told(plan(refund)) == [
        ("refunded", "50:refund", 300), ("refunded", "40:refund:50", 1000), ("refunded", "41", 550),
    ]  # fmt: skip


def test_a_refund_that_names_nobody_belongs_to_the_person_who_bought() -> None:
    refund = sale(back("3", 1000, "1"), customer=None, originals=(original("40", BOB, l1=1),))
    assert plan(refund)[0].customer == BOB
    assert plan(refund)[0].customer_id == "8"
    assert plan(refund)[0].verdict.eligible


def test_a_refund_that_names_somebody_belongs_to_that_person() -> None:
    refund = sale(back("3", 1000, "1"), customer=ANN, originals=(original("40", BOB, l1=1),))
    assert plan(refund)[0].customer == ANN


def test_a_refund_of_an_anonymous_sale_belongs_to_nobody() -> None:
    refund = sale(back("3", 1000, "1"), customer=None, originals=(original("40", None, l1=1),))
    assert plan(refund)[0].verdict.exclusions == ("no_customer",)


def test_a_free_line_that_comes_back_is_worth_nothing_and_is_left_out() -> None:
    refund = sale(back("3", 0, "1"), originals=(original("40", l1=1),))
    assert plan(refund)[0].verdict.exclusions == ("zero_value",)


@pytest.mark.parametrize(("bought", "returned"), [(3000, 1000), (1000, 1000), (1000, 3000)])
def test_an_exchange_is_what_was_bought_and_what_came_back(bought: int, returned: int) -> None:
    exchange = sale(line("5", bought), back("6", returned, "1"), originals=(original("40", l1=1, l2=1),))
    planned = plan(exchange)
    assert told(planned) == [
        ("placed", "50", bought), ("product", "50:line:5", bought), ("refunded", "40:refund:50", returned),
    ]  # fmt: skip
    assert all(event.verdict.eligible for event in planned)
    assert [each.line_id for each in planned[0].lines] == ["5"]


def test_an_open_sale_is_planned_without_a_time() -> None:
    parked = replace(sale(line("1", 1000)), state=SaleState.OPEN, completed_at=None)
    assert [event.happened_at for event in plan(parked)] == [None, None]
    assert {event.verdict.exclusions for event in plan(parked)} == {("not_completed",)}


def test_a_voided_sale_is_left_out_and_its_cancellation_repeats_the_sale() -> None:
    gone = replace(sale(line("1", 1000)), state=SaleState.VOIDED, changed_at=LATER)
    assert voided(gone)
    assert not voided(sale(line("1", 1000)))
    assert {event.verdict.exclusions for event in plan(gone)} == {("voided",)}
    canceled = plan_cancellation(gone)
    assert told([canceled]) == [("canceled", "50", 1000)]
    assert (canceled.happened_at, canceled.verdict.eligible, canceled.customer) == (LATER, True, ANN)


def test_the_cancellation_of_an_exchange_takes_back_only_what_was_placed() -> None:
    gone = replace(
        sale(line("1", 1000), back("2", 300, "9"), originals=(original("40", l9=1),)), state=SaleState.VOIDED
    )
    assert told([plan_cancellation(gone)]) == [("canceled", "50", 1000)]


def test_a_shipment_counts_once_it_has_left() -> None:
    sold = sale(line("1", 1000))
    waiting = Shipment("9", "50", "7", shipped=False, changed_at=AT)
    assert plan_shipment(waiting, sold, POLICY, EVERY).verdict.exclusions == ("not_shipped",)
    gone = plan_shipment(replace(waiting, shipped=True, changed_at=LATER), sold, POLICY, EVERY)
    assert told([gone]) == [("shipped", "50:shipment:9", 1000)]
    assert (gone.happened_at, gone.order_id, gone.verdict.eligible) == (LATER, "50", True)


def test_a_shipment_without_customer_goes_to_the_buyer_or_to_nobody() -> None:
    shipment = Shipment("9", "50", None, shipped=True, changed_at=AT)
    assert plan_shipment(shipment, sale(line("1", 1000)), POLICY, EVERY).customer == ANN
    nobody = plan_shipment(shipment, sale(line("1", 1000), customer=None), POLICY, EVERY)
    assert nobody.verdict.exclusions == ("no_customer",)


def test_a_shipment_to_somebody_else_is_that_person_s() -> None:
    shipment = Shipment("9", "50", "8", shipped=True, changed_at=AT, customer=BOB)
    assert plan_shipment(shipment, sale(line("1", 1000)), POLICY, EVERY).customer == BOB


def test_goods_for_somebody_who_cannot_be_read_wait_for_them_and_are_never_the_buyer_s() -> None:
    shipment = Shipment("9", "50", "8", shipped=True, changed_at=LATER)
    planned = plan_shipment(shipment, sale(line("1", 1000)), POLICY, EVERY)
    assert (planned.customer_id, planned.customer) == ("8", None)
    assert not planned.verdict.eligible


def test_shipments_can_be_switched_off() -> None:
    shipment = Shipment("9", "50", "7", shipped=True, changed_at=AT)
    planned = plan_shipment(shipment, sale(line("1", 1000)), POLICY, frozenset({Kind.PLACED}))
    assert planned.verdict.exclusions == ("metric_off",)


def test_the_native_preset_names_the_metrics_that_merchants_already_use() -> None:
    assert {str(kind): name for kind, name in KLAVIYO_NATIVE.metrics.items()} == {
        "placed": "Placed Order", "product": "Ordered Product", "refunded": "Refunded Order",
        "shipped": "Shipped Order", "canceled": "Canceled Order",
    }  # fmt: skip
    assert PRESETS["klaviyo-native"].kinds == EVERY
    assert (KLAVIYO_NATIVE.every_s, KLAVIYO_NATIVE.policy) == (3600, Policy())


@given(
    st.lists(st.integers(-5000, 5000), max_size=12),
    st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(["1", "2", "9", None])), max_size=12),
)
def test_the_money_of_a_sale_is_always_its_placed_order_less_its_refunds(
    bought: list[int], returned: list[tuple[int, str | None]]
) -> None:
    lines = [line(f"b{i}", total) for i, total in enumerate(bought)]
    lines += [back(f"r{i}", total, parent) for i, (total, parent) in enumerate(returned)]
    one = sale(*lines, originals=(original("40", l1=1), original("41", l2=1)))
    planned = plan(one)
    placed = sum(event.value_minor for event in planned if event.kind is Kind.PLACED)
    refunded = sum(event.value_minor for event in planned if event.kind is Kind.REFUNDED)
    assert placed - refunded == one.total_minor
    ids = [(event.kind, event.event_id) for event in planned]
    assert len(ids) == len(set(ids))
    carried = [
        each for event in planned if event.kind in {Kind.PLACED, Kind.REFUNDED} for each in event.lines
    ]
    assert sorted(each.line_id for each in carried) == sorted(each.line_id for each in one.lines)
