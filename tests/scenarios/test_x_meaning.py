"""What each kind of X-Series sale becomes in Klaviyo. All expected events are written by hand.

One shop plays all cases at once, each with a customer of its own: some of it happens before the sync's first
look, some after it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from x_shop_kit import Shop, shop

from fakes.lightspeed_x.records import Adjustment, LineIn, Promotion

Events = list[tuple[str, str, str]]  # kind, value, whose order


class Case(NamedTuple):
    first: Callable[[Shop, str], dict[str, str]]  # sales by a name of ours
    expected: Events  # the order is named as above
    reason: str = ""  # why the sale `it` has no Placed Order
    later: Callable[[Shop, dict[str, str]], dict[str, str]] | None = None


def sold(**more: Any) -> Callable[[Shop, str], dict[str, str]]:
    """One boot for 50 to the customer."""
    return lambda s, who: {"it": s.sell(10, customer_id=who, **more)}


def _layby(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.state.layby(s.outlet, s.at(10), [(s.boot, 1, "50")], deposit="10", customer_id=who)}


def _on_account(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.state.on_account(s.outlet, s.at(10), [(s.boot, 1, "50")], customer_id=who)}


def _order(*attributes: str) -> Callable[[Shop, str], dict[str, str]]:
    return lambda s, who: {
        "it": s.state.order(s.outlet, s.at(10), [(s.boot, 1, "50")], attributes=attributes, customer_id=who)
    }


def _parked(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.state.park(s.outlet, s.at(10), [(s.boot, 1, "50")], customer_id=who)}


def _closed(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.close(known["it"], s.at(490))
    return {}


def _picked_up(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.pickup(known["it"], s.at(490))
    return {}


def _dispatched(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.dispatch(known["it"], s.at(490))
    return {}


def _voided(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.void(known["it"], s.at(490))
    return {}


def _deleted(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.delete_sale(known["it"], s.at(490))
    return {}


def _two_boots_and_a_hat(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.sell(10, [(s.boot, 2, "50"), (s.hat, 1, "20")], customer_id=who)}


def _returned(
    lines: dict[int, int] | None = None, **more: Any
) -> Callable[[Shop, dict[str, str]], dict[str, str]]:
    """A return of these places and quantities of `it`, or of all that is left."""

    def play(s: Shop, known: dict[str, str]) -> dict[str, str]:
        ids = s.state.lines_of(known["it"])
        wanted = None if lines is None else {ids[place]: count for place, count in lines.items()}
        return {"back": s.state.refund(known["it"], s.at(490), wanted, **more)}

    return play


def _returned_twice(s: Shop, known: dict[str, str]) -> dict[str, str]:
    ids = s.state.lines_of(known["it"])
    s.state.refund(known["it"], s.at(490), {ids[0]: 1})
    s.state.refund(known["it"], s.at(491), {ids[0]: 1})
    return {}


def _exchanged(s: Shop, known: dict[str, str]) -> dict[str, str]:
    ids = s.state.lines_of(known["it"])
    swap = s.state.exchange(known["it"], s.at(490), {ids[0]: 1}, [LineIn(s.hat, 1, "20")])
    return {"swap": swap}


def _gift(s: Shop, who: str) -> dict[str, str]:
    card = s.state.add_product("Gift Card", sku="GC", price="25", kind="gift_card")
    return {"it": s.sell(10, [LineIn(card, 1, "25", gift_card_number="6006491234567890")], customer_id=who)}


def _gift_and_boot(s: Shop, who: str) -> dict[str, str]:
    card = s.state.add_product("Gift Card 2", sku="GC2", price="25", kind="gift_card")
    lines = [(s.boot, 1, "50"), LineIn(card, 1, "25", gift_card_number="6006491234567891")]
    return {"it": s.sell(10, lines, customer_id=who)}


def _fee(kind: str, amount: str) -> Callable[[Shop, str], dict[str, str]]:
    return sold(adjustments=(Adjustment(kind, "so called", Decimal(amount)),))


def _promoted(s: Shop, who: str) -> dict[str, str]:
    line = LineIn(s.boot, 1, "50", discount="10", promotions=(Promotion("Autumn", Decimal(10), "AUTUMN"),))
    return {"it": s.sell(10, [line], customer_id=who)}


def _walkin(s: Shop, _who: str) -> dict[str, str]:
    return {"it": s.sell(10, customer_id=s.state.walkin_id)}


def _attached(s: Shop, known: dict[str, str]) -> dict[str, str]:
    s.state.attach_customer(known["it"], known["who"], s.at(490))
    return {}


def _training(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.sell(10, customer_id=who, register_id=TEST["register"])}


def _trainee(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.sell(10, customer_id=who, user_id=TEST["user"])}


def _training_shop(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.sell(10, customer_id=who, outlet_id=TEST["outlet"])}


def _late(s: Shop, who: str) -> dict[str, str]:
    return {"it": s.sell(-3000, customer_id=who, visible_at=s.at(100))}


TEST: dict[str, str] = {}
P, O, R, C = "placed", "product", "refunded", "canceled"  # noqa: E741 - short names for a table
PLAIN: Events = [(P, "50.00", "it"), (O, "50.00", "it")]
CASES: dict[str, Case] = {
    # States and attributes
    "closed": Case(sold(), PLAIN),
    "parked": Case(_parked, [], "not_completed"),
    "parked, then closed": Case(_parked, PLAIN, later=_closed),
    "layby": Case(_layby, [], "not_completed"),
    "layby, then paid": Case(_layby, PLAIN, later=_closed),
    "on account": Case(_on_account, PLAIN),
    "on account, then paid": Case(_on_account, PLAIN, later=_closed),
    "waiting for pick-up": Case(_order("pickup"), [], "not_completed"),
    "picked up": Case(_order("pickup"), PLAIN, later=_picked_up),
    "waiting for dispatch": Case(_order("delivery"), [], "not_completed"),
    "dispatched": Case(_order("delivery"), PLAIN, later=_dispatched),
    "service under way": Case(sold(state="pending", attributes=("service",)), [], "not_completed"),
    "service done": Case(sold(attributes=("service",)), PLAIN),
    "being rung up": Case(sold(state="pending"), [], "not_completed"),
    "voided at once": Case(sold(state="voided"), [], "voided"),
    "voided after it was sent": Case(sold(), [*PLAIN, (C, "50.00", "it")], "voided", _voided),
    "deleted after it was sent": Case(sold(), [*PLAIN, (C, "50.00", "it")], "voided", _deleted),
    # Sources
    "the till": Case(sold(source="USER"), PLAIN),
    "a quote": Case(sold(source="QUOTE"), PLAIN),
    "Shopify": Case(sold(source="SHOPIFY", source_id="1"), [], "ecommerce"),
    "Magento": Case(sold(source="Magento", source_id="2"), [], "ecommerce"),
    "WooCommerce": Case(sold(source="WooCommerce", source_id="3"), [], "ecommerce"),
    "own web shop": Case(sold(source="ECOMMERCE", source_id="4"), [], "ecommerce"),
    "a source nobody knows": Case(sold(source="SomethingNew", source_id="5"), [], "ecommerce"),
    # Money
    "nothing to pay": Case(lambda s, who: {"it": s.sell(10, [(s.boot, 1, "0")], customer_id=who)},
                           [(P, "0.00", "it"), (O, "0.00", "it")]),
    "discount on a line": Case(lambda s, who: {"it": s.sell(10, [LineIn(s.boot, 1, "50", discount="5")],
                                                           customer_id=who)},
                               [(P, "45.00", "it"), (O, "50.00", "it")]),
    "promotion": Case(_promoted, [(P, "40.00", "it"), (O, "50.00", "it")]),
    "discount on the sale": Case(sold(discount="8"), [(P, "42.00", "it"), (O, "50.00", "it")]),
    "fee": Case(_fee("NON_CASH_FEE", "1.5"), [(P, "51.50", "it"), (O, "50.00", "it")]),
    "tip": Case(_fee("TIP", "5"), [(P, "55.00", "it"), (O, "50.00", "it")]),
    "surcharge": Case(_fee("SURCHARGE", "2"), [(P, "52.00", "it"), (O, "50.00", "it")]),
    "new kind of discount": Case(_fee("DISCOUNT", "-4"), [(P, "46.00", "it"), (O, "50.00", "it")]),
    "gift card": Case(_gift, [], "gift_card"),
    "gift card beside goods": Case(_gift_and_boot, PLAIN),
    # Returns
    "all of it returned": Case(_two_boots_and_a_hat, [
        (P, "120.00", "it"), (O, "100.00", "it"), (O, "20.00", "it"), (R, "120.00", "it")],
        later=_returned()),
    "part of it returned": Case(_two_boots_and_a_hat, [
        (P, "120.00", "it"), (O, "100.00", "it"), (O, "20.00", "it"), (R, "20.00", "it")],
        later=_returned({1: 1})),
    "returned in two parts": Case(_two_boots_and_a_hat, [
        (P, "120.00", "it"), (O, "100.00", "it"), (O, "20.00", "it"), (R, "50.00", "it"), (R, "50.00", "it")],
        later=_returned_twice),
    "returned without a receipt": Case(sold(), [*PLAIN, (R, "50.00", "back")], later=_returned(linked=False)),
    "return still parked": Case(sold(), PLAIN, later=_returned(state="parked")),
    "exchanged for less": Case(sold(), [
        *PLAIN, (P, "20.00", "swap"), (O, "20.00", "swap"), (R, "50.00", "it")], later=_exchanged),
    "all of a discounted sale returned": Case(sold(discount="8"), [
        (P, "42.00", "it"), (O, "50.00", "it"), (R, "42.00", "it")], later=_returned()),
    # People
    "walk-in": Case(_walkin, [], "no_customer"),
    "nobody named": Case(lambda s, _who: {"it": s.sell(10)}, [], "no_customer"),
    "customer attached later": Case(_walkin, PLAIN, later=_attached),
    # Tests
    "at a test register": Case(_training, [], "test_sale"),
    "at a test outlet": Case(_training_shop, [], "test_sale"),
    "by a test user": Case(_trainee, [], "test_sale"),
    "with a note that says so": Case(sold(note="TRAINING with Bob"), [], "test_sale"),
    "with any other note": Case(sold(note="gift wrapped"), PLAIN),
    # Time
    "late from a till that was offline": Case(_late, PLAIN),
}  # fmt: skip


class Played(NamedTuple):
    shop: Shop
    sales: dict[str, dict[str, str]]
    emails: dict[str, str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Everything played, read once in between and once at the end."""
    folder: Path = tmp_path_factory.mktemp("x_meaning")
    with shop(folder / "first") as first:
        TEST.update(_test_places(first))
    with _with_tests(folder / "real") as s:
        sales, emails = {}, {}
        for number, (name, case) in enumerate(CASES.items()):
            emails[name] = f"case{number}@shopper.co"
            who = s.customer(emails[name])
            sales[name] = {"who": who, **case.first(s, who)}
        assert s.world.once().detail == ""
        s.wait(20)
        for name, case in CASES.items():
            if case.later is not None:
                sales[name].update(case.later(s, sales[name]))
        s.wait(20)
        assert s.world.once().detail == ""
        yield Played(s, sales, emails)


