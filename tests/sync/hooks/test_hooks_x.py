"""X-Series tells of a sale by webhook: it is in Klaviyo within seconds, once, whatever the deliveries do."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from hooks_kit import x_told

from scenarios.harness.merchant import ACCOUNT
from sync.engine.runs import Outcome, hooks_lock

PUSH = {"method": "PUSH"}
SALES = "/api/2026-07/sales*"


def test_a_sale_is_in_klaviyo_as_soon_as_its_webhook_was_followed(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        told.follow(0)
        assert told.placed() == Counter([sale])
        assert told.status().waiting_count == 0
        assert told.counts() == {"taken": 1, "queued": 1}


def test_the_profile_follows_the_event(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        cat = told.till.add_customer("Cat", "Poe", email="cat.poe@northwind.dev", at=told.clock.now())
        told.sell(cat)
        told.follow(5)
        profile = told.klaviyo.state.profile("cat.poe@northwind.dev")
        assert (profile.attributes["first_name"], profile.attributes["last_name"]) == ("Cat", "Poe")


def test_a_lost_webhook_costs_time_and_no_sale(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.fake.faults.add({"kind": "drop", "match": PUSH, "times": 1})
        lost, kept = told.sell(), told.sell(told.bob)
        told.follow(2)
        assert told.placed() == Counter([kept])
        told.clock.advance(900)
        assert told.world.once().detail == ""
        assert told.placed() == Counter([lost, kept])


def test_duplicated_and_reordered_webhooks_are_harmless(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.fake.faults.add(
            {"kind": "duplicate", "match": PUSH, "times": 2}, {"kind": "reorder", "match": PUSH, "every": 2}
        )
        sales = [told.sell(who) for who in (told.ann, told.bob, told.ann, told.bob)]
        told.follow(120, step_s=20)
        assert told.placed() == Counter(sales)
        assert told.counts() == {"taken": 6, "queued": 4, "repeated": 2}


def test_a_stale_webhook_asks_for_nothing(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        # The first delivery is held back behind that of the edit.
        told.fake.faults.add({"kind": "reorder", "match": PUSH, "times": 1})
        sale = told.sell()
        told.follow(0)
        told.clock.advance(5)
        told.till.edit_note(sale, told.clock.now())
        told.follow(0)
        asked = told.fake.journal.count(path=SALES)
        told.follow(120, step_s=60)
        assert told.counts() == {"taken": 2, "queued": 1, "stale": 1}
        assert told.fake.journal.count(path=SALES) == asked
        assert told.placed() == Counter([sale])


def test_a_delivery_repeated_next_day_is_recognised(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.sell()
        told.follow(0)
        [delivery] = told.fake.push.deliveries()
        told.clock.advance(86_400)
        assert told.fake.push.again(delivery.id) == 200
        assert told.counts() == {"taken": 2, "queued": 1, "repeated": 1}


def test_a_sale_edited_ten_times_is_one_order(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        for number in range(10):
            told.till.edit_note(sale, told.clock.now() + timedelta(seconds=number + 1), note=f"edit {number}")
        told.follow(15)
        assert told.placed() == Counter([sale])
        assert told.counts() == {"taken": 11, "queued": 11}


def test_many_webhooks_of_one_sale_at_once_are_one_look(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        for number in range(10):
            told.till.edit_note(sale, told.clock.now(), note=f"edit {number}")
        told.pump()
        asked = told.fake.journal.count(path=SALES)
        told.hooks.step()
        assert told.fake.journal.count(path=SALES) == asked + 1
        assert told.placed() == Counter([sale])


def test_a_lower_version_committed_late_comes_by_its_own_webhook(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        now = told.clock.now()
        late = told.sell(at=now, version_at=now, visible_at=now + timedelta(seconds=90))
        early = told.sell(told.bob, at=now + timedelta(seconds=20))
        told.follow(30)
        assert told.placed() == Counter([early])
        told.follow(65)
        assert told.till.sale(late).version < told.till.sale(early).version
        assert told.placed() == Counter([early, late])
        told.world.once()
        assert told.placed() == Counter([early, late])


def test_a_busy_minute_is_read_in_a_few_requests(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sales = [told.sell(told.ann if number % 2 else told.bob) for number in range(60)]
        told.pump()
        asked = told.fake.journal.count(path=SALES)
        told.hooks.step()
        assert told.placed() == Counter(sales)
        assert told.fake.journal.count(path=SALES) - asked == 1
        assert told.status().waiting_count == 0


def test_a_return_and_a_void_come_in_real_time_too(tmp_path: Path) -> None:
    metrics = {"refunded": "Refunded Order (POS)", "canceled": "Canceled Order (POS)"}
    with x_told(tmp_path, metrics=metrics) as told:
        returned, voided = told.sell(), told.sell(told.bob)
        told.follow(2)
        told.till.refund(returned, told.clock.now())
        told.till.void(voided, told.clock.now())
        told.follow(2)
        assert told.ids("Refunded Order (POS)") == Counter([returned])
        assert told.ids("Canceled Order (POS)") == Counter([voided])


def test_what_a_customer_wants_now_counts_and_not_what_they_wanted_when_last_met(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        now = told.clock.now()
        cat = told.till.add_customer("Cat", "Poe", email="cat.poe@northwind.dev", at=now, do_not_email=True)
        told.sell(cat)
        told.follow(5)
        assert told.placed() == Counter()
        told.till.set_do_not_email(cat, False, told.clock.now())
        told.clock.advance(1)
        second = told.sell(cat)
        told.follow(5)
        assert told.placed() == Counter([second])


def test_in_a_crowd_too_what_customers_want_now_counts(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        now = told.clock.now()
        crowd = [
            told.till.add_customer(
                "Ann", f"Poe{n}", email=f"ann.{n}@northwind.dev", at=now, do_not_email=True
            )
            for n in range(30)
        ]
        for who in crowd:
            told.sell(who)
        told.follow(5)
        assert told.placed() == Counter()
        for who in crowd[:15]:
            told.till.set_do_not_email(who, False, told.clock.now())
        told.clock.advance(1)
        sales = [told.sell(who) for who in crowd]
        told.pump()
        asked = told.fake.journal.count(path="/api/2026-07/customers*")
        told.hooks.step()
        assert told.placed() == Counter(sales[:15])
        assert told.fake.journal.count(path="/api/2026-07/customers*") - asked == 2  # a page and an empty one


def test_klaviyo_being_down_keeps_the_sales_waiting_and_then_sends_each_once(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.klaviyo.faults.add({"kind": "status", "status": 503, "match": {"path": "/api/*"}})
        sales = [told.sell(), told.sell(told.bob)]
        told.follow(1800, step_s=30)
        assert told.status().waiting_count == 2
        told.klaviyo.faults.clear()
        told.follow(1800, step_s=30)
        assert told.status().waiting_count == 0
        assert told.placed() == Counter(sales)


def test_two_days_of_trouble_become_a_dead_letter_that_the_next_run_answers(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.fake.faults.add({"kind": "status", "status": 503, "match": {"path": "/api/2026-07/*"}})
        sale = told.sell()
        told.follow(49 * 3600, step_s=1200)
        assert (told.status().waiting_count, told.status().given_up_count) == (0, 1)
        [letter] = told.world.sync.dead_letters.list(ACCOUNT)
        assert (letter.letter.subject_id, letter.letter.reason) == (sale, "webhook_try_later")
        told.fake.faults.clear()
        assert told.world.once().outcome is Outcome.DONE
        assert told.world.sync.dead_letters.list(ACCOUNT) == []
        assert told.placed() == Counter([sale])


def test_a_sale_that_nobody_can_find_is_given_up_after_an_hour(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.fake.faults.add({"kind": "status", "status": 404, "match": {"path": "/api/2026-07/sales/*"}})
        told.sell()
        told.follow(1800, step_s=60)
        assert told.status().waiting_count == 1
        told.follow(3600, step_s=60)
        assert (told.status().waiting_count, told.status().given_up_count) == (0, 1)
        [letter] = told.world.sync.dead_letters.list(ACCOUNT)
        assert letter.letter.reason == "webhook_not_found"
        assert "the till has none of this number" in letter.letter.detail


def test_a_refused_sale_holds_up_no_other(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        bad, good = told.sell(), told.sell(told.bob)
        told.fake.faults.add(
            {"kind": "status", "status": 422, "match": {"path": f"/api/2026-07/sales/{bad}"}}
        )
        told.follow(0)
        assert told.placed() == Counter([good])
        assert told.status().waiting_count == 1
        told.fake.faults.clear()
        told.follow(10)
        assert told.placed() == Counter([good, bad])


def test_webhooks_wait_while_a_poll_works_on_the_account(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        with told.world.sync.store.holding(hooks_lock(ACCOUNT)):
            told.follow(60, step_s=10)
            assert told.placed() == Counter()
            assert told.status().waiting_count == 1
        told.follow(2)
        assert told.placed() == Counter([sale])


def test_what_waits_survives_a_new_process(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        told.pump()
        told.restart()
        told.hooks.step()
        assert told.placed() == Counter([sale])


def test_handled_entries_are_forgotten_after_a_week(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        told.sell()
        told.follow(2)
        told.clock.advance(8 * 86_400)
        told.hooks.step()
        with told.world.sync.store.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM inbox_deliveries)"
            ).one()
        assert tuple(rows) == (0, 0)
