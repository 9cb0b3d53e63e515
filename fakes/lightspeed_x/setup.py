"""What every X-Series account has from its first day."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from fakes.lightspeed_x import goods, people
from fakes.lightspeed_x.records import Row

if TYPE_CHECKING:
    from fakes.lightspeed_x.state import State

# Past 2^33, where the platform's counter was years ago.
VERSION_START = 9_000_000_000
# (name, the global type's id)
PAYMENT_TYPES = (
    ("Cash", 1),
    ("Credit Card", 3),
    ("Loyalty", 106),
    ("Store Credit", 107),
    ("Gift Card", 118),
    ("On Account", 5),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What `build` was asked for. `tax_rate` is a fraction."""

    seed: int = 1
    domain_prefix: str = "demo"
    currency: str = "USD"
    zone: str = "America/New_York"
    country: str = "US"
    tax_rate: Decimal = Decimal(0)
    tax_exclusive: bool = True
    version_start: int = VERSION_START


def open_account(state: "State") -> None:
    """One outlet with one register, one user, WALKIN, the group of all, payment types, tax, vend-discount."""
    options, now = state.options, state.now()
    state.retailer_id = state.new_id()
    state.opened_at = now
    state.group_id = goods.group(state, "All Customers")
    state.tax_id = goods.tax(state, "Sales Tax" if options.tax_rate else "No Tax", options.tax_rate)
    state.outlet_id = goods.outlet(state, "Main Outlet", options.zone, options.currency, options.country)
    state.register_id = goods.register(state, state.outlet_id, "Main Register")
    state.user_id = goods.user(state, "Till Keeper", "admin")
    for name, type_id in PAYMENT_TYPES:
        row = Row(state.new_id(), {"name": name, "type_id": type_id}, now, now)
        state.names["payment_types", name] = state.add(state.payment_types, row, now).id
    asked = goods.ProductIn("Discount", "vend-discount", Decimal(0), kind="system")
    state.discount_product_id = goods.product(state, asked)
    state.walkin_id = people.create(state, {}, now, code="WALKIN")
