"""Watching other integrations: told by settings, with a read-only key, and never offering to mend them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from monitor_till import DAY, NOON, Shelf, StoppedClock, Till, line, sale

from monitor.app import Monitor
from monitor.observed import resolve
from monitor.reading import Watched
from monitor.watching import Watching, watching
from sync.domain.planning import Kind
from sync.domain.presets import KLAVIYO_NATIVE
from sync.klaviyo.read import EventRow, Metric
from sync.settings import WrongSettings


def told(**keys: object) -> Watching:
    found = watching({"watch": {"main": keys}}, "main", KLAVIYO_NATIVE)
    assert found is not None
    return found


def test_an_account_that_is_not_named_is_our_own() -> None:
    assert watching({}, "main", KLAVIYO_NATIVE) is None
    assert watching({"watch": {"other": {}}}, "main", KLAVIYO_NATIVE) is None


def test_klaviyos_own_integration_is_a_preset() -> None:
    found = told(preset="klaviyo-r-series")

    assert (found.key_property, found.integration) == ("OrderId", "*lightspeed*")
    assert Kind.CANCELED not in found.preset.metrics


def test_klavx_is_a_preset() -> None:
    assert told(preset="klavx").preset.metrics == {Kind.PLACED: "Placed Order (POS)"}


def test_every_part_can_be_said_otherwise() -> None:
    found = told(key="Receipt No", integration="Acme", metrics={"placed": "Till Sale", "product": ""})

    assert (found.key_property, found.integration) == ("Receipt No", "Acme")
    assert found.preset.metrics[Kind.PLACED] == "Till Sale"
    assert Kind.PRODUCT not in found.preset.metrics


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (
            {"watch": {"main": {"ky": "OrderId"}}},
            "monitor.watch.main.ky: unknown key; known here: preset, key",
        ),
        ({"watch": {"main": {"preset": "acme"}}}, "there are klaviyo-r-series, klavx"),
        ({"watch": {"main": {"metrics": {"sold": "x"}}}}, "monitor.watch.main.metrics.sold"),
        ({"watch": "main"}, "must hold a section per account"),
    ],
)
def test_mistakes_are_said_with_their_place(section: dict, words: str) -> None:  # type: ignore[type-arg]  # as in TOML
    with pytest.raises(WrongSettings, match=words.replace("[", r"\[")):
        watching(section, "main", KLAVIYO_NATIVE)


def test_the_owner_of_a_metric_may_be_a_pattern() -> None:
    metrics = [Metric("1", "Placed Order", "Lightspeed Retail (R)"), Metric("2", "Placed Order", "Shopify")]

    (found,) = resolve(metrics, ["Placed Order"], "*lightspeed*")

    assert (found.metric_ids, found.twins) == (("1",), ("Shopify",))


class AcmeShelf(Shelf):
    """A Klaviyo account fed by a program that names its sales by a property of its own."""

    def metrics(self) -> list[Metric]:
        return [Metric("m:Placed Order", "Placed Order", "Acme")]


def test_any_property_may_name_the_sale_and_nothing_is_offered_to_resend(tmp_path: Path) -> None:
    till, shelf = Till(), AcmeShelf()
    till.sales = [sale(each, lines=(line(each, 1000),)) for each in ("10", "11")]
    row = EventRow("e1", int(NOON.timestamp()), "p1", "acme-1", "", "", Decimal(10), "USD", ("10",))
    shelf.rows["Placed Order"].append(row)
    ways = told(key="Receipt No", integration="Acme", metrics={"product": ""})
    watched = Watched(
        "main", "lightspeed_r", till, shelf, ways.preset, ways.key_property, ways.integration
    )  # fmt: skip
    monitor = Monitor([watched], StoppedClock(NOON + timedelta(days=3)), lambda _, path: path.write_text(""))

    report = monitor.reconcile(DAY, DAY, tmp_path)

    (found,) = report.findings
    assert (found.kind, found.sale_id, found.command) == ("missing", "11", "")
    assert found.remedy == "Ask whoever runs the integration to send it, then compare again."
    assert "tillproof sync" not in report.next_step
