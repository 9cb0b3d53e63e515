"""What was left out on purpose, reason by reason over all metrics, for those who can change it in a shop."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts import share
from monitor.page import text, words
from monitor.report_data import Report, ReportExclusion


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one account, with the metrics it keeps from Klaviyo."""

    account: str
    words: str
    count: str
    worth: str
    metrics: str
    bar: int  # against the largest reason


def reasons(report: Report) -> tuple[Reason, ...]:
    """One row per account and reason, largest first."""
    grouped: dict[tuple[str, str], list[ReportExclusion]] = defaultdict(list)
    for one in report.exclusions:
        if one.excluded_count:
            grouped[one.account, one.reason].append(one)
    counts = {key: sum(one.excluded_count for one in rows) for key, rows in grouped.items()}
    largest = max(counts.values(), default=0)
    order = sorted(grouped, key=lambda key: (-counts[key], key))
    return tuple(_reason(key[0], counts[key], grouped[key], largest) for key in order)


def _reason(account: str, number: int, rows: Sequence[ReportExclusion], largest: int) -> Reason:
    by_metric: dict[str, int] = defaultdict(int)
    by_currency: dict[str, int] = defaultdict(int)
    for one in rows:
        by_metric[one.metric] += one.excluded_count
        by_currency[one.currency] += one.excluded_minor
    largest_first = sorted(by_metric.items(), key=lambda item: (-item[1], item[0]))
    return Reason(
        account=account,
        words=words.sentence(rows[0].words),
        count=text.count(number),
        worth=text.moneys(by_currency),
        metrics=", ".join(f"{metric} {text.count(count)}" for metric, count in largest_first),
        bar=share(number, largest),
    )