@contextmanager
def _with_tests(folder: Path) -> Iterator[Shop]:
    """The shop, told what it calls a test: ids are seeded, so they are known from another one."""
    section = {"test_outlets": [TEST["outlet"]], "test_users": [TEST["user"]], "test_notes": ["training"]}
    with shop(folder, lightspeed_x=section, test_registers=[TEST["register"]]) as s:
        assert _test_places(s) == TEST
        yield s


def _test_places(s: Shop) -> dict[str, str]:
    return {
        "outlet": s.state.add_outlet("Training room", "America/New_York"),
        "register": s.state.add_register(s.outlet, "Training till"),
        "user": s.state.add_user("Trainee"),
    }


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_sale_becomes_exactly_these_events(played: Played, name: str) -> None:
    sales, case = played.sales[name], CASES[name]
    expected = sorted((kind, value, sales[order]) for kind, value, order in case.expected)
    assert sorted(played.shop.events(played.emails[name])) == expected
    if case.reason:
        assert played.shop.verdict(sales["it"]) == case.reason


def test_the_whole_of_a_sale_returned_shares_its_id_and_parts_have_their_own(played: Played) -> None:
    def refund_ids(name: str) -> list[str]:
        found = played.shop.world.klaviyo.state.find_events("Refunded Order (POS)")
        return sorted(event.unique_id for event in found if event.email == played.emails[name])

    placed = {
        event.email: event.unique_id
        for event in played.shop.world.klaviyo.state.find_events("Placed Order (POS)")
    }
    whole, parts = "all of it returned", "returned in two parts"
    assert refund_ids(whole) == [placed[played.emails[whole]]]
    assert len(set(refund_ids(parts))) == 2
    assert all(one.startswith(placed[played.emails[parts]] + ":refund:") for one in refund_ids(parts))


def test_a_late_sale_keeps_the_time_it_was_rung_up(played: Played) -> None:
    email = played.emails["late from a till that was offline"]
    events = played.shop.world.klaviyo.state.find_events("Placed Order (POS)")
    (event,) = [one for one in events if one.email == email]
    assert event.at == int((played.shop.at(0) - timedelta(minutes=3000)).timestamp())


def test_a_gift_cards_number_goes_nowhere(played: Played) -> None:
    state = played.shop.world.klaviyo.state
    for name in ("Placed Order (POS)", "Ordered Product (POS)"):
        assert not any(b"600649123456789" in event.raw_properties for event in state.find_events(name))
