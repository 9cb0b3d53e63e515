"""The books cut other ways: by register, channel and zone besides the shop, and what was left out where."""

from collections.abc import Mapping

from monitor.compare import Comparison
from monitor.report_data import ReportSegment, ReportSkipped
from sync.domain.eligibility import PLAIN_WORDS, Exclusion

_CUTS = ("shop", "register", "channel", "zone")
_COLUMNS = ("shop_id", "register_id", "channel", "zone")


def segments(comparison: Comparison, account: str, names: Mapping[str, str]) -> list[ReportSegment]:
    """One row per cut, its value, metric and currency; `names` are the shops' names by id.

    Only what the POS shows can be cut so: an event without a sale belongs to no register.
    """
    wrong = {tuple(key): int(count) for *key, count in comparison.rows(_WRONG)}
    return [
        ReportSegment(
            account, _CUTS[cut], value, names.get(value, "") if _CUTS[cut] == "shop" else "",
            metric, currency, wrong.get((cut, value, metric, currency), 0), *numbers,
        )
        for cut, value, metric, currency, *numbers in comparison.rows(_SEGMENTS)
    ]  # fmt: skip


def skipped(comparison: Comparison, account: str, names: Mapping[str, str]) -> list[ReportSkipped]:
    """What each reason keeps out of Klaviyo in each shop, by receipts, dearest first."""
    totals = {shop: int(count) for shop, count in comparison.rows(_RECEIPTS)}
    return [
        ReportSkipped(
            account, shop, names.get(shop, ""), reason, PLAIN_WORDS[Exclusion(reason)], currency,
            int(count), int(minor), totals.get(shop, 0),
        )
        for shop, reason, currency, count, minor in comparison.rows(_SKIPPED)
    ]  # fmt: skip


_IN_WINDOW = "j.business_day BETWEEN (SELECT first_day FROM params) AND (SELECT last_day FROM params)"
_TERMS = ", ".join(
    f"CAST(sum(CASE WHEN j.status = '{term}' THEN 1 ELSE 0 END) AS BIGINT),"
    f" CAST(sum(CASE WHEN j.status = '{term}' THEN j.total_minor ELSE 0 END) AS BIGINT)"
    for term in ("delivered", "excluded", "settling", "missing")
)
# All cuts in one pass: `cut` is the place of the column that is not folded away.
_CUT = (
    "CASE " + " ".join(f"WHEN grouping(j.{name}) = 0 THEN {at}" for at, name in enumerate(_COLUMNS)) + " END"
)
_VALUE = f"coalesce({', '.join(f'j.{name}' for name in _COLUMNS)})"
_SETS = ", ".join(f"(j.{name}, j.metric, j.currency)" for name in _COLUMNS)
_SEGMENTS = f"""
SELECT {_CUT} AS cut, {_VALUE} AS value, j.metric, j.currency,
       count(*), CAST(sum(j.total_minor) AS BIGINT), {_TERMS}
FROM judged_units j WHERE {_IN_WINDOW}
GROUP BY GROUPING SETS ({_SETS}) ORDER BY cut, value, j.metric, j.currency
"""  # noqa: S608 - names of this file
_WRONG = f"""
SELECT {_CUT} AS cut, {_VALUE} AS value, j.metric, j.currency, count(*)
FROM finding_rows f JOIN judged_units j ON j.unit_no = f.unit_no
GROUP BY GROUPING SETS ({_SETS})
"""  # noqa: S608 - names of this file
_SKIPPED = f"""
SELECT j.shop_id, j.reason, j.currency, count(DISTINCT j.sale_id), CAST(sum(j.total_minor) AS BIGINT) AS minor
FROM judged_units j WHERE j.status = 'excluded' AND j.kind IN ('placed', 'refunded') AND {_IN_WINDOW}
GROUP BY j.shop_id, j.reason, j.currency ORDER BY minor DESC, j.shop_id, j.reason, j.currency
"""  # noqa: S608 - names of this file
_RECEIPTS = f"""
SELECT j.shop_id, count(DISTINCT j.sale_id) FROM judged_units j
WHERE j.kind IN ('placed', 'refunded') AND {_IN_WINDOW} GROUP BY j.shop_id
"""  # noqa: S608 - names of this file
