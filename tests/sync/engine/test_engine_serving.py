"""Serving several accounts for long: trouble of one never stops another, and nothing is swallowed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sync_world import world

from sync.engine.ahead import read_ahead, sending_aside
from sync.engine.runs import Outcome, Result
from sync.serve import tick_for_ever
from sync.settings import WrongSettings


def test_an_account_that_somebody_else_works_on_is_tried_again_a_minute_later(tmp_path: Path) -> None:
    w = world(tmp_path)
    results: list[Result] = []
    with w.app.store.holding("main"):
        w.app.run(w.clock.now() + timedelta(seconds=30), results.append)
    assert [(result.outcome, "another run" in result.detail) for result in results] == [
        (Outcome.TRY_LATER, True)
    ]
    w.close()


def test_trouble_at_the_till_is_tried_again_before_the_hour_is_over(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.sell(w.ann)
    w.till.faults.add({"kind": "status", "status": 503, "times": 200, "match": {"path": "*/Sale.json"}})
    results: list[Result] = []
    w.app.run(w.clock.now() + timedelta(minutes=50), results.append)
    assert results[0].outcome is Outcome.TRY_LATER
    assert results[-1].outcome is Outcome.DONE
    assert w.event_count() == 2
    w.close()


def test_a_wrong_cron_expression_names_its_setting(tmp_path: Path) -> None:
    w = world(tmp_path, cron="every day")
    with pytest.raises(WrongSettings, match=r"accounts\.main\.cron: .* five fields"):
        w.app.run(w.clock.now() + timedelta(minutes=1))
    w.close()


def test_what_a_tick_raises_ends_the_serving_and_is_raised() -> None:
    def tick() -> None:
        raise WrongSettings("no")

    with pytest.raises(WrongSettings, match="no"):
        tick_for_ever(tick)


def test_pages_read_ahead_come_in_order_and_an_error_comes_after_them() -> None:
    def pages() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("broken")

    ahead = read_ahead(pages())
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_a_reader_stops_when_nobody_wants_its_pages_any_more() -> None:
    made = []

    def pages() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    ahead = read_ahead(pages())
    assert next(ahead) == 0
    ahead.close()
    assert len(made) < 10


def test_what_is_sent_aside_is_sent_in_order_and_its_trouble_comes_back() -> None:
    sent: list[int] = []

    def fail() -> None:
        raise ValueError("refused")

    with sending_aside() as sender:
        futures = [sender.submit(lambda number=number: sent.append(number)) for number in range(5)]
        trouble = sender.submit(fail)
    assert [future.result() for future in futures] == [None] * 5
    assert sent == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="refused"):
        trouble.result()
