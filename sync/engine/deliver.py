"""Delivery: claim a batch, commit, send it, mark it. After a crash the claimed batch is sent again as it was.

Batches go out one after the other, oldest events first, so every profile sees its events in order.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol, TypeVar

from sqlalchemy import Connection

from sync.domain.clock import Clock
from sync.domain.errors import SetAside
from sync.engine.checkpoints import Checkpoint
from sync.engine.tally import Tally
from sync.klaviyo.bodies import BODY_BYTES_MAX, EVENTS_MAX, Outgoing
from sync.klaviyo.consent import ConsentWriter
from sync.klaviyo.errors import REFUSALS_MAX, NothingTaken
from sync.klaviyo.profiles import ProfileOut, ProfilesSent, ProfileWriter
from sync.klaviyo.write import EventWriter, Refusal, Sent
from sync.store import ledger, letters, people, wishes
from sync.store.database import Store
from sync.store.ledger import Batch

T = TypeVar("T")
_ROOM_BYTES = 200 * EVENTS_MAX  # around the payloads in a body
PROFILES_MAX = 10_000
WISHES_MAX = 1_000


class Sender(Protocol):
    """Does the sending: here and now, or in its own thread, always one thing after the other."""

    def submit(self, work: Callable[[], T], /) -> "Future[T]":
        """Do `work`; the future holds what came of it."""
        ...


class Inline:
    """Sends at once, in the caller's thread: what a virtual clock needs."""

    def submit(self, work: Callable[[], T], /) -> "Future[T]":
        """A future that is already done."""
        done: Future[T] = Future()
        done.set_result(work())
        return done


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch on its way; `fresh` when this run claimed it, so that nobody can have sent it before."""

    batch: Batch
    fresh: bool


class Courier:
    """Delivers one account's events and profiles during one run."""

    def __init__(
        self,
        store: Store,
        account: int,
        writer: EventWriter,
        profiles: ProfileWriter,
        *,
        clock: Clock,
        checkpoint: Checkpoint,
        tally: Tally,
        sender: Sender,
        list_id: str | None,
        welcome: bool,
        wishes: ConsentWriter | None = None,
        ordered: bool = False,
        hold_s: int = 0,
    ) -> None:
        """`list_id` is where new customers are put; with `welcome` that starts the list's flows.

        `ordered` sends nothing of a profile before what it did earlier, and waits with all of it until a run
        has read everything; `hold_s` waits with each event until it is so old.
        """
        self._wishes = wishes
        self._ordered = ordered
        self._hold_s = hold_s
        self._store = store
        self._account = account
        self._writer = writer
        self._profiles = profiles
        self._clock = clock
        self._checkpoint = checkpoint
        self._tally = tally
        self._sender = sender
        self._list_id = list_id
        self._welcome = welcome
        self._flying: tuple[_Flight, Future[Sent]] | None = None
        self._waiting_count = 0
        self._taken = False  # whether Klaviyo took anything in this run
        self._refused: list[tuple[int, SetAside]] = []  # rows held back in this run while nothing was taken

    def resume(self) -> None:
        """Send again, to the byte, what an earlier run had claimed; then know how much waits."""
        with self._store.reading() as connection:
            numbers = ledger.claimed(connection, self._account)
            self._waiting_count = ledger.waiting_count(connection, self._account)
        for number in numbers:
            with self._store.reading() as connection:
                batch = ledger.load(connection, self._account, number)
            self._send(_Flight(batch, fresh=False))
            self._land()

    def expect(self, count: int) -> None:
        """So many more events wait."""
        self._waiting_count += count

    def full_batches(self) -> None:
        """Send as long as there is enough for full requests; the last one may still be under way.

        Where order counts nothing goes before everything is read: an older sale may still turn up.
        """
        while not self._ordered and self._waiting_count >= EVENTS_MAX and self._next():
            pass

    def everything(self) -> None:
        """Send all that waits, and see it land."""
        while self._next():
            pass
        self._land()

    def settle(self) -> None:
        """See what is under way land."""
        self._land()

    def tell_people(self) -> None:
        """Bring the waiting profiles up to date, new ones onto the list where one is chosen."""
        self._land()
        for to_list in (False, True) if self._list_id else (False,):
            while self._some_people(to_list):
                pass

    def tell_wishes(self) -> None:
        """Unsubscribe those who opted out at the till; subscribe those whose consent there is to travel."""
        if self._wishes is None:
            return
        for wish in (wishes.OPTED_OUT, wishes.CONSENTED):
            while self._some_wishes(self._wishes, wish):
                pass

    def _some_wishes(self, writer: ConsentWriter, wish: str) -> bool:
        with self._store.reading() as connection:
            emails = wishes.waiting(connection, self._account, wish, WISHES_MAX)
        if not emails:
            return False
        if wish == wishes.OPTED_OUT:
            self._tally.opted_out_count += writer.opt_out(emails)
        else:
            self._tally.subscribed_count += writer.subscribe(emails, self._list_id)
        with self._store.writing() as connection:
            wishes.mark_told(connection, self._account, emails, wish)
        return True

    def _next(self) -> bool:
        self._land()
        if self._waiting_count <= 0 and not self._any_waits():
            return False
        with self._store.writing() as connection:
            batch = ledger.claim(
                connection, self._account, EVENTS_MAX, BODY_BYTES_MAX - _ROOM_BYTES,
                in_order=self._ordered, until_s=self._until_s(),
            )  # fmt: skip
            self._checkpoint("batch claimed")
        if batch is None:
            self._waiting_count = 0
            return False
        self._checkpoint("batch committed")
        self._waiting_count -= len(batch.events)
        self._send(_Flight(batch, fresh=True))
        return True

    def _any_waits(self) -> bool:
        """Whether there is anything to claim: asked without holding up whoever writes."""
        with self._store.reading() as connection:
            self._waiting_count = ledger.waiting_count(connection, self._account)
        return self._waiting_count > 0

    def _send(self, flight: "_Flight") -> None:
        outgoing = [
            Outgoing(event.id, event.profile, event.payload, len(event.profile) + len(event.payload))
            for event in flight.batch.events
        ]
        refusals_max = None if self._taken else max(1, REFUSALS_MAX - len(self._refused))
        self._flying = (
            flight,
            self._sender.submit(
                lambda: self._writer.send(outgoing, refusals_max=refusals_max, in_order=self._ordered)
            ),
        )

    def _until_s(self) -> int | None:
        if not (self._ordered and self._hold_s):
            return None
        return int(self._clock.now().timestamp()) - self._hold_s

    def _land(self) -> None:
        if self._flying is None:
            return
        flight, future = self._flying
        self._flying = None
        sent = future.result()
        self._checkpoint("batch sent")
        self._taken = self._taken or bool(sent.accepted)
        if not self._taken and len(self._refused) + len(sent.refused) >= REFUSALS_MAX:
            self._put_back(flight, sent)
        self._mark(flight.batch, sent.refused, sent.untried)
        self._checkpoint("batch done")
        self._tally.sent_count += len(sent.accepted)
        self._tally.refused_count += len(sent.refused)

    def _put_back(self, flight: "_Flight", sent: Sent) -> NoReturn:
        """Let everything this run saw refused wait again, for it is no single event's fault. Raises it.

        The rest of a batch that an earlier run had sent stays claimed: some of it may have arrived.
        """
        again = [event.id for event in flight.batch.events] if flight.fresh else []
        again += [] if flight.fresh else [one.outbox_id for one in sent.refused]
        with self._store.writing() as connection:
            ledger.unclaim(connection, again)
            ledger.release(connection, [row for row, _ in self._refused], int(self._clock.now().timestamp()))
            letters.settle(connection, self._account, "event", [item.subject_id for _, item in self._refused])
        self._tally.take_back(item.reason for _, item in self._refused)
        count = len(self._refused) + len(sent.refused)
        self._refused.clear()
        raise NothingTaken(count, "events", sent.refused[-1].detail)

    def _mark(self, batch: Batch, refused: Sequence[Refusal], untried: Sequence[int]) -> None:
        now_at = self._clock.now()
        now_s = int(now_at.timestamp())
        with self._store.writing() as connection:
            if refused:
                self._hold_back(connection, batch, refused, now_at)
            # Behind a refused one: these were not sent now, and wait until a person has decided about it.
            ledger.unclaim(connection, untried)
            ledger.mark_sent(connection, self._account, batch.number, now_s)
            self._checkpoint("batch marked")

    def _hold_back(
        self, connection: Connection, batch: Batch, refused: Sequence[Refusal], now_at: datetime
    ) -> None:
        ids = [one.outbox_id for one in refused]
        ledger.hold_back(connection, ids, int(now_at.timestamp()))
        events, sale_ids = {event.id: event for event in batch.events}, ledger.sales_of(connection, ids)
        items = [
            SetAside("event", events[one.outbox_id].event_id, f"{letters.REFUSED}{one.reason}", one.detail)
            for one in refused
        ]
        letters.add(
            connection, self._account, zip(items, map(sale_ids.__getitem__, ids), strict=True), now_at
        )
        self._tally.letters(item.reason for item in items)
        self._refused = [] if self._taken else [*self._refused, *zip(ids, items, strict=True)]

    def _some_people(self, to_list: bool) -> bool:
        """Import one lot of profiles; whether there may be more."""
        with self._store.reading() as connection:
            waiting = people.waiting(
                connection, self._account, PROFILES_MAX, unlisted=to_list if self._list_id else None
            )
        if not waiting:
            return False
        # Those who came with the history are never welcomed; somebody new is, if the merchant wants it.
        welcomed = to_list and self._welcome and waiting[0].is_new == 1
        lot = [
            person for person in waiting if not to_list or (person.is_new == 1) == (waiting[0].is_new == 1)
        ]
        rows = [ProfileOut(place, bytes(person.attributes)) for place, person in enumerate(lot)]
        list_id = self._list_id if to_list else None
        sent = self._sender.submit(
            lambda: self._profiles.send(rows, list_id=list_id, welcome=welcomed)
        ).result()
        self._checkpoint("profiles sent")
        self._mark_people(lot, sent, listed=to_list)
        return True

    def _mark_people(self, lot: Sequence[people.WaitingProfile], sent: ProfilesSent, *, listed: bool) -> None:
        now_at = self._clock.now()
        refused = {lot[one.outbox_id].email: one for one in sent.refused}
        told = [person for person in lot if person.email not in refused]
        with self._store.writing() as connection:
            people.mark_told(connection, self._account, told, listed=listed)
            if told and letters.exist(connection, self._account):
                owners = people.customer_ids(connection, self._account, [person.email for person in told])
                letters.settle(connection, self._account, "customer", owners.values())
            if refused:
                people.mark_refused(connection, self._account, list(refused))
                owners = people.customer_ids(connection, self._account, list(refused))
                items = [
                    (SetAside("customer", owners[email], f"{letters.REFUSED}{one.reason}", one.detail), "")
                    for email, one in refused.items()
                ]
                letters.add(connection, self._account, items, now_at)
                self._tally.letters(item.reason for item, _ in items)
            self._checkpoint("profiles marked")
        self._tally.profiles_count += len(told)
        self._tally.phones_left_out_count += sent.phones_ignored_count
