"""Rule preview: what other rules would have hidden or shown over the kept evidence and runs."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from shutil import rmtree

import pytest
from ops_world import OPENING, NightWorld

from fakes.lightspeed_r.records import LineIn
from monitor.alerting.decide import Rules
from monitor.preview import Effect, preview
from monitor.preview_alerts import preview_alerts
from monitor.preview_rules import changed
from scenarios.harness.sabotage import Saboteur
from scenarios.harness.world import ACCOUNT
from sync.settings import WrongSettings


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[NightWorld]:
    with NightWorld(tmp_path) as one:
        till = one.world.till.state
        shop = till.add_shop("Second Street", "America/New_York")
        free = till.add_item("Sample", price="0.00")
        cup = till.add_item("Cup", price="3.00")
        cy = till.add_customer("Cy", "Lee", email="cy@marlowfernpost.com", no_email=False, at=OPENING)
        till.sell(shop, OPENING, [LineIn(free, 1, Decimal("0.00"))], customer_id=cy)
        till.sell(shop, OPENING + timedelta(hours=1), [LineIn(cup, 2, Decimal("3.00"))])  # nobody's
        one.trade()
        one.nights.run_due()
        yield one


def of(nights: NightWorld, *told: str) -> tuple[Effect, ...]:
    with nights.store.reading() as connection:
        found = preview(connection, ACCOUNT, changed(told, settle_s=nights.own.settle))
    assert (found.day_count, found.unkept_count) == (4, 0)
    return found.effects


def test_sales_of_value_zero_would_be_owed_if_they_were_not_excluded(nights: NightWorld) -> None:
    assert of(nights, "exclude_zero_value=false") == (
        Effect("Ordered Product", "USD", shown_count=1),
        Effect("Placed Order", "USD", shown_count=1),
    )


def test_sales_of_nobody_are_shown_with_their_money(nights: NightWorld) -> None:
    assert of(nights, "no_customer=off") == (
        Effect("Ordered Product", "USD", shown_count=1, shown_minor=600),
        Effect("Placed Order", "USD", shown_count=1, shown_minor=600),
    )


def test_a_metric_switched_off_hides_what_is_in_klaviyo_already(nights: NightWorld) -> None:
    (effect,) = of(nights, "metrics.refunded=")
    assert (effect.metric, effect.hidden_count, effect.hidden_there_count) == ("Refunded Order", 1, 1)


def test_what_is_no_change_shows_nothing(nights: NightWorld) -> None:
    assert of(nights, "exclude_zero_value=true") == ()


def test_a_longer_settling_time_would_have_called_the_missing_too_fresh(nights: NightWorld) -> None:
    Saboteur(nights.world.klaviyo.state, nights.world.till.state, seed=5).plant(
        [("missing", "Placed Order", 1)]
    )
    nights.nights.run_now()
    (effect,) = of(nights, "settle=9d")
    assert (effect.metric, effect.settled_count) == ("Placed Order", 1)


def test_days_whose_evidence_is_gone_are_counted_not_guessed(nights: NightWorld) -> None:
    rmtree(Path(nights.ran[0].folder) / "evidence")
    with nights.store.reading() as connection:
        found = preview(connection, ACCOUNT, changed(["no_customer=off"]))
    assert (found.day_count, found.unkept_count, found.effects) == (0, 4, ())


def test_thresholds_are_tried_on_the_runs_that_were(nights: NightWorld) -> None:
    klaviyo = nights.world.klaviyo.state
    before = klaviyo.dump()
    Saboteur(klaviyo, nights.world.till.state, seed=5).plant([("missing", "Placed Order", 2)])
    nights.next_night()
    klaviyo.load(before)
    nights.next_night()

    with nights.store.reading() as connection:
        found = preview_alerts(connection, ACCOUNT, Rules(), changed(["min_count=3"]).rules(Rules()))
        same = preview_alerts(connection, ACCOUNT, Rules(), changed(["min_count=2"]).rules(Rules()))
        muted = preview_alerts(connection, ACCOUNT, Rules(), changed(["mute.missing=true"]).rules(Rules()))

    assert (found.before_count, found.after_count) == (2, 0)
    assert found.hidden == ("2026-04-10 missing new (2)", "2026-04-11 missing recovered (2)")
    assert (same.hidden, same.shown) == ((), ())
    assert muted.after_count == 0


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("exclude_zero_value", "say NAME=VALUE"),
        ("exclude_zero_value=perhaps", "say true or false"),
        ("require_consent=true", "only loosening"),
        ("metrics.sold=", "with one of"),
        ("min_count=many", "cannot be read"),
        ("colour=blue", "cannot be previewed"),
    ],
)
def test_what_cannot_be_previewed_is_refused_in_words(told: str, words: str) -> None:
    with pytest.raises(WrongSettings, match=words):
        changed([told])
