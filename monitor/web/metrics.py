"""Figures for Prometheus, in a registry of this dashboard's own. No account's name, no person."""

import time
from collections import Counter as Counting
from collections.abc import Iterator, Mapping

import msgspec
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select

from monitor import history_read, lag_figures
from monitor.history import ACCOUNTS
from monitor.web.lag import LagKeeper
from sync.domain.clock import Clock
from sync.store.database import Store
from sync.store.rows import DeadLetterRow

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5)


class Metrics:
    """What `/metrics` tells."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """State is read from the database whenever somebody asks; requests are counted here."""
        self._store, self._clock = store, clock
        self.lags = LagKeeper()
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tillproof_http_requests", "Requests answered.", ("page", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "tillproof_http_seconds", "Time to answer.", ("page",), buckets=_BUCKETS, registry=self.registry
        )
        self.registry.register(self)

    def text(self) -> bytes:
        """All of it in Prometheus's format. Raises StoreTrouble."""
        return generate_latest(self.registry)

    def watch(self, app: Flask) -> None:
        """Count this application's requests, by page and never by address."""

        @app.before_request
        def _begin() -> None:
            g.began_s = time.perf_counter()

        @app.after_request
        def _end(response: Response) -> Response:
            page = request.endpoint or "none"
            self._requests.labels(page, str(response.status_code)).inc()
            if "began_s" in g:
                self._seconds.labels(page).observe(time.perf_counter() - g.began_s)
            return response

    def collect(self) -> Iterator[Metric]:
        """The state as it is now."""
        now_s = int(self._clock.now().timestamp())
        with self._store.reading() as connection:
            totals = history_read.totals(connection)
            a = ACCOUNTS.c
            rows = connection.execute(select(a.open_by_kind, a.last_ended_s, a.last_judged_s)).all()
            letters = connection.execute(select(func.count()).select_from(DeadLetterRow)).scalar_one()
            lags = self.lags.now(connection, now_s)
            by_shop = lag_figures.figures(connection)
        kinds: Counting[str] = Counting()
        for row in rows:
            kinds.update(msgspec.json.decode(row.open_by_kind, type=dict[str, int]))
        yield _gauge("accounts", "Accounts by verdict.", "verdict", totals.accounts_by_verdict)
        yield _gauge("open_findings", "Findings that are not recovered.", "kind", kinds)
        waiting = {"waiting": totals.alerts_waiting, "failed": totals.alerts_failed}
        yield _gauge("alerts", "Alerts that have not arrived.", "state", waiting)
        yield GaugeMetricFamily("tillproof_dead_letters", "Things that could not be handled.", letters)
        ended = [row.last_ended_s for row in rows if row.last_ended_s]
        judged = [row.last_judged_s for row in rows if row.last_judged_s]
        yield _age("last_run_age_seconds", "Since any reconciliation ended.", now_s, max(ended, default=0))
        yield _age("oldest_judged_age_seconds", "Since the longest unjudged account was.", now_s,
                   min(judged, default=0))  # fmt: skip
        lag = GaugeMetricFamily(
            "tillproof_till_to_sent_seconds", "From the till to Klaviyo, of what was sent last.",
            labels=["quantile"],
        )  # fmt: skip
        for part, seconds in lags.overall.items():
            lag.add_metric([str(part)], seconds)
        yield lag
        yield lag_figures.family(by_shop)


def _gauge(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"tillproof_{name}", words, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value or "none"], count)
    return family


def _age(name: str, words: str, now_s: int, at_s: int) -> Metric:
    family = GaugeMetricFamily(f"tillproof_{name}", words, labels=[])
    if at_s:
        family.add_metric([], now_s - at_s)
    return family
