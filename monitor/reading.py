"""Reading both sides of one account at the same time, each into its own file of evidence."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import Event
from typing import cast

from monitor import lines
from monitor.acquaint import KnowsProfiles, acquainted
from monitor.evidence import EXPECTED, EXPECTED_RUNS, OBSERVED, OBSERVED_RUNS, Rows
from monitor.expected import ExpectedRead, ExpectedWriter, Places
from monitor.explain import Journal
from monitor.lag_seen import Sightings
from monitor.observed import EVENT_KEY, EventReader, ObservedRead, WatchedMetric, read_observed, resolve
from monitor.people import PeopleReader
from monitor.voids import old_voids, seconds_of
from monitor.witness_receipts import kept
from sync.domain.clock import Window, days_window
from sync.domain.facts import AccountFacts
from sync.domain.planning import Kind
from sync.domain.presets import Preset
from sync.klaviyo.read import KlaviyoAccount
from sync.sources.protocol import HasControlTotals, Page, Source

FUTURE = timedelta(days=400)  # how far ahead events are looked for that claim a time to come
MARGIN = timedelta(days=2)  # read beyond both ends, so that a shifted event still finds its sale
ASKED_MAX = 2_000  # sales asked for by id, to prove why an event has none

Progress = Callable[[str, str, int], None]  # account, side (`pos` or `klaviyo`), rows more


def unseen(_account: str, _side: str, _count: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One account to reconcile: both ends and how to compare them."""

    name: str
    source_name: str
    source: Source
    reader: EventReader
    preset: Preset
    key_property: str = "$event_id"  # the property of an event that names its sale
    integration: str = "API"  # who owns the metrics in Klaviyo
    people: PeopleReader | None = None  # None: nobody's profile is looked at
    sightings: Sightings | None = None  # when events were first seen in Klaviyo; None: nobody looked
    journal: Journal | None = None  # the sync's own books, asked only to explain; None: there are none

    @property
    def ours(self) -> bool:
        """Whether these are the events of our own sync, named by its own keys."""
        return self.integration.casefold() == "api" and self.key_property == EVENT_KEY


@dataclass(frozen=True, slots=True)
class Sides:
    """What was read of both sides, and where it lies."""

    facts: AccountFacts
    klaviyo: KlaviyoAccount
    places: Places
    metrics: tuple[WatchedMetric, ...]
    window: Window  # what is compared
    read_window: Window  # what was read
    expected: ExpectedRead
    observed: ObservedRead
    writer: ExpectedWriter
    expected_paths: tuple[Path, ...]
    observed_paths: tuple[Path, ...]
    receipts_path: Path | None = None  # where tills keep totals of their own


def read_sides(
    watched: Watched, days: tuple[date, date], as_of: datetime, folder: Path, progress: Progress
) -> Sides:
    """Read both sides over the days given, first and last, and whatever lies in the future of `as_of`.

    Errors of either side come through, the first one first.
    """
    klaviyo = watched.reader.account()
    facts = watched.source.account()
    places = Places(dict(facts.shops), klaviyo.zone)
    metrics = tuple(resolve(watched.reader.metrics(), watched.preset.metrics.values(), watched.integration))
    window = _window(*days, places.zones())
    read_window = window.widened(MARGIN)
    writer = ExpectedWriter(watched.name, watched.preset, places, watched.key_property)
    paths = folder / "expected.parquet", folder / "observed.parquet"
    receipts = folder / "receipts.parquet" if isinstance(watched.source, HasControlTotals) else None
    stop = Event()
    future = Window(max(read_window.end_at, as_of), max(read_window.end_at, as_of) + FUTURE)
    kinds = {name: kind for kind, name in watched.preset.metrics.items()}

    def read_pos() -> ExpectedRead:
        with Rows(paths[0], EXPECTED, EXPECTED_RUNS) as rows:
            pages: Iterator[Page] = chain(
                watched.source.read_window(read_window), old_voids(watched.source, read_window, writer.read)
            )
            if receipts is not None:
                pages = kept(pages, receipts, watched.name, writer.read.sale_ids)
            writer.pages(
                _until(stop, _acquainted(watched, pages)),
                rows,
                lambda count: progress(watched.name, "pos", count),
            )
        return writer.read

    def read_klaviyo() -> ObservedRead:
        return read_events(paths[1], metrics, (read_window, future), stop.is_set, None)

    def read_events(
        path: Path,
        wanted: Sequence[WatchedMetric],
        windows: Sequence[Window],
        stopped: Callable[[], bool],
        before: ObservedRead | None,
    ) -> ObservedRead:
        with Rows(path, OBSERVED, OBSERVED_RUNS) as rows:
            return read_observed(
                watched.reader,
                wanted,
                windows,
                rows,
                account=watched.name,
                key_property=watched.key_property,
                currency=facts.currency or klaviyo.currency,
                more=lambda metric: lines.properties(kinds[metric]) if watched.ours else (),
                on_events=lambda count: progress(watched.name, "klaviyo", count),
                stopped=stopped,
                read=before,
            )

    expected, observed = _both(read_pos, read_klaviyo, stop)
    observed_paths = [paths[1]]
    if seconds := seconds_of(expected):
        sent = [metric for metric in metrics if kinds[metric.name] in {Kind.PLACED, Kind.REFUNDED}]
        observed_paths.append(folder / "observed_voided.parquet")
        read_events(observed_paths[-1], sent, seconds, lambda: False, observed)
    return Sides(
        facts,
        klaviyo,
        places,
        metrics,
        window,
        read_window,
        expected,
        observed,
        writer,
        (paths[0],),
        tuple(observed_paths),
        receipts,
    )


def ask_again(watched: Watched, sides: Sides, sale_ids: Sequence[str], folder: Path) -> tuple[Path, set[str]]:
    """Ask the POS for these sales by id; the file of what they should have become, and which exist."""
    path = folder / "expected_asked.parquet"
    found: set[str] = set()
    with Rows(path, EXPECTED, EXPECTED_RUNS) as rows:
        for page in _acquainted(watched, iter([watched.source.read_sales(sale_ids)])):
            found.update(sale.sale_id for sale in page.sales)
            sides.writer.pages([page], rows)
    return path, found


def _acquainted(watched: Watched, pages: Iterator[Page]) -> Iterator[Page]:
    """The pages with whom Klaviyo knows, where the rules ask for it and Klaviyo can be asked."""
    if watched.preset.policy.known_profiles_suffice and isinstance(watched.reader, KnowsProfiles):
        return acquainted(pages, watched.reader)
    return pages


def _window(first_day: date, last_day: date, zones: Sequence[str]) -> Window:
    windows = [days_window(first_day, last_day, zone) for zone in zones]
    return Window(min(w.start_at for w in windows), max(w.end_at for w in windows))


def _until(stop: Event, pages: Iterator[Page]) -> Iterator[Page]:
    for page in pages:
        if stop.is_set():
            return
        yield page


def _both(
    read_pos: Callable[[], ExpectedRead], read_klaviyo: Callable[[], ObservedRead], stop: Event
) -> tuple[ExpectedRead, ObservedRead]:
    """Both at once, because each mostly waits for its upstream. Trouble of one stops the other."""
    with _rare_collections(), ThreadPoolExecutor(max_workers=2) as pool:
        pos, klaviyo = pool.submit(read_pos), pool.submit(read_klaviyo)
        try:
            wait([cast("Future[object]", pos), cast("Future[object]", klaviyo)], return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
        return pos.result(), klaviyo.result()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for reference cycles rarely while millions of short-lived records pass; they form none."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
