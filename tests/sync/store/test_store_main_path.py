"""The main path once on each kind of database."""

from pathlib import Path

import pytest
from sync_world import world

from sync.store.errors import StoreTrouble


def test_sales_reach_klaviyo_exactly_once_on_either_database(url: str, tmp_path: Path) -> None:
    w = world(tmp_path, url=url)
    first, second = w.sell(w.ann, mugs=2, teas=1), w.sell(w.bob)
    assert [result.outcome for result in w.app.once()] == ["done"]
    w.later()
    w.till.state.void(first, w.clock.now())
    w.till.state.refund(second, w.clock.now())
    w.later()
    w.restart()
    for result in (*w.app.once(), *w.app.backfill(), *w.app.once()):
        assert (result.outcome, result.detail) == ("done", "")
    assert w.ids("Placed Order") == ["lightspeed_r:797:1", "lightspeed_r:797:2"]
    assert w.ids("Canceled Order") == ["lightspeed_r:797:1"]
    assert w.ids("Refunded Order") == ["lightspeed_r:797:2"]
    assert w.event_count() == 7
    [status] = w.app.status()
    assert (status.sales_count, status.sent_count, status.waiting_count) == (3, 7, 0)
    w.close()


def test_a_database_that_turns_read_only_stops_the_run_and_loses_nothing(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.sell(w.ann)
    path = tmp_path / "sync.db"
    writable = w.settings
    store = w.settings.store.model_copy(update={"url": f"sqlite:///file:{path}?mode=ro&uri=true"})
    w.settings = w.settings.model_copy(update={"store": store})
    w.restart()
    with pytest.raises(StoreTrouble, match="read-only"):
        w.app.once()
    assert w.event_count() == 0
    w.settings = writable
    w.restart()
    assert [result.outcome for result in w.app.once()] == ["done"]
    assert w.event_count() == 2
    w.close()
