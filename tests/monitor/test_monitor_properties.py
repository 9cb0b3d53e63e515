"""Whatever lies on either side, the accounting closes, in counts and in money."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monitor_till import ANN, NEW_YORK, Shelf, Till, line, reconcile, sale

from sync.domain.facts import SaleState, Shop

HEAD = "lightspeed_r:797:"
# Saturday to Monday round New York's change to summer time, and two days on either side of them.
START = datetime(2026, 3, 5, 5, tzinfo=UTC)
HOURS = 24 * 7


@dataclass(frozen=True)
class Event:
    """Something in Klaviyo: of one of a few sales, at any time, of any amount."""

    metric: str
    number: int
    hour: int
    minor: int
    currency: str
    profile: str


# The findings that together make up a term of the accounting. Nothing lies in the future here.
KINDS_OF_TERM = {
    "missing": ("missing", "lost_refund", "same_second_collapse"),
    "orphaned": ("orphaned",),
    "duplicate": ("duplicate", "double_key"),
}
SALES = st.lists(
    st.tuples(
        st.integers(0, 5),  # which sale; drawn twice means the same receipt twice
        st.integers(0, HOURS - 1),
        st.sampled_from([0, 100, 250, 999]),
        st.sampled_from(list(SaleState)),
        st.sampled_from([ANN, None, replace(ANN, email="no address")]),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["USD", "CAD"]),
    ),
    max_size=6,
)
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(["Placed Order", "Ordered Product", "Canceled Order"]),
        st.integers(0, 7),
        st.integers(0, HOURS - 1),
        st.sampled_from([0, 100, 250, 999, -100]),
        st.sampled_from(["USD", "CAD", ""]),
        st.sampled_from(["p1", "p2"]),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SALES, EVENTS, st.sampled_from(["$event_id", "OrderId"]))
def test_the_remainder_is_always_zero(sold: Sequence[tuple], events: Sequence[Event], key: str) -> None:  # type: ignore[type-arg]  # as drawn
    till, shelf = _till(sold), _shelf(events)

    with TemporaryDirectory() as folder:
        report = reconcile(  # asserts that every row closes
            till, shelf, Path(folder), first=date(2026, 3, 7), last=date(2026, 3, 9), key_property=key,
            as_of=START + timedelta(hours=HOURS),
        )  # fmt: skip

    assert not [found for found in report.findings if found.kind == "remainder"]
    totals = Counter[str]()
    for row in report.accounting:
        totals.update(missing=row.missing_count, orphaned=row.orphaned_count, duplicate=row.duplicate_count)
        assert row.events_minor == (
            row.delivered_minor + row.mismatch_minor + row.orphaned_minor + row.duplicate_minor
            + row.events_settling_minor + row.arrived_minor - row.gone_minor
        )  # fmt: skip
    for term, count in totals.items():
        found = [report.findings_by_kind.get(kind) for kind in KINDS_OF_TERM[term]]
        assert sum(total.count for total in found if total is not None) == count


def _till(sold: Sequence[tuple]) -> Till:  # type: ignore[type-arg]  # as drawn
    till = Till(shops={"1": Shop("1", "East", NEW_YORK), "2": Shop("2", "West", "America/Los_Angeles")})
    for number, hour, minor, state, customer, shop, currency in sold:
        at = START + timedelta(hours=hour)
        till.sales.append(
            sale(
                str(number), at, shop=shop, state=state, customer=customer, currency=currency,
                lines=(line(f"{number}1", minor), line(f"{number}2", -50, -1)) if minor == 999
                else (line(f"{number}1", minor),),
            )
        )  # fmt: skip
    return till


def _shelf(events: Sequence[Event]) -> Shelf:
    shelf = Shelf()
    for event in events:
        unique = HEAD + str(event.number)
        if event.metric == "Ordered Product":
            unique += f":line:{event.number}1"
        shelf.put(
            event.metric, unique, START + timedelta(hours=event.hour), event.minor, profile=event.profile,
            order=str(event.number), currency=event.currency,
        )  # fmt: skip
    return shelf
