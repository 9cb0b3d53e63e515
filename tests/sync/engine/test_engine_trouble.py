"""Trouble at either end: nothing is lost, nothing doubled, and the words say what to do."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sync_world import World, world

from sync.engine.runs import Outcome
from sync.store.errors import AccountBusy


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path)
    yield made
    made.close()


def test_an_answer_lost_after_its_effect_doubles_nothing(w: World) -> None:
    w.sell(w.ann, mugs=2, teas=1)
    w.klaviyo.faults.add(
        {"kind": "reset_after", "times": 1, "match": {"method": "POST", "path": "/api/event*"}}
    )
    [result] = w.app.once()
    assert result.outcome is Outcome.DONE
    assert w.event_count() == 3


def test_klaviyo_down_loses_nothing_and_what_was_claimed_is_sent_to_the_byte(w: World) -> None:
    w.sell(w.ann, mugs=2, teas=1)
    w.klaviyo.faults.add({"kind": "status", "status": 503, "match": {"path": "/api/event*"}})
    [result] = w.app.once()
    assert (result.outcome, w.event_count()) == (Outcome.TRY_LATER, 0)
    [status] = w.app.status()
    assert (status.waiting_count, status.sending_count) == (3, 3)
    # A corrected address must not move what may already have arrived to another profile.
    w.till.state.set_email(w.ann, "ann@elsewhere.dev", w.clock.now())
    w.klaviyo.faults.clear()
    w.later()
    w.restart()
    [result] = w.app.once()
    assert (result.outcome, w.event_count()) == (Outcome.DONE, 3)
    assert w.email_of("Placed Order", "lightspeed_r:797:1") == "ann.lee@northwind.dev"


def test_the_till_down_stops_neither_other_feeds_nor_delivery(w: World) -> None:
    w.sell(w.ann)
    w.till.faults.add({"kind": "status", "status": 503, "match": {"path": "*/Customer.json"}})
    [result] = w.app.once()
    assert result.outcome is Outcome.TRY_LATER
    assert w.event_count() == 2
    w.till.faults.clear()
    w.later()
    assert w.app.once()[0].outcome is Outcome.DONE


def test_a_dead_connection_names_the_command_that_mends_it(w: World) -> None:
    w.sell(w.ann)
    w.till.faults.add({"kind": "status", "status": 401, "match": {"path": "*"}})
    [result] = w.app.once()
    assert result.outcome is Outcome.RECONNECT
    assert "tillproof accounts connect main" in result.detail
    [status] = w.app.status()
    assert "tillproof accounts connect main" in status.trouble
    w.till.faults.clear()
    assert w.app.once()[0].outcome is Outcome.DONE
    assert w.app.status()[0].trouble == ""


def test_expired_tokens_are_renewed_and_stored_before_use(w: World) -> None:
    w.sell(w.ann)
    w.later(120)
    assert w.app.once()[0].outcome is Outcome.DONE
    w.restart()
    w.later(120)
    assert w.app.once()[0].outcome is Outcome.DONE


def test_a_wrong_klaviyo_key_says_which_setting_holds_it(w: World) -> None:
    account = w.settings.accounts["main"]
    wrong = account.model_copy(update={"klaviyo": account.klaviyo.model_copy(update={"api_key": "pk_no"})})
    w.settings = w.settings.model_copy(update={"accounts": {"main": wrong}})
    w.restart()
    w.sell(w.ann)
    [result] = w.app.once()
    assert result.outcome is Outcome.RECONNECT
    assert "accounts.main.klaviyo" in result.detail
    assert "pk_no" not in result.detail


def test_an_event_klaviyo_refuses_waits_for_a_person_and_the_rest_goes_through(w: World) -> None:
    w.sell(w.ann)
    w.sell(w.bob)
    w.klaviyo.faults.add(
        {"kind": "status", "status": 400, "times": 1, "match": {"method": "POST", "path": "/api/events*"}}
    )
    w.app.once()
    w.later()
    sale = w.sell(w.ann)
    w.later()
    w.klaviyo.faults.clear()
    w.klaviyo.faults.add(
        {"kind": "status", "status": 400, "times": 1, "match": {"method": "POST", "path": "/api/events*"}}
    )
    [result] = w.app.once()
    assert (result.outcome, result.tally.refused_count, result.tally.sent_count) == (Outcome.SET_ASIDE, 1, 1)
    [letter] = [one.letter for one in w.app.dead_letters.list()]
    assert letter.subject == "event"
    assert letter.subject_id.startswith(f"lightspeed_r:797:{sale}")
    before = w.event_count()
    [result] = w.app.dead_letters.retry(numbers=[letter.number])
    assert (result.outcome, result.tally.sent_count) == (Outcome.DONE, 1)
    assert w.event_count() == before + 1
    assert w.app.dead_letters.list() == []


def test_a_dropped_dead_letter_is_gone_for_good(w: World) -> None:
    w.sell(w.ann)
    w.klaviyo.faults.add(
        {"kind": "status", "status": 400, "match": {"method": "POST", "path": "/api/events*"}}
    )
    w.app.once()
    w.klaviyo.faults.clear()
    letters = w.app.dead_letters.list()
    assert w.app.dead_letters.drop(numbers=[one.letter.number for one in letters]) == len(letters) == 2
    w.later()
    w.app.backfill()
    assert w.event_count() == 0


def test_a_sale_that_cannot_be_sent_is_kept_with_its_reason_and_the_rest_goes_on(w: World) -> None:
    too_old = timedelta(days=30 * 366)
    w.till.state.sell(w.shop, w.clock.now() - too_old, [], customer_id=w.ann)
    sale = w.sell(w.bob)
    from fakes.lightspeed_r.records import LineIn

    old = w.till.state.sell(w.shop, w.clock.now() - too_old, [LineIn(w.mug, 1, "10.00")], customer_id=w.ann)
    [result] = w.app.once()
    assert result.outcome is Outcome.SET_ASIDE
    assert w.ids("Placed Order") == [f"lightspeed_r:797:{sale}"]
    reasons = {(one.letter.reason, one.letter.sale_id) for one in w.app.dead_letters.list()}
    assert reasons == {("time_too_old", old)}
    [result] = w.app.dead_letters.retry()
    assert {one.letter.seen_count for one in w.app.dead_letters.list()} == {2}


def test_two_runs_of_one_account_do_not_get_in_each_others_way(w: World) -> None:
    with w.app.store.holding("main"), pytest.raises(AccountBusy, match="another run is working on main"):
        w.app.once()
    assert w.app.once()[0].outcome is Outcome.DONE


def test_an_account_that_was_never_connected_says_how_to_connect_it(tmp_path: Path) -> None:
    from sync_world import settings_for, started

    w = world(tmp_path / "unused") if (tmp_path / "unused").mkdir() is None else None
    assert w is not None
    (tmp_path / "other").mkdir()
    settings = settings_for(tmp_path / "other", w.till, w.klaviyo)
    with started(settings, w.clock, w.till, w.klaviyo) as app:
        [result] = app.once()
    w.close()
    assert result.outcome is Outcome.RECONNECT
    assert "tillproof accounts connect main" in result.detail
