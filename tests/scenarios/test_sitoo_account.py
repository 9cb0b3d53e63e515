"""An account whose settings hold all that is needed: nobody signs in, and nothing asks anybody to."""

from pathlib import Path

from sitoo_world import OPENING, SitooWorld

from scenarios.harness.merchant import ACCOUNT
from scenarios.harness.world import World


def test_an_account_without_a_sign_in_counts_as_connected(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path)
    assert not shop.world.sync.signs_in(ACCOUNT)
    [before] = shop.world.sync.status()
    assert (before.connected, before.trouble) == (True, "")
    shop.sell()
    shop.once()
    [after] = shop.world.sync.status()
    assert (after.connected, after.sent_count) == (True, 2)


def test_many_shops_without_a_zone_are_one_problem_that_names_the_setting(tmp_path: Path) -> None:
    shop = SitooWorld(tmp_path)
    for number in range(2, 9):
        shop.state.add_store(f"Shop {number}", external_id=f"S{number}", time_zone="Europe/Stockholm")
    problems = shop.world.sync.check(ACCOUNT).problems
    [zoneless] = [each for each in problems if "no time zone" in each]
    assert zoneless.startswith("8 shops (1, 2, 3, 4, 5, …) have no time zone: ")
    assert f"set zone (or zones, by shop) under [accounts.{ACCOUNT}.sitoo]" in zoneless


def test_a_merchant_without_any_register_is_told_to_name_the_currency_and_not_to_wait(tmp_path: Path) -> None:
    world = World(tmp_path, OPENING, source="sitoo")
    [result] = world.sync.once()
    assert (result.exit_code, "write `currency`" in result.detail) == (5, True)
