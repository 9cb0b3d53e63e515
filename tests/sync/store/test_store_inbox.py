"""The inbox on both databases: one row per sale, no delivery asked twice, nothing lost between two looks."""

from datetime import UTC, datetime

import pytest

from sync.store import accounts, inbox
from sync.store.database import Store
from sync.store.inbox import Arrival, Taken

NOW_MS = 1_790_000_000_000


@pytest.fixture
def account(store: Store) -> int:
    with store.writing() as connection:
        return accounts.number_of(connection, "main", "lightspeed_x")


def receive(store: Store, account: int, *arrivals: Arrival, at_ms: int = NOW_MS) -> Taken:
    with store.writing() as connection:
        return inbox.receive(connection, account, arrivals, at_ms)


def due(store: Store, account: int, at_ms: int = NOW_MS) -> list[inbox.Entry]:
    with store.reading() as connection:
        return inbox.due(connection, account, at_ms, 100)


def test_deliveries_of_one_sale_become_one_entry(store: Store, account: int) -> None:
    taken = receive(store, account, Arrival("s1", 5, "a"), Arrival("s1", 6, "b"), Arrival("s2", 7, "c"))
    assert taken == Taken(queued_count=3)
    assert [(one.sale_id, one.version, one.mark) for one in due(store, account)] == [
        ("s1", 6, 2),
        ("s2", 7, 1),
    ]


def test_a_repeated_delivery_and_a_stale_one_ask_for_nothing(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 6, "a"))
    assert receive(store, account, Arrival("s1", 6, "a")) == Taken(repeated_count=1)
    assert receive(store, account, Arrival("s1", 5, "b")) == Taken(stale_count=1)
    with store.writing() as connection:
        inbox.done(connection, account, inbox.due(connection, account, NOW_MS, 9), NOW_MS)
    assert receive(store, account, Arrival("s1", 6, "c")) == Taken(stale_count=1)
    assert due(store, account) == []


def test_without_a_version_every_new_delivery_is_worth_a_look(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 0, "a"))
    with store.writing() as connection:
        inbox.done(connection, account, inbox.due(connection, account, NOW_MS, 9), NOW_MS)
    assert receive(store, account, Arrival("s1", 0, "b"), at_ms=NOW_MS + 5) == Taken(queued_count=1)
    assert [one.received_ms for one in due(store, account, NOW_MS + 5)] == [NOW_MS + 5]


def test_what_is_told_while_its_sale_is_read_waits_for_another_look(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 5, "a"))
    taken_up = due(store, account)
    receive(store, account, Arrival("s1", 6, "b"))
    with store.writing() as connection:
        inbox.done(connection, account, taken_up, NOW_MS)
        inbox.put_off(connection, account, [(taken_up[0], NOW_MS + 60_000)], "try_later")
        inbox.give_up(connection, account, taken_up, "try_later", NOW_MS)
    assert [(one.sale_id, one.version) for one in due(store, account)] == [("s1", 6)]


def test_putting_off_counts_the_attempts(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 5, "a"))
    with store.writing() as connection:
        [entry] = inbox.due(connection, account, NOW_MS, 9)
        inbox.put_off(connection, account, [(entry, NOW_MS + 2000)], "try_later")
        assert inbox.next_due_ms(connection, account) == NOW_MS + 2000
    assert due(store, account, NOW_MS + 1999) == []
    assert [one.attempts for one in due(store, account, NOW_MS + 2000)] == [1]


def test_another_delivery_revives_what_was_given_up(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 5, "a"))
    with store.writing() as connection:
        inbox.give_up(connection, account, inbox.due(connection, account, NOW_MS, 9), "not_found", NOW_MS)
        assert inbox.status(connection, account).given_up_count == 1
    assert receive(store, account, Arrival("s1", 5, "b")) == Taken(queued_count=1)


def test_a_week_later_what_was_handled_is_forgotten_and_what_waits_is_not(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 5, "a"), Arrival("s2", 5, "b"))
    week_ms = 7 * 86_400_000
    with store.writing() as connection:
        [first, _] = inbox.due(connection, account, NOW_MS, 9)
        inbox.done(connection, account, [first], NOW_MS)
        assert inbox.prune(connection, NOW_MS + week_ms) == 0
        assert inbox.prune(connection, NOW_MS + week_ms + 1000) == 1
    assert [one.sale_id for one in due(store, account)] == ["s2"]


def test_counts_add_up_and_the_status_tells_the_waits(store: Store, account: int) -> None:
    receive(store, account, Arrival("s1", 5, "a"), Arrival("s2", 5, "b"), Arrival("s3", 5, "c"))
    last_s = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
    with store.writing() as connection:
        first, second, _ = inbox.due(connection, account, NOW_MS, 9)
        inbox.done(connection, account, [first], NOW_MS + 400)
        inbox.done(connection, account, [second], NOW_MS + 200)
        inbox.count(
            connection, {(account, "taken"): 2, (account, "forged"): 1, (0, "unknown"): 4}, last_s - 9
        )
        inbox.count(connection, {(account, "taken"): 1}, last_s)
        found = inbox.status(connection, account)
    assert (found.waiting_count, found.oldest_ms, found.last_s) == (1, NOW_MS, last_s)
    assert found.counts == {"forged": 1, "taken": 3}
    assert found.waits_ms == (200, 400)
