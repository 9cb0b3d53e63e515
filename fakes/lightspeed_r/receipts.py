"""A real grocer's year rung up in the R-Series fake. RECEIPTS.md has the mapping and what was added.

    loaded = load(state, seed=7, days=7)

What lies before the fake's clock is history at once; what lies after it happens when the clock gets there, so
the same call serves a backfill and a shop that trades while somebody watches.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from faker import Faker

from fakes.kit.clock import VirtualClock
from fakes.lightspeed_r.receipts_data import Product, Receipts, first_day, read, read_products, zone_of
from fakes.lightspeed_r.receipts_odd import Oddities, choose, choose_people, count
from fakes.lightspeed_r.receipts_people import Unreachable, add_customers
from fakes.lightspeed_r.receipts_play import Cast, play

if TYPE_CHECKING:
    from fakes.lightspeed_r.state import State

WEEK_DAYS = 7
_SETTLED_S = 3600
_HAS_PICTURE = 3  # one article of three


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, in numbers that every report can be held against.

    `fates` counts each sale row once: `plain` (worth an event), `zero_value`, `no_email`, `unusable_email`,
    or the name of its oddity; and the refunds and exchanges that followed (`refund`, `exchange`).
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
    history: Oddities  # before the clock's now at loading
    trading: Oddities  # after it
    fates: Mapping[str, int] = field(default_factory=dict)
    lines_by_fate: Mapping[str, int] = field(default_factory=dict)  # of bought goods

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {
            **asdict(self),
            **{
                name: getattr(self, name).isoformat()
                for name in ("first_day", "last_day", "first_at", "last_at")
            },
        }


def load(
    state: "State",
    *,
    seed: int = 1,
    days: int | None = None,
    start: date | str | None = None,
    trade: bool = True,
) -> Loaded:
    """Ring up the receipts of `days` shop-local dates (a week) from `start`, and RECEIPTS.md's odd sales.

    `start` is 8 March 2017 unless given (so that a week holds a clock change), 1 January for a whole year.
    With `trade=False` a virtual clock that stands before the last change is first put past it: everything
    is history. Raises NoReceipts when the data is not installed, ValueError when those days have no receipt.
    """
    days = WEEK_DAYS if days is None else days
    start = date.fromisoformat(start) if isinstance(start, str) else start
    receipts = read(seed=seed, days=days, start=start)
    if not trade:
        _put_clock_past(state, receipts)
    cast, people = _cast(state, receipts, seed)
    now = state.now()
    plain = _plain(receipts, people)
    parts = {
        "history": [basket for basket in plain if receipts.at[basket] <= now],
        "trading": [basket for basket in plain if receipts.at[basket] > now],
    }
    odd = {
        part: choose(receipts, baskets, part, seed, trading=part == "trading")
        for part, baskets in parts.items()
    }
    done = play(state, receipts, cast, {**odd["history"], **odd["trading"]})
    begin = first_day(days, start)
    return Loaded(
        first_day=begin,
        last_day=begin + timedelta(days=days - 1),
        first_at=datetime.fromtimestamp(int(receipts.at[0]), UTC),
        last_at=datetime.fromtimestamp(max(done.last_at, int(receipts.at[-1])), UTC),
        shops=len(cast.shops),
        customers=len(cast.customers),
        items=len(cast.items),
        sales=len(receipts) + done.fates["refund"] + done.fates["exchange"],
        lines=receipts.line_count,
        value_cents=int(receipts.value.sum()),
        customers_without_email=len(people.without),
        customers_swallowed_email=len(people.swallowed),
        customers_broken_email=len(people.broken),
        history=count(odd["history"]),
        trading=count(odd["trading"]),
        fates=dict(sorted(done.fates.items())),
        lines_by_fate=dict(sorted(done.lines.items())),
    )


def _put_clock_past(state: "State", receipts: Receipts) -> None:
    # Follow-ups come within two days of their sale.
    end = datetime.fromtimestamp(int(receipts.at[-1]), UTC) + timedelta(days=2, seconds=_SETTLED_S)
    if isinstance(state.clock, VirtualClock) and state.clock.now() < end:
        state.clock.set(end)


def _plain(receipts: Receipts, people: Unreachable) -> list[int]:
    """The baskets that are worth something and belong to somebody with a usable e-mail address."""
    out = people.all
    pairs = zip(receipts.value.tolist(), receipts.household.tolist(), strict=True)
    return [basket for basket, (value, household) in enumerate(pairs) if value and household not in out]


def _cast(state: "State", receipts: Receipts, seed: int) -> tuple[Cast, Unreachable]:
    """The shops, customers and articles that these receipts need."""
    households = sorted(set(receipts.household.tolist()))
    people = choose_people(households, seed)
    known_at = datetime.fromtimestamp(int(receipts.at[0]), UTC) - timedelta(days=1)
    cast = Cast(
        shops=_add_shops(state, sorted(set(receipts.store.tolist())), seed),
        customers=add_customers(
            state, households, people, hostile=_hostile(receipts, people), seed=seed, at=known_at
        ),
        items=_add_items(state, receipts),
        loyalty_discount=int(state.add_discount("Loyalty price")),
        match_discount=int(state.add_discount("Coupon match")),
        without_email=people.without,
        unusable_email=people.swallowed | people.broken,
    )
    return cast, people


def _hostile(receipts: Receipts, people: Unreachable) -> int:
    """The busiest household that can be reached: its name is sure to come up."""
    visits = Counter(receipts.household.tolist())
    return min((h for h in visits if h not in people.all), key=lambda h: (-visits[h], h), default=-1)


def _add_shops(state: "State", stores: list[int], seed: int) -> dict[int, int]:
    faker = Faker("en_US")
    shops = {}
    for store in stores:
        faker.seed_instance(f"{seed}/store/{store}")
        shops[store] = int(state.add_shop(f"{faker.city()} #{store}", zone_of(store, seed)))
    return shops


def _add_items(state: "State", receipts: Receipts) -> dict[int, int]:
    prices = _first_prices(receipts)
    items = {}
    for product in read_products(set(prices)):
        items[product.product_id] = _add_item(state, product, prices[product.product_id])
    for product_id in sorted(prices.keys() - items.keys()):
        # Sold, and described nowhere in the data: an article of no category and no brand.
        items[product_id] = int(
            state.add_item(f"Article {product_id}", price=_dollars(prices[product_id]), sku=str(product_id))
        )
    return items


def _add_item(state: "State", product: Product, cents: int) -> int:
    path = tuple(_words(part) for part in (product.department, product.category, product.type) if part)
    brand = f"{product.brand} brand, manufacturer {product.manufacturer_id}" if product.brand else ""
    name = product.type or product.category or product.department
    item_id = state.add_item(
        f"{_words(name)} {product.package.lower()}".strip() or f"Article {product.product_id}",
        category_id=state.add_category(path) if path else "0",
        manufacturer_id=state.add_manufacturer(brand) if brand else "0",
        price=_dollars(cents),
        sku=str(product.product_id),
        image_public_id=f"article-{product.product_id}" if product.product_id % _HAS_PICTURE == 0 else None,
    )
    return int(item_id)


def _words(text: str) -> str:
    # R-Series joins a category's path with slashes, so a name must not hold one.
    return text.replace("/", " & ").capitalize()


def _first_prices(receipts: Receipts) -> dict[int, int]:
    """What one piece of each article cost, before discounts, when it was first sold: whole cents."""
    prices: dict[int, int] = {}
    columns = (receipts.product, receipts.quantity, receipts.sales, receipts.loyalty, receipts.match)
    for product, quantity, *cents in zip(*(column.tolist() for column in columns), strict=True):
        if product not in prices:
            prices[product] = round(sum(cents) / max(quantity, 1))
    return prices


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
