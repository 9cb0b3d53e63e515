"""Sending once more what the monitor does not find: to the same profile, under the same id, as history."""

from datetime import timedelta
from pathlib import Path

import pytest

from sync.drift import missing_sales
from sync.engine.runs import Outcome
from sync.settings import WrongSettings
from tests.sync.sync_world import World, world


@pytest.fixture
def made(tmp_path: Path) -> World:
    return world(tmp_path)


def _lose(made: World, metric: str, unique_id: str) -> None:
    [event] = made.klaviyo.state.find_events(metric_name=metric, unique_id=unique_id)
    made.klaviyo.state.delete_event(event.id)


def test_what_klaviyo_lost_comes_back_under_the_same_id_and_nothing_else_is_doubled(made: World) -> None:
    sale = made.sell(made.ann, mugs=2, teas=1)
    made.app.once("main")
    placed = f"lightspeed_r:797:{sale}"
    before = made.event_count()
    _lose(made, "Placed Order", placed)
    result = made.app.resend("main", [sale])
    assert result.outcome is Outcome.DONE
    assert result.tally.sent_count == 3  # the order and its two products; Klaviyo keeps what it has
    assert made.ids("Placed Order") == [placed]
    assert made.event_count() == before


def test_it_goes_to_the_profile_it_was_sent_to_though_the_address_changed(made: World) -> None:
    sale = made.sell(made.ann)
    made.app.once("main")
    placed = f"lightspeed_r:797:{sale}"
    first = made.email_of("Placed Order", placed)
    _lose(made, "Placed Order", placed)
    made.till.state.set_email(made.ann, "ann.new@corner-tea.co", made.later())
    made.app.resend("main", [sale])
    assert made.email_of("Placed Order", placed) == first


def test_doing_it_twice_changes_nothing(made: World) -> None:
    sale = made.sell(made.bob)
    made.app.once("main")
    count = made.event_count()
    made.app.resend("main", [sale, sale])
    made.app.resend("main", [sale])
    assert made.event_count() == count


def test_a_sale_never_read_before_is_sent_for_the_first_time(made: World) -> None:
    made.app.once("main")
    sale = made.sell(made.bob, minutes_ago=30 * 24 * 60)
    made.app.resend("main", [sale])
    assert made.ids("Placed Order") == [f"lightspeed_r:797:{sale}"]


def test_a_sale_left_out_stays_left_out(made: World) -> None:
    sale = made.sell("0")
    made.app.once("main")
    made.app.resend("main", [sale])
    assert made.event_count() == 0


def test_a_sale_and_the_refund_of_all_of_it_share_an_id_and_both_come_back(made: World) -> None:
    sale = made.sell(made.ann, minutes_ago=60)
    refund = made.till.state.refund(sale, made.clock.now() - timedelta(minutes=5))
    made.app.once("main")
    for metric in ("Placed Order", "Refunded Order"):
        _lose(made, metric, f"lightspeed_r:797:{sale}")
    made.app.resend("main", [sale, refund])
    assert made.ids("Placed Order") == made.ids("Refunded Order") == [f"lightspeed_r:797:{sale}"]


def test_what_was_claimed_survives_an_outage_and_goes_with_the_next_run(made: World) -> None:
    sale = made.sell(made.ann)
    made.app.once("main")
    _lose(made, "Placed Order", f"lightspeed_r:797:{sale}")
    made.klaviyo.faults.add({"kind": "status", "status": 503, "match": {"method": "POST"}})
    assert made.app.resend("main", [sale]).outcome is Outcome.TRY_LATER
    made.klaviyo.faults.clear()
    made.app.once("main")
    assert made.ids("Placed Order") == [f"lightspeed_r:797:{sale}"]


def test_only_the_missing_of_one_account_are_taken_from_a_drift_file(tmp_path: Path) -> None:
    path = tmp_path / "drift.csv"
    path.write_text(
        "kind,account,sale_id\nmissing,shop,7\nmissing,shop,7\norphaned,shop,8\nmissing,other,9\n"
    )
    assert missing_sales(path, "shop") == ["7"]


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n"])
def test_another_file_is_refused_with_what_to_give(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(content)
    with pytest.raises(WrongSettings, match=r"no drift\.csv of a reconciliation"):
        missing_sales(path, "shop")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"cannot be read \(FileNotFoundError\)"):
        missing_sales(tmp_path / "none.csv", "shop")
