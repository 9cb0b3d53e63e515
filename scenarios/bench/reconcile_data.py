"""Two exports with known defects, made by DuckDB from a seed: the same seed gives the same rows."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "Europe/London", "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
_SHOPS = 200
_YEAR_S = 365 * 86_400
_FIRST_S = 1_767_225_600  # 2026-01-01 UTC
_SHIFT_S = 26 * 3600  # longer than the longest day, so that it always ends on another one


@dataclass(frozen=True, slots=True)
class Planted:
    """Where the files lie and how many defects of each kind are in them."""

    expected: Path
    observed: Path
    rows: int
    counts: dict[str, int]


def make(folder: Path, rows: int, seed: int, memory: str = "1GB") -> Planted:
    """Write expected.parquet and observed.parquet, and planted.parquet with the key of every defect.

    Of a thousand sales five are missing, two differ in the amount, two are there twice and two lie on another
    day; five events in a thousand have no sale. No sale has two defects.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.parquet" for name in ("expected", "observed", "planted")}
    with duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": memory,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
        }
    ) as db:
        db.execute("CREATE TABLE zones (zone_no BIGINT, zone VARCHAR)")
        db.executemany("INSERT INTO zones VALUES (?, ?)", list(enumerate(ZONES)))
        db.execute(_FACTS.format(rows=rows, seed=seed))
        for name, query in (("expected", _EXPECTED), ("observed", _OBSERVED), ("planted", _PLANTED)):
            db.execute(f"COPY ({query}) TO '{paths[name]}' (FORMAT parquet, COMPRESSION zstd)")
        counts = db.execute("SELECT kind, count(*) FROM read_parquet(?) GROUP BY 1", [str(paths["planted"])])
        return Planted(paths["expected"], paths["observed"], rows, {k: int(n) for k, n in counts.fetchall()})


_FACTS = f"""
CREATE VIEW facts AS
SELECT i, 'S' || (1000000000 + i) AS sale_id, hash(i, {{seed}}, 4) % 1000 AS fate,
       CASE WHEN hash(i, {{seed}}, 1) % 10 = 0 THEN 'refunded' ELSE 'placed' END AS kind,
       CAST(hash(i, {{seed}}, 5) % {_SHOPS} AS BIGINT) AS shop_no,
       {_FIRST_S} + CAST(hash(i, {{seed}}, 2) % {_YEAR_S} AS BIGINT) AS at_s,
       CAST(hash(i, {{seed}}, 3) % 50000 + 1 AS BIGINT) AS minor,
       CAST(hash(i, {{seed}}, 6) % 400000 AS BIGINT) AS person, i >= {{rows}} AS unknown
FROM range({{rows}} + {{rows}} // 200) t(i)
"""  # noqa: S608 - numbers of ours
_EXPECTED = f"""
SELECT 'lightspeed_r' AS source, 'main' AS account, sale_id, kind, 'shop' || shop_no AS shop_id,
       to_timestamp(at_s) AS happened_at, zone, 'USD' AS currency, minor AS total_minor
FROM facts JOIN zones ON zone_no = shop_no % {len(ZONES)} WHERE NOT unknown
"""  # noqa: S608 - numbers of ours
_OBSERVED = f"""
SELECT 'E' || i || '.' || copy_no AS event_id, sale_id,
       CASE kind WHEN 'refunded' THEN 'Refunded Order' ELSE 'Placed Order' END AS metric,
       to_timestamp(at_s + CASE WHEN fate IN (9, 10) AND NOT unknown THEN {_SHIFT_S} ELSE 0 END)
           AS happened_at,
       'USD' AS currency, minor + CASE WHEN NOT unknown AND fate IN (5, 6) THEN 100 ELSE 0 END AS total_minor,
       'p' || copy_no || '.' || person AS profile
FROM (
    SELECT *, unnest(CASE WHEN fate IN (7, 8) AND NOT unknown THEN [0, 1] ELSE [0] END) AS copy_no
    FROM facts WHERE fate > 4 OR unknown
)
"""  # noqa: S608 - numbers of ours
_PLANTED = """
SELECT CASE WHEN unknown THEN 'orphaned' WHEN fate < 5 AND kind = 'refunded' THEN 'lost_refund'
            WHEN fate < 5 THEN 'missing' WHEN fate < 7 THEN 'amount_mismatch'
            WHEN fate < 9 THEN 'duplicate' ELSE 'day_shift' END AS kind, sale_id
FROM facts WHERE unknown OR fate < 11
"""
