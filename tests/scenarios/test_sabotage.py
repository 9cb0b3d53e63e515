"""The saboteur spoils exactly what it says it spoils."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fakes.kit.clock import VirtualClock
from fakes.klaviyo import app as klaviyo
from fakes.lightspeed_r import app as lightspeed_r
from fakes.lightspeed_r.records import LineIn
from scenarios.harness.sabotage import SOMEBODY_ELSE, Saboteur

NOON = datetime(2026, 5, 6, 16, 0, tzinfo=UTC)


@pytest.fixture
def sides() -> tuple[klaviyo.KlaviyoFake, lightspeed_r.LightspeedRFake]:
    """Six sales of 10.00, one of them voided, each with its Placed Order and one Ordered Product."""
    clock = VirtualClock(NOON + timedelta(days=2))
    mail, till = klaviyo.build(clock), lightspeed_r.build(clock)
    shop = till.state.add_shop("Main Street", "America/New_York")
    item = till.state.add_item("Mug", price="10.00")
    for number in range(6):
        sale = till.state.sell(shop, NOON, [LineIn(item, 1, "10.00")])
        key = f"lightspeed_r:797:{sale}"
        line = till.state.lines_of(sale)[0]
        person = f"person{number}@tidewick-letters.net"
        for metric, unique in (("Placed Order", key), ("Ordered Product", f"{key}:line:{line}")):
            mail.state.add_event(metric, person, unique, NOON, Decimal("10.00"), {"OrderId": sale})
    till.state.void("1", NOON)
    return mail, till


def test_each_defect_is_planted_as_told_and_never_twice_on_a_sale(
    sides: tuple[klaviyo.KlaviyoFake, lightspeed_r.LightspeedRFake],
) -> None:
    mail, till = sides
    defects = [
        ("missing", "Placed Order", 1),
        ("orphaned", "Placed Order", 1),
        ("duplicate", "Ordered Product", 1),
        ("amount_mismatch", "Placed Order", 1),
        ("day_shift", "Placed Order", 1),
    ]
    planted = {p.kind: p for p in Saboteur(mail.state, till.state, seed=1).plant(defects)}
    assert len({p.sale_id for p in planted.values()}) == 5
    assert "1" not in {p.sale_id for p in planted.values()}  # voided: losing its event would be no defect
    assert mail.state.find_events("Placed Order", planted["missing"].event_key) == []
    assert len(mail.state.find_events("Placed Order", planted["orphaned"].event_key)) == 1
    assert {e.email for e in mail.state.find_events("Ordered Product", planted["duplicate"].event_key)} > {
        SOMEBODY_ELSE
    }
    off = planted["amount_mismatch"]
    (changed,) = mail.state.find_events("Placed Order", off.event_key)
    assert changed.value == Decimal("10.00") + Decimal(off.difference_minor) / 100
    (moved,) = mail.state.find_events("Placed Order", planted["day_shift"].event_key)
    assert moved.at == int(NOON.timestamp()) + 86_400


def test_too_few_events_to_spoil_is_said(
    sides: tuple[klaviyo.KlaviyoFake, lightspeed_r.LightspeedRFake],
) -> None:
    mail, till = sides
    with pytest.raises(ValueError, match="not enough Placed Order events to plant missing"):
        Saboteur(mail.state, till.state, seed=1).plant([("missing", "Placed Order", 6)])
