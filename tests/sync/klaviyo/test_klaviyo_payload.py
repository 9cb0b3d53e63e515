"""What `klaviyo-native` sends, member by member, written by hand."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from klaviyo_world import ANN, COFFEE, MUG, NOON, SHOP, line, opened, planned, receipt

from sync.domain.facts import Customer, OriginalSale, Product, SaleState, Shipment
from sync.domain.planning import Kind, PlannedEvent, plan_cancellation, plan_shipment
from sync.domain.presets import KLAVIYO_NATIVE, Preset
from sync.klaviyo.payload import CannotSend, Payload, build, profile_attributes

COFFEE_ITEM = {
    "ProductID": "11",
    "SKU": "CF-1",
    "ProductName": "Coffee, 1 kg",
    "Brand": "Beanery",
    "Category": "Food/Coffee",
    "ImageURL": "https://images.dev/cf1.jpg",
    "Quantity": 2,
    "ItemPrice": Decimal("12.50"),
    "Discount": Decimal("2.00"),
    "RowTotal": Decimal("23.00"),
}
MUG_ITEM = {
    "ProductID": "12",
    "SKU": "MG-2",
    "ProductName": 'Mug "Tall"',
    "Category": "Kitchen/Mugs",
    "Quantity": 1,
    "ItemPrice": Decimal("9.99"),
    "RowTotal": Decimal("9.99"),
}


def made(event: PlannedEvent, *, backfill: bool = False, **more: datetime) -> Payload:
    return build(event, preset=KLAVIYO_NATIVE, shop=SHOP, backfill=backfill, **more)


def placed() -> PlannedEvent:
    return planned()[0]


def test_a_placed_order_carries_every_property_segments_filter_by() -> None:
    payload = made(placed())
    assert payload.metric == "Placed Order"
    assert payload.email == "ann.lee@northwind.dev"
    assert json.loads(payload.profile) == {
        "type": "profile",
        "attributes": {"email": "ann.lee@northwind.dev"},
    }
    assert opened(payload.event) == {
        "properties": {
            "OrderId": "1001",
            "Email Domain": "northwind.dev",
            "Shop": "Harbour Street",
            "ShopID": "3",
            "Categories": ["Food/Coffee", "Kitchen/Mugs"],
            "Items": ["Coffee, 1 kg", 'Mug "Tall"'],
            "Item Count": 3,
            "Is Discounted": True,
            "Discount Codes": ["Loyalty 10"],
            "Total Discounts": Decimal("2.00"),
            "$extra": {
                "Items": [COFFEE_ITEM, MUG_ITEM],
                "Charges": [{"Kind": "fee", "Amount": Decimal("5.00")}],
            },
        },
        "time": "2026-03-02T17:00:00+00:00",
        "value": Decimal("37.99"),
        "value_currency": "USD",
        "backfill": False,
        "unique_id": "lightspeed_r:797:1001",
        "metric": {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}},
    }


def test_an_ordered_product_is_one_line_of_goods_and_a_fee_is_none() -> None:
    products = [event for event in planned() if event.kind is Kind.PRODUCT]
    assert len(products) == 2
    assert opened(made(products[0], backfill=True).event) == {
        "properties": {
            "OrderId": "1001",
            "Email Domain": "northwind.dev",
            "Category": "Food/Coffee",
            "Name": "Coffee, 1 kg",
            "Product ID": "11",
            "Quantity": 2,
            "$extra": {
                "SKU": "CF-1",
                "Brand": "Beanery",
                "ImageURL": "https://images.dev/cf1.jpg",
                "ItemPrice": Decimal("12.50"),
                "Discount": Decimal("2.00"),
                "RowTotal": Decimal("23.00"),
            },
        },
        "time": "2026-03-02T17:00:00+00:00",
        "value": Decimal("25.00"),
        "value_currency": "USD",
        "backfill": True,
        "unique_id": "lightspeed_r:797:1001:line:1",
        "metric": {"data": {"type": "metric", "attributes": {"name": "Ordered Product"}}},
    }


def test_an_ordered_product_stays_lean() -> None:
    product = Product("1029743", "FRUIT JUICE ORANGE 64OZ", "1029743", "GROCERY/JUICE", "National")
    event = planned(receipt(lines=(line("7", product, "1", 3799),)))[1]
    assert len(made(event).event) < 450


def test_a_refund_names_the_sale_it_returns_and_tells_positive_amounts_without_the_shop() -> None:
    returned = line(
        "9", COFFEE, "-1", -1250, discount_minor=-100, discount_name="Loyalty 10", parent_line_id="1"
    )
    original = OriginalSale("1001", {"1": Decimal(2), "2": Decimal(1)}, "55", ANN)
    sale = receipt(sale_id="1002", total_minor=-1150, lines=(returned,), originals=(original,))
    attributes = opened(made(planned(sale)[0]).event)
    assert attributes["metric"]["data"]["attributes"]["name"] == "Refunded Order"
    assert attributes["unique_id"] == "lightspeed_r:797:1001:refund:1002"
    assert attributes["value"] == Decimal("11.50")
    assert attributes["properties"] == {
        "OrderId": "1001",
        "Email Domain": "northwind.dev",
        "Categories": ["Food/Coffee"],
        "Items": ["Coffee, 1 kg"],
        "Item Count": 1,
        "Is Discounted": True,
        "Discount Codes": ["Loyalty 10"],
        "Total Discounts": Decimal("1.00"),
        "$extra": {
            "ReceiptID": "1002",
            "Items": [
                {
                    **COFFEE_ITEM,
                    "Quantity": 1,
                    "Discount": Decimal("1.00"),
                    "RowTotal": Decimal("11.50"),
                }
            ],
        },
    }


def test_a_shipment_calls_its_categories_collections() -> None:
    shipment = Shipment("8", "1001", "55", shipped=True, changed_at=NOON + timedelta(days=1))
    event = plan_shipment(shipment, receipt(), KLAVIYO_NATIVE.policy, KLAVIYO_NATIVE.kinds)
    attributes = opened(made(event).event)
    assert attributes["time"] == "2026-03-03T17:00:00+00:00"
    extra = attributes["properties"].pop("$extra")
    assert attributes["properties"] == {
        "OrderId": "1001",
        "Items": ["Coffee, 1 kg", 'Mug "Tall"'],
        "Collections": ["Food/Coffee", "Kitchen/Mugs"],
        "Discount Codes": ["Loyalty 10"],
        "Total Discounts": Decimal("2.00"),
    }
    assert extra["Items"] == [COFFEE_ITEM, MUG_ITEM]


def test_a_cancellation_says_what_its_placed_order_said() -> None:
    voided = receipt(state=SaleState.VOIDED, changed_at=NOON + timedelta(hours=1))
    canceled = opened(made(plan_cancellation(voided)).event)
    assert canceled["metric"]["data"]["attributes"]["name"] == "Canceled Order"
    assert canceled["unique_id"] == "lightspeed_r:797:1001"
    assert canceled["properties"] == opened(made(placed()).event)["properties"]


def test_time_is_told_in_utc_with_its_offset() -> None:
    local = datetime(2026, 3, 2, 23, 59, 59, 900_000, tzinfo=timezone(timedelta(hours=-5)))
    assert opened(made(planned(receipt(completed_at=local))[0]).event)["time"] == "2026-03-03T04:59:59+00:00"


def test_the_same_facts_give_the_same_bytes() -> None:
    assert made(placed()) == made(planned(receipt())[0])


def test_nothing_of_the_person_but_the_address_goes_along() -> None:
    customer = dataclasses.replace(ANN, phone="+16175550123", zip="02110", company="Northwind Ltd")
    payload = made(planned(receipt(customer=customer))[0])
    for personal in (b"Ann", b"Lee", b"Boston", b"6175550123", b"02110", b"Northwind Ltd"):
        assert personal not in payload.event
        assert personal not in payload.profile
    assert b"ann.lee" not in payload.event


def test_quantities_by_weight_and_currencies_without_cents_stay_exact() -> None:
    lines = (line("1", MUG, "0.3350", 670),)
    event = planned(receipt(currency="JPY", total_minor=670, lines=lines))[1]
    text = made(event).event.decode()
    assert '"Quantity":0.335,' in text
    assert '"ItemPrice":2000,' in text
    assert '"value":670,"value_currency":"JPY"' in text


def test_a_line_of_which_nothing_is_known_still_becomes_an_event() -> None:
    event = planned(receipt(lines=(line("1", None, "1", 3799),)))
    assert opened(made(event[1]).event)["properties"] == {
        "OrderId": "1001",
        "Email Domain": "northwind.dev",
        "Quantity": 1,
        "$extra": {"ItemPrice": Decimal("37.99"), "RowTotal": Decimal("37.99")},
    }
    assert opened(made(event[0]).event)["properties"]["Items"] == []


def test_hostile_names_stay_text() -> None:
    product = Product("1", '<script>"},"time":"1999-01-01"\\\n\u2028\ud800')
    text = opened(made(planned(receipt(lines=(line("1", product, "1", 100),)))[1]).event)
    assert text["time"] == "2026-03-02T17:00:00+00:00"
    assert text["properties"]["Name"] == '<script>"},"time":"1999-01-01"\\\n\u2028\ufffd'


def test_a_metric_can_be_renamed_per_account() -> None:
    names = {**KLAVIYO_NATIVE.metrics, Kind.PLACED: "Placed Order (POS)"}
    preset = dataclasses.replace(KLAVIYO_NATIVE, metrics=names)
    assert build(placed(), preset=preset, shop=None, backfill=False).metric == "Placed Order (POS)"


def test_arrays_are_cut_where_klaviyo_stops_and_the_cut_is_said() -> None:
    goods = tuple(line(str(at), Product(str(at), f"Thing {at}"), "1", 100) for at in range(4003))
    properties = opened(made(planned(receipt(lines=goods, total_minor=400_300))[0]).event)["properties"]
    assert len(properties["Items"]) == 4000
    assert len(properties["$extra"]["Items"]) == 4000
    assert properties["$extra"]["ItemsLeftOut"] == 3
    assert properties["Item Count"] == 4003


def _with(**changes: object) -> PlannedEvent:
    return msgspec.structs.replace(placed(), **changes)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (_with(customer=None), "no_email"),
        (_with(customer=Customer("1")), "no_email"),
        (_with(customer=Customer("1", "not an address")), "unusable_email"),
        (_with(customer=Customer("1", "ann@example.com")), "unusable_email"),
        (_with(happened_at=None), "no_time"),
        (_with(happened_at=datetime(1999, 12, 31, tzinfo=UTC)), "time_too_old"),
        (_with(happened_at=datetime(2027, 3, 2, tzinfo=UTC)), "time_too_far_ahead"),
        (_with(currency="usd"), "unknown_currency"),
        (_with(event_id="x" * 256), "unique_id_length"),
        (_with(event_id=""), "unique_id_length"),
        (_with(lines=(line("1", MUG, "1e19", 100),)), "number_too_large"),
        (_with(lines=(line("1", Product("1", "é" * 50_001), "1", 100),)), "text_too_long"),
        (_with(lines=tuple(line(str(i), Product(str(i), "n" * 60_000), "1", 1) for i in range(90))),
         "event_too_large"),
    ],
)  # fmt: skip
def test_what_klaviyo_would_refuse_or_swallow_is_never_built(event: PlannedEvent, reason: str) -> None:
    with pytest.raises(CannotSend) as caught:
        made(event, now_at=NOON)
    assert caught.value.reason == reason
    assert "@" not in caught.value.detail


def test_a_large_event_below_the_limits_is_built() -> None:
    goods = tuple(line(str(i), Product(str(i), f"{i}" + "n" * 40_000), "1", 1) for i in range(40))
    assert len(made(_with(lines=goods)).event) > 3_000_000


def test_a_kind_the_preset_does_not_send_cannot_be_built() -> None:
    silent = Preset("quiet", {}, KLAVIYO_NATIVE.policy, 60, "klaviyo-native")
    with pytest.raises(CannotSend, match="sends no events of this kind"):
        build(placed(), preset=silent, shop=None, backfill=False)


def test_a_profile_tells_all_that_the_till_knows_today() -> None:
    customer = Customer(
        "55", "Ann.Lee@Northwind.dev", "(617) 555-0123", "Ann", "Lee", "Northwind Ltd", "Dr",
        "Boston", "MA", "02110", "USA",
    )  # fmt: skip
    assert json.loads(profile_attributes(customer, "US")) == {
        "email": "ann.lee@northwind.dev",
        "phone_number": "+16175550123",
        "first_name": "Ann",
        "last_name": "Lee",
        "organization": "Northwind Ltd",
        "title": "Dr",
        "location": {"city": "Boston", "region": "MA", "zip": "02110", "country": "USA"},
    }


def test_a_phone_that_is_no_phone_and_empty_fields_are_left_out() -> None:
    customer = Customer("55", "ann@northwind.dev", phone="call me", first_name="  ")
    assert profile_attributes(customer, "US") == b'{"email":"ann@northwind.dev"}'


def test_a_profile_needs_a_usable_address_and_a_sane_size() -> None:
    with pytest.raises(CannotSend, match="does not take"):
        profile_attributes(Customer("55", "nobody@test.com"), "US")
    with pytest.raises(CannotSend, match="95 KB"):
        profile_attributes(Customer("55", "ann@northwind.dev", first_name="n" * 95_000), "US")
