"""What the sync's own books add: proofs of what was found, and how long sales took. No more than that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from monitor_till import DAY, NOON, Shelf, StoppedClock, Till, kinds, sale

from monitor.app import Monitor
from monitor.explain import Entry, LedgerJournal, Letter, OnItsWay
from monitor.reading import Watched
from monitor.report_data import Report
from scenarios.harness.world import ACCOUNT, World
from sync.domain.presets import KLAVIYO_NATIVE
from sync.store import accounts
from sync.store.database import open_store
from sync.store.rows import EventState

HEAD = "lightspeed_r:797:"
HOUR = timedelta(hours=1)


@dataclass
class Journal:
    """Books as a test wrote them."""

    events: dict[tuple[str, str], Entry] = field(default_factory=dict)
    dead: dict[str, Letter] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    times: list[tuple[str, int, int]] = field(default_factory=list)
    since: datetime | None = NOON - timedelta(days=30)
    ended: tuple[datetime, ...] = (NOON - HOUR,)

    def entries(self, event_ids: Sequence[str]) -> Mapping[tuple[str, str], Entry]:
        return {key: entry for key, entry in self.events.items() if key[1] in event_ids}

    def letters(self, sale_ids: Sequence[str]) -> Mapping[str, Letter]:
        return {number: letter for number, letter in self.dead.items() if number in sale_ids}

    def read_sales(self, sale_ids: Sequence[str]) -> set[str]:
        return self.known & set(sale_ids)

    def last_run_at(self) -> datetime | None:
        return NOON

    def finished_s(self, first_s: int, last_s: int) -> list[int]:
        return [s for s in (int(at.timestamp()) for at in self.ended) if first_s <= s <= last_s]

    def connected_at(self) -> datetime | None:
        return self.since

    def sent(self, first_s: int, last_s: int) -> Iterator[tuple[str, int, int]]:
        return (row for row in self.times if first_s <= row[1] < last_s)

    def latest(self, count_max: int) -> Sequence[OnItsWay]:
        raise NotImplementedError("a reconciliation asks for windows only")


def reconcile(till: Till, shelf: Shelf, journal: Journal, out: Path) -> Report:
    watched = Watched("main", "lightspeed_r", till, shelf, KLAVIYO_NATIVE, journal=journal)
    monitor = Monitor([watched], StoppedClock(NOON + timedelta(days=3)), lambda _, path: path.write_text(""))
    return monitor.reconcile(DAY, DAY, out)


def one_sale(*, sent: bool, minor: int = 1000) -> tuple[Till, Shelf]:
    till, shelf = Till(), Shelf()
    till.sales = [replace(sale("10", lines=()), total_minor=1000)]
    if sent:
        shelf.put("Placed Order", HEAD + "10", NOON, minor)
    return till, shelf


def entry(state: EventState, minor: int = 1000) -> dict[tuple[str, str], Entry]:
    return {("placed", HEAD + "10"): Entry(state, NOON + HOUR, minor, "ann@shop.co")}


@pytest.mark.parametrize(
    ("journal", "code", "proof"),
    [
        (Journal(), "never_read", "A run of the sync last ended on 2026-03-04 17:00 UTC; it does not know"),
        (Journal(dead={"10": Letter("no_lines", NOON)}), "dead_letter", "aside on 2026-03-04 17:00 UTC"),
        (Journal(events=entry(EventState.SENT)), "accepted_and_dropped", "took it on 2026-03-04 18:00 UTC"),
        (Journal(events=entry(EventState.PLANNED)), "not_sent_yet", "waiting since 2026-03-04 18:00 UTC"),
        (Journal(events=entry(EventState.DEAD)), "refused", "refused on 2026-03-04 18:00 UTC"),
        (Journal(events=entry(EventState.WITHDRAWN)), "withdrawn", "withdrawn on 2026-03-04 18:00 UTC"),
    ],
)
def test_the_books_say_why_a_sale_is_missing(tmp_path: Path, journal: Journal, code: str, proof: str) -> None:
    (found,) = reconcile(*one_sale(sent=False), journal, tmp_path).findings

    assert (found.cause.code, found.cause.proven) == (code, True)
    assert proof in found.cause.proof


def test_a_sale_that_was_read_and_never_planned_stays_unexplained(tmp_path: Path) -> None:
    (found,) = reconcile(*one_sale(sent=False), Journal(known={"10"}), tmp_path).findings

    assert (found.cause.code, found.cause.proven) == ("not_in_klaviyo", False)


@pytest.mark.parametrize(
    ("sent_minor", "code"),
    [(900, "edited_after_sending"), (1000, "changed_in_klaviyo"), (5, "unknown_amount")],
)
def test_the_books_say_whose_amount_changed(tmp_path: Path, sent_minor: int, code: str) -> None:
    journal = Journal(events=entry(EventState.SENT, sent_minor))

    (found,) = reconcile(*one_sale(sent=True, minor=900), journal, tmp_path).findings

    assert (found.kind, found.cause.code) == ("amount_mismatch", code)


def test_the_books_alone_find_nothing(tmp_path: Path) -> None:
    journal = Journal(events=entry(EventState.DEAD), dead={"10": Letter("no_lines", NOON)})

    assert kinds(reconcile(*one_sale(sent=True), journal, tmp_path)) == {}


def timed(
    *, after: timedelta, changed: timedelta = timedelta(0), since: datetime = NOON - HOUR
) -> tuple[Till, Shelf, Journal]:
    till, shelf = one_sale(sent=True)
    till.sales = [replace(till.sales[0], changed_at=NOON + changed)]
    at = int(NOON.timestamp())
    return till, shelf, Journal(times=[(HEAD + "10", at, at + int(after.total_seconds()))], since=since)


def test_a_sale_sent_more_than_a_day_later_is_late(tmp_path: Path) -> None:
    report = reconcile(*timed(after=timedelta(hours=25)), tmp_path)

    (found,) = report.findings
    assert (found.kind, found.difference_minor) == ("late", 1000)
    assert found.title == "Placed Order of sale 10 reached Klaviyo 25 hours after the sale"
    (lag,) = report.lags
    assert (lag.leg, lag.sample_count, lag.p50_s, lag.max_s) == ("till_to_sent", 1, 90_000, 90_000)


@pytest.mark.parametrize(
    "case",
    [
        {"after": timedelta(hours=24)},
        {"after": timedelta(hours=40), "changed": timedelta(hours=20)},  # a customer was added in between
        {"after": timedelta(hours=40), "changed": timedelta(hours=50)},  # what was there before is not known
        {"after": timedelta(days=9), "since": NOON + HOUR},  # history, sent when the account was connected
    ],
)
def test_a_sale_that_could_not_be_sent_sooner_is_not_late(tmp_path: Path, case: dict) -> None:  # type: ignore[type-arg]  # as named
    assert kinds(reconcile(*timed(**case), tmp_path)) == {}


@pytest.mark.parametrize(("hours", "found"), [(1, {}), (24, {}), (25, {"late": 1})])
def test_a_sale_that_waited_while_the_sync_ran_was_held_back_by_something_else(
    tmp_path: Path, hours: int, found: dict[str, int]
) -> None:
    till, shelf, journal = timed(after=timedelta(hours=40))

    report = reconcile(till, shelf, replace(journal, ended=(NOON - HOUR, NOON + hours * HOUR)), tmp_path)

    assert kinds(report) == found


def test_what_was_sold_before_the_very_first_run_is_not_late(tmp_path: Path) -> None:
    till, shelf, journal = timed(after=timedelta(hours=40))

    report = reconcile(till, shelf, replace(journal, ended=(NOON + 40 * HOUR,)), tmp_path)

    assert kinds(report) == {}


def test_the_real_books_tell_what_was_sent_and_when(tmp_path: Path) -> None:
    from decimal import Decimal

    from fakes.lightspeed_r.records import LineIn

    opening = datetime(2026, 3, 6, 15, tzinfo=UTC)
    with World(tmp_path, opening) as world:
        till = world.till.state
        shop, tea = till.add_shop("Main Street", "America/New_York"), till.add_item("Tea", price="4.50")
        ann = till.add_customer("Ann", "Lee", email="ann.lee@marlowfernpost.com", no_email=False, at=opening)
        number = till.sell(shop, opening, [LineIn(tea, 1, Decimal("4.50"))], customer_id=ann)
        world.clock.advance(1800)
        world.once()
        head = f"lightspeed_r:{world.till.credentials['account_id']}:"
        with open_store(world.settings.store.url, create=False) as store:
            with store.reading() as connection:
                account = accounts.find(connection, ACCOUNT)
            assert account is not None
            journal = LedgerJournal(store, account)

            told = journal.entries([head + str(number), "nothing"])
            times = list(journal.sent(int(opening.timestamp()), int(opening.timestamp()) + 1))

            assert told["placed", head + str(number)].state is EventState.SENT
            assert told["placed", head + str(number)].value_minor == 450
            assert [(key, happened) for key, happened, _ in times] == [
                (head + str(number), int(opening.timestamp()))
            ]
            assert times[0][2] >= int(opening.timestamp()) + 1800
            assert journal.read_sales([str(number), "77"]) == {str(number)}
            assert journal.letters([str(number)]) == {}
            assert journal.last_run_at() is not None
            assert journal.connected_at() is not None
            assert len(journal.finished_s(int(opening.timestamp()), int(opening.timestamp()) + 7200)) == 1
