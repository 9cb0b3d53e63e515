"""Broken records from the till: each is told, kept and mended; everything else goes on, exactly once."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bad_input_kit import ANN, BOB, NOON, Shop

from fakes.lightspeed_r.records import LineIn

Row = dict[str, Any]
LIST = "look at what was set aside: tillproof sync dead-letters list"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as made:
        yield made
        made.assert_discreet()


def only(sale: str, change: Callable[[Row], Any]) -> Callable[[Row], Any]:
    """Change the row of this sale and leave all others."""
    return lambda row: change(row) if row["saleID"] == sale else None


def without(name: str) -> Callable[[Row], Any]:
    return lambda row: row.pop(name, None)


def holding(**fields: Any) -> Callable[[Row], Any]:
    return lambda row: row.update(fields)


def on_the_line(**fields: Any) -> Callable[[Row], Any]:
    # The cheap lists of the till come without lines.
    return lambda row: row["SaleLines"]["SaleLine"].update(fields) if "SaleLines" in row else None


BROKEN_SALES: list[tuple[Callable[[Row], Any], str, str]] = [
    (holding(completed="perhaps"), "no_state", "the sale does not say whether it is completed"),
    (holding(voided="perhaps"), "no_state", "the sale does not say whether it was voided"),
    (lambda row: (row.pop("calcTotal"), row.pop("total")), "amount_unreadable", "calcTotal is no amount"),
    (holding(calcTotal="ten"), "amount_unreadable", "calcTotal is no amount"),
    (holding(calcTotal="9e999"), "amount_unreadable", "calcTotal is no amount"),
    (without("shopID"), "no_shop", "the sale has no shopID"),
    (without("timeStamp"), "time_unreadable", "timeStamp is no time with an offset"),
    (holding(completeTime="2026-03-02"), "time_unreadable", "completeTime is no time with an offset"),
    (without("SaleLines"), "lines_contradict_total",
     "the amounts of the lines are unreadable or do not add up to the sale"),
    (on_the_line(calcTotal="12.00"), "lines_contradict_total",
     "the amounts of the lines are unreadable or do not add up to the sale"),
    (on_the_line(unitQuantity="many"), "no_quantity", "a line of the sale has no readable unitQuantity"),
    (on_the_line(saleLineID=""), "line_without_id", "a line of the sale has no saleLineID"),
    (holding(SaleLines=[[1]]), "malformed", "a field of the record has a shape this API does not send"),
    (holding(Customer=[ANN]), "malformed", "a field of the record has a shape this API does not send"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reason", "words"), BROKEN_SALES)
def test_a_broken_sale_is_kept_with_its_reason_and_goes_out_once_mended(
    shop: Shop, change: Callable[[Row], Any], reason: str, words: str
) -> None:
    broken, whole = shop.sell(), shop.sell(shop.bob)
    shop.till_wire.edit_rows("Sale", only(broken, change))
    result = shop.run()
    assert (result.outcome, result.exit_code, shop.placed()) == ("done_with_dead_letters", 1, [whole])
    assert LIST in shop.told[0]
    [letter] = shop.letters()
    assert (letter.subject, letter.subject_id, letter.reason, letter.detail) == (
        "sale",
        broken,
        reason,
        words,
    )
    assert f"1  dead letters: {reason}" in shop.told[2]
    later = shop.sell()
    shop.run()
    assert shop.placed() == [whole, later]
    shop.till_wire.mend()
    assert shop.run("retry").exit_code == 0
    assert shop.placed() == [broken, whole, later]
    assert shop.letters() == []
    shop.run("backfill")
    assert shop.placed() == [broken, whole, later]


def test_a_sale_without_a_number_is_found_again_by_reading_everything_anew(shop: Shop) -> None:
    shop.sell(minutes_ago=60 * 24 * 20)
    shop.run()
    nameless = shop.sell(minutes_ago=60 * 24 * 10)
    shop.till_wire.edit_rows("Sale", only(nameless, without("saleID")))
    shop.run("backfill")
    assert shop.reasons() == [("sale", "", "no_id")]
    shop.till_wire.mend()
    shop.run("retry")
    assert (shop.placed(), shop.letters()) == (["1", nameless], [])


@pytest.mark.parametrize("fields", [{"shipped": "perhaps"}, {"timeStamp": "soon"}, {"shipped": {"a": ["b"]}}])
def test_a_broken_shipment_is_kept_and_goes_out_once_mended(shop: Shop, fields: Row) -> None:
    sale = shop.sell(ship_to=True)
    shop.till.state.mark_shipped(sale, shop.clock.now())
    shop.till_wire.edit_rows("ShipTo", holding(**fields))
    shop.run()
    assert [(subject, which) for subject, which, _ in shop.reasons()] == [("shipment", "50000001")]
    assert shop.events_by_metric() == {"Placed Order": 1, "Ordered Product": 1}
    shop.clock.advance(3600)  # past any overlap: only the retry can still find it
    shop.till_wire.mend()
    shop.run("retry")
    assert shop.events_by_metric() == {"Placed Order": 1, "Ordered Product": 1, "Shipped Order": 1}
    assert shop.letters() == []


def test_a_broken_customer_is_kept_until_it_can_be_read(shop: Shop) -> None:
    shop.till_wire.edit_rows("Customer", lambda row: row.update(Contact=[7]))
    shop.run()
    assert [(subject, reason) for subject, _, reason in shop.reasons()] == [("customer", "malformed")] * 2
    shop.clock.advance(3600)
    shop.till_wire.mend()
    result = shop.run("retry")
    assert (result.tally.profiles_count, shop.letters()) == (2, [])
    assert len(shop.klaviyo.state.profiles.all) == 2


def test_an_article_that_cannot_be_read_is_told_and_its_sale_goes_without_the_name(shop: Shop) -> None:
    shop.till_wire.edit_rows("Item", lambda row: row.update(description=["Mug"]))
    first = shop.sell()
    assert shop.run().exit_code == 1
    assert shop.reasons() == [("product", "1", "malformed")]
    assert "sales go without its name" in shop.letters()[0].detail
    shop.till_wire.mend()
    assert shop.run("retry").exit_code == 0
    second = shop.sell()
    shop.run()
    assert (shop.placed(), shop.letters()) == ([first, second], [])
    named = [event.properties().get("Name") for event in shop.klaviyo.state.find_events("Ordered Product")]
    assert named == [None, "Mug"]


def test_half_a_surrogate_pair_in_a_name_keeps_no_page_from_being_read(shop: Shop) -> None:
    shop.till_wire.edit("*.json", lambda page: json.dumps(page).replace("Lindqvist", "L\\ud83d").encode())
    sales = [shop.sell(), shop.sell(shop.bob)]
    assert shop.run().exit_code == 0
    assert shop.placed() == sales


def test_bytes_that_are_no_text_keep_no_page_from_being_read(shop: Shop) -> None:
    shop.till_wire.edit("*.json", lambda page: json.dumps(page).encode().replace(b"Lindqvist", b"L\xff\xfe"))
    sales = [shop.sell(), shop.sell(shop.bob)]
    assert shop.run().exit_code == 0
    assert shop.placed() == sales


def test_unknown_words_where_nothing_depends_on_them_change_nothing(shop: Shop) -> None:
    def strange(row: Row) -> None:
        if "SaleLines" in row:
            row["SaleLines"]["SaleLine"]["lineType"] = "hologram"
            row["Customer"]["Contact"]["Emails"]["ContactEmail"]["useType"] = "Telepathy"
        row["somethingNew"] = {"a": [1, None]}

    shop.till_wire.edit_rows("Sale", strange)
    sale = shop.sell()
    assert shop.run().exit_code == 0
    assert shop.placed() == [sale]


def test_amounts_with_seven_decimals_add_up_to_the_cent(shop: Shop) -> None:
    # 11.4860025 and two lines of 4.2549975 are 19.9959975: the till says 20.00.
    lines = [
        LineIn(shop.mug, 1, "11.4860025"),
        LineIn(shop.tea, 1, "4.2549975"),
        LineIn(shop.tea, 1, "4.2549975"),
    ]
    shop.sell(lines=lines)
    assert shop.run().exit_code == 0
    [placed] = shop.klaviyo.state.find_events("Placed Order")
    assert placed.value == Decimal("20.00")
    # 11.49 and twice 4.25 would be a cent short: the cent goes where rounding took most.
    rows = [item["RowTotal"] for item in placed.properties()["$extra"]["Items"]]
    assert rows == [11.49, 4.26, 4.25]


def test_a_sale_of_five_megabytes_waits_for_a_person_while_its_parts_and_others_go(shop: Shop) -> None:
    long_name = shop.till.state.add_item("A very long name " * 90, price="1.00")  # 1,530 characters
    huge = shop.sell(lines=[LineIn(long_name, 1, "1.00")] * 3_600)
    small = shop.sell(shop.bob)
    result = shop.run()
    assert (result.exit_code, shop.placed()) == (1, [small])
    assert shop.reasons() == [("event", f"lightspeed_r:797:{huge}", "event_too_large")]
    assert shop.letters()[0].detail == "the event is larger than Klaviyo takes (5 MB)"
    assert shop.events_by_metric()["Ordered Product"] == 3_601
    # The till's page is made shorter, as if the sale had been corrected there.
    shop.till_wire.edit_rows("Sale", only(huge, _first_line_only))
    shop.run("retry")
    assert (shop.placed(), shop.letters()) == ([huge, small], [])
    assert shop.events_by_metric()["Ordered Product"] == 3_601


def _first_line_only(row: Row) -> None:
    if "SaleLines" in row:
        row["SaleLines"]["SaleLine"] = row["SaleLines"]["SaleLine"][:1]
        row["calcTotal"] = row["total"] = "1.00"


def test_an_address_klaviyo_would_refuse_is_left_out_with_its_reason_until_it_is_corrected(
    shop: Shop,
) -> None:
    typo = shop.till.state.add_customer("Eve", "Ito", email="eve@@northwind", at=NOON - timedelta(days=3))
    left_out, whole = shop.sell(typo), shop.sell()
    result = shop.run()
    assert (result.exit_code, shop.placed()) == (0, [whole])
    assert (
        "1  left out: the customer's e-mail address is one that Klaviyo does not take  10.00 USD"
        in shop.told[0]
    )
    shop.till.state.set_email(typo, "eve@northwind.dev", shop.clock.now())
    assert shop.run().exit_code == 0
    assert shop.placed() == [left_out, whole]


def test_a_phone_that_is_none_goes_away_and_leaves_the_rest_of_the_profile(shop: Shop) -> None:
    talker = shop.till.state.add_customer(
        "Eve",
        "Ito",
        email="eve@northwind.dev",
        phones=["ask at the 2125550147 desk, x12"],
        at=NOON - timedelta(days=3),
    )
    sale = shop.sell(talker)
    assert shop.run().exit_code == 0
    assert "1 customer has a phone number that is none" in shop.told[0]
    assert shop.placed() == [sale]
    [eve] = [
        each for each in shop.klaviyo.state.profiles.all if each.attributes["email"] == "eve@northwind.dev"
    ]
    assert (eve.attributes["first_name"], "phone_number" in eve.attributes) == ("Eve", False)


def test_a_preview_counts_broken_records_once_and_writes_nothing(shop: Shop) -> None:
    broken, whole = shop.sell(), shop.sell(shop.bob)
    shop.run()
    shop.till_wire.edit_rows("Sale", only(broken, holding(calcTotal="ten")))
    assert shop.sell(minutes_ago=-5)
    result = shop.run("preview")
    assert result.tally.set_aside == {"amount_unreadable": 1}
    assert result.tally.planned_count == 2
    assert "2 events would be sent, 0 left out on purpose, 1 set aside" in shop.told[3]
    assert (shop.letters(), shop.placed()) == ([], [broken, whole])


def test_hostile_names_are_text_wherever_they_appear(shop: Shop, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    state = shop.till.state
    shop.shop = state.add_shop(f"{evil}\x1b[31m'; DROP TABLE sales;--", "America/New_York")
    item = state.add_item(evil, price="3.00", category_id=state.add_category((evil, evil)))
    guest = state.add_customer(evil, evil, company=evil, email=BOB, at=NOON - timedelta(days=9))
    sale = shop.sell(guest, lines=[LineIn(item, 1, "3.00")])
    lost = shop.sell(guest, lines=[LineIn(item, 1, "3.00")])
    assert shop.run().exit_code == 0
    assert shop.placed() == [sale, lost]
    [event] = shop.klaviyo.state.find_events("Ordered Product", f"lightspeed_r:797:{sale}:line:1")
    assert event.properties()["Name"] == evil
    [gone] = shop.klaviyo.state.find_events("Placed Order", f"lightspeed_r:797:{lost}")
    shop.klaviyo.state.delete_event(gone.id)
    shop.clock.advance(86_400)
    day = NOON.date()
    report = shop.reconcile(day, day, tmp_path / "report")
    assert report.findings_by_kind["missing"].count == 1
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert evil not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page
