"""A refresh whose answer is lost after the vendor replaced the token: a person connects, and all is kept."""

from datetime import timedelta
from pathlib import Path

import httpx
from x_shop_kit import Shop, shop

ACCOUNT = "grocer"
REDIRECT = "https://merchant.fake/callback"  # as the merchant between the fakes has it in his settings
TOKEN = {"method": "POST", "path": "*/token"}


def connected_again(open_shop: Shop) -> None:
    """A person approves once more, and what the browser was sent back with is given to us."""
    sync, fake = open_shop.world.sync, open_shop.world.till
    fake.switches.redirect_uri = REDIRECT
    with httpx.Client(transport=httpx.WSGITransport(app=fake.wsgi)) as browser:
        sent_back_to = browser.get(sync.sign_in_url(ACCOUNT)).headers["Location"]
    sync.finish_sign_in(ACCOUNT, sent_back_to)


def test_a_lost_answer_to_a_refresh_asks_for_a_person_and_loses_no_sale(tmp_path: Path) -> None:
    with shop(tmp_path) as open_shop:
        world = open_shop.world
        ann = open_shop.customer()
        first = open_shop.sell(10, customer_id=ann)
        assert world.sync.once(ACCOUNT)[0].exit_code == 0
        world.clock.advance(timedelta(days=1).total_seconds())
        second = open_shop.sell(24 * 60, customer_id=ann)
        world.till.faults.add({"kind": "reset_after", "match": TOKEN, "times": 1})

        results = [world.sync.once(ACCOUNT)[0] for _ in range(3)]

        assert [(each.outcome, each.exit_code) for each in results] == [("reconnect", 4)] * 3
        assert "the connection is dead (invalid_grant)" in results[-1].detail
        assert f"run `tillproof accounts connect {ACCOUNT}`" in results[-1].detail
        third = open_shop.sell(24 * 60 + 5, customer_id=ann)

        connected_again(open_shop)

        assert [world.sync.once(ACCOUNT)[0].exit_code for _ in range(2)] == [0, 0]
        placed = [order for kind, _, order in open_shop.events("person1@shopper.co") if kind == "placed"]
        assert sorted(placed) == sorted([first, second, third])
