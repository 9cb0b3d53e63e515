"""Ends that answer badly or not at all, refuse, or do not know us any more; and the way back from each."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bad_input_kit import ANN, Shop

from sync.store.status import Status

GARBLED = "not complete JSON; try again later, and check the configured address if it lasts"
PAGE = "with a web page instead of JSON; try again later"
NEW_KEY = (
    "klaviyo: the API key was rejected. Create a private key in Klaviyo under Settings > API keys and put it "
    "into accounts.grocer.klaviyo (or TILLPROOF_GROCER_KLAVIYO_API_KEY)"
)
DEAD = (
    "Lightspeed R-Series sign-in: the connection is dead (invalid_grant): it was revoked, its employee was "
    "locked, it was unused for 30 days, or the client's id or secret is wrong; run `tillproof accounts "
    "connect grocer`"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as made:
        yield made
        made.assert_discreet()


def status(shop: Shop) -> Status:
    return shop.sync.status()[0]


def changed(shop: Shop, end: str, **fields: Any) -> None:
    """Other settings of one end, as if the file had been edited."""
    [(name, account)] = shop.settings.accounts.items()
    part = getattr(account, end).model_copy(update=fields)
    account = account.model_copy(update={end: part})
    shop.settings = shop.settings.model_copy(update={"accounts": {name: account}})


TROUBLES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "html"}, GARBLED),
    ({"kind": "html", "status": 403}, f"answered 403 {PAGE}"),
    ({"kind": "html", "status": 400}, f"answered 400 {PAGE}"),
    ({"kind": "reset_before"}, "(ConnectionReset); try again later, and check the network"),
    ({"kind": "status", "status": 503}, "has a problem of its own (503); try again later"),
    ({"kind": "rate_limit"}, "allows no more requests for now; try again later"),
]
CUT: tuple[dict[str, Any], str] = ({"kind": "truncated"}, GARBLED)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [("*/Sale.json", *trouble) for trouble in (*TROUBLES, CUT)]
    + [(path, *CUT) for path in ("*/Account/*", "*/Customer.json", "*/Item.json")],
)
def test_a_till_in_trouble_is_named_and_the_next_run_brings_everything_once(
    shop: Shop, fault: dict[str, Any], words: str, path: str
) -> None:
    sales = [shop.sell(), shop.sell(shop.bob)]
    shop.till.faults.add({**fault, "match": {"path": path}})
    result = shop.run()
    assert (result.outcome, result.exit_code) == ("try_later", 3)
    assert result.detail.startswith("Lightspeed R-Series: ")
    assert words in result.detail
    shop.till.faults.clear()
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == (sales, [])


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [(path, *trouble) for path in ("/api/event*", "/api/profile*") for trouble in TROUBLES]
    + [("/api/profile*", *CUT)],  # the answer to events is empty: there is nothing to cut
)
def test_klaviyo_in_trouble_is_named_and_the_next_run_brings_everything_once(
    shop: Shop, fault: dict[str, Any], words: str, path: str
) -> None:
    sales = [shop.sell(), shop.sell(shop.bob)]
    shop.klaviyo.faults.add({**fault, "match": {"path": path}})
    result = shop.run()
    assert (result.outcome, result.exit_code) == ("try_later", 3)
    assert result.detail.startswith("klaviyo: ")
    assert words in result.detail
    # Trouble with profiles keeps no event back.
    assert status(shop).waiting_count == (4 if path == "/api/event*" else 0)
    shop.klaviyo.faults.clear()
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == (sales, [])
    assert shop.events_by_metric() == {"Placed Order": 2, "Ordered Product": 2}
    assert len(shop.klaviyo.state.profiles.all) == 2


def test_a_page_cut_off_in_the_middle_of_a_history_loses_nothing(shop: Shop) -> None:
    sales = sorted(shop.sell(minutes_ago=60 * day) for day in range(250))
    shop.till.faults.add({"kind": "truncated", "after": 1, "match": {"path": "*/Sale.json"}})
    assert shop.run("backfill").exit_code == 3
    shop.till.faults.clear()
    assert shop.run("backfill").exit_code == 0
    assert shop.placed() == sales


def test_a_klaviyo_key_that_died_stops_everything_until_there_is_a_new_one(shop: Shop) -> None:
    good = shop.settings
    changed(shop, "klaviyo", api_key="pk_0000000000000000000000000000000000")
    sale = shop.sell()
    result = shop.run()
    assert (result.outcome, result.exit_code, result.detail) == ("reconnect", 4, NEW_KEY)
    assert "pk_" not in "".join(shop.told)
    assert (status(shop).trouble, status(shop).waiting_count) == (NEW_KEY, 2)
    shop.settings = good
    assert shop.run().exit_code == 0
    assert (shop.placed(), status(shop).trouble) == ([sale], "")


def test_a_key_without_the_scope_for_events_names_it_and_keeps_the_events(shop: Shop) -> None:
    shop.klaviyo.switches.scopes = "lists:write,profiles:write"
    sale = shop.sell()
    result = shop.run()
    assert (result.outcome, result.exit_code) == ("reconnect", 4)
    assert "the API key lacks the scope events:write. A key's scopes cannot be changed" in result.detail
    shop.klaviyo.switches.scopes = ""
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == ([sale], [])


def test_a_key_without_the_scope_for_profiles_keeps_no_event_back(shop: Shop) -> None:
    shop.klaviyo.switches.scopes = "events:write"
    sale = shop.sell()
    result = shop.run()
    assert (result.exit_code, shop.placed()) == (4, [sale])
    assert "profiles:write" in result.detail
    shop.klaviyo.switches.scopes = ""
    assert shop.run().tally.profiles_count == 2


def test_a_list_that_is_gone_keeps_no_event_back(shop: Shop) -> None:
    changed(shop, "klaviyo", list_id="NoList")
    sale = shop.sell()
    result = shop.run()
    assert (result.outcome, result.exit_code) == ("refused", 5)
    assert (
        result.detail == "klaviyo: there is no list NoList; correct list_id in the settings, or leave it out"
    )
    assert shop.placed() == [sale]
    changed(shop, "klaviyo", list_id="")
    assert shop.run().tally.profiles_count == 2


def test_an_access_token_that_expired_is_renewed_without_a_word(shop: Shop) -> None:
    sale = shop.sell()
    shop.clock.advance(7200)
    assert shop.run().exit_code == 0
    shop.till.faults.add({"kind": "expired_token", "times": 1, "match": {"path": "*/Sale.json"}})
    assert shop.run().exit_code == 0
    assert shop.placed() == [sale]


def test_a_revoked_connection_names_the_command_that_mends_it(shop: Shop) -> None:
    sale = shop.sell()
    told = '{"error":"invalid_grant","error_description":"The refresh token is invalid."}'
    shop.till.faults.add({"kind": "status", "status": 400, "body": told, "match": {"path": "*/oauth/token"}})
    shop.clock.advance(7200)
    result = shop.run()
    assert (result.outcome, result.exit_code, result.detail) == ("reconnect", 4, DEAD)
    assert status(shop).trouble == DEAD
    shop.till.faults.clear()
    assert shop.run().exit_code == 0
    assert (shop.placed(), status(shop).trouble) == ([sale], "")


def test_an_account_number_of_somebody_else_is_told_as_such(shop: Shop) -> None:
    good = shop.settings
    changed(shop, "lightspeed_r", account_id="12345")
    sale = shop.sell()
    result = shop.run()
    assert (result.outcome, result.exit_code) == ("reconnect", 4)
    assert "the connection does not open account 12345; correct account_id in the settings" in result.detail
    shop.settings = good
    shop.run()
    assert shop.placed() == [sale]


def test_a_till_that_names_no_currency_says_where_to_set_it(shop: Shop) -> None:
    shop.till_wire.edit("*/Account/797.json", lambda account: {**account, "defaultCurrency": ""})
    sale = shop.sell()
    result = shop.run()
    assert result.exit_code == 5
    assert "set its default currency in Lightspeed" in result.detail
    shop.till_wire.mend()
    shop.run()
    assert shop.placed() == [sale]


def test_a_zone_that_nobody_knows_is_told_and_stops_nothing(shop: Shop) -> None:
    shop.till.state.add_shop("Olympus", "Mars/Olympus")
    sale = shop.sell()
    check = shop.sync.check("grocer")
    assert any("shop 2 has the time zone Mars/Olympus, which nobody knows" in one for one in check.problems)
    today = shop.clock.now().date()
    [result] = shop.sync.backfill(first=today, last=today)
    assert (result.exit_code, shop.placed()) == (0, [sale])


def test_a_challenge_of_klaviyo_s_edge_says_that_nothing_is_lost_and_whom_to_ask(shop: Shop) -> None:
    sale = shop.sell()
    shop.klaviyo.faults.add({"kind": "html", "status": 403, "match": {"path": "/api/event*"}})
    for _ in range(3):
        result = shop.run()
        assert (result.outcome, result.exit_code) == ("try_later", 3)
        assert "nothing is lost, the next run sends what waits" in result.detail
        assert "ask Klaviyo's support to let this server in" in result.detail
    assert (shop.placed(), shop.letters()) == ([], [])
    shop.klaviyo.faults.clear()
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == ([sale], [])


def test_a_right_taken_away_closes_one_feed_and_its_return_opens_it(shop: Shop) -> None:
    sale = shop.sell()
    shop.till.faults.add({"kind": "status", "status": 403, "match": {"path": "*/SaleVoid.json"}})
    assert shop.run().exit_code == 1
    assert shop.reasons() == [("feed", "voids", "missing_scope")]
    assert (
        "the scope employee:admin_void_sale is missing; run `tillproof accounts connect grocer`"
        in shop.told[-1]
    )
    shop.till.faults.clear()
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == ([sale], [])


def test_what_klaviyo_refuses_is_offered_again_as_it_is_at_the_till_by_then(shop: Shop) -> None:
    refused, taken = shop.sell(), shop.sell(shop.bob)
    shop.klaviyo_wire.refuse(ANN.encode(), f"Invalid email address {ANN}")
    result = shop.run()
    assert (result.exit_code, result.tally.refused_count, shop.placed()) == (1, 2, [taken])
    assert [(letter.reason, letter.sale_id) for letter in shop.letters()] == [
        ("refused_invalid", refused)
    ] * 2
    assert shop.letters()[0].detail == "Invalid email address a***@n***.dev (at /data/attributes)"
    shop.clock.advance(3600)
    shop.till.state.set_email(shop.ann, "ann@northwind.dev", shop.clock.now())
    result = shop.run("retry")
    assert (result.exit_code, result.tally.sent_count, shop.letters()) == (0, 2, [])
    assert shop.placed() == [refused, taken]
    [event] = shop.klaviyo.state.find_events("Placed Order", f"lightspeed_r:797:{refused}")
    assert event.email == "ann@northwind.dev"
    shop.run("backfill")
    assert shop.events_by_metric() == {"Placed Order": 2, "Ordered Product": 2}


def test_a_refused_profile_stays_in_the_dead_letters_whatever_its_customer_buys(shop: Shop) -> None:
    shop.klaviyo_wire.refuse(ANN.encode(), f"{ANN} or +12125550147 is not valid", b"/api/profile")
    shop.sell()
    assert shop.run().exit_code == 1
    shop.sell()
    shop.run()
    assert shop.reasons() == [("customer", "1", "refused_invalid")]
    shop.klaviyo_wire.mend()
    result = shop.run("retry")
    assert (result.tally.profiles_count, shop.letters()) == (1, [])


def test_a_refused_profile_that_changes_is_offered_again_by_itself(shop: Shop) -> None:
    shop.klaviyo_wire.refuse(ANN.encode(), "no", b"/api/profile")
    shop.sell()
    shop.run()
    shop.klaviyo_wire.mend()
    shop.clock.advance(3600)
    shop.till.state.customers.rows[int(shop.ann)].title = "Dr"
    shop.till.state.set_no_email(shop.ann, shop.clock.now(), no_email=False)
    assert shop.run().tally.profiles_count == 1
    assert shop.letters() == []


def test_when_klaviyo_refuses_everything_the_run_stops_and_nothing_is_moved_aside(shop: Shop) -> None:
    sales = sorted(shop.sell(minutes_ago=30 * many) for many in range(200))
    shop.klaviyo_wire.refuse(b'"metric"', "This account is suspended.")
    result = shop.run("backfill")
    assert (result.outcome, result.exit_code) == ("refused", 5)
    assert result.detail == (
        "klaviyo: refused 100 events one after the other and took none, so no single one is to blame. "
        "None of them was set aside; all wait. It says: This account is suspended. (at /data/attributes). "
        "Mend that, then run it again"
    )
    assert (shop.letters(), result.tally.set_aside_count) == ([], 0)
    assert (status(shop).waiting_count, status(shop).sending_count, status(shop).refused_count) == (400, 0, 0)
    shop.klaviyo_wire.mend()
    assert shop.run().exit_code == 0
    assert (shop.placed(), shop.letters()) == (sales, [])
    assert shop.events_by_metric() == {"Placed Order": 200, "Ordered Product": 200}


def test_refusals_before_the_hundredth_are_put_back_with_it(shop: Shop) -> None:
    shop.klaviyo_wire.refuse(b'"metric"', "This account is suspended.")
    shop.run()
    first = shop.sell()
    assert shop.run().exit_code == 1
    assert len(shop.letters()) == 2  # too few to tell
    for many in range(60):
        shop.sell(minutes_ago=many / 60)
    assert shop.run().exit_code == 5
    assert len(shop.letters()) == 2  # of the run before, a person's to decide
    shop.klaviyo_wire.mend()
    shop.run("retry")
    assert (len(shop.placed()), first in shop.placed(), shop.letters()) == (61, True, [])


def test_a_hundred_bad_events_are_set_aside_when_a_newer_one_is_taken(shop: Shop) -> None:
    for many in range(60):
        shop.sell(minutes_ago=600 - many)
    good = shop.sell(shop.bob)
    shop.klaviyo_wire.refuse(ANN.encode(), "Invalid email address")
    result = shop.run()
    assert (result.exit_code, result.tally.refused_count, shop.placed()) == (1, 120, [good])
    shop.klaviyo_wire.mend()
    assert shop.run("retry").exit_code == 0
    assert (len(shop.placed()), shop.letters()) == (61, [])


def test_when_klaviyo_refuses_every_profile_none_is_moved_aside(shop: Shop) -> None:
    for number in range(150):
        at = shop.clock.now() - timedelta(days=3)
        shop.till.state.add_customer("Guest", "Day", email=f"guest{number}@northwind.dev", at=at)
    shop.klaviyo_wire.refuse(b'"profile"', "This account is suspended.", b"/api/profile")
    result = shop.run()
    assert result.exit_code == 5
    assert result.detail.startswith("klaviyo: refused 100 profiles one after the other and took none")
    assert (shop.letters(), status(shop).profiles_waiting_count) == ([], 152)
    shop.klaviyo_wire.mend()
    assert shop.run().tally.profiles_count == 152
