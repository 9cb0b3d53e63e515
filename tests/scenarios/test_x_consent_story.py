"""Consent at an X-Series till and in Klaviyo: who gets events, who gets a profile, who is unsubscribed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from x_shop_kit import OPENS_AT, Shop, shop

from fakes.klaviyo.account import ProfileList

PLAIN = [("placed", "50.00"), ("product", "50.00")]


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Shop]:
    """A shop where only membership of the group Newsletter counts as consent."""
    with shop(tmp_path, lightspeed_x={"consent": "group:Newsletter"}) as s:
        yield s


def sent(s: Shop, email: str) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value, _ in s.events(email)]


def profile(s: Shop, email: str) -> Any:
    return s.world.klaviyo.state.profiles.owner("email", email)


def online(s: Shop, email: str, days_ago: int = 30) -> Any:
    """Somebody whom Klaviyo knows from elsewhere."""
    profiles = s.world.klaviyo.state.profiles
    made = profiles.create(s.world.clock.now() - timedelta(days=days_ago))
    profiles.change(made, {"email": email}, s.world.clock.now() - timedelta(days=days_ago))
    return made


def run(s: Shop) -> None:
    result = s.world.once()
    assert (result.detail, result.outcome.value) == ("", "done")


def test_without_consent_and_profile_nobody_is_made_known(strict: Shop) -> None:
    sale = strict.sell(10, customer_id=strict.customer("bob@shopper.co"))
    run(strict)
    assert (sent(strict, "bob@shopper.co"), profile(strict, "bob@shopper.co")) == ([], None)
    assert strict.verdict(sale) == "no_consent"


def test_with_consent_a_new_profile_is_made_and_gets_the_sale(strict: Shop) -> None:
    strict.sell(10, customer_id=strict.customer("eve@shopper.co", group="Newsletter"))
    run(strict)
    assert sent(strict, "eve@shopper.co") == PLAIN
    made = profile(strict, "eve@shopper.co")
    assert made.properties["Accepts Marketing"] is True
    assert made.properties["Customer Groups"] == ["Newsletter"]
    assert (made.properties["First Seen"], made.properties["First Seen Via"]) == (
        "2026-11-01T14:00:00+00:00",
        "POS",
    )


def test_whom_klaviyo_knows_gets_the_sale_without_consent(strict: Shop) -> None:
    online(strict, "ida@shopper.co")
    strict.sell(10, customer_id=strict.customer("ida@shopper.co"))
    run(strict)
    assert sent(strict, "ida@shopper.co") == PLAIN
    found = profile(strict, "ida@shopper.co").properties
    assert found["First Seen Via"] == "Online"
    assert "Accepts Marketing" not in found


def test_a_later_sign_up_brings_the_sales_before_it(strict: Shop) -> None:
    strict.sell(10, customer_id=strict.customer("joe@shopper.co"))
    run(strict)
    strict.wait(60)
    online(strict, "joe@shopper.co", days_ago=0)
    strict.wait(15)
    run(strict)
    assert sent(strict, "joe@shopper.co") == PLAIN


def test_do_not_email_is_an_opt_out_and_travels_once(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("kim@shopper.co")
        s.sell(10, customer_id=who)
        online(s, "kim@shopper.co")
        s.world.klaviyo.state.counts.clear()
        run(s)
        s.state.set_do_not_email(who, True, s.world.clock.now())
        s.wait(15)
        run(s)
        kim = profile(s, "kim@shopper.co")
        assert kim.consent["email.marketing"]["consent"] == "UNSUBSCRIBED"
        # She signs up again elsewhere; the till still says no, but that is old news now.
        kim.consent["email.marketing"] = {**kim.consent["email.marketing"], "consent": "SUBSCRIBED"}
        kim.suppressions.clear()
        s.state.edit_customer(who, s.world.clock.now(), first_name="Kimberley")
        s.wait(15)
        run(s)
        assert kim.consent["email.marketing"]["consent"] == "SUBSCRIBED"
        assert kim.attributes["first_name"] == "Kimberley"


def test_an_opt_out_makes_nobody_known_to_klaviyo(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        sale = s.sell(10, customer_id=s.customer("lou@shopper.co", do_not_email=True))
        run(s)
        assert (profile(s, "lou@shopper.co"), s.verdict(sale)) == (None, "no_consent")


def test_consent_taken_back_leaves_what_was_sent_and_goes_on_for_a_known_profile(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        who = s.customer("mia@shopper.co")
        s.sell(10, customer_id=who)
        run(s)
        s.wait(15)
        s.state.set_do_not_email(who, True, s.world.clock.now())
        s.sell(500, customer_id=who)
        s.wait(30)
        run(s)
        assert sorted(sent(s, "mia@shopper.co")) == sorted(PLAIN * 2)
        assert profile(s, "mia@shopper.co").consent["email.marketing"]["consent"] == "UNSUBSCRIBED"


def test_of_several_customers_with_one_address_any_opt_out_wins(tmp_path: Path) -> None:
    with shop(tmp_path) as s:
        s.customer("noa@shopper.co", do_not_email=True)
        sale = s.sell(10, customer_id=s.customer("Noa@Shopper.co"))
        run(s)
        assert (sent(s, "noa@shopper.co"), s.verdict(sale)) == ([], "no_consent")


def test_consent_subscribes_only_those_who_never_left(tmp_path: Path) -> None:
    with shop(tmp_path, klaviyo={"subscribe": True}) as s:
        s.world.klaviyo.switches.account_opt_in = "single_opt_in"
        left = online(s, "ola@shopper.co")
        left.suppressions.append({"reason": "UNSUBSCRIBE", "timestamp": OPENS_AT.isoformat()})
        for email in ("ola@shopper.co", "pia@shopper.co"):
            s.sell(10, customer_id=s.customer(email))
        run(s)
        assert profile(s, "pia@shopper.co").consent["email.marketing"]["consent"] == "SUBSCRIBED"
        assert left.consent == {}
        assert [one["reason"] for one in left.suppressions] == ["UNSUBSCRIBE"]


def test_phones_are_read_by_the_countries_of_the_outlets(tmp_path: Path) -> None:
    with shop(tmp_path, till={"country": "NZ", "zone": "Pacific/Auckland", "currency": "NZD"}) as s:
        sydney = s.state.add_outlet("Sydney", "Australia/Sydney", currency="AUD", country="AU")
        s.sell(10, customer_id=s.customer("quin@shopper.co", mobile="021 111 1111"))
        s.sell(11, customer_id=s.customer("ray@shopper.co", mobile="0412 345 678"), outlet_id=sydney)
        s.sell(12, customer_id=s.customer("sue@shopper.co", mobile="call my mother"))
        run(s)
        phones = [
            profile(s, f"{name}@shopper.co").attributes.get("phone_number") for name in ("quin", "ray", "sue")
        ]
        assert phones == ["+64211111111", "+61412345678", None]
        (event,) = [
            one
            for one in s.world.klaviyo.state.find_events("Placed Order (POS)")
            if one.email == "ray@shopper.co"
        ]
        assert (event.currency, event.properties()["Shop"]) == ("AUD", "Sydney")


def test_new_customers_with_consent_join_the_chosen_list(tmp_path: Path) -> None:
    with shop(tmp_path, klaviyo={"list_id": "LiStId"}) as s:
        lists = s.world.klaviyo.state.lists
        made = ProfileList("LiStId", "Shoppers", "single_opt_in", s.world.clock.now(), s.world.clock.now())
        lists["LiStId"] = made
        s.sell(10, customer_id=s.customer("tom@shopper.co"))
        run(s)
        assert profile(s, "tom@shopper.co").id in made.members
