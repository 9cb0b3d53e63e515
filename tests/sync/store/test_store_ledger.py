"""The ledger and its outbox, on both kinds of database."""

import pytest

from sync.store import accounts, ledger
from sync.store.database import Store
from sync.store.ledger import Draft
from sync.store.rows import EventState

PLENTY = 10**9


@pytest.fixture
def account(store: Store) -> int:
    with store.writing() as connection:
        return accounts.number_of(connection, "main", "lightspeed_r")


def draft(
    sale: str, at: int, *, kind: str = "placed", event_id: str = "", email: str = "a@b.dev", size: int = 9
) -> Draft:
    return Draft(
        kind, event_id or f"r:1:{sale}", sale, email, at, 1000, "USD", b'{"email":"%b"}' % email.encode(),
        b"x" * size,
    )  # fmt: skip


def planned(store: Store, account: int, *drafts: Draft) -> int:
    with store.writing() as connection:
        return ledger.plan(connection, account, drafts, 100)


def claimed(store: Store, account: int, count: int = 1000, size: int = PLENTY) -> list[str]:
    with store.writing() as connection:
        batch = ledger.claim(connection, account, count, size)
    return [event.event_id for event in batch.events] if batch else []


def states(store: Store, account: int, *sales: str) -> list[int]:
    with store.reading() as connection:
        return [event.state for event in ledger.known_of(connection, account, sales)]


def test_an_event_is_planned_once_however_often_it_is_offered(store: Store, account: int) -> None:
    assert planned(store, account, draft("1", 5), draft("2", 6)) == 2
    assert planned(store, account, draft("2", 6), draft("3", 7), draft("3", 7)) == 1
    assert claimed(store, account) == ["r:1:1", "r:1:2", "r:1:3"]


def test_the_same_id_of_two_kinds_is_two_events_but_never_one_batch(store: Store, account: int) -> None:
    refund = draft("9", 6, kind="refunded", event_id="r:1:1")
    assert planned(store, account, draft("1", 5), refund, draft("3", 7), draft("4", 8, email="c@d.dev")) == 4
    # Sale 3 is of the same profile and later than the refund, so it waits as well.
    assert claimed(store, account) == ["r:1:1", "r:1:4"]
    assert claimed(store, account) == ["r:1:1", "r:1:3"]
    assert claimed(store, account) == []


def test_the_oldest_go_first_and_late_arrivals_jump_the_queue(store: Store, account: int) -> None:
    planned(store, account, draft("1", 50), draft("2", 60))
    planned(store, account, draft("3", 10))
    assert claimed(store, account, count=2) == ["r:1:3", "r:1:1"]
    assert claimed(store, account, count=2) == ["r:1:2"]


def test_a_batch_holds_no_more_bytes_than_allowed_but_at_least_one_event(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1, size=500), draft("2", 2, size=500), draft("3", 3, size=5000))
    assert claimed(store, account, size=1200) == ["r:1:1", "r:1:2"]
    assert claimed(store, account, size=1200) == ["r:1:3"]


def test_a_claimed_batch_is_found_again_exactly_as_it_was(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1), draft("2", 2))
    with store.writing() as connection:
        batch = ledger.claim(connection, account, 1000, PLENTY)
    planned(store, account, draft("3", 0))
    with store.reading() as connection:
        assert ledger.claimed(connection, account) == [1]
        assert ledger.load(connection, account, 1) == batch


def test_what_was_sent_leaves_the_outbox_and_stays_in_the_ledger(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1), draft("2", 2), draft("3", 3))
    claimed(store, account, count=2)
    with store.writing() as connection:
        assert ledger.mark_sent(connection, account, 1, 200) == 2
        assert ledger.waiting_count(connection, account) == 1
    assert states(store, account, "1", "2", "3") == [EventState.SENT, EventState.SENT, EventState.PLANNED]


def test_only_events_that_may_have_left_are_frozen(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1), draft("2", 2), draft("3", 3))
    claimed(store, account, count=1)
    with store.writing() as connection:
        ledger.mark_sent(connection, account, 1, 200)
    claimed(store, account, count=1)
    with store.reading() as connection:
        known = ledger.known_of(connection, account, ["1", "2", "3"])
    assert [event.frozen for event in known] == [True, True, False]


def test_refused_events_wait_for_a_person_with_their_bytes(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1), draft("2", 2))
    claimed(store, account)
    with store.writing() as connection:
        [first, _] = ledger.load(connection, account, 1).events
        ledger.hold_back(connection, [first.id], 200)
        assert ledger.mark_sent(connection, account, 1, 200) == 1
    assert states(store, account, "1", "2") == [EventState.DEAD, EventState.SENT]
    assert claimed(store, account) == []
    with store.writing() as connection:
        assert ledger.ids_of(connection, account, ["r:1:1", "r:1:2"]) == {"r:1:1": first.id}
        ledger.release(connection, [first.id], 300)
        again = ledger.claim(connection, account, 1000, PLENTY)
    assert again is not None
    assert again.events == (first,)


def test_a_replaced_event_keeps_its_place_in_the_ledger_and_gets_new_bytes(
    store: Store, account: int
) -> None:
    planned(store, account, draft("1", 1))
    with store.writing() as connection:
        [before] = ledger.known_of(connection, account, ["1"])
        ledger.replace(connection, account, [(before.id, draft("1", 1, size=20))], 200)
        [after] = ledger.known_of(connection, account, ["1"])
        batch = ledger.claim(connection, account, 1000, PLENTY)
    assert batch is not None
    assert (after.id, len(batch.events[0].payload)) == (before.id, 20)
    assert after.digest != before.digest


def test_a_withdrawn_event_is_not_sent_until_something_plans_it_anew(store: Store, account: int) -> None:
    planned(store, account, draft("1", 1))
    with store.writing() as connection:
        [event] = ledger.known_of(connection, account, ["1"])
        ledger.withdraw(connection, [event.id], 200)
    assert states(store, account, "1") == [EventState.WITHDRAWN]
    assert claimed(store, account) == []
    # A full refund voided and rung up again comes back under another receipt.
    assert planned(store, account, draft("7", 2, event_id="r:1:1")) == 1
    assert states(store, account, "7") == [EventState.PLANNED]
    assert claimed(store, account) == ["r:1:1"]


def test_accounts_do_not_see_each_other(store: Store, account: int) -> None:
    with store.writing() as connection:
        other = accounts.number_of(connection, "other", "lightspeed_r")
    planned(store, account, draft("1", 1))
    planned(store, other, draft("1", 1))
    assert claimed(store, other) == ["r:1:1"]
    with store.reading() as connection:
        assert ledger.claimed(connection, account) == []
    assert states(store, account, "1") == [EventState.PLANNED]
