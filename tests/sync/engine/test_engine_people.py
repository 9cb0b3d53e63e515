"""Profiles, the list option, the welcome rule and second looks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sync_world import World, world

from fakes.lightspeed_r.records import LineIn
from sync.engine.runs import Outcome


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path)
    yield made
    made.close()


def listed(tmp_path: Path, **settings: Any) -> World:
    """A world whose new customers go to the list `Shoppers`."""
    made = world(tmp_path)
    chosen = made.klaviyo.state.add_list("Shoppers")
    account = made.settings.accounts["main"]
    klaviyo = account.klaviyo.model_copy(update={"list_id": chosen.id, **settings})
    account = account.model_copy(update={"klaviyo": klaviyo})
    made.settings = made.settings.model_copy(update={"accounts": {"main": account}})
    made.restart()
    return made


def newcomer(w: World, email: str) -> str:
    """Somebody who becomes a customer now."""
    return w.till.state.add_customer("New", "Comer", email=email, at=w.clock.now())


def requests(w: World, part: str) -> int:
    """How many requests to Klaviyo had this in their path."""
    return sum(1 for entry in w.klaviyo.journal.entries() if part in entry.path)


def ran(w: World) -> dict[str, int]:
    [result] = w.app.once()
    assert (result.outcome, result.detail) == (Outcome.DONE, "")
    return result.tally.counts()


def test_without_a_list_nobody_is_put_on_one_or_subscribed(w: World) -> None:
    ran(w)
    assert requests(w, "list") == 0
    assert requests(w, "subscription") == 0


def test_new_customers_join_the_chosen_list_once_and_without_a_welcome(tmp_path: Path) -> None:
    w = listed(tmp_path)
    assert ran(w)["profiles"] == 2
    w.later()
    newcomer(w, "new@northwind.dev")
    w.later()
    assert ran(w)["profiles"] == 1
    assert requests(w, "/relationships/profiles") == 0  # the import's own list relation fires no flow
    assert requests(w, "subscription") == 0
    [shoppers] = w.klaviyo.state.lists.values()
    assert len(shoppers.members) == 3
    w.close()


def test_with_a_welcome_only_those_who_come_after_the_history_are_welcomed(tmp_path: Path) -> None:
    w = listed(tmp_path, welcome=True)
    ran(w)
    assert requests(w, "/relationships/profiles") == 0
    w.later()
    newcomer(w, "new@northwind.dev")
    w.later()
    ran(w)
    assert (
        sum(
            1
            for e in w.klaviyo.journal.entries()
            if e.method == "POST" and "/relationships/profiles" in e.path
        )
        == 1
    )
    w.close()


def test_a_customer_who_left_the_list_is_not_put_back_by_a_change(tmp_path: Path) -> None:
    w = listed(tmp_path)
    ran(w)
    [shoppers] = w.klaviyo.state.lists.values()
    shoppers.members.clear()
    w.later()
    w.till.state.set_email(w.bob, "Bob@Northwind.dev", w.clock.now())
    w.till.state.add_customer("Bob", "Rayleigh", email="bob@northwind.dev", at=w.clock.now())
    w.later()
    assert ran(w)["profiles"] == 1
    assert len(shoppers.members) == 0
    w.close()


def test_a_list_that_is_gone_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    w = listed(tmp_path, list_id="Nobody")
    w.sell(w.ann)
    [result] = w.app.once()
    assert result.outcome is Outcome.REFUSED
    account = w.settings.accounts["main"]
    klaviyo = account.klaviyo.model_copy(update={"list_id": ""})
    accounts = {"main": account.model_copy(update={"klaviyo": klaviyo})}
    w.settings = w.settings.model_copy(update={"accounts": accounts})
    w.restart()
    assert ran(w)["profiles"] == 2
    assert w.event_count() == 2
    w.close()


def test_a_sale_changed_before_it_was_sent_goes_out_as_it_is_now(w: World) -> None:
    first = w.sell(w.ann)
    w.klaviyo.faults.add({"kind": "status", "status": 401, "match": {"path": "/api/profile-bulk*"}})
    [result] = w.app.once()
    assert (result.outcome, w.event_count()) == (Outcome.RECONNECT, 0)
    w.later()
    w.till.state.set_email(w.ann, "ann@elsewhere.dev", w.clock.now())
    w.till.state.edit_note(first, w.clock.now())
    w.klaviyo.faults.clear()
    w.later()
    counts = ran(w)
    assert (counts["changed"], counts["sent"]) == (2, 2)
    assert w.email_of("Placed Order", f"lightspeed_r:797:{first}") == "ann@elsewhere.dev"


def test_a_sale_voided_before_it_was_sent_is_withdrawn(w: World) -> None:
    sale = w.sell(w.ann)
    w.klaviyo.faults.add({"kind": "status", "status": 401, "match": {"path": "/api/profile-bulk*"}})
    w.app.once()
    w.later()
    w.till.state.void(sale, w.clock.now())
    w.klaviyo.faults.clear()
    w.later()
    counts = ran(w)
    assert (counts["withdrawn"], counts["sent"], w.event_count()) == (2, 0, 0)
    assert w.app.status()[0].withdrawn_count == 2


def test_a_refused_profile_waits_for_a_person_and_is_sent_again_on_retry(w: World) -> None:
    w.klaviyo.faults.add({"kind": "status", "status": 400, "match": {"path": "/api/profile-bulk*"}})
    [result] = w.app.once()
    assert result.outcome is Outcome.SET_ASIDE
    letters = w.app.dead_letters.list()
    assert {(one.letter.subject, one.letter.subject_id) for one in letters} == {
        ("customer", "1"),
        ("customer", "2"),
    }
    w.klaviyo.faults.clear()
    [result] = w.app.dead_letters.retry()
    assert (result.outcome, result.tally.profiles_count) == (Outcome.DONE, 2)
    assert w.app.dead_letters.list() == []


def test_the_events_of_a_profile_arrive_oldest_first_even_when_the_oldest_is_read_last(w: World) -> None:
    now = w.clock.now()
    young = w.till.state.sell(
        w.shop, now - timedelta(minutes=5), [LineIn(w.mug, 1, "10.00")], customer_id=w.ann
    )
    old = w.till.state.sell(w.shop, now - timedelta(days=2), [LineIn(w.mug, 1, "10.00")], customer_id=w.ann)
    ran(w)
    stored = [event.unique_id for event in w.klaviyo.state.find_events("Placed Order")]
    assert stored == [f"lightspeed_r:797:{old}", f"lightspeed_r:797:{young}"]


def test_two_customers_of_one_address_are_one_profile_and_settle(w: World) -> None:
    w.till.state.add_customer(
        "Anna", "Lee", email="ann.lee@northwind.dev", at=w.clock.now() - timedelta(days=3)
    )
    assert ran(w)["profiles"] == 2
    for _ in range(3):
        w.later(60)
        assert ran(w)["profiles"] == 0
