"""Zone diagnosis by proof: is a wrong time zone the reason that sales and events lie on different days?

Every candidate is one hypothesis of how an event's time came about: the wall clock of one zone was taken
for the wall clock of another. Under the right one, sales counted by the first and events counted by the
second agree on every day, and each pair's two wall clocks agree to the second.
"""

from collections.abc import Sequence
from itertools import product

from monitor.compare import Comparison
from monitor.offsets import Offset
from monitor.report_data import ZoneCandidate, ZoneDiagnosis, ZoneStatus
from monitor.words import counted, verb

SHOP = "shop"  # each shop's own zone
UTC_ZONE = "UTC"
ZONES_MAX = 12  # candidates grow with the square of it
_PAIRS_MIN = 3  # fewer pairs, or all of one day, fit too many zones
_DAYS_MIN = 2
_SHARE_MIN = 0.9  # of the moved pairs; other faults may lie among them
_CANDIDATES_SHOWN = 12


def diagnose(comparison: Comparison, account: str, offsets: Sequence[Offset]) -> ZoneDiagnosis:
    """Try every candidate on the pairs whose times differ, in the shops where days disagree.

    `offsets` holds every zone worth trying: the shops', the Klaviyo account's and UTC.
    """
    ((shifted,),) = comparison.rows("SELECT count(*) FROM finding_rows WHERE kind = 'day_shift'")
    if not shifted:
        return nothing_to_explain(account)
    comparison.run("5_zone_pairs")
    return diagnose_pairs(comparison, account, offsets)


def diagnose_pairs(comparison: Comparison, account: str, offsets: Sequence[Offset]) -> ZoneDiagnosis:
    """The same on pairs already at hand in `zone_pairs`."""
    ((pairs, shifted, days),) = comparison.rows(_COUNTS)
    shop_zones = {zone for (zone,) in comparison.rows("SELECT DISTINCT zone FROM zone_pairs")}
    comparison.name_zones((SHOP, *distinct_zones(shop_zones, offsets)))
    comparison.run("6_zone_walls")
    candidates = _candidates(comparison)
    return _judged(account, candidates, pairs=pairs, shifted=shifted, days=days)


def distinct_zones(shop_zones: set[str], offsets: Sequence[Offset]) -> list[str]:
    """The zones to try beside `shop`: one of each set whose clocks always agree, UTC under its own name.

    With a single shop zone, that zone is the very same hypothesis as `shop` and left out.
    """
    clocks: dict[str, list[tuple[int, int, int]]] = {}
    for span in offsets:
        clocks.setdefault(span.zone, []).append((span.from_s, span.to_s, span.offset_s))
    seen = [clocks[zone] for zone in shop_zones if zone in clocks] if len(shop_zones) == 1 else []
    kept: list[str] = []
    for zone in sorted(clocks, key=lambda name: (name != UTC_ZONE, name)):
        if clocks[zone] not in seen:
            seen.append(clocks[zone])
            kept.append(zone)
    return kept[:ZONES_MAX]


def words(sales_zone: str, events_zone: str) -> str:
    """A hypothesis in plain words."""
    wall = "the shop's local time" if sales_zone == SHOP else f"the time in {sales_zone}"
    if events_zone == SHOP:
        return f"{wall} was sent as if it were the shop's local time"
    return f"{wall} was sent as if it were the time in {events_zone}"


def _candidates(comparison: Comparison) -> list[ZoneCandidate]:
    names = [name for (name,) in comparison.rows("SELECT name FROM zone_names ORDER BY name")]
    residuals = {(a, b): int(n) for a, b, n in comparison.rows(_RESIDUALS)}
    explained = {(a, b): int(n) for a, b, n in comparison.rows(_EXPLAINED)}
    found = [
        ZoneCandidate(a, b, words(a, b), residuals.get((a, b), 0), explained.get((a, b), 0))
        for a, b in product(names, repeat=2)
        if a != b
    ]
    return sorted(found, key=_likelihood)


