"""Z-reports: what a till counts from opening to closing, whatever the back end knows."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sitoo_shop import NOON, NOON_S, Shop

from fakes.kit.clock import VirtualClock
from fakes.sitoo.app import build
from fakes.sitoo.records import LineIn


def _close(shop: Shop, minutes: float) -> dict[str, Any]:
    number = shop.state.close_register(shop.till, shop.at(minutes))
    return shop.state.zreport(shop.till, number)


def test_a_report_counts_from_opening_up_to_but_not_at_closing(shop: Shop) -> None:
    shop.state.open_register(shop.till, shop.at(-120))
    shop.sell(-60)
    shop.sell(-30)
    first, second = _close(shop, -30), _close(shop, -1)
    assert (first["numsales"], first["dateopened"], first["datecreated"]) == (
        1,
        NOON_S - 7200,
        NOON_S - 1800,
    )
    assert (second["numsales"], second["dateopened"]) == (1, NOON_S - 1800)
    assert (second["moneygrandtotalsales"], second["zreportid"]) == ("200.00", 2)


def test_without_an_opening_the_day_begins_with_the_first_sale_and_old_tills_do_not_say(shop: Shop) -> None:
    shop.sell(-60)
    assert _close(shop, -1)["dateopened"] == NOON_S - 3600
    shop.fake.switches.z_report_opened = "null"
    assert shop.state.zreport(shop.till, 1)["dateopened"] is None


def test_an_offline_sale_counts_on_the_day_it_was_made_before_it_arrives(shop: Shop) -> None:
    late = shop.sell(-60, visible_at=shop.at(300))
    assert _close(shop, -1)["moneysalestotal"] == "100.00"
    assert shop.ids() == []
    shop.clock.set(shop.at(301))
    assert shop.ids() == [late]


def test_an_order_that_never_reaches_the_back_end_is_counted_all_the_same(shop: Shop) -> None:
    shop.sell(-60)
    shop.state.hide_order(shop.sell(-50))
    report = _close(shop, -1)
    assert (report["numsales"], report["moneysalestotal"]) == (2, "200.00")
    assert shop.get("orders.json")["totalcount"] == 1


def test_a_closed_day_takes_no_more_sales(shop: Shop) -> None:
    _close(shop, -10)
    with pytest.raises(ValueError, match="Z-report is made"):
        shop.sell(-20, visible_at=shop.at(5))


def test_bookings_parked_and_web_orders_are_no_takings(shop: Shop) -> None:
    shop.state.book(shop.till, shop.at(-60), [LineIn(shop.mug)])
    shop.state.park(shop.till, shop.at(-50), [LineIn(shop.mug)])
    shop.state.webshop_order(shop.at(-40), [LineIn(shop.mug)])
    assert _close(shop, -1)["numreceipts"] == 0


def test_a_report_does_not_change_when_its_orders_do(shop: Shop) -> None:
    sold = shop.sell(-60)
    before = _close(shop, -30)
    row = {"productname": "Other", "quantity": 5, "moneyrowprice": "5.00", "vatvalue": 6}
    shop.write("PUT", f"site/orders/{sold}.json", {"orderitems": [row], "orderstateid": 20})
    assert shop.order(sold)["moneytotal_gross_all"] == "5.00"
    assert shop.state.zreport(shop.till, 1) == before


def test_kinds_rounding_netting_tax_and_undelivered_goods_are_told_apart(shop: Shop) -> None:
    state = shop.state
    gift = state.add_product("Gift", sku="G", price="300", group=state.add_vat_group("Gift Cards", 0, 30))
    care = state.add_product("Repair", sku="R", price="50", group=state.add_vat_group("Service", 25, 20))
    shop.sell(-60, LineIn(gift), LineIn(care, 2), LineIn(shop.mug, 1, sales_tax="10"))
    sold = shop.sell(-50, LineIn(shop.mug, price="19.90"), payment="Cash")
    shop.sell(-45, deliver=False)
    state.exchange(sold, shop.at(-40), {0: 1}, [LineIn(shop.mug)], netted_pair=True)
    report = _close(shop, -1)
    assert [report[f"numsalestype{kind}"] for kind in ("product", "service", "giftcard")] == [4, 2, 1]
    assert (report["moneyroundoff"], report["moneysummarysalestax"]) == ("0.10", "8.00")
    assert report["moneysummarytotal"] == "708.10"
    assert (report["numsalesnotdelivered"], report["moneysalesnotdeliveredtotal"]) == (1, "100.00")
    assert (report["numrefund"], report["moneyrefundtotal"], report["numreceipts"]) == (1, "19.90", 5)
    # The netted 19.90 is no money; the purchase's other 80.10 is.
    paid = {row["name"]: row["moneytotal"] for row in report["paymentssales"]}
    assert paid == {"Card": "688.10", "Cash": "20.00"}
    assert report["paymentsrefund"] == []
    assert (report["moneycash_salesrefunds"], report["moneycash_out"]) == ("20.00", "1020.00")


def test_reports_are_listed_by_till_newest_first_and_filtered_by_date(shop: Shop) -> None:
    for minute in (-30, -20, -10):
        _close(shop, minute)
    path = f"site/cashregisters/{shop.till}/zreports"
    assert [row["zreportid"] for row in shop.get(f"{path}.json")["items"]] == [3, 2, 1]
    asked = {"datecreatedfrom": NOON_S - 1200, "datecreatedto": NOON_S - 600}
    assert [row["zreportid"] for row in shop.get(f"{path}.json", **asked)["items"]] == [3, 2]
    shop.fake.switches.z_report_date_to = "exclusive"
    assert [row["zreportid"] for row in shop.get(f"{path}.json", **asked)["items"]] == [2]
    assert shop.get(f"{path}/2.json")["zreportid"] == 2
    assert shop.refused("GET", f"{path}/9.json") == 404


def test_the_account_wide_list_is_a_bare_array_by_when_it_was_added(shop: Shop) -> None:
    other = shop.state.add_store("Outlet", external_id="299", time_zone="Europe/Stockholm")
    till = shop.state.registers_of(other)[0]
    _close(shop, -30)
    shop.state.close_register(till, shop.at(-20))
    found = shop.get("pos-z-reports.json")
    assert [(row["store_id"], row["dateadded"]) for row in found] == [
        ("200", NOON_S - 1800),
        ("299", NOON_S - 1200),
    ]
    for params in ({"store_id": "299,1"}, {"registerid": till}, {"dateaddedfrom": NOON_S - 1200}):
        assert [row["registerid"] for row in shop.get("pos-z-reports.json", **params)] == [till]
    assert shop.get("pos-z-reports.json", eshopid="7") == []
    assert len(shop.get("pos-z-reports.json", dateaddedto=NOON_S - 1200)) == 2
    shop.fake.switches.z_report_date_to = "exclusive"
    assert len(shop.get("pos-z-reports.json", dateaddedto=NOON_S - 1200)) == 1


def test_the_account_wide_list_stops_at_500(shop: Shop) -> None:
    for minute in range(510):
        shop.state.close_register(shop.till, shop.at(minute - 600))
    found = shop.get("pos-z-reports.json")
    assert (len(found), found[-1]["zreportid"]) == (500, 500)
    assert shop.get("pos-z-reports.json", dateaddedfrom=found[-1]["dateadded"] + 1)[0]["zreportid"] == 501


def test_every_till_closes_every_night_at_its_own_local_time(shop: Shop) -> None:
    tokyo = shop.state.add_store("Tokyo", external_id="T", time_zone="Asia/Tokyo")
    count = shop.state.close_every_night(date(2026, 3, 28), date(2026, 3, 29), time(22, 0))
    assert count == 4
    shop.clock.set(shop.at(60 * 24 * 40))
    times = [row["datecreated"] for row in shop.get(f"site/cashregisters/{shop.till}/zreports.json")["items"]]
    # 28 March is winter time, 29 March summer time: 21:00 and 20:00 UTC.
    assert times == [1_774_814_400, 1_774_731_600]
    till = shop.state.registers_of(tokyo)[0]
    times = [row["datecreated"] for row in shop.get(f"site/cashregisters/{till}/zreports.json")["items"]]
    assert times == [1_774_789_200, 1_774_702_800]


SALES = st.lists(
    st.tuples(
        st.integers(0, 700),  # minute of the day
        st.integers(1, 4),
        st.integers(1, 99_999),
        st.sampled_from(["sale", "refund", "exchange", "late", "hidden", "practice", "netted"]),
        st.sampled_from(["Card", "Cash"]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SALES, st.integers(1, 699))
def test_reports_total_exactly_the_orders_of_their_intervals(
    sales: list[tuple[int, int, int, str, str]], close_at: int
) -> None:
    clock = VirtualClock(NOON)
    state = build(clock).state
    store = state.add_store("S", external_id="S", time_zone="Europe/Stockholm")
    till = state.registers_of(store)[0]
    mug = state.add_product("Mug", sku="M", price="10")
    made = []
    for minute, pieces, price, kind, payment in sorted(sales):
        made += _play(state, till, mug, minute, pieces, price, kind, payment)
    numbers = [state.close_register(till, _minute(at)) for at in (close_at, 5000)]
    clock.set(_minute(6000))
    state.settle()
    reports = [state.zreport(till, number) for number in numbers]
    for report, low, high in ((reports[0], 0, close_at), (reports[1], close_at, 5000)):
        counted = [state.sale(one) for one in made]
        counted = [
            one for one in counted if NOON_S + low * 60 <= one.date < NOON_S + high * 60 and not one.practice
        ]
        total = sum(one.total for one in counted)
        assert Decimal(report["moneysummarytotal"]) * 100 == total
        assert Decimal(report["moneysalestotal"]) - Decimal(report["moneyrefundtotal"]) == Decimal(
            sum(one.net + one.vat for one in counted)
        ) / Decimal(100)
        assert Decimal(report["moneysalestotalnet"]) - Decimal(report["moneyrefundtotalnet"]) == Decimal(
            sum(one.net for one in counted)
        ) / Decimal(100)
        assert report["numreceipts"] == len(counted)
        vat = sum(Decimal(row["moneytotal"]) for row in report["vatgroupssales"])
        assert vat == Decimal(report["moneysalestotal"])
        paid = sum(Decimal(row["moneytotal"]) for row in report["paymentssales"])
        paid_back = sum(Decimal(row["moneytotal"]) for row in report["paymentsrefund"])
        assert paid - paid_back == Decimal(total) / 100
    grand = Decimal(reports[1]["moneygrandtotalnet"])
    assert grand == sum(Decimal(row["moneysummarysubtotal"]) for row in reports)


def _minute(minute: int) -> Any:
    from datetime import timedelta

    return NOON + timedelta(minutes=minute)


def _play(  # noqa: PLR0917 (one drawn sale)
    state: Any, till: str, mug: int, minute: int, pieces: int, price: int, kind: str, payment: str
) -> list[int]:
    line = LineIn(mug, pieces, Decimal(price) / 100)
    later = _minute(minute + 700) if kind == "late" else None
    sold = state.sell(
        till, _minute(minute), [line], payment=payment, visible_at=later, practice=kind == "practice"
    )
    if kind == "refund":
        return [sold, state.refund(sold, _minute(minute), payment=payment)]
    if kind in ("exchange", "netted"):
        bought = [LineIn(mug, 1, "7.50")]
        netted = kind == "netted"
        return [sold, *state.exchange(sold, _minute(minute), {0: 1}, bought, netted_pair=netted)]
    if kind == "hidden":
        state.hide_order(sold)
    return [sold]
