"""A real grocer's year rung up in a till's fake. RECEIPTS.md has the mapping and what was added.

Every till's own `receipts.py` calls this. What lies before the fake's clock is history at once; what lies
after it happens when the clock gets there, so the same call serves a backfill and a shop that trades while
somebody watches.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from faker import Faker

from fakes.kit.clock import Clock, VirtualClock
from fakes.receipts.data import Receipts, first_day, read, read_products, zone_of
from fakes.receipts.odd import Oddities, choose, choose_people, count
from fakes.receipts.people import Unreachable, people
from fakes.receipts.play import Till, play

WEEK_DAYS = 7
_SETTLED_S = 3600


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, in numbers that every report can be held against.

    `fates` counts each sale row once: `plain` (worth an event), `zero_value`, `no_email`, `unusable_email`,
    `no_consent`, or the name of its oddity; and what followed (`refund`, `exchange`, `netted`).
    """

    first_day: date
    last_day: date
    first_at: datetime
    last_at: datetime  # nothing changes after it
    shops: int
    customers: int
    items: int
    sales: int  # receipts, then rows made of them: refunds and exchanges
    lines: int
    value_cents: int  # of the receipts, whatever became of them
    customers_without_email: int
    customers_swallowed_email: int
    customers_broken_email: int
    customers_opted_out: int
    known_emails: tuple[str, ...]  # of those who opted out and have a profile in Klaviyo all the same
    history: Oddities  # before the clock's now at loading
    trading: Oddities  # after it
    fates: Mapping[str, int] = field(default_factory=dict)
    lines_by_fate: Mapping[str, int] = field(default_factory=dict)  # of bought goods

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {
            **{name: value for name, value in asdict(self).items() if name != "known_emails"},
            **{
                name: getattr(self, name).isoformat()
                for name in ("first_day", "last_day", "first_at", "last_at")
            },
        }


class Asked(TypedDict, total=False):
    """What every till's `receipts.load` may be asked for; each has a default."""

    seed: int
    days: int | None
    start: date | str | None
    trade: bool


def load(open_till: Callable[[Receipts], Till], clock: Clock, **asked: Unpack[Asked]) -> Loaded:
    """Ring up the receipts of `days` shop-local dates (a week) from `start`, and RECEIPTS.md's odd sales.

    `start` is 8 March 2017 unless given (so that a week holds a clock change), 1 January for a whole year.
    With `trade=False` a virtual clock that stands before the last change is first put past it: everything
    is history. Raises NoReceipts when the data is not installed, ValueError when those days have no receipt.
    """
    seed, days, start = _period(asked)
    receipts = read(seed=seed, days=days, start=start)
    if not asked.get("trade", True):
        _put_clock_past(clock, receipts)
    till = open_till(receipts)
    households = sorted(set(receipts.household.tolist()))
    out = choose_people(households, seed, consent=till.asks_consent)
    shops, articles, known = _furnish(till, receipts, households, out, seed)
    now, plain = till.now(), _plain(receipts, out)
    parts = {
        "history": [basket for basket in plain if receipts.at[basket] <= now.timestamp()],
        "trading": [basket for basket in plain if receipts.at[basket] > now.timestamp()],
    }
    odd = {
        part: choose(receipts, baskets, part, seed, rates=till.rates, trading=part == "trading")
        for part, baskets in parts.items()
    }
    done = play(till, receipts, out, {**odd["history"], **odd["trading"]})
    begin = first_day(days, start)
    return Loaded(
        first_day=begin,
        last_day=begin + timedelta(days=days - 1),
        first_at=datetime.fromtimestamp(int(receipts.at[0]), UTC),
        last_at=datetime.fromtimestamp(max(done.last_at, int(receipts.at[-1])), UTC),
        shops=shops,
        customers=len(households),
        items=articles,
        sales=len(receipts) + done.fates["refund"] + done.fates["exchange"] + 2 * done.fates["netted"],
        lines=receipts.line_count,
        value_cents=int(receipts.value.sum()),
        customers_without_email=len(out.without),
        customers_swallowed_email=len(out.swallowed),
        customers_broken_email=len(out.broken),
        customers_opted_out=len(out.opted_out),
        known_emails=tuple(known),
        history=count(odd["history"]),
        trading=count(odd["trading"]),
        fates=dict(sorted(done.fates.items())),
        lines_by_fate=dict(sorted(done.lines.items())),
    )


def _period(asked: Asked) -> tuple[int, int, date | None]:
    days, start = asked.get("days"), asked.get("start")
    return (
        asked.get("seed", 1),
        WEEK_DAYS if days is None else days,
        date.fromisoformat(start) if isinstance(start, str) else start,
    )


def _put_clock_past(clock: Clock, receipts: Receipts) -> None:
    # Follow-ups come within two days of their sale.
    end = datetime.fromtimestamp(int(receipts.at[-1]), UTC) + timedelta(days=2, seconds=_SETTLED_S)
    if isinstance(clock, VirtualClock) and clock.now() < end:
        clock.set(end)


def _plain(receipts: Receipts, out: Unreachable) -> list[int]:
    """The baskets that are worth something and belong to somebody with a usable e-mail address."""
    nobody = out.all
    pairs = zip(receipts.value.tolist(), receipts.household.tolist(), strict=True)
    return [basket for basket, (value, household) in enumerate(pairs) if value and household not in nobody]


def _furnish(
    till: Till, receipts: Receipts, households: list[int], out: Unreachable, seed: int
) -> tuple[int, int, list[str]]:
    """The shops, customers and articles these receipts need: how many of the first and last, who is known."""
    known_at = datetime.fromtimestamp(int(receipts.at[0]), UTC) - timedelta(days=1)
    stores = sorted(set(receipts.store.tolist()))
    faker = Faker("en_US")
    for store in stores:
        faker.seed_instance(f"{seed}/store/{store}")
        till.add_shop(store, f"{faker.city()} #{store}", zone_of(store, seed))
    known: list[str] = []
    for person in people(households, out, hostile=_hostile(receipts, out), seed=seed):
        till.add_person(person, known_at)
        if person.known and person.email:
            known.append(person.email)
    prices = _first_prices(receipts)
    described = {product.product_id: product for product in read_products(set(prices))}
    for product_id in [*described, *sorted(prices.keys() - described.keys())]:
        till.add_article(product_id, prices[product_id], described.get(product_id))
    return len(stores), len(prices), known


def _hostile(receipts: Receipts, out: Unreachable) -> int:
    """The busiest household that can be reached: its name is sure to come up."""
    visits, nobody = Counter(receipts.household.tolist()), out.all
    return min((h for h in visits if h not in nobody), key=lambda h: (-visits[h], h), default=-1)


def _first_prices(receipts: Receipts) -> dict[int, int]:
    """What one piece of each article cost, before discounts, when it was first sold: whole cents."""
    prices: dict[int, int] = {}
    columns = (receipts.product, receipts.quantity, receipts.sales, receipts.loyalty, receipts.match)
    for product, quantity, *cents in zip(*(column.tolist() for column in columns), strict=True):
        if product not in prices:
            prices[product] = round(sum(cents) / max(quantity, 1))
    return prices
