"""Sales, people, dead letters, cursors and secrets, on both kinds of database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sync.domain.errors import SetAside
from sync.domain.facts import Customer, Product, Sale, SaleLine, SaleState, Shop
from sync.store import accounts, letters, people, sales
from sync.store.database import Store
from sync.store.people import Person
from sync.store.sales import SaleRecord, Shelf
from sync.store.secrets import KeyRing, WrongKey, new_key

NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
SALE = Sale(
    "r", "1", "10", "3", "1", SaleState.COMPLETED, "USD", 1000, NOW, NOW,
    (SaleLine("1", "5", Decimal(1), 1000, 0, 1000),), "55", Customer("55", "a@b.dev"),
)  # fmt: skip


@pytest.fixture
def account(store: Store) -> int:
    with store.writing() as connection:
        return accounts.number_of(connection, "main", "lightspeed_r")


@pytest.mark.parametrize(
    "change",
    [
        {"state": SaleState.VOIDED}, {"total_minor": 999}, {"customer_id": None}, {"lines": ()},
        {"customer": Customer("55", "other@b.dev")}, {"completed_at": NOW + timedelta(seconds=1)},
    ],
)  # fmt: skip
def test_a_fingerprint_changes_with_whatever_decides_about_the_sale(change: dict[str, object]) -> None:
    assert sales.fingerprint(replace(SALE, **change), b"") != sales.fingerprint(SALE, b"")


def test_a_fingerprint_stays_when_only_a_stamp_moved_and_changes_with_the_rules() -> None:
    assert sales.fingerprint(replace(SALE, changed_at=NOW + timedelta(days=1)), b"") == sales.fingerprint(
        SALE, b""
    )
    assert sales.fingerprint(SALE, b"other rules") != sales.fingerprint(SALE, b"")


def record(account: int, sale_id: str, mark: bytes, missing: int = 0) -> SaleRecord:
    return SaleRecord(account, sale_id, mark, "completed", "3", "55", 1, 1000, "USD", "", missing)


def test_sales_are_remembered_by_their_latest_fingerprint(store: Store, account: int) -> None:
    with store.writing() as connection:
        sales.remember(connection, [record(account, "1", b"a", 1), record(account, "2", b"b")])
        sales.remember(connection, [record(account, "2", b"c")])
        assert sales.fingerprints(connection, account, ["1", "2", "3"]) == {"1": b"a", "2": b"c"}
        assert sales.waiting_for(connection, account, ["55", "56"]) == ["1"]


def test_the_shelf_gives_what_was_put_on_it_even_to_another_process(store: Store, account: int) -> None:
    mug = Product("5", "Mug", "MG", "Kitchen", "Best", "https://x.dev/m.jpg")
    Shelf(store, account).put([mug])
    assert Shelf(store, account).get(["5", "6"]) == {"5": mug}


def test_the_shelf_of_a_dry_run_forgets(store: Store, account: int) -> None:
    shelf = Shelf(store, account, keep=False)
    shelf.put([Product("5", "Mug")])
    assert "5" in shelf.get(["5"])
    assert Shelf(store, account).get(["5"]) == {}


def test_shops_are_remembered(store: Store, account: int) -> None:
    shop = Shop("3", "Harbour", "America/New_York", "US")
    with store.writing() as connection:
        sales.keep_shops(connection, account, [shop])
        sales.keep_shops(connection, account, [replace(shop, name="Harbour Street")])
        assert sales.shops(connection, account) == {"3": replace(shop, name="Harbour Street")}


def test_a_person_is_told_of_once_and_again_only_after_a_change(store: Store, account: int) -> None:
    with store.writing() as connection:
        assert people.note(connection, account, [Person("a@b.dev", "55", b"1")], history=True) == 1
        [waiting] = people.waiting(connection, account, 10)
        people.mark_told(connection, account, [waiting], listed=False)
        assert people.note(connection, account, [Person("a@b.dev", "55", b"1")], history=False) == 0
        assert people.waiting(connection, account, 10) == []
        assert people.note(connection, account, [Person("a@b.dev", "55", b"2")], history=False) == 1
        [again] = people.waiting(connection, account, 10)
    assert (bytes(again.attributes), again.is_new) == (b"2", 0)


def test_a_change_during_the_telling_is_told_next(store: Store, account: int) -> None:
    with store.writing() as connection:
        people.note(connection, account, [Person("a@b.dev", "55", b"1")], history=False)
        [told] = people.waiting(connection, account, 10)
        people.note(connection, account, [Person("a@b.dev", "55", b"2")], history=False)
        people.mark_told(connection, account, [told], listed=True)
        [left] = people.waiting(connection, account, 10)
    assert (bytes(left.attributes), left.listed, left.is_new) == (b"2", 1, 1)


def test_going_back_to_what_klaviyo_knows_needs_no_telling(store: Store, account: int) -> None:
    with store.writing() as connection:
        people.note(connection, account, [Person("a@b.dev", "55", b"1")], history=False)
        people.mark_told(connection, account, people.waiting(connection, account, 10), listed=False)
        people.note(connection, account, [Person("a@b.dev", "55", b"2")], history=False)
        people.note(connection, account, [Person("a@b.dev", "55", b"1")], history=False)
        assert people.waiting(connection, account, 10) == []


def test_a_letter_met_again_is_counted_and_one_answered_is_gone(store: Store, account: int) -> None:
    broken = SetAside("sale", "7", "no_total", "the total is missing")
    with store.writing() as connection:
        assert letters.add(connection, account, [(broken, "7")], NOW) == 1
        assert letters.add(connection, account, [(broken, "7")], NOW + timedelta(hours=1)) == 0
        [letter] = letters.listed(connection, account)
        assert (letter.seen_count, letter.first_at, letter.last_at) == (2, NOW, NOW + timedelta(hours=1))
        assert letters.counts(connection, account) == {"no_total": 1}
        assert letters.settle(connection, account, "sale", ["7", "8"]) == 1
        assert not letters.exist(connection, account)


def test_a_run_left_open_by_a_crash_is_closed_as_interrupted(store: Store, account: int) -> None:
    with store.writing() as connection:
        accounts.start_run(connection, account, "once", NOW)
        second = accounts.start_run(connection, account, "backfill", NOW)
        accounts.end_run(connection, second, outcome="done", detail="", counts={"sent": 3}, now_at=NOW)
        last = accounts.last_run(connection, account)
        outcomes = connection.exec_driver_sql("SELECT outcome FROM runs ORDER BY id").scalars().all()
    assert last is not None
    assert (last.mode, last.outcome, last.counts, last.started_at) == ("backfill", "done", '{"sent":3}', NOW)
    assert outcomes == ["interrupted", "done"]


def test_secrets_come_back_and_are_not_readable_in_the_database(store: Store, account: int) -> None:
    ring = KeyRing([new_key()])
    with store.writing() as connection:
        accounts.keep_secrets(connection, account, ring, {"token": "top secret"}, NOW)
        assert accounts.secrets(connection, account, ring) == {"token": "top secret"}
        sealed = connection.exec_driver_sql("SELECT sealed FROM credentials").scalar()
    assert b"secret" not in bytes(sealed)


def test_a_secret_moved_to_another_row_does_not_open(store: Store, account: int) -> None:
    ring = KeyRing([new_key()])
    with store.writing() as connection:
        accounts.keep_secrets(connection, account, ring, {"token": "top secret"}, NOW)
        connection.exec_driver_sql("UPDATE credentials SET field = 'other'")
        with pytest.raises(WrongKey, match="changed or moved; connect the account again"):
            accounts.secrets(connection, account, ring)


def test_keys_are_rotated_without_losing_a_secret(store: Store, account: int) -> None:
    old, new = new_key(), new_key()
    with store.writing() as connection:
        accounts.keep_secrets(connection, account, KeyRing([old]), {"token": "top secret"}, NOW)
        with pytest.raises(WrongKey, match="put that key back"):
            accounts.secrets(connection, account, KeyRing([new]))
        assert accounts.reseal(connection, KeyRing([new, old]), NOW) == 1
        assert accounts.reseal(connection, KeyRing([new, old]), NOW) == 0
        assert accounts.secrets(connection, account, KeyRing([new])) == {"token": "top secret"}


@pytest.mark.parametrize("keys", [[], ["short"], ["ä" * 44]])
def test_a_missing_or_wrong_key_names_the_command_that_makes_one(keys: list[str]) -> None:
    with pytest.raises(WrongKey, match="tillproof accounts keygen"):
        KeyRing(keys)
