"""The property mapping of klavx with a merchant's own names, looked at before anything is sent."""

import json
from pathlib import Path
from typing import Any

from x_shop_kit import shop

from sync.show import result_json, result_text


def test_names_of_ones_own_reach_klaviyo_and_the_preview_shows_them_first(tmp_path: Path) -> None:
    account: dict[str, Any] = {
        "event_fields": {
            "rename": {"Items": "Products"},
            "drop": ["SKUs", "Email Domain", "Timestamp"],
            "constants": {"Channel": "In store"},
        },
        "profile_fields": {"rename": {"Loyalty Balance": "Points"}, "drop": ["First Seen", "First Seen Via"]},
    }
    with shop(tmp_path, **account) as s:
        who = s.customer("ann@shopper.co", loyalty_balance="12.5")
        sale = s.sell(10, [(s.boot, 2, "50")], customer_id=who)
        expected = {
            "OrderId": sale, "Shop": "Main Outlet", "ShopID": s.outlet, "Receipt": "1", "Products": ["Boot"],
            "Categories": ["Men/Shoes"], "Brands": ["Acme"], "Item Count": 2, "Is Discounted": False,
            "Discount Codes": [], "Channel": "In store",
            "$extra": {"Items": [{
                "ProductID": s.boot, "SKU": "B1", "ProductName": "Boot", "Brand": "Acme",
                "Category": "Men/Shoes", "Quantity": 2, "ItemPrice": 50.0, "RowTotal": 100.0,
            }]},
        }  # fmt: skip
        seen = s.world.sync.preview("grocer")[0]
        assert json.loads(seen.tally.samples["Placed Order (POS)"]) == expected
        assert result_json(seen)["samples"]["Placed Order (POS)"]["Products"] == ["Boot"]
        assert "one Placed Order (POS) would say:" in result_text(seen)
        assert s.world.events_by_metric() == {}
        s.world.once()
        (event,) = s.world.klaviyo.state.find_events("Placed Order (POS)")
        assert event.properties() == expected
        ann = s.world.klaviyo.state.profiles.owner("email", "ann@shopper.co")
        assert ann is not None
        assert ann.properties == {
            "Accepts Marketing": True,
            "Customer Group": "All Customers",
            "Customer Groups": ["All Customers"],
            "Points": 12.5,
        }


def test_an_ordered_product_names_its_article_and_price(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        sale = s.sell(10, [(s.boot, 2, "50")], customer_id=s.customer("ann@shopper.co"))
        s.world.once()
        (event,) = s.world.klaviyo.state.find_events("Ordered Product (POS)")
        assert event.properties() == {
            "OrderId": sale, "Timestamp": "2026-11-02T14:10:00+00:00", "Shop": "Main Outlet",
            "ShopID": s.outlet, "Receipt": "1", "Email Domain": "shopper.co", "Product Name": "Boot",
            "Product ID": s.boot, "SKU": "B1", "Category": "Men/Shoes", "Brand": "Acme", "Price": 50.0,
            "Quantity": 2, "$extra": {"RowTotal": 100.0},
        }  # fmt: skip


def test_a_renamed_article_reaches_the_next_sale(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("ann@shopper.co")
        s.sell(10, customer_id=who)
        s.world.once()
        s.wait(15)
        s.state.edit_product(s.boot, s.world.clock.now(), name="Better Boot", variant_name="Better Boot")
        s.sell(500, customer_id=who)
        s.wait(30)
        assert s.world.once().detail == ""
        found = s.world.klaviyo.state.find_events("Placed Order (POS)")
        assert [event.properties()["Items"] for event in sorted(found, key=lambda one: one.at)] == [
            ["Boot"],
            ["Better Boot"],
        ]


def test_a_renamed_brand_is_read_with_its_articles_and_others_are_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("ann@shopper.co")
        for number in range(5):
            s.state.add_brand(f"Other {number}")
        s.sell(10, customer_id=who)
        s.world.once()
        s.wait(15)
        searches = "route.GET /api/<version>/search"
        before = s.world.till.journal.counts[searches]
        brand = next(row for row in s.state.brands.rows.values() if row.data["name"] == "Acme")
        brand.data["name"] = "Acme & Sons"
        s.state.changed(s.state.brands, brand, int(s.world.clock.now().timestamp()))
        s.wait(1)
        s.world.once()
        asked = s.world.till.journal.counts[searches] - before
        assert asked <= 4, "the articles of one brand, and the customers of new sales"
        s.sell(500, customer_id=who)
        s.wait(30)
        assert s.world.once().detail == ""
        found = sorted(s.world.klaviyo.state.find_events("Placed Order (POS)"), key=lambda one: one.at)
        assert [event.properties()["Brands"] for event in found] == [["Acme"], ["Acme & Sons"]]
