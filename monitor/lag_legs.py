"""Each sale's way, stop by stop: the till, the POS's back end, sent, visible in Klaviyo; and what it took.

Klaviyo tells no time of arrival. When an event became visible is known only where somebody looked again and
again while it was fresh (`monitor/lag_watch.py`), and then as the first look that saw it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.compare import Comparison, quoted
from monitor.report_data import ReportLag

_BATCH_ROWS = 50_000
LEGS: Mapping[str, tuple[str, str]] = {  # where each leg begins and ends
    "till_to_arrival": ("till_s", "arrived_s"),
    "arrival_to_sent": ("arrived_s", "sent_s"),
    "till_to_sent": ("till_s", "sent_s"),
    "sent_to_visible": ("sent_s", "visible_s"),
    "till_to_visible": ("till_s", "visible_s"),
}
WORDS: Mapping[str, str] = {
    "till_to_arrival": "till to the POS's back end",
    "arrival_to_sent": "back end to sent",
    "till_to_sent": "till to sent",
    "sent_to_visible": "sent to visible in Klaviyo",
    "till_to_visible": "till to visible in Klaviyo",
}


def fill(
    comparison: Comparison,
    sent: Iterable[tuple[str, int, int]],
    seen: Iterable[tuple[str, int]],
    receipts: Path | None,
) -> None:
    """Put every sale's stops into the table `lag`: one row a Placed Order that was sent.

    `sent` gives event id, time of the sale and time of sending, `seen` event id and when it was first seen in
    Klaviyo; `receipts` is the evidence that tells arrivals, where there is any.
    """
    run = comparison.db.execute
    run("CREATE TABLE lag_sent (event_key VARCHAR, till_s BIGINT, sent_s BIGINT)")
    run("CREATE TABLE lag_seen (event_key VARCHAR, visible_s BIGINT)")
    _fill(comparison, "lag_sent", sent, ("event_key", "till_s", "sent_s"))
    _fill(comparison, "lag_seen", seen, ("event_key", "visible_s"))
    arrivals = f"SELECT sale_id, arrived_at FROM read_parquet({quoted(receipts)})" if receipts else _NOWHERE  # noqa: S608 - a path of ours
    run(f"CREATE VIEW lag_arrivals AS {arrivals}")
    run(_LAG)


def percentiles(comparison: Comparison, account: str, names: Mapping[str, str]) -> list[ReportLag]:
    """What each leg took, over all shops first, then shop by shop where there are several."""
    rows = [
        ReportLag(
            account, leg, int(count), int(p50), int(p90), int(p99), int(most), shop, names.get(shop, "")
        )
        for leg, shop, count, p50, p90, p99, most in comparison.rows(_PERCENTILES)
    ]
    shops = {row.shop for row in rows if row.shop}
    order = list(LEGS)
    shown = [row for row in rows if not row.shop or len(shops) > 1]
    return sorted(shown, key=lambda row: (row.shop, order.index(row.leg)))


def keep(comparison: Comparison, path: Path) -> None:
    """Write the stops of each sale of the window as evidence, by the time of the sale."""
    found = comparison.db.sql("SELECT * EXCLUDE in_window FROM lag WHERE in_window ORDER BY till_s, sale_id")
    pq.write_table(found.to_arrow_table(), path, compression="zstd")


def _fill(
    comparison: Comparison, table: str, rows: Iterable[tuple[str | int, ...]], names: tuple[str, ...]
) -> None:
    for batch in _batches(rows):
        arrow = pa.table(dict(zip(names, map(list, zip(*batch, strict=True)), strict=True)))
        comparison.db.register("lag_batch", arrow)
        comparison.db.execute(f"INSERT INTO {table} SELECT * FROM lag_batch")  # noqa: S608 - names of this file
        comparison.db.unregister("lag_batch")


def _batches(rows: Iterable[tuple[str | int, ...]]) -> Iterator[list[tuple[str | int, ...]]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH_ROWS)):
        yield batch


_NOWHERE = "SELECT CAST(NULL AS VARCHAR) AS sale_id, CAST(NULL AS BIGINT) AS arrived_at WHERE FALSE"
_LAG = """
CREATE TABLE lag AS
SELECT u.sale_id, u.shop_id, s.event_key, s.till_s, a.arrived_at AS arrived_s, s.sent_s, v.visible_s,
       u.business_day BETWEEN q.first_day AND q.last_day AS in_window
FROM lag_sent s
JOIN units u ON u.event_key = s.event_key AND u.kind = 'placed'
CROSS JOIN params q
LEFT JOIN lag_arrivals a ON a.sale_id = u.sale_id
LEFT JOIN lag_seen v ON v.event_key = s.event_key
"""
_SPANS = " UNION ALL ".join(
    f"SELECT '{leg}' AS leg, shop_id, CASE WHEN {end} > {start} THEN {end} - {start} ELSE 0 END AS span_s"  # noqa: S608 - names of this file
    f" FROM lag WHERE in_window AND {start} IS NOT NULL AND {end} IS NOT NULL"
    for leg, (start, end) in LEGS.items()
)
_PERCENTILES = f"""
WITH spans AS ({_SPANS}),
     every AS (SELECT leg, '' AS shop, span_s FROM spans UNION ALL SELECT leg, shop_id, span_s FROM spans),
     ranked AS (
         SELECT leg, shop, span_s, row_number() OVER (PARTITION BY leg, shop ORDER BY span_s) - 1 AS place,
                count(*) OVER (PARTITION BY leg, shop) AS sample_count
         FROM every
     )
SELECT leg, shop, max(sample_count),
       max(CASE WHEN place <= sample_count * 0.5 THEN span_s END),
       max(CASE WHEN place <= sample_count * 0.9 THEN span_s END),
       max(CASE WHEN place <= sample_count * 0.99 THEN span_s END),
       max(span_s)
FROM ranked GROUP BY leg, shop ORDER BY leg, shop
"""  # noqa: S608 - names of this file
