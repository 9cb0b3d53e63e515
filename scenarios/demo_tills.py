"""What the demo knows of each till: how its receipts end, and what its preset leaves out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from fakes.receipts.load import Loaded
from scenarios.harness.sabotage import DEFECTS

_AFTER_THE_SALE = (
    "plain", "note_edited", "customer_attached_later", "uploaded_hours_late", "back_dated", "refunded_fully",
    "refunded_partly", "refunded_in_two_parts", "exchanged", "voided_hours_later",
)  # fmt: skip
Numbers = Callable[[Loaded], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class TillPlan:
    """One till with the preset that suits it.

    `placed` are the fates of receipts that end as an order, `left_out` those that end as nothing with the
    reason the accounting gives. `sales` foretells how many sales the report counts, and says why.
    """

    source: str
    order_metric: str
    placed: tuple[str, ...]
    left_out: Mapping[str, str]
    sales: Numbers
    every_s: int = 3600  # how often it is read while the shops trade; reading oftener changes no number
    metrics: Mapping[str, str] = field(default_factory=dict)  # what the account adds to its preset
    build: Mapping[str, Any] = field(default_factory=dict)  # of the fake
    unit: str = "Ordered Product"

    @property
    def defects(self) -> tuple[tuple[str, str, int], ...]:
        """What is planted, under this preset's names."""
        return tuple(
            (kind, self.order_metric if metric == "Placed Order" else metric, count)
            for kind, metric, count in DEFECTS
        )

    def load(self, state: Any, **asked: Any) -> Loaded:
        """Ring the receipts up in the till's fake."""
        loaded: Loaded = import_module(f"fakes.{self.source}.receipts").load(state, **asked)
        return loaded

    def foretell(self, loaded: Loaded) -> dict[str, int]:
        """How many events of each metric a perfect sync leaves in Klaviyo."""
        fates, lines = loaded.fates, loaded.lines_by_fate
        more = fates.get("exchange", 0) + fates.get("netted", 0)
        counts = {
            self.order_metric: sum(fates.get(fate, 0) for fate in self.placed) + more,
            self.unit: sum(lines.get(fate, 0) for fate in self.placed)
            + lines.get("exchange", 0)
            + lines.get("netted", 0),
            "Refunded Order": fates.get("refund", 0) + more,
            "Shipped Order": fates.get("shipped_later", 0),
            "Canceled Order": fates.get("voided_hours_later", 0),
        }
        return {metric: count for metric, count in counts.items() if count or metric != "Shipped Order"}


def _returns(loaded: Loaded) -> str:
    fates = loaded.fates
    returns, exchanges = fates.get("refund", 0), fates.get("exchange", 0)
    receipts = loaded.sales - returns - exchanges - 2 * fates.get("netted", 0)
    return f"{receipts:,} receipts + {returns:,} returns + {exchanges:,} exchanges"


def _r_sales(loaded: Loaded) -> tuple[int, str]:
    parked = loaded.fates.get("never_completed", 0)
    return loaded.sales - parked, f"{_returns(loaded)} - {parked:,} never completed"


def _x_sales(loaded: Loaded) -> tuple[int, str]:
    return loaded.sales, _returns(loaded)


def _sitoo_sales(loaded: Loaded) -> tuple[int, str]:
    fates = loaded.fates
    closed = fates.get("booked_and_collected", 0) + fates.get("parked_and_rung_up_later", 0)
    netted, practice = fates.get("netted", 0), fates.get("rung_up_for_practice", 0)
    words = f"{_returns(loaded)} + 2 x {netted:,} netted pairs + {closed:,} sales that closed a booking or a"
    return loaded.sales + closed - practice, f"{words} parked order - {practice:,} for practice"


_NOTHING_TO_CREDIT = {
    "sold_without_a_customer": "no_customer",
    "sold_by_a_web_shop": "ecommerce",
}
TILLS: Mapping[str, TillPlan] = {
    "lightspeed_r": TillPlan(
        source="lightspeed_r",
        order_metric="Placed Order",
        placed=(*_AFTER_THE_SALE, "shipped_later", "still_waiting_to_be_shipped"),
        left_out={
            **_NOTHING_TO_CREDIT,
            "no_email": "no_email",
            "unusable_email": "unusable_email",
            "zero_value": "zero_value",
            "voided_within_the_hour": "voided",
        },
        sales=_r_sales,
    ),
    "lightspeed_x": TillPlan(
        source="lightspeed_x",
        order_metric="Placed Order (POS)",
        placed=(
            *_AFTER_THE_SALE, "zero_value", "parked_and_rung_up_later", "paid_off_later", "sold_on_account",
        ),
        left_out={
            **_NOTHING_TO_CREDIT,
            "no_email": "no_email",
            "unusable_email": "unusable_email",
            "no_consent": "no_consent",
            "never_completed": "not_completed",
            "voided_within_the_hour": "voided",
        },
        sales=_x_sales,
        metrics={"product": "Ordered Product", "refunded": "Refunded Order", "canceled": "Canceled Order"},
    ),
    "sitoo": TillPlan(
        source="sitoo",
        order_metric="Placed Order",
        placed=(*_AFTER_THE_SALE, "parked_and_rung_up_later", "booked_and_collected", "exchanged_as_a_pair"),
        left_out={
            **_NOTHING_TO_CREDIT,
            "no_email": "no_customer",
            "unusable_email": "no_identifier",
            "zero_value": "zero_value",
            "never_completed": "parked",
            "parked_and_rung_up_later": "parked",
            "booked_and_collected": "booking",
        },
        sales=_sitoo_sales,
        build={"currency": "USD"},
    ),
}  # fmt: skip
