"""What was not looked at, cut short or not readable, said aloud with what to do about it."""

from collections.abc import Iterator
from datetime import datetime

from monitor.reading import ASKED_MAX, Sides, Watched
from monitor.report_data import Limit
from monitor.words import counted, verb
from sync.domain.errors import SetAside
from sync.domain.planning import Kind

_EXAMPLES = 5
_FEED_KINDS = {"shipments": Kind.SHIPPED}


def unread_metrics(watched: Watched, sides: Sides) -> dict[str, SetAside]:
    """Metrics whose feed the POS does not open to us. Neither side of them is compared."""
    found: dict[str, SetAside] = {}
    for aside in sides.expected.unread:
        kind = _FEED_KINDS.get(aside.subject_id) if aside.subject == "feed" else None
        if kind is not None and kind in watched.preset.metrics:
            found[watched.preset.metrics[kind]] = aside
    return found


def of_reading(watched: Watched, sides: Sides, as_of: datetime, ask_trouble: str) -> Iterator[Limit]:
    """Every limit of one account's run."""
    yield from _unread(watched, sides)
    for metric, aside in sorted(unread_metrics(watched, sides).items()):
        yield Limit(
            "metric_not_compared",
            f"{metric} was not compared: the POS does not let us read what it comes from",
            f"Grant it and run again: {aside.detail}",
        )
    yield from _zoneless(sides)
    yield from _metrics(watched, sides)
    if sides.window.end_at > as_of:
        yield Limit(
            "unfinished_day", "the last day of the window is not over yet", "Run again when the day is over."
        )
    if ask_trouble:
        yield Limit(
            "could_not_ask", ask_trouble, "The causes of events without a sale are not proven; run again."
        )


def not_looked_at(what: str, trouble: Exception) -> Limit:
    """A check that could not be made; what was compared stands all the same."""
    return Limit("not_looked_at", f"{what} could not be looked at: {trouble}", "Grant it and run again.")


def people_cut(words: str) -> Limit:
    """More people than one run asks for."""
    return Limit("people_cut", words, "Reconcile fewer days at once.")


def _unread(watched: Watched, sides: Sides) -> Iterator[Limit]:
    records = [aside for aside in sides.expected.unread if aside.subject != "feed"]
    feeds = len(sides.expected.unread) - len(records)
    count = sides.expected.unread_count - feeds
    if count:
        named = ", ".join(f"{aside.subject} {aside.subject_id}".strip() for aside in records[:_EXAMPLES])
        yield Limit(
            "unread_records",
            f"{counted(count, 'record')} of {watched.name} could not be read from the POS ({named})",
            "Mend them in the POS, or accept that they cannot be judged: " + records[0].detail,
            blocks=True,
        )


def _zoneless(sides: Sides) -> Iterator[Limit]:
    places = sides.places
    shops = sorted(shop for shop in sides.expected.shops_seen if not places.zone_known(shop))
    if shops:
        yield Limit(
            "shop_without_zone",
            f"{counted(len(shops), 'shop')} {verb(len(shops), 'has')} no time zone in the POS "
            f"({', '.join(shops[:_EXAMPLES])}); their days are counted in {places.fallback_zone}, "
            "the Klaviyo account's zone",
            "Set the shop's time zone in the POS; for a POS without any, `zone` in the account's settings.",
        )


def _metrics(watched: Watched, sides: Sides) -> Iterator[Limit]:
    for metric in sides.metrics:
        if metric.twins:
            yield Limit(
                "twin_metric",
                f"Klaviyo has another metric named {metric.name}, owned by {', '.join(metric.twins)}; "
                f"only the one of {watched.integration} was compared",
                "Check that charts and flows use the metric you mean.",
            )


def asked_too_many(total: int) -> str:
    """What is said when more events without a sale were found than sales are asked for."""
    return f"only the first {ASKED_MAX:,} of {total:,} events without a sale were looked up in the POS"