def _likelihood(candidate: ZoneCandidate) -> tuple[int, int, str, str]:
    return (
        -candidate.explained_count,
        candidate.residual_count,
        candidate.sales_zone,
        candidate.events_zone,
    )


def _judged(
    account: str, candidates: Sequence[ZoneCandidate], *, pairs: int, shifted: int, days: int
) -> ZoneDiagnosis:
    fitting = [c for c in candidates if c.explained_count >= max(1, _SHARE_MIN * pairs)]
    rivals = [c for c in fitting if c.explained_count == fitting[0].explained_count]
    best: ZoneCandidate | None = None
    if not fitting:
        status, told = ZoneStatus.NOT_A_ZONE, _no_zone(shifted, candidates)
    elif pairs < _PAIRS_MIN or days < _DAYS_MIN or len(rivals) > 1:
        status, told = ZoneStatus.CANNOT_TELL, _cannot_tell(rivals)
    else:
        best = fitting[0]
        status, told = ZoneStatus.PROVEN, _proven(best, pairs)
    shown = tuple(candidates[:_CANDIDATES_SHOWN])
    return ZoneDiagnosis(account, status, told, pairs, shifted, days, best, shown)


def nothing_to_explain(account: str) -> ZoneDiagnosis:
    """The diagnosis where every event lies on the day of its sale."""
    sentence = "Every event lies on the day of its sale: there is nothing for a zone to explain."
    return ZoneDiagnosis(account, ZoneStatus.NOT_NEEDED, sentence, 0, 0, 0, None, ())


def _no_zone(shifted: int, candidates: Sequence[ZoneCandidate]) -> str:
    least = min((c.residual_count for c in candidates), default=0)
    return (
        f"{counted(shifted, 'event')} {verb(shifted, 'lies')} on another day than the sale, and no time zone "
        f"explains it: none of {counted(len(candidates), 'candidate')} makes the times agree, and the best "
        f"leaves the daily counts {least:,} apart."
    )


def _cannot_tell(rivals: Sequence[ZoneCandidate]) -> str:
    named = "; or ".join(c.words for c in rivals[:3])
    why = (
        "the data fits several candidates alike" if len(rivals) > 1 else "there is too little data to be sure"
    )
    return f"A wrong time zone may be the reason ({named}), but it cannot be told: {why}."


def _proven(best: ZoneCandidate, pairs: int) -> str:
    return (
        f"A wrong time zone is the reason: {best.words}. Read that way, {best.explained_count:,} of "
        f"{counted(pairs, 'moved event')} agree with their sales to the second and the daily counts differ "
        f"by {best.residual_count:,}."
    )


_COUNTS = (
    "SELECT count(*), count(*) FILTER (WHERE sale_day <> event_day), count(DISTINCT sale_day) FROM zone_pairs"
)
_RESIDUALS = """
SELECT sales_zone, events_zone, sum(abs(apart)) FROM (
    SELECT sales_zone, events_zone, shop_zone, day, sum(n) AS apart FROM (
        SELECT w.name AS sales_zone, z.name AS events_zone, w.shop_zone, floor(w.sale_wall / 86400.0) AS day,
               count(*) AS n
        FROM zone_walls w CROSS JOIN zone_names z GROUP BY w.name, z.name, w.shop_zone, day
        UNION ALL
        SELECT z.name, w.name, w.shop_zone, floor(w.event_wall / 86400.0) AS day, -count(*)
        FROM zone_walls w CROSS JOIN zone_names z GROUP BY w.name, z.name, w.shop_zone, day
    ) GROUP BY sales_zone, events_zone, shop_zone, day
) GROUP BY sales_zone, events_zone
"""
_EXPLAINED = """
SELECT s.name, e.name, count(*)
FROM zone_walls s JOIN zone_walls e ON e.unit_no = s.unit_no AND e.event_wall = s.sale_wall
GROUP BY s.name, e.name
"""
